// How the checks stand, as the door shows them: stored results with their age, history, and what people say of them (mute, acknowledge).
import { SekishoError } from '../base/error.ts'
import { after, type Instant, milliseconds } from '../base/time.ts'
import { type CheckDefinition, definitionsOf, lateAfterMs } from '../checks/definition.ts'
import { isBad, shownState } from '../checks/engine.ts'
import { withoutGaps } from '../checks/history.ts'
import { isMutePattern, muteOf } from '../checks/mute.ts'
import { type CheckId, type CheckState, familyOf } from '../checks/result.ts'
import type { CheckDetail, CheckHistory, CheckLine, CheckList, Muted } from '../contract/check.ts'
import type { Actor } from '../identity/actor.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { Executor } from '../record/store.ts'
import { allow, nameOf, WHOLE } from './authorize.ts'
import { applyMute, liftMute } from './check-mute.ts'
import { saidOf } from './check-said.ts'
import {
  type CheckRow,
  countFindings,
  type Finding,
  findingsOf,
  listCheckRows,
  listMutes,
  type Mute,
  openFindings,
  samplesOf,
  saveFinding,
} from './check-store.ts'
import { openBook, tell } from './check-take.ts'
import { act, type Gate, now } from './gate.ts'
import { checksNamed } from './routine.ts'

const LONGEST_MUTE_MS = 30 * 86_400_000
const FINDINGS_SHOWN = 200
const BUCKETS = 60

export async function checkList(gate: Gate, actor: Actor): Promise<CheckList> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const at = now(gate)
  return { at, checks: await checkLines(gate.db, policy, at) }
}

/** Each check once, the worst first; one that has not been looked at yet is there too. */
export async function checkLines(db: Executor, policy: CompiledPolicy, at: Instant): Promise<CheckLine[]> {
  const [rows, findings, mutes] = [await listCheckRows(db), await openFindings(db), await listMutes(db)]
  const lines = definitionsOf(policy).flatMap((definition) => {
    const own = rows.filter(({ check }) => familyOf(check) === definition.id)
    return own.length === 0
      ? [lineOf(definition, definition.id, undefined, undefined, mutes, at)]
      : own.map((row) =>
          lineOf(
            definition,
            row.check,
            row,
            findings.find(({ check }) => check === row.check),
            mutes,
            at,
          ),
        )
  })
  return lines.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
}
const ORDER: readonly CheckLine['state'][] = ['red', 'late', 'no_data', 'warning', 'not_looked_at', 'good']

function lineOf(
  definition: CheckDefinition,
  check: CheckId,
  row: CheckRow | undefined,
  finding: Finding | undefined,
  mutes: readonly Mute[],
  at: Instant,
): CheckLine {
  const { item, service, group, everyMs } = definition
  const muted = muteOf(check, mutes, at)
  return {
    check,
    item,
    everyMs,
    ...(service === undefined ? {} : { service }),
    ...(group === undefined ? {} : { group }),
    ...(muted === undefined ? {} : { mutedUntil: muted.until, muted }),
    ...(row === undefined
      ? { state: 'not_looked_at' as const, code: 'check.not_looked_yet', values: {} }
      : {
          state: stateNow(row, definition, at),
          since: row.since,
          lookedAt: row.lookedAt,
          code: row.code,
          values: row.values,
          ...(row.value === undefined ? {} : { value: row.value }),
          ...(row.flapping === true ? { flapping: true as const } : {}),
          ...(row.saidAt === undefined ? {} : { saidAt: row.saidAt }),
          ...(row.newest === undefined
            ? {}
            : { newest: { ...row.newest, values: { ...row.newest.values } } }),
        }),
    ...(finding === undefined
      ? {}
      : {
          finding: finding.id,
          ...(finding.causedBy === undefined ? {} : { causedBy: finding.causedBy }),
          ...(finding.acknowledged === undefined ? {} : { acknowledged: finding.acknowledged }),
        }),
  }
}

/** INVARIANT C1 holds while nobody evaluates, too: a result that is too old is shown as late. */
function stateNow(row: CheckRow, definition: CheckDefinition, at: Instant): CheckState {
  const isOld = milliseconds(at) - milliseconds(row.lookedAt) > lateAfterMs(definition)
  return isOld ? 'late' : shownState(row)
}

/** One line. Throws check.unknown, check.several where an item names more than one. */
async function theCheck(gate: Gate, policy: CompiledPolicy, name: string): Promise<CheckLine> {
  const definitions = checksNamed(policy, name)
  const lines = await checkLines(gate.db, policy, now(gate))
  const exact = lines.find(({ check }) => check === name)
  if (exact !== undefined) return exact
  const found = lines.filter(({ check }) => definitions.some(({ id }) => id === familyOf(check as CheckId)))
  const [first, second] = found
  if (first === undefined) throw new SekishoError('check.unknown', { check: name })
  if (second !== undefined && isBad(second.state as CheckState) === isBad(first.state as CheckState))
    throw new SekishoError('check.several', {
      check: name,
      named: found.map(({ check }) => check).join(', '),
    })
  return first
}

