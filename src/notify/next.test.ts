import { expect, test } from 'vitest'
import { type Instant, instant, milliseconds } from '../base/time.ts'
import { type Due, dueNow, isDelivered } from './next.ts'
import type { Attempt, Notice } from './notice.ts'
import type { Channel, NotifyRules, Route } from './rules.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A Monday, 09:00 in Tokyo. */
const MONDAY = Date.parse('2026-11-30T00:00:00.000Z')
const at = (ms: number): Instant => instant(MONDAY + ms)

const channel = (name: string): Channel => ({
  name,
  kind: 'ntfy',
  language: 'ja',
  private: false,
  url: `https://ntfy.example.org/${name}`,
})
const ALL = ['info', 'warning', 'red'] as const
const route = (of: Partial<Route>): Route => ({
  id: 'aaaaaaaa',
  to: ['mail'],
  severities: ALL,
  kinds: ['check', 'incident', 'change', 'ping', 'system', 'test'],
  services: [],
  escalate: [],
  ...of,
})
const rules = (...routes: readonly Route[]): NotifyRules => ({
  channels: ['mail', 'chat', 'phone', 'boss'].map(channel),
  routes,
  users: [],
  pingsOut: [],
  pingsIn: [],
  alerts: [],
})
const notice = (of: Partial<Notice> = {}): Notice => ({
  v: 1,
  id: 'NTC-2026-0001',
  kind: 'check',
  topic: 'check:disk',
  severity: 'red',
  at: at(0),
  sendAt: at(0),
  text: { ja: { title: 'ディスク', lines: [] }, en: { title: 'disk', lines: [] } },
  items: 1,
  state: 'open',
  ...of,
})

/** Lets time go by as the sender does: asks each ten seconds, and each channel answers as it is told. */
function play(of: {
  readonly rules: NotifyRules
  readonly noticeAt: (ms: number) => Notice
  readonly untilMs: number
  readonly accepts?: (channel: string, ms: number) => boolean | 'final'
  readonly stepMs?: number
}): readonly { readonly ms: number; readonly due: Due; readonly accepted: boolean }[] {
  const attempts: Attempt[] = []
  const told = []
  for (let ms = 0; ms <= of.untilMs; ms += of.stepMs ?? 10_000)
    for (const due of dueNow(of.noticeAt(ms), of.rules, attempts, at(ms))) {
      const answer = of.accepts?.(due.channel, ms) ?? true
      attempts.push({
        track: due.track,
        channel: due.channel,
        at: at(ms),
        accepted: answer === true,
        answer: '',
        ...(answer === 'final' ? { final: true } : {}),
      })
      told.push({ ms, due, accepted: answer === true })
    }
  return told
}

const shown = (told: ReturnType<typeof play>) =>
  told.map(({ ms, due, accepted }) => `${ms / 1000} ${due.channel} ${due.tells}${accepted ? '' : ' failed'}`)

test('a notice is sent once, and after a kill the same question has the same answer', () => {
  const told = play({ rules: rules(route({})), noticeAt: () => notice(), untilMs: HOUR })
  expect(shown(told)).toEqual(['0 mail notice'])
})

test('a channel that fails is asked four times, then the next one', () => {
  const told = play({
    rules: rules(route({ to: ['mail', 'chat'] })),
    noticeAt: () => notice(),
    untilMs: HOUR,
    accepts: (name) => name === 'chat',
  })
  expect(shown(told)).toEqual([
    '0 mail notice failed',
    '10 mail notice failed',
    '70 mail notice failed',
    '250 mail notice failed',
    '260 chat notice',
  ])
})

test('a failure that no repetition mends goes to the next channel at once', () => {
  const told = play({
    rules: rules(route({ to: ['mail', 'chat'] })),
    noticeAt: () => notice(),
    untilMs: HOUR,
    accepts: (name) => (name === 'chat' ? true : 'final'),
  })
  expect(shown(told)).toEqual(['0 mail notice failed', '10 chat notice'])
})

test('where nobody takes it, all are asked again after half an hour, with an end', () => {
  const told = play({
    rules: rules(route({ to: ['mail', 'chat'] })),
    noticeAt: () => notice(),
    untilMs: 48 * HOUR,
    accepts: () => 'final',
  })
  expect(told.length).toBe(24)
  expect(shown(told).slice(0, 4)).toEqual([
    '0 mail notice failed',
    '10 chat notice failed',
    '1810 mail notice failed',
    '1820 chat notice failed',
  ])
  // It comes back within these rounds: nothing was lost.
  const late = play({
    rules: rules(route({ to: ['mail'] })),
    noticeAt: () => notice(),
    untilMs: 48 * HOUR,
    accepts: (_, ms) => ms > 3 * HOUR,
  })
  expect(late.at(-1)?.accepted).toBe(true)
  expect(late.filter(({ accepted }) => accepted).length).toBe(1)
})

test('escalation goes on until somebody acknowledges, and the last level repeats', () => {
  const escalate = [
    { afterSeconds: 900, to: ['phone'] },
    { afterSeconds: 1800, to: ['boss'] },
  ]
  const acknowledgedMs = 2 * HOUR
  const told = play({
    rules: rules(route({ escalate })),
    noticeAt: (ms) => notice({ state: ms >= acknowledgedMs ? 'acknowledged' : 'open' }),
    untilMs: 6 * HOUR,
  })
  expect(shown(told)).toEqual([
    '0 mail notice',
    '900 phone escalation',
    '2700 boss escalation',
    '4500 boss escalation',
    '6300 boss escalation',
  ])
})

