// How a check stood between its looks: until its next look was due it stands as the last one found it. Pure.
import { type Instant, instant, milliseconds } from '../base/time.ts'
import { lateAfterMs } from './definition.ts'
import type { CheckState } from './result.ts'

export interface Step {
  readonly at: Instant
  readonly state: CheckState
  /** 0: no look fell into this step, and none was due. */
  readonly samples: number
  readonly value?: number
}

/** `until`: now. A step in which a look was due and nobody looked stays out. */
export function withoutGaps(
  steps: readonly Step[],
  { stepMs, everyMs, until }: { readonly stepMs: number; readonly everyMs: number; readonly until: Instant },
): readonly Step[] {
  return steps.flatMap((step, i) => {
    if (step.state === 'late') return [step]
    const from = milliseconds(step.at)
    const next = steps[i + 1]
    const end = Math.min(
      next === undefined ? milliseconds(until) + 1 : milliseconds(next.at),
      from + stepMs + lateAfterMs({ everyMs }),
    )
    const between: Step[] = []
    for (let at = from + stepMs; at < end; at += stepMs)
      between.push({ at: instant(at), state: step.state, samples: 0 })
    return [step, ...between]
  })
}
