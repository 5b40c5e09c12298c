// Time as values: instants are RFC 3339 text in UTC with milliseconds, because they are hashed and read by people.

/** `2026-11-25T14:02:11.000Z` */
export type Instant = string & { readonly instant: unique symbol }

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** One text for one instant: 30 February and 24:00 are none. */
export function isInstant(value: unknown): value is Instant {
  if (typeof value !== 'string' || !INSTANT.test(value)) return false
  const at = Date.parse(value)
  return !Number.isNaN(at) && instant(at) === value
}

export function instant(milliseconds: number): Instant {
  return new Date(milliseconds).toISOString() as Instant
}

export function milliseconds(at: Instant): number {
  return Date.parse(at)
}

export function after(at: Instant, ms: number): Instant {
  return instant(milliseconds(at) + ms)
}

/** Wall clock, time since boot and the boot itself, handed in so that rules are pure and faults can be replayed. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds since boot (CLOCK_BOOTTIME: sleep counts). */
  uptime(): number
  /** The kernel's boot id. */
  boot(): string
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  bytes(size: number): Uint8Array
}

export function randomHex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex')
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `10s`, `250ms`, `6h`, `7d` to milliseconds; undefined when it is not such a text. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text)
  if (!match) return undefined
  return Number(match[1]) * (UNITS[match[2] as string] as number)
}
