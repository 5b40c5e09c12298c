import { describe, expect, test } from 'vitest'
import type { BackupId, CopyPlace, KnownCopy, Level } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import { instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import type { ContentFacts } from '../seal/protocol.ts'
import { CHECK_ITEMS, CHECK_WORDS } from '../words/check.ts'
import { reader } from '../words/errors.ts'
import { backupItem, dataItem, integrityItem, restoredItem } from './routine-items.ts'

const DAY_MS = 86_400_000

const NOW = instant(Date.UTC(2026, 10, 25, 12))
const ago = (ms: number) => instant(Date.UTC(2026, 10, 25, 12) - ms)
const BACKUP = '20261125_110000Z' as BackupId
const HOUR = DAY_MS / 24
const MIRAI = {
  name: 'mirai',
  health: { url: 'https://localhost/health' },
  backup: { drillEveryMs: 7 * DAY_MS },
} as unknown as Service
const copy = (ageMs: number, level: Level, more: Partial<KnownCopy> = {}): KnownCopy =>
  ({
    backup: BACKUP,
    copy: 'local',
    kind: 'directory',
    place: 'other-disk' satisfies CopyPlace,
    state: 'sound',
    level,
    taken: ago(ageMs),
    earned: {},
    heldBy: [],
    ...more,
  }) as KnownCopy
const known = (more: Partial<Backups>): Backups => ({
  copies: [],
  failures: [],
  drills: [],
  places: [],
  begun: [],
  lastDone: {},
  ...more,
})
const state = ({ state: found, code }: { readonly state: string; readonly code: string }) => [found, code]

describe('part of S49: what is measured is judged, what is not is no data', () => {
  test('backup: within 24 h, where it counts, read as far as its content', () => {
    const found = (one: KnownCopy) => state(backupItem(MIRAI, known({ copies: [one] }), NOW))
    expect(found(copy(24 * HOUR, 'content'))).toEqual(['good', 'check.backed_up'])
    for (const one of [
      copy(24 * HOUR + 60_000, 'content'),
      copy(HOUR, 'digest'),
      copy(HOUR, 'content', { place: 'same-disk' }),
      copy(HOUR, 'content', { state: 'suspect' }),
    ])
      expect(found(one)).toEqual(['red', 'check.not_backed_up'])
    expect(state(backupItem(MIRAI, undefined, NOW))).toEqual(['no_data', 'check.no_backup_declared'])
  })
})

describe('part of S50: the backup half of the weekly check', () => {
  const drill = (ageMs: number) => ({
    at: ago(ageMs),
    backup: BACKUP,
    copy: 'local',
    ms: 1000,
  })
  test('a restore test that was made, and not long ago, and not failed since', () => {
    const found = (more: Partial<Backups>) => state(restoredItem(MIRAI, known(more), NOW))
    expect(found({ drills: [drill(7 * DAY_MS)] })).toEqual(['good', 'check.restored'])
    expect(found({ drills: [drill(7 * DAY_MS + 1)] })).toEqual(['red', 'check.restored_long_ago'])
    expect(found({})).toEqual(['red', 'check.never_restored'])
    const failures = [{ at: ago(HOUR), work: 'drill' as const, why: 'backup.drill_failed', detail: {} }]
    expect(found({ drills: [drill(DAY_MS)], failures })).toEqual(['red', 'check.drill_failed'])
    expect(found({ drills: [drill(HOUR / 2)], failures })).toEqual(['good', 'check.restored'])
  })

  test('part of E7: data that parses and breaks its rules is red, by the newest that was read', () => {
    const found = (...copies: KnownCopy[]) => state(integrityItem(MIRAI, known({ copies }), undefined, NOW))
    expect(found(copy(HOUR, 'content'))).toEqual(['good', 'check.content_good'])
    expect(
      found(
        copy(HOUR, 'digest', { why: 'data.rubbish' }),
        copy(2 * HOUR, 'content', { backup: '20261125_100000Z' as BackupId }),
      ),
    ).toEqual(['red', 'check.content_bad'])
    expect(found(copy(HOUR, 'digest', { why: 'data.question' }))).toEqual(['red', 'check.content_question'])
    // Not read yet is not bad, and not good either; an old look says nothing of today.
    expect(found(copy(HOUR, 'written'))).toEqual(['no_data', 'check.content_never_read'])
    // A backup of some minutes that nobody could read yet leaves what the one before it said.
    const before = (level: 'content' | 'digest', more = {}) =>
      copy(6 * HOUR, level, { backup: '20261125_060000Z' as BackupId, ...more })
    expect(found(copy(HOUR / 60, 'written'), before('content'))).toEqual(['good', 'check.content_good'])
    expect(found(copy(HOUR / 60, 'written'), before('digest', { why: 'data.rubbish' }))[0]).toBe('red')
    expect(found(copy(HOUR / 60, 'written'))).toEqual(['no_data', 'check.content_never_read'])
    expect(found(copy(HOUR, 'written'), before('content'))).toEqual(['no_data', 'check.content_never_read'])
    expect(found(copy(8 * DAY_MS, 'content'))).toEqual(['no_data', 'check.content_long_ago'])
    expect(found()).toEqual(['no_data', 'check.content_never_read'])
    // A far copy of the same backup that was not read takes nothing away.
    expect(found(copy(HOUR, 'written', { copy: 'away' }), copy(HOUR, 'content'))).toEqual([
      'good',
      'check.content_good',
    ])
  })
})

describe('the content of a copy is said of the copy', () => {
  const live = (notJudged: readonly string[]): ContentFacts => ({
    judged: 2,
    damagedCount: 0,
    damaged: [],
    notReadCount: 0,
    notRead: [],
    questionCount: 0,
    questions: [],
    notJudged,
  })
  const said = (
    data: readonly { readonly name: string; readonly format: string }[],
    records: Readonly<Record<string, number>>,
    content?: ContentFacts,
  ) => {
    const copies = [copy(HOUR, 'content', { records })]
    const found = integrityItem({ ...MIRAI, data } as unknown as Service, known({ copies }), content, NOW)
    return [
      found.code,
      ...(['en', 'ja'] as const).map(
        (language) => CHECK_WORDS[found.code]?.[language](reader(found.values as never)).what ?? '',
      ),
    ]
  }
  const articles = { name: 'articles', format: 'json' }
  const uploads = { name: 'uploads', format: 'files' }

  test('data that nobody parses is not called as declared: its bytes are as they were written', () => {
    const [code, en, ja] = said([uploads], {}, live(['uploads']))
    expect(code).toBe('check.bytes_good')
    expect(en).toContain('bytes of the copy are as they were written')
    expect(en).not.toContain('content')
    expect(ja).toContain('バイト')
  })

  test('beside data that was parsed the directory is named', () => {
    const [code, en] = said([articles, uploads], { 'articles/a.json': 51 }, live(['uploads']))
    expect(code).toBe('check.content_good')
    expect(en).toContain('uploads: bytes compared, nothing to parse')
  })

  test('what was written since is good only where it was read', () => {
    const shop = { name: 'shop', format: 'sqlite' }
    const records = { 'articles/a.json': 51, 'shop//shop.db': 4096 }
    const [, en, ja] = said([articles, shop], records, live(['shop']))
    expect(en).toContain('what was written to shop since was not looked at')
    expect(ja).toContain('shop への、その後の書き込みは見ていません')
    expect(said([articles, shop], records)[1]).toContain('what was written since was not looked at')
    expect(said([articles], records, live([]))[1]).not.toContain('not looked at')
  })
})

describe('the live data as it was read now', () => {
  const none = { damagedCount: 0, damaged: [], notReadCount: 0, notRead: [], questionCount: 0, questions: [] }
  const content = (more: Partial<ContentFacts> = {}): ContentFacts => ({
    judged: 2,
    ...none,
    notJudged: [],
    ...more,
  })
  const one = (why: string) => [{ part: 'data/articles.json', why }]
  test('a damaged file is red, one that could not be read is no data, and good is said of what was judged', () => {
    const found = (more: Partial<ContentFacts>) => state(dataItem(MIRAI, content(more)))
    expect(found({})).toEqual(['good', 'check.data_good'])
    expect(found({ damagedCount: 1, damaged: one('not_json byte 12') })).toEqual(['red', 'check.data_bad'])
    expect(found({ questionCount: 1, questions: one('shrunk records 3, before 9') })).toEqual([
      'red',
      'check.data_question',
    ])
    expect(found({ notReadCount: 1, notRead: one('not_read') })).toEqual(['no_data', 'check.data_not_read'])
    expect(found({ judged: 0, notJudged: ['data'] })).toEqual(['no_data', 'check.data_not_judged'])
    expect(state(dataItem(MIRAI, undefined))).toEqual(['no_data', 'check.no_data_declared'])
  })

  test('a bad copy of data that has changed since, as by a restore, asks for no restore', () => {
    const bad = copy(2 * HOUR, 'digest', { why: 'data.rubbish' })
    const found = (facts: ContentFacts) => state(integrityItem(MIRAI, known({ copies: [bad] }), facts, NOW))
    expect(found(content({ changedAt: ago(3 * HOUR) }))).toEqual(['red', 'check.content_bad'])
    expect(found(content({ changedAt: ago(HOUR) }))).toEqual(['good', 'check.data_good'])
    expect(found(content({ changedAt: ago(HOUR), judged: 0, notJudged: ['data'] }))).toEqual([
      'no_data',
      'check.data_changed',
    ])
    const damaged = { changedAt: ago(HOUR), damagedCount: 1, damaged: one('emptied') }
    expect(found(content(damaged))).toEqual(['red', 'check.data_bad'])
  })

  test('a copy judged by other rules than those in force is neither good nor bad', () => {
    const stale = copy(HOUR, 'digest', { isStale: true })
    const found = (facts?: ContentFacts) =>
      state(integrityItem(MIRAI, known({ copies: [stale] }), facts, NOW))
    expect(found()).toEqual(['no_data', 'check.rules_changed'])
    expect(found(content())).toEqual(['good', 'check.data_good'])
    expect(backupItem(MIRAI, known({ copies: [stale] }), NOW)).toMatchObject({
      state: 'red',
      values: { why: 'rules_changed' },
    })
  })

  test('a copy that could not be read is not called bad', () => {
    const unread = copy(HOUR, 'digest', { why: 'content.not_read' })
    expect(state(integrityItem(MIRAI, known({ copies: [unread] }), undefined, NOW))).toEqual([
      'no_data',
      'check.content_not_read',
    ])
  })
})

test('each code has its sentence in both languages, and each item its name', () => {
  for (const words of Object.values(CHECK_WORDS)) {
    const d = reader({ service: 'mirai', why: 'none', count: 2 })
    expect(words.ja(d).what).toMatch(/[ぁ-ん一-龠]/)
    expect(words.en(d).what).not.toMatch(/[ぁ-ん一-龠]/)
  }
  // What was refused is told by its own sentence, and never by a code.
  const d = reader({ why: 'runner.not_available', 'last.what': 'mirai.service', 'last.why': 'no systemd' })
  for (const language of ['ja', 'en'] as const) {
    expect(CHECK_WORDS['check.unread']?.[language](d).what).not.toContain('runner.not_available')
    const saw = reader({
      service: 'mirai',
      url: 'https://localhost/health',
      good: 0,
      of: 3,
      saw: 'late',
      milliseconds: 9000,
    })
    expect(CHECK_WORDS['check.not_healthy']?.[language](saw).what).toMatch(/9 (秒|s)/)
  }
  for (const { en } of Object.values(CHECK_ITEMS)) expect(en).not.toMatch(/[ぁ-ん一-龠]/)
})
