// The glance: calm is only said where everything was looked at and nothing waits.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import { type ChangeLine, changeView } from '../contract/change.ts'
import type { Status } from '../contract/gate.ts'
import { columns } from '../words/layout.ts'
import { exitOf, render } from './commands/status.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const FIXTURE = join(import.meta.dirname, '../../tests/fixtures/card/view.json')
const VIEW = changeView.parse(JSON.parse(readFileSync(FIXTURE, 'utf8')))
const of = (id: string, state: ChangeLine['state']): ChangeLine => ({ ...VIEW, id, state }) as ChangeLine

const CALM: Status = {
  name: 'web1',
  at: VIEW.createdAt,
  calm: true,
  health: [{ service: 'app', verdict: 'green', detail: '200', at: VIEW.createdAt, since: VIEW.createdAt }],
  waitsFor: [],
  red: [],
  reds: 0,
  uncertain: 0,
  waitsForYou: false,
  waiting: 0,
  running: 0,
  needsPerson: 0,
  forYou: [],
  attention: [],
  toRevise: 0,
  revise: [],
  last: of('CHG-2026-0001', 'closed'),
  ledger: { size: 4, witness: false },
  runner: { reachable: true },
  paused: [],
  next: ['sekisho change show CHG-2026-0001'],
}
const said = (language: 'ja' | 'en', more: Partial<Status>) =>
  render(
    { ...CALM, ...more },
    new Terminal({ language, json: false, ascii: false, streams: written().streams }),
    'UTC',
  ).split('\n')

const line = (lines: readonly string[], name: string) =>
  lines.find((one) => one.startsWith(` ${name}`)) ?? lines.join('\n')

