// The gate's part of an execution: gives the runner its order, watches, and closes with the record. The runner acts, proves, keeps and undoes; a
// gate that is down changes nothing for a running plan. Every act here may run twice.
import { SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import { type ChangeId, changeOf, type ExecutionId, isTargetId } from '../base/id.ts'
import { canonical, type JsonObject } from '../base/json.ts'
import { type Change, type ChangeEvent, type ExecutionSummary, type Moved, next } from '../change/change.ts'
import { listChanges, listStanding, loadChange, type StoredChange } from '../change/store.ts'
import type { End, ExecutionPort } from '../run/engine.ts'
import type { OrderOutcome } from '../run/order.ts'
import {
  closeExecution,
  type ExecutionRow,
  endExecution,
  followFence,
  loadExecution,
  releaseTargets,
} from '../run/store.ts'
import type { ExecutionState, JournalLine } from '../seal/journal.ts'
import { parseStatement, statementDigest } from '../seal/statement.ts'
import { content } from './change-create.ts'
import { lookAtHealthSoon } from './check-due.ts'
import { putPlan } from './collect.ts'
import { demoteStanding } from './demote.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { failureIn, openFromChange } from './incident-sources.ts'
import { joinLeases } from './maintenance.ts'
import { must } from './must.ts'
import { divergence } from './signed-head.ts'
import { orderStatements, refusal, voidChange } from './start.ts'
import { journalLines } from './view.ts'
import { voidOnSameTree } from './void-on-tree.ts'

/** The outcome's name, which is all that the engine stores (INVARIANT R5). */
export type Seen = OrderOutcome['outcome']

const WATCH_MS = 20_000
const FIRST_MS = 5
const SLOWEST_MS = 100

export function executionPort(gate: Gate, afterClose: () => void): ExecutionPort<Seen> {
  return {
    offer: (execution) => offer(gate, execution),
    outcome: (execution) => outcome(gate, execution),
    close: async (execution, end) => {
      await close(gate, execution, end)
      lookAtHealthSoon(gate)
      afterClose()
    },
  }
}

/** Gives the order. The runner answers a repeated one from its journal. A refusal of the judge is an outcome and no failure. */
async function offer(gate: Gate, execution: ExecutionId): Promise<void> {
  const row = await openRow(gate, execution)
  if (row === undefined || row.outcome !== undefined) return
  const { change } = await loadChange(gate.db, row.change)
  const { plan, envelope, envelopeDigest: digest } = change
  if (plan === undefined || envelope === undefined || digest === undefined)
    throw new SekishoError('seal.not_planned', { change: change.id })
  const standing = (await listStanding(gate.db)).find((one) => one.digest === row.order.standing)
  await requireSignedLedger(gate)
  try {
    await putPlan(gate, plan, (wanted) => content(gate, wanted))
    await gate.runner.put('envelope', digest, Buffer.from(canonical(plain(envelope))))
    for (const { signed } of change.waivers) await putStatement(gate, signed)
    await gate.runner.ask('run', {
      execution,
      change: change.id,
      plan: row.order.plan,
      envelope: row.order.envelope,
      statements: orderStatements(change, standing),
      fences: row.order.fences,
    })
  } catch (error) {
    if (!(error instanceof SekishoError) || isPassing(error.code)) throw error
    const answer = {
      outcome: 'refused',
      because: { code: error.code, detail: plain(error.detail) },
    } as const
    await act(gate, 'system', (step) => endExecution(step.tx, execution, answer))
  }
}

/** An execution that started before an older ledger was put back waits until an owner has accepted the ledger. */
async function requireSignedLedger(gate: Gate): Promise<void> {
  const { signer } = await gate.runner.ask('status', {})
  if ((await divergence(gate.db, signer)) !== undefined) throw new SekishoError('runner.ledger_refused', {})
}

/** Errors after which the order is given again: connection errors, and all that may pass later. Any other error is the outcome. */
const PASSING: ReadonlySet<string> = new Set([
  'runner.unreachable',
  'runner.timeout',
  'runner.rate',
  'runner.protocol',
])

/** A refusal of the judge ends the execution, although a later try could succeed: the targets are held meanwhile. */
function isPassing(code: ErrorCode): boolean {
  if (code.startsWith('judge.') || code === 'runner.low_space') return false
  return PASSING.has(code) || ERRORS[code].retry
}

async function putStatement(gate: Gate, signed: { readonly text: string; readonly signature: string }) {
  const parsed = parseStatement(signed.text)
  if (!parsed.ok) throw new SekishoError('statement.malformed', { at: parsed.at, why: parsed.why })
  await gate.runner.put('statement', statementDigest(parsed.value), Buffer.from(canonical({ ...signed })))
}

async function openRow(gate: Gate, execution: ExecutionId): Promise<ExecutionRow | undefined> {
  const row = await loadExecution(gate.db, execution)
  if (row === undefined) throw new SekishoError('execution.unknown', { change: changeOf(execution) })
  return row.state === 'closed' ? undefined : row
}

/** Watches for a while. The engine calls again while the execution is open. */
async function outcome(gate: Gate, execution: ExecutionId): Promise<Seen | 'pending'> {
  const row = await loadExecution(gate.db, execution)
  if (row?.outcome !== undefined) return row.outcome.outcome
  // By the time since boot: setting the clock must not shorten or lengthen this.
  const until = gate.clock.uptime() + WATCH_MS
  const hasLease = row !== undefined && (await turnsMaintenance(gate, row.change))
  const follow = async () => {
    if (hasLease) await joinLeases(gate, (await gate.runner.ask('leases', {})).leases)
  }
  let wait = FIRST_MS
  let seen = ''
  while (gate.clock.uptime() < until) {
    const { state } = await gate.runner.ask('report', { execution, from: LAST_LINES })
    if (state.state === 'closed') {
      await follow()
      return state.outcome
    }
    if (state.state === 'refused') return 'refused'
    // The runner journals an order before it answers. An order that it does not know will not appear later.
    const shape = canonical(plain(withoutClock(state)))
    if (seen !== shape) {
      seen = shape
      await mirror(gate, execution, state)
      await follow()
    }
    await gate.clock.sleep(wait)
    wait = Math.min(wait * 1.5, SLOWEST_MS)
  }
  return 'pending'
}

/** Nobody is told of checks while a step of it holds the service under maintenance: that is not left to the next look at the runner. */
async function turnsMaintenance(gate: Gate, id: ChangeId): Promise<boolean> {
  const { change } = await loadChange(gate.db, id)
  return change.plan?.actions.some(({ action }) => action.kind === 'maintenance') === true
}

/** The remaining time is not stored: an event for every look would fill the store while a person decides. */
function withoutClock(state: ExecutionState): ExecutionState {
  return state.state === 'awaitingKeep' ? { ...state, remainingMs: 0 } : state
}

/** Beyond the last line: only the state is asked for. */
const LAST_LINES = 1_000_000

/** Applies the runner's state to the change. Only transitions of the table are made. */
async function mirror(gate: Gate, execution: ExecutionId, state: ExecutionState): Promise<void> {
  const event = eventOf(state)
  await act(gate, 'system', async (step) => {
    const stored = await loadChange(step.tx, changeOf(execution))
    await step.tell({ change: stored.change.id, kind: 'execution.state', values: plain(state) })
    if (event === undefined) return
    const to = next(stored.change.state, event(stored.change))
    if (!to.ok || to.state === stored.change.state) return
    await step.record('execution.state', stored.change.id, {
      execution,
      from: stored.change.state,
      to: to.state,
      runner: plain(state),
    })
    await step.save(stored, { ...stored.change, state: to.state })
    if (to.state === 'stuck') await openFromChange(gate, step, stored.change, 'stuck')
  })
}

function eventOf(state: ExecutionState): ((change: Change) => ChangeEvent) | undefined {
  switch (state.state) {
    case 'running':
      return state.direction === 'undo' ? () => 'undo' : () => 'resume'
    case 'proving':
      return () => 'prove'
    case 'awaitingKeep':
      return () => 'awaitKeep'
    case 'paused':
      return () => 'pause'
    case 'stuck':
      return () => 'stuck'
    case 'unknown':
      return () => 'lost'
    case 'closed':
    case 'refused':
      return undefined
  }
}

/** Copies the journal into the ledger and closes: state, ledger, locks in one transaction. Twice has the effect of once. */
async function close(gate: Gate, execution: ExecutionId, end: End<Seen>): Promise<void> {
  const row = await openRow(gate, execution)
  if (row === undefined) return
  const report = await wholeJournal(gate, execution)
  const result = resultOf(row, end, report.state)
  const text = report.lines.map((line) => `${line}\n`).join('')
  const lines = journalLines(report.lines)
  await act(gate, 'system', async (step) => {
    const stored = await loadChange(step.tx, row.change)
    if (!(await closeExecution(step.tx, execution, result, step.at))) return
    await releaseTargets(step.tx, execution)
    await followFences(step, result)
    const journal = text === '' ? undefined : await step.blob('journal', text)
    const ended = await demote(step, row, result, lines)
    await step.record(
      'execution.closed',
      row.change,
      plain({
        execution,
        outcome: result.outcome,
        ...(result.because === undefined ? {} : { because: result.because }),
        ...(journal === undefined ? {} : { journal, lines: lines.length }),
        ...(ended === undefined ? {} : { standingEnded: ended }),
      }),
      journal === undefined ? [] : [journal],
    )
    const summary: ExecutionSummary = {
      id: execution,
      startedAt: row.startedAt,
      endedAt: step.at,
      outcome: result.outcome,
      ...(result.because === undefined ? {} : { because: result.because }),
      ...(journal === undefined ? {} : { journal }),
    }
    const executions = stored.change.executions.map((one) => (one.id === execution ? summary : one))
    const closing = { ...stored, change: { ...stored.change, executions } }
    const moved = movedWhileItRan(result, lines)
    if (result.outcome === 'refused') await voidChange(step, closing, [refusedBy(result)])
    else if (moved !== undefined) await voidChange(step, closing, [moved])
    else {
      await finish(step, closing, result)
      const failure = failureIn(result.outcome, lines)
      if (failure !== undefined) await openFromChange(gate, step, stored.change, failure)
    }
  })
}

/** The runner's mark is higher than ours (the database is an older one), or ours is not valid: the next start continues from the runner's (spine §9). */
async function followFences(step: Act, { because }: OrderOutcome): Promise<void> {
  if (because?.code !== 'judge.fence_low' && because?.code !== 'judge.fence_high') return
  const { target, highest } = because.detail
  if (isTargetId(target) && typeof highest === 'number') await followFence(step.tx, target, highest)
}

/** Somebody wrote between approval and exchange: what would be lost, or come back, differs from what was approved (backup.md §0). */
function movedWhileItRan({ outcome }: OrderOutcome, lines: readonly JournalLine[]): Moved | undefined {
  if (outcome !== 'rolled_back' && outcome !== 'nothing_done') return undefined
  for (const { body } of lines) {
    const why = body.kind === 'outcome' ? body.detail['why'] : undefined
    if (body.kind === 'outcome' && (why === 'restore.loss_grew' || why === 'restore.stage_damaged'))
      return refusal('data', why, body.detail)
  }
  return undefined
}

function refusedBy(result: OrderOutcome): Moved {
  const { code = 'unknown', detail = {} } = result.because ?? {}
  const what = typeof detail['target'] === 'string' ? detail['target'] : 'runner'
  return refusal(what, code, detail)
}

async function finish(step: Act, stored: StoredChange, { outcome }: OrderOutcome): Promise<void> {
  const { change } = stored
  const events: readonly ChangeEvent[] =
    outcome === 'kept' ? ['kept'] : outcome === 'failed' ? ['failed'] : ['undone', 'nothingDone']
  const reached = events.map((event) => next(change.state, event)).find((one) => one.ok)
  if (reached === undefined || !reached.ok)
    throw new SekishoError('change.wrong_state', { state: change.state, event: outcome, change: change.id })
  if (outcome === 'failed') {
    await step.save(stored, { ...change, state: reached.state })
    return
  }
  const { state } = must(next(reached.state, 'close'))
  await step.record('change.closed', change.id, { outcome, state: reached.state })
  await step.save(stored, { ...change, state })
  if (outcome === 'kept') {
    await closeFailed(step, change)
    await voidOnSameTree(step, change)
  }
}

/** A failure without an undo needs a person until a later change of the service is kept. */
async function closeFailed(step: Act, kept: Change): Promise<void> {
  const { service } = kept
  for (const failed of await listChanges(step.tx, { states: ['failed'], service, limit: 200 })) {
    const { state } = must(next(failed.change.state, 'close'))
    await step.record('change.closed', failed.change.id, {
      outcome: 'failed',
      state: 'failed',
      after: kept.id,
    })
    await step.save(failed, { ...failed.change, state })
  }
}

function resultOf(row: ExecutionRow, end: End<Seen>, state: ExecutionState): OrderOutcome {
  if (row.outcome !== undefined) return row.outcome
  if (state.state === 'closed') {
    const because = becauseOf(state.detail)
    return { outcome: state.outcome, ...(because === undefined ? {} : { because }) }
  }
  if (state.state === 'refused')
    return { outcome: 'refused', because: { code: state.code, detail: state.detail } }
  if (end.kind === 'not_offered') return { outcome: 'refused', because: { code: end.code, detail: {} } }
  return { outcome: end.outcome }
}

/** The runner's reason for an end other than `kept`, where it has one. */
function becauseOf(detail: JsonObject): OrderOutcome['because'] {
  const code = detail['code'] ?? detail['why']
  return typeof code === 'string' ? { code, detail } : undefined
}

async function wholeJournal(
  gate: Gate,
  execution: ExecutionId,
): Promise<{ readonly state: ExecutionState; readonly lines: readonly string[] }> {
  const lines: string[] = []
  for (;;) {
    const report = await gate.runner.ask('report', { execution, from: lines.length })
    lines.push(...report.lines)
    if (report.lines.length === 0 || report.next <= lines.length - report.lines.length)
      return { state: report.state, lines }
  }
}

/** A standing statement ends when its procedure misbehaves, as the runner counts: a red proof, a parked undo or a failed command (spine §4.6). Answers why. */
async function demote(
  step: Act,
  row: ExecutionRow,
  result: OrderOutcome,
  lines: readonly JournalLine[],
): Promise<string | undefined> {
  const { standing } = row.order
  if (standing === undefined) return undefined
  const red = lines.find(
    ({ body }) => body.kind === 'parked' || (body.kind === 'proof' && body.verdict === 'red'),
  )
  const moved = result.outcome === 'refused' && result.because?.code === 'judge.baseline_moved'
  const failed =
    red === undefined &&
    !moved &&
    lines.some(({ body }) => body.kind === 'outcome' && body.result === 'failed') &&
    (await listStanding(step.tx)).some(({ digest, verb }) => digest === standing && verb === 'command')
  if (red === undefined && !moved && !failed) return undefined
  const why = moved ? 'void' : failed ? 'failed' : red?.body.kind === 'parked' ? 'stuck' : 'red_proof'
  await demoteStanding(step, standing, why, row.id)
  return why
}
