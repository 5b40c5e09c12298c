// Which of the copies that are known are still where they were written.
import type { KnownCopy } from './level.ts'

/** A copy of which nothing is there counts no more, whatever was once read of it. A repository is asked by its own program, and not here. */
export async function asThere(
  copies: readonly KnownCopy[],
  isThere: (where: string) => Promise<boolean>,
): Promise<readonly KnownCopy[]> {
  return Promise.all(
    copies.map(async (copy) =>
      copy.kind !== 'directory' || copy.state !== 'sound' || (await isThere(copy.where))
        ? copy
        : { ...copy, state: 'suspect' as const, why: 'gone' },
    ),
  )
}
