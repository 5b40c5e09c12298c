// What of an archive is the service's: every member is looked at before a byte is written.

import { readTar, type TarSource } from '../../backup/tar.ts'
import type { Service } from '../../plans/policy.ts'
import { readAt } from '../../tree/read.ts'
import type { Yielding } from '../../tree/yield.ts'
import { rootOf } from '../set-of.ts'

/** A data directory of the rules, and where it stands in the archive. */
export interface PackedItem {
  /** Where it will lie in the copy. */
  readonly root: string
  /** Names in the archive begin with it; of no bytes: all of them are its own. */
  readonly prefix: Buffer
}

export interface Scanned {
  readonly items: readonly PackedItem[]
  readonly entries: number
  readonly bytes: number
}

const MEMBERS_MAX = 1_000_000

export type ScanFault = 'many' | 'not_data'

export function tarSource(fd: number, size: number): TarSource {
  return {
    size,
    read: (at, length) => {
      const chunk = Buffer.alloc(length)
      let got = 0
      for (let more = -1; got < length && more !== 0; got += more)
        more = readAt(fd, chunk.subarray(got), at + got)
      return chunk.subarray(0, got)
    },
  }
}

/** Throws TarError. */
export async function scan(
  source: TarSource,
  service: Service,
  turns: Yielding,
): Promise<Scanned | ScanFault> {
  const all = candidates(service)
  const seen = new Map(
    all.flatMap(({ prefixes }) => prefixes).map((one) => [one, { entries: 0, bytes: 0, self: false }]),
  )
  let members = 0
  for (const { path, size } of readTar(source)) {
    members += 1
    if (members > MEMBERS_MAX) return 'many'
    const name = path.toString('latin1')
    for (const [prefix, count] of seen) {
      if (!isBelow(name, prefix)) continue
      count.entries += 1
      count.bytes += size
      count.self ||= name === prefix
    }
    await turns.next()
  }
  const items: PackedItem[] = []
  let [entries, bytes] = [0, 0]
  for (const { root, prefixes } of all) {
    // All names are below the archive itself: that it is the directory must be said, by an entry of its own.
    const prefix = prefixes.find(
      (one) => (one === '' ? seen.get(one)?.self : seen.get(one)?.entries) || false,
    )
    if (prefix === undefined) continue
    items.push({ root, prefix: Buffer.from(prefix, 'latin1') })
    entries += seen.get(prefix)?.entries ?? 0
    bytes += seen.get(prefix)?.bytes ?? 0
  }
  return items.length === 0 || isAmbiguous(items) ? 'not_data' : { items, entries, bytes }
}

/** The longest first: `var/lib/app/data`, `lib/app/data`, `app/data`, `data`; the directory itself where there is one alone. Each belongs to one directory. */
function candidates(
  service: Service,
): readonly { readonly root: string; readonly prefixes: readonly string[] }[] {
  const { data = [] } = service
  const all = data.map((one) => ({ root: rootOf(service, one), tails: tailsOf(one.dir) }))
  return all.map((one) => {
    // A name that two directories end with does not say whose it is.
    const own = one.tails.filter((tail) => all.every((other) => other === one || !other.tails.includes(tail)))
    return { root: one.root, prefixes: all.length === 1 ? [...own, ''] : own }
  })
}

function tailsOf(directory: string): readonly string[] {
  const segments = Buffer.from(directory)
    .toString('latin1')
    .split('/')
    .filter((segment) => segment !== '')
  return segments.map((_, i) => segments.slice(i).join('/'))
}

/** Data directories never lie in each other, so where one of these does it may as well be a part of the other's data. */
function isAmbiguous(items: readonly PackedItem[]): boolean {
  const names = items.map(({ prefix }) => prefix.toString('latin1'))
  return names.some((name, i) => names.some((other, j) => i !== j && isBelow(name, other)))
}

function isBelow(name: string, prefix: string): boolean {
  return prefix === '' || name === prefix || name.startsWith(`${prefix}/`)
}

/** Where a member lies in the copy; `path`: below its item. Undefined: it is of no item. */
export function placeOf(
  path: Buffer,
  items: readonly PackedItem[],
): { readonly path: Buffer; readonly root: string } | undefined {
  for (const { root, prefix } of items) {
    if (prefix.length === 0) return { root, path }
    if (path.equals(prefix)) return { root, path: Buffer.alloc(0) }
    if (
      path.length > prefix.length &&
      path[prefix.length] === 0x2f &&
      path.subarray(0, prefix.length).equals(prefix)
    )
      return { root, path: path.subarray(prefix.length + 1) }
  }
  return undefined
}
