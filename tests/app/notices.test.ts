// Notices on real parts: what the gate raises reaches a mail server and a webhook, and what came of it stands on the record.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noticeCheckChange } from '../../src/app/check-notice.ts'
import { lookAtGate } from '../../src/app/check-rounds.ts'
import { act, type Gate } from '../../src/app/gate.ts'
import { muteTopic, type NoticeDraft, raiseNotice, resolveNotice } from '../../src/app/notices.ts'
import { lookAtPings } from '../../src/app/pings.ts'
import { sweep } from '../../src/app/sweep.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { CheckChange } from '../../src/checks/check-change.ts'
import { definitionsOf } from '../../src/checks/definition.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import type { NoticeView } from '../../src/contract/notice.ts'
import { readPolicy } from '../../src/policy/read.ts'
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
/** The mail server takes nothing for now. */
let mailDown = false
beforeAll(async () => {
  certificate = makeCertificate()
  sink = await startSink()
  mail = await startMailServer({
    certificate,
    login: { user: 'sekisho', password: 'pass word' },
    answer: () => (mailDown ? '451 4.3.0 later' : '250 2.0.0 taken'),
  })
  const key = join(certificate.directory, 'secret')
  const password = join(certificate.directory, 'password')
  writeFileSync(key, 'key', { mode: 0o600 })
  writeFileSync(password, 'pass word', { mode: 0o600 })
  scene = await openScene({
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

test('a red check is told with its sentence, since when and what to type; what follows from it joins it; acknowledged, it is told no further', async () => {
  const change = (of: Partial<CheckChange>): CheckChange => ({
    check: 'app/disk:/srv' as CheckChange['check'],
    item: 'disk',
    finding: 'FND-2026-0901' as CheckChange['finding'],
    kind: 'opened',
    from: 'good',
    to: 'red',
    at: '2026-12-01T00:00:00.000Z' as CheckChange['at'],
    since: '2026-12-01T00:00:00.000Z' as CheckChange['since'],
    code: 'check.disk_full',
    values: { path: '/srv', percent: 91, limit: 80, free: 1, services: 'app' },
    ...of,
  })
  const say = (of: Partial<CheckChange>) =>
    act(scene.gate, 'system', (step) => noticeCheckChange(step, change(of)))
  const listed = async () =>
    (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices
  await say({})
  await say({
    check: 'app/api' as CheckChange['check'],
    item: 'api',
    service: 'app' as never,
    causedBy: change({}).check,
  })
  const own = (await listed()).filter(({ lines }) => lines.en.some((one) => one.includes('app/disk:/srv')))
  expect(own).toHaveLength(1)
  expect(own[0]).toMatchObject({ severity: 'red', subject: 'FND-2026-0901', items: 2 })
  expect(own[0]?.title.en).toContain('91')
  expect(own[0]?.lines.en).toContain('red since 2026-12-01T00:00:00.000Z')
  await say({ kind: 'acknowledged', by: 'ops1' as never, reason: 'on it' })
  expect((await show(own[0]?.id ?? '')).state).toBe('acknowledged')
  await say({ kind: 'resolved', to: 'good' })
  expect((await show(own[0]?.id ?? '')).state).toBe('acknowledged')
  await say({ kind: 'resolved', to: 'good', check: 'app/api' as CheckChange['check'] })
  expect((await show(own[0]?.id ?? '')).state).toBe('resolved')
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
    await until('down', LIMIT, async () => {
      await lookAtPings(scene.gate)
      return (await states()).includes('down') ? true : undefined
    })
    const raised = (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body.notices
    const notice = raised.find(({ subject }) => subject === 'ping:nightly')
    expect(notice?.severity).toBe('red')
    await scene.rewritePolicy((yaml) => yaml.replace('every: 1s', 'every: 1h'))
    await post('/pings/nightly')
    await lookAtPings(scene.gate)
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
    const [first] = await scene.sql('select * from alert order by first_at, id limit 1')
    expect(first).toMatchObject({
      source: 'prometheus',
      count: '2',
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
      for (let i = 0; i < 60; i++)
        flood.push(await raiseNotice(step, draft(`check:many/${i}`, { kind: 'check', severity: 'warning' })))
    })
    expect(new Set(flood).size).toBeLessThanOrEqual(11)
    const many = await untilNotice(flood.at(-1) ?? '', 'the webhook', (seen) => told(seen).includes('hook'))
    expect(many.items).toBeGreaterThan(45)
    expect(many.lines.en.at(-1)).toContain('more')
    await act(scene.gate, 'system', async (step) => {
      for (let i = 0; i < 60; i++) await resolveNotice(step, `check:many/${i}`)
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

test('the guide: what it writes below notify holds in both pages, and its receiver finds the signature of a real post', async () => {
  const page = (name: string) => readFileSync(new URL(`../../docs/guide/${name}`, import.meta.url), 'utf8')
  const [english, japanese] = [page('checks.md'), page('checks.ja.md')]
  const blocks = (text: string, kind: string) =>
    [...text.matchAll(new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, one = '']) => one)
  expect(blocks(japanese, 'yaml')).toEqual(blocks(english, 'yaml'))
  expect(blocks(japanese, 'sh')).toEqual(blocks(english, 'sh'))
  const source = readFileSync(join(scene.directory, 'etc', 'sekisho.yaml'), 'utf8').replace(
    /\nnotify:[\s\S]*/,
    '\n',
  )
  const written = blocks(english, 'yaml').filter((one) => one.startsWith('notify:'))
  expect(written).toHaveLength(2)
  for (const one of written) {
    const read = readPolicy(`${source}${one}`)
    expect(read.ok ? [] : read.problems).toEqual([])
    if (!read.ok || !one.includes('channels:')) continue
    const { notify } = read.compiled.runner
    expect(notify?.channels.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'hook webhook',
      'mail mail',
      'night ntfy',
      'users mail',
    ])
    expect(notify?.routes.map(({ to, escalate }) => [to, escalate.map((level) => level.to)])).toEqual([
      [['hook', 'mail'], []],
      [['mail'], [['night']]],
    ])
  }
  // The body as it came over the wire, and the key as its owner has it.
  const { body } = await scene.call<NoticeView>('ops1', 'POST', '/notices/test', { channels: ['hook'] })
  await untilNotice(body.id, 'the webhook', (seen) => told(seen).includes('hook'))
  const arrived = sink.posted.find((one) => (JSON.parse(one.body) as { notice: string }).notice === body.id)
  writeFileSync(join(certificate.directory, 'body.json'), arrived?.body ?? '')
  writeFileSync(join(certificate.directory, 'hook.secret'), 'key')
  const [receiver = ''] = blocks(english, 'sh')
  const check = (timestamp: string) =>
    execFileSync('sh', ['-c', receiver], {
      cwd: certificate.directory,
      env: { ...process.env, ID: String(arrived?.headers['x-sekisho-id']), TIMESTAMP: timestamp },
      encoding: 'utf8',
    }).trim()
  const signature = String(arrived?.headers['x-sekisho-signature']).replace(/^v1=/, '')
  expect(signature).toMatch(/^[0-9a-f]{64}$/)
  expect(check(String(arrived?.headers['x-sekisho-timestamp']))).toContain(signature)
  expect(check('1')).not.toContain(signature)
})

test('a test notice goes to the named channels; a wrong password is shown as such', async () => {
  const { body } = await scene.call<NoticeView>('ops1', 'POST', '/notices/test', {
    channels: ['mail', 'plain'],
  })
  // Another attempt may have come in between, where mail answered late.
  const answered = ({ attempts }: NoticeView, name: string) =>
    attempts.some(({ channel }) => channel === name)
  const one = await untilNotice(
    body.id,
    'both answered',
    (seen) => told(seen).includes('mail') && answered(seen, 'plain'),
  )
  expect(told(one)).toEqual(['mail'])
  const hook = await scene.call<NoticeView>('ops1', 'POST', '/notices/test', { channels: ['hook'] })
  expect(
    (await untilNotice(hook.body.id, 'its end', ({ state }) => state === 'resolved')).attempts,
  ).toHaveLength(1)
  expect(one.attempts.find(({ channel }) => channel === 'plain')?.answer).toBe('login_refused')
  expect((await scene.call('ops1', 'POST', '/notices/test', { channels: ['none'] })).status).toBe(404)
  expect((await scene.call('claude', 'POST', '/notices/test', {})).status).toBe(403)
})

test('a channel that does not take its notices is a warning of status, doctor and the checks until it takes one again', async () => {
  const facts = async () => {
    const { body: status } = await scene.call<Status>('ops1', 'GET', '/status')
    const { body: doctor } = await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')
    const [definition] = definitionsOf(scene.gate.policy()).filter(({ id }) => id === 'host/channels')
    const { results } = await lookAtGate(scene.gate, definition === undefined ? [] : [definition])
    const of = (list: readonly DoctorFact[] = []) =>
      list
        .filter(({ code, values }) => code === 'doctor.channel_failing' && values['channel'] === 'hook')
        .map(({ state, values }) => `${state} ${values['answer']}`)
    return { status: of(status.open), calm: status.calm, doctor: of(doctor.facts), check: results[0] }
  }
  const testHook = async () =>
    (await scene.call<NoticeView>('ops1', 'POST', '/notices/test', { channels: ['hook'] })).body.id
  await untilNotice(await testHook(), 'the webhook', (seen) => told(seen).includes('hook'))
  expect(await facts()).toMatchObject({ status: [], doctor: [] })
  const answer = sink.answer
  // Nothing that a repetition mends.
  sink.answer = (_, response) => response.writeHead(404).end()
  try {
    await untilNotice(await testHook(), 'a failure', ({ attempts }) => attempts.length > 0)
    const failing = await facts()
    expect(failing).toMatchObject({ status: ['warn http 404'], calm: false, doctor: ['warn http 404'] })
    expect(failing.check).toMatchObject({ state: 'warning', code: 'check.channels_failing' })
    expect(String(failing.check?.values['failing'])).toContain('hook')
  } finally {
    sink.answer = answer
  }
  await untilNotice(await testHook(), 'the webhook again', (seen) => told(seen).includes('hook'))
  expect(await facts()).toMatchObject({ status: [], doctor: [] })
})

describe('S12: users are told of a change before it starts', () => {
  const toUsers = () => mail.mails.filter(({ to }) => to.includes('users@example.org')).map(textOf)

  test('S12: without a decision and without a default it is blocked, and so is it without a channel', async () => {
    await scene.rewritePolicy((yaml) => `${yaml}policy: { notification: { config: ask } }\n`)
    const made = await scene.call<ChangeView>('dev', 'POST', '/changes', wish('limit = 51\n'))
    const check = (view: ChangeView) => view.checks?.find((one) => one.check === 'notification')
    const undecided = await scene.attempt('dev', made.body.id)
    expect(check(undecided.body)?.verdict).toBe('unknown')
    expect((await scene.seal('dev', made.body.id)).status).toBe(409)
    const decided = await scene.call<ChangeView>('dev', 'POST', `/changes/${made.body.id}/revise`, {
      notification: 'needed',
    })
    const mute = await scene.attempt('dev', decided.body.id)
    expect(check(mute.body)?.verdict).toBe('red')
    expect(mute.body.state).toBe('blocked')
  })

  test('S12: decided as needed, the notice arrives in Japanese and English before the start, and its delivery is on the record', async () => {
    await scene.rewritePolicy((yaml) =>
      yaml
        .replace('  routes:\n', '  users: [people]\n  routes:\n')
        .replace(
          '    plain:',
          `    people: { kind: mail, server: localhost, port: ${mail.port}, ca: ${certificate.path}, private: true, from: sekisho@example.org, to: [users@example.org], user: sekisho, password: { file: ${join(certificate.directory, 'password')} }, language: both }\n    plain:`,
        ),
    )
    mailDown = true
    const { id } = await scene.sealed('dev', 'limit = 52\n', {
      notification: 'needed',
      summary: 'larger uploads',
    })
    expect((await scene.approve('ops1', id)).status).toBe(200)
    await untilNotice(
      (await noticeOf(id)).id,
      'a first attempt that was not taken',
      ({ attempts }) => attempts.length > 0,
    )
    const waits = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${id}/run`)
    expect(waits.body.code).toBe('notification.not_delivered')
    expect((await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body.state).toBe('approved')
    expect(toUsers()).toEqual([])
    mailDown = false
    await until('the start', LIMIT, async () => {
      await sweep(scene.gate)
      const { body } = await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)
      return body.state === 'approved' ? undefined : true
    })
    await scene.until(id, 'closed')
    await sweep(scene.gate)
    const [text = ''] = toUsers()
    for (const part of ['app の作業のお知らせ', 'Planned work on app', 'larger uploads', id])
      expect(text).toContain(part)
    const times = await scene.sql(
      `select kind, seq, body::jsonb ->> 'at' as at from ledger where subject = $1 and kind in ('notice.delivered', 'execution.started') order by seq`,
      [id],
    )
    expect(times.map(({ kind }) => kind).slice(0, 2)).toEqual(['notice.delivered', 'execution.started'])
    const record = await scene.call<{ markdown: string }>('ops1', 'GET', `/changes/${id}/record?language=en`)
    expect(record.body.markdown).toContain('Users were told: people took it at')
    await until('the end told', LIMIT, () => (toUsers().length === 2 ? true : undefined))
    expect(toUsers()[1]).toContain('This work has ended, or does not take place.')
  })

  const wish = (content: string) => ({
    pattern: 'config',
    service: 'app',
    instruction: { text: '上限を上げて' },
    impact: 'larger uploads',
    risk: 'the disk',
    files: [{ kind: 'write', path: scene.file, base64: Buffer.from(content).toString('base64') }],
  })
  const noticeOf = (id: string) =>
    until(`a notice of ${id}`, LIMIT, async () => {
      const { body } = await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')
      return body.notices.find(({ subject, kind }) => subject === id && kind === 'users')
    })
})
