// One directory of a service into the snapshot: unchanged files linked, the rest copied while they are hashed, everything else written down.
// INVARIANT D1: every path that the walk sees ends as an entry, as skipped with its reason, or as a failure of the item.
import { mkdirSync } from 'node:fs'
import type { ManifestEntry, ManifestItem, Skipped } from '../../../backup/manifest.ts'
import { entryBytes } from '../../../backup/manifest-lines.ts'
import { entryPath, MAX_PATH_BYTES } from '../../../backup/manifest-path.ts'
import { SekishoError } from '../../../base/error.ts'
import { BATCH, type Extra, NOTHING_EXTRA, readExtras } from '../../tree/attributes.ts'
import { below, close, openAgain, openDirectory, shown, targetOf, telling, told } from '../../tree/beneath.ts'
import { openChain, parted } from '../../tree/chain.ts'
import type { Ticket } from '../../tree/hands.ts'
import { describe } from '../../tree/metadata.ts'
import {
  type At,
  isSparse,
  type Opened,
  openRegular,
  type ReadFile,
  readStable,
  setTimes,
} from '../../tree/read.ts'
import { type Seen, walk } from '../../tree/walk.ts'
import { openAsking } from './asking.ts'
import { checkLinks, countName, type Groups, groupOf, linkLeader } from './groups.ts'
import {
  checksumOf,
  closeOff,
  copyNew,
  entryLine,
  type Failures,
  holds,
  type ItemLines,
  inCopy,
  linkOld,
  type Making,
  openFailures,
  putLink,
  stageSecret,
} from './making.ts'
import type { Known } from './manifest-file.ts'
import type { BackupItem, TreeSource } from './request.ts'
import { isGone, laterAt, openSource } from './tree-source.ts'
import { isUnchanged, sourceOf } from './unchanged.ts'

/** Entries that wait to be written down: for descriptors that are asked together, or for threads that are at work. Fewer are less to remember. */
const WAITING = 4 * BATCH
const AHEAD = 3 * BATCH

export interface TreeWork {
  readonly making: Making
  readonly item: BackupItem
  readonly source: TreeSource
  readonly lines: ItemLines
}

/** In the order of the manifest: a line, or what waits for the extras of its batch. */
type Slot =
  | Written
  | { readonly kind: 'plain'; readonly ticket: Ticket; readonly seen: Seen; readonly known?: Known }
  | { readonly kind: 'directory'; readonly fd: number; readonly entry: ManifestEntry; readonly last?: Extra }
  | {
      readonly kind: 'file'
      readonly fd: number
      readonly opened: Opened
      readonly seen: Seen
      readonly old?: FileEntry
    }

interface Written {
  readonly line: string | Uint8Array
  readonly checksum?: Uint8Array
}

type FileEntry = Extract<ManifestEntry, { type: 'file' }>

