// What must never be said of checks and notices: that a thing is over which nobody looked at, and nothing where something became worse.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { checkRounds, drainRounds, takeRounds } from '../../src/app/check-rounds.ts'
import { exchangeNotices, noticeMemory } from '../../src/app/notice-files.ts'
import { canonical } from '../../src/base/json.ts'
import { instant } from '../../src/base/time.ts'
import type { CheckId, Seen } from '../../src/checks/result.ts'
import { watchPlacesOf } from '../../src/checks/watch-places.ts'
import { asksForSomebody } from '../../src/checks/weight.ts'
import { renderHistory, renderList, renderOne } from '../../src/cli/commands/check-state.ts'
import { render as renderStatus } from '../../src/cli/commands/status.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { written } from '../../src/cli/test-streams.ts'
import type { CheckDetail, CheckHistory, CheckList } from '../../src/contract/check.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import type { NoticeView } from '../../src/contract/notice.ts'
import type { Notice } from '../../src/notify/notice.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { Spool } from '../../src/watch/spool.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let clock = Date.now()
beforeAll(async () => {
  const shifting = {
    ...systemClock,
    now: () => clock,
    uptime: () => clock,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 50))),
  }
  scene = await openScene({
    watch: 'spool',
    engine: false,
    clock: shifting,
    policy: `notify: { channels: { hook: { kind: webhook, url: 'http://127.0.0.1:9/', private: true, secret: { file: /none } } }, routes: [{ to: [hook], severity: [red, warning] }] }`,
  })
})
afterAll(() => scene.end())
beforeEach(async () => {
  await scene.sql('delete from check_state; delete from finding; delete from check_mute')
  await scene.sql('update notice_item set ended_at = now() where ended_at is null')
  await scene.sql(
    `update notice set state = 'withdrawn', ended_at = now(), closed_at = now(), at = at - interval '1 hour'`,
  )
})

/** One look at an item that found these parts; each look is a minute after the one before. */
async function look(family: string, parts: Readonly<Record<string, Seen>>, code?: string) {
  clock += 60_000
  const results = Object.entries(parts).map(([part, state]) => ({
    check: (part === '' ? family : `${family}:${part}`) as CheckId,
    at: instant(clock),
    state,
    code: code ?? (state === 'no_data' ? 'check.not_looked' : 'check.own_bad'),
    values: { why: 'no answer', said: 'x', exit: 2 },
  }))
  await takeRounds(scene.gate, [{ v: 1, ran: [family as CheckId], results }])
}
const findings = async () =>
  (await scene.sql(`select check_id, state from finding where resolved_at is null order by check_id`)).map(
    ({ check_id, state }) => `${check_id} ${state}`,
  )
const open = async () =>
  (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices
    .filter(({ state }) => !['resolved', 'withdrawn'].includes(state))
    .map(({ state, severity, items }) => `${state} ${severity} ${items}`)
    .sort()
const ack = (check: string) =>
  scene.call('ops1', 'POST', `/checks/${encodeURIComponent(check)}/acknowledge`, { reason: 'on it' })

test('what was taken up and becomes worse is told anew, and what comes later joins nothing that is told no further', async () => {
  await look('host/disk', { '/a': 'warning' })
  expect(await open()).toEqual(['open warning 1'])
  expect((await ack('host/disk:/a')).status).toBe(200)
  expect(await open()).toEqual(['acknowledged warning 1'])
  await look('host/disk', { '/a': 'red' })
  expect(await open()).toEqual(['open red 1'])
  await ack('host/disk:/a')
  expect(await open()).toEqual(['acknowledged red 1'])
  // The service follows from the disk: its own notice, for that of the disk is told no further.
  await scene.rewritePolicy((yaml) =>
    yaml.replace('    configs:\n', '    logs: { error: /none }\n    configs:\n'),
  )
  await scene.sql(`update check_state set check_id = 'host/disk:/a', state = 'red'`)
  await look('app/errors', { '': 'red' })
  expect(await open()).toEqual(['acknowledged red 1', 'open red 1'])
})

test('a notice whose severity rose says how its thing stands now', async () => {
  await look('host/disk', { '/a': 'warning' })
  await look('host/disk', { '/a': 'red' })
  const [one] = (await notices()).filter(stands)
  expect(one?.severity).toBe('red')
  expect(one?.lines.en.find((line) => line.includes(' since '))).toMatch(/^red since/)
  expect(one?.lines.ja.some((line) => line.endsWith('から異常'))).toBe(true)
})

test('to take up one of many takes up that one', async () => {
  await look(
    'host/disk',
    Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`/m${i}`, 'red' as const])),
  )
  const before = await open()
  const many = before.find((one) => !one.endsWith(' 1'))
  expect(many).toBeDefined()
  await ack('host/disk:/m13')
  expect(await open()).toEqual(before)
})

