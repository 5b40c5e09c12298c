// A notice that somebody takes up takes up the findings that it tells of: `check show` and `status` then say who has them.
import type { ActorId } from '../base/id.ts'
import type { CheckId } from '../checks/result.ts'
import { openFindings, saveFinding } from './check-store.ts'
import type { Act } from './gate.ts'
import { openTopics } from './notice-store.ts'

const TOPIC = 'check:'

/** Nobody is told here: the notice itself has been taken up. */
export async function takeUpFindings(step: Act, notice: string, by: string, reason: string): Promise<void> {
  const topics = await openTopics(step.tx, notice)
  const checks = new Set(
    topics.filter((one) => one.startsWith(TOPIC)).map((one) => one.slice(TOPIC.length) as CheckId),
  )
  if (checks.size === 0) return
  for (const finding of await openFindings(step.tx)) {
    const { check, acknowledged } = finding
    if (!checks.has(check) || acknowledged !== undefined) continue
    await saveFinding(step.tx, { ...finding, acknowledged: { at: step.at, by: by as ActorId, reason } })
    await step.record('check.acknowledged', check, { check, finding: finding.id, by, reason, notice })
  }
}
