// A week of checks and notices by a clock that the test moves, minute by minute, with a real store, a real mail server and a web server:
// each notice reaches the right person at the right time, and nobody is told anything else. An ordinary run takes the first half day.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyMute } from '../../src/app/check-mute.ts'
import { checkRounds } from '../../src/app/check-rounds.ts'
import { act } from '../../src/app/gate.ts'
import { checkpoint } from '../../src/app/ledger.ts'
import { exchangeNotices, noticeMemory } from '../../src/app/notice-files.ts'
import { lookAtPings, takePing } from '../../src/app/pings.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { ActorId } from '../../src/base/id.ts'
import { instant } from '../../src/base/time.ts'
import { definitionsOf } from '../../src/checks/definition.ts'
import type { CheckId, CheckResult, Seen } from '../../src/checks/result.ts'
import { watchPlacesOf } from '../../src/checks/watch-places.ts'
import { openSender, type Sender } from '../../src/deliver/sender.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { Spool } from '../../src/watch/spool.ts'
import { IS_WHOLE } from '../crash/share.ts'
import { type Sink, startSink } from '../notice/sink.ts'
import { type MailServer, startMailServer } from '../notice/smtp.ts'
import { openScene, type Scene } from './scene.ts'

const MINUTE = 60_000
const MINUTES = IS_WHOLE ? 7 * 1440 : 13 * 60
const SECRET = 'a-secret-of-a-job-that-is-long-enough'
/** A Monday, midnight in Tokyo. */
const START = Date.parse('2026-12-07T00:00:00+09:00')
let at = START
const clock = { ...systemClock, now: () => at, uptime: () => at - START, sleep: () => Promise.resolve() }

let scene: Scene
let sink: Sink
let mail: MailServer
let directory: string
let sender: Sender
beforeAll(async () => {
  sink = await startSink()
  mail = await startMailServer({})
  directory = mkdtempSync(join(tmpdir(), 'sekisho-week-'))
  const key = join(directory, 'key')
  writeFileSync(key, 'key', { mode: 0o600 })
  const hook = (path: string, person: string) =>
    `{ kind: webhook, url: '${sink.url.replace('/hook', path)}', private: true, secret: { file: ${key} }, person: ${person} }`
  scene = await openScene({
    watch: 'spool',
    engine: false,
    clock,
    policy: `
notify:
  channels:
    duty: { kind: mail, server: 127.0.0.1, port: ${mail.port}, tls: none, private: true, from: sekisho@example.org, to: [duty@example.org], person: ops1, language: en }
    second: ${hook('/second', 'ops2')}
    head: ${hook('/head', 'dev')}
  routes:
    - { to: [duty], severity: [red], escalate: [{ after: 15m, to: [second] }, { after: 1h, to: [head] }] }
    - { to: [second], severity: [warning], hours: { days: [mon-fri], from: '09:00', until: '18:00', zone: Asia/Tokyo } }
  pings: { in: { nightly: { every: 24h, grace: 1h, secret: "sha256:${sha256(SECRET)}" } } }
`,
  })
  await scene.rewritePolicy((yaml) =>
    yaml.replace('    configs:\n', '    logs: { error: /srv/app/error.log }\n    configs:\n'),
  )
  const places = watchPlacesOf(join(scene.directory, 'data', 'watch'))
  mkdirSync(places.outbox, { recursive: true })
  const silent = () => {}
  sender = openSender({
    notices: places.outbox,
    spool: places.directory,
    rules: () => scene.gate.policy().notify,
    name: () => 'test',
    clock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  })
})
afterAll(async () => {
  await scene.end()
  await sink.close()
  await mail.close()
  rmSync(directory, { recursive: true, force: true })
})

