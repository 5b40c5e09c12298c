// The judgements of the items that rest on the runner's journal and on the content of data: backup, live data, restore test, integrity.
// Pure. What was asked and not answered is `no_data`: never blank, never zero, never good. The other items are in checks/items.ts.

import { backupStanding } from '../backup/backed-up.ts'
import { bytesOnly } from '../backup/bytes-only.ts'
import { atLeast } from '../backup/level.ts'
import { type Backups, newestFirst } from '../backup/levels.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import type { CheckItem } from '../contract/check.ts'
import type { Service } from '../plans/policy.ts'
import type { ContentFacts } from '../seal/protocol.ts'
import { nestedValues } from './nested-values.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

/** What could not be read: the refusal. */
export interface Unread {
  readonly unread: CheckItem['values']
}

/** Backed up within 24 h, where it counts, and read as far as its content (guide, principle 2). */
export function backupItem(service: Service, facts: Backups | Unread | undefined, at: Instant): CheckItem {
  if (facts === undefined) return nothing('backup', 'check.no_backup_declared')
  if ('unread' in facts) return nothing('backup', 'check.unread', facts.unread)
  const found = backupStanding(facts.copies, at)
  if (found.standing !== 'fine')
    return {
      item: 'backup',
      state: 'red',
      code: 'check.not_backed_up',
      values: { why: found.reasons[0]?.code ?? 'none', service: service.name },
    }
  const { backup, copy, level } = found.copy
  return {
    item: 'backup',
    state: 'good',
    code: 'check.backed_up',
    values: {
      backup,
      copy,
      level,
      bytesOnly: bytesOnly(found.copy, service.data).join(', '),
      ageMs: found.ageMs,
    },
  }
}

/** The live data as it was read now, by the rules in force. */
export function dataItem({ name }: Service, facts: ContentFacts | Unread | undefined): CheckItem {
  if (facts === undefined) return nothing('data', 'check.no_data_declared')
  if ('unread' in facts) return nothing('data', 'check.unread', facts.unread)
  return contentFault('data', name, facts) ?? contentGood('data', facts)
}

/** What is wrong with the live data, or was not read; undefined where all that was read is as declared. */
function contentFault(
  item: CheckItem['item'],
  service: string,
  { damaged, damagedCount, notRead, notReadCount, questions, questionCount }: ContentFacts,
): CheckItem | undefined {
  const [bad, missing, asked] = [damaged[0], notRead[0], questions[0]]
  const of = (one: NonNullable<typeof bad>, count: number) => ({
    service,
    part: one.part,
    why: one.why,
    more: count - 1,
  })
  if (bad !== undefined) return { item, state: 'red', code: 'check.data_bad', values: of(bad, damagedCount) }
  if (asked !== undefined)
    return { item, state: 'red', code: 'check.data_question', values: of(asked, questionCount) }
  if (missing !== undefined) return nothing(item, 'check.data_not_read', of(missing, notReadCount))
  return undefined
}

function contentGood(item: CheckItem['item'], { judged, notJudged }: ContentFacts): CheckItem {
  const values = { judged, notJudged: notJudged.join(', ') }
  if (judged === 0) return nothing(item, 'check.data_not_judged', values)
  return { item, state: 'good', code: 'check.data_good', values }
}

/** A copy was really restored and compared within the days that are declared; a week where none are. */
export function restoredItem(
  { name, backup }: Service,
  facts: Backups | Unread | undefined,
  at: Instant,
): CheckItem {
  if (backup === undefined || facts === undefined) return nothing('restored', 'check.no_backup_declared')
  if ('unread' in facts) return nothing('restored', 'check.unread', facts.unread)
  const last = facts.drills.at(-1)
  if (last === undefined)
    return { item: 'restored', state: 'red', code: 'check.never_restored', values: { service: name } }
  const ageMs = milliseconds(at) - milliseconds(last.at)
  const limitMs = backup.drillEveryMs
  const failed = facts.failures.findLast(({ work }) => work === 'drill')
  if (failed !== undefined && failed.at > last.at)
    return {
      item: 'restored',
      state: 'red',
      code: 'check.drill_failed',
      values: { ...nestedValues(failed.why, failed.detail), service: name },
    }
  return item('restored', ageMs <= limitMs, 'check.restored', 'check.restored_long_ago', {
    ageMs,
    limitMs,
    ms: last.ms,
    copy: last.copy,
    backup: last.backup,
    service: name,
  })
}

