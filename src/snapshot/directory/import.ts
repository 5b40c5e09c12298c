// Takes over a backup that somebody else made in the guide's layout: read in place and never altered. What was found becomes a manifest that is kept
// in the runner's own state, and from then on the copy is levelled like one of ours.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { checksumsText, readChecksums } from '../../backup/checksums.ts'
import type { BackupId } from '../../backup/level.ts'
import {
  CHECKSUMS,
  type ManifestEntry,
  type ManifestHeader,
  type ManifestItem,
  type Skipped,
} from '../../backup/manifest.ts'
import { entryBytes, manifestLines } from '../../backup/manifest-lines.ts'
import { entryPath, pathInCopy } from '../../backup/manifest-path.ts'
import type { Digest } from '../../base/hash.ts'
import { sha256 } from '../../base/hash.ts'
import { byteOrder, type ServiceName } from '../../base/id.ts'
import type { Instant } from '../../base/time.ts'
import { type WriteOptions, writeDurable } from '../../sys/files.ts'
import { type Extra, NOTHING_EXTRA, readExtras, whereExtras } from '../../tree/attributes.ts'
import { describe } from '../../tree/metadata.ts'
import { close, lookFor, namesIn, openDirectory, openToRead, shown, targetOf } from '../../tree/openat.ts'
import { openRegular, readStable } from '../../tree/read.ts'
import { type Seen, typeOf, walk } from '../../tree/walk.ts'
import { type Yielding, yielding } from '../../tree/yield.ts'
import { openSnapshot } from './list.ts'
import { digestOf, openNamed } from './manifest-file.ts'
import type { Surroundings } from './request.ts'
import { sourceOf } from './unchanged.ts'

export interface ImportRequest extends Pick<Surroundings, 'run' | 'owners' | 'signal'> {
  readonly to: string
  readonly id: BackupId
  readonly service: ServiceName
  readonly host: string
  readonly version: string
  /** The moment that its local name means in the service's zone. */
  readonly taken: Instant
  /** What the service's rules name, and where it lies in the guide's layout. Other things in the copy are not taken over. */
  readonly items: readonly Part[]
  /** Absolute, in the runner's state directory. */
  readonly manifestPath: string
}

export interface Imported {
  readonly id: BackupId
  readonly manifest: Digest
  readonly entries: number
  readonly bytes: number
  /** Its own `checksums.sha256`, where it has one, does not agree with these files. */
  readonly mismatched: readonly string[]
  /** It has `checksums.sha256`, which does not name each file or ends in the middle: its maker may not be done. */
  readonly unfinished: boolean
  /** Names at the top that no item lies below: not taken over. */
  readonly unknown: readonly string[]
}

interface Collected {
  readonly items: ManifestItem[]
  readonly entries: ManifestEntry[]
  readonly skipped: Skipped[]
}

const CHECKSUMS_MAX = 256 * 1_048_576
const PRIVATE: WriteOptions = { mode: 0o600 }

/** Throws backup.snapshot_missing, backup.changed_while_read, file.*. */
export async function importSnapshot(request: ImportRequest): Promise<Imported> {
  const { to, id, taken } = request
  const turns = yielding(request.signal)
  const snapshot = openSnapshot(to, id)
  try {
    const known: Collected = { items: [], entries: [], skipped: [] }
    for (const part of partsOf(snapshot, request.items)) await takePart(request, snapshot, part, known, turns)
    const { items, entries, skipped } = known
    const list = entries.flatMap((entry) =>
      entry.type === 'file'
        ? [{ digest: entry.digest, name: pathInCopy(rootOf(items, entry.item), entry.at) }]
        : [],
    )
    const own = await ownChecksums(snapshot, list, turns)
    const header: ManifestHeader = {
      v: 1,
      kind: 'manifest',
      service: request.service,
      host: request.host,
      id,
      started: taken,
      ended: taken,
      engine: 'directory/1',
      version: request.version,
      items,
      checksums: own.digest ?? sha256(checksumsText(list)),
      skipped,
    }
    const hash = createHash('sha256')
    const text = [...manifestLines(header, entries, hash)].join('')
    await writeDurable(request.manifestPath, text, PRIVATE)
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0)
    const unknown = namesIn(snapshot)
      .map((name) => shown(name))
      .filter((name) => name !== CHECKSUMS && !items.some(({ root }) => root.split('/')[0] === name))
    return {
      id,
      manifest: hash.digest('hex') as Digest,
      entries: entries.length,
      bytes,
      mismatched: own.mismatched,
      unfinished: own.unfinished,
      unknown,
    }
  } finally {
    close(snapshot)
  }
}

export type Part = Pick<ManifestItem, 'name' | 'kind' | 'root'>

/** Those that are there, in byte order of names, which is the manifest's. */
function partsOf(snapshot: number, items: readonly Part[]): readonly Part[] {
  return items
    .filter(({ root }) => isThere(snapshot, root))
    .map(({ name, kind, root }) => ({ name, kind, root }))
    .sort((a, b) => byteOrder(a.name, b.name))
}

