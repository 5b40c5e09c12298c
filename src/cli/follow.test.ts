// Following a change and its last words: golden lines of every state in both languages, and when following stops.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SekishoError } from '../base/error.ts'
import { EXIT, type ExitCode } from '../base/error-codes.ts'
import { CHANGE_STATES, type ChangeView, changeView } from '../contract/change.ts'
import { columns } from '../words/layout.ts'
import { Client } from './client.ts'
import { follow } from './follow.ts'
import { exitOf, printOutcome, stayed } from './outcome.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const FIXTURES = join(import.meta.dirname, '../../tests/fixtures')
const VIEW: ChangeView = changeView.parse(JSON.parse(readFileSync(join(FIXTURES, 'card/view.json'), 'utf8')))

const ended = (outcome: 'kept' | 'rolled_back' | 'failed') => ({
  id: `${VIEW.id}/1`,
  state: { state: 'closed' },
  steps: [
    { id: 'copies', kind: 'copies', lines: [], state: 'done' as const },
    {
      id: '1',
      kind: 'unit',
      lines: ['/usr/bin/systemctl --no-ask-password reload -- nginx.service'],
      state: 'done' as const,
      milliseconds: 70,
    },
    {
      id: 'proof',
      kind: 'proof',
      lines: [],
      state: outcome === 'kept' ? ('done' as const) : ('failed' as const),
      milliseconds: 4100,
      facts:
        outcome === 'kept'
          ? {
              nginx: {
                verdict: 'green',
                asked: [{ url: 'https://a.test/', before: '200', after: '200' }],
                notAsked: [{ where: 'a.test @x', why: 'internal' }],
              },
            }
          : { nginx: { verdict: 'red', why: 'error_log', port: 443, line: '[emerg] bind() failed' } },
    },
  ],
  startedAt: '2026-11-25T14:14:00.000Z',
  endedAt: '2026-11-25T14:14:05.000Z',
  outcome,
})

/** A restart after which the service does not run. */
const dead: NonNullable<ChangeView['execution']> = {
  ...ended('failed'),
  steps: [
    {
      id: 'proof',
      kind: 'proof',
      lines: [],
      state: 'failed',
      milliseconds: 900,
      facts: {
        'running:mirai.service': { verdict: 'red', why: 'failed', active: 'failed', result: 'exit-code' },
      },
    },
  ],
  because: { code: 'proof_red', detail: { unit: 'mirai.service', active: 'failed', sub: 'failed' } },
}

/** The same change, as it stands in each state. */
function viewIn(state: ChangeView['state']): ChangeView {
  const view = { ...VIEW, state, next: [{ command: `sekisho change show ${VIEW.id}`, by: [], code: 'next' }] }
  if (state === 'succeeded' || state === 'closed') return { ...view, execution: ended('kept') }
  if (state === 'rolled_back') return { ...view, execution: ended('rolled_back') }
  if (state === 'failed') return { ...view, execution: dead }
  if (state === 'void')
    return {
      ...view,
      moved: [
        {
          what: '/etc/nginx/sites-available/mirai',
          code: 'moved.target',
          at: '2026-11-25T14:20:11.000Z',
          by: 'unknown',
          detail: {},
        },
      ],
    }
  if (state === 'blocked')
    return {
      ...view,
      checks: [
        {
          check: 'validation',
          verdict: 'red',
          collector: 'runner',
          facts: {},
          problems: [{ code: 'unknown-to-us', path: '/etc/nginx/a', line: 3, text: 'unknown directive' }],
        },
      ],
    }
  if (state === 'paused')
    return {
      ...view,
      execution: {
        ...ended('kept'),
        because: { code: 'uncertain', detail: { found: 'old' } },
        outcome: undefined,
        endedAt: undefined,
        steps: [],
      },
    }
  return view
}

function lastWords(state: ChangeView['state'], language: 'ja' | 'en'): { text: string; exit: ExitCode } {
  const to = written()
  const terminal = new Terminal({ language, json: false, ascii: false, streams: to.streams })
  const exit = printOutcome(viewIn(state), terminal, 'Asia/Tokyo')
  return { text: to.out() + to.err(), exit }
}

