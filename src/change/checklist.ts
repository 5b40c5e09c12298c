// The checklist: which checks a change needs, their results, and whether it may be sealed. People tick nothing: each result is a probe with an expiry.
import { type Instant, milliseconds } from '../base/time.ts'
import type { CheckView } from '../contract/change.ts'
import {
  CHECKS,
  type CheckName,
  type CheckRow,
  isNeeded,
  type Needs,
  type SealedEvidence,
} from '../seal/checks.ts'
import type { Change, CheckResult, Waiver } from './change.ts'

export function needsOf({ pattern, plan }: Pick<Change, 'pattern' | 'plan'>): Needs {
  return plan === undefined ? { pattern } : plan
}

/** One line of the checklist. The order is that of the card. */
export function checklist(
  needs: Needs,
  results: readonly CheckResult[],
  waivers: readonly Waiver[],
  now: Instant,
): readonly CheckView[] {
  return CHECKS.map((row) => line(row, needs, results, waivers, now))
}

function line(
  row: CheckRow,
  needs: Needs,
  results: readonly CheckResult[],
  waivers: readonly Waiver[],
  now: Instant,
): CheckView {
  const base = { check: row.name, collector: row.collector, facts: {}, problems: [] }
  if (!isNeeded(row, needs)) return { ...base, verdict: 'not_applicable' }
  const result = results.find((one) => one.check === row.name)
  if (result === undefined) return { ...base, verdict: 'pending' }
  const seen = {
    ...base,
    facts: { ...result.facts },
    problems: result.problems.map((one) => ({ ...one })),
    at: result.at,
    expires: result.expires,
    evidence: result.evidence,
  }
  const waiver = waivers.find(
    (one) => one.check === row.name && milliseconds(one.expires) >= milliseconds(now),
  )
  if (result.verdict !== 'green' && waiver !== undefined)
    return {
      ...seen,
      verdict: 'waived',
      facts: { ...seen.facts, waivedBy: waiver.by, reason: waiver.reason, until: waiver.expires },
    }
  // Nothing was declared that could be asked, so nothing was found to be good.
  if (row.name === 'health' && result.facts['declared'] === false)
    return { ...seen, verdict: 'not_applicable' }
  // Nothing takes it back but a restore, and none was tried.
  if (
    row.name === 'undo' &&
    result.verdict === 'green' &&
    result.facts['wayBack'] === 'restore' &&
    result.facts['restored'] === undefined
  )
    return { ...seen, verdict: 'not_applicable' }
  // What is gone back to ran here before: no suite was run for it.
  if (row.name === 'tests' && result.verdict === 'green' && result.facts['back'] === true)
    return { ...seen, verdict: 'not_applicable' }
  // No copy is known: there is none that could be good or bad.
  if (
    row.name === 'backup' &&
    result.verdict === 'red' &&
    result.problems.some(({ code }) => code === 'backup.none')
  )
    return { ...seen, verdict: 'unknown' }
  // Evidence that has expired counts as unknown, which blocks.
  if (result.verdict === 'green' && milliseconds(result.expires) < milliseconds(now))
    return { ...seen, verdict: 'unknown' }
  // Some kinds of files cannot be checked before they are in use. That is no pass.
  if (row.name === 'validation' && result.verdict === 'green' && !isValidated(result.facts))
    return { ...seen, verdict: 'no_validator' }
  return { ...seen, verdict: result.verdict }
}

/** True where a program or the rules of the data looked at something. Results of older releases list nothing here. */
function isValidated(facts: CheckResult['facts']): boolean {
  return unvalidated(facts).length === 0 || facts['validator'] !== undefined || facts['data'] !== undefined
}

/** Paths that no validator reads. */
export function unvalidated(facts: Readonly<Record<string, unknown>>): readonly string[] {
  const paths = facts['noValidator']
  return Array.isArray(paths) ? paths.filter((one): one is string => typeof one === 'string') : []
}

/** Verdicts that block nothing. */
const PASSES: readonly CheckView['verdict'][] = ['green', 'waived', 'not_applicable', 'no_validator']

/** The checks that block. Unknown and not tried block like red. Empty: the change may be sealed. */
export function blockedBy(lines: readonly CheckView[]): readonly string[] {
  return lines.filter(({ verdict }) => !PASSES.includes(verdict)).map(({ check }) => check)
}

/** The results that are sealed: the green ones of sealed checks. */
export function sealedEvidence(needs: Needs, results: readonly CheckResult[]): readonly SealedEvidence[] {
  return CHECKS.filter((row) => row.bound === 'sealed' && isNeeded(row, needs)).flatMap((row) => {
    const result = results.find((one) => one.check === row.name && one.verdict === 'green')
    return result === undefined
      ? []
      : [{ check: row.name, digest: result.evidence, expires: result.expires, collector: row.collector }]
  })
}

/** The earliest expiry of what is sealed. After it the envelope has expired. */
export function earliestExpiry(evidence: readonly SealedEvidence[], otherwise: Instant): Instant {
  return evidence.reduce((first, one) => (one.expires < first ? one.expires : first), otherwise)
}

export function waivable(name: string): name is CheckName {
  return CHECKS.some((row) => row.name === name && row.waivable)
}
