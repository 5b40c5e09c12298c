// Changes as the doors show them, with what the runner reports of an open execution. A runner that hangs or is down does not block a read.

import { isDigest } from '../base/hash.ts'
import type { ChangeId } from '../base/id.ts'
import { isObject, parseJson } from '../base/json.ts'
import { after } from '../base/time.ts'
import type { Change, ExecutionSummary } from '../change/change.ts'
import { endedFor } from '../change/outdated.ts'
import { listStanding, type Standing, type StoredChange, takenBackBy } from '../change/store.ts'
import { changeLineOf, changeView, type ViewContext } from '../change/view.ts'
import type { ChangeLine, ChangeView } from '../contract/change.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { getBlob } from '../record/store.ts'
import { startsSince } from '../run/store.ts'
import type { JournalLine } from '../seal/journal.ts'
import { waitingOf } from './alone.ts'
import { type Gate, now } from './gate.ts'
import { deliveryOf } from './joined-code.ts'
import { standingWork } from './standard.ts'

const REPORT_LIMIT_MS = 700
const HOUR = 3_600_000

/** One change. Unlike a list, this also looks whether it was taken back since. */
export async function wholeViewOf(
  gate: Gate,
  stored: StoredChange,
  policy = gate.policy(),
): Promise<ChangeView> {
  const view = await viewOf(gate, stored, policy)
  if (view.state !== 'closed' || view.execution?.outcome !== 'kept') return view
  const delivery = view.pattern === 'code' ? await deliveryOf(gate, stored.change) : undefined
  const seen = delivery === undefined ? view : { ...view, delivery }
  const by = await takenBackBy(gate.db, stored.change)
  if (by === undefined) return seen
  return takenBack(seen, by)
}

/** What was taken back is not offered to be taken back again. */
export function takenBack(view: ChangeView, by: ChangeId): ChangeView {
  return { ...view, takenBackBy: by, next: view.next.filter(({ code }) => code !== 'next.rollback') }
}

/** `known`: the standing statements, where the caller has read them already for many changes. */
export async function viewOf(
  gate: Gate,
  stored: StoredChange,
  policy = gate.policy(),
  known?: readonly Standing[],
): Promise<ChangeView> {
  const { change, version } = stored
  const context: ViewContext = {
    policy,
    now: now(gate),
    wall: gate.wall(),
    ...(await reportOf(gate, change.executions.at(-1))),
    ...(await standingOf(gate, change, policy, known ?? (await listStanding(gate.db)))),
    ...(await aloneOf(gate, change, policy)),
  }
  return { ...changeView(change, context), version }
}

const ENDED_KEPT = 50
const ended = new WeakMap<Gate, Map<string, ChangeLine>>()

/**
 * As one line. `written` names this state of the change: where its execution has ended and its journal is at home, the line stays what it
 * is until the change is written or other rules are in force, and the journal is not read again.
 */
export async function lineOf(
  gate: Gate,
  { change, version }: StoredChange,
  written: string,
  policy = gate.policy(),
): Promise<ChangeLine> {
  const last = change.executions.at(-1)
  const make = async () => {
    const context: ViewContext = { policy, now: now(gate), wall: [], ...(await reportOf(gate, last)) }
    return { ...changeLineOf(change, context), version }
  }
  if (last?.journal === undefined) return make()
  const known = ended.get(gate) ?? new Map<string, ChangeLine>()
  ended.set(gate, known)
  const key = `${change.id} ${written} ${policy.version}`
  const line = known.get(key) ?? (await make())
  if (known.size >= ENDED_KEPT) known.clear()
  known.set(key, line)
  return line
}

async function reportOf(
  gate: Gate,
  last: ExecutionSummary | undefined,
): Promise<Pick<ViewContext, 'report'>> {
  if (last === undefined) return {}
  if (last.journal !== undefined) {
    const blob = await getBlob(gate.db, last.journal)
    if (blob?.state !== 'present') return {}
    const lines = journalLines(Buffer.from(blob.bytes).toString('utf8').split('\n'))
    if (last.outcome === undefined || last.outcome === 'refused') return {}
    return { report: { state: { state: 'closed', outcome: last.outcome, detail: {} }, lines } }
  }
  if (last.endedAt !== undefined) return {}
  try {
    const report = await gate.runner.ask('report', { execution: last.id, from: 0 }, REPORT_LIMIT_MS)
    return { report: { state: report.state, lines: journalLines(report.lines) } }
  } catch (error) {
    gate.log.debug({ execution: last.id, why: String(error) }, 'the runner did not report')
    return {}
  }
}

/** Parses lines that are JSON objects. Their content was checked by the runner or the ledger. */
export function journalLines(texts: readonly string[]): readonly JournalLine[] {
  return texts.flatMap((text) => {
    if (text === '') return []
    const value: unknown = parseJson(text)
    return isObject(value) ? [value as unknown as JournalLine] : []
  })
}

async function standingOf(
  gate: Gate,
  change: Change,
  policy: CompiledPolicy,
  all: readonly Standing[],
): Promise<Pick<ViewContext, 'standing' | 'standingEnded'>> {
  if (!isDigest(change.standing)) {
    const ended = endedFor(change, all) ?? demotedFor(change, all)
    return ended === undefined ? {} : { standingEnded: ended }
  }
  const standing = all.find(({ digest }) => digest === change.standing)
  if (standing === undefined) return {}
  const usedThisHour = await startsSince(gate.db, standing.digest, after(now(gate), -HOUR))
  const perHour = Math.min(standing.perHour, policy.rules.standingPerHour)
  return { standing: { by: standing.person, at: standing.at, usedThisHour, perHour } }
}

/** The newest statement for this work, where it ended because its procedure misbehaved. */
function demotedFor(
  { state, plan, service }: Change,
  all: readonly Standing[],
): ViewContext['standingEnded'] {
  const work = state === 'awaiting_approval' && plan !== undefined ? standingWork(plan) : undefined
  if (work === undefined) return undefined
  const last = all.find((one) => one.service === service && one.unit === work.unit && one.verb === work.verb)
  if (last?.state !== 'demoted' || last.why === undefined) return undefined
  return { by: last.person, at: last.at, verb: last.verb, why: last.why }
}

async function aloneOf(
  gate: Gate,
  change: Change,
  policy: CompiledPolicy,
): Promise<Pick<ViewContext, 'waiting'>> {
  if (change.state !== 'awaiting_approval') return {}
  const waiting = await waitingOf(gate, change, policy)
  return waiting === undefined ? {} : { waiting }
}
