// One directory of a service into the snapshot: unchanged files linked, the rest copied while they are hashed, everything else written down.
// INVARIANT D1: every path that the walk sees ends as an entry, as skipped with its reason, or as a failure of the item.
import { mkdirSync } from 'node:fs'
import type { ManifestEntry, ManifestItem, Skipped } from '../../backup/manifest.ts'
import { entryPath, MAX_PATH_BYTES } from '../../backup/manifest-path.ts'
import { SekishoError } from '../../base/error.ts'
import { type Extra, NOTHING_EXTRA } from '../../tree/attributes.ts'
import { parted } from '../../tree/chain.ts'
import { describe } from '../../tree/metadata.ts'
import { below, close, openAgain, openDirectory, shown, targetOf, telling } from '../../tree/openat.ts'
import { type At, isSparse, openRegular, readStable, setTimes } from '../../tree/read.ts'
import { type Seen, walk } from '../../tree/walk.ts'
import { openAsking } from './asking.ts'
import { checkLinks, countName, type Groups, groupOf, linkLeader } from './groups.ts'
import {
  closeOff,
  type Failures,
  holds,
  inCopy,
  linkOld,
  openFailures,
  putLink,
  stageSecret,
} from './making.ts'
import { base, ended, type FileEntry, kept, readNew, type TreeWork, written } from './tree-entry.ts'
import { openSlots } from './tree-slots.ts'
import { openSource } from './tree-source.ts'
import { isUnchanged, sourceOf } from './unchanged.ts'

/** Throws backup.*, file.*: then the whole backup has failed. */
export async function copyTree(work: TreeWork): Promise<ManifestItem> {
  const { item, source, lines } = work
  const root = openSource(item, source)
  try {
    const failures = openFailures(item.name)
    using copying = openCopying(work, root, failures)
    for (const seen of walk(root, { failed: (path, cause) => failures.add(path, cause) })) {
      try {
        const taken = source.instead === undefined ? seen : await source.instead(seen)
        if (taken !== undefined) await copying.one(taken)
      } catch (cause) {
        // It went away between the list and the opening: as well it might have before.
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || seen.depth === 0)
          failures.add(seen.path, cause)
      }
      await work.making.turns.next()
    }
    await copying.end()
    failures.settle()
    const { entries, bytes } = lines
    return {
      name: item.name,
      kind: item.kind,
      source: source.path,
      root: item.root,
      entries,
      bytes,
      oneMoment: false,
    }
  } finally {
    close(root)
  }
}

interface Copying extends Disposable {
  one(seen: Seen): Promise<void>
  end(): Promise<void>
}

