// Takes results into state, samples and findings: what sekisho-watch left in its spool, what the gate looked at itself, and what nobody has
// looked at in time. A state change, its finding, its ledger entry and what is told of it are one transaction.
import { after, type Instant } from '../base/time.ts'
import { type CheckChange, type FindingId, findingId } from '../checks/check-change.ts'
import { type CheckDefinition, definitionsOf } from '../checks/definition.ts'
import { causeOf } from '../checks/dependencies.ts'
import { agedState, fold, isBad, isWorse, type Kept } from '../checks/engine.ts'
import { mutedUntil } from '../checks/mute.ts'
import { type CheckId, type CheckResult, type CheckState, familyOf, type Round } from '../checks/result.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { noticeCheckChange } from './check-notice.ts'
import {
  addSample,
  type CheckRow,
  type Finding,
  lastFindingNumber,
  listCheckRows,
  listMutes,
  type Mute,
  openFindings,
  removeCheckRow,
  saveCheckRow,
  saveFinding,
} from './check-store.ts'
import { type Act, plain } from './gate.ts'

/** What is known before results are taken; kept up to date while they are. */
export interface CheckBook {
  readonly rows: Map<CheckId, CheckRow>
  readonly findings: Map<CheckId, Finding>
  readonly mutes: readonly Mute[]
  readonly definitions: ReadonlyMap<CheckId, CheckDefinition>
  lastFinding?: number
}

export async function openBook(step: Pick<Act, 'tx'>, policy: CompiledPolicy): Promise<CheckBook> {
  const [rows, findings, mutes] = [
    await listCheckRows(step.tx),
    await openFindings(step.tx),
    await listMutes(step.tx),
  ]
  return {
    rows: new Map(rows.map((one) => [one.check, one])),
    findings: new Map(findings.map((one) => [one.check, one])),
    mutes,
    definitions: new Map(definitionsOf(policy).map((one) => [one.id, one])),
  }
}

/** Results of checks that the rules do not declare are left out; parts that a check has no more go. */
export async function takeRound(step: Act, book: CheckBook, { ran, results: found }: Round): Promise<void> {
  const results = withParts(book, found)
  for (const result of results) {
    const definition = book.definitions.get(familyOf(result.check))
    if (definition !== undefined) await takeResult(step, book, definition, notFromTheFuture(result, step.at))
  }
  const named = new Set(results.map(({ check }) => check))
  // The row without a part is of a look that failed before any part was known.
  const inParts = new Set(results.filter(({ check }) => isPart(check)).map(({ check }) => familyOf(check)))
  for (const [check, row] of book.rows)
    if (ran.includes(familyOf(check)) && !named.has(check) && (isPart(check) || inParts.has(check)))
      await forget(step, book, row)
}

const isPart = (check: CheckId) => check !== familyOf(check)

/** A look that failed as a whole says nothing of the parts but that they were not seen: each has no data, and none is gone. */
function withParts(book: CheckBook, results: readonly CheckResult[]): readonly CheckResult[] {
  const inParts = new Set(results.filter(({ check }) => isPart(check)).map(({ check }) => familyOf(check)))
  return results.flatMap((result) => {
    if (isPart(result.check) || inParts.has(result.check) || result.state !== 'no_data') return [result]
    const parts = [...book.rows.keys()].filter((one) => isPart(one) && familyOf(one) === result.check)
    return parts.length === 0 ? [result] : parts.map((check) => ({ ...result, check }))
  })
}

/** A clock that was put back must not leave a check with a look of tomorrow, after which no other counts. */
const notFromTheFuture = (result: CheckResult, at: Instant): CheckResult =>
  result.at > at ? { ...result, at } : result

async function takeResult(step: Act, book: CheckBook, definition: CheckDefinition, result: CheckResult) {
  const before = book.rows.get(result.check)
  const isAhead = before !== undefined && before.lookedAt > step.at
  const { kept, from } = fold(
    isAhead ? { ...before, lookedAt: after(result.at, -1) } : before,
    result,
    definition,
  )
  if (kept === before) return
  await addSample(step.tx, { ...result, check: result.check })
  await settle(step, book, definition, result.check, kept, from)
}

/** Saves what is kept, and makes of a change of state what follows from it. */
async function settle(
  step: Act,
  book: CheckBook,
  definition: CheckDefinition,
  check: CheckId,
  kept: Kept,
  from: CheckState | undefined,
): Promise<void> {
  const finding = book.findings.get(check)
  const row: CheckRow = { check, ...kept, ...(finding === undefined ? {} : { finding: finding.id }) }
  book.rows.set(check, row)
  if (from !== undefined && from !== kept.state) await changed(step, book, definition, row, from)
  await saveCheckRow(step.tx, book.rows.get(check) ?? row)
}

async function changed(
  step: Act,
  book: CheckBook,
  definition: CheckDefinition,
  row: CheckRow,
  from: CheckState,
): Promise<void> {
  const { check, state, code, values, since } = row
  const open = book.findings.get(check)
  // That it has no data any more does not end what was found.
  const isFinding =
    isBad(state) && (state !== 'no_data' || definition.silentWithoutData !== true || open !== undefined)
  if (open === undefined && !isFinding) return
  const cause = isFinding ? causeOf({ check, state, since }, [...book.rows.values()]) : undefined
  const finding: Finding =
    open === undefined
      ? {
          id: await nextId(step, book),
          check,
          openedAt: since,
          state,
          worst: state,
          code,
          values,
          ...(cause === undefined ? {} : { causedBy: cause }),
        }
      : changedFinding(open, row, isFinding, step.at)
  await saveFinding(step.tx, finding)
  const { finding: _, ...bare } = row
  if (isFinding) {
    book.findings.set(check, finding)
    book.rows.set(check, { ...bare, finding: finding.id })
  } else {
    book.findings.delete(check)
    book.rows.set(check, bare)
  }
  const kind = open === undefined ? 'opened' : isFinding ? 'changed' : 'resolved'
  await tell(step, book, definition, finding, kind, from)
}

