// A standing statement whose procedure misbehaved once (void, stuck, red proof) covers nothing any more: an owner signs again (spine §4.6).
import type { Digest } from '../base/hash.ts'
import type { ExecutionId } from '../base/id.ts'
import { endStanding, listStanding } from '../change/store.ts'
import { type Act, plain } from './gate.ts'

export async function demoteStanding(
  step: Act,
  statement: Digest,
  why: 'void' | 'stuck' | 'red_proof' | 'failed',
  execution?: ExecutionId,
): Promise<void> {
  if (!(await endStanding(step.tx, statement, 'demoted', why))) return
  const one = (await listStanding(step.tx)).find(({ digest }) => digest === statement)
  await step.record(
    'standing.demoted',
    'standing',
    plain({
      statement,
      service: one?.service,
      verb: one?.verb,
      unit: one?.unit,
      why,
      ...(execution === undefined ? {} : { execution }),
    }),
  )
}
