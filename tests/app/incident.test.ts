// An incident on real parts: PostgreSQL, runner, signatures. The service has no unit: what is taken back is the suspect change.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { advanceIncidents } from '../../src/app/incident-advance.ts'
import { lookAtServices } from '../../src/app/watch.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

const SECRET = 'a-secret-of-a-source-that-is-long-enough'
let scene: Scene
let id: string
beforeAll(async () => {
  scene = await openScene({
    policy: `notify:\n  alerts:\n    prometheus: { secret: "sha256:${sha256(SECRET)}" }`,
  })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    health: { url: '${/url: '([^']+)'/.exec(yaml)?.[1] ?? ''}', good: 1, of: 1 }\n    configs:\n`,
    ),
  )
})
afterAll(() => scene?.end())

const show = async () => (await scene.call<IncidentView>('ops2', 'GET', `/incidents/${id}`)).body
const post = async (who: 'ops1' | 'ops2' | 'dev' | 'claude', path: string, body?: unknown) =>
  scene.call<IncidentView & { code?: string }>(who, 'POST', `/incidents/${id}${path}`, body)
const kinds = async () =>
  (
    await scene.sql("select kind from ledger where subject = $1 and kind like 'incident.%' order by seq", [
      id,
    ])
  ).map((row) => row['kind'])

test('the evidence is sealed first, the suspect is named with its measured way back, and nobody opens a second one', async () => {
  const change = await scene.sealed('dev', 'limit = 99\n')
  await scene.approve('ops1', change.id)
  await scene.until(change.id, 'closed')
  const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', {
    service: 'app',
    because: '503 for all users',
  })
  expect(opened.status, opened.text).toBe(200)
  id = opened.body.id
  expect(opened.body).toMatchObject({
    id: expect.stringMatching(/^INC-\d{4}-0001$/),
    level: 1,
    state: 'declared',
    roles: { commander: 'ops2' },
    suspects: [{ change: change.id, what: scene.file }],
    next: { what: 'seal', kind: 'does' },
  })
  const again = await scene.call<IncidentView>('claude', 'POST', '/incidents', {
    service: 'app',
    because: 'I see errors',
  })
  expect(again.body).toMatchObject({ id, joined: true, notes: [{ by: 'claude', text: 'I see errors' }] })
  // An agent reads and tells; it takes no step.
  expect((await post('claude', '/next')).body.code).toBe('agent.never_administers')
  const sealed = (await post('ops2', '/next')).body
  expect(sealed.evidence[0]?.set).toBe('level1')
  expect(sealed.evidence[0]?.items.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['disk', 'health', 'memory', 'signs']),
  )
  expect(sealed.evidence[0]?.milliseconds).toBeLessThan(20_000)
  const diagnosed = await until('causes were looked for', 60_000, async () => {
    const view = (await post('ops2', '/next')).body
    return view.causes === undefined ? undefined : view
  })
  expect(diagnosed.causes?.causes).toContainEqual(
    expect.objectContaining({ kind: 'change', code: 'change.before' }),
  )
  // The service has no unit: nothing of its memory is called good.
  expect(diagnosed.causes?.notLooked).toContainEqual({ kind: 'memory', code: 'no_unit', values: {} })
  expect(diagnosed.causes?.clear).not.toContain('memory')
  expect(diagnosed.next).toMatchObject({ kind: 'type', type: `sekisho change rollback ${change.id}` })
})

