// What the checks tell people to type works for who reads it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import { changeView } from '../contract/change.ts'
import type { CheckDetail, CheckHistory } from '../contract/check.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { renderHistory, renderOne } from './commands/check-state.ts'
import { whatToDo } from './commands/service.ts'
import { nextLines } from './show.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const AT = instant(Date.UTC(2026, 11, 1, 15))
const ONE: CheckDetail = {
  at: AT,
  check: 'mirai/service',
  item: 'service',
  state: 'red',
  everyMs: 15_000,
  lookedAt: AT,
  code: 'check.not_running',
  values: { unit: 'mirai.service', active: 'inactive', sub: 'dead', service: 'mirai' },
  findings: [],
}
const terminal = (language: 'ja' | 'en' = 'en', ascii = false) =>
  new Terminal({ language, json: false, ascii, streams: written().streams })
const lines = (one: CheckDetail, uid?: number) => renderOne(one, terminal(), 'UTC', uid).split('\n')

test('a stopped service: its journal for who may not read it and for root, and how it is started', () => {
  const start = 'sekisho do service --service mirai --verb start --instruction "…"'
  expect(lines(ONE)).toEqual(
    expect.arrayContaining(['sudo journalctl -u mirai.service -n 100 --no-pager', start]),
  )
  expect(lines(ONE, 0)).toEqual(
    expect.arrayContaining(['journalctl -u mirai.service -n 100 --no-pager', start]),
  )
  // What an earlier release has stored names no service.
  const { service: _, ...old } = ONE.values
  expect(lines({ ...ONE, values: old }).join('\n')).not.toContain('sekisho do service')
})

test('a certificate that ends names certbot only where it is there', () => {
  const of = (certbot: boolean) =>
    lines({
      ...ONE,
      item: 'certificate',
      code: 'check.certificate_ends',
      values: { host: 'mirai.example.jp', days: 3, until: AT, certbot },
    }).join('\n')
  expect(of(false)).not.toContain('certbot')
  expect(of(false)).toContain('openssl s_client -connect mirai.example.jp:443 -servername mirai.example.jp ')
  expect(of(true)).toContain('sudo certbot certificates')
})

test('a store that is away: the line is the one that the command line replaces by the units', () => {
  for (const language of ['ja', 'en'] as const)
    expect(
      ERROR_WORDS['store.unavailable'][language](reader({ named: 'embedded', why: 'refused' })).next,
    ).toContain('sekisho up')
})

test.each([
  ['ja', '· は良好、! は注意、× は異常', '最大 29 日'],
  ['en', '· good, ! warning, × red, ? no data or late', 'highest 29 days'],
] as const)(
  'the legend of a history names each mark that is drawn, and the number its unit (%s)',
  (language, legend, highest) => {
    const history: CheckHistory = {
      at: AT,
      check: 'mirai/certificate',
      item: 'certificate',
      from: instant(Date.parse(AT) - 120_000),
      stepMs: 60_000,
      steps: [{ at: AT, state: 'good', samples: 1, value: 29 }],
      findings: [],
      said: [],
    }
    const text = renderHistory(history, terminal(language), 'UTC').replaceAll(
      /\n\s*/g,
      language === 'ja' ? '' : ' ',
    )
    expect(text).toContain(legend)
    expect(text).toContain(highest)
    expect(renderHistory(history, terminal('en', true), 'UTC')).toMatch(/x red/)
  },
)

test.each([
  ['ja', '承認する（ops2）', '承認できる人がいません'],
  ['en', 'approve (ops2)', 'nobody may approve this'],
] as const)('under a card stands who can approve it (%s)', (language, label, nobody) => {
  const read = readFileSync(join(import.meta.dirname, '../../tests/fixtures/card/view.json'), 'utf8')
  const view = changeView.parse(JSON.parse(read))
  const of = (by: readonly string[]) =>
    nextLines(
      {
        ...view,
        state: 'awaiting_approval',
        next: [{ command: `sekisho change approve ${view.id}`, by: [...by] as never, code: 'next.approve' }],
      },
      terminal(language),
    )
  expect(of(['ops2'])).toContain(`${label}  sekisho change approve ${view.id}`)
  expect(of([])).toContain(nobody)
})

test('service status says what to do of a unit that does not run, and of one that runs and is not healthy', () => {
  const service = { name: 'mirai', host: 'h1', unit: 'mirai.service', files: [] }
  const red = { verdict: 'red' as const, detail: 'status 502' }
  const said = (active: string, uid: number) =>
    whatToDo({ ...service, active, health: red } as never, terminal(), uid).join('\n')
  expect(said('inactive (dead)', 1000)).toContain(
    'sekisho do service --service mirai --verb start --instruction "…"',
  )
  expect(said('inactive (dead)', 1000)).toContain('sudo journalctl -u mirai.service')
  expect(said('active (running)', 0)).not.toMatch(/--verb start|sudo/)
  const green = { ...service, active: 'active (running)', health: { verdict: 'green', detail: '200' } }
  expect(whatToDo(green as never, terminal(), 0)).toEqual([])
})
