// A ledger behind what the runner signed: nothing starts until an owner has signed that it goes on from here.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { act } from '../../src/app/gate.ts'
import { checkpoint, ledgerHead } from '../../src/app/ledger.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import { withClient } from '../../src/db/prepare.ts'
import { fromHex, hex, leafHash, nodeHash } from '../../src/ledger/merkle.ts'
import { readSubject } from '../../src/record/store.ts'
import { inDatabase } from '../db/database.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

const sign = async (person: 'ops1' | 'ops2') => {
  const asked = await scene.call<{ text: string }>(person, 'POST', '/ledger/fork/statement', {})
  const { text } = asked.body
  return {
    asked,
    signed: asked.status === 200 ? { text, signature: await scene.sign(person, text) } : undefined,
  }
}

/** On a busy machine the runner may not answer at a glance, and what it knows is not looked at then. */
const status = () =>
  until('a status with the runner', 60_000, async () => {
    const { body } = await scene.call<Status>('ops1', 'GET', '/status')
    return body.runner.reachable ? body : undefined
  })
const ledgerFacts = () =>
  until('a doctor with the runner', 60_000, async () => {
    const { facts } = (await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')).body
    const isSeen = !facts.some(({ code }) => code === 'doctor.runner_unreachable')
    return isSeen ? facts.filter(({ name }) => name === 'ledger') : undefined
  })
const verified = async () =>
  (await scene.call<Record<string, unknown>>('ops1', 'POST', '/ledger/verify')).body
const accept = async () => {
  const { signed } = await sign('ops1')
  return scene.call<{ accepted: boolean }>('ops1', 'POST', '/ledger/fork', { signed })
}

/** Both databases of the gate, copied by PostgreSQL while nobody is connected. */
async function copyStore(from: string, to: string): Promise<void> {
  await withClient(inDatabase(scene.database.ownerUrl, 'postgres'), async (client) => {
    for (const part of ['', '_engine']) {
      await client.query(`DROP DATABASE IF EXISTS ${to}${part} WITH (FORCE)`)
      await client.query(`CREATE DATABASE ${to}${part} TEMPLATE ${from}${part}`)
    }
  })
}

test('I7 a ledger older than what the runner signed starts nothing until an owner signs that it goes on', {
  timeout: 120_000,
}, async () => {
  // The runner has signed a head that this database never had: as after a restore.
  // 1,024 entries whose first is ours, the others of another history.
  const { signer } = await scene.gate.runner.ask('status', {})
  expect(signer.size).toBe(1)
  const others = Array.from({ length: 10 }, (_, i) => leafHash(`another history ${i}`))
  const root = others.reduce(nodeHash, fromHex(signer.root) as Uint8Array)
  const { origin } = await ledgerHead(scene.gate)
  const ahead = { origin, size: 1024, root: hex(root), consistency: others.map(hex) }
  await scene.gate.runner.ask('sign', ahead)
  const sealed = await scene.sealed('dev', 'limit = 20\n')
  await scene.approve('ops1', sealed.id)
  expect((await scene.call<ChangeView>('ops1', 'GET', `/changes/${sealed.id}`)).body.state).toBe('approved')
  await expect(checkpoint(scene.gate)).rejects.toMatchObject({ name: 'SekishoError' })

  expect(await status()).toMatchObject({
    calm: false,
    runner: { trouble: 'ledger' },
    next: ['sekisho doctor'],
  })

  expect((await sign('ops2')).asked.status).toBe(403)
  const { signed } = await sign('ops1')
  const accepted = await scene.call<{ accepted: boolean }>('ops1', 'POST', '/ledger/fork', { signed })
  expect(accepted.text).toContain('"accepted":true')
  const again = await scene.call('ops1', 'POST', '/ledger/fork', { signed })
  expect(again.status).toBeGreaterThanOrEqual(400)
  const entries = await readSubject(scene.gate.db, 'ledger')
  expect(entries.map(({ entry }) => [entry.kind, entry.actor])).toContainEqual([
    'ledger.fork_accepted',
    'ops1',
  ])

  const { size } = await checkpoint(scene.gate)
  expect(size).toBeGreaterThan(0)
  await scene.call('ops1', 'POST', `/changes/${sealed.id}/run`)
  await scene.until(sealed.id, 'closed')
  expect((await status()).runner.trouble).toBeUndefined()
})

test('I7 an older store that was put back and has grown past what was signed starts nothing until an owner accepts it', {
  timeout: 180_000,
}, async () => {
  const { name } = scene.database
  await checkpoint(scene.gate)
  await scene.reopenGate(() => copyStore(name, `${name}_copy`))
  const lost = await scene.sealed('dev', 'limit = 30\n')
  const { size: signed } = await checkpoint(scene.gate)
  expect(await verified()).toMatchObject({ sound: true })
  expect(await ledgerFacts()).toMatchObject([{ state: 'good', code: 'doctor.ledger' }])

  await scene.reopenGate(() => copyStore(`${name}_copy`, name))
  const sealed = await scene.sealed('dev', 'limit = 31\n')
  expect(sealed.id).toBe(lost.id)
  while ((await ledgerHead(scene.gate)).size <= signed) await scene.sealed('dev', 'limit = 32\n')
  await scene.approve('ops1', sealed.id)

  expect(await status()).toMatchObject({ calm: false, reds: 1, runner: { trouble: 'fork' } })
  expect(await ledgerFacts()).toMatchObject([{ state: 'bad', code: 'doctor.ledger_forked' }])
  expect(await verified()).toMatchObject({ sound: false, why: 'forked', signed, checkpoint: 'wrong' })
  const refused = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${sealed.id}/run`)
  expect(refused.body.code).toBe('runner.signed_head_differs')
  const exported = await scene.call<{ code: string }>('ops1', 'GET', '/ledger/export')
  expect([exported.status, exported.body.code]).toEqual([409, 'runner.signed_head_differs'])
  // The runner has been shown this ledger, and takes no order either.
  const order = { execution: `${sealed.id}/1`, change: sealed.id, statements: [], fences: [] } as const
  const digests = { plan: sealed.plan, envelope: sealed.envelope?.digest }
  await expect(scene.gate.runner.ask('run', { ...order, ...digests } as never)).rejects.toMatchObject({
    code: 'runner.ledger_refused',
  })
  expect((await scene.call<ChangeView>('ops1', 'GET', `/changes/${sealed.id}`)).body.state).toBe('approved')
  expect(await readFile(scene.file, 'utf8')).not.toContain('31')

  expect((await accept()).text).toContain('"accepted":true')
  expect(await ledgerFacts()).toMatchObject([{ state: 'good', code: 'doctor.ledger' }])
  await scene.until(sealed.id, 'closed')
  expect(await readFile(scene.file, 'utf8')).toContain('31')
  expect((await status()).runner.trouble).toBeUndefined()
  expect(await verified()).toMatchObject({ sound: true })
})

test('I7 a history of equal length whose last entry is another starts nothing', {
  timeout: 120_000,
}, async () => {
  const sealed = await scene.sealed('dev', 'limit = 40\n')
  const { size } = await checkpoint(scene.gate)
  await scene.sql(`
    alter table ledger disable trigger user;
    delete from ledger where seq = (select max(seq) from ledger);
    alter table ledger enable trigger user`)
  await act(scene.gate, 'system', (step) => step.record('test.other', 'ledger', {}))
  expect((await ledgerHead(scene.gate)).size).toBe(size)
  expect(await verified()).toMatchObject({ sound: false })
  expect(await status()).toMatchObject({ calm: false, runner: { trouble: 'fork' } })
  await scene.approve('ops1', sealed.id)
  const refused = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${sealed.id}/run`)
  expect(refused.body.code).toBe('runner.signed_head_differs')
  expect((await accept()).text).toContain('"accepted":true')
  await scene.until(sealed.id, 'closed')
})

test('a checkpoint that cannot be stored is red in status and doctor until one is', async () => {
  await scene.sql(
    'create function no_more() returns trigger language plpgsql as $$ begin raise exception $x$no$x$; end $$',
  )
  await scene.sql(
    'create trigger no_more before update on checkpoint for each row execute function no_more()',
  )
  await expect(checkpoint(scene.gate)).rejects.toThrow()
  const { calm, red } = await status()
  expect([calm, red?.map(({ code }) => code)]).toEqual([false, ['doctor.checkpoint_refused']])
  expect(await ledgerFacts()).toMatchObject([{ state: 'bad', code: 'doctor.checkpoint_refused' }])
  await scene.sql('drop trigger no_more on checkpoint')
  await checkpoint(scene.gate)
  expect((await status()).red).toEqual([])
})
