// One change, from the wish to its record.

import { allow, subjectOf } from '../../app/authorize.ts'
import { checkChange, tryChange } from '../../app/change-check.ts'
import { createChange } from '../../app/change-create.ts'
import {
  cardOf,
  diffOf,
  envelopeOf,
  evidenceOf,
  linesOf,
  planText,
  recordOf,
} from '../../app/change-documents.ts'
import { abortChange, rollbackChange, withdrawChange } from '../../app/change-end.ts'
import { reviseChange } from '../../app/change-revise.ts'
import { sealAndStart } from '../../app/change-seal.ts'
import { changesFound, recordsFound } from '../../app/change-search.ts'
import { decide } from '../../app/decide.ts'
import type { Gate } from '../../app/gate.ts'
import { runChange } from '../../app/start.ts'
import { askStatement } from '../../app/statement.ts'
import { wholeViewFor } from '../../app/view-for.ts'
import type { ChangeId } from '../../base/id.ts'
import { loadChange, type StoredChange } from '../../change/store.ts'
import type { CHANGE_OPERATIONS } from '../../contract/operations/change.ts'
import type { Actor } from '../../identity/actor.ts'
import { changeIdOf } from '../change-id.ts'
import type { Caller, Handler, Handlers } from '../handler.ts'
import { eventStream } from '../stream.ts'

const DEFAULT_WAIT_S = 25

/** Does what needs no more than the change, and shows how it stands then. */
const verb =
  (act: (gate: Gate, actor: Caller, id: ChangeId) => Promise<StoredChange>): Handler<Verb> =>
  async ({ gate, actor, input: { id } }) =>
    wholeViewFor(gate, actor, await act(gate, actor, changeIdOf(id)))
type Verb = (typeof CHANGE_OPERATIONS)['changeCheck']

export const CHANGE_HANDLERS: Handlers<typeof CHANGE_OPERATIONS> = {
  changeCreate: async ({ gate, actor, input }) =>
    wholeViewFor(gate, actor, await createChange(gate, actor, input)),
  changeList: ({ gate, actor, input }) => changesFound(gate, actor, input),
  recordSearch: ({ gate, actor, input }) => recordsFound(gate, actor, input),
  changeShow: async ({ gate, actor, input: { id } }) => {
    const stored = await loadChange(gate.db, changeIdOf(id))
    allow(gate, actor, 'change.read', subjectOf(stored.change))
    return wholeViewFor(gate, actor, stored)
  },
  changeCheck: verb(checkChange),
  changeTry: verb(tryChange),
  changeSeal: verb(sealAndStart),
  changeRevise: async ({ gate, actor, input: { id, ...wish } }) =>
    wholeViewFor(gate, actor, await reviseChange(gate, actor, changeIdOf(id), wish)),
  changeRun: verb(runChange),
  changeAbort: verb(abortChange),
  changeWithdraw: verb(withdrawChange),
  changeRollback: async ({ gate, actor, input: { id, ...wish } }) =>
    wholeViewFor(gate, actor, await rollbackChange(gate, actor, changeIdOf(id), wish)),
  changeStatement: ({ gate, actor, input: { id, ...wish } }) =>
    askStatement(gate, actor, changeIdOf(id), wish),
  changeDecision: async ({ gate, actor, input: { id, ...decision } }) =>
    wholeViewFor(gate, actor, await decide(gate, actor, changeIdOf(id), decision)),
  changeWait: async ({ gate, actor, input: { id, state, seen, seconds }, closing }) => {
    const wanted = state === undefined ? undefined : new Set(state.split(','))
    const stored = await waitFor(
      gate,
      changeIdOf(id),
      actor,
      closing,
      (seconds ?? DEFAULT_WAIT_S) * 1000,
      (one) => (wanted === undefined ? one.version > (seen ?? 0) : wanted.has(one.change.state)),
    )
    return wholeViewFor(gate, actor, stored)
  },
  changePlan: ({ gate, actor, input: { id }, language }) => planText(gate, actor, changeIdOf(id), language),
  changeDiff: ({ gate, actor, input: { id, opened } }) => diffOf(gate, actor, changeIdOf(id), opened),
  changeCard: ({ gate, actor, input, language }) =>
    cardOf(gate, actor, changeIdOf(input.id), input.language ?? language),
  changeEvidence: ({ gate, actor, input: { id, digest } }) => evidenceOf(gate, actor, changeIdOf(id), digest),
  changeEnvelope: ({ gate, actor, input: { id } }) => envelopeOf(gate, actor, changeIdOf(id)),
  changeLines: ({ gate, actor, input: { id, from } }) => linesOf(gate, actor, changeIdOf(id), from ?? 0),
  changeRecord: ({ gate, actor, input, language }) =>
    recordOf(gate, actor, changeIdOf(input.id), input.language ?? language),
  changeEvents: async ({ gate, actor, input, context, closing }) => {
    const id = changeIdOf(input['id'])
    allow(gate, actor, 'change.read', subjectOf((await loadChange(gate.db, id)).change))
    return eventStream(gate, actor, id, context.req.header('last-event-id'), closing)
  },
}

/** Waits for a fact with a limit; the answer says how things stand either way. */
async function waitFor(
  gate: Gate,
  id: ChangeId,
  actor: Actor,
  closing: AbortSignal,
  limitMs: number,
  isThere: (stored: StoredChange) => boolean,
): Promise<StoredChange> {
  const over = AbortSignal.any([closing, AbortSignal.timeout(limitMs)])
  for (;;) {
    // Listening begins before looking, so that no change is missed between the two.
    const again = new AbortController()
    const next = gate.events.next(id, AbortSignal.any([over, again.signal]))
    const stored = await loadChange(gate.db, id)
    allow(gate, actor, 'change.read', subjectOf(stored.change))
    if (isThere(stored) || over.aborted) {
      again.abort()
      return stored
    }
    await next
  }
}
