// What people write of a change beside their instruction: a summary, a reason, the explanation of impact and risk.
import type { Change } from '../change/change.ts'
import type { NewChange, Revision } from '../contract/change.ts'

export function texts(input: Pick<NewChange, 'summary' | 'reason' | 'impact' | 'risk'>) {
  return {
    ...(input.summary === undefined ? {} : { summary: input.summary }),
    ...(input.reason === undefined ? {} : { reason: input.reason }),
    ...(input.impact === undefined || input.risk === undefined
      ? {}
      : { explanation: { impact: input.impact, risk: input.risk } }),
  }
}

/** What is not given anew stays. */
export function textsOf(change: Change, input: Revision) {
  const { summary, reason, explanation } = change
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(reason === undefined ? {} : { reason }),
    ...(explanation === undefined ? {} : { explanation }),
    instruction: change.instruction.text,
    ...texts(input),
  }
}