test('to mute one mutes that one: what it follows from is told', async () => {
  await look('host/disk', { '/a': 'red' })
  await scene.call('ops1', 'POST', '/checks/app%2F*/mute', { minutes: 60, reason: 'maintenance' })
  await look('app/errors', { '': 'red' })
  expect(await open()).toEqual(['open red 2'])
  await scene.call('ops1', 'POST', `/checks/${encodeURIComponent('host/disk:/a')}/mute`, {
    minutes: 60,
    reason: 'x',
  })
  expect(await open()).toEqual(['muted red 2'])
  await scene.call('ops1', 'POST', '/checks/app%2F*/unmute')
  expect(await open()).toEqual(['open red 2'])
})

test('a look that failed ends no finding: the parts have no data, and the next whole look ends it and leaves nothing behind', async () => {
  await look('host/disk', { '/a': 'red', '/b': 'good' })
  await look('host/disk', { '': 'no_data' })
  expect(await findings()).toEqual(['host/disk:/a no_data', 'host/disk:/b no_data'])
  await look('host/disk', { '/a': 'good', '/b': 'good' })
  expect(await findings()).toEqual([])
  // An item that may well have no data: red stays a finding all the same.
  await look('host/updates', { security: 'red' })
  await look('host/updates', { '': 'no_data' })
  expect(await findings()).toEqual(['host/updates:security no_data'])
  const rows = (await scene.call<CheckList>('ops1', 'GET', '/checks')).body.checks
  expect(rows.filter(({ check }) => check === 'host/updates')).toEqual([])
  // Where the first look failed, its row goes when the parts are known.
  await look('host/inodes', { '': 'no_data' })
  await look('host/inodes', { '/a': 'good' })
  expect(
    (await scene.sql(`select check_id from check_state where check_id like 'host/inodes%'`)).length,
  ).toBe(1)
})

test('a round that the store refuses is put aside: the others are taken, mutes end, checks go late', async () => {
  const { spool } = watchPlacesOf(join(scene.directory, 'data', 'watch'))
  mkdirSync(spool, { recursive: true })
  await look('host/disk', { '/a': 'good' })
  clock += 60_000
  const round = (check: string, value: string, at = clock) => ({
    v: 1,
    ran: [check],
    results: [
      { check: `${check}:/z`, at: instant(at), state: 'red', code: 'check.own_bad', values: { said: value } },
    ],
  })
  const put = (name: string, of: object) => writeFileSync(join(spool, name), JSON.stringify(of))
  put('checks-20261201T000000000Z-000001.json', round('host/disk', 'binary \0 output'))
  put('checks-20261201T000000000Z-000002.json', round('host/inodes', 'a lone surrogate \ud800'))
  put('checks-20261201T000000000Z-000003.json', round('host/disk', 'well'))
  await drainRounds(scene.gate)
  expect((await findings()).some((one) => one.startsWith('host/disk:/z'))).toBe(true)
  const left = readdirSync(spool)
  expect(left.length).toBeGreaterThan(0)
  expect(left.every((name) => name.startsWith('refused-'))).toBe(true)
})

test('a suspended machine or a clock that was set makes no check late; one that is never looked at again is', async () => {
  const rounds = checkRounds(scene.gate)
  await look('host/disk', { '/a': 'good' })
  await look('host/memory', { '': 'good' })
  await rounds()
  clock += 3_600_000
  await rounds()
  expect((await findings()).filter((one) => one.endsWith('late'))).toEqual([])
  for (let i = 0; i < 12; i++) {
    clock += 30_000
    await rounds()
  }
  expect(await findings()).toContain('host/memory late')
})

