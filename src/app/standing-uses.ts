// How often a standing statement was used in the last hour, against how often it may be: what is used up covers nothing for now.
import type { Instant } from '../base/time.ts'
import { after } from '../base/time.ts'
import type { Standing } from '../change/store.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { startsSince } from '../run/store.ts'

const HOUR = 3_600_000
/** The runner counts from when it accepted, we from when we handed over: a little more than an hour here is an hour there. */
const HANDED_OVER = 60_000

type Executor = Parameters<typeof startsSince>[0]

export function perHourOf(one: Standing, policy: CompiledPolicy): number {
  return Math.min(one.perHour, policy.rules.standingPerHour)
}

export function usesLastHour(db: Executor, one: Standing, at: Instant): Promise<number> {
  return startsSince(db, one.digest, after(at, -HOUR))
}

/** The runner would refuse another start under it now. */
export async function isUsedUp(
  db: Executor,
  one: Standing,
  policy: CompiledPolicy,
  at: Instant,
): Promise<boolean> {
  return (await startsSince(db, one.digest, after(at, -HOUR - HANDED_OVER))) >= perHourOf(one, policy)
}
