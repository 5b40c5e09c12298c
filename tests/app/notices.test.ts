// Notices on real parts: what the gate raises reaches a mail server and a webhook, and what came of it stands on the record.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAlerts } from '../../src/app/alert-store.ts'
import { act, type Gate } from '../../src/app/gate.ts'
import { muteTopic, type NoticeDraft, raiseNotice, resolveNotice } from '../../src/app/notices.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { NoticeView } from '../../src/contract/notice.ts'
import { type Sink, startSink } from '../notice/sink.ts'
import {
  type Certificate,
  type MailServer,
  makeCertificate,
  startMailServer,
  textOf,
} from '../notice/smtp.ts'
import { watchNotices } from '../notice/watch.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

const LIMIT = 60_000
const SECRET = 'a-secret-of-a-job-that-is-long-enough'
let scene: Scene
let sink: Sink
let mail: MailServer
let certificate: Certificate
let stopWatch: () => Promise<void>
beforeAll(async () => {
  certificate = makeCertificate()
  sink = await startSink()
  mail = await startMailServer({ certificate, login: { user: 'sekisho', password: 'pass word' } })
  const key = join(certificate.directory, 'secret')
  const password = join(certificate.directory, 'password')
  writeFileSync(key, 'key', { mode: 0o600 })
  writeFileSync(password, 'pass word', { mode: 0o600 })
  scene = await openScene({
    watch: true,
    policy: `
notify:
  channels:
    mail: { kind: mail, server: localhost, port: ${mail.port}, ca: ${certificate.path}, private: true, from: sekisho@example.org, to: [ops@example.org], user: sekisho, password: { file: ${password} }, person: ops1, language: ja }
    hook: { kind: webhook, url: '${sink.url}', private: true, secret: { file: ${key} } }
    plain: { kind: mail, server: localhost, port: ${mail.port}, ca: ${certificate.path}, private: true, from: sekisho@example.org, to: [users@example.org], user: sekisho, password: { file: ${key} } }
  routes:
    - { to: [mail], severity: [red] }
    - { to: [hook], severity: [red, warning] }
  pings: { in: { nightly: { every: 1s, grace: 1s, secret: "sha256:${sha256(SECRET)}" } } }
  alerts:
    prometheus: { secret: "sha256:${sha256(SECRET)}" }
    other: { form: generic, secret: "sha256:${sha256(SECRET)}", service: app }
`,
  })
  stopWatch = watchNotices(scene)
})
afterAll(async () => {
  await stopWatch()
  await scene.end()
  await sink.close()
  await mail.close()
  certificate.remove()
})

const draft = (topic: string, of: Partial<NoticeDraft> = {}): NoticeDraft => ({
  kind: 'incident',
  topic,
  severity: 'red',
  text: {
    ja: { title: `異常 ${topic}`, lines: ['いつから: 09:00', '打つもの: sekisho status'] },
    en: { title: `red ${topic}`, lines: ['since 09:00', 'type: sekisho status'] },
  },
  ...of,
})
const raise = (gate: Gate, one: NoticeDraft) => act(gate, 'system', (step) => raiseNotice(step, one))
const show = async (id: string) => (await scene.call<NoticeView>('ops1', 'GET', `/notices/${id}`)).body
const untilNotice = (id: string, what: string, is: (one: NoticeView) => boolean) =>
  until(`${id}: ${what}`, LIMIT, async () => {
    const one = await show(id)
    return is(one) ? one : undefined
  })
const told = (one: NoticeView) =>
  one.attempts
    .filter(({ accepted }) => accepted)
    .map(({ channel }) => channel)
    .sort()
const entries = async (kind: string, notice: string) =>
  (
    await scene.sql(`select 1 from ledger where kind = $1 and body::jsonb -> 'payload' ->> 'notice' = $2`, [
      kind,
      notice,
    ])
  ).length

