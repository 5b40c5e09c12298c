// How a change was kept, from the runner's journal alone: by its proofs or by a person.

import type { Plan } from '../plans/plan.ts'
import type { JournalLine } from '../seal/journal.ts'

/**
 * `proven`: every proof of the plan was green, and the change kept itself. `person_proven`: every proof was green, and a person kept it.
 * `person`: a person kept it while a proof was not green. Undefined: these lines do not show that it was kept.
 */
export type HowKept = 'proven' | 'person_proven' | 'person'

export function howKept(
  plan: Pick<Plan, 'proof'> | undefined,
  lines: readonly JournalLine[],
): HowKept | undefined {
  // The first claim decides (runner/perform/view.ts).
  const claim = lines.flatMap(({ body }) => (body.kind === 'claim' ? [body] : []))[0]
  if (claim?.choice !== 'keep') return undefined
  const verdicts = lines.flatMap(({ body }) => (body.kind === 'proof' ? [body.verdict] : []))
  const isProven =
    plan !== undefined && verdicts.length >= plan.proof.length && verdicts.every((one) => one === 'green')
  if (claim.why !== 'person') return isProven ? 'proven' : undefined
  return isProven ? 'person_proven' : 'person'
}
