// A manifest on disk: its digest, its lines one by one, and the way along the last one beside a walk. Each was made by a run of ours or is
// refused; only where the digest is the sealed one are its lines taken without asking the reader about each.
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import type { BackupId } from '../../backup/level.ts'
import { MANIFEST, type ManifestEntry, type ManifestHeader } from '../../backup/manifest.ts'
import { MAX_LINE_BYTES, manifestReader } from '../../backup/manifest-lines.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import { lineSplitter } from '../../backup/split-lines.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { byteOrder } from '../../base/id.ts'
import { milliseconds } from '../../base/time.ts'
import { close, errorAt, openTree } from '../../tree/openat.ts'
import { openRegular, readAt } from '../../tree/read.ts'
import type { Yielding } from '../../tree/yield.ts'

const CHUNK = 1_048_576
/** Each is a new one, for its lines are handed out: many large ones would wait for the collector. */
const LINES_CHUNK = 131_072

/** The file `name` in an open directory, as a descriptor. Undefined where there is none. */
export function openNamed(directory: number, name: string): number | undefined {
  try {
    return openRegular(directory, Buffer.from(name)).fd
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}

/** Nothing stands there, or something of another kind does. */
const OTHER_KIND: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'file.not_regular'])
/** This process or this host has no more of them: that says nothing of the copy. */
const OF_HOST: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM'])

/**
 * Does `call` on something in the copy `id`. What is missing there, or is of another kind than a backup writes, is damage of that copy: throws
 * backup.snapshot_damaged, and file.* where it cannot be read.
 */
export function ofCopy<T>(id: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code)
    if (OTHER_KIND.has(code))
      throw new SekishoError(
        'backup.snapshot_damaged',
        { id, path, why: code === 'file.not_regular' ? 'type' : code },
        { cause },
      )
    throw OF_HOST.has(code) ? cause : errorAt(path, cause)
  }
}

/** A copy as it is opened: who made it shows in `kept`, where the manifest of one lies that was taken over. */
export interface Sealed {
  readonly id: BackupId
  readonly manifest: Digest
  readonly kept?: string
}

/** The manifest of a snapshot, whoever made it, open; undefined where there is none. */
export function openManifest(snapshot: number, kept?: string): number | undefined {
  if (kept === undefined) return openNamed(snapshot, MANIFEST)
  const directory = openTree(dirname(kept))
  try {
    return openNamed(directory, basename(kept))
  } finally {
    close(directory)
  }
}

/** The same, where it is the sealed one. Throws backup.snapshot_damaged (nothing of another is believed), file.*. */
export async function openSealed(
  snapshot: number,
  { id, manifest, kept }: Sealed,
  turns: Yielding,
): Promise<number> {
  const fd = ofCopy(id, MANIFEST, () => openManifest(snapshot, kept))
  if (fd === undefined) throw damaged(id, 'ENOENT')
  try {
    if ((await digestOf(fd, turns)) !== manifest) throw damaged(id, 'digest')
    return fd
  } catch (cause) {
    close(fd)
    throw cause
  }
}

export async function digestOf(fd: number, turns: Yielding): Promise<Digest> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK)
  for (let at = 0; ; ) {
    const got = readAt(fd, chunk, at)
    if (got === 0) return hash.digest('hex') as Digest
    hash.update(chunk.subarray(0, got))
    at += got
    await turns.next()
  }
}

/** Lines without their line feeds; bytes behind the last one come as a line of their own, for its reader to refuse. */
export function* linesOf(fd: number, from = 0): Generator<Uint8Array> {
  const splitter = lineSplitter(MAX_LINE_BYTES)
  for (let at = from; ; ) {
    const chunk = Buffer.allocUnsafe(LINES_CHUNK)
    const got = readAt(fd, chunk, at)
    if (got === 0) break
    at += got
    yield* splitter.push(chunk.subarray(0, got))
  }
  if (splitter.isTorn()) yield Buffer.concat([splitter.rest(), Buffer.from('\n')])
}

/** Strictly: every line as its reader lets it through. Throws backup.snapshot_damaged. */
export function* readManifest(fd: number, id: string): Generator<ManifestHeader | ManifestEntry> {
  const reader = manifestReader()
  for (const line of linesOf(fd)) {
    const answer = reader.line(line)
    if (!answer.ok) throw damaged(id, `${answer.line}: ${answer.why} ${answer.at}`)
    yield 'header' in answer ? answer.header : answer.entry
  }
  const end = reader.end()
  if (!end.ok) throw damaged(id, `${end.line}: ${end.why} ${end.at}`)
}

