// The migrations of a commit: pairs of SQL files in the declared directory, told apart by their number. What has been applied is never written again, so a
// commit adds pairs behind the newest one, and its way back takes the newest ones away.
import { type Answer, type Refused, refused } from '../base/error.ts'

/** One file of the commit that changes, as git says it. */
export interface ChangedPath {
  readonly path: string
  readonly kind: 'added' | 'changed' | 'removed' | 'renamed' | 'mode'
  readonly from?: string
}

/** `0007_views`, with the paths of both of its files. */
export interface MigrationPair {
  readonly name: string
  readonly number: bigint
  readonly up: string
  readonly down: string
}

/** As many as one change may run. */
export const PAIRS_MAX = 10

const FILE = /^(\d{1,18})([A-Za-z0-9_.-]{0,60})\.(up|down)\.sql$/

interface Named {
  readonly path: string
  readonly stem: string
  readonly number: bigint
  readonly side: 'up' | 'down'
}

function named(path: string, directory: string): Named | undefined {
  const within = withinOf(path, directory)
  const found = within === undefined ? null : FILE.exec(within)
  if (found === null) return undefined
  const [, number = '', rest = '', side] = found
  return { path, stem: `${number}${rest}`, number: BigInt(number), side: side === 'up' ? 'up' : 'down' }
}

function withinOf(path: string, directory: string): string | undefined {
  const top = directory.replace(/\/+$/, '')
  return path.startsWith(`${top}/`) ? path.slice(top.length + 1) : undefined
}

/**
 * The pairs that a commit brings, in the order in which they run; of a way back (`back`) those that it takes away, the newest first. Paths are of the
 * repository. Empty where the directory does not change.
 */
export function migrationsOf(of: {
  readonly directory: string
  readonly changes: readonly ChangedPath[]
  /** All paths of both trees. */
  readonly deployed: readonly string[]
  readonly candidate: readonly string[]
  readonly back: boolean
}): Answer<{ readonly pairs: readonly MigrationPair[] }> {
  const { directory, changes, back } = of
  const moved = back ? 'removed' : 'added'
  const found: Named[] = []
  for (const { path, kind, from } of changes) {
    for (const one of from === undefined ? [path] : [path, from]) {
      const within = withinOf(one, directory)
      if (within === undefined || !within.endsWith('.sql')) continue
      const file = named(one, directory)
      if (file === undefined) return refused('deploy.migration_name', { path: one })
      // What was applied from it is not what would stand there.
      if (kind !== moved) return refused('deploy.migration_changed', { path: one })
      found.push(file)
    }
  }
  if (found.length === 0) return { ok: true, pairs: [] }
  const [with_, without] = back ? [of.deployed, of.candidate] : [of.candidate, of.deployed]
  const twice = twiceIn(with_.flatMap((path) => named(path, directory) ?? []))
  if (twice !== undefined) return twice
  const newest = without
    .flatMap((path) => named(path, directory) ?? [])
    .toSorted((a, b) => compare(a.number, b.number))
    .at(-1)
  const late = found.find(({ number }) => newest !== undefined && number <= newest.number)
  if (late !== undefined)
    return refused('deploy.migration_order', { path: late.path, newest: newest?.path ?? '' })
  const pairs: MigrationPair[] = []
  for (const stem of new Set(found.map((one) => one.stem))) {
    const [up, down] = (['up', 'down'] as const).map((side) =>
      found.find((one) => one.stem === stem && one.side === side),
    )
    const there = up ?? down
    if (there === undefined) continue
    if (up === undefined || down === undefined)
      return refused('deploy.migration_half', {
        path: there.path,
        missing: `${stem}.${up === undefined ? 'up' : 'down'}.sql`,
      })
    pairs.push({ name: stem, number: there.number, up: up.path, down: down.path })
  }
  if (pairs.length > PAIRS_MAX)
    return refused('deploy.migrations_many', { count: pairs.length, limit: PAIRS_MAX })
  const ordered = pairs.toSorted((a, b) => compare(a.number, b.number))
  return { ok: true, pairs: back ? ordered.toReversed() : ordered }
}

const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)

/** Two names with one number: nobody knows which of them runs first. */
function twiceIn(files: readonly Named[]): Refused | undefined {
  const stems = new Map<bigint, Named>()
  for (const file of files) {
    const other = stems.get(file.number)
    if (other !== undefined && other.stem !== file.stem)
      return refused('deploy.migration_twice', {
        number: String(file.number),
        path: other.path,
        other: file.path,
      })
    stems.set(file.number, file)
  }
  return undefined
}