test('part of S48: no change that nobody approved begins the recovery; the one that takes the suspect back does', async () => {
  // Captured many times: more items than one entry of the ledger has room for.
  await scene.sql(
    `update incident set document = jsonb_set(document, '{evidence}', document -> 'evidence' || (
       select jsonb_build_object('set', 'capture', 'at', '2026-01-01T00:00:00.000Z', 'gaps', '[]'::jsonb, 'milliseconds', 1, 'by', 'ops1',
         'items', jsonb_agg(jsonb_build_object('item', 'E' || n, 'name', 'capture/accounts', 'digest', repeat('a', 64), 'size', 1)))
       from generate_series(100, 900) n)) where id = $1`,
    [id],
  )
  const suspect = (await show()).suspects[0]?.change ?? ''
  const rollback = await scene.call<{ id: string }>('ops2', 'POST', `/changes/${suspect}/rollback`, {})
  expect(rollback.status, rollback.text).toBe(200)
  const early = await post('ops2', '/recover', { change: rollback.body.id })
  expect([early.status, early.body.code]).toEqual([409, 'incident.recovery_unapproved'])
  await scene.attempt('ops2', rollback.body.id)
  await scene.seal('ops2', rollback.body.id)
  await scene.approve('ops1', rollback.body.id)
  await scene.until(rollback.body.id, 'closed')
  const watched = await until('it has recovered', 60_000, async () => {
    const view = (await post('ops2', '/next')).body
    return view.state === 'monitoring' ? view : undefined
  })
  expect(watched.recoveries).toMatchObject([{ change: rollback.body.id, what: 'rollback' }])
  expect(watched.next).toMatchObject({ what: 'soak', kind: 'waits' })
  expect(watched.evidence.flatMap(({ items }) => items).length).toBeGreaterThan(801)
  await scene.sql(
    "update incident set document = jsonb_set(document, '{evidence}', (document -> 'evidence') - 1) where id = $1",
    [id],
  )
  expect(readFileSync(scene.file, 'utf8')).toBe('limit = 10\n')
})

test('a status, a role and the handover stand in the timeline; closing needs a cause', async () => {
  await post('ops2', '/notes', { text: 'users are served again', status: true })
  await post('ops2', '/roles', { role: 'communication', person: 'dev' })
  const over = await post('ops2', '/handover', { to: 'ops1', note: 'watch the error rate' })
  expect(over.body.roles).toEqual({ commander: 'ops1', communication: 'dev' })
  expect((await post('ops1', '/close', { cause: 'x' })).body.code).toBe('incident.soak')
  const resolved = await post('ops1', '/close', { withoutSoak: 'the end of the shift' })
  expect(resolved.body).toMatchObject({ state: 'review_due', next: { what: 'review' } })
  const closed = await post('ops1', '/close', {
    cause: 'the limit was too high',
    actions: [{ owner: 'dev', what: 'add a test' }],
  })
  expect(closed.body).toMatchObject({ state: 'closed', next: { kind: 'over' } })
  expect(await kinds()).toEqual([
    'incident.opened',
    'incident.joined',
    'incident.evidence',
    'incident.causes',
    'incident.recovery',
    'incident.recovering',
    'incident.recovered',
    'incident.noted',
    'incident.role',
    'incident.handover',
    'incident.resolved',
    'incident.closed',
  ])
  for (const language of ['ja', 'en'] as const) {
    const report = await scene.call<{ markdown: string }>(
      'dev',
      'GET',
      `/incidents/${id}/report?language=${language}`,
    )
    expect(report.body.markdown).toContain('the limit was too high')
    expect(report.body.markdown).not.toContain('undefined')
  }
})

test('health is looked at after any change of the service that is kept, whatever it was made for', async () => {
  const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', {
    service: 'app',
    because: 'red',
  })
  const other = opened.body.id
  const next = async () => (await scene.call<IncidentView>('ops2', 'POST', `/incidents/${other}/next`)).body
  await until('causes were looked for', 60_000, async () =>
    (await next()).causes === undefined ? undefined : true,
  )
  const change = await scene.sealed('dev', 'limit = 12\n')
  await scene.approve('ops1', change.id)
  await scene.until(change.id, 'closed')
  const watched = await until('it has recovered', 60_000, async () => {
    const view = await next()
    return view.state === 'monitoring' ? view : undefined
  })
  expect(watched.recoveries).toMatchObject([{ change: change.id, what: 'other' }])
  const closed = await scene.call<IncidentView>('ops2', 'POST', `/incidents/${other}/close`, {
    cause: 'tried',
    withoutSoak: 'a test',
  })
  expect(closed.body.state).toBe('closed')
})

