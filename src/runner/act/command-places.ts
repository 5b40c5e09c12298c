// Where a declared command lies and writes: places that nobody but root can exchange for others.
import { SekishoError } from '../../base/error.ts'
import { movableComponent } from '../../sys/movable.ts'

/**
 * INVARIANT N38: the copy that was approved is bound at the path by which it is run, and what may be written is what was declared. Both hold only where no
 * component of these paths is a link and nobody else can put another directory there (docs/decisions/0164-a-command-is-a-change-of-its-own.md).
 * Throws exec.place_open, file.*.
 */
export async function requireOwnPlaces({
  directory,
  writes,
}: {
  readonly directory: string
  readonly writes: readonly string[]
}): Promise<void> {
  for (const path of [directory, ...writes]) {
    const found = await movableComponent(path, process.geteuid?.() ?? 0)
    if (found !== undefined)
      throw new SekishoError('exec.place_open', { path, component: found.path, found: found.why })
  }
}
