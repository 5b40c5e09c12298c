// Incidents that open by themselves, on a real store and runner: a red check and a failed proof, where the rules say so. Grouped, and each once.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeRounds } from '../../src/app/check-rounds.ts'
import { advanceIncidents } from '../../src/app/incident-advance.ts'
import { instant } from '../../src/base/time.ts'
import type { CheckId, CheckResult } from '../../src/checks/result.ts'
import type { Status } from '../../src/contract/gate.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

/** Of the gate alone: the runner judges by its own clock. */
let ahead = 0
const clock = { ...systemClock, now: () => systemClock.now() + ahead }

let scene: Scene
let watched = ''
beforeAll(async () => {
  scene = await openScene({ clock, policy: 'incidents: { checks: [api, errors], failed_changes: true }' })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    health: { url: '${/url: '([^']+)'/.exec(yaml)?.[1] ?? ''}', json: { ok: true }, good: 1, of: 1 }\n    logs: { error: /tmp/none.log }\n    configs:\n`,
    ),
  )
})
afterAll(() => scene?.end())

let looks = 0
/** As sekisho-watch would write it, so often that it stands. */
async function look(item: 'api' | 'errors' | 'service', state: CheckResult['state']): Promise<void> {
  const check = `app/${item}` as CheckId
  const result = { state, code: 'check.not_healthy', values: { saw: 'status 500', milliseconds: 3 } }
  // Each look is newer than the one before, and none is of tomorrow.
  for (let i = 0; i < 2; i++) {
    looks++
    const at = instant(Date.now() - 60_000 + looks)
    await takeRounds(scene.gate, [{ v: 1, ran: [check], results: [{ check, at, ...result }] }])
  }
}
const all = async () =>
  (await scene.call<{ incidents: IncidentView[] }>('dev', 'GET', '/incidents?all=true')).body.incidents
const view = async (id: string) => (await scene.call<IncidentView>('dev', 'GET', `/incidents/${id}`)).body
const kinds = async (id: string) =>
  (
    await scene.sql("select kind from ledger where subject = $1 and kind like 'incident.%' order by seq", [
      id,
    ])
  ).map((row) => row['kind'])
const dismiss = (id: string) => scene.call('ops2', 'POST', `/incidents/${id}/dismiss`, { reason: 'a test' })

test('a red check opens one incident: evidence is sealed, people are told, and what is red beside it joins', async () => {
  await look('api', 'red')
  await advanceIncidents(scene.gate)
  const [one, ...more] = await all()
  expect(more).toEqual([])
  const id = one?.id ?? ''
  const { seenSince: since } = await view(id)
  await look('errors', 'red')
  await advanceIncidents(scene.gate)
  await advanceIncidents(scene.gate)
  const opened = await until('the evidence', 60_000, async () => {
    const seen = await view(id)
    return seen.evidence.length > 0 ? seen : undefined
  })
  expect(opened).toMatchObject({
    service: 'app',
    level: 1,
    openedBy: 'system',
    acknowledged: false,
    because: expect.stringContaining('API'),
    sources: [
      { kind: 'check', ref: expect.stringMatching(/^FND-/) },
      { kind: 'check', ref: expect.stringMatching(/^FND-/) },
    ],
  })
  expect(await all()).toHaveLength(1)
  // It did not begin with what was seen last.
  expect(opened.seenSince).toBe(since)
  const said = await kinds(id)
  expect(said.filter((kind) => kind === 'incident.joined')).toHaveLength(1)
  const told = await scene.sql(
    "select count(*)::int as n from ledger where subject = $1 and kind = 'notice.raised'",
    [id],
  )
  expect(told[0]?.['n']).toBe(1)
  // It is over, and what was red then is red still: nobody is called a second time for it.
  expect((await dismiss(id)).status).toBe(200)
  await advanceIncidents(scene.gate)
  expect(await all()).toHaveLength(1)
})

test('what was taken up, is muted, or is not named in the rules opens none', async () => {
  for (const item of ['api', 'errors'] as const) await look(item, 'good')
  await scene.call('ops2', 'POST', `/checks/${encodeURIComponent('app/api')}/mute`, {
    minutes: 5,
    reason: 'known',
  })
  await look('api', 'red')
  await look('service', 'red')
  await advanceIncidents(scene.gate)
  expect(await all()).toHaveLength(1)
  await scene.call('ops2', 'POST', `/checks/${encodeURIComponent('app/api')}/unmute`)
  await advanceIncidents(scene.gate)
  const found = await all()
  expect(found).toHaveLength(2)
  await dismiss(found.find(({ state }) => state !== 'false_alarm')?.id ?? '')
  await look('api', 'good')
})

test('a change whose proof is red is taken back and opens one: its own way back is the recovery, and health decides', async () => {
  const change = await scene.sealed('dev', 'broken\n')
  await scene.approve('ops1', change.id)
  const ended = await scene.until(change.id, 'closed')
  expect(ended.execution?.outcome).toBe('rolled_back')
  const found = await all()
  expect(found).toHaveLength(3)
  const id = found.find(({ state }) => state !== 'false_alarm')?.id ?? ''
  const recovered = await until('the recovery', 60_000, async () => {
    await advanceIncidents(scene.gate)
    const seen = await view(id)
    return seen.state === 'monitoring' ? seen : undefined
  })
  expect(recovered).toMatchObject({
    openedBy: 'system',
    because: `the proof of change ${change.id} was red, and it was taken back`,
    sources: [{ kind: 'change', ref: change.id }],
    recoveries: [{ change: change.id, what: 'undo' }],
    next: { what: 'soak', kind: 'waits' },
  })
  expect(readFileSync(scene.file, 'utf8')).toBe('limit = 10\n')
  expect(await kinds(id)).toEqual([
    'incident.opened',
    'incident.evidence',
    'incident.recovering',
    'incident.recovered',
  ])
  watched = id
})

