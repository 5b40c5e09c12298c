// Reads a directory of somebody else's by held descriptors, and takes a copy of it that only we write: what is read is what is copied, whoever changes the
// directory meanwhile. Caches of Python and the store of git are no part of it.
import { createHash } from 'node:crypto'
import { closeSync, fchmodSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type ArtefactEntry, artefactDigest } from '../code/artefact-digest.ts'
import { close, openTree, shown, targetOf } from './openat.ts'
import { openRegular, readAt } from './read.ts'
import { type Seen, walk } from './walk.ts'
import { yielding } from './yield.ts'

export interface TakenFiles {
  readonly digest: Digest
  readonly entries: readonly ArtefactEntry[]
}

const FILES_MAX = 20_000
const BYTES_MAX = 256 * 2 ** 20
const CHUNK_BYTES = 1_048_576
const LEFT: ReadonlySet<string> = new Set(['__pycache__', '.git'])

export interface TakeHands {
  /** An empty directory of ours; absent: it is only read. */
  readonly to?: string
  /** Paths, as they are declared, that are neither read nor copied. */
  readonly leave?: (path: string) => boolean
  /** Is handed each link, and each file that is not longer than `SEEN_BYTES`. */
  readonly see?: (entry: ArtefactEntry, bytes: Buffer) => void
}

/** Longer ones are told by size and digest. */
export const SEEN_BYTES = 262_144

/** Throws schema.tool_files_many, schema.tool_files_kind, and what cannot be read. */
export async function takeFiles(directory: string, hands: TakeHands = {}): Promise<TakenFiles> {
  const turns = yielding()
  const entries: ArtefactEntry[] = []
  let bytes = 0
  const root = openTree(directory)
  try {
    for (const seen of walk(root)) {
      await turns.next()
      const path = seen.path.toString('utf8')
      if (path === '' || path.split('/').some((part) => LEFT.has(part))) continue
      if (!Buffer.from(path).equals(seen.path)) throw kindOf(directory, seen, 'UTF-8')
      const control = /[\u0000-\u001f\u007f-\u009f]/.exec(path)
      // In a list of files it would look like another one.
      if (control !== null) throw kindOf(directory, seen, codePoint(control[0]))
      if (hands.leave?.(join(directory, path)) === true) continue
      const left = BYTES_MAX - bytes
      const entry = taken(directory, seen, path, left, hands)
      if (entry.kind === 'file') bytes += entry.bytes
      entries.push(entry)
      if (entries.length > FILES_MAX || bytes > BYTES_MAX)
        throw new SekishoError('schema.tool_files_many', {
          directory,
          files: entries.length,
          limit: FILES_MAX,
          bytes: BYTES_MAX,
        })
    }
  } finally {
    close(root)
  }
  return { digest: artefactDigest(entries), entries }
}

function taken(
  directory: string,
  seen: Seen,
  path: string,
  left: number,
  { to, see }: TakeHands,
): ArtefactEntry {
  const mode = Number(seen.stat.mode & 0o7777n)
  if (seen.type === 'directory') {
    if (to !== undefined) mkdirSync(join(to, path), { mode: 0o755 })
    return { path, kind: 'directory', mode }
  }
  if (seen.type === 'link') {
    const target = targetOf(seen.parent, seen.name).toString('utf8')
    if (to !== undefined) symlinkSync(target, join(to, path))
    const link: ArtefactEntry = { path, kind: 'link', target }
    see?.(link, Buffer.from(target))
    return link
  }
  if (seen.type === 'file') return file(seen, path, left, to === undefined ? undefined : join(to, path), see)
  throw kindOf(directory, seen, seen.type)
}

function file(
  seen: Seen,
  path: string,
  left: number,
  to: string | undefined,
  see: TakeHands['see'],
): ArtefactEntry {
  const mode = Number(seen.stat.mode & 0o777n)
  const { fd } = openRegular(seen.parent, seen.name)
  const out = to === undefined ? undefined : openSync(to, 'wx', 0o600)
  try {
    const hash = createHash('sha256')
    const parts: Buffer[] = []
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    let at = 0
    // One byte more than there may be: whoever counts says that it is too much.
    for (let read = readAt(fd, chunk, at); read > 0 && at <= left; read = readAt(fd, chunk, at)) {
      const part = chunk.subarray(0, read)
      hash.update(part)
      if (see !== undefined && at + read <= SEEN_BYTES) parts.push(Buffer.from(part))
      if (out !== undefined) for (let done = 0; done < read; ) done += writeSync(out, part, done)
      at += read
    }
    if (out !== undefined) fchmodSync(out, mode)
    const entry: ArtefactEntry = {
      path,
      kind: 'file',
      mode,
      sha256: hash.digest('hex') as Digest,
      bytes: at,
    }
    if (at <= SEEN_BYTES) see?.(entry, Buffer.concat(parts))
    return entry
  } finally {
    close(fd)
    if (out !== undefined) closeSync(out)
  }
}

const codePoint = (char: string) => `U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

const kindOf = (directory: string, seen: Seen, kind: string) =>
  new SekishoError('schema.tool_files_kind', { directory, path: shown(seen.path), kind })
