// Which findings somebody has taken up, and what nobody is told of: facts of `doctor`.
import type { Instant } from '../base/time.ts'
import { definitionsOf } from '../checks/definition.ts'
import { isMuted } from '../checks/mute.ts'
import { familyOf } from '../checks/result.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { listMutes, openFindings } from './check-store.ts'
import type { Gate } from './gate.ts'

export async function careFacts(
  gate: Gate,
  policy: CompiledPolicy,
  at: Instant,
): Promise<readonly DoctorFact[]> {
  if (gate.watchDirectory === undefined) return []
  const [mutes, findings] = [await listMutes(gate.db), await openFindings(gate.db)]
  const declared = new Set(definitionsOf(policy).map(({ id }) => id))
  const open = findings.filter(({ check }) => declared.has(familyOf(check)))
  const fact = (code: string, values: DoctorFact['values']): DoctorFact => ({
    name: 'checks',
    state: 'warn',
    code,
    values,
  })
  return [
    ...mutes
      .filter(({ until }) => until > at)
      .map(({ pattern, until, by, reason }) =>
        fact('doctor.checks_muted', {
          check: pattern,
          until,
          by,
          reason,
          open: open.filter(({ check }) => isMuted(check, pattern)).length,
        }),
      ),
    ...open.flatMap(({ check, acknowledged }) =>
      acknowledged === undefined
        ? []
        : [fact('doctor.check_taken_up', { check, by: acknowledged.by, reason: acknowledged.reason })],
    ),
  ]
}