export async function checkShown(gate: Gate, actor: Actor, name: string): Promise<CheckDetail> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const line = await theCheck(gate, policy, name)
  const findings = await findingsOf(gate.db, line.check as CheckId, FINDINGS_SHOWN)
  return {
    at: now(gate),
    ...line,
    findingsInAll: await countFindings(gate.db, line.check as CheckId),
    findings: findings.map(({ id, openedAt, worst, code, values, resolvedAt, acknowledged, causedBy }) => ({
      id,
      openedAt,
      worst,
      code,
      values,
      ...(resolvedAt === undefined ? {} : { resolvedAt }),
      ...(acknowledged === undefined ? {} : { acknowledged }),
      ...(causedBy === undefined ? {} : { causedBy }),
    })),
  }
}

/** The last `spanMs` in equal steps. A step without a sample has no state: nobody looked. */
export async function checkHistory(
  gate: Gate,
  actor: Actor,
  name: string,
  spanMs: number,
): Promise<CheckHistory> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const line = await theCheck(gate, policy, name)
  const stepMs = Math.max(60_000, Math.ceil(spanMs / BUCKETS))
  const until = after(now(gate), stepMs)
  const from = after(until, -stepMs * BUCKETS)
  const found = await samplesOf(gate.db, line.check as CheckId, from, until, stepMs)
  const findings = await findingsOf(gate.db, line.check as CheckId, FINDINGS_SHOWN)
  return {
    at: now(gate),
    check: line.check,
    item: line.item,
    from,
    stepMs,
    steps: withoutGaps(found, { stepMs, everyMs: line.everyMs, until: now(gate) }).map(
      ({ at, state, value, samples }) => ({
        at,
        state,
        samples,
        ...(value === undefined ? {} : { value }),
      }),
    ),
    findings: findings.map(({ id, openedAt, worst, resolvedAt }) => ({
      id,
      openedAt,
      worst,
      ...(resolvedAt === undefined ? {} : { resolvedAt }),
    })),
    said: await saidOf(gate.db, line.check as CheckId, from, until),
  }
}

export interface MuteWish {
  readonly forMs: number
  readonly reason: string
}

/** Nobody is told of what is muted; it is shown as ever. Throws may.*, check.unknown, check.mute_too_long. */
export async function muteCheck(gate: Gate, actor: Actor, name: string, wish: MuteWish): Promise<Muted> {
  const policy = allow(gate, actor, 'check.mute', WHOLE)
  if (wish.forMs > LONGEST_MUTE_MS)
    throw new SekishoError('check.mute_too_long', { longest: LONGEST_MUTE_MS })
  const pattern = patternOf(policy, name)
  return act(gate, nameOf(actor), async (step) => {
    const until = after(step.at, wish.forMs)
    await applyMute(step, policy, {
      pattern,
      until,
      by: nameOf(actor) as Mute['by'],
      reason: wish.reason,
      at: step.at,
    })
    return { pattern, until }
  })
}

export async function unmuteCheck(gate: Gate, actor: Actor, name: string): Promise<Muted> {
  const policy = allow(gate, actor, 'check.mute', WHOLE)
  const pattern = patternOf(policy, name)
  return act(gate, nameOf(actor), async (step) => {
    if (!(await liftMute(step, policy, pattern, nameOf(actor) as Mute['by'])))
      throw new SekishoError('check.not_muted', { check: pattern })
    return { pattern, until: step.at }
  })
}

/** A check, all of a service (`mirai/*`), all (`*`), or an item of one service only. */
function patternOf(policy: CompiledPolicy, name: string): string {
  if (isMutePattern(name) && (name === '*' || name.endsWith('/*'))) {
    if (name === '*' || name === 'host/*' || policy.services.some((one) => name === `${one.name}/*`))
      return name
    throw new SekishoError('check.unknown', { check: name })
  }
  const found = checksNamed(policy, name)
  const [first, second] = found
  if (first === undefined) throw new SekishoError('check.unknown', { check: name })
  if (second !== undefined)
    throw new SekishoError('check.several', { check: name, named: found.map(({ id }) => id).join(', ') })
  return familyOf(name as CheckId) === first.id ? name : first.id
}

/** Somebody has taken it up: no further notices of this finding, until it is worse. Throws may.*, check.unknown, check.not_bad. */
export async function acknowledgeCheck(
  gate: Gate,
  actor: Actor,
  name: string,
  reason: string,
): Promise<CheckLine> {
  const policy = allow(gate, actor, 'check.acknowledge', WHOLE)
  const { check } = await theCheck(gate, policy, name)
  await act(gate, nameOf(actor), async (step) => {
    const book = await openBook(step, policy)
    const finding = book.findings.get(check as CheckId)
    if (finding === undefined) throw new SekishoError('check.not_bad', { check })
    if (finding.acknowledged !== undefined) return
    const by = nameOf(actor) as Mute['by']
    const next: Finding = { ...finding, acknowledged: { at: step.at, by, reason } }
    await saveFinding(step.tx, next)
    const definition = book.definitions.get(familyOf(finding.check)) ?? { item: '' }
    await tell(step, book, definition, next, 'acknowledged', finding.state, { by, reason })
  })
  return theCheck(gate, policy, check)
}
