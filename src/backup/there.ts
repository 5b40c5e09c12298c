// Which of the copies that are known are still where they were written.
import type { KnownCopy } from './level.ts'

/** `away`: not even the place where the copies of its target lie is there, as where a disk is not mounted. That says nothing of the copy. */
export type Whereabouts = 'there' | 'gone' | 'away'
type LookFor = (where: string) => Promise<Whereabouts>

/** A copy that is gone from its place counts no more, whatever was once read of it. A repository is asked by its own program, and not here. */
export async function asThere(copies: readonly KnownCopy[], lookFor: LookFor): Promise<readonly KnownCopy[]> {
  return (await looked(copies, lookFor)).map(({ copy }) => copy)
}

/** Those that a change may rest on now: without what is away. */
export async function atHand(copies: readonly KnownCopy[], lookFor: LookFor): Promise<readonly KnownCopy[]> {
  return (await looked(copies, lookFor)).flatMap(({ copy, found }) => (found === 'away' ? [] : [copy]))
}

function looked(copies: readonly KnownCopy[], lookFor: LookFor) {
  return Promise.all(
    copies.map(async (copy) => {
      if (copy.kind !== 'directory' || copy.state !== 'sound') return { copy, found: 'there' as const }
      const found = await lookFor(copy.where)
      const isGone = found === 'gone'
      return { copy: isGone ? { ...copy, state: 'suspect' as const, why: 'gone' } : copy, found }
    }),
  )
}
