// The state of paths before and after: type, mode, owner, SHA-256 of bytes, target of links. Taken from outside, by descriptors, while the service in the room may
// still write: what it writes of its own accord is declared as live, and is not compared.
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { type PathDifference } from '../plans/receipt.ts'
import { openToRead, shown, targetOf } from '../tree/openat.ts'
import { type Seen, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'

export interface Fingerprint {
  readonly type: Seen['type']
  readonly mode: number
  readonly owner: string
  /** Of a file or of the target of a link. */
  readonly content: string
}

/** Absolute path inside → what stands there. */
export type Fingerprints = ReadonlyMap<string, Fingerprint>

export interface ComparedPlace {
  /** Outside. */
  readonly root: string
  /** The same as it is seen inside. */
  readonly path: string
}

/** `leave`: absolute paths inside; they and what is below them are not looked at. `baseUid`: what the ids outside have in front. */
export async function fingerprintsOf(
  places: readonly ComparedPlace[],
  leave: readonly string[],
  baseUid: number,
): Promise<Fingerprints> {
  const found = new Map<string, Fingerprint>()
  const chunk = Buffer.allocUnsafe(1_048_576)
  const turns = yielding()
  for (const place of places) {
    const root = openSync(place.root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      for (const seen of walk(root, { failed: () => {} })) {
        await turns.next()
        const path = seen.path.length === 0 ? place.path : `${place.path}/${shown(seen.path)}`
        if (leave.some((one) => path === one || path.startsWith(`${one}/`))) continue
        const content = contentOf(seen, chunk)
        if (content === undefined) continue
        found.set(path, {
          type: seen.type,
          // What a link itself has as mode means nothing.
          mode: seen.type === 'link' ? 0 : Number(seen.stat.mode & 0o7777n),
          owner: `${Number(seen.stat.uid) - baseUid}:${Number(seen.stat.gid) - baseUid}`,
          content,
        })
      }
    } finally {
      closeSync(root)
    }
  }
  return found
}

/** Undefined where it went away meanwhile. */
function contentOf(seen: Seen, chunk: Buffer): string | undefined {
  if (seen.type === 'link') return targetOf(seen.parent, seen.name).toString('latin1')
  if (seen.type !== 'file') return ''
  let fd: number
  try {
    fd = openToRead(seen.parent, seen.name)
  } catch {
    return undefined
  }
  try {
    const hash = createHash('sha256')
    for (let size = readSync(fd, chunk); size > 0; size = readSync(fd, chunk))
      hash.update(chunk.subarray(0, size))
    return hash.digest('hex')
  } finally {
    closeSync(fd)
  }
}

/** In order of paths. Of one path the first field that is different. */
export function differencesOf(
  before: Fingerprints,
  now: Fingerprints,
  after: PathDifference['after'],
): readonly PathDifference[] {
  const paths = [...new Set([...before.keys(), ...now.keys()])].sort()
  return paths.flatMap((path) => {
    const field = differentField(before.get(path), now.get(path))
    return field === undefined ? [] : [{ path, field, after }]
  })
}

function differentField(
  before: Fingerprint | undefined,
  now: Fingerprint | undefined,
): PathDifference['field'] | undefined {
  if (before === undefined) return now === undefined ? undefined : 'added'
  if (now === undefined) return 'missing'
  if (before.type !== now.type) return 'type'
  if (before.content !== now.content) return before.type === 'link' ? 'target' : 'content'
  if (before.owner !== now.owner) return 'owner'
  return before.mode === now.mode ? undefined : 'mode'
}
