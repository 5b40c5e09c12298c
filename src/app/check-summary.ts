// The checks as `status` shows them: counts by their stored results, and the worst that follow from no other.
import type { Instant } from '../base/time.ts'
import { asksForSomebody, isUnknown, type Place, placeOf } from '../checks/weight.ts'
import type { CheckLine } from '../contract/check.ts'
import type { HealthNow, Status } from '../contract/gate.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { listMutes } from './check-store.ts'
import { checkLines } from './checks.ts'
import type { Gate } from './gate.ts'

const SHOWN = 3
/** `status` always shows these by facts of its own, which are newer. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(['ledger', 'channels'])

/** What `status` counts as red by facts of its own: there the check is not counted again. */
export interface RedElsewhere {
  /** Services whose health is red. */
  readonly health: ReadonlySet<string>
  /** Services with a red fact of their backups. */
  readonly backup: ReadonlySet<string>
  readonly guard: boolean
}

export interface CheckSummary {
  readonly shown: NonNullable<Status['checks']>
  /** What makes the whole red, or not known, and is counted nowhere else. */
  readonly countedRed: number
  readonly countedUnknown: number
  /** The first that nobody has taken up or muted. */
  readonly first?: string
}

/** Undefined where nothing is looked at here. */
export async function checksOf(
  gate: Gate,
  policy: CompiledPolicy,
  at: Instant,
): Promise<readonly CheckLine[] | undefined> {
  return gate.watchDirectory === undefined ? undefined : checkLines(gate.db, policy, at)
}

/** Each check is counted once. */
export async function checkSummary(
  gate: Gate,
  all: readonly CheckLine[],
  at: Instant,
  red: RedElsewhere,
): Promise<CheckSummary> {
  const isElsewhere = ({ item, service = '', state }: CheckLine) =>
    SHOWN_ELSEWHERE.has(item) ||
    (item === 'api' && state === 'red' && red.health.has(service)) ||
    (item === 'backup' && red.backup.has(service)) ||
    (item === 'guard' && red.guard)
  const elsewhere = all.filter(isElsewhere)
  const lines = all.filter((one) => !elsewhere.includes(one))
  const count = (place: Place) => lines.filter((one) => placeOf(one) === place).length
  const counted = lines.filter(asksForSomebody)
  const own = ({ causedBy }: CheckLine) => causedBy === undefined
  const loud = counted.filter(({ state }) => state === 'red' || state === 'late')
  const worst = [
    ...loud.filter(own),
    ...lines.filter((one) => own(one) && placeOf(one) === 'weekly' && one.state === 'red'),
  ].slice(0, SHOWN)
  const unknown = lines.filter(isUnknown)
  const mutes = (await listMutes(gate.db)).filter(({ until }) => until > at)
  const first = counted.find(
    (one) => own(one) && one.acknowledged === undefined && one.muted === undefined,
  )?.check
  return {
    shown: {
      red: count('red'),
      warning: count('warning'),
      weekly: count('weekly'),
      late: count('late'),
      noData: count('no_data'),
      good: count('good') + elsewhere.filter(({ state }) => state === 'good').length,
      elsewhere: elsewhere.filter(({ state }) => state !== 'good').length,
      worst,
      more: loud.filter((one) => !worst.includes(one)).length,
      unknown: unknown.length,
      unknownChecks: unknown.slice(0, SHOWN),
      mutes: mutes.map((one) => ({ ...one })),
    },
    countedRed: count('red'),
    countedUnknown: unknown.length,
    ...(first === undefined ? {} : { first }),
  }
}

/** A service that was healthy at its last look, and whose unit or API has been seen red since, is not shown as healthy. */
export function doubted(health: readonly HealthNow[], checks: readonly CheckLine[]): HealthNow[] {
  return health.map((one) => {
    const { at, service, verdict } = one
    if (verdict !== 'green' || at === undefined) return one
    const against = checks.find(
      ({ item, lookedAt, newest, state, ...of }) =>
        of.service === service &&
        (item === 'service' || item === 'api') &&
        (newest?.state ?? state) === 'red' &&
        lookedAt !== undefined &&
        lookedAt > at,
    )
    return against === undefined
      ? one
      : { service, verdict: 'not_looked_at', detail: '', at, doubt: against.check }
  })
}