describe('the last words about a change', () => {
  test.each(['ja', 'en'] as const)('%s reads as the golden text in every state', (language) => {
    const text = CHANGE_STATES.map((state) => {
      const said = lastWords(state, language)
      return `${state} ${said.exit}\n${said.text}`
    }).join('\n')
    expect(text).toBe(readFileSync(join(FIXTURES, `follow/${language}.txt`), 'utf8'))
  })
  test('what another change holds is looked at first', () => {
    const to = written()
    const terminal = new Terminal({ language: 'en', json: false, ascii: false, streams: to.streams })
    const held = { code: 'conflict.held', text: 'file:h1:/srv/x.conf CHG-2026-0007/1' }
    const red = {
      check: 'conflict',
      verdict: 'red' as const,
      collector: 'gate' as const,
      facts: {},
      problems: [held, held],
    }
    printOutcome({ ...viewIn('blocked'), checks: [red] }, terminal)
    const said = to.err()
    expect(said.match(/sekisho change show CHG-2026-0007$/gm)).toHaveLength(1)
    expect(said.indexOf('change show CHG-2026-0007')).toBeLessThan(said.indexOf('change revise'))
  })
  test('a closed change that failed, or was aborted, does not say that it was kept', () => {
    for (const outcome of ['failed', 'aborted'] as const) {
      const to = written()
      const terminal = new Terminal({ language: 'en', json: false, ascii: false, streams: to.streams })
      const view = { ...viewIn('closed'), execution: { ...dead, outcome } }
      expect(printOutcome(view, terminal)).toBe(EXIT.failed)
      expect(exitOf(view)).toBe(EXIT.failed)
      expect(to.out() + to.err()).not.toMatch(/Kept|Done/)
      expect((to.out() + to.err()).includes('Taken back')).toBe(outcome === 'aborted')
    }
  })
  test.each(['ja', 'en'] as const)(
    'left undone: what is back, what is not, what failed first, in %s',
    (language) => {
      const to = written()
      const terminal = new Terminal({ language, json: false, ascii: false, streams: to.streams })
      const line = (verb: string) => [`/usr/bin/systemctl --no-ask-password ${verb} -- mirai.service`]
      const facts = { why: 'systemctl', exit: 1, active: 'failed', sub: 'failed', result: 'exit-code' }
      const execution = {
        id: `${VIEW.id}/1`,
        state: { state: 'closed' },
        outcome: 'failed' as const,
        because: { code: 'undo_skipped', detail: { why: 'undo_skipped', left: ['1'], undone: ['3', '2'] } },
        steps: [
          { id: '1', kind: 'unit', lines: line('stop'), state: 'done' as const },
          { id: '2', kind: 'exchange', lines: [], state: 'done' as const, facts: { path: '/srv/data' } },
          { id: '3', kind: 'unit', lines: line('start'), state: 'failed' as const, facts },
        ],
      }
      printOutcome({ ...VIEW, pattern: 'data', state: 'failed', next: [], execution }, terminal)
      const said = to.out() + to.err()
      // A line each: who is in a hurry looks for one of them.
      expect(said).toContain(
        language === 'ja' ? ' 変更前に戻っているもの: /srv/data\n' : ' as before the change: /srv/data\n',
      )
      expect(said).toContain(language === 'ja' ? ' 戻っていないもの: mirai\n' : ' not as before: mirai\n')
      expect(said).toContain('journalctl -u mirai')
      expect(said).not.toMatch(/changerollback|[{}]/)
    },
  )
  test('the exit code is the same with --json, whose answer is the view', () => {
    for (const state of CHANGE_STATES) {
      const to = written()
      const exit = printOutcome(
        viewIn(state),
        new Terminal({ language: 'en', json: true, ascii: false, streams: to.streams }),
      )
      expect(exit, state).toBe(lastWords(state, 'en').exit)
      expect(exit, state).toBe(exitOf(viewIn(state)))
      expect(JSON.parse(to.out())).toMatchObject({ state })
    }
  })
  test('no line is wider than the terminal, none shows a code or JSON', () => {
    for (const language of ['ja', 'en'] as const)
      for (const state of CHANGE_STATES)
        for (const line of lastWords(state, language).text.split('\n')) {
          if (columns(line) > 80) expect(line).toMatch(/sekisho change revise/)
          expect(line).not.toMatch(/moved\.|[{}]|undefined|unknown$/)
        }
  })
})

/** A gate that answers one state after the other. */
function gate(states: readonly ChangeView['state'][]) {
  let at = 0
  const client = new Client({
    url: 'http://gate',
    token: 't',
    language: 'en',
    start: 'sekisho up',
    key: () => 'k',
    ask: async () => {
      const state = states[Math.min(at, states.length - 1)] ?? 'closed'
      at += 1
      return Response.json(viewIn(state))
    },
  })
  return { client, asked: () => at }
}
const silent = () => new Terminal({ language: 'en', json: false, ascii: false, streams: written().streams })

