// What a rehearsal beside the deployed service becomes on the card: the parts that the checks of a call and of a command have in common.
import type { ClonedData } from '../../plans/code.ts'
import type { NotCompared } from '../../plans/receipt.ts'
import type { BesideReceipt } from '../../rehearsal/beside.ts'
import type { Problem, TrialCheck } from '../../seal/journal.ts'

/** Of a list no more than this stands on the card. */
const SHOWN = 50

/** Both checks of a play that did not take place. `code`: whose sentence says so; `path`: of which call or command. */
export function notRehearsed(code: Problem['code'], path: string, why: string): readonly TrialCheck[] {
  const problems: readonly Problem[] = [{ code, path, text: why }]
  const none = { verdict: 'not_tried', facts: {} } as const
  return [
    { check: 'trial', ...none, problems },
    { check: 'undo', ...none, problems },
  ]
}

/** As texts; where some are left out, the last one says how many there are in all. */
export function told(all: readonly NotCompared[], most = SHOWN): readonly string[] {
  const last = all.at(-1)
  const inAll = last?.why === 'too_many' ? last.what : String(all.length)
  const shown = all.length <= most ? all : [...all.slice(0, most - 1), { what: inAll, why: 'too_many' }]
  return shown.map(({ what, why }) => `${why} ${what}`)
}

/** The first of the names, and `… + 12` where there are more. */
export const firstNames = (all: readonly string[], most = SHOWN): readonly string[] =>
  all.length <= most ? all : [...all.slice(0, most), `… + ${all.length - most}`]

/** What was changed, compared and cloned. */
export function playFacts(receipt: BesideReceipt, data: readonly ClonedData[]) {
  const { bootMs, changed, compared, tables, notCompared, stayed, environment } = receipt
  return {
    ...(bootMs === undefined ? {} : { bootMs }),
    changed: (changed ?? []).slice(0, SHOWN),
    changes: changed?.length ?? 0,
    compared,
    tables,
    data: data.map((one) => ({ ...one })),
    notCompared: [...told(notCompared)],
    ...(stayed.length === 0 ? {} : { stayed: [...firstNames(stayed)] }),
    environment,
  }
}

/** What its way back left. */
export function backFacts({ backMs, rewritten, tables, notCompared }: BesideReceipt) {
  return {
    ...(backMs === undefined ? {} : { milliseconds: backMs }),
    ...(rewritten.length === 0 ? {} : { rewritten: [...firstNames(rewritten)] }),
    ...(tables === 0 ? {} : { notSame: ['sequences'] }),
    notCompared: [...told(notCompared)],
  }
}

/** Each path by itself: it may be a name that a user of the service has chosen (app/agents-see.ts). */
export const differenceProblems = ({ differences = [] }: BesideReceipt): readonly Problem[] => [
  ...differences.slice(0, SHOWN).map(({ path, field, after }) => ({
    code: 'rehearsal.difference',
    path,
    text: `${after} ${field}`,
  })),
  ...(differences.length > SHOWN
    ? [{ code: 'validation.more', text: String(differences.length - SHOWN) }]
    : []),
]

export const redProblem = (fault: NonNullable<BesideReceipt['fault']>): Problem => ({
  code: 'rehearsal.red',
  text: `${fault.step}: ${fault.code}${fault.exit === undefined ? '' : ` ${fault.exit}`}`,
  ...(fault.what === undefined ? {} : { path: fault.what }),
})

/** `STEP: FAULT EXIT WHAT`. */
export function faultText(fault: BesideReceipt['fault']): string {
  if (fault === undefined) return 'clone: unavailable'
  const { step, code, exit, what } = fault
  return [
    `${step}: ${code}`,
    ...(exit === undefined ? [] : [String(exit)]),
    ...(what === undefined ? [] : [what]),
  ].join(' ')
}