test('recovered is looked at until it is resolved: a gap begins the time anew, red brings it back, and red is resolved by no reason', async () => {
  const close = (body: object) =>
    scene.call<IncidentView & { code: string }>('ops2', 'POST', `/incidents/${watched}/close`, body)
  const lookAfter = async (seconds: number) => {
    ahead += seconds * 1000
    await advanceIncidents(scene.gate)
    return view(watched)
  }
  // It is not red any more, and nobody is told that all is calm before a person has closed it.
  const { body: now } = await scene.call<Status>('ops1', 'GET', '/status')
  expect(now).toMatchObject({ calm: false, open: [{ code: 'doctor.incident_open' }] })
  expect(now.open?.[0]?.values['incident']).toBe(watched)
  // What was red before it recovered brings nothing back.
  await look('api', 'good')
  await look('api', 'red')
  await advanceIncidents(scene.gate)
  expect((await view(watched)).state).toBe('monitoring')
  await look('api', 'good')
  const soaked = (seen: IncidentView) => Date.parse(seen.next.until ?? '') - clock.now()
  // Within a minute more the time goes on; after five minutes in which nobody looked it begins anew.
  await lookAfter(25)
  expect(soaked(await lookAfter(60))).toBeLessThan(560_000)
  expect(soaked(await lookAfter(300))).toBeGreaterThan(590_000)
  expect((await close({ cause: 'x' })).body.code).toBe('incident.soak')

  writeFileSync(scene.file, 'broken\n')
  expect((await close({ cause: 'x', withoutSoak: 'I am sure' })).body.code).toBe('incident.not_green')
  const back = await lookAfter(25)
  expect(back).toMatchObject({ state: 'mitigating' })
  expect(back.recoveredAt).toBeUndefined()
  const told = await scene.sql(
    "select count(*)::int as n from ledger where subject = $1 and kind = 'notice.raised'",
    [watched],
  )
  expect(told[0]?.['n']).toBe(2)

  // What there is to see now is sealed too, before anything else is tried; asked again, it is not sealed a third time.
  const sealed = await until('the evidence of the relapse', 60_000, async () => {
    const { evidence } = await lookAfter(1)
    return evidence.filter(({ set }) => set === 'level1').length > 1 ? evidence : undefined
  })
  expect((await lookAfter(1)).evidence).toEqual(sealed)
  expect(sealed.filter(({ set }) => set === 'level1')).toHaveLength(2)
  const verified = await scene.call<{ sound: boolean }>('ops2', 'POST', `/incidents/${watched}/verify`)
  expect(verified.body.sound, verified.text).toBe(true)

  // A change that was made before it recovers nothing, whoever approved it.
  const [earlier] = back.sources
  const refused = await scene.call<{ code: string }>('ops2', 'POST', `/incidents/${watched}/recover`, {
    change: earlier?.ref,
  })
  expect(refused.body.code).toBe('incident.recovery_earlier')
  writeFileSync(scene.file, 'limit = 10\n')
  ahead = 0 // The runner takes no evidence from the future.
  const change = await scene.sealed('dev', 'limit = 12\n')
  await scene.approve('ops1', change.id)
  await scene.until(change.id, 'closed')
  // Any change of the service that is kept may be the recovery: health is looked at after it. Whoever names it too changes nothing.
  await until(
    'the change is seen',
    60_000,
    async () => (await lookAfter(1)).recoveries.length === 2 || undefined,
  )
  const named = await scene.call('ops2', 'POST', `/incidents/${watched}/recover`, { change: change.id })
  expect(named.status, named.text).toBe(200)
  await until('the recovery', 60_000, async () => (await lookAfter(1)).state === 'monitoring' || undefined)
  for (let i = 0; i < 26; i++) await lookAfter(25)
  const closed = await close({ cause: 'the file was broken', actions: [{ owner: 'dev', what: 'a test' }] })
  expect(closed.body.state, closed.text).toBe('closed')
  const { body } = await scene.call<{ markdown: string }>(
    'dev',
    'GET',
    `/incidents/${watched}/report?language=en`,
  )
  expect(body.markdown).toMatch(/health was green in 2\d looks/)
  expect(body.markdown).toContain('it is back: health green 0 of 1')
})

test('part of X13: a break-glass that nobody has reviewed for 72 hours stops the next change of that person, and of nobody else', async () => {
  const owed = (hours: number) =>
    scene.sql(
      `insert into setting (name, value) values ('glass_owed', $1::jsonb)
        on conflict (name) do update set value = excluded.value`,
      [
        JSON.stringify([
          {
            glass: '0123456789ab',
            person: 'dev',
            reason: 'it hung',
            at: instant(Date.now() - hours * 3_600_000),
          },
        ]),
      ],
    )
  const wish = {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'x' },
    files: [{ kind: 'write', path: scene.file, base64: Buffer.from('limit = 70\n').toString('base64') }],
  }
  await owed(71)
  expect((await scene.call('dev', 'POST', '/changes', wish)).status).toBe(200)
  await owed(73)
  const late = await scene.call<{ code: string }>('dev', 'POST', '/changes', wish)
  expect([late.status, late.body.code]).toEqual([403, 'glass.review_overdue'])
  expect((await scene.call('ops1', 'POST', '/changes', wish)).status).toBe(200)
  const { body } = await scene.call<{ red: { code: string }[] }>('ops1', 'GET', '/status')
  expect(body.red.map(({ code }) => code)).toContain('doctor.glass_owed')
})
