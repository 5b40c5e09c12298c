// A maintenance of a service that ends by itself: what the runner is asked, what it writes down, and when one is over. Pure.
import { type Decoder, integer, literal, matching, object, optional, text } from '../base/decode.ts'
import { type ExecutionId, isExecutionId, isServiceName, type ServiceName } from '../base/id.ts'
import { type Instant, isInstant, milliseconds } from '../base/time.ts'

export const LEASE_PHASES = ['turning_on', 'on', 'turning_off', 'off'] as const
export type LeasePhase = (typeof LEASE_PHASES)[number]

export interface Lease {
  readonly v: 1
  readonly service: ServiceName
  /** Counted for each service. */
  readonly number: number
  readonly phase: LeasePhase
  readonly by: string
  readonly reason: string
  readonly since: Instant
  readonly until: Instant
  readonly seconds: number
  /** The end in the time of this boot; after a reboot the wall clock counts. */
  readonly boot: string
  readonly endUptime: number
  /** The execution around whose step it is: it ends with that step, and at the latest when the execution is over. */
  readonly holder?: ExecutionId
  /** The service was in maintenance before: then it stays so at the end. */
  readonly wasOn?: true
  /** Why it ended, or why it could not be turned off yet. */
  readonly why?: string
}

const at: Decoder<Instant> = matching(isInstant, 'an instant')
const service = matching(isServiceName, 'a service name')

export const lease: Decoder<Lease> = object({
  v: literal(1),
  service,
  number: integer(1),
  phase: literal(...LEASE_PHASES),
  by: text({ max: 200 }),
  reason: text({ max: 1000 }),
  since: at,
  until: at,
  seconds: integer(1),
  boot: text({ max: 100 }),
  endUptime: integer(0),
  holder: optional(matching(isExecutionId, 'an execution')),
  wasOn: optional(literal(true)),
  why: optional(text({ max: 1000 })),
})

export interface Now {
  readonly at: Instant
  readonly boot: string
  readonly uptime: number
}

/** In the boot in which it began the runner's own clock decides; a clock on the wall that was set changes nothing then. */
export function isLeaseOver({ phase, boot, endUptime, until }: Lease, now: Now): boolean {
  if (phase !== 'on') return phase !== 'off'
  return boot === now.boot ? now.uptime >= endUptime : now.at >= until
}

/** After a reboot: what is left by the wall clock, and never more than the whole. */
export function afterReboot(one: Lease, now: Now): Lease {
  if (one.boot === now.boot) return one
  const left = Math.max(0, milliseconds(one.until) - milliseconds(now.at))
  return { ...one, boot: now.boot, endUptime: now.uptime + Math.min(left, one.seconds * 1000) }
}

export type LeaseEvent = {
  readonly kind: 'lease'
  readonly event: 'asked' | 'on' | 'off' | 'not_on' | 'not_off'
  readonly service: ServiceName
  readonly number: number
  readonly by: string
  readonly reason: string
  readonly until: Instant
  readonly why?: string
}

export type LeaseRequest =
  | {
      readonly verb: 'leaseStart'
      readonly service: ServiceName
      readonly seconds: number
      readonly reason: string
      readonly by: string
    }
  | { readonly verb: 'leaseEnd'; readonly service: ServiceName; readonly by: string }
  | { readonly verb: 'leases' }
export interface LeaseAnswers {
  readonly leaseStart: Lease
  readonly leaseEnd: Lease
  /** The last one of each service. */
  readonly leases: { readonly leases: readonly Lease[] }
}

export const leaseRequests = {
  leaseStart: object({
    verb: literal('leaseStart'),
    service,
    seconds: integer(1, 2_678_400),
    reason: text({ max: 1000 }),
    by: text({ max: 200 }),
  }),
  leaseEnd: object({ verb: literal('leaseEnd'), service, by: text({ max: 200 }) }),
  leases: object({ verb: literal('leases') }),
} as const