function isThere(snapshot: number, root: string): boolean {
  const [first = '', second] = root.split('/')
  const found = lookFor(snapshot, Buffer.from(first))
  if (second === undefined || found?.isDirectory() !== true)
    return found !== undefined && second === undefined
  const fd = openDirectory(snapshot, Buffer.from(first))
  try {
    return lookFor(fd, Buffer.from(second)) !== undefined
  } finally {
    close(fd)
  }
}

function rootOf(items: readonly ManifestItem[], name: string): string {
  return items.find((item) => item.name === name)?.root ?? ''
}

async function takePart(
  request: ImportRequest,
  snapshot: number,
  part: Part,
  known: Collected,
  turns: Yielding,
): Promise<void> {
  const before = known.entries.length
  const [first = '', second] = part.root.split('/')
  const above = second === undefined ? undefined : openDirectory(snapshot, Buffer.from(first))
  const parent = above ?? snapshot
  const name = Buffer.from(second ?? first)
  try {
    const stat = lookFor(parent, name)
    if (stat === undefined) return
    if (stat.isDirectory()) {
      const root = openDirectory(parent, name)
      try {
        const hint = await whereExtras(request.run, root)
        for (const seen of walk(root)) {
          await takeEntry(request, part, seen, hint, known, turns)
          await turns.next()
        }
      } finally {
        close(root)
      }
    } else {
      const seen: Seen = { path: Buffer.alloc(0), name, type: typeOf(stat), stat, parent, depth: 1 }
      await takeEntry(request, part, seen, undefined, known, turns)
    }
  } finally {
    if (above !== undefined) close(above)
  }
  const mine = known.entries.slice(before)
  if (mine.length === 0) return
  known.items.push({
    ...part,
    source: `${request.to}/daily/${request.id}/${part.root}`,
    entries: mine.length,
    bytes: mine.reduce((sum, entry) => sum + entryBytes(entry), 0),
    oneMoment: false,
  })
}

async function takeEntry(
  { run, owners }: ImportRequest,
  part: Part,
  seen: Seen,
  hint: ReadonlySet<string> | undefined,
  known: Collected,
  turns: Yielding,
): Promise<void> {
  const base = { item: part.name, at: entryPath(seen.path), ...describe(seen.stat, owners) }
  const mayHave = hint?.has(seen.path.toString('latin1')) !== false
  const extraOf = async (fd: number): Promise<Extra | undefined> =>
    mayHave ? (await readExtras(run, [fd]))?.[0] : NOTHING_EXTRA
  switch (seen.type) {
    case 'directory': {
      // Of single files the directories above are not in a manifest.
      if (part.kind === 'config') return
      let extra: Extra | undefined = NOTHING_EXTRA
      if (mayHave && seen.depth > 0) {
        const fd = openToRead(seen.parent, seen.name)
        extra = await extraOf(fd).finally(() => close(fd))
      }
      known.entries.push({ ...base, ...extra, type: 'directory' })
      return
    }
    case 'link':
      known.entries.push({ ...base, type: 'link', target: entryPath(targetOf(seen.parent, seen.name)) })
      return
    case 'file': {
      let extra: Extra | undefined
      const read = await readStable(
        { path: seen.path, dev: seen.stat.dev, open: () => openRegular(seen.parent, seen.name) },
        {
          turns,
          first: async (fd) => {
            extra = await extraOf(fd)
          },
        },
      )
      close(read.fd)
      const { size, digest, sparse, stat } = read
      known.entries.push({ ...base, ...extra, type: 'file', size, digest, sparse, source: sourceOf(stat) })
      return
    }
    case 'mount':
    case 'socket':
    case 'fifo':
    case 'device':
      known.skipped.push({ item: part.name, path: entryPath(seen.path), why: seen.type })
  }
}

/** Where the maker left checksums, they must agree: what does not is named, and the copy is no sound one. */
async function ownChecksums(
  snapshot: number,
  list: readonly { readonly digest: Digest; readonly name: Uint8Array }[],
  turns: Yielding,
): Promise<{
  readonly digest?: Digest
  readonly mismatched: readonly string[]
  readonly unfinished: boolean
}> {
  const fd = openNamed(snapshot, CHECKSUMS)
  if (fd === undefined) return { mismatched: [], unfinished: false }
  try {
    const digest = await digestOf(fd, turns)
    const text = readFileSync(fd)
    if (text.length > CHECKSUMS_MAX) return { digest, mismatched: [CHECKSUMS], unfinished: false }
    const read = readChecksums(text)
    if (!read.ok) return { digest, mismatched: [`${CHECKSUMS}:${read.line} ${read.why}`], unfinished: true }
    const found = new Map(list.map((one) => [Buffer.from(one.name).toString('latin1'), one.digest]))
    const mismatched = read.list
      .filter((one) => found.get(plain(one.name)) !== one.digest)
      .map((one) => shown(one.name))
    const named = new Set(read.list.map((one) => plain(one.name)))
    const unfinished = [...found.keys()].some((name) => !named.has(name))
    return { digest, mismatched, unfinished }
  } finally {
    close(fd)
  }
}

/** `./data/x` is what `find . | xargs sha256sum` writes. */
function plain(name: Uint8Array): string {
  return Buffer.from(name).toString('latin1').replace(/^\.\//, '')
}