/** `2 09:15`: the day, from 0, and the time of the day in Tokyo. */
const named = (ms: number) => {
  const minute = Math.round((ms - START) / MINUTE)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${Math.floor(minute / 1440)} ${two(Math.floor((minute % 1440) / 60))}:${two(minute % 60)}`
}

/** What is wrong, by time. Everything else is good. */
const WRONG: readonly {
  readonly check: string
  readonly from: string
  readonly until: string
  readonly state: Seen
}[] = [
  // Nobody takes it up: the second is told after a quarter of an hour, then the head, again each hour, until the second takes it up.
  { check: 'host/memory', from: '0 01:00', until: '0 04:00', state: 'red' },
  // Muted from 5:00 to 6:00: told at 6:00, for it is still so.
  { check: 'app/errors', from: '0 05:10', until: '0 06:30', state: 'red' },
  // A warning of the night waits for the hours of its route.
  { check: 'host/inodes:/', from: '0 07:00', until: '0 10:00', state: 'warning' },
  // Muted, and over before the mute ends: nobody is told.
  { check: 'app/errors', from: '0 12:10', until: '0 12:40', state: 'red' },
  // On the second day the disk fills, and the errors that follow from it are told with it.
  { check: 'host/disk:/', from: '1 03:00', until: '1 03:40', state: 'red' },
  { check: 'app/errors', from: '1 03:10', until: '1 03:40', state: 'red' },
  // On Saturday a warning waits for Monday, and is over before.
  { check: 'host/inodes:/', from: '5 10:00', until: '5 12:00', state: 'warning' },
]
const muteErrors = () =>
  act(scene.gate, 'ops1' as ActorId, (step) =>
    applyMute(step, scene.gate.policy(), {
      pattern: 'app/errors',
      until: instant(at + 60 * MINUTE),
      by: 'ops1' as ActorId,
      reason: 'known',
      at: instant(at),
    }),
  )
const ACTS: Readonly<Record<string, () => Promise<unknown>>> = {
  '0 03:30': () =>
    scene.call('ops2', 'POST', '/checks/host%2Fmemory/acknowledge', { reason: 'I look at it' }),
  '0 05:00': () => muteErrors(),
  '0 12:00': () => muteErrors(),
  '0 20:00': () => takePing(scene.gate, 'nightly', SECRET),
  '1 20:00': () => takePing(scene.gate, 'nightly', SECRET),
  // On the third day it stays away.
  '3 00:10': () => takePing(scene.gate, 'nightly', SECRET),
  '4 00:10': () => takePing(scene.gate, 'nightly', SECRET),
  '5 00:10': () => takePing(scene.gate, 'nightly', SECRET),
  '6 00:10': () => takePing(scene.gate, 'nightly', SECRET),
}
/** When the process that looks is silent: it is told once, and what is late follows from it. */
const SILENT: readonly [string, string] = ['6 02:00', '6 02:10']

/** Who is told, what, and when. */
const EXPECTED = [
  '0 01:02 duty notice check:host/memory',
  '0 01:17 second escalation check:host/memory',
  '0 02:17 head escalation check:host/memory',
  '0 03:17 head escalation check:host/memory',
  '0 04:01 duty over check:host/memory',
  '0 04:01 second over check:host/memory',
  '0 04:01 head over check:host/memory',
  '0 06:00 duty notice check:app/errors',
  '0 06:15 second escalation check:app/errors',
  '0 06:30 duty over check:app/errors',
  '0 06:30 second over check:app/errors',
  '0 09:00 second notice check:host/inodes:/',
  '0 10:00 second over check:host/inodes:/',
  '1 03:01 duty notice check:host/disk:/',
  '1 03:16 second escalation check:host/disk:/',
  '1 03:40 duty over check:host/disk:/',
  '1 03:40 second over check:host/disk:/',
  // Late in the evening, which is a warning and waits for the hours; an hour later it is down.
  '2 21:01 duty notice ping:nightly',
  '2 21:16 second escalation ping:nightly',
  '2 22:16 head escalation ping:nightly',
  '2 23:16 head escalation ping:nightly',
  '3 00:10 duty over ping:nightly',
  '3 00:10 second over ping:nightly',
  '3 00:10 head over ping:nightly',
  '6 02:01 duty notice check:host/watch',
  '6 02:10 duty over check:host/watch',
]

test('a week by the clock: each notice to the right person in its time, escalation, mutes that end, pings, and nothing else', {
  timeout: 3_600_000,
}, async () => {
  const places = watchPlacesOf(join(scene.directory, 'data', 'watch'))
  const spool = await Spool.open(places, clock)
  const rounds = checkRounds(scene.gate)
  const files = {
    outbox: places.outbox,
    sent: join(places.directory, 'sent'),
    raised: join(places.directory, 'raised'),
  }
  const memory = noticeMemory()
  const told: string[] = []
  let [mails, posts] = [0, 0]
  const watched = definitionsOf(scene.gate.policy()).filter(({ collector }) => collector === 'watch')
  const parts: Readonly<Record<string, string>> = { disk: ':/', inodes: ':/', updates: ':security' }
  for (let minute = 0; minute < MINUTES; minute++) {
    at = START + minute * MINUTE
    const now = named(at)
    await ACTS[now]?.()
    // As the gate does each minute; without it the ledger is not signed, which is told.
    if (minute % 5 === 0) await checkpoint(scene.gate)
    const isSilent = now >= SILENT[0] && now < SILENT[1]
    if (!isSilent) {
      await spool.beat({ pid: 1 })
      const due = watched.filter(({ everyMs }) => (at - START) % Math.max(MINUTE, everyMs) === 0)
      const results = due.map(({ id, item }): CheckResult => {
        const check = `${id}${parts[item] ?? ''}` as CheckId
        const wrong = WRONG.find((one) => one.check === check && one.from <= now && now < one.until)
        return {
          check,
          at: instant(at),
          state: wrong?.state ?? 'good',
          code: wrong === undefined ? 'check.own_good' : 'check.own_bad',
          values: { said: check, exit: 2 },
        }
      })
      await spool.write(
        due.map(({ id }) => id),
        results,
      )
    }
    await rounds()
    await lookAtPings(scene.gate)
    // Both ways, so that what is due now is sent now.
    for (let i = 0; i < 2; i++) {
      await exchangeNotices(scene.gate, files, memory)
      await sender.look()
      await sender.idle()
    }
    for (const { raw } of mail.mails.slice(mails)) {
      const [, notice = '', track = ''] = /^X-Sekisho-Id: (NTC-[^/]+)\/(\S+)/im.exec(raw) ?? []
      const [item] = await scene.sql(
        'select topic from notice_item where notice = $1 order by at, topic limit 1',
        [notice],
      )
      const tells = track.startsWith('over/') ? 'over' : track.endsWith('/0') ? 'notice' : 'escalation'
      told.push(`${now} duty ${tells} ${String(item?.['topic'])}`)
    }
    for (const { path, body } of sink.posted.slice(posts)) {
      const { tells, topic } = JSON.parse(body) as { tells: string; topic: string }
      told.push(`${now} ${path.slice(1)} ${tells} ${topic}`)
    }
    ;[mails, posts] = [mail.mails.length, sink.posted.length]
  }
  expect(told.toSorted()).toEqual(EXPECTED.filter((one) => one < named(START + MINUTES * MINUTE)).toSorted())
})