test('part of X20: a silent sekisho-watch is red, what it looks at is late and follows from it, and its beat ends that', async () => {
  const rounds = checkRounds(scene.gate)
  const spool = await Spool.open(watchPlacesOf(join(scene.directory, 'data', 'watch')), {
    ...systemClock,
    now: () => clock,
  })
  const pass = async (minutes: number) => {
    for (let i = 0; i < 2 * minutes; i++) {
      clock += 30_000
      await rounds()
    }
  }
  await spool.beat({})
  await look('host/memory', { '': 'good' })
  await spool.beat({})
  await rounds()
  expect(await findings()).not.toContain('host/watch red')
  await pass(6)
  const [late] = await scene.sql(
    `select state, caused_by from finding where check_id = 'host/memory' and resolved_at is null`,
  )
  expect(late).toEqual({ state: 'late', caused_by: 'host/watch' })
  expect(await findings()).toContain('host/watch red')
  // What follows from it is told with it.
  const told = await scene.sql(
    `select notice from notice_item where topic in ('check:host/watch', 'check:host/memory') and ended_at is null`,
  )
  expect(new Set(told.map(({ notice }) => notice)).size).toBe(1)
  await spool.beat({})
  await look('host/memory', { '': 'good' })
  await spool.beat({})
  await rounds()
  expect(await findings()).not.toContain('host/watch red')
  expect(await findings()).not.toContain('host/memory late')
})

test('that the gate was silent is over when the gate has taken it over', async () => {
  const at = (name: string) => join(scene.directory, 'data', 'watch', name)
  for (const name of ['raised', 'sent']) mkdirSync(at(name), { recursive: true })
  const text = { title: 'the gate is silent', lines: ['since'] }
  const id = 'NTC-gate-silent-000001'
  writeFileSync(
    at(`raised/${id}.json`),
    canonical({
      v: 1,
      id,
      kind: 'system',
      topic: 'gate.silent',
      severity: 'red',
      at: instant(clock),
      sendAt: instant(clock),
      text: { ja: text, en: text },
      items: 1,
      state: 'open',
    }),
  )
  const places = { outbox: at('outbox'), sent: at('sent'), raised: at('raised') }
  await exchangeNotices(scene.gate, places, noticeMemory())
  const { body } = await scene.call<NoticeView>('ops1', 'GET', `/notices/${id}`)
  expect(body.state).toBe('resolved')
  // The sender sees it so, and gives up its own.
  expect(readdirSync(at('outbox'))).toEqual([`${id}.json`])
})