describe('status', () => {
  test.each([
    ['ja', '関所 平常', '健全        ✓ app（たった今に確認）'],
    ['en', 'Sekisho calm', 'health        ✓ app (looked at just now)'],
  ] as const)('calm, with the age of what was looked at (%s)', (language, head, health) => {
    const lines = said(language, {})
    expect(lines[0]).toContain(head)
    expect(lines[1]).toContain(health)
    expect(exitOf(CALM)).toBe(0)
  })
  test.each([
    [
      'ja',
      '関所 平常（週次の確認に異常 1）   赤 0',
      '良好 16、異常 0、注意 1、週次の異常 1、遅れ 0、データなし 0  sekisho check list',
    ],
    [
      'en',
      'Sekisho calm but for 1 weekly   0 red',
      '16 good, 0 red, 1 to be watched, 1 weekly, 0 late, 0 without data',
    ],
  ] as const)(
    'a weekly item that is red stands in the first line, and a warning is no red (%s)',
    (language, head, counts) => {
      const checks = { good: 16, red: 0, warning: 1, weekly: 1, late: 0, noData: 0, worst: [] }
      const lines = said(language, { checks })
      expect(lines[0]).toContain(head)
      expect(lines.join('').replace(/ +/g, '')).toContain(counts.replace(/ +/g, ''))
    },
  )
  test.each([
    ['ja', '終わっていない', 'INC-2026-0001'],
    ['en', 'still open', 'INC-2026-0001'],
  ] as const)('an incident that has recovered and waits for its end is shown (%s)', (language, name, id) => {
    const values = {
      incident: id,
      level: 1,
      service: 'app',
      state: 'monitoring',
      commander: 'ops1',
      ageMs: 60_000,
      type: '',
    }
    const open: Status['open'] = [{ name: 'incident', state: 'warn', code: 'doctor.incident_open', values }]
    const lines = said(language, { calm: false, open })
    expect(lines[0]).not.toMatch(/平常|calm/)
    expect(line(lines, name)).toContain(id)
  })
  test.each([
    ['ja', 'ほか 2 件'],
    ['en', 'and 2 more'],
  ] as const)(
    'every row that shows the first of several says how many more there are (%s)',
    (language, more) => {
      const fact = (n: number) => ({
        name: 'incident',
        state: 'warn' as const,
        code: 'doctor.incident_open',
        values: {
          incident: `INC-2026-000${n}`,
          service: 'app',
          state: 'open',
          level: '2',
          ageMs: 60_000,
          type: '',
        },
      })
      const incidents = said(language, { calm: false, open: [1, 2, 3, 4, 5].map(fact) })
      expect(incidents.join('\n')).toContain(more)
      expect(incidents.join('\n')).toContain('sekisho doctor')
      expect(incidents.join('\n')).not.toContain('INC-2026-0004')
      // The gate lists the first changes of a state, and says how many there are.
      const paused = [of('CHG-2026-0002', 'paused')]
      const later = ['CHG-2026-0003', 'CHG-2026-0004', 'CHG-2026-0005'].map((id) => ({ id, from: CALM.at }))
      for (const of_ of [
        { running: 3, underWay: [of('CHG-2026-0002', 'executing')] },
        { needsPerson: 3, toAnswer: 3, attention: paused },
        { aloneLater: later as unknown as NonNullable<Status['aloneLater']> },
      ])
        expect(said(language, { calm: false, ...of_ }).join('\n'), JSON.stringify(of_)).toContain(more)
    },
  )
  test.each([
    ['ja', /✗ app 404 を返しました（宣言と違います）（\d\d:\d\d:\d\dに確認、3 分前の ?確認から）/],
    ['en', /✗ app it answers 404, not the declared status \(looked at \d\d:\d\d:\d\d, seen so for 3 min\)/],
  ] as const)(
    'a service that answers 404 is red, since when, and the exit code is 1 (%s)',
    (language, text) => {
      const since = instant(Date.parse(CALM.at) - 180_000)
      const health: Status['health'] = [
        { service: 'app', verdict: 'red', detail: 'status 404', at: CALM.at, since },
        { service: 'nginx', verdict: 'green', detail: '200', at: CALM.at, since },
        { service: 'cron', verdict: 'not_declared', detail: '' },
      ]
      const now = { calm: false, reds: 1, health }
      const lines = said(language, now)
      expect(lines[0]).not.toMatch(/平常|calm/)
      expect(lines.join(' ').replace(/ +/g, ' ')).toMatch(text)
      expect(lines.filter((one) => one.includes('✓'))).toHaveLength(1)
      expect(exitOf({ ...CALM, ...now })).toBe(1)
    },
  )
  test.each([
    ['ja', '! app  分かりません（1 分前に見たときは健全。その後 app/service が異常）'],
    ['en', '! app  not known (healthy 1 min ago; app/service has been red since)'],
  ] as const)('a service whose unit was seen stopped since has no tick (%s)', (language, text) => {
    const at = instant(Date.parse(CALM.at) - 60_000)
    const one = { service: 'app', verdict: 'not_looked_at' as const, detail: '', at, doubt: 'app/service' }
    const lines = said(language, { calm: false, uncertain: 1, health: [one] })
    expect(lines.join('').replace(/ +/g, '')).toContain(text.replace(/ +/g, ''))
    expect(lines.join('\n')).not.toContain('✓ app')
  })
  test.each([
    ['ja', '! app  見ていません（最後に見たのは 10 分前）'],
    ['en', '! app  not looked at (last looked at 10 min ago)'],
  ] as const)('what was looked at too long ago is not green (%s)', (language, text) => {
    const at = instant(Date.parse(CALM.at) - 600_000)
    const now = {
      calm: false,
      uncertain: 1,
      health: [{ service: 'app', verdict: 'not_looked_at' as const, detail: '', at }],
    }
    expect(said(language, now).join('\n')).toContain(text)
    expect(exitOf({ ...CALM, ...now })).toBe(1)
  })
  test.each([
    ['ja', '承認待ち 0、開始待ち 35、実行中 1', '開始待ち', 'ほか 34 件'],
    ['en', '0 waiting, 35 to start, 1 running', 'to start', 'and 34 more'],
  ] as const)('what is approved and waits for its target is counted (%s)', (language, head, row, more) => {
    const queue = [of('CHG-2026-0050', 'approved')]
    const lines = said(language, {
      running: 1,
      underWay: [of('CHG-2026-0049', 'executing')],
      queued: 35,
      queue,
    })
    expect(lines[0]).toContain(head)
    expect(line(lines, row)).toContain('CHG-2026-0050')
    expect(line(lines, row)).toContain(more)
  })
  test('each waiting change says for whom; what waits for the reader comes first and the exit code is 3', () => {
    const mine = of('CHG-2026-0042', 'awaiting_approval')
    const others = of('CHG-2026-0044', 'awaiting_approval')
    const now: Partial<Status> = {
      calm: false,
      waiting: 2,
      forYou: [mine],
      waitsForYou: true,
      waitsFor: [
        { change: others, people: ['ops2'] },
        { change: mine, people: ['ops1'] },
      ],
    }
    const lines = said('en', now)
    expect(line(lines, 'waits for')).toMatch(/you: CHG-2026-0042/)
    expect(lines[lines.indexOf(line(lines, 'waits for')) + 1]).toMatch(/ops2: CHG-2026-0044/)
    expect(line(said('ja', now), '承認待ち')).toMatch(/あなた: CHG-2026-0042/)
    expect(exitOf({ ...CALM, ...now })).toBe(3)
    expect(exitOf({ ...CALM, ...now, waitsForYou: false })).toBe(0)
    expect(lines[0]).not.toContain('calm')
  })
  test.each([
    ['ja', '前回のバックアップが失敗しました', '関所の外で変えられました: /etc/a'],
    ['en', 'the last backup failed', 'changed outside of the gate: /etc/a'],
  ] as const)('a failed backup and a file edited by hand are named (%s)', (language, backup, file) => {
    const red: Status['red'] = [
      {
        name: 'backup',
        state: 'bad',
        code: 'doctor.backup_failed',
        values: { service: 'app', why: 'backup.no_space', ageMs: 20_000 },
      },
      {
        name: 'files',
        state: 'bad',
        code: 'doctor.file_edited',
        values: { service: 'app', path: '/etc/a', since: CALM.at, sinceMs: 60_000, ageMs: 20_000 },
      },
    ]
    const lines = said(language, { calm: false, reds: 2, red })
    const text = lines.join(' ').replace(/ +/g, ' ')
    expect(text).toContain(backup)
    expect(text).toContain(file)
    for (const one of lines) expect(columns(one), one).toBeLessThanOrEqual(80)
  })
  test('a moment stands in the zone of whoever reads, in every row', () => {
    const fact = {
      name: 'isolation',
      state: 'bad' as const,
      code: 'doctor.isolated',
      values: { incident: 'INC-2026-0004', since: '2026-12-01T15:03:25.283Z', address: '10.88.0.1' },
    }
    for (const language of ['ja', 'en'] as const) {
      const text = said(language, { calm: false, reds: 1, red: [fact] })
        .join(' ')
        .replace(/ +/g, ' ')
      expect(text).toContain('2026-12-01 15:03:25 UTC')
      expect(text).not.toMatch(/\dT\d/)
    }
  })
  test.each([
    ['ja', /^ 直し待ち +CHG-2026-0007 .*検査で止まっています.* ほか 1 件$/],
    ['en', /^ to be revised +CHG-2026-0007 .*blocked by a check.* and 1 more$/],
  ] as const)('shows a change that waits for its author (%s)', (language, text) => {
    const lines = said(language, { toRevise: 2, revise: [of('CHG-2026-0007', 'blocked')] })
    expect(lines.filter((one) => text.test(one))).toHaveLength(1)
  })
  test('nothing that is wrong hides anything that waits, and the last line says what to type', () => {
    const all = said('en', {
      calm: false,
      reds: 1,
      uncertain: 1,
      runner: { reachable: false, why: 'x' },
      attention: [of('CHG-2026-0009', 'stuck')],
      forYou: [of('CHG-2026-0009', 'stuck')],
      toRevise: 1,
      revise: [of('CHG-2026-0008', 'void')],
    })
    expect(line(all, 'red')).toMatch(/runner does not answer/)
    expect(line(all, 'uncertain')).toMatch(/CHG-2026-0009/)
    expect(line(all, 'to be revised')).toMatch(/CHG-2026-0008/)
    expect(all.at(-1)).toMatch(/^ next +sekisho change show/)
  })
  test.each([
    ['ja', /^ 実行中 +CHG-2026-0008 .*効いているか確かめる/],
    ['en', /^ running +CHG-2026-0008 .*prove it is in effect/],
  ] as const)('what runs now is named, with what it is at (%s)', (language, text) => {
    const execution = { id: 'CHG-2026-0008/1', state: { state: 'running' }, step: 'proof' }
    const underWay = [{ ...of('CHG-2026-0008', 'executing'), execution }]
    const lines = said(language, { running: 1, underWay })
    expect(lines.join('\n')).toMatch(new RegExp(text.source, 'm'))
  })
  test('what waits for an approval says what it is for, before the words run out', () => {
    const undo = { ...VIEW.undo, milliseconds: 100 }
    const waiting = { ...of('CHG-2026-0009', 'awaiting_approval'), service: 'app', undo }
    expect(
      line(
        said('en', { waiting: 1, waitsFor: [{ change: waiting, people: [] }], forYou: [waiting] }),
        'waits for',
      ),
    ).toMatch(/CHG-2026-0009 .*way back takes 0\.1 s {2}app/)
  })
  test('more than one that needs a person is counted', () => {
    const attention = [of('CHG-2026-0009', 'awaiting_keep'), of('CHG-2026-0008', 'awaiting_keep')]
    expect(line(said('en', { calm: false, needsPerson: 2, attention }), 'for a person')).toMatch(
      / and 1 more$/,
    )
  })
  test.each([
    ['ja', /runner 空きが足りず、何も始めません {2}sekisho doctor$/],
    ['en', /runner too little space: nothing starts {2}sekisho doctor$/],
  ] as const)('a runner that answers and would start nothing is not passed over (%s)', (language, text) => {
    const lines = said(language, { calm: false, reds: 1, runner: { reachable: true, trouble: 'disk' } })
    expect(lines.some((one) => text.test(one))).toBe(true)
  })
  test.each([
    ['ja', 'あと 300 秒で元に戻る'],
    ['en', 'goes back in 300 s'],
  ] as const)(
    'a change that waits for keep says how long it waits, not how long its undo took (%s)',
    (language, text) => {
      const execution = {
        id: 'CHG-2026-0009/1',
        state: { state: 'awaitingKeep', why: 'by_person', remainingMs: 299_400 },
        steps: [],
      }
      const waiting = { ...of('CHG-2026-0009', 'awaiting_keep'), execution }
      const undo = { ...VIEW.undo, milliseconds: 100 }
      const lines = said(language, { calm: false, attention: [{ ...waiting, undo }] })
      const row = lines.find((one) => one.includes('CHG-2026-0009')) ?? ''
      expect(row).toContain(text)
      expect(row).not.toContain('0.1')
    },
  )
})
