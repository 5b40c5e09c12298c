// What must stand at each path of a copy, in the order of a walk over all of it: the entries of its items merged, and the directories above them.
// A secret has no bytes in a copy, and no name.
import type { ManifestEntry, ManifestHeader, ManifestItem } from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import { inCopy } from './making.ts'
import { entriesFrom } from './manifest-file.ts'

export interface Wanted {
  readonly path: Buffer
  /** Absent: a directory above an item. */
  readonly entry?: Exclude<ManifestEntry, { type: 'secret' }>
}

/** `manifest`: open, with the sealed digest. */
export function* wantedIn(
  manifest: number,
  header: ManifestHeader,
  offsets: ReadonlyMap<string, number>,
): Generator<Wanted> {
  const streams = header.items.map((item) =>
    item.kind === 'config'
      ? singles(manifest, item, offsets)
      : standing(item, entriesFrom(manifest, item.name, offsets.get(item.name))),
  )
  yield* merged([above(header.items), ...streams])
}

function* standing(item: ManifestItem, entries: Iterable<ManifestEntry>): Generator<Wanted> {
  for (const entry of entries)
    if (entry.type !== 'secret') yield { path: inCopy(item.root, Buffer.from(pathBytes(entry.at))), entry }
}

/** Configuration names no directories: they are those above its files. Of this there is little. */
function* singles(
  manifest: number,
  item: ManifestItem,
  offsets: ReadonlyMap<string, number>,
): Generator<Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const one of standing(item, entriesFrom(manifest, item.name, offsets.get(item.name)))) {
    for (const directory of parents(one.path)) wanted.set(directory.toString('latin1'), { path: directory })
    wanted.set(one.path.toString('latin1'), one)
  }
  yield* [...wanted.values()].sort((a, b) => Buffer.compare(a.path, b.path))
}

function* above(items: readonly ManifestItem[]): Generator<Wanted> {
  const paths = new Map<string, Buffer>()
  for (const { root } of items)
    for (const directory of parents(Buffer.from(root))) paths.set(directory.toString('latin1'), directory)
  for (const path of [...paths.values()].sort((a, b) => Buffer.compare(a, b))) yield { path }
}

function parents(path: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) found.push(path.subarray(0, at))
  return found
}

/** Each in order, and so is the whole; what two of them name is named once. */
function* merged(streams: readonly Generator<Wanted>[]): Generator<Wanted> {
  const heads = streams.map((stream) => stream.next())
  let last: Buffer | undefined
  for (;;) {
    let first = -1
    for (const [i, head] of heads.entries())
      if (
        !head.done &&
        (first === -1 ||
          Buffer.compare(head.value.path, (heads[first] as IteratorYieldResult<Wanted>).value.path) < 0)
      )
        first = i
    const head = heads[first]
    if (head === undefined || head.done) return
    heads[first] = (streams[first] as Generator<Wanted>).next()
    if (last?.equals(head.value.path) !== true) yield head.value
    last = head.value.path
  }
}
