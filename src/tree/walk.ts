// Walks a tree by held descriptors, in byte order of whole paths, which is the order of a manifest: `a`, `a.txt`, `a/b`.
// Mount points are seen and not entered; sockets, FIFOs and devices are seen and never opened.
import { type BigIntStats, closeSync, readFileSync, readlinkSync, statfsSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import { errorAt, joined, lookFor, namesIn, openDirectory, shown, statOf } from './openat.ts'

/** Each level holds a descriptor. Far beyond what a path of the kernel's own length could name. */
export const DEPTH_MAX = 1024

export type SeenType = 'directory' | 'file' | 'link' | 'mount' | 'socket' | 'fifo' | 'device'

export interface Seen {
  /** Below the root; the root itself has no bytes. */
  readonly path: Buffer
  readonly name: Buffer
  readonly type: SeenType
  readonly stat: BigIntStats
  /** The directory it stands in, open until the next entry is asked for. Of the root: -1. */
  readonly parent: number
  /** Levels below the root. */
  readonly depth: number
}

export interface WalkEvents {
  /** A directory is open, before what stands in it; `fd` is open until `leave`. */
  enter?(directory: Seen, fd: number): void
  leave?(directory: Seen, fd: number): void
  /** Something could not be looked at or opened. Without this it is thrown. */
  failed?(path: Buffer, cause: unknown): void
}

/** The caller keeps the root's descriptor. An entry that goes away between the list and the look was never there. */
export function* walk(root: number, events: WalkEvents = {}): Generator<Seen> {
  const stat = statOf(root)
  const first: Seen = {
    path: Buffer.alloc(0),
    name: Buffer.alloc(0),
    type: 'directory',
    stat,
    parent: -1,
    depth: 0,
  }
  yield first
  const within = { dev: stat.dev, mounts: mountsBelow(root), isOverlay: isOverlay(root) }
  yield* inside(first, root, within, events)
}

/** Where the walk stays: one file system, and not what is bound over a name of it. */
interface Within {
  readonly dev: bigint
  readonly mounts: ReadonlySet<string>
  /** There a file has the device of its layer and a directory another: of a file only the kernel's list tells. */
  readonly isOverlay: boolean
}

/** As in containers, and hosts that boot from an image. */
const OVERLAY = 0x794c7630

function isOverlay(root: number): boolean {
  return statfsSync(`/proc/self/fd/${root}`).type === OVERLAY
}

/** A directory bound into its own file system has the same device: only the kernel's list tells. Paths below the root, as latin1. */
function mountsBelow(root: number): ReadonlySet<string> {
  const real = readlinkSync(`/proc/self/fd/${root}`, { encoding: 'buffer' }).toString('latin1')
  const start = real === '/' ? '/' : `${real}/`
  const points = readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
  return new Set(points.filter((point) => point.startsWith(start)).map((point) => point.slice(start.length)))
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function* inside(directory: Seen, fd: number, within: Within, events: WalkEvents): Generator<Seen> {
  if (directory.depth >= DEPTH_MAX)
    throw new SekishoError('backup.too_deep', {
      path: shown(directory.path.subarray(0, 200)),
      limit: DEPTH_MAX,
    })
  events.enter?.(directory, fd)
  /** Subtrees that wait for the names which sort between `a` and `a/`. */
  const waiting: Seen[] = []
  for (const name of attempt(directory.path, events, () => namesIn(fd)) ?? []) {
    while (waiting.length > 0 && isBefore(waiting.at(-1) as Seen, name))
      yield* subtree(waiting.pop() as Seen, fd, within, events)
    const seen = attempt(joined(directory.path, name), events, () => look(directory, fd, name, within))
    if (seen === undefined) continue
    yield seen
    if (seen.type === 'directory') waiting.push(seen)
  }
  while (waiting.length > 0) yield* subtree(waiting.pop() as Seen, fd, within, events)
  events.leave?.(directory, fd)
}

/** Is everything below `directory` in front of its sibling `name`? `a/` against `a.txt`. A later one that waits begins with an earlier one. */
function isBefore(directory: Seen, name: Buffer): boolean {
  return Buffer.compare(Buffer.concat([directory.name, Buffer.from('/')]), name) < 0
}

function* subtree(seen: Seen, parent: number, within: Within, events: WalkEvents): Generator<Seen> {
  const fd = attempt(seen.path, events, () => openDirectory(parent, seen.name))
  if (fd === undefined) return
  try {
    const now = statOf(fd)
    if (now.dev !== within.dev || now.ino !== seen.stat.ino) {
      const cause = new SekishoError('backup.changed_while_read', { path: shown(seen.path) })
      if (events.failed === undefined) throw cause
      events.failed(seen.path, cause)
      return
    }
    yield* inside(seen, fd, within, events)
  } finally {
    closeSync(fd)
  }
}

function look(directory: Seen, parent: number, name: Buffer, within: Within): Seen | undefined {
  const stat = lookFor(parent, name)
  if (stat === undefined) return undefined
  const path = joined(directory.path, name)
  const isElsewhere = stat.dev !== within.dev && (stat.isDirectory() || !within.isOverlay)
  const isMount = isElsewhere || (within.mounts.size > 0 && within.mounts.has(path.toString('latin1')))
  return {
    path,
    name,
    type: isMount ? 'mount' : typeOf(stat),
    stat,
    parent,
    depth: directory.depth + 1,
  }
}

function attempt<T>(path: Buffer, events: WalkEvents, work: () => T): T | undefined {
  try {
    return work()
  } catch (cause) {
    if (events.failed === undefined) throw errorAt(shown(path), cause)
    events.failed(path, cause)
    return undefined
  }
}

export function typeOf(stat: BigIntStats): SeenType {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'link'
  if (stat.isSocket()) return 'socket'
  if (stat.isFIFO()) return 'fifo'
  return 'device'
}
