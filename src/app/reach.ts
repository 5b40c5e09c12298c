// Counts the existing files that an effect reaches on this host, under a path or a glob. It looks with the caller's rights, follows no
// link and stops at limits. Where something was not looked at, the counts are printed as "at least".
import { lstat, opendir, readlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { namesMeet, type Path, type Segment } from '../guard/path.ts'

export interface Reach {
  readonly files: number
  readonly directories: number
  readonly bytes: number
  /** Newest and oldest modification time of a file. */
  readonly newest?: number
  readonly oldest?: number
  /** Links that lead out of the tree that was walked. */
  readonly outside: number
  /** Files with a second name elsewhere: deleting one name keeps the bytes. */
  readonly shared: number
  /** False when a limit, the time or missing rights ended the walk early. */
  readonly isWhole: boolean
  /** The caller has no right to read some directory. */
  readonly isClosed?: true
  /** Some of the paths, to ask git about and to print. */
  readonly examples: readonly string[]
}

export interface ReachLimits {
  readonly entries: number
  /** Called between entries. */
  readonly isOver: () => boolean
}
export const ENTRY_LIMIT = 100_000
const EXAMPLES = 5000

interface Count {
  files: number
  directories: number
  bytes: number
  newest: number | undefined
  oldest: number | undefined
  outside: number
  shared: number
  isWhole: boolean
  isClosed: boolean
  seen: number
  readonly examples: string[]
  /** The part of the path without wildcards. A link that leads out of it counts as `outside`. */
  readonly root: string
}

/** Counts what exists at a path of the guard, with everything below it where the effect is recursive. */
export async function measureReach(target: Path, recursive: boolean, limits: ReachLimits): Promise<Reach> {
  const count: Count = {
    files: 0,
    directories: 0,
    bytes: 0,
    newest: undefined,
    oldest: undefined,
    outside: 0,
    shared: 0,
    isWhole: !target.loose,
    isClosed: false,
    seen: 0,
    examples: [],
    root: writtenOut(target.segments),
  }
  await match('/', target.segments, recursive, count, limits)
  const { newest, oldest, isClosed, seen: _seen, root: _root, ...rest } = count
  return {
    ...rest,
    ...(isClosed ? { isClosed } : {}),
    ...(newest === undefined ? {} : { newest }),
    ...(oldest === undefined ? {} : { oldest }),
  }
}

const literalOf = (segment: Segment) =>
  segment !== 'tree' && segment.length === 1 && typeof segment[0] === 'string' ? segment[0] : undefined

function writtenOut(segments: readonly Segment[]): string {
  const open = segments.findIndex((segment) => literalOf(segment) === undefined)
  const names = (open === -1 ? segments : segments.slice(0, open)).map((segment) => literalOf(segment) ?? '')
  return `/${names.join('/')}`
}

const isBelow = (path: string, root: string) => root === '/' || `${path}/`.startsWith(`${root}/`)

async function match(
  at: string,
  [segment, ...rest]: readonly Segment[],
  recursive: boolean,
  count: Count,
  limits: ReachLimits,
): Promise<void> {
  if (segment === undefined) return take(at, recursive, count, limits)
  const name = literalOf(segment)
  // A literal name needs no listing: a directory that cannot be listed may still be entered.
  if (name !== undefined) return match(join(at, name), rest, recursive, count, limits)
  if (segment === 'tree')
    return rest.length === 0 ? take(at, true, count, limits) : matchBelow(at, rest, recursive, count, limits)
  for await (const entry of entriesOf(at, count, limits))
    if (namesMeet([entry], segment)) await match(join(at, entry), rest, recursive, count, limits)
}

/** Matches in a directory and in every directory below it. */
async function matchBelow(
  at: string,
  names: readonly Segment[],
  recursive: boolean,
  count: Count,
  limits: ReachLimits,
): Promise<void> {
  await match(at, names, recursive, count, limits)
  for await (const entry of entriesOf(at, count, limits)) {
    const below = join(at, entry)
    const found = await lstat(below).catch(() => undefined)
    if (found?.isDirectory() === true) await matchBelow(below, names, recursive, count, limits)
  }
}

/** A missing path counts as nothing there. Any other error counts as not looked at. */
function missed(count: Count, { code }: NodeJS.ErrnoException): void {
  if (code === 'ENOENT' || code === 'ENOTDIR') return
  count.isWhole = false
  if (code === 'EACCES' || code === 'EPERM') count.isClosed = true
}

/** Counts one path, and everything below it where `recursive` is set. */
async function take(path: string, recursive: boolean, count: Count, limits: ReachLimits): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    missed(count, error)
    return undefined
  })
  if (found === undefined) return
  if (found.isDirectory()) {
    count.directories++
    if (!recursive) return
    for await (const entry of entriesOf(path, count, limits))
      await take(join(path, entry), true, count, limits)
    return
  }
  count.files++
  count.bytes += found.size
  if (found.nlink > 1) count.shared++
  if (count.newest === undefined || found.mtimeMs > count.newest) count.newest = found.mtimeMs
  if (count.oldest === undefined || found.mtimeMs < count.oldest) count.oldest = found.mtimeMs
  if (count.examples.length < EXAMPLES) count.examples.push(path)
  if (found.isSymbolicLink()) {
    const to = await readlink(path).catch(() => undefined)
    if (to !== undefined && !isBelow(resolve(dirname(path), to), count.root)) count.outside++
  }
}

async function* entriesOf(path: string, count: Count, limits: ReachLimits): AsyncGenerator<string> {
  const listing = await opendir(path).catch((error: NodeJS.ErrnoException) => {
    missed(count, error)
    return undefined
  })
  if (listing === undefined) return
  for await (const { name } of listing) {
    if (++count.seen > limits.entries || limits.isOver()) {
      count.isWhole = false
      return
    }
    yield name
  }
}
