// The judgements of the items that sekisho-watch looks at, each from what was measured. What was asked and not answered is `no_data`:
// never blank, never zero, never good.
import type { Service } from '../plans/policy.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import { seenBy } from './health.ts'
import type { CheckValues, Seen } from './result.ts'

export interface Judged {
  /** The part, where an item has several: a path. */
  readonly part?: string
  readonly state: Seen
  readonly code: string
  readonly values: CheckValues
  readonly value?: number
}

/** The guide's own limit of the daily check. */
const DISK_PERCENT = 80
/** Below a tenth that is still to be had, the kernel is near to ending programs. */
const MEMORY_PERCENT = 90
const INODE_PERCENT = 90
const DAY_MS = 86_400_000
const CERTIFICATE_RED_MS = 7 * DAY_MS
const CERTIFICATE_WARNING_MS = 21 * DAY_MS
const CLOCK_OFF_MS = 2000

export function judgeUnit(
  unit: string,
  facts: { readonly active: string; readonly sub: string },
  service?: string,
): Judged {
  const good = facts.active === 'active'
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.running' : 'check.not_running',
    values: { unit, ...facts, ...(service === undefined ? {} : { service }) },
  }
}

export interface VolumeFacts {
  readonly path: string
  readonly used: number
  readonly total: number
  readonly inodesUsed: number
  readonly inodes: number
  /** Services that keep something there; empty where it is everybody's. */
  readonly services: readonly string[]
}

/** One for each file system: the guide looks at `/` alone, and the data need not lie there. */
export function judgeDisk({ path, used, total, services }: VolumeFacts): Judged {
  // As df: rounded up, so that 80.1 % is over 80.
  const percent = total === 0 ? 100 : Math.ceil((used / total) * 100)
  return overLimit(path, 'check.disk', 'check.disk_full', percent, DISK_PERCENT, {
    path,
    free: total - used,
    services: services.join(', '),
  })
}

/** A file system without a fixed number of inodes (btrfs) has none to run out of. */
export function judgeInodes({ path, inodes, inodesUsed, services }: VolumeFacts): Judged | undefined {
  if (inodes === 0) return undefined
  return overLimit(
    path,
    'check.inodes',
    'check.inodes_full',
    Math.ceil((inodesUsed / inodes) * 100),
    INODE_PERCENT,
    {
      path,
      free: inodes - inodesUsed,
      services: services.join(', '),
    },
  )
}

function overLimit(
  part: string,
  good: string,
  red: string,
  percent: number,
  limit: number,
  values: CheckValues,
): Judged {
  const isGood = percent <= limit
  return {
    part,
    state: isGood ? 'good' : 'red',
    code: isGood ? good : red,
    values: { ...values, percent, limit },
    value: percent,
  }
}

export function judgeMemory(
  memory: { readonly total: number; readonly available: number } | undefined,
): Judged {
  if (memory === undefined) return { state: 'no_data', code: 'check.no_memory', values: {} }
  const { total, available } = memory
  const percent = Math.ceil(((total - available) / total) * 100)
  const good = percent <= MEMORY_PERCENT
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.memory' : 'check.memory_full',
    values: { percent, available, limit: MEMORY_PERCENT },
    value: percent,
  }
}

/** What a count of the errors of 24 hours found (watch/error-count.ts). */
export type ErrorCount =
  /** `whole`: false when lines of the window were not read: the number is *at least*. `newest`: of the errors, in ms. */
  | { readonly state: 'counted'; readonly errors: number; readonly whole: boolean; readonly newest?: number }
  | { readonly state: 'absent' }
  /** There are lines, and none of them bears a time that we can read. */
  | { readonly state: 'unstamped' }
  /** It is there and was not read: the system's own code. */
  | { readonly state: 'unread'; readonly why: string }

/** So many in a day are red; fewer are a warning. An owner may declare another limit (`logs.errors_per_day`). */
export const ERRORS_PER_DAY = 100

