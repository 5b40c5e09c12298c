// What a report says of impact and contacts, from entries as the gate writes them.
import { expect, test } from 'vitest'
import type { Instant } from '../base/time.ts'
import { renderReport } from './report.ts'

const at = (time: string) => `2026-12-01T${time}.000Z` as Instant
const ACTOR = 'system'
type Given = Parameters<typeof renderReport>[0]['entries'][number]
const entry = (kind: string, time: string, payload: object = {}): Given =>
  ({ kind, at: at(time), actor: ACTOR, payload }) as Given
const opened = (channels: number, more: object = {}) =>
  entry('incident.opened', '15:02:36', {
    service: 'mirai',
    because: 'x',
    level: 3,
    told: [{ why: 'opened', step: 0, people: ['ops1'], channels }],
    ...more,
  })
const report = (language: 'ja' | 'en', entries: readonly Given[]) =>
  renderReport({ id: 'INC-2026-0004', entries, zone: 'UTC', name: (id) => id }, language)

test.each([
  ['ja', '連絡の宛先（宣言）: ops1', '誰にも届いていない: 通知先', '誰かに届いた記録はない', '届いた: chat'],
  ['en', 'to be told (declared): ops1', 'nobody was reached: no channel', 'no record says', 'reached: chat'],
] as const)(
  'whom it was meant for is no contact: who was reached is said apart (%s)',
  (language, meant, none, open, got) => {
    const without = report(language, [opened(0)])
    expect(without).toContain(meant)
    expect(without).toContain(none)
    const with1 = report(language, [opened(1)])
    expect(with1).toContain(open)
    const delivered = report(language, [
      opened(1),
      entry('notice.delivered', '15:02:40', { channel: 'chat', at: at('15:02:39') }),
    ])
    expect(delivered).toContain(`15:02:39 UTC  ${got}`)
    expect(delivered).not.toContain(open)
  },
)

test('an isolation is an impact with its time and whom it admitted; the begin is at least the declaration', () => {
  const isolation = (event: string, time: string, detail: object = {}) =>
    entry('incident.isolation', time, { event, at: at(time), detail })
  const text = report('en', [
    opened(0),
    isolation('asked', '15:03:25', { admission: { administrator: { address: '10.88.0.1' } } }),
    isolation('applied', '15:03:25'),
    isolation('kept', '15:04:17'),
    isolation('ended', '15:07:45'),
    entry('incident.recovered', '15:08:18', { change: 'CHG-2026-0009' }),
  ])
  expect(text).toContain(
    'cut off: from 2026-12-01 15:03:25 UTC to 2026-12-01 15:07:45 UTC (4 min); admitted was SSH from 10.88.0.1 alone',
  )
  expect(text).toContain('not known (at the latest 2026-12-01 15:02:36 UTC when it was declared)')
  expect(text).toContain('Lasted: at least 6 min')
  const known = report('en', [opened(0), entry('incident.joined', '15:05:00', { seenSince: at('14:50:00') })])
  expect(known).toContain('From: 2026-12-01 14:50:00 UTC')
})

test('evidence that two entries bring stands once, and a rollback says what it took back', () => {
  const set = {
    set: 'after',
    at: at('15:03:00'),
    items: [{ item: 'E10', name: 'disk', digest: 'd', size: 1 }],
    gaps: [{ name: 'logins', why: 'failed' }],
  }
  const text = report('en', [
    opened(0),
    entry('incident.recovery', '15:03:30', {
      what: 'rollback',
      change: 'CHG-2026-0008',
      takesBack: 'CHG-2026-0006',
    }),
    entry('incident.not_recovered', '15:04:00', { change: 'CHG-2026-0008', evidence: [set] }),
    entry('incident.recovered', '15:05:00', {
      change: 'CHG-2026-0008',
      evidence: [set],
      causes: { causes: [], notLooked: [], clear: [] },
    }),
  ])
  expect(text.match(/^- E10 /gm)).toHaveLength(1)
  expect(text.match(/not collected, logins/g)).toHaveLength(1)
  expect(text).toContain('CHG-2026-0008 (CHG-2026-0006)')
  expect(text).toContain('no cause was found')
})

test.each([
  [
    'ja',
    '関所の外で変えられたファイル: /srv/.env（2026-12-01 15:02:30 UTC に発見）',
    '始まっていなかったので、取り下げた',
  ],
  [
    'en',
    'changed outside of Sekisho: /srv/.env (seen at 2026-12-01 15:02:30 UTC)',
    'had not begun, and was withdrawn',
  ],
] as const)(
  'a file that was changed outside, what was seen beside a cause, and a restart that nobody needed are in it (%s)',
  (language, file, restart) => {
    const seen = {
      kind: 'answer',
      code: 'answer.health',
      values: { url: 'https://a/health', seen: 'timeout ETIMEDOUT', ms: 3000 },
    }
    const full = { kind: 'disk', code: 'disk.full', values: { path: '/', free: 1, total: 100 } }
    const text = report(language, [
      opened(0),
      entry('incident.file', '15:02:50', { event: 'changed', path: '/srv/.env', at: at('15:02:30') }),
      entry('incident.recovered', '15:05:00', {
        change: 'CHG-2026-0008',
        causes: { causes: [full], seen: [seen], notLooked: [], clear: [] },
      }),
      entry('incident.file', '15:06:00', { event: 'put_back', path: '/srv/.env' }),
      entry('incident.closed', '15:07:00', { cause: 'x', withdrawn: ['CHG-2026-0007'] }),
    ])
    expect(text).toContain(file)
    expect(text).toMatch(/https:\/\/a\/health.* 3 (?:秒|s)/)
    expect(text).toMatch(new RegExp(`CHG-2026-0007 ?(?:は)?${restart}`))
    // The timeline is in the order in which it happened, each once.
    const [timeline = ''] = text.split('## ').filter((one) => /^(?:経過|Timeline)/.test(one))
    expect(timeline.match(/\/srv\/\.env/g)).toHaveLength(2)
    expect(timeline.indexOf('15:02:30')).toBeLessThan(timeline.indexOf('15:02:36'))
  },
)