/**
 * The content of the data: the live data as it was read now, and the newest copy as it was read last (E7). A verdict of rules that have changed since, or
 * a bad one of data that has changed since, says nothing of the data that is there.
 */
export function integrityItem(
  service: Service,
  facts: Backups | Unread | undefined,
  content: ContentFacts | Unread | undefined,
  at: Instant,
): CheckItem {
  if (facts === undefined) return nothing('integrity', 'check.no_backup_declared')
  if ('unread' in facts) return nothing('integrity', 'check.unread', facts.unread)
  const live = content === undefined || 'unread' in content ? undefined : content
  const copy = copyVerdict(service, facts, live, at)
  if (copy.state === 'red' || live === undefined) return copy
  const fault = contentFault('integrity', service.name, live)
  if (fault !== undefined) return fault
  const isAllJudged = live.judged > 0 && live.notJudged.length === 0
  return isAllJudged && OUTDATED.has(copy.code) ? contentGood('integrity', live) : copy
}

/** The copy's verdict says nothing of the data that is there now; what was read now does. */
const OUTDATED: ReadonlySet<string> = new Set(['check.rules_changed', 'check.data_changed'])

/** A backup of this hour that nothing was said of yet is about to be read: until then the one before it speaks. */
function isBeingRead({ backup, taken }: Copy, all: readonly Copy[], at: Instant): boolean {
  const isUnread = ({ state, level, why, isStale }: Copy) =>
    state === 'sound' && !atLeast(level, 'content') && why === undefined && isStale !== true
  const isYoung = milliseconds(at) - milliseconds(taken) < READ_WITHIN_MS
  return isYoung && all.filter((one) => one.backup === backup).every(isUnread)
}
const READ_WITHIN_MS = 3_600_000
type Copy = Backups['copies'][number]

/** Of the newest copy, wherever it lies: it is about the data. */
function copyVerdict(
  { name, data = [], databases = [] }: Service,
  { copies }: Backups,
  live: ContentFacts | undefined,
  at: Instant,
): CheckItem {
  const there = copies.filter(({ state }) => state === 'sound' || state === 'suspect')
  const byAge = there.toSorted(newestFirst)
  const newest = byAge.find((copy) => !isBeingRead(copy, there, at)) ?? byAge[0]
  if (newest === undefined) return nothing('integrity', 'check.content_never_read')
  const same = there.filter(({ backup }) => backup === newest.backup)
  const why = same.find((copy) => copy.why !== undefined)?.why
  const ageMs = milliseconds(at) - milliseconds(newest.taken)
  const read = same.find(({ state, level }) => state === 'sound' && atLeast(level, 'content'))
  const good = read !== undefined
  const onlyBytes = read === undefined ? [] : bytesOnly(read, data)
  const values = {
    backup: newest.backup,
    ageMs,
    service: name,
    why: why ?? '',
    bytesOnly: onlyBytes.join(', '),
    // What was read of the copy says nothing of what was written since.
    isLiveRead: live !== undefined,
    notJudged: live?.notJudged.join(', ') ?? '',
  }
  if (!good && same.some(({ isStale }) => isStale === true))
    return nothing('integrity', 'check.rules_changed', values)
  if (!good && why === undefined) return nothing('integrity', 'check.content_never_read', values)
  if (!good && why === 'content.not_read') return nothing('integrity', 'check.content_not_read', values)
  if (ageMs > WEEK_MS) return nothing('integrity', 'check.content_long_ago', values)
  const isChanged = live?.changedAt !== undefined && live.changedAt > newest.taken
  if (!good && isChanged) return nothing('integrity', 'check.data_changed', values)
  const bad = why?.endsWith('.question') === true ? 'check.content_question' : 'check.content_bad'
  const isParsed = databases.length > 0 || onlyBytes.length < data.length || data.length === 0
  return item('integrity', good, isParsed ? 'check.content_good' : 'check.bytes_good', bad, values)
}

function item(
  name: CheckItem['item'],
  good: boolean,
  whenGood: string,
  whenRed: string,
  values: CheckItem['values'],
): CheckItem {
  return { item: name, state: good ? 'good' : 'red', code: good ? whenGood : whenRed, values }
}

function nothing(name: CheckItem['item'], code: string, values: CheckItem['values'] = {}): CheckItem {
  return { item: name, state: 'no_data', code, values }
}