/** Throws backup.*, file.*: then the whole backup has failed. */
export async function copyTree(work: TreeWork): Promise<ManifestItem> {
  const { item, source, lines } = work
  const root = openSource(item, source)
  try {
    const failures = openFailures(item.name)
    await using copying = await openCopying(work, root, failures)
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

interface Copying extends AsyncDisposable {
  one(seen: Seen): Promise<void>
  end(): Promise<void>
}

async function openCopying(work: TreeWork, root: number, failures: Failures): Promise<Copying> {
  const { making, item, source, lines } = work
  const { previous, turns, counts } = making
  // Threads open by path what was seen, and know of nothing that stands in for it.
  const hands = source.instead === undefined ? making.hands : undefined
  const { owners, run, kill, hashAll } = making.request
  const groups: Groups = new Map()
  const again = openChain(root)
  /** Paths as text: each buffer would keep the pool that it was cut from. */
  const directories: { path: string; mtimeNs: bigint }[] = []
  let slots: Slot[] = []
  let waiting = 0
  const asking = openAsking(making, item.name, root)

  const put = (slot: Slot) => {
    slots.push(slot)
    if ('fd' in slot) waiting += 1
  }
  const emit = (entry: ManifestEntry, path: Buffer) => put(written(entry, path))
  const written = (entry: ManifestEntry, path: Buffer): Written => {
    lines.bytes += entryBytes(entry)
    const line = entryLine(entry, making.isAsked)
    return entry.type === 'file'
      ? { line, checksum: checksumOf(entry.digest, inCopy(item.root, path)) }
      : { line }
  }

  /** A directory need not be asked when by now the file system is known as the last run's. */
  const orLast = (slot: Slot): Slot => {
    if (!('last' in slot) || slot.last === undefined || !asking.isLastFileSystem()) return slot
    close(slot.fd)
    waiting -= 1
    return written({ ...slot.entry, ...slot.last }, Buffer.alloc(0))
  }

  /** The first so many. */
  const flush = async (count: number) => {
    const all = slots.splice(0, count).map(orLast)
    hands?.send()
    const open = all.flatMap((slot) => ('fd' in slot ? [slot.fd] : []))
    waiting -= open.length
    const left = new Set(open)
    try {
      const extras = open.length === 0 ? [] : await readExtras(run, open)
      if (extras === undefined) making.extras = false
      let next = 0
      for (const slot of all) {
        const extra = 'fd' in slot ? extras?.[next++] : undefined
        if ('fd' in slot && slot.kind === 'file') left.delete(slot.fd)
        const done = 'line' in slot ? slot : await settled(slot, extra)
        if (done === undefined) continue
        lines.manifest.add(done.line)
        if (done.checksum !== undefined) lines.checksums.add(done.checksum)
        lines.entries += 1
      }
    } finally {
      for (const fd of left) close(fd)
    }
  }

  const settled = async (slot: Exclude<Slot, Written>, extra: Extra | undefined) => {
    if (slot.kind === 'directory') return written({ ...slot.entry, ...extra }, Buffer.alloc(0))
    const { seen } = slot
    try {
      return slot.kind === 'plain' ? await plain(slot) : await settledFile(slot, extra)
    } catch (cause) {
      if (!isGone(again, seen, cause)) failures.add(seen.path, cause)
      return undefined
    }
  }

  const settledFile = async (slot: Extract<Slot, { kind: 'file' }>, extra: Extra | undefined) => {
    const { opened, seen, old } = slot
    return later(seen, opened, {
      ...(extra === undefined ? {} : { extra }),
      ...(old === undefined ? {} : { old }),
    })
  }

  const later = async (seen: Seen, opened: Opened | undefined, given: { extra?: Extra; old?: FileEntry }) => {
    const { entry, stat } = await readNew(seen, laterAt(again, seen, opened), given)
    if (stat.nlink > 1n) throw new SekishoError('backup.changed_while_read', { path: shown(seen.path) })
    return written(entry, seen.path)
  }

  /** What a thread has copied or linked; what it left undone is done here as ever. */
  const plain = async ({ ticket, seen, known }: Extract<Slot, { kind: 'plain' }>) => {
    const done = await ticket.done()
    const old = known?.entry.type === 'file' ? known.entry : undefined
    if ('failed' in done) throw failureOf(done, seen)
    if ('linked' in done && known !== undefined && old !== undefined) {
      counts.linkedFiles += 1
      counts.linkedBytes += old.size
      return kept(old, known.line, inCopy(item.root, seen.path))
    }
    if (!('digest' in done)) return later(seen, undefined, old === undefined ? {} : { old })
    const size = Number(seen.stat.size)
    counts.copiedFiles += 1
    counts.copiedBytes += size
    const extra = making.extras ? NOTHING_EXTRA : undefined
    return written(fileEntry(seen, { ...done, size, sparse: false, stat: seen.stat }, extra), seen.path)
  }

  const failureOf = ({ failed, onTarget }: { failed: string; onTarget: boolean }, seen: Seen): unknown => {
    const cause = Object.assign(new Error(failed), { code: failed, syscall: onTarget ? 'write' : 'read' })
    const { directory: above, name } = parted(onTarget ? inCopy(item.root, seen.path) : seen.path)
    return told(cause, (onTarget ? making.target : again).at(above), name)
  }

  const base = (path: Buffer) => ({ at: entryPath(path), item: item.name })

  const directory = async (seen: Seen) => {
    const { directory: above, name } = parted(inCopy(item.root, seen.path))
    const there = making.target.at(above)
    telling(there, name, () => mkdirSync(below(there, name), 0o700))
    directories.push({ path: seen.path.toString('latin1'), mtimeNs: seen.stat.mtimeNs })
    const entry = { ...base(seen.path), ...describe(seen.stat, owners), type: 'directory' as const }
    const last = asking.ofLast(seen)
    if (last === undefined) await asking.looked()
    if (!making.extras) emit(entry, seen.path)
    else if (last !== undefined && asking.isLastFileSystem()) emit({ ...entry, ...last }, seen.path)
    else if (asking.mayHave(seen) || seen.depth === 0)
      put({
        kind: 'directory',
        fd: seen.depth === 0 ? openAgain(root) : openDirectory(seen.parent, seen.name),
        entry,
        ...(last === undefined ? {} : { last }),
      })
    else emit({ ...entry, ...NOTHING_EXTRA }, seen.path)
  }

  const secret = async (seen: Seen, at: At) => {
    const known = previous?.find(item.name, seen.path)
    countName(groups, seen.stat, seen.path)
    const isSame = previous !== undefined && hashAll !== true && isUnchanged(seen.stat, known, previous)
    if (isSame && making.secrets === undefined && known !== undefined && holds(known.entry, making)) {
      put({ line: Buffer.concat([known.line, Buffer.from('\n')]) })
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
    emit(
      {
        ...base(seen.path),
        ...describe(stat, owners),
        ...extra,
        type: 'secret',
        size,
        keyed: digest,
        source: sourceOf(stat),
      },
      seen.path,
    )
  }

  const file = async (seen: Seen, at: At) => {
    const leader = seen.stat.nlink > 1n ? groups.get(groupOf(seen.stat)) : undefined
    const copyPath = inCopy(item.root, seen.path)
    if (leader?.entry !== undefined) {
      linkLeader(making, inCopy(item.root, leader.path), copyPath)
      countName(groups, seen.stat, seen.path)
      emit({ ...leader.entry, at: entryPath(seen.path) }, seen.path)
      return
    }
    const known = previous?.find(item.name, seen.path)
    if (previous !== undefined && known?.entry.type === 'file' && isUnchanged(seen.stat, known, previous)) {
      asking.sawLastFileSystem()
      const mayKeep = hashAll !== true && holds(known.entry, making)
      if (mayKeep && hands !== undefined && seen.stat.nlink === 1n) {
        put({ kind: 'plain', ticket: hands.link(copyPath, known.entry.size), seen, known })
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
      put({ kind: 'file', fd: opened.fd, opened, seen, ...(old === undefined ? {} : { old }) })
      return
    }
    const mayBeOld = old !== undefined && BigInt(old.size) === seen.stat.size
    if (hands !== undefined && seen.stat.nlink === 1n && !mayBeOld && !isSparse(seen.stat)) {
      const { parent, path, stat } = seen
      put({ kind: 'plain', ticket: hands.copy({ parent, path, stat, to: copyPath }), seen })
      return
    }
    const { entry, stat } = await readNew(seen, at, old === undefined ? {} : { old })
    if (stat.nlink > 1n) remember(entry, seen.path, stat)
    else emit(entry, seen.path)
  }

  const keep = (seen: Seen, entry: FileEntry, line: Uint8Array, copyPath: Buffer) => {
    if (seen.stat.nlink > 1n) {
      remember(entry, seen.path, seen.stat)
      return
    }
    put(kept(entry, line, copyPath))
  }
  const kept = (entry: FileEntry, line: Uint8Array, copyPath: Buffer): Written => {
    lines.bytes += entryBytes(entry)
    return { line: Buffer.concat([line, Buffer.from('\n')]), checksum: checksumOf(entry.digest, copyPath) }
  }

  /** The first name of a group is named by each. */
  const remember = (entry: FileEntry, path: Buffer, stat: Seen['stat']) => {
    const first = { ...entry, hardLink: entryPath(path) }
    countName(groups, stat, path)
    const found = groups.get(groupOf(stat))?.found ?? 1n
    groups.set(groupOf(stat), { entry: first, path, found, links: stat.nlink })
    emit(first, path)
  }

  /** Copied while it is hashed; where it may be what it was, hashed first and linked. `extra`: read already, of what is opened first. */
  const readNew = async (seen: Seen, at: At, given: { extra?: Extra; old?: FileEntry }) => {
    const copyPath = inCopy(item.root, seen.path)
    let extra = given.extra ?? (making.extras ? NOTHING_EXTRA : undefined)
    let isGiven = given.extra !== undefined
    const first = asking.mayHave(seen)
      ? async (fd: number) => {
          if (!isGiven) extra = await asking.of(fd)
          isGiven = false
        }
      : undefined
    let read: (ReadFile & { fd: number }) | undefined
    if (given.old !== undefined && BigInt(given.old.size) === seen.stat.size) {
      read = await readStable(at, { turns, ...(first === undefined ? {} : { first }) })
      close(read.fd)
      if (read.digest !== given.old.digest || !linkOld(making, copyPath, given.old.size)) read = undefined
    }
    if (read === undefined) {
      read = await copyNew(making, copyPath, at, first)
      close(read.fd)
    }
    return { entry: fileEntry(seen, read, extra), stat: read.stat }
  }

  const fileEntry = (
    seen: Seen,
    { stat, size, digest, sparse }: Pick<ReadFile, 'stat' | 'size' | 'digest' | 'sparse'>,
    extra: Extra | undefined,
  ): FileEntry => ({
    ...base(seen.path),
    ...describe(stat, owners),
    ...extra,
    type: 'file',
    size,
    digest,
    sparse,
    source: sourceOf(stat),
  })

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
        await (source.isSecret(seen.path, seen.stat) ? secret(seen, at) : file(seen, at))
        kill('snapshot.file.after')
        break
      case 'link': {
        const target = targetOf(seen.parent, seen.name)
        putLink(making, inCopy(item.root, seen.path), target)
        const entry = { ...base(seen.path), ...describe(seen.stat, owners), target: entryPath(target) }
        emit({ ...entry, type: 'link' }, seen.path)
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
    if (waiting >= BATCH) await flush(slots.length)
    else if (slots.length >= WAITING) await flush(WAITING)
    else if (hands !== undefined && waiting === 0 && slots.length >= AHEAD) await flush(BATCH)
    await hands?.room()
  }

  const end = async () => {
    await flush(slots.length)
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
    [Symbol.asyncDispose]: async () => {
      for (const slot of slots) if ('fd' in slot) close(slot.fd)
      again.close()
      await Promise.resolve()
    },
  }
}