/** Whoever writes is alone, so the last number is asked for once a transaction. */
async function nextId(step: Act, book: CheckBook): Promise<FindingId> {
  const year = Number(step.at.slice(0, 4))
  book.lastFinding = (book.lastFinding ?? (await lastFindingNumber(step.tx, year))) + 1
  return findingId(year, book.lastFinding)
}

/** Worse than what was acknowledged is to be acknowledged again. */
function changedFinding(
  open: Finding,
  { state, code, values }: CheckRow,
  isFinding: boolean,
  at: Instant,
): Finding {
  if (!isFinding) return { ...open, state, resolvedAt: at }
  const { acknowledged, ...rest } = open
  const isWorseNow = isWorse(state, open.worst)
  return {
    ...rest,
    ...(acknowledged === undefined || isWorseNow ? {} : { acknowledged }),
    state,
    worst: isWorseNow ? state : open.worst,
    code,
    values,
  }
}

/** The ledger entry and the notice of one change of a finding. */
export async function tell(
  step: Act,
  book: Pick<CheckBook, 'mutes'>,
  { item, service }: Pick<CheckDefinition, 'item' | 'service'>,
  finding: Finding,
  kind: CheckChange['kind'],
  from: CheckState,
  more: Pick<CheckChange, 'by' | 'reason'> = {},
): Promise<void> {
  const muted = mutedUntil(finding.check, book.mutes, step.at)
  const change: CheckChange = {
    check: finding.check,
    ...(service === undefined ? {} : { service }),
    item,
    finding: finding.id,
    kind,
    from,
    to: finding.state,
    at: step.at,
    since: finding.openedAt,
    code: finding.code,
    values: finding.values,
    ...(finding.causedBy === undefined ? {} : { causedBy: finding.causedBy }),
    ...(muted === undefined ? {} : { mutedUntil: muted }),
    ...more,
  }
  const { values, ...said } = change
  await step.record(`check.${kind}`, finding.check, plain({ ...said, values: wholeNumbers(values) }))
  await noticeCheckChange(step, change)
}

/** The ledger holds no fractions: they are written as text. */
const wholeNumbers = (values: CheckChange['values']) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isSafeInteger(value) ? String(value) : value,
    ]),
  )

async function forget(step: Act, book: CheckBook, row: CheckRow): Promise<void> {
  const finding = book.findings.get(row.check)
  if (finding !== undefined) {
    const ended: Finding = { ...finding, state: 'good', resolvedAt: step.at, code: 'check.gone', values: {} }
    await saveFinding(step.tx, ended)
    book.findings.delete(row.check)
    const definition = book.definitions.get(familyOf(row.check)) ?? { item: '' }
    await tell(step, book, definition, ended, 'resolved', row.state)
  }
  book.rows.delete(row.check)
  await removeCheckRow(step.tx, row.check)
}

/** Since when each check is declared, as far as whoever takes the results has seen it. */
export type DeclaredSince = Map<CheckId, Instant>

function keepDeclared(declared: DeclaredSince, book: CheckBook, at: Instant): void {
  for (const id of book.definitions.keys()) if (!declared.has(id)) declared.set(id, at)
  for (const id of declared.keys()) if (!book.definitions.has(id)) declared.delete(id)
}

/**
 * What was not looked at in its time is late; what is declared no more is forgotten. `startedAt`: of the gate. What was declared after
 * that gets the time to be looked at from then on.
 */
export async function ageChecks(
  step: Act,
  book: CheckBook,
  startedAt: Instant,
  declared: DeclaredSince,
): Promise<void> {
  keepDeclared(declared, book, step.at)
  for (const row of book.rows.values()) {
    const definition = book.definitions.get(familyOf(row.check))
    if (definition === undefined) {
      await forget(step, book, row)
      continue
    }
    if (agedState(row, definition, step.at, startedAt) !== 'late' || row.state === 'late') continue
    const { newest: _, ...before } = row
    const kept: Kept = {
      ...before,
      state: 'late',
      since: step.at,
      saidAt: step.at,
      code: 'check.late',
      values: { lookedAt: row.lookedAt },
    }
    await addSample(step.tx, { check: row.check, at: step.at, state: 'late' })
    await settle(step, book, definition, row.check, kept, row.state)
  }
  const families = new Set([...book.rows.keys()].map(familyOf))
  for (const definition of book.definitions.values()) {
    if (families.has(definition.id)) continue
    const since = declared.get(definition.id) ?? startedAt
    if (agedState(undefined, definition, step.at, since > startedAt ? since : startedAt) !== 'late') continue
    const kept: Kept = {
      state: 'late',
      since: step.at,
      lookedAt: since,
      code: 'check.never_looked',
      values: {},
      recent: [],
      turns: [],
    }
    await settle(step, book, definition, definition.id, kept, 'good')
  }
}