test('where no channel of a level can be reached, the next level does not wait', () => {
  const told = play({
    rules: rules(route({ escalate: [{ afterSeconds: 900, to: ['phone'] }] })),
    noticeAt: () => notice(),
    untilMs: 60_000,
    accepts: (name) => (name === 'mail' ? 'final' : true),
  })
  expect(shown(told)).toEqual(['0 mail notice failed', '10 phone escalation'])
})

test('acknowledged before it was sent: nothing is sent; muted: it begins when the mute ends', () => {
  expect(
    play({ rules: rules(route({})), noticeAt: () => notice({ state: 'acknowledged' }), untilMs: HOUR }),
  ).toEqual([])
  const muted = play({
    rules: rules(route({})),
    noticeAt: () => notice({ mutedUntil: at(HOUR) }),
    untilMs: 2 * HOUR,
  })
  expect(shown(muted)).toEqual(['3600 mail notice'])
})

test('whoever was told learns that it is over, nobody else', () => {
  const told = play({
    rules: rules(
      route({ severities: ['red'] }),
      route({ id: 'bbbbbbbb', to: ['chat'], severities: ['info'] }),
    ),
    noticeAt: (ms) => notice({ state: ms >= HOUR ? 'resolved' : 'open' }),
    untilMs: 3 * HOUR,
  })
  expect(shown(told)).toEqual(['0 mail notice', '3600 mail over'])
  // Over before anybody was told: nobody is.
  expect(
    play({ rules: rules(route({})), noticeAt: () => notice({ state: 'resolved' }), untilMs: HOUR }),
  ).toEqual([])
})

test('what is named by its channels asks no route, and is delivered when each of them took it', () => {
  const users = notice({ kind: 'users', channels: ['mail', 'chat'] })
  const told = play({ rules: rules(), noticeAt: () => users, untilMs: HOUR, accepts: (_, ms) => ms > 0 })
  expect(shown(told)).toEqual([
    '0 mail notice failed',
    '0 chat notice failed',
    '10 mail notice',
    '10 chat notice',
  ])
  const took = (name: string): Attempt => ({
    track: `to/${name}`,
    channel: name,
    at: at(0),
    accepted: true,
    answer: '',
  })
  expect(isDelivered(users, [took('mail')])).toBe(false)
  expect(isDelivered(users, [took('mail'), took('chat')])).toBe(true)
  expect(isDelivered({ ...users, channels: [] }, [])).toBe(false)
})

test('a clock that was set back delays nothing, one that jumps ahead loses nothing', () => {
  const failed: Attempt = {
    track: 'aaaaaaaa/red/0',
    channel: 'mail',
    at: at(10 * HOUR),
    accepted: false,
    answer: 'timeout',
  }
  expect(dueNow(notice({ sendAt: at(10 * HOUR) }), rules(route({})), [], at(0))).toHaveLength(1)
  expect(dueNow(notice(), rules(route({})), [failed], at(0))).toHaveLength(1)
  expect(dueNow(notice(), rules(route({})), [failed], at(1000 * HOUR))).toHaveLength(1)
})

test('through a week each notice goes to whom it concerns, at the hours that were said', () => {
  const office = {
    days: [1, 2, 3, 4, 5],
    fromMinute: 9 * 60,
    untilMinute: 18 * 60,
    zone: 'Asia/Tokyo',
  }
  const all = rules(
    route({ id: '00000001', to: ['mail'], severities: ['warning'], hours: office }),
    route({ id: '00000002', to: ['phone'], severities: ['red'] }),
    route({ id: '00000003', to: ['chat'], severities: ['red', 'warning'], services: ['shop'] }),
    route({ id: '00000004', to: ['boss'], severities: ['red'], kinds: ['incident'] }),
  )
  const WEEK = 7 * 24 * HOUR
  const said: string[] = []
  // Three a day: a warning in the night, a red one at noon, an incident of the shop in the evening.
  for (let day = 0; day < 7; day++)
    for (const [hour, of] of [
      [-7, { severity: 'warning' }],
      [3, { severity: 'red' }],
      [11, { severity: 'red', kind: 'incident', service: 'shop' }],
    ] as const) {
      const begun = day * 24 * HOUR + hour * HOUR
      if (begun < 0) continue
      const one = notice({ ...of, at: at(begun), sendAt: at(begun) } as Partial<Notice>)
      const told = play({
        rules: all,
        noticeAt: (ms) => ({ ...one, state: ms < begun ? 'withdrawn' : 'open' }),
        untilMs: WEEK,
        stepMs: 10 * MINUTE,
      })
      for (const { ms, due } of told) {
        const local = new Date(MONDAY + ms + 9 * HOUR).toISOString()
        said.push(`${one.severity} ${one.kind} ${local.slice(5, 16)} ${due.channel}`)
      }
    }
  // Warnings of the night come at nine in the morning, those of the week-end on Monday.
  expect(said.filter((one) => one.endsWith(' mail'))).toEqual([
    'warning check 12-01T09:00 mail',
    'warning check 12-02T09:00 mail',
    'warning check 12-03T09:00 mail',
    'warning check 12-04T09:00 mail',
    'warning check 12-07T09:00 mail',
    'warning check 12-07T09:00 mail',
  ])
  expect(said.filter((one) => one.endsWith(' phone')).length).toBe(14)
  expect(said.filter((one) => one.endsWith(' chat')).length).toBe(7)
  expect(said.filter((one) => one.endsWith(' boss')).length).toBe(7)
  expect(said.filter((one) => one.endsWith(' chat')).every((one) => one.startsWith('red incident'))).toBe(
    true,
  )
  expect(milliseconds(at(WEEK))).toBe(MONDAY + WEEK)
})
