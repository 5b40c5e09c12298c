// A ledger behind what the runner signed: nothing starts until an owner has signed that it goes on from here.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkpoint, ledgerHead } from '../../src/app/ledger.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Status } from '../../src/contract/gate.ts'
import { fromHex, hex, leafHash, nodeHash } from '../../src/record/merkle.ts'
import { readSubject } from '../../src/record/store.ts'
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

  const status = async () => (await scene.call<Status>('ops1', 'GET', '/status')).body
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
