// Whether a change that was seen in the tree is one that the guard had foretold.
import type { Effect, Verb } from '../../../src/guard/effect.ts'
import { intersect, path, type Segment } from '../../../src/guard/path.ts'

const CHANGES: ReadonlySet<Verb> = new Set([
  'path.write',
  'path.append',
  'path.create',
  'path.delete',
  'path.move',
  'path.chmod',
  'path.chown',
  'path.link',
])

/** The path at the head of a line of the worker's list: `+ /srv/app/x 644 …`, `- /srv/app/y -> z`, `+ /srv/app/d/ 755`. */
const pathOf = (line: string): string =>
  (/^[+-] (\/\S*?)\/?(?: |$)/.exec(line)?.[1] ?? line).replace(/\/$/, '')

function foretold(changed: readonly Segment[], effect: Effect): boolean {
  if (effect.on.kind !== 'path' || !CHANGES.has(effect.verb)) return false
  const { segments, loose } = effect.on.path
  if (loose) return true
  // The path itself, or something in a directory that is filled, moved or emptied.
  if (intersect(changed, segments) || intersect(changed, [...segments, 'tree'])) return true
  // Directories made on the way.
  return segments.some((_, i) => intersect(changed, segments.slice(0, i)) && i > 2)
}

/** A file that only got another name is as it was: the count of its names is no change of it. */
function changed(tree: readonly string[]): readonly string[] {
  const bare = tree.map((line) => line.replace(/^([+-] \S+ \d+) \d+ /, '$1 '))
  const counts = Map.groupBy(bare, (line) => line.slice(2))
  return bare.filter((line) => counts.get(line.slice(2))?.length === 1)
}

/** The changed paths of which no effect speaks. */
export function unpredicted(tree: readonly string[], effects: readonly Effect[]): readonly string[] {
  return [...new Set(changed(tree).map(pathOf))].filter((one) => {
    const { segments } = path(one)
    return !effects.some((effect) => foretold(segments, effect))
  })
}