test('a file that is changed by hand while it is open stands in its timeline, and that it was put back; a restart that nobody began is withdrawn', async () => {
  const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', {
    service: 'app',
    because: 'somebody edits here',
  })
  const other = opened.body.id
  const view = async () => (await scene.call<IncidentView>('ops2', 'GET', `/incidents/${other}`)).body
  const before = readFileSync(scene.file, 'utf8')
  const look = async () => {
    await lookAtServices(scene.gate)
    await advanceIncidents(scene.gate)
  }
  await look()
  writeFileSync(scene.file, 'limit = 77\n')
  await look()
  expect((await view()).edited).toMatchObject([{ path: scene.file }])
  writeFileSync(scene.file, before)
  await look()
  expect((await view()).edited).toBeUndefined()

  const change = await scene.sealed('dev', 'limit = 13\n')
  // As the restart of the incident is: this service has no unit.
  await scene.sql(
    `update change set document = jsonb_set(document, '{instruction,channel}', to_jsonb($2::text)) where id = $1`,
    [change.id, `incident ${other}`],
  )
  await scene.sql(
    `update incident set document = jsonb_set(document, '{recoveries}', $2::jsonb) where id = $1`,
    [other, JSON.stringify([{ change: change.id, what: 'restart', at: opened.body.openedAt }])],
  )
  const ended = await scene.call<IncidentView>('ops2', 'POST', `/incidents/${other}/dismiss`, {
    reason: 'a drill',
  })
  expect(ended.body.state, ended.text).toBe('false_alarm')
  const { body: left } = await scene.call<{ state: string }>('dev', 'GET', `/changes/${change.id}`)
  expect(left.state).toBe('withdrawn')
  // What is edited after its end is no matter of it.
  const noted = async () =>
    (await scene.sql("select 1 from ledger where subject = $1 and kind = 'incident.file'", [other])).length
  expect(await noted()).toBe(2)
  writeFileSync(scene.file, 'limit = 78\n')
  await lookAtServices(scene.gate)
  await scene.call('ops2', 'POST', `/incidents/${other}/next`)
  await scene.call('ops2', 'POST', `/incidents/${other}/close`, { cause: 'x' })
  expect(await noted()).toBe(2)
  writeFileSync(scene.file, before)
  await lookAtServices(scene.gate)
  for (const [language, edited, unneeded] of [
    ['ja', '関所の外で変えられたファイルを発見', '取り下げた'],
    ['en', 'a file was changed outside of Sekisho', 'was withdrawn'],
  ] as const) {
    const { body } = await scene.call<{ markdown: string }>(
      'dev',
      'GET',
      `/incidents/${other}/report?language=${language}`,
    )
    expect(body.markdown).toContain(`${edited}: ${scene.file}`)
    expect(body.markdown).toContain(unneeded)
    expect(body.markdown).toContain(change.id)
  }
})

test('S46 the custody log has who, when, where and what; one flipped byte of the evidence is named, as is one of the custody log', async () => {
  const verify = async () =>
    (
      await scene.call<{
        sound: boolean
        items: { item: string; found: string }[]
        custody: { item?: string; found: string }[]
      }>('dev', 'POST', `/incidents/${id}/verify`)
    ).body
  expect((await verify()).sound).toBe(true)
  const store = join(scene.directory, 'data', 'runner', 'evidence', id)
  const lines = readFileSync(join(store, 'custody.jsonl'), 'utf8').trim().split('\n')
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({
      who: expect.any(String),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      host: 'local',
      what: expect.stringMatching(/^(sealed|read|verified)$/),
    })
  for (const line of lines.filter((one) => one.includes('"sealed"')))
    expect(JSON.parse(line)).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const flip = (name: string) => {
    const path = join(store, name)
    const bytes = readFileSync(path)
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    writeFileSync(path, bytes)
  }
  flip('E02')
  const wrong = await verify()
  expect(wrong.sound).toBe(false)
  expect(wrong.items.filter(({ found }) => found !== 'equal')).toMatchObject([
    { item: 'E02', found: 'changed' },
  ])
  flip('E02')
  flip('custody.jsonl')
  const log = await verify()
  expect(log.sound).toBe(false)
  expect(log.custody.filter(({ found }) => found !== 'equal')).toMatchObject([
    { item: expect.stringMatching(/^E\d\d$/), found: 'changed' },
  ])
})

