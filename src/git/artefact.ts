// Reads a directory as the artefact that it is: every directory, file and link below it, by held descriptors.
import { createHash } from 'node:crypto'
import { type Answer, refused } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type ArtefactEntry, artefactDigest } from '../code/artefact-digest.ts'
import { visible } from '../code/path-rules.ts'
import { close, openTree, shown, targetOf } from '../tree/openat.ts'
import { openRegular, readAt } from '../tree/read.ts'
import { type Seen, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'

export interface Artefact {
  readonly digest: Digest
  readonly entries: readonly ArtefactEntry[]
  /** Of all files. */
  readonly bytes: number
}

export interface ArtefactOptions {
  /** Paths below the directory that are no part of it, with all below them: what production shares with every release. */
  readonly leave?: readonly string[]
  readonly signal?: AbortSignal
}

const CHUNK_BYTES = 1_048_576
const SET_ID = 0o6000

/** Refuses what no release can hold: devices, sockets, mounts, names that are no UTF-8, files with setuid or setgid. */
export async function artefactOf(
  directory: string,
  options: ArtefactOptions = {},
): Promise<Answer<{ readonly artefact: Artefact }>> {
  const left = new Set(options.leave ?? [])
  const turns = yielding(options.signal)
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  const entries: ArtefactEntry[] = []
  let bytes = 0
  const root = openTree(directory)
  try {
    for (const seen of walk(root)) {
      await turns.next()
      const path = nameOf(seen.path)
      if (path === undefined) return refused('code.artefact_kind', { path: shown(seen.path), kind: 'UTF-8' })
      if (path === '' || isLeft(path, left)) continue
      const entry = entryOf(seen, path, chunk)
      if (entry === undefined)
        return refused('code.artefact_kind', { path: visible(path), kind: kindOf(seen) })
      if (entry.kind === 'file') bytes += entry.bytes
      entries.push(entry)
    }
  } finally {
    close(root)
  }
  return { ok: true, artefact: { digest: artefactDigest(entries), entries, bytes } }
}

function entryOf(seen: Seen, path: string, chunk: Buffer): ArtefactEntry | undefined {
  const mode = Number(seen.stat.mode & 0o7777n)
  if (seen.type === 'directory') return { path, kind: 'directory', mode }
  if (seen.type === 'link')
    return { path, kind: 'link', target: targetOf(seen.parent, seen.name).toString('utf8') }
  if (seen.type !== 'file' || (mode & SET_ID) !== 0) return undefined
  const { fd } = openRegular(seen.parent, seen.name)
  try {
    const hash = createHash('sha256')
    let at = 0
    for (let read = readAt(fd, chunk, at); read > 0; read = readAt(fd, chunk, at)) {
      hash.update(chunk.subarray(0, read))
      at += read
    }
    return { path, kind: 'file', mode, sha256: hash.digest('hex') as Digest, bytes: at }
  } finally {
    close(fd)
  }
}

function kindOf({ type }: Seen): string {
  return type === 'file' ? 'setuid' : type
}

function isLeft(path: string, left: ReadonlySet<string>): boolean {
  if (left.size === 0) return false
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1))
    if (left.has(path.slice(0, end))) return true
  return left.has(path)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function nameOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
