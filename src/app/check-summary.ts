// The checks as `status` shows them: counts by their stored results, and the worst that follow from no other.
import type { Instant } from '../base/time.ts'
import type { CheckLine } from '../contract/check.ts'
import type { Status } from '../contract/gate.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { checkLines } from './checks.ts'
import type { Gate } from './gate.ts'

const SHOWN = 3
/** `status` shows these by facts of its own, which are newer. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(['backup', 'ledger', 'guard', 'channels'])

export interface CheckSummary {
  readonly shown: NonNullable<Status['checks']>
  /** What makes the whole red, or not known, and is counted nowhere else. */
  readonly countedRed: number
  readonly countedUnknown: number
  readonly first?: string
}

/** Undefined where nothing is looked at here. `sick`: services whose health is counted already. */
export async function checkSummary(
  gate: Gate,
  policy: CompiledPolicy,
  at: Instant,
  sick: ReadonlySet<string>,
): Promise<CheckSummary | undefined> {
  if (gate.watchDirectory === undefined) return undefined
  const lines = (await checkLines(gate.db, policy, at)).filter(({ item }) => !SHOWN_ELSEWHERE.has(item))
  const count = (...states: CheckLine['state'][]) =>
    lines.filter(({ state }) => states.includes(state)).length
  const open = lines.filter((one) => one.finding !== undefined && one.state !== 'good')
  const own = open.filter(({ causedBy }) => causedBy === undefined)
  // The weekly items are shown and keep nobody from being calm: a new installation has not tried a restore yet.
  const counted = open.filter(
    ({ item, group, service = '' }) => group !== 'weekly' && !(item === 'api' && sick.has(service)),
  )
  const first = own.find((one) => counted.includes(one))?.check
  return {
    shown: {
      red: count('red'),
      warning: count('warning'),
      weekly: lines.filter(
        ({ group, state }) => group === 'weekly' && (state === 'red' || state === 'warning'),
      ).length,
      late: count('late'),
      noData: count('no_data', 'not_looked_at'),
      good: count('good'),
      worst: own.slice(0, SHOWN),
    },
    countedRed: counted.filter(({ state }) => state === 'red').length,
    countedUnknown: counted.filter(({ state }) => state === 'late' || state === 'no_data').length,
    ...(first === undefined ? {} : { first }),
  }
}
