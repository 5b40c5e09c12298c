// The glance: never more than five lines, and nothing that waits for somebody is hidden by what waits less.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ChangeView, changeView } from '../contract/change.ts'
import type { Status } from '../contract/gate.ts'
import { render } from './commands/status.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const FIXTURE = join(import.meta.dirname, '../../tests/fixtures/card/view.json')
const VIEW = changeView.parse(JSON.parse(readFileSync(FIXTURE, 'utf8')))
const of = (id: string, state: ChangeView['state']): ChangeView => ({ ...VIEW, id, state }) as ChangeView

const CALM: Status = {
  name: 'web1',
  at: VIEW.createdAt,
  calm: true,
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

describe('status', () => {
  test.each([
    ['ja', /^ 直し待ち +CHG-2026-0007 .*検査で止まっています.* ほか 1 件$/],
    ['en', /^ to be revised +CHG-2026-0007 .*blocked by a check.* and 1 more$/],
  ] as const)('shows a change that waits for its author (%s)', (language, line) => {
    const lines = said(language, { toRevise: 2, revise: [of('CHG-2026-0007', 'blocked')] })
    expect(lines.filter((one) => line.test(one))).toHaveLength(1)
    expect(lines).toHaveLength(5)
  })
  test('in five lines what waits most stands, and the last line says what to type', () => {
    const all = said('en', {
      runner: { reachable: false, why: 'x' },
      attention: [of('CHG-2026-0009', 'stuck')],
      forYou: [of('CHG-2026-0009', 'stuck')],
      toRevise: 1,
      revise: [of('CHG-2026-0008', 'void')],
    })
    expect(all).toHaveLength(5)
    expect(all[1]).toMatch(/runner +does not answer/)
    expect(all[2]).toMatch(/needs a person +CHG-2026-0009/)
    expect(all[3]).toMatch(/to be revised +CHG-2026-0008/)
    expect(all[4]).toMatch(/^ next +sekisho change show/)
  })
  test.each([
    ['ja', /^ 実行中 +CHG-2026-0008 .*効いているか確かめる/],
    ['en', /^ running now +CHG-2026-0008 .*prove it is in effect/],
  ] as const)('what runs now is named, with what it is at (%s)', (language, line) => {
    const proof = { id: 'proof', kind: 'proof', lines: [], state: 'running' as const }
    const execution = { id: 'CHG-2026-0008/1', state: { state: 'running' }, steps: [proof] }
    const underWay = [{ ...of('CHG-2026-0008', 'executing'), execution }]
    const lines = said(language, { running: 1, underWay, toRevise: 1, revise: [of('CHG-2026-0007', 'void')] })
    expect(lines[1]).toMatch(line)
  })
  test('what waits for an approval says what it is for, before the words run out', () => {
    const undo = { ...VIEW.undo, milliseconds: 100 }
    const waiting = { ...of('CHG-2026-0009', 'awaiting_approval'), service: 'app', undo }
    expect(said('en', { waiting: 1, forYou: [waiting] })[1]).toMatch(
      /CHG-2026-0009 .*way back takes 0\.1 s {2}app/,
    )
  })
  test('more than one that needs a person is counted', () => {
    const attention = [of('CHG-2026-0009', 'awaiting_keep'), of('CHG-2026-0008', 'awaiting_keep')]
    expect(said('en', { calm: false, needsPerson: 2, attention })[1]).toMatch(/ and 1 more$/)
  })
  test.each([
    ['ja', /^ runner +空きが足りず、何も始めません {2}sekisho doctor$/],
    ['en', /^ runner +too little space: nothing starts {2}sekisho doctor$/],
  ] as const)('a runner that answers and would start nothing is not passed over (%s)', (language, line) => {
    expect(said(language, { calm: false, runner: { reachable: true, trouble: 'disk' } })[1]).toMatch(line)
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
      const [, line = ''] = said(language, { calm: false, attention: [{ ...waiting, undo }] })
      expect(line).toContain(text)
      expect(line).not.toContain('0.1')
    },
  )
  test('nothing waiting reads as the design has it', () => {
    expect(said('ja', {}).map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
      '関所 平常',
      '最後の変更',
      '台帳',
      '次に',
    ])
  })
})
