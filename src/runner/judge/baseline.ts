// The world must be as it was when it was sealed: every target is read again now, and the plan's own picture of each file must be
// what was read (spine §4.4).

import { type Answer, refused } from '../../base/error.ts'
import { fileTarget, type TargetId } from '../../base/id.ts'
import { plannedFiles } from '../../plans/actions.ts'
import { fingerprint, type TargetFacts } from '../../plans/fingerprint.ts'
import { isPictureOf } from '../../plans/picture.ts'
import type { Plan } from '../../plans/plan.ts'
import type { Envelope } from '../../seal/envelope.ts'

export function judgeBaseline(
  plan: Plan,
  envelope: Envelope,
  facts: ReadonlyMap<TargetId, TargetFacts>,
): Answer<object> {
  const { change } = plan
  for (const { target, digest } of envelope.baseline) {
    const now = facts.get(target)
    if (now === undefined || fingerprint(target, now) !== digest)
      return refused('judge.baseline_moved', { target, change })
  }
  for (const { action } of plan.actions) {
    for (const one of plannedFiles(action)) {
      const target = fileTarget(plan.host, one.path)
      if (!isPictureOf(one, facts.get(target))) return refused('judge.baseline_moved', { target, change })
    }
  }
  return { ok: true }
}
