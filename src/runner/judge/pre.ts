// What must hold at the start and lives only minutes: health, units. Never sealed (spine §3).
import { type Answer, refused } from '../../base/error.ts'
import type { Plan } from '../../plans/plan.ts'
import type { CheckName } from '../../seal/checks.ts'

export interface PreFacts {
  /** Absent when it was not asked. */
  readonly health?: 'green' | 'red' | 'no_data'
  /** Absent while what is asserted of the backup holds. */
  readonly backup?: string
  readonly units: ReadonlyMap<string, { readonly active: boolean; readonly state: string }>
}

export function judgePre(plan: Plan, facts: PreFacts, waived: ReadonlySet<CheckName>): Answer<object> {
  const { change } = plan
  // Approved as the repair of a service that is down: of one that answers again it would be another change.
  if (plan.startsFrom === 'down' && facts.health !== 'red')
    return refused('judge.not_down', { service: plan.service, found: facts.health ?? 'no_data', change })
  for (const assertion of plan.pre) {
    switch (assertion.kind) {
      case 'health':
        if (!waived.has('health') && facts.health !== 'green')
          return refused('judge.pre_fails', { what: 'health', found: facts.health ?? 'no_data', change })
        break
      case 'backup':
        if (!waived.has('backup') && facts.backup !== undefined)
          return refused('judge.pre_fails', { what: 'backup', found: facts.backup, change })
        break
      case 'unit': {
        const unit = facts.units.get(assertion.unit)
        if (unit === undefined || unit.active !== assertion.active)
          return refused('judge.pre_fails', {
            what: assertion.unit,
            found: unit?.state ?? 'unknown',
            change,
          })
        break
      }
    }
  }
  return { ok: true }
}
