// Why a change was not kept, as the terminal, the card and the record say it: the step that failed first, what is back, what is not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ChangeView, changeView } from '../contract/change.ts'
import { LANGUAGES } from '../words/words.ts'
import { renderCard } from './card.ts'
import { stateShown, whyOf } from './why.ts'

const VIEW = changeView.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../tests/fixtures/card/view.json'), 'utf8')),
)
type Step = ChangeView['steps'][number]
const unit = (verb: string) => [`/usr/bin/systemctl --no-ask-password ${verb} -- mirai.service`]
const step = (id: string, kind: string, state: Step['state'], more: Partial<Step> = {}): Step => ({
  id,
  kind,
  lines: [],
  state,
  ...more,
})
const execution = (steps: Step[], more: Partial<NonNullable<ChangeView['execution']>>) => ({
  ...VIEW,
  execution: { id: `${VIEW.id}/1`, state: { state: 'closed' }, steps, ...more },
})
const failing = {
  why: 'systemctl',
  exit: 1,
  active: 'activating',
  sub: 'auto-restart',
  result: 'exit-code',
  said: 'Job',
}

test.each(LANGUAGES)('taken back because a step was refused: the cause and what to do (%s)', (language) => {
  const view = execution(
    [
      step('1', 'unit', 'done', { lines: unit('stop') }),
      step('2', 'exchange', 'failed', { facts: { why: 'file.immutable', path: '/srv/data' } }),
      step('undo', 'undo', 'done'),
    ],
    { outcome: 'rolled_back', because: { code: 'action_failed', detail: { why: 'action_failed' } } },
  )
  const why = whyOf(view, language)
  expect(why?.what).toContain('/srv/data')
  expect(why?.what).toContain(
    language === 'ja' ? '用意したものと入れ替える' : 'exchange with what was laid out',
  )
  expect(why?.next).toEqual(['lsattr -d /srv/data', 'chattr -ia /srv/data'])
  const card = renderCard({ ...view, state: 'closed' }, { language, width: 80, zone: 'UTC' })
  expect(card).toMatch(language === 'ja' ? /^原因 /m : /^Cause /m)
  expect(card).toContain('chattr -ia /srv/data')
  // What waits for an approval is shown as it was signed.
  expect(
    renderCard({ ...view, state: 'awaiting_approval' }, { language, width: 80, zone: 'UTC' }),
  ).not.toContain('chattr')
})

const startFails = [
  step('1', 'unit', 'done', { lines: unit('stop') }),
  step('2', 'exchange', 'done', { facts: { path: '/srv/data', stood: 'old' } }),
  step('3', 'unit', 'failed', { lines: unit('start'), facts: failing }),
]

test.each(LANGUAGES)('the data are back and the service is not: each is said, in words (%s)', (language) => {
  const detail = {
    steps: [{ result: 'failed', detail: { ...failing, unit: 'mirai.service', verb: 'start' } }],
  }
  const facts = { undone: ['3', '2'], left: ['1'] }
  const stuck = execution([...startFails, step('undo', 'undo', 'failed', { facts })], {
    state: { state: 'stuck', why: 'undo_failed', detail },
  })
  const why = whyOf(stuck, language)
  const said = `${why?.what} ${why?.why}`
  expect(said).not.toMatch(/[{}]|exit-code|systemctl/)
  expect(said).toMatch(language === 'ja' ? /mirai が起動しません/ : /mirai does not start/)
  expect(said).toMatch(
    language === 'ja' ? /変更前に戻っているもの: \/srv\/data ·/ : /as before the change: \/srv\/data ·/,
  )
  expect(said).toMatch(language === 'ja' ? /戻っていないもの: mirai/ : /not as before: mirai/)
  expect(said).toMatch(/retry.*skip/)
  const skipped = execution([...startFails, step('undo', 'undo', 'skipped', { facts })], {
    outcome: 'failed',
    because: { code: 'undo_skipped', detail: { why: 'undo_skipped', left: ['1'], undone: ['3', '2'] } },
  })
  const end = whyOf(skipped, language)
  expect(end?.why).toMatch(
    language === 'ja' ? /変更前に戻っているもの: \/srv\/data ·/ : /as before the change: \/srv\/data ·/,
  )
  expect(end?.why).toMatch(
    language === 'ja'
      ? /最初に失敗したもの: mirai が起動しません/
      : /what failed first: mirai does not start/,
  )
  expect(end?.next).toContain('journalctl -u mirai -n 50')
})