describe('what is raised', () => {
  test('reaches a mailbox and a webhook with what, since when and what to type; its delivery is on the record', async () => {
    const id = await raise(scene.gate, draft('incident:one'))
    const one = await untilNotice(id, 'both channels', (seen) => told(seen).length === 2)
    expect(told(one)).toEqual(['hook', 'mail'])
    expect(one.attempts.find(({ channel }) => channel === 'mail')?.person).toBe('ops1')
    const arrived = mail.mails.find(({ raw }) => raw.includes(id))
    if (arrived === undefined) throw new Error('no mail')
    expect(arrived.wasEncrypted).toBe(true)
    for (const part of ['異常 incident:one', 'いつから: 09:00', 'sekisho status', `sekisho notify ack ${id}`])
      expect(textOf(arrived)).toContain(part)
    expect(await entries('notice.raised', id)).toBe(1)
    expect(await entries('notice.delivered', id)).toBe(2)
  })

  test('is told once however often it is raised, and whoever was told learns that it is over', async () => {
    const id = await raise(scene.gate, draft('incident:two'))
    expect(await raise(scene.gate, draft('incident:two'))).toBe(id)
    await untilNotice(id, 'both channels', (seen) => told(seen).length === 2)
    await act(scene.gate, 'system', (step) => resolveNotice(step, 'incident:two'))
    const over = await untilNotice(id, 'the end told', (seen) => told(seen).length === 4)
    expect(over.state).toBe('resolved')
    const own = sink.posted.map(({ body }) => JSON.parse(body) as { notice: string; tells: string })
    expect(own.filter(({ notice }) => notice === id).map(({ tells }) => tells)).toEqual(['notice', 'over'])
    // Raised anew it is another notice.
    expect(await raise(scene.gate, draft('incident:two'))).not.toBe(id)
  })

  test('comes as one where it has one cause, and where very much comes at once', async () => {
    const check = (topic: string, cause: string) =>
      raise(scene.gate, draft(topic, { kind: 'check', cause, severity: 'warning' }))
    const ids = []
    for (let i = 0; i < 10; i++) ids.push(await check(`check:app/${i}`, 'host/disk'))
    expect(new Set(ids).size).toBe(1)
    const flood: string[] = []
    await act(scene.gate, 'system', async (step) => {
      for (let i = 0; i < 200; i++)
        flood.push(await raiseNotice(step, draft(`check:many/${i}`, { kind: 'check', severity: 'warning' })))
    })
    expect(new Set(flood).size).toBeLessThanOrEqual(11)
    const many = await untilNotice(flood.at(-1) ?? '', 'the webhook', (seen) => told(seen).length === 1)
    expect(many.items).toBeGreaterThan(180)
    expect(many.lines.en.at(-1)).toContain('more')
    await act(scene.gate, 'system', async (step) => {
      for (let i = 0; i < 200; i++) await resolveNotice(step, `check:many/${i}`)
    })
    expect((await show(flood.at(-1) ?? '')).state).toBe('resolved')
  })

  test('is told no further once a person acknowledged it, and to nobody while it is muted', async () => {
    const id = await raise(scene.gate, draft('incident:three'))
    expect((await scene.call('claude', 'POST', `/notices/${id}/acknowledge`, {})).status).toBe(403)
    const done = await scene.call<NoticeView>('ops2', 'POST', `/notices/${id}/acknowledge`, {
      reason: 'on it',
    })
    expect(done.body).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'ops2', reason: 'on it' })
    const muted = await scene.call<NoticeView>('ops1', 'POST', `/notices/${id}/mute`, {
      minutes: 60,
      reason: 'at night',
    })
    expect(muted.status).toBe(200)
    const other = await raise(scene.gate, draft('incident:four', { severity: 'warning' }))
    await act(scene.gate, 'system', (step) =>
      muteTopic(step, 'incident:four', '2126-01-01T00:00:00.000Z' as never, 'ops1', 'later'),
    )
    const after = await raise(scene.gate, draft('incident:five'))
    await untilNotice(after, 'a later one told', (seen) => told(seen).length === 2)
    expect((await show(other)).state).toBe('muted')
    expect(await entries('notice.acknowledged', id)).toBe(1)
    expect((await scene.call('ops1', 'POST', '/notices/NTC-2026-9999/acknowledge', {})).status).toBe(404)
  })
})

