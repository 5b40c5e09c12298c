import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sweep } from '../../src/app/sweep.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { readSubject } from '../../src/record/store.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

const hold = () =>
  scene.sql(
    "insert into target_lock (target, execution) values ($1, 'CHG-2026-9999/1') on conflict (target) do update set execution = excluded.execution",
    [`local/file:${scene.file}`],
  )
const release = () => scene.sql('update target_lock set execution = null')

/** Approved by everybody, and held back by another execution on the same target. */
async function approvedAndHeld(content: string): Promise<ChangeView> {
  const sealed = await scene.sealed('dev', content)
  await hold()
  const approved = await scene.approve('ops1', sealed.id)
  expect(approved.body.state).toBe('approved')
  return approved.body
}

test('part of X05: one byte edited after the approval voids it, and the sentence names what moved', async () => {
  const approved = await approvedAndHeld('limit = 20\n')
  await writeFile(scene.file, 'limit = 11\n')
  await release()
  await sweep(scene.gate)
  const seen = await scene.until(approved.id, 'void')
  expect(seen.moved).toMatchObject([{ what: scene.file, code: 'moved.target', by: 'unknown' }])
  expect(seen.moved?.[0]?.at).toMatch(/^20/)
  expect(seen.decisions.every(({ live }) => !live)).toBe(true)
  expect(seen.execution).toBeUndefined()
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 11\n')
  // Everything kept, made anew on what is there now, and approved again.
  const revised = await scene.call<ChangeView>('dev', 'POST', `/changes/${approved.id}/revise`, {})
  expect(revised.body).toMatchObject({ revision: 2, state: 'planned' })
  expect(revised.body.diff).toContain('-limit = 11')
  await scene.attempt('dev', approved.id)
  await scene.seal('dev', approved.id)
  expect((await scene.approve('ops1', approved.id)).body.state).toBe('executing')
  await scene.until(approved.id, 'closed')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 20\n')
})

test('part of X05: what another change of this gate wrote is named by it', async () => {
  const one = await scene.sealed('dev', 'limit = 21\n')
  const other = await scene.sealed('dev', 'limit = 22\n')
  await scene.approve('ops1', one.id)
  await scene.until(one.id, 'closed')
  await scene.approve('ops1', other.id)
  const { moved } = await scene.until(other.id, 'void')
  expect(moved).toMatchObject([{ what: scene.file, by: one.id }])
})

test('a policy that changes what decides voids, one that does not leaves it', async () => {
  const first = await scene.sealed('dev', 'limit = 30\n')
  await scene.rewritePolicy((yaml) =>
    yaml.replace('name: Hanako, roles: [owner]', 'name: Hanako, roles: [owner, auditor]'),
  )
  const voided = await scene.until(first.id, 'void')
  expect(voided.moved?.[0]?.code).toBe('moved.policy')
  // On the record by whom, not by what role.
  const applied = (await readSubject(scene.gate.db, 'policy')).map(({ entry }) => entry)
  expect(applied.map(({ kind, payload }) => [kind, payload['by']])).toEqual([
    ['policy.applied', 'ops1'],
    ['policy.applied', 'ops1'],
  ])
  const second = await scene.sealed('dev', 'limit = 31\n')
  await scene.rewritePolicy((yaml) =>
    yaml.replace('name: Dev, roles: [requester]', 'name: Developer, roles: [requester]'),
  )
  expect((await scene.call<ChangeView>('dev', 'GET', `/changes/${second.id}`)).body.state).toBe(
    'awaiting_approval',
  )
})

test('a hung runner blocks no reading, and an approval given meanwhile starts when it answers again', async () => {
  const sealed = await scene.sealed('dev', 'limit = 40\n')
  const goOn = scene.hangRunner()
  // It answers nothing until it is let go on: whatever is answered before did not wait for it.
  const [status, shown, doctor] = await Promise.all([
    scene.call<{ runner: { reachable: boolean } }>('ops1', 'GET', '/status'),
    scene.call<ChangeView>('ops1', 'GET', `/changes/${sealed.id}`),
    scene.call<{ facts: { name: string; state: string }[] }>('ops1', 'GET', '/doctor'),
  ])
  expect(status.body.runner.reachable).toBe(false)
  expect(shown.body.state).toBe('awaiting_approval')
  expect(doctor.body.facts.find(({ name }) => name === 'runner')?.state).toBe('bad')
  expect((await scene.approve('ops1', sealed.id)).body.state).toBe('approved')
  goOn()
  await sweep(scene.gate)
  await scene.until(sealed.id, 'closed')
})