test.each(LANGUAGES)(
  'the files are back and the service does not read them again: the file is not called changed (%s)',
  (language) => {
    const reload = { why: 'systemctl', exit: 1, active: 'active', unit: 'mirai.service', verb: 'reload' }
    const line = '/etc/mirai/app.conf: sha256 ba8c1a48fea8 11 bytes 0644 0:0 -> sha256 8fcef46d2918'
    const tried = [
      { result: 'applied', detail: { files: { '/etc/mirai/app.conf': 'replaced' } } },
      { result: 'failed', detail: reload },
    ]
    const stuck = execution(
      [
        step('1', 'replaceFiles', 'done', { lines: [line] }),
        step('2', 'unit', 'failed', { lines: unit('reload'), facts: { why: 'systemctl' } }),
        step('undo', 'undo', 'failed', {
          facts: { undone: ['2'], left: ['1'], filesBack: ['1'], steps: tried },
        }),
      ],
      { state: { state: 'stuck', why: 'undo_failed', detail: { steps: tried } } },
    )
    const why = whyOf(stuck, language)
    expect(why?.why).toContain(
      language === 'ja'
        ? '変更前に戻っているもの: /etc/mirai/app.conf · 戻っていないもの: mirai'
        : 'as before the change: /etc/mirai/app.conf · not as before: mirai',
    )
    expect(why?.next).toContain('journalctl -u mirai -n 50')
  },
)

test.each(LANGUAGES)(
  'what nobody kept, or somebody stopped, was not taken back for what it could not show (%s)',
  (language) => {
    const seen = { 'probe:/etc/a': { why: 'no_probe', path: '/etc/a', verdict: 'not_proven' } }
    const ended = (code: string) =>
      whyOf(
        execution([step('proof', 'proof', 'uncertain', { facts: seen })], {
          outcome: 'rolled_back',
          because: { code, detail: {} },
        }),
        language,
      )?.what
    expect(ended('asked')).toMatch(language === 'ja' ? /人が止めました/ : /a person stopped it/)
    expect(ended('deadline')).toMatch(language === 'ja' ? /時間までに/ : /nobody said keep in time/)
    expect(ended('proof_red')).toContain('/etc/a')
  },
)

test.each(LANGUAGES)(
  'a change that waits for room is not called undone or not undone, and says where (%s)',
  (language) => {
    const path = '/var/lib/sekisho/runner/journal/CHG-2026-0001.1.jsonl'
    const waits = execution([], {
      state: { state: 'running', action: 'arm', direction: 'apply', noRoom: path },
    })
    const shown = renderCard({ ...waits, state: 'executing' }, { language, width: 80, zone: 'UTC' })
    expect(whyOf(waits, language)?.what).toContain(path)
    expect(shown).toContain('df -h')
    expect(stateShown({ ...waits, state: 'executing' })).toBe('executing')
  },
)

test.each(LANGUAGES)(
  'a fault of the runner is no failed undo: the change is called stopped, with what it said (%s)',
  (language) => {
    const detail = { message: 'Error: EIO: i/o error, write' }
    const faulty = execution([], { state: { state: 'stuck', why: 'runner_fault', detail } })
    const shown = renderCard({ ...faulty, state: 'stuck' }, { language, width: 80, zone: 'UTC' })
    expect(shown).not.toMatch(/not undone|元に戻せていません/)
    expect(shown).toContain('EIO')
    expect(shown).toContain('sekisho runner reconcile')
    const undo = execution([], { state: { state: 'stuck', why: 'undo_failed', detail: {} } })
    expect([stateShown({ ...faulty, state: 'stuck' }), stateShown({ ...undo, state: 'stuck' })]).toEqual([
      'halted',
      'stuck',
    ])
  },
)
