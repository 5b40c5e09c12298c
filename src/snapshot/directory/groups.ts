// Files with more than one name: copied once, linked to their first name, and only where all of their names are inside. A name outside could
// be /etc/shadow's own (backup.md §0).
import { type BigIntStats, linkSync } from 'node:fs'
import type { ManifestEntry } from '../../backup/manifest.ts'
import { SekishoError } from '../../base/error.ts'
import { parted } from '../../tree/chain.ts'
import { below, close, openAgain, shown, telling } from '../../tree/openat.ts'
import type { Failures, Making } from './making.ts'

export interface Group {
  readonly path: Buffer
  /** Absent while only names of a secret were seen. */
  readonly entry?: Extract<ManifestEntry, { type: 'file' }>
  readonly found: bigint
  readonly links: bigint
}
export type Groups = Map<string, Group>

export function groupOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`
}

/** One more name of a file, where it has several. */
export function countName(groups: Groups, stat: BigIntStats, path: Buffer): void {
  if (stat.nlink < 2n) return
  const known = groups.get(groupOf(stat)) ?? { path, found: 0n, links: stat.nlink }
  groups.set(groupOf(stat), { ...known, found: known.found + 1n })
}

/** Adds a failure for each file that has names elsewhere. */
export function checkLinks(groups: Groups, failures: Failures): void {
  for (const { path, found, links } of groups.values())
    if (found < links)
      failures.add(
        path,
        new SekishoError('backup.links_outside', {
          path: shown(path),
          links: Number(links),
          found: Number(found),
        }),
      )
}

/** In the snapshot, as it is in the source. */
export function linkLeader(making: Making, leader: Buffer, copyPath: Buffer): void {
  const from = parted(leader)
  const to = parted(copyPath)
  const held = openAgain(making.target.at(from.directory))
  try {
    const there = making.target.at(to.directory)
    telling(there, to.name, () => linkSync(below(held, from.name), below(there, to.name)))
  } finally {
    close(held)
  }
}
