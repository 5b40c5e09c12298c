// Checks and tries a change: results are collected outside of any transaction, then written with a ledger entry.

import { SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import { isObject } from '../base/json.ts'
import { after } from '../base/time.ts'
import { type Change, type CheckResult, next } from '../change/change.ts'
import { blockedBy, checklist, needsOf, unvalidated } from '../change/checklist.ts'
import { ownReading } from '../change/looked.ts'
import { loadChange, type StoredChange } from '../change/store.ts'
import type { CheckView } from '../contract/change.ts'
import type { Actor } from '../identity/actor.ts'
import { PATTERNS } from '../plans/patterns.ts'
import type { Plan } from '../plans/plan.ts'
import { CHECKS, isNeeded } from '../seal/checks.ts'
import { allow, nameOf, subjectOf } from './authorize.ts'
import { backupMissing, takeMissingBackup } from './change-backup.ts'
import { content } from './change-create.ts'
import { collectChecks, tryPlan } from './collect.ts'
import { type Act, act, type Gate, now, plain } from './gate.ts'
import { must } from './must.ts'

/**
 * Runs every check but the trial. Results of an earlier trial of the same plan stand until they expire; one that found no copy of the data is made again
 * where there is one now.
 */
export function checkChange(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  return collectAll(gate, actor, id, 'change.check', async (change, plan) => {
    const missing = await backupMissing(gate, plan)
    const wasRed = change.checks.some(({ check, verdict }) => check === 'backup' && verdict === 'red')
    return missing.length === 0 && wasRed ? tried(gate, change, plan) : missing
  })
}

/** Runs every check, with validation and trial in the runner's sandbox. */
export function tryChange(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  return collectAll(gate, actor, id, 'change.try', (change, plan) => tried(gate, change, plan))
}

async function tried(gate: Gate, change: Change, plan: Plan): Promise<readonly CheckResult[]> {
  if (!PATTERNS[change.pattern].isTried) return []
  try {
    const backup = await takeMissingBackup(gate, plan)
    const found = await tryPlan(gate, plan, (digest) => content(gate, digest))
    // A check that the trial gave no answer for was not tried.
    const silent = notTried(gate, plan, new SekishoError('runner.protocol', { why: 'no answer' }))
    const told = backup === 'waits' ? found.map(whileItIsTaken) : found
    return [...told, ...silent.filter(({ check }) => !found.some((one) => one.check === check))]
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    return notTried(gate, plan, error)
  }
}

function whileItIsTaken(one: CheckResult): CheckResult {
  if (one.check !== 'backup' || one.verdict === 'green') return one
  return { ...one, problems: [{ code: 'backup.being_taken', text: '' }] }
}

/** A check that could not be tried is shown as such and blocks. */
function notTried(gate: Gate, plan: Plan, error: SekishoError): readonly CheckResult[] {
  const at = now(gate)
  return CHECKS.filter(
    (row) =>
      ['validation', 'trial', 'undo'].includes(row.name) || (row.name === 'backup' && isNeeded(row, plan)),
  ).map((row) => ({
    check: row.name,
    verdict: 'not_tried',
    collector: row.collector,
    facts: plain(error.detail),
    problems: [{ code: error.code, text: error.message.slice(0, 500) }],
    at,
    expires: after(at, row.validMs),
    evidence: '0'.repeat(64) as CheckResult['evidence'], // Nothing was found: there is no evidence to name.
  }))
}

async function collectAll(
  gate: Gate,
  actor: Actor,
  id: ChangeId,
  operation: 'change.check' | 'change.try',
  trial: (change: Change, plan: Plan) => Promise<readonly CheckResult[] | undefined>,
): Promise<StoredChange> {
  const begun = await loadChange(gate.db, id)
  const policy = allow(gate, actor, operation, subjectOf(begun.change))
  const { plan } = begun.change
  if (plan === undefined) throw new SekishoError('seal.not_planned', { change: id })
  if (begun.change.state !== 'checking') must(next(begun.change.state, 'check'), id)
  const [checks, tried] = await Promise.all([
    collectChecks(gate, policy, begun.change, plan),
    trial(begun.change, plan),
  ])
  return act(gate, nameOf(actor), async (step) => {
    const stored = await loadChange(step.tx, id)
    if (stored.change.planDigest !== begun.change.planDigest)
      throw new SekishoError('store.busy', { why: `${id} was revised meanwhile` })
    const state =
      stored.change.state === 'checking' ? 'checking' : must(next(stored.change.state, 'check'), id).state
    const fresh = [...checks, ...(tried ?? [])]
    const kept = stored.change.checks.filter((old) => !fresh.some(({ check }) => check === old.check))
    return settle(step, stored, { ...stored.change, state, checks: onThisBaseline([...kept, ...fresh]) })
  })
}

/** A trial holds only for the baseline it was made on. Where targets have changed since, it has to be made again. */
function onThisBaseline(checks: readonly CheckResult[]): readonly CheckResult[] {
  const baseline = checks.find(({ check }) => check === 'baseline')
  if (baseline === undefined || baseline.verdict === 'unknown') return checks
  return checks.map((one) =>
    one.verdict === 'green' && one.on !== undefined && one.on !== baseline.evidence
      ? { ...one, verdict: 'unknown', problems: [{ code: 'trial.moved', text: '' }] }
      : one,
  )
}

/** The part of a check that the record shows besides its verdict. The rest is in the blob of details. */
function recordedFacts({ check, facts }: CheckView): CheckView['facts'] {
  if (check === 'undo') return withinEntry(facts)
  if (check === 'trial' && isObject(facts['shut'])) return { shut: facts['shut'], up: facts['up'] ?? 0 }
  // Of a declared call: what its rehearsal did.
  if (check === 'trial' && typeof facts['bootMs'] === 'number') return withinEntry(facts)
  if (check !== 'validation') return {}
  const paths = unvalidated(facts)
  const read = ownReading(facts)
  return {
    ...(paths.length === 0 ? {} : { noValidator: [...paths] }),
    ...(read.length === 0 ? {} : { ownReading: [...read], validator: facts['validator'] ?? '' }),
  }
}

/** Of the facts of one check in an entry, which holds 64 KiB in all. */
const ENTRY_ROOM = 16_384

/** The smallest of them, as many as an entry has room for, and the names of the others: long lists stand in the blob of details alone. */
export function withinEntry(facts: CheckView['facts']): CheckView['facts'] {
  const sized = Object.entries(facts)
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(JSON.stringify({ [name]: value })) }))
    .toSorted((a, b) => a.bytes - b.bytes)
  let room = ENTRY_ROOM
  const kept = new Set(sized.flatMap(({ name, bytes }) => ((room -= bytes) < 0 ? [] : [name])))
  if (kept.size === sized.length) return facts
  const inDetails = Object.keys(facts).filter((name) => !kept.has(name))
  return { ...Object.fromEntries(Object.entries(facts).filter(([name]) => kept.has(name))), inDetails }
}