const pass = async (rounds: () => Promise<void>, minutes: number) => {
  for (let i = 0; i < 2 * minutes; i++) {
    clock += 30_000
    await rounds()
  }
}
const notices = async () =>
  (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices
const stands = ({ state }: NoticeView) => !['resolved', 'withdrawn'].includes(state)

test('a check that has just been declared is not looked at yet; it is late only after its own time', async () => {
  const rounds = checkRounds(scene.gate)
  await pass(rounds, 12)
  await scene.rewritePolicy((yaml) => `${yaml}\nchecks: { queue: { argv: [/bin/true], every: 1m } }\n`)
  const queue = async () =>
    (await scene.call<CheckList>('ops1', 'GET', '/checks')).body.checks.find(
      ({ check }) => check === 'host/queue',
    )
  await rounds()
  await pass(rounds, 1)
  expect(await queue()).toMatchObject({ state: 'not_looked_at' })
  expect((await findings()).filter((one) => one.startsWith('host/queue'))).toEqual([])
  await pass(rounds, 3)
  expect(await queue()).toMatchObject({ state: 'late', code: 'check.never_looked' })
  expect(await findings()).toContain('host/queue late')
})

test('where more would be told together, one thing is told as itself; many are counted, and the end names what is over and what is not', async () => {
  const places = { outbox: '', sent: '', raised: '' }
  for (const name of ['outbox', 'sent', 'raised'] as const) {
    places[name] = join(scene.directory, 'data', 'watch', `bundle-${name}`)
    mkdirSync(places[name], { recursive: true })
  }
  const written = async (id: string) => {
    await exchangeNotices(scene.gate, places, noticeMemory())
    return JSON.parse(readFileSync(join(places.outbox, `${id}.json`), 'utf8')) as Notice
  }
  const parts = (names: readonly string[], state: Seen) =>
    Object.fromEntries(names.map((name) => [name, state]))
  const first = Array.from({ length: 10 }, (_, i) => `/m${i}`)
  for (const [i] of first.entries())
    await look('host/disk', parts(first.slice(0, i + 1), 'red'), 'check.own_bad')
  // The eleventh within ten minutes.
  clock -= 9 * 60_000
  await look('host/inodes', { '/one': 'red' })
  const one = (await notices()).filter(stands).find(({ title }) => title.en.includes('inodes'))
  expect(one).toMatchObject({ items: 1 })
  expect(one?.title.en).toMatch(/^this machine inodes/)
  await look('host/inodes', { '/one': 'red', '/two': 'red', '/three': 'red' })
  const many = (await notices()).find(({ id }) => id === one?.id)
  expect(many?.title).toEqual({
    en: '3 items turned bad within a short time',
    ja: '短い間に 3 件の項目が悪くなりました',
  })
  await look('host/inodes', { '/one': 'good', '/two': 'red', '/three': 'red' })
  const half = await written(one?.id ?? '')
  expect(half.text.en.lines.filter((line) => line.endsWith('(over)'))).toHaveLength(1)
  await scene.sql(
    `insert into notice_attempt values ('${one?.id}', 'aaaaaaaa/red/0', 'hook', now(), true, false, 'http 204')`,
  )
  await look('host/inodes', { '/one': 'good', '/two': 'good', '/three': 'good' })
  const over = await written(one?.id ?? '')
  expect(over.state).toBe('resolved')
  const lines = over.text.en.lines
  expect(lines.filter((line) => line.startsWith('- this machine inodes'))).toHaveLength(3)
  const still = lines.indexOf('Still not good, beside this: 10')
  expect(still).toBeGreaterThan(0)
  expect(lines.slice(still + 1).every((line) => line.includes('disk') || line.startsWith('and 2 more'))).toBe(
    true,
  )
})

test('a machine that gave no time to look is named once, and what was not looked at can be told apart', async () => {
  const rounds = checkRounds(scene.gate)
  await look('host/disk', { '/a': 'good', '/b': 'good' })
  await look('host/inodes', { '/a': 'good', '/b': 'good', '/c': 'good' })
  await look('host/memory', { '': 'good' })
  const places = watchPlacesOf(join(scene.directory, 'data', 'watch'))
  // What was put aside before is no matter of this.
  mkdirSync(places.spool, { recursive: true })
  for (const name of readdirSync(places.spool)) rmSync(join(places.spool, name))
  const spool = await Spool.open(places, { ...systemClock, now: () => clock })
  // The process lives, and does not come to look.
  for (let i = 0; i < 14; i++) {
    clock += 30_000
    await spool.beat({})
    await rounds()
  }
  expect(await findings()).toContain('host/inodes:/b late')
  const late = (await notices()).filter(stands).filter(({ items }) => items > 1)
  expect(late.map(({ title }) => title.en)).toEqual([
    expect.stringMatching(/^\d+ checks were not looked at in their time$/),
  ])
  const text = late[0]?.lines.en.join('\n') ?? ''
  for (const part of [
    'no processor time',
    'inodes /a: late',
    'inodes /b: late',
    'inodes /c: late',
    'disk /a: late',
  ])
    expect(text).toContain(part)
})

test('what was red before there was a channel is told once there is one', async () => {
  const at = (name: string) => join(scene.directory, 'data', 'watch', `channel-${name}`)
  for (const name of ['outbox', 'sent', 'raised']) mkdirSync(at(name), { recursive: true })
  const places = { outbox: at('outbox'), sent: at('sent'), raised: at('raised') }
  const memory = noticeMemory()
  let rules = ''
  await scene.rewritePolicy((yaml) => {
    rules = /^notify: .*$/m.exec(yaml)?.[0] ?? ''
    return yaml.replace(rules, '')
  })
  expect(rules).toContain('channels')
  await look('host/disk', { '/a': 'red', '/b': 'red' })
  await look('host/disk', { '/a': 'red', '/b': 'good' })
  await exchangeNotices(scene.gate, places, memory)
  expect(readdirSync(at('outbox'))).toEqual([])
  await scene.rewritePolicy((yaml) => `${yaml}\n${rules}\n`)
  await exchangeNotices(scene.gate, places, memory)
  const texts = readdirSync(at('outbox')).map(
    (name) => JSON.parse(readFileSync(join(at('outbox'), name), 'utf8')) as Notice,
  )
  expect(texts.map(({ topic, state }) => `${topic} ${state}`)).toEqual(['check:host/disk:/a open'])
})

const text = { language: 'en', json: false, ascii: false } as const
const shown = <T>(render: (value: T, terminal: Terminal, zone: string) => string, value: T) =>
  render(value, new Terminal({ ...text, streams: written().streams }), 'UTC').replaceAll(/\s+/g, ' ')

test('part of S49: who muted a check or took it up, why and until when, stands in list, show, status, doctor, history and the record', async () => {
  await look('app/errors', { '': 'red' })
  await look('host/disk', { '/a': 'red' })
  await scene.call('ops1', 'POST', `/checks/${encodeURIComponent('app/*')}/mute`, {
    minutes: 60,
    reason: 'log is being cleaned',
  })
  const notice = (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices.find(
    ({ title }) => title.en.includes('disk'),
  )
  // A notice that is taken up takes up its finding.
  await scene.call('ops2', 'POST', `/notices/${notice?.id}/acknowledge`, { reason: 'moving old files' })
  const muted = /muted \(app\/\*\) by ops1 until [-0-9]+ [:0-9]+ UTC: "log is being cleaned"/
  const taken = /taken up by ops2: "moving old files"/
  const list = (await scene.call<CheckList>('dev', 'GET', '/checks')).body
  expect(shown(renderList, list)).toMatch(muted)
  expect(shown(renderList, list)).toMatch(taken)
  const state = async (check: string, path = 'state') =>
    (await scene.call<CheckDetail>('dev', 'GET', `/checks/${encodeURIComponent(check)}/${path}`)).body
  expect(shown(renderOne, await state('app/errors'))).toMatch(muted)
  expect(shown(renderOne, await state('host/disk:/a'))).toMatch(taken)
  const status = (await scene.call<Status>('ops1', 'GET', '/status')).body
  expect(shown(renderStatus, status)).toMatch(/ muted app\/\* muted by ops1 until .* UTC: "log is/)
  expect(shown(renderStatus, status)).toMatch(taken)
  expect(status.next).not.toContain('sekisho check show app/errors')
  const { facts } = (await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')).body
  expect(facts.filter(({ name }) => name === 'checks')).toMatchObject([
    { code: 'doctor.checks_muted', values: { check: 'app/*', by: 'ops1', reason: 'log is being cleaned' } },
    { code: 'doctor.check_taken_up', values: { check: 'host/disk:/a', by: 'ops2' } },
  ])
  const history = async (check: string) => (await state(check, 'history?hours=1')) as unknown as CheckHistory
  expect(shown(renderHistory, await history('app/errors'))).toMatch(muted)
  expect(shown(renderHistory, await history('host/disk:/a'))).toMatch(taken)
  const search = async (word: string) =>
    (await scene.call<{ hits: object[] }>('dev', 'GET', `/records?text=${word}`)).body.hits
  expect(await search('cleaned')).toContainEqual(
    expect.objectContaining({ subject: 'app/*', by: 'ops1', kind: 'check.mute', field: 'reason' }),
  )
  expect(await search('moving')).toContainEqual(
    expect.objectContaining({ subject: 'host/disk:/a', by: 'ops2', kind: 'check.acknowledged' }),
  )
  // The end of the mute is shown too, and nothing is muted any more.
  await scene.call('ops2', 'POST', `/checks/${encodeURIComponent('app/*')}/unmute`)
  expect(shown(renderHistory, await history('app/errors'))).toContain('mute (app/*) ended by ops2')
  expect(shown(renderOne, await state('app/errors'))).not.toContain('muted')
})

test('part of S49: the first line of status counts what its rows count, and agrees with check list; weekly items keep nobody from being calm', async () => {
  await look('host/updates', { security: 'red' })
  const read = async () => ({
    status: (await scene.call<Status>('ops1', 'GET', '/status')).body,
    list: (await scene.call<CheckList>('ops1', 'GET', '/checks')).body,
  })
  const sum = ({ checks }: Status) =>
    checks === undefined
      ? 0
      : checks.red +
        (checks.warning ?? 0) +
        (checks.weekly ?? 0) +
        checks.late +
        checks.noData +
        checks.good +
        (checks.elsewhere ?? 0)
  const before = await read()
  expect(before.status.checks).toMatchObject({ red: 0, weekly: 1 })
  expect(sum(before.status)).toBe(before.list.checks.length)
  expect(before.list.checks.some(asksForSomebody)).toBe(false)
  expect(shown(renderList, before.list)).toMatch(/^checks 0 red, 0 warning, 1 weekly \(not urgent\), 0 late/)
  const other = before.status.reds ?? 0
  await look('host/disk', { '/a': 'red', '/b': 'red', '/c': 'no_data', '/d': 'red', '/e': 'red' })
  const { status, list } = await read()
  expect(status).toMatchObject({
    reds: other + 4,
    uncertain: (before.status.uncertain ?? 0) + 1,
    calm: false,
  })
  expect(status.checks).toMatchObject({ red: 4, weekly: 1, more: 1, unknown: 1 })
  expect(sum(status)).toBe(list.checks.length)
  expect(list.checks.some(asksForSomebody)).toBe(true)
  const page = shown(renderStatus, status)
  expect(page).toContain('and 1 more: sekisho check list')
  expect(page).toMatch(/uncertain .*host\/disk:\/c no data: /)
  expect(shown(renderList, list)).toMatch(/^checks look here 4 red, 0 warning, 1 weekly/)
})

test('what is red once it is looked at again is told by itself, and not as what nobody could look at', async () => {
  await look('host/disk', { '/a': 'good', '/b': 'good' })
  await look('host/inodes', { '/a': 'good' })
  const rounds = checkRounds(scene.gate)
  const spool = await Spool.open(watchPlacesOf(join(scene.directory, 'data', 'watch')), {
    ...systemClock,
    now: () => clock,
  })
  for (let i = 0; i < 14; i++) {
    clock += 30_000
    await spool.beat({})
    await rounds()
  }
  expect(await findings()).toContain('host/disk:/a late')
  await look('host/disk', { '/a': 'red', '/b': 'good' })
  expect(await findings()).toContain('host/disk:/a red')
  const own = (await notices()).filter(stands).find(({ title }) => title.en.startsWith('this machine disk'))
  expect(own).toMatchObject({ items: 1, severity: 'red' })
})

test('the end of what was being told is sent: its file stays until no attempt can be under way', async () => {
  const at = (name: string) => join(scene.directory, 'data', 'watch', `ending-${name}`)
  for (const name of ['outbox', 'sent', 'raised']) mkdirSync(at(name), { recursive: true })
  const places = { outbox: at('outbox'), sent: at('sent'), raised: at('raised') }
  const memory = noticeMemory()
  await look('host/disk', { '/a': 'red' })
  await exchangeNotices(scene.gate, places, memory)
  expect(readdirSync(at('outbox'))).toHaveLength(1)
  await look('host/disk', { '/a': 'good' })
  // Nobody is known to have been told: a first attempt may still be under way.
  await exchangeNotices(scene.gate, places, memory)
  const [name = ''] = readdirSync(at('outbox'))
  expect(JSON.parse(readFileSync(join(at('outbox'), name), 'utf8'))).toMatchObject({ state: 'resolved' })
  clock += 61_000
  await exchangeNotices(scene.gate, places, memory)
  expect(readdirSync(at('outbox'))).toEqual([])
})