/** Each of these is written straight into the row of an approved change, as the database's superuser. */
const FORGERIES: readonly [string, string][] = [
  ['author', `jsonb_set(document, '{envelope,author}', '"ops2"')`],
  ['requester', `jsonb_set(document, '{envelope,requester}', '"ops2"')`],
  ['lineage', `jsonb_set(document, '{envelope,lineage}', '[]')`],
  ['a part that an older release did not seal', `document #- '{envelope,editors}'`],
  ['tier', `jsonb_set(document, '{envelope,tier}', '1')`],
  ['class', `jsonb_set(document, '{envelope,class}', '"standard"')`],
  ['policy', `jsonb_set(document, '{envelope,policy}', to_jsonb(repeat('0', 64)))`],
  ['approvals', `jsonb_set(document, '{envelope,approvals,count}', '0')`],
  ['expires', `jsonb_set(document, '{envelope,expires}', '"2099-01-01T00:00:00.000Z"')`],
  ['baseline', `jsonb_set(document, '{envelope,baseline,0,digest}', to_jsonb(repeat('0', 64)))`],
  ['evidence', `jsonb_set(document, '{envelope,evidence}', '[]')`],
  ['waivers', `jsonb_set(document, '{envelope,waivers}', jsonb_build_array(repeat('f', 64)))`],
  ['instruction', `jsonb_set(document, '{envelope,instruction}', to_jsonb(repeat('1', 64)))`],
  ['diff', `jsonb_set(document, '{envelope,diff}', to_jsonb(repeat('2', 64)))`],
  ['notification', `jsonb_set(document, '{envelope,notification}', '"needed"')`],
  ['host', `jsonb_set(document, '{envelope,host}', '"other"')`],
  ['plan of the envelope', `jsonb_set(document, '{envelope,plan}', to_jsonb(repeat('3', 64)))`],
  ['keep of the plan', `jsonb_set(document, '{plan,keep,seconds}', '77')`],
  [
    'new bytes of the plan',
    `jsonb_set(document, '{plan,actions,0,action,files,0,after,digest}', to_jsonb(repeat('4', 64)))`,
  ],
  ['mode in the plan', `jsonb_set(document, '{plan,actions,0,action,files,0,after,mode}', '511')`],
  ['path in the plan', `jsonb_set(document, '{plan,actions,0,action,files,0,real}', '"/etc/passwd"')`],
  ['proof of the plan', `jsonb_set(document, '{plan,proof}', '[]')`],
  ['digest of the envelope', `jsonb_set(document, '{envelopeDigest}', to_jsonb(repeat('5', 64)))`],
  ['the approval gone', `jsonb_set(document, '{decisions}', '[]')`],
  ['text of the approval', `jsonb_set(document, '{decisions,0,signed,text}', '"{}"')`],
  [
    'who approved',
    `jsonb_set(document, '{decisions,0,signed,text}', to_jsonb(replace(document #>> '{decisions,0,signed,text}', '"ops1"', '"ops2"')))`,
  ],
]

test('part of N02: whatever of what is sealed is mutated in the database, nothing runs', async () => {
  const before = await readFile(scene.file, 'utf8')
  const approved = await approvedAndHeld('limit = 50\n')
  const [row] = await scene.sql('select document from change where id = $1', [approved.id])
  for (const [name, forged] of FORGERIES) {
    await scene.sql(`update change set document = ${forged}, version = version + 1 where id = $1`, [
      approved.id,
    ])
    await release()
    await sweep(scene.gate)
    const seen = await scene.until(approved.id, 'void', 'expired', 'closed', 'stuck')
    expect(['void', 'expired'], name).toContain(seen.state)
    expect(seen.execution?.outcome ?? 'refused', name).toBe('refused')
    expect(await readFile(scene.file, 'utf8'), name).toBe(before)
    await hold()
    await scene.sql(
      "update change set document = $2, state = 'approved', revision = 1, version = version + 1 where id = $1",
      [approved.id, row?.['document']],
    )
  }
  // Positive control: untouched, it runs.
  await release()
  await sweep(scene.gate)
  const done = await scene.until(approved.id, 'closed', 'void')
  expect(done.state).toBe('closed')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 50\n')
})

test('a grant that is written into the database by hand is refused by the runner', async () => {
  const before = await readFile(scene.file, 'utf8')
  const sealed = await scene.sealed('dev', 'limit = 60\n')
  const order = {
    execution: `${sealed.id}/1`,
    change: sealed.id,
    host: 'local',
    plan: sealed.plan,
    envelope: sealed.envelope?.digest,
    fences: [{ target: `local/file:${scene.file}`, token: 1_000_000 }],
  }
  await scene.sql(
    "insert into execution (id, change, orders, state, started_at) values ($1, $2, $3, 'open', now())",
    [order.execution, sealed.id, JSON.stringify(order)],
  )
  await sweep(scene.gate)
  const seen = await scene.until(sealed.id, 'void')
  expect(seen.moved?.[0]?.detail['why']).toBe('approval.not_enough')
  expect(await readFile(scene.file, 'utf8')).toBe(before)
})
