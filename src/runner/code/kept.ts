// The commit of a change of code, made in quarantine; after the change is kept the branch of production moves to it, and it is pushed where that is declared.
import { SekishoError } from '../../base/error.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { Plan } from '../../plans/plan.ts'
import type { Body } from '../journal/index.ts'
import type { RunnerParts } from '../parts.ts'
import type { CodeRecord } from './record.ts'

export interface KeptWork {
  readonly execution: ExecutionId
  readonly plan: Plan
  readonly accepted: Body<'accepted'>
}

export async function commitStaged(
  record: CodeRecord,
  _work: KeptWork,
  _parts: RunnerParts,
): Promise<string> {
  throw new SekishoError('deploy.stage_gone', { stage: record.staged.stage })
}