export function headerOf(fd: number, id: string): ManifestHeader {
  for (const one of readManifest(fd, id)) if ('kind' in one) return one
  throw damaged(id, 'no header')
}

/** The entries of one item, in order. */
export function* entriesOf(fd: number, id: string, item: string): Generator<ManifestEntry> {
  for (const one of readManifest(fd, id)) if (!('kind' in one) && one.item === item) yield one
}

/** Without copying the bytes. */
function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8')
}

function damaged(id: string, why: string): SekishoError {
  return new SekishoError('backup.snapshot_damaged', { id, path: MANIFEST, why })
}

/** Where each item's lines begin, in a manifest whose digest is the sealed one: they stand together, in the header's order, as many as it says. */
export function itemsOf(
  fd: number,
  id: string,
): { header: ManifestHeader; offsets: ReadonlyMap<string, number> } {
  const header = headerOf(fd, id)
  const offsets = new Map<string, number>()
  const [one, ...others] = header.items
  if (one === undefined) return { header, offsets }
  const lines = lineStarts(fd)
  offsets.set(one.name, lines.after(1))
  let before = one.entries
  for (const { name, entries } of others) {
    offsets.set(name, lines.after(before))
    before = entries
  }
  return { header, offsets }
}

/** `after`: where so many more lines end. */
function lineStarts(fd: number): { after(lines: number): number } {
  const chunk = Buffer.allocUnsafe(LINES_CHUNK)
  let filled = 0
  let start = 0
  let at = 0
  const next = (): boolean => {
    start += filled
    filled = readAt(fd, chunk, start)
    at = 0
    return filled > 0
  }
  return {
    after: (lines) => {
      for (let left = lines; left > 0; ) {
        const feed = at < filled ? chunk.subarray(0, filled).indexOf(0x0a, at) : -1
        if (feed === -1) {
          if (!next()) break
        } else {
          at = feed + 1
          left -= 1
        }
      }
      return start + at
    },
  }
}

/** The entries of one item of a manifest whose digest is the sealed one. */
export function* entriesFrom(fd: number, item: string, offset: number | undefined): Generator<ManifestEntry> {
  if (offset === undefined) return
  for (const line of linesOf(fd, offset)) {
    const entry = JSON.parse(textOf(line)) as ManifestEntry
    if (entry.item !== item) return
    yield entry
  }
}

export interface Known {
  readonly entry: ManifestEntry
  /** The line as it stands there, without its line feed. */
  readonly line: Uint8Array
}

/** The manifest of the last sound snapshot, read along beside a walk in the same order. */
export interface Previous {
  readonly id: BackupId
  /** Its directory. */
  readonly fd: number
  readonly startedNs: bigint
  readonly totals: { readonly entries: number; readonly bytes: number }
  /** What is known of this path. To be asked in the order of a manifest. */
  find(item: string, path: Buffer): Known | undefined
  /** From the beginning again. */
  rewind(): void
  close(): void
}

/** Throws backup.snapshot_damaged where the manifest is not the sealed one: nothing is linked from it then. */
export async function openPrevious(
  directory: number,
  id: BackupId,
  sealed: Digest,
  turns: Yielding,
): Promise<Previous> {
  const fd = await openSealed(directory, { id, manifest: sealed }, turns)
  try {
    return cursor(directory, fd, headerOf(fd, id))
  } catch (cause) {
    close(fd)
    throw cause
  }
}

function cursor(directory: number, fd: number, header: ManifestHeader): Previous {
  let lines = linesOf(fd)
  let current: { known: Known; path: Buffer } | undefined
  const advance = () => {
    const next = lines.next()
    if (next.done) {
      current = undefined
      return
    }
    // Its digest is the sealed one: these are lines that we wrote, and the reader has seen each then.
    const entry = JSON.parse(textOf(next.value)) as ManifestEntry
    current = { known: { entry, line: next.value }, path: Buffer.from(pathBytes(entry.at)) }
  }
  const rewind = () => {
    lines = linesOf(fd)
    lines.next()
    advance()
  }
  rewind()
  return {
    id: header.id,
    fd: directory,
    startedNs: BigInt(milliseconds(header.started)) * 1_000_000n,
    totals: {
      entries: header.items.reduce((sum, item) => sum + item.entries, 0),
      bytes: header.items.reduce((sum, item) => sum + item.bytes, 0),
    },
    find: (item, path) => {
      for (; current !== undefined; advance()) {
        const order =
          (current.known.entry.item === item ? 0 : byteOrder(current.known.entry.item, item)) ||
          Buffer.compare(current.path, path)
        if (order === 0) return current.known
        if (order > 0) return undefined
      }
      return undefined
    },
    rewind,
    close: () => close(fd),
  }
}
