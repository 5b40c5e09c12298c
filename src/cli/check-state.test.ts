import { expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import type { CheckDetail, CheckList } from '../contract/check.ts'
import { localTime } from '../words/local-time.ts'
import { renderList, renderOne, shortText } from './commands/check-state.ts'
import { zoneHere } from './show.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const START = Date.UTC(2026, 11, 1, 15)
const at = (seconds: number) => instant(START + seconds * 1000)
const HELD: CheckDetail = {
  at: at(40),
  check: 'mirai/api',
  item: 'api',
  state: 'red',
  everyMs: 20_000,
  since: at(-600),
  lookedAt: at(20),
  saidAt: at(-540),
  code: 'check.not_healthy',
  values: { url: 'https://localhost/health', good: 0, attempts: 2, saw: 'status 503' },
  newest: {
    state: 'good',
    code: 'check.healthy',
    values: { url: 'https://localhost/health', good: 2, attempts: 2 },
  },
  flapping: true,
  findings: [],
}
const terminal = (language: 'ja' | 'en') =>
  new Terminal({ language, json: false, ascii: false, streams: written().streams })
const clock = (seconds: number) => localTime(at(seconds), zoneHere(), 'en').slice(11, 19)
const flat = (text: string) => text.replace(/\s+/g, ' ')

test.each([
  [
    'ja',
    `${clock(-540)} の答え`,
    `最新の答え（${clock(20)}）は良好`,
    '最後の確認 20 秒前',
    '同じ答えが 10 分続くまで',
  ],
  [
    'en',
    `answer of ${clock(-540)}`,
    `the newest answer (${clock(20)}) is good`,
    'last looked at 20 s ago',
    'for 10 minutes',
  ],
] as const)(
  'a check that is held says what it saw then, and what it saw last (%s)',
  (language, then, last, age, why) => {
    const one = flat(renderOne(HELD, terminal(language), 'UTC'))
    for (const said of [then, last, age, why]) expect(one).toContain(said)
    const list: CheckList = { at: HELD.at, checks: [HELD] }
    const row = flat(renderList(list, terminal(language), 'UTC'))
    for (const said of [then, last, why]) expect(row).toContain(said)
    expect(shortText(HELD, terminal(language))).toContain(last)
  },
)

test('a check whose newest look is the one that is shown has its age alone', () => {
  const { newest: _, flapping: __, ...plain } = HELD
  const one = flat(
    renderOne({ ...plain, saidAt: plain.lookedAt ?? '' } as CheckDetail, terminal('en'), 'UTC'),
  )
  expect(one).not.toContain('answer of')
  expect(one).toContain('last looked at 20 s ago')
})

test.each([
  ['ja', 'ほかに古いもの 25 件 sekisho check show mirai/api --json'],
  ['en', 'and 25 older sekisho check show mirai/api --json'],
] as const)('the findings that are not listed are counted (%s)', (language, said) => {
  const findings = Array.from({ length: 7 }, (_, i) => ({
    id: `FND-2026-000${i}`,
    openedAt: at(-i),
    worst: 'red' as const,
    code: 'check.not_healthy',
    values: {},
  }))
  const one = flat(renderOne({ ...HELD, findings, findingsInAll: 30 }, terminal(language), 'UTC'))
  expect(one).toContain(said)
  expect(one.match(/FND-/g)).toHaveLength(5)
  const all = flat(
    renderOne({ ...HELD, findings: findings.slice(0, 5), findingsInAll: 5 }, terminal(language), 'UTC'),
  )
  expect(all).not.toContain('--json')
})
