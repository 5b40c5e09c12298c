// The security updates that the package manager offers. Pure. An empty list of packages says "0 upgraded" too, so nothing is said before
// the list of the security suite is there and within its time (N27).

import type { Judged } from './items.ts'
import { parseInstant } from './stamp.ts'

export interface SuiteRelease {
  /** Of the file below /var/lib/apt/lists. */
  readonly name: string
  readonly date: number | undefined
  readonly validUntil: number | undefined
}

/** Where a suite names no end, its list counts for so long. */
const DEFAULT_VALID_MS = 10 * 86_400_000
const NAMES_SHOWN = 8

/** The fields of an InRelease file (deb822), in its signed part. */
export function releaseOf(name: string, text: string): SuiteRelease {
  const field = (wanted: string) => new RegExp(`^${wanted}: (.+)$`, 'm').exec(text)?.[1]
  return { name, date: parseInstant(field('Date')), validUntil: parseInstant(field('Valid-Until')) }
}

export const isSecuritySuite = (name: string): boolean => /security.*_InRelease$/i.test(name)

export interface UpdatesSeen {
  readonly releases: readonly SuiteRelease[]
  /** What `apt-get -s dist-upgrade` printed. */
  readonly simulated: string
  /** Undefined where the package manager did not say it. */
  readonly held?: readonly string[] | undefined
  /** Processes that still run a library whose file was replaced. */
  readonly runningOld: readonly string[]
  /** Processes that could not be looked at. */
  readonly unseen: number
}

export function judgeUpdates(seen: UpdatesSeen, now: number): readonly Judged[] {
  const security = seen.releases.filter(({ name }) => isSecuritySuite(name))
  const [first] = security
  if (first === undefined) return [{ state: 'no_data', code: 'check.updates_no_source', values: {} }]
  const ends = security.map(
    ({ date, validUntil }) => validUntil ?? (date === undefined ? 0 : date + DEFAULT_VALID_MS),
  )
  const end = Math.min(...ends)
  const dated = Math.min(...security.map(({ date }) => date ?? 0))
  const ageMs = Math.max(0, now - dated)
  if (end < now) return [{ state: 'no_data', code: 'check.updates_stale', values: { ageMs } }]
  const offered = offeredBy(seen.simulated)
  const rows = (part: string, names: readonly string[], good: string, bad: string): Judged => ({
    part,
    state: names.length === 0 ? 'good' : 'warning',
    code: names.length === 0 ? good : bad,
    values: { count: names.length, names: shown(names), ageMs },
    value: names.length,
  })
  return [
    {
      part: 'security',
      state: offered.security.length === 0 ? 'good' : 'red',
      code: offered.security.length === 0 ? 'check.updates_none' : 'check.updates_offered',
      values: { count: offered.security.length, names: shown(offered.security), ageMs },
      value: offered.security.length,
    },
    rows('kept_back', offered.keptBack, 'check.updates_none_kept', 'check.updates_kept'),
    seen.held === undefined
      ? { part: 'held', state: 'no_data', code: 'check.updates_held_unread', values: {} }
      : rows('held', seen.held, 'check.updates_none_held', 'check.updates_held'),
    seen.runningOld.length === 0 && seen.unseen > 0
      ? {
          part: 'running',
          state: 'no_data',
          code: 'check.updates_running_unseen',
          values: { count: seen.unseen },
        }
      : rows('running', seen.runningOld, 'check.updates_all_new', 'check.updates_running_old'),
  ]
}

const shown = (names: readonly string[]) =>
  names.length <= NAMES_SHOWN
    ? names.join(', ')
    : `${names.slice(0, NAMES_SHOWN).join(', ')} (+${names.length - NAMES_SHOWN})`

/** `Inst openssl [3.0.11] (3.0.13 Debian-Security:12/stable-security [amd64])`, and the paragraph of what is kept back. */
export function offeredBy(text: string): {
  readonly security: readonly string[]
  readonly other: readonly string[]
  readonly keptBack: readonly string[]
} {
  const security: string[] = []
  const other: string[] = []
  for (const [, name = '', from = ''] of text.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\(([^)]*)\)/gm))
    (/-security\b|\bsecurity\b/i.test(from) ? security : other).push(name)
  const kept = /have been kept back:\n((?: +\S.*\n?)+)/.exec(text)?.[1] ?? ''
  return { security, other, keptBack: kept.split(/\s+/).filter((one) => one !== '') }
}