/** Writes the next state with its entries: ready, blocked, or still checking because a result is missing. */
export async function settle(step: Act, stored: StoredChange, change: Change): Promise<StoredChange> {
  const lines = checklist(needsOf(change), change.checks, change.waivers, step.at)
  const open = blockedBy(lines)
  const onlyPending = lines.every(({ verdict, check }) => verdict === 'pending' || !open.includes(check))
  const settled =
    open.length === 0
      ? must(next(change.state, 'checksPassed')).state
      : onlyPending
        ? change.state
        : must(next(change.state, 'checksBlocked')).state
  const saved = await step.save(stored, { ...change, state: settled })
  const details = await step.blob('checks', JSON.stringify(change.checks))
  const row = (one: (typeof lines)[number]) => ({
    check: one.check,
    verdict: one.verdict,
    collector: one.collector,
    facts: recordedFacts(one),
    ...(one.evidence === undefined ? {} : { evidence: one.evidence }),
    ...(one.at === undefined ? {} : { at: one.at }),
    ...(one.expires === undefined ? {} : { expires: one.expires }),
  })
  const payload = plain({ revision: change.revision, checks: lines.map(row), details })
  await step.record('change.checked', change.id, payload, [details])
  if (settled === 'blocked')
    await step.record('change.blocked', change.id, { revision: change.revision, because: open })
  return saved
}