test('S48 at level 3 the recovery begins with a change that a person approved, and with no other', async () => {
  const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', {
    service: 'app',
    level: 3,
    because: 'an unknown key was used',
  })
  id = opened.body.id
  expect(opened.body.next).toMatchObject({
    kind: 'type',
    // Nobody has signed that this host may be cut off.
    type: 'sekisho standing sign app isolate',
  })
  // Nothing is contained before the evidence, unless the commander says so.
  expect((await post('ops2', '/next')).body.state).toBe('declared')
  const change = await scene.sealed('dev', 'limit = 11\n')
  expect((await post('ops2', '/recover', { change: change.id })).body.code).toBe('incident.wrong_state')
  expect((await post('ops2', '/skip-evidence', { reason: 'data leaves now' })).body.state).toBe('containing')
  const refused = await post('ops2', '/recover', { change: change.id })
  expect([refused.status, refused.body.code]).toEqual([409, 'incident.recovery_unapproved'])
  expect((await show()).state).toBe('containing')
  await scene.approve('ops1', change.id)
  await scene.until(change.id, 'closed')
  // At level 3 an approved change of the service counts only when a person names it.
  expect((await post('ops2', '/next')).body.recoveries).toEqual([])
  expect((await post('ops2', '/recover', { change: change.id })).body.state).toBe('recovering')
})

test('a flood of 10,000 alerts of one source is one incident, opened by the clock, for which nobody answers yet', async () => {
  // What the tests before have opened is over.
  await scene.sql(
    "update incident set version = version + 1, state = 'closed', document = jsonb_set(document, '{state}', '\"closed\"')",
  )
  const alerts = Array.from({ length: 10_000 }, (_, i) => ({
    status: 'firing',
    labels: { alertname: `broken ${i}`, severity: 'critical', service: 'app', pod: `p${i}` },
    annotations: { summary: `broken ${i}` },
  }))
  const taken = await scene.call<{ taken: number }>(
    'nobody',
    'POST',
    '/alerts/prometheus',
    { version: '4', status: 'firing', alerts },
    { authorization: `Bearer ${SECRET}` },
  )
  expect(taken.body.taken, taken.text).toBe(10_000)
  const [one, ...more] = await until('an incident is opened', 60_000, async () => {
    const { body } = await scene.call<{ incidents: IncidentView[] }>('ops2', 'GET', '/incidents')
    return body.incidents.length > 0 ? body.incidents : undefined
  })
  expect(more).toEqual([])
  expect(one).toMatchObject({
    service: 'app',
    level: 1,
    acknowledged: false,
    because: 'prometheus: broken 0 (10000 alerts)',
  })
  const unlinked = await scene.sql('select count(*)::int as n from alert where incident is null')
  expect(unlinked[0]?.['n']).toBe(0)
  // What comes after is counted, and neither opens nor tells again.
  id = one?.id ?? ''
  const more_ = alerts
    .slice(0, 500)
    .map((alert) => ({ ...alert, labels: { ...alert.labels, pod: `${alert.labels.pod}x` } }))
  await scene.call(
    'nobody',
    'POST',
    '/alerts/prometheus',
    { version: '4', status: 'firing', alerts: more_ },
    { authorization: `Bearer ${SECRET}` },
  )
  const counted = await until('the count to rise', 60_000, async () => {
    const view = await show()
    return view.alerts?.count === 10_500 ? view : undefined
  })
  expect(counted.alerts).toEqual({ count: 10_500, firing: 10_500 })
  expect(await kinds()).not.toContain('incident.joined')

  // It is closed, and what fires without being sent again calls nobody. What is sent again after that opens another one.
  await scene.sql(
    `update incident set version = version + 1, state = 'closed', document = document || jsonb_build_object('state', 'closed', 'closedAt', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) where id = '${id}'`,
  )
  const open = async () =>
    (await scene.call<{ incidents: IncidentView[] }>('ops2', 'GET', '/incidents')).body.incidents
  await advanceIncidents(scene.gate)
  expect(await open()).toEqual([])
  await scene.call(
    'nobody',
    'POST',
    '/alerts/prometheus',
    { version: '4', status: 'firing', alerts: alerts.slice(0, 3) },
    { authorization: `Bearer ${SECRET}` },
  )
  const [again, ...others] = await until('another incident', 60_000, async () => {
    const found = await open()
    return found.length > 0 ? found : undefined
  })
  expect(others).toEqual([])
  expect(again?.id).not.toBe(id)
  id = again?.id ?? ''
  expect((await show()).alerts).toEqual({ count: 3, firing: 3 })
})
