// What the loop of an execution acts through. The real one is act/, prove/, read/ and revert/; the tests bring one in memory that
// passes the same contract.

import type { Answer } from '../../base/error.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Plan, PlannedAction } from '../../plans/plan.ts'
import type { Proof } from '../../plans/proofs.ts'
import type { ActResult, ProbeResult, Since } from '../act/context.ts'
import type { Body } from '../journal/index.ts'

export interface ProofResult {
  readonly verdict: 'green' | 'red' | 'not_proven'
  readonly facts: JsonObject
}

export interface Deadline {
  readonly boot: string
  /** Milliseconds since that boot. */
  readonly uptime: number
}

/** The right to decide between keep and revert, held by one process at a time and freed by its death. */
export interface ClaimLock {
  release(): Promise<void>
}

/** All of one execution, under the policy it started with. Whatever may run twice is written to be run twice. */
export interface Hands {
  readonly execution: ExecutionId
  readonly plan: Plan
  /** A mistake here can lock the administrator out: only a person keeps it, and the deadline never stands still. */
  readonly adminPath: boolean
  /** Status, journal and error log before anything is touched; what could not be had is named. */
  diagnose(): Promise<Omit<Body<'diagnostics'>, 'kind'>>
  /** Baselines equal and `pre` holding, read now. */
  check(): Promise<Answer<object>>
  /** What the proof compares with. */
  before(): Promise<JsonObject>
  keepCopies(): Promise<Body<'copies'>['files']>
  /** Puts down durably what to put back, and wakes the keeper at the deadline. Replaces what was armed before. */
  arm(deadline: Deadline): Promise<void>
  /** The deadline does not run while a person is asked (not for the administrator's path). */
  pauseDeadline(): Promise<void>
  disarm(): Promise<void>
  /** Undefined while another process holds it. */
  claim(): Promise<ClaimLock | undefined>
  apply(planned: PlannedAction): Promise<ActResult>
  probe(planned: PlannedAction, since: Since): Promise<ProbeResult>
  undo(planned: PlannedAction): Promise<ActResult>
  /** `applied`: the files are what they were before. `not_applied`: they are not, or there is nothing to compare. */
  probeUndone(planned: PlannedAction): Promise<ProbeResult>
  /** Of a way back that is run or sent (`runsBack`): was it, since its intent? */
  probeBack(planned: PlannedAction, since: Since): Promise<ProbeResult>
  /** Have the unit steps of the undo taken effect since its intent? A restart is not done twice. */
  probeUndoUnits(planned: PlannedAction, since: Since): Promise<ProbeResult>
  prove(proof: Proof, before: JsonObject): Promise<ProofResult>
}
