// An execution as its lines tell it: the attempts of each action in each direction, and what was decided. Pure; the loop and `report`
// look at nothing else, so a restart goes on from exactly what was written.

import type { Digest } from '../../base/hash.ts'
import type { ExecutionId } from '../../base/id.ts'
import { onlyLooks } from '../../plans/actions.ts'
import type { Plan, PlannedAction } from '../../plans/plan.ts'
import type { Direction, JournalLine } from '../../seal/journal.ts'
import type { Body } from '../journal/index.ts'

/** The newest attempt of one action in one direction. */
export interface Attempt {
  readonly attempt: number
  readonly intent?: JournalLine
  readonly outcome?: Body<'outcome'>
  readonly probed?: Body<'probed'>
  /** Parked and not answered yet. */
  readonly parked?: Body<'parked'>
  /** A signed `continue` for it that has not taken effect yet. */
  readonly answer?: Answered
  readonly continued?: 'retry' | 'skip'
}

export interface Answered {
  readonly choice: 'retry' | 'skip'
  readonly statement: Digest
}

export interface View {
  readonly execution: ExecutionId
  readonly lines: readonly JournalLine[]
  readonly accepted: Body<'accepted'> | undefined
  readonly diagnosed: boolean
  readonly before: Body<'before'> | undefined
  readonly copied: boolean
  /** The latest one, and whether it was set after the last action (for the proof). */
  readonly armed: Body<'armed'> | undefined
  readonly armedForProof: boolean
  /** A person's answer came after the deadline was armed: it has to be armed anew. */
  readonly resumed: boolean
  /** A signed `keep` is here. */
  readonly kept: boolean
  readonly proofs: readonly Body<'proof'>[]
  readonly awaiting: { readonly body: Body<'awaitingKeep'>; readonly line: JournalLine } | undefined
  readonly claim: Body<'claim'> | undefined
  readonly stop: Body<'stopAsked'> | undefined
  readonly closed: Body<'closed'> | undefined
  attempt(action: string, direction: Direction): Attempt | undefined
}

export function actionKey(
  execution: ExecutionId,
  action: string,
  direction: Direction,
  attempt: number,
): string {
  return `${execution}/${action}/${direction}/${attempt}`
}

interface Building {
  attempt: number
  intent?: JournalLine
  outcome?: Body<'outcome'>
  probed?: Body<'probed'>
  parked?: Body<'parked'>
  answer?: Answered
  continued?: 'retry' | 'skip'
}

export function viewOf(execution: ExecutionId, lines: readonly JournalLine[]): View {
  const attempts = new Map<string, Building>()
  const last: { [K in 'accepted' | 'before' | 'armed' | 'claim' | 'stopAsked' | 'closed']?: Body<K> } = {}
  const proofs: Body<'proof'>[] = []
  let diagnosed = false
  let copied = false
  let armedForProof = false
  let actionsSinceArmed = false
  let resumed = false
  let kept = false
  let awaiting: { body: Body<'awaitingKeep'>; line: JournalLine } | undefined
  for (const line of lines) {
    const { body, key } = line
    const building = attemptFor(attempts, execution, key)
    switch (body.kind) {
      case 'accepted':
        last.accepted = body
        break
      case 'before':
        last.before = body
        break
      case 'claim':
        // The first claim decides; whoever holds the lock later only finishes it.
        last.claim ??= body
        break
      case 'stopAsked':
        last.stopAsked ??= body
        break
      case 'closed':
        last.closed = body
        break
      case 'diagnostics':
        diagnosed = true
        break
      case 'copies':
        copied = true
        break
      case 'armed':
        last.armed = body
        armedForProof = actionsSinceArmed
        actionsSinceArmed = false
        resumed = false
        break
      case 'intent':
        if (building !== undefined) building.intent = line
        actionsSinceArmed = true
        break
      case 'outcome':
        if (building !== undefined) building.outcome = body
        actionsSinceArmed = true
        break
      case 'probed':
        if (building !== undefined) building.probed = body
        break
      case 'parked':
        if (building !== undefined) {
          building.parked = body
          delete building.continued
        }
        break
      case 'continued':
        if (building !== undefined) {
          building.continued = body.choice
          delete building.parked
          delete building.answer
        }
        resumed = true
        break
      case 'statement': {
        if (body.type === 'keep') kept = true
        const choice = body.effect === 'retry' || body.effect === 'skip' ? body.effect : undefined
        if (body.type === 'continue' && building !== undefined && choice !== undefined)
          building.answer = { choice, statement: body.digest }
        break
      }
      case 'proof':
        proofs.push(body)
        break
      case 'awaitingKeep':
        awaiting = { body, line }
        break
      case 'refused':
      case 'trial':
      case 'read':
      case 'stored':
      case 'code':
      case 'backup':
      case 'staged':
      case 'evidence':
      case 'glass':
      case 'isolation':
      case 'policy':
      case 'checkpoint':
      case 'clock':
      case 'lease':
      case 'secret':
      case 'runner':
        break
    }
  }
  return {
    execution,
    lines,
    accepted: last.accepted,
    diagnosed,
    before: last.before,
    copied,
    armed: last.armed,
    armedForProof,
    resumed,
    kept,
    proofs,
    awaiting,
    claim: last.claim,
    stop: last.stopAsked,
    closed: last.closed,
    attempt: (action, direction) => attempts.get(`${action}/${direction}`),
  }
}

/** The record that a key such as `CHG-2026-0001/1/2/apply/1` belongs to; a higher attempt replaces a lower one. */
function attemptFor(
  attempts: Map<string, Building>,
  execution: ExecutionId,
  key: string,
): Building | undefined {
  const [action, direction, number] = key.slice(execution.length + 1).split('/')
  if ((direction !== 'apply' && direction !== 'undo') || number === undefined) return undefined
  const slot = `${action}/${direction}`
  const known = attempts.get(slot)
  if (known !== undefined && known.attempt >= Number(number)) return known
  const made: Building = { attempt: Number(number) }
  attempts.set(slot, made)
  return made
}

/** Actions that may have taken effect, last first: what a revert undoes. */
export function touched(plan: Plan, view: View): readonly PlannedAction[] {
  // A question changes nothing: there is nothing to take back of it.
  return plan.actions
    .filter(({ id, action }) => !onlyLooks(action) && mayHaveTakenEffect(view.attempt(id, 'apply')))
    .toReversed()
}

export function mayHaveTakenEffect(attempt: Attempt | undefined): boolean {
  if (attempt?.intent === undefined) return false
  switch (attempt.outcome?.result) {
    case undefined:
    case 'applied':
    case 'failed':
    case 'skipped': // a person skipped what was uncertain: it may have happened
      return true
    case 'not_applied':
      return false
  }
}