function openCopying(work: TreeWork, root: number, failures: Failures): Copying {
  const { making, item, source } = work
  const { previous, turns, counts } = making
  // Threads open by path what was seen, and know of nothing that stands in for it.
  const hands = source.instead === undefined ? making.hands : undefined
  const { owners, kill, hashAll } = making.request
  const groups: Groups = new Map()
  /** Paths as text: each buffer would keep the pool that it was cut from. */
  const directories: { path: string; mtimeNs: bigint }[] = []
  const asking = openAsking(making, item.name, root)
  const slots = openSlots(work, root, failures, { asking, hands })
  const emit = (entry: ManifestEntry) => slots.put(written(work, entry))

  const directory = async (seen: Seen) => {
    const { directory: above, name } = parted(inCopy(item.root, seen.path))
    const there = making.target.at(above)
    telling(there, name, () => mkdirSync(below(there, name), 0o700))
    directories.push({ path: seen.path.toString('latin1'), mtimeNs: seen.stat.mtimeNs })
    const entry = { ...base(work, seen.path), ...describe(seen.stat, owners), type: 'directory' as const }
    const last = asking.ofLast(seen)
    if (last === undefined) await asking.looked()
    if (!making.extras) emit(entry)
    else if (last !== undefined && asking.isLastFileSystem()) emit({ ...entry, ...last })
    else if (asking.mayHave(seen) || seen.depth === 0)
      slots.put({
        kind: 'directory',
        fd: seen.depth === 0 ? openAgain(root) : openDirectory(seen.parent, seen.name),
        entry,
        ...(last === undefined ? {} : { last }),
      })
    else emit({ ...entry, ...NOTHING_EXTRA })
  }

  const secret = async (seen: Seen, at: At) => {
    const known = previous?.find(item.name, seen.path)
    countName(groups, seen.stat, seen.path)
    // What was no secret at the last one stood there with its bytes and its plain digest: its line is not kept.
    const isSame =
      previous !== undefined &&
      hashAll !== true &&
      known?.entry.type === 'secret' &&
      isUnchanged(seen.stat, known, previous)
    if (isSame && making.secrets === undefined && known !== undefined && holds(known.entry, making)) {
      slots.put({ line: ended(known.line) })
      return
    }
    let extra: Extra | undefined
    const read = await readStable(at, {
      turns,
      key: making.request.key,
      first: async (fd) => {
        extra = await asking.of(fd)
      },
    })
    try {
      await stageSecret(making, inCopy(item.root, seen.path), read.fd, read)
    } finally {
      close(read.fd)
    }
    const { stat, size, digest } = read
    emit({
      ...base(work, seen.path),
      ...describe(stat, owners),
      ...extra,
      type: 'secret',
      size,
      keyed: digest,
      source: sourceOf(stat),
    })
  }

  const file = async (seen: Seen, at: At) => {
    const leader = seen.stat.nlink > 1n ? groups.get(groupOf(seen.stat)) : undefined
    const copyPath = inCopy(item.root, seen.path)
    if (leader?.entry !== undefined) {
      linkLeader(making, inCopy(item.root, leader.path), copyPath)
      countName(groups, seen.stat, seen.path)
      emit({ ...leader.entry, at: entryPath(seen.path) })
      return
    }
    const known = previous?.find(item.name, seen.path)
    if (previous !== undefined && known?.entry.type === 'file' && isUnchanged(seen.stat, known, previous)) {
      asking.sawLastFileSystem()
      const mayKeep = hashAll !== true && holds(known.entry, making)
      if (mayKeep && hands !== undefined && seen.stat.nlink === 1n) {
        slots.put({ kind: 'plain', ticket: hands.link(copyPath, known.entry.size), seen, known })
        return
      }
      if (mayKeep && linkOld(making, copyPath, known.entry.size)) {
        keep(seen, known.entry, known.line, copyPath)
        return
      }
    }
    const old = known?.entry.type === 'file' ? known.entry : undefined
    await asking.looked()
    if (asking.mayHave(seen) && seen.stat.nlink === 1n) {
      const opened = at.open()
      slots.put({ kind: 'file', fd: opened.fd, opened, seen, ...(old === undefined ? {} : { old }) })
      return
    }
    const mayBeOld = old !== undefined && BigInt(old.size) === seen.stat.size
    if (hands !== undefined && seen.stat.nlink === 1n && !mayBeOld && !isSparse(seen.stat)) {
      const { parent, path, stat } = seen
      slots.put({ kind: 'plain', ticket: hands.copy({ parent, path, stat, to: copyPath }), seen })
      return
    }
    const { entry, stat } = await readNew(work, asking, seen, at, old === undefined ? {} : { old })
    if (stat.nlink > 1n) remember(entry, seen.path, stat)
    else emit(entry)
  }

  const keep = (seen: Seen, entry: FileEntry, line: Uint8Array, copyPath: Buffer) => {
    if (seen.stat.nlink > 1n) {
      remember(entry, seen.path, seen.stat)
      return
    }
    slots.put(kept(work, entry, line, copyPath))
  }
  /** The first name of a group is named by each. */
  const remember = (entry: FileEntry, path: Buffer, stat: Seen['stat']) => {
    const first = { ...entry, hardLink: entryPath(path) }
    countName(groups, stat, path)
    const found = groups.get(groupOf(stat))?.found ?? 1n
    groups.set(groupOf(stat), { entry: first, path, found, links: stat.nlink })
    emit(first)
  }

  const one: Copying['one'] = async (seen) => {
    if (seen.path.length > MAX_PATH_BYTES)
      throw new SekishoError('backup.too_deep', {
        path: shown(seen.path.subarray(0, 200)),
        limit: MAX_PATH_BYTES,
      })
    const at: At = { path: seen.path, dev: seen.stat.dev, open: () => openRegular(seen.parent, seen.name) }
    switch (seen.type) {
      case 'directory':
        await directory(seen)
        break
      case 'file':
        source.looked?.(seen.path, seen.stat)
        await (source.isSecret(seen.path, seen.stat) ? secret(seen, at) : file(seen, at))
        kill('snapshot.file.after')
        break
      case 'link': {
        const target = targetOf(seen.parent, seen.name)
        putLink(making, inCopy(item.root, seen.path), target)
        const entry = { ...base(work, seen.path), ...describe(seen.stat, owners), target: entryPath(target) }
        emit({ ...entry, type: 'link' })
        break
      }
      case 'mount':
      case 'socket':
      case 'fifo':
      case 'device':
        making.skipped.push({ item: item.name, path: entryPath(seen.path), why: seen.type } satisfies Skipped)
        return
    }
    counts.entries += 1
    if (seen.type === 'file') counts.bytes += Number(seen.stat.size)
    making.told()
    await slots.room()
  }

  const end = async () => {
    await slots.end()
    checkLinks(groups, failures)
    for (let last = directories.pop(); last !== undefined; last = directories.pop()) {
      const { directory: above, name } = parted(inCopy(item.root, Buffer.from(last.path, 'latin1')))
      const fd = openDirectory(making.target.at(above), name)
      try {
        closeOff(making, fd, 'directory')
        setTimes(fd, last.mtimeNs)
      } finally {
        close(fd)
      }
      await turns.next()
    }
  }
  return {
    one,
    end,
    [Symbol.dispose]: () => slots[Symbol.dispose](),
  }
}