describe('following', () => {
  test.each([
    [['approved', 'executing', 'verifying', 'awaiting_keep'], 'awaiting_keep'],
    [['executing', 'paused'], 'paused'],
    [['executing', 'closed'], 'closed'],
    [['blocked'], 'blocked'],
  ] as const)('%j stops at %s', async (states, last) => {
    const { client } = gate(states)
    const view = await follow(VIEW.id, client, silent(), new AbortController().signal)
    expect(view.state).toBe(last)
  })
  test('the step that proves shows which sites were asked and which were not', async () => {
    const to = written()
    const terminal = new Terminal({ language: 'en', json: false, ascii: false, streams: to.streams })
    await follow(VIEW.id, gate(['closed']).client, terminal, new AbortController().signal)
    expect(to.err()).toContain('   GET before and after the change, same status: https://a.test/ (200)\n')
    expect(to.err()).toContain('   not asked: a.test @x (internal)\n')
  })
  test('after keep it goes on until the state has left, and stops where it asks again', async () => {
    const kept = gate(['awaiting_keep', 'awaiting_keep', 'closed'])
    const one = await follow(VIEW.id, kept.client, silent(), new AbortController().signal, {
      leaving: 'awaiting_keep',
    })
    expect(one.state).toBe('closed')
    const again = gate(['paused', 'executing', 'paused'])
    const two = await follow(VIEW.id, again.client, silent(), new AbortController().signal, {
      leaving: 'paused',
    })
    expect([two.state, again.asked()]).toEqual(['paused', 3])
  })
  test('Ctrl-C leaves the change and says how to go on', async () => {
    const stop = new AbortController()
    stop.abort()
    const { client } = gate(['awaiting_approval'])
    const to = written()
    const terminal = new Terminal({ language: 'ja', json: false, ascii: false, streams: to.streams })
    const view = await follow(VIEW.id, client, terminal, stop.signal)
    expect(stayed(view, terminal)).toBe(EXIT.interrupted)
    expect(to.err()).toBe(`変更は残っています。続き: sekisho change wait ${VIEW.id}\n`)
  })
  test.each(['ja', 'en'] as const)(
    'a gate that dies and comes back ends nothing, and it is said who goes on (%s)',
    async (language) => {
      const { client } = gate(['executing', 'executing', 'closed'])
      let silent = 3
      const flaky = {
        call: async (...asked: Parameters<typeof client.call>) => {
          if (asked[0] === 'changeWait' && silent-- > 0)
            throw new SekishoError('gate.unreachable', { url: 'x', start: 'y' })
          return client.call(...asked)
        },
      } as unknown as typeof client
      const to = written()
      const terminal = new Terminal({ language, json: false, ascii: false, streams: to.streams })
      const pauses: number[] = []
      const pause = async (ms: number) => void pauses.push(ms)
      const view = await follow(VIEW.id, flaky, terminal, new AbortController().signal, { pause })
      expect([view.state, pauses.length]).toEqual(['closed', 3])
      expect(to.err().match(/sekisho change wait/g)).toHaveLength(1)
      expect(to.err()).toMatch(language === 'ja' ? /ランナーが最後まで/ : /the runner does to its end/)
    },
  )
  test.each([
    ['ja', { reachable: false }, '応答なし'],
    ['en', { reachable: true, trouble: 'disk' }, 'too little space'],
    ['en', { reachable: true }, undefined],
  ] as const)(
    'approved and nothing begins: the runner is named where it is the reason (%s)',
    async (language, runner, said) => {
      const { client } = gate(['approved', 'approved', 'closed'])
      const asked: string[] = []
      const answers = {
        call: async (...words: Parameters<typeof client.call>) => {
          asked.push(words[0])
          return words[0] === 'status' ? { runner } : client.call(...words)
        },
      } as unknown as typeof client
      const to = written()
      const terminal = new Terminal({ language, json: false, ascii: false, streams: to.streams })
      await follow(VIEW.id, answers, terminal, new AbortController().signal, { beginMs: 0 })
      expect(asked.filter((one) => one === 'status')).toHaveLength(1)
      expect(to.err().split('sekisho doctor').length - 1).toBe(said === undefined ? 0 : 1)
      expect(to.err()).toContain(said ?? '')
    },
  )
  test('a gate that stays away is told as away', async () => {
    const { client } = gate(['executing'])
    const gone = {
      call: async (...asked: Parameters<typeof client.call>) => {
        if (asked[0] === 'changeWait') throw new SekishoError('gate.unreachable', { url: 'x', start: 'y' })
        return client.call(...asked)
      },
    } as unknown as typeof client
    const going = follow(VIEW.id, gone, silent(), new AbortController().signal, { pause: async () => {} })
    await expect(going).rejects.toMatchObject({ code: 'gate.unreachable' })
  })
  test('each step is told once, by its own name', async () => {
    const { client } = gate(['closed', 'closed'])
    const to = written()
    await follow(
      VIEW.id,
      client,
      new Terminal({ language: 'en', json: false, ascii: false, streams: to.streams }),
      new AbortController().signal,
    )
    expect(to.err().match(/nginx reload/g)).toHaveLength(1)
    expect(to.err()).toContain(`${VIEW.id}/1  as it ran`)
  })
})