export function judgeErrors(path: string, facts: ErrorCount, limit = ERRORS_PER_DAY): Judged {
  switch (facts.state) {
    case 'absent':
      return { state: 'no_data', code: 'check.no_log', values: { path } }
    case 'unstamped':
      return { state: 'no_data', code: 'check.log_without_time', values: { path } }
    case 'unread':
      return { state: 'no_data', code: 'check.log_unread', values: { path, why: facts.why } }
    case 'counted': {
      const { errors, whole, newest } = facts
      if (errors === 0 && !whole) return { state: 'no_data', code: 'check.log_in_part', values: { path } }
      return {
        state: errors === 0 ? 'good' : errors < limit ? 'warning' : 'red',
        code: errors === 0 ? 'check.no_errors' : 'check.errors',
        values: { path, count: errors, limit, atLeast: !whole, ...(newest === undefined ? {} : { newest }) },
        value: errors,
      }
    }
  }
}

/** Of a unit that writes to the journal of systemd, which is always there and bears times. */
export function judgeJournal(unit: string, facts: ErrorCount, limit = ERRORS_PER_DAY): Judged {
  if (facts.state !== 'counted')
    return {
      state: 'no_data',
      code: 'check.journal_unread',
      values: { unit, why: facts.state === 'unread' ? facts.why : facts.state },
    }
  const judged = judgeErrors('', facts, limit)
  const { path: _, ...values } = judged.values
  const code = { 'check.log_in_part': 'check.journal_in_part', 'check.no_errors': 'check.journal_no_errors' }
  return {
    ...judged,
    code: code[judged.code as keyof typeof code] ?? 'check.journal_errors',
    values: { ...values, unit },
  }
}

export function judgeHealth({ name, health }: Service, facts: HealthFacts): Judged {
  const last = facts.attempts.at(-1)
  if (facts.verdict === 'no_data') return { state: 'no_data', code: 'check.health_no_data', values: {} }
  const good = facts.verdict === 'green'
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.healthy' : 'check.not_healthy',
    values: {
      service: name,
      url: health?.url ?? '',
      good: facts.attempts.filter(({ ok }) => ok).length,
      of: facts.attempts.length,
      saw: last === undefined ? '' : seenBy(last),
      milliseconds: Math.round(last?.milliseconds ?? 0),
    },
    ...(last === undefined ? {} : { value: Math.round(last.milliseconds) }),
  }
}

/** `leftMs` until the certificate that the declared address shows ends. */
export function judgeCertificate(
  host: string,
  found: { readonly leftMs: number; readonly until: string } | { readonly why: string },
  /** The program that renews certificates is on this machine. */
  certbot = false,
): Judged {
  if ('why' in found)
    return { state: 'no_data', code: 'check.certificate_unread', values: { host, why: found.why } }
  const { leftMs, until } = found
  const days = Math.floor(leftMs / DAY_MS)
  const values = { host, until, days, certbot }
  if (leftMs <= 0) return { state: 'red', code: 'check.certificate_over', values, value: days }
  const state = leftMs < CERTIFICATE_RED_MS ? 'red' : leftMs < CERTIFICATE_WARNING_MS ? 'warning' : 'good'
  return {
    state,
    code: state === 'good' ? 'check.certificate' : 'check.certificate_ends',
    values,
    value: days,
  }
}

/** `offMs`: how wrong the clock is, as the time daemon says it; undefined where it does not. */
export function judgeClock(
  facts: { readonly synchronized: boolean; readonly offMs: number | undefined } | { readonly why: string },
): Judged {
  if ('why' in facts) return { state: 'no_data', code: 'check.clock_unread', values: { why: facts.why } }
  const { synchronized, offMs } = facts
  if (!synchronized) return { state: 'no_data', code: 'check.clock_not_kept', values: {} }
  if (offMs === undefined) return { state: 'no_data', code: 'check.clock_offset_unknown', values: {} }
  const values = { offMs: Math.round(offMs) }
  const good = offMs <= CLOCK_OFF_MS
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.clock' : 'check.clock_off',
    values,
    value: Math.round(offMs),
  }
}
