// The verb `sign` on a real runner: only what extends the last head, over restarts; a fork only when two owners accepted it.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { ActorId } from '../../src/base/id.ts'
import type { Json } from '../../src/base/json.ts'
import { nonce, now, RunnerWorld } from '../runner-fixtures/runner-world.ts'

let world: RunnerWorld
afterEach(() => world.end())

// RFC 9162 by hand: MTH and PROOF as the text of the standard has them, nothing of record/.
const hash = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leaf = (text: string) => hash(Buffer.from([0]), Buffer.from(text))
function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
function mth(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return createHash('sha256').digest()
  if (leaves.length === 1) return only
  const k = split(leaves.length)
  return hash(Buffer.from([1]), mth(leaves.slice(0, k)), mth(leaves.slice(k)))
}
function subproof(m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] {
  if (m === leaves.length) return whole ? [] : [mth(leaves)]
  const k = split(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))]
}

const tree = (n: number, name = 'leaf') => Array.from({ length: n }, (_, i) => leaf(`${name} ${i}`))
function request(leaves: readonly Buffer[], from: number): Json {
  return {
    verb: 'sign',
    origin: 'sekisho/test',
    size: leaves.length,
    root: mth(leaves).toString('hex'),
    consistency: from === 0 ? [] : subproof(from, leaves, true).map((one) => one.toString('hex')),
  }
}

test('INVARIANT I7: heads of this ledger alone extend, never shrink, never fork; over a kill; openssl reads the signature', async () => {
  world = new RunnerWorld()
  world.start()
  await world.ready()
  const first = await world.ask(request(tree(3), 0))
  expect(first).toMatchObject({ ok: true })
  const other = { ...(request(tree(5), 3) as object), origin: 'sekisho/another' }
  expect(await world.ask(other)).toMatchObject({
    code: 'ledger.origin_other',
    detail: { origin: 'sekisho/another', own: 'sekisho/test' },
  })
  const note = (first.result as { note: string }).note
  expect(note.split('\n').slice(0, 2)).toEqual(['sekisho/test', '3'])
  const status = (await world.ask({ verb: 'status' })).result as {
    signer: { publicKey: string; size: number }
  }
  expect(status.signer.size).toBe(3)
  const [text = '', signature = ''] = note.split('\n\n')
  writeFileSync(join(world.root, 'key.pem'), status.signer.publicKey)
  writeFileSync(join(world.root, 'text'), `${text}\n`)
  writeFileSync(
    join(world.root, 'sig'),
    Buffer.from(signature.trim().split(' ').at(-1) ?? '', 'base64').subarray(4),
  )
  const openssl = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    'key.pem',
    '-rawin',
    '-in',
    'text',
    '-sigfile',
    'sig',
  ]
  expect(execFileSync('openssl', openssl, { cwd: world.root, encoding: 'utf8' })).toContain('Successfully')

  expect(await world.ask(request(tree(7), 3))).toMatchObject({ ok: true })
  expect(await world.ask(request(tree(7), 7))).toMatchObject({ ok: true }) // a heartbeat says the same head again
  await world.stop('SIGKILL')
  world.start()
  await world.ready()
  expect(await world.ask(request(tree(3), 0))).toMatchObject({ code: 'ledger.checkpoint_shrinks' })
  expect(await world.ask(request(tree(7, 'other'), 7))).toMatchObject({ code: 'ledger.checkpoint_forks' })
  expect(await world.ask(request(tree(9, 'other'), 7))).toMatchObject({ code: 'ledger.checkpoint_forks' })
  expect(await world.ask(request(tree(9), 7))).toMatchObject({ ok: true })
})

test('a fork goes on only when two owners have signed for exactly that head', async () => {
  world = new RunnerWorld()
  world.start()
  await world.ready()
  await world.ask(request(tree(5), 0))
  const back = tree(4, 'restored')
  const accept = (by: string) =>
    ({
      verb: 'statement',
      signed: world.sign({
        v: 1,
        type: 'acceptFork',
        approver: by as ActorId,
        role: 'owner',
        nonce: nonce(),
        at: now(-1000),
        expires: now(60_000),
        size: 4,
        root: mth(back).toString('hex'),
      }),
    }) as unknown as Json
  expect(await world.ask(request(back, 4))).toMatchObject({ code: 'ledger.checkpoint_shrinks' })
  expect(await world.ask(accept('ops1'), 'admin')).toMatchObject({
    ok: true,
    result: { effect: 'one more person' },
  })
  expect(await world.ask(accept('ops1'), 'admin')).toMatchObject({
    ok: true,
    result: { effect: 'one more person' },
  })
  expect(await world.ask(request(back, 4))).toMatchObject({ code: 'ledger.checkpoint_shrinks' })
  expect(await world.ask(accept('ops2'), 'admin')).toMatchObject({ ok: true })
  expect(await world.ask(request(back, 4))).toMatchObject({ ok: true })
  expect(await world.ask(request(tree(5), 4))).toMatchObject({ code: 'ledger.checkpoint_forks' })
})