test('a test notice goes to the named channels; a wrong password is shown as such', async () => {
  const { body } = await scene.call<NoticeView>('ops1', 'POST', '/notices/test', {
    channels: ['mail', 'plain'],
  })
  const one = await untilNotice(body.id, 'both answered', ({ attempts }) => attempts.length === 2)
  expect(told(one)).toEqual(['mail'])
  expect(one.attempts.find(({ channel }) => channel === 'plain')?.answer).toBe('login_refused')
  expect((await scene.call('ops1', 'POST', '/notices/test', { channels: ['none'] })).status).toBe(404)
  expect((await scene.call('claude', 'POST', '/notices/test', {})).status).toBe(403)
})

describe('what comes in', () => {
  const from = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const post = (path: string, body?: unknown, secret = SECRET) =>
    scene.call<{ taken: number; firing: number }>('nobody', 'POST', path, body, from(secret))

  test('part of X20: a ping counts with its secret alone; missing it goes late and down, and one that comes ends that', async () => {
    expect((await post('/pings/nightly', undefined, 'wrong')).status).toBe(401)
    expect((await post('/pings/other')).status).toBe(401)
    expect((await post('/pings/nightly')).status).toBe(200)
    const states = () =>
      scene
        .sql(
          `select body::jsonb -> 'payload' ->> 'to' as state from ledger where kind = 'ping.state' order by seq`,
        )
        .then((rows) => rows.map(({ state }) => String(state)))
    await until('down', LIMIT, async () => ((await states()).includes('down') ? true : undefined))
    const raised = (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices
    const notice = raised.find(({ subject }) => subject === 'ping:nightly')
    expect(notice?.severity).toBe('red')
    await scene.rewritePolicy((yaml) => yaml.replace('every: 1s', 'every: 1h'))
    await post('/pings/nightly')
    await untilNotice(notice?.id ?? '', 'over', ({ state }) => state === 'resolved')
  })

  test('alerts are stored once, counted, told as one of their source, and end with the last of them', async () => {
    const alert = (number: number, status: 'firing' | 'resolved') => ({
      status,
      labels: { alertname: `A${number}`, severity: 'critical', service: 'app' },
      annotations: { summary: `broken ${number}` },
      fingerprint: `f${number}`,
      startsAt: '2026-12-01T00:00:00Z',
    })
    const message = (status: 'firing' | 'resolved', count: number) => ({
      version: '4',
      status,
      alerts: Array.from({ length: count }, (_, i) => alert(i, status)),
    })
    expect((await post('/alerts/prometheus', message('firing', 1), 'wrong')).status).toBe(401)
    expect((await post('/alerts/prometheus', message('firing', 10_000))).body).toEqual({
      taken: 10_000,
      firing: 10_000,
    })
    expect((await post('/alerts/prometheus', message('firing', 1))).body.firing).toBe(10_000)
    const [first] = await openAlerts(scene.gate.db, 1)
    expect(first).toMatchObject({
      source: 'prometheus',
      count: 2,
      service: 'app',
      severity: 'red',
      title: 'broken 0',
    })
    const all = (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices
    const own = all.filter(({ subject }) => subject === 'alerts:prometheus')
    expect(own.map(({ title }) => title.en)).toEqual(['10000 alerts of prometheus'])
    expect((await post('/alerts/prometheus', message('resolved', 10_000))).body.firing).toBe(0)
    await untilNotice(own[0]?.id ?? '', 'over', ({ state }) => state === 'resolved')
    const generic = await post('/alerts/other', { title: 'queue full', severity: 'warning' })
    expect(generic.body).toEqual({ taken: 1, firing: 1 })
    expect((await post('/alerts/other', { title: 'x'.repeat(301) })).status).toBe(400)
  })
})
