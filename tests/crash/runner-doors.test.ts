// The doors of a real runner: replay, hostile frames, statements of people, the lock, the clock, a full disk, a stop at a boundary.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { ActorId } from '../../src/base/id.ts'
import type { Json } from '../../src/base/json.ts'
import { statementDigest } from '../../src/seal/statement.ts'
import { environment } from '../../src/sys/config.ts'
import { RUNNER } from '../bundle.ts'
import { hostileFrames, send, wellFormed } from '../runner-fixtures/hostile-frames.ts'
import {
  approve,
  askSocket,
  BY_PERSON,
  frame,
  HOST,
  nonce,
  now,
  ordered,
  orderOf,
  prepare,
  RunnerWorld,
  seal,
  sha,
  UNPROVEN,
} from '../runner-fixtures/runner-world.ts'
import { until } from '../until.ts'
import { times } from './share.ts'

let world: RunnerWorld
afterEach(() => world.end())

async function begin(...args: ConstructorParameters<typeof RunnerWorld>): Promise<void> {
  world = new RunnerWorld(...args)
  world.reset()
  world.start()
  await world.ready()
}
const closed = ({ state }: { state: string }) => state === 'closed'
const base = (approver = 'ops1') => ({
  v: 1 as const,
  approver: approver as ActorId,
  role: 'operator' as const,
  nonce: nonce(),
  at: now(-1000),
  expires: now(3_600_000),
})

test('S2 the same order again is answered, another under its name is refused, a used signature never starts again', async () => {
  await begin()
  const ready = await prepare(world, orderOf(world, 1, 'new\n'))
  const answers = await Promise.all(Array.from({ length: 40 }, () => world.ask(ready.request)))
  const results = answers.map(({ result }) => result as { repeated: boolean })
  expect(answers.every(({ ok }) => ok)).toBe(true)
  expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1)
  await world.until(ready.order.execution, closed)
  const request = ready.request as Record<string, Json>
  const again = await world.ask({ ...request, execution: 'CHG-2026-0001/2' })
  expect(again).toMatchObject({ ok: false, code: 'statement.nonce_used' })
  expect(await world.ask({ ...request, plan: sha('other') })).toMatchObject({ code: 'runner.other_order' })
  // Over a restart too.
  await world.stop()
  world.start()
  await world.ready()
  expect(await world.ask({ ...request, execution: 'CHG-2026-0001/2' })).toMatchObject({
    code: 'statement.nonce_used',
  })
  expect(await world.ask(ready.request)).toMatchObject({ ok: true, result: { repeated: true } })
})

test('the world is mutated, not the JSON: a file, its mode, the policy; nothing runs', async () => {
  await begin()
  const path = join(world.files, 'a.conf')
  const mutations: [string, () => void, string][] = [
    ['bytes', () => writeFileSync(path, 'edited\n'), 'judge.baseline_moved'],
    ['mode', () => chmodSync(path, 0o666), 'judge.baseline_moved'],
    ['gone', () => rmSync(path), 'judge.baseline_moved'],
  ]
  for (const [i, [what, mutate, code]] of mutations.entries()) {
    world.reset()
    const ready = await prepare(world, orderOf(world, 10 + i, 'new\n'))
    mutate()
    const before = world.contents()
    expect(await world.ask(ready.request), what).toMatchObject({ ok: false, code })
    expect(world.contents()).toEqual(before)
  }
  world.reset()
  const ready = await prepare(world, orderOf(world, 20, 'new\n'))
  world.writePolicy({
    ...world.policy,
    version: sha('v2') as never,
    rules: { ...world.policy.rules, level: 'observe' },
  })
  expect(await world.ask({ verb: 'policy', by: 'owner' }, 'admin')).toMatchObject({
    ok: true,
    result: { version: sha('v2') },
  })
  expect(await world.ask(ready.request)).toMatchObject({ code: 'judge.policy_moved' })
  expect(world.contents()).toEqual(['640 old\n', '640 old\n'])
})

test('a flood of hostile frames (2,000 in the whole campaign) runs nothing, and the runner lives', {
  timeout: 400_000,
}, async () => {
  await begin()
  const socket = join(world.data, 'run/runner.sock')
  const seed = Number(environment['SEKISHO_SEED'] ?? fc.sample(fc.nat(), 1)[0])
  console.log(`SEKISHO_SEED=${seed}`)
  const all = fc.sample(hostileFrames(await wellFormed(world)), { numRuns: times(2000), seed })
  // Each in a connection of its own: the first frame that is not understood shuts the door on what follows.
  for (let i = 0; i < all.length; i += 50)
    await Promise.all(all.slice(i, i + 50).map((one) => send(socket, one)))
  await send(socket, Buffer.concat(all.slice(0, 500)))
  expect(world.alive).toBe(true)
  // The flood has used up the door's share of requests; it comes back by itself.
  const status = await until('the door to answer again', 20_000, async () => {
    const answer = await world.ask({ verb: 'status' })
    return answer['code'] === 'runner.rate' ? undefined : answer
  })
  expect(status).toMatchObject({ ok: true, result: { open: [] } })
  expect(world.contents()).toEqual(['640 old\n', '640 old\n'])
})

test('an unknown field, a wrong length and an admin verb at the gate’s door shut the door', async () => {
  await begin()
  const gate = join(world.data, 'run/runner.sock')
  const wrong = [
    frame('{"verb":"status","x":1}'),
    frame('{"verb": "status"}'),
    frame('{"verb":"clockAccept","by":"x"}'),
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
  ]
  for (const bytes of wrong)
    expect(await askSocket(gate, bytes)).toMatchObject({ ok: false, code: 'runner.frame_wrong' })
  expect(await world.ask({ verb: 'clockAccept', by: 'x' }, 'admin')).toMatchObject({ ok: true })
  expect(statSync(gate).mode & 0o777).toBe(0o660)
  expect(statSync(join(world.data, 'run/admin.sock')).mode & 0o777).toBe(0o600)
})

test('a second runner on one directory is refused; after a kill the next one is not', async () => {
  await begin()
  const second = spawnSync(process.execPath, [RUNNER, '--data', world.data, '--policy', world.policyFile], {
    encoding: 'utf8',
  })
  expect(second.stderr).toContain('runner.second')
  expect(second.status).toBe(2)
  await world.stop('SIGKILL')
  world.start()
  await world.ready()
})

test.runIf(process.getuid?.() === 0)(
  'a root runner does not start on what others can change, and names the path',
  async () => {
    await begin()
    await world.stop()
    const state = join(world.data, 'runner')
    chmodSync(state, 0o777)
    world.start()
    expect((await world.ended()).code).toBe(2)
    expect(world.log).toContain('runner.untrusted_path')
    expect(world.log).toContain(state)
    chmodSync(state, 0o700)
    execFileSync('chown', ['nobody', world.policyFile])
    world.start()
    await world.ended()
    expect(world.log).toContain(world.policyFile)
  },
)

describe('people', () => {
  test('keep in time, once; not before it is asked for, not with a foreign key', async () => {
    await begin(UNPROVEN)
    const ready = await prepare(world, orderOf(world, 1, 'new\n'))
    const { execution } = ready.order
    const keep = world.sign({ ...base(), type: 'keep', execution })
    expect(await world.ask({ verb: 'statement', signed: keep } as unknown as Json, 'admin')).toMatchObject({
      code: 'runner.execution_unknown',
    })
    await world.ask(ready.request)
    const waiting = await world.until(execution, ({ state }) => state === 'awaitingKeep')
    expect(waiting).toMatchObject({ why: 'not_proven' })
    const foreign = world.sign({ ...base('ops1'), type: 'keep', execution }, 'ops2')
    expect(await world.ask({ verb: 'statement', signed: foreign } as unknown as Json, 'admin')).toMatchObject(
      {
        code: 'statement.foreign_key',
      },
    )
    expect(await world.ask({ verb: 'statement', signed: keep } as unknown as Json, 'admin')).toMatchObject({
      ok: true,
    })
    expect(await world.until(execution, closed)).toMatchObject({ outcome: 'kept' })
    expect(await world.ask({ verb: 'statement', signed: keep } as unknown as Json, 'admin')).toMatchObject({
      code: 'statement.nonce_used',
    })
    expect(await world.ask({ verb: 'undo', execution, by: 'ops1' })).toMatchObject({
      code: 'runner.execution_closed',
    })
    expect(world.contents()).toEqual(['600 new\n', '600 new\n'])
  })

  test('at enforce a key that lies where agents read keeps nothing, and no ledger goes on by it', async () => {
    await begin(UNPROVEN)
    const { order, request } = await prepare(world, orderOf(world, 1, 'new\n'))
    const { execution } = order
    await world.ask(request)
    await world.until(execution, ({ state }) => state === 'awaitingKeep')
    const rules = { ...world.policy.rules, level: 'enforce', agentUser: 'shared' } as const
    world.writePolicy({ ...world.policy, version: sha('enforce') as never, rules })
    await world.ask({ verb: 'policy', by: 'owner' }, 'admin')
    const fork = { type: 'acceptFork', role: 'owner', size: 1, root: sha('root') } as const
    for (const words of [{ type: 'keep', execution } as const, fork]) {
      const signed = world.sign({ ...base(), ...words })
      expect(await world.ask({ verb: 'statement', signed } as unknown as Json, 'admin')).toMatchObject({
        ok: false,
        code: 'approval.shared_file_key',
      })
    }
    await world.ask({ verb: 'undo', execution, by: 'ops1' })
    expect(await world.until(execution, closed)).toMatchObject({ outcome: 'rolled_back' })
  })

  test('not kept: the deadline reverts by itself', async () => {
    await begin()
    world.writePolicy({
      ...world.policy,
      version: sha('short') as never,
      rules: { ...world.policy.rules, keepSeconds: 10 },
    })
    await world.ask({ verb: 'policy', by: 'owner' }, 'admin')
    const ready = await prepare(world, orderOf(world, 1, 'new\n', { by: 'person', seconds: 10 }))
    await world.ask(ready.request)
    await world.until(ready.order.execution, ({ state }) => state === 'awaitingKeep')
    expect(world.contents()).toEqual(['600 new\n', '600 new\n'])
    expect(await world.until(ready.order.execution, closed)).toMatchObject({ outcome: 'rolled_back' })
    expect(world.contents()).toEqual(['640 old\n', '640 old\n'])
  })

  test('not kept and the runner dead: the keeper reverts', async () => {
    await begin()
    world.writePolicy({
      ...world.policy,
      version: sha('short') as never,
      rules: { ...world.policy.rules, keepSeconds: 10 },
    })
    await world.ask({ verb: 'policy', by: 'owner' }, 'admin')
    const ready = await prepare(world, orderOf(world, 1, 'new\n', { by: 'person', seconds: 10 }))
    await world.ask(ready.request)
    await world.until(ready.order.execution, ({ state }) => state === 'awaitingKeep')
    await world.stop('SIGKILL')
    const journal = join(world.data, 'runner/journal/CHG-2026-0001.1.jsonl')
    for (let i = 0; i < 600 && !readFileSync(journal, 'utf8').includes('"kind":"closed"'); i++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    expect(readFileSync(journal, 'utf8')).toContain('"by":"keeper"')
    expect(world.contents()).toEqual(['640 old\n', '640 old\n'])
    world.start()
    await world.ready()
    expect(await world.state(ready.order.execution)).toMatchObject({
      state: 'closed',
      outcome: 'rolled_back',
    })
  })

  test('a revoked approval does not run, though the gate withholds the revocation', async () => {
    await begin()
    const ready = await prepare(world, orderOf(world, 1, 'new\n'))
    const approval = approve(ready.envelope)
    const order = await ordered(world, ready.order, ready.envelope, [world.sign(approval)])
    const revoke = world.sign({
      ...base('ops1'),
      role: 'owner',
      type: 'revoke',
      statement: statementDigest(approval),
    })
    expect(await world.ask({ verb: 'statement', signed: revoke } as unknown as Json, 'admin')).toMatchObject({
      ok: true,
    })
    expect(await world.ask(order.request)).toMatchObject({ code: 'judge.statement_revoked' })
    expect(world.contents()).toEqual(['640 old\n', '640 old\n'])
  })
})

test('an evidence that this runner never journalled does not count', async () => {
  await begin()
  const order = orderOf(world, 1, 'new\n')
  await prepare(world, order)
  const envelope = seal(world, order, { evidence: sha('green, says the gate'), expires: now(3_600_000) })
  const ready = await ordered(world, order, envelope, [world.sign(approve(envelope))])
  expect(await world.ask(ready.request)).toMatchObject({ code: 'judge.evidence_unknown' })
})

test('a trial of an unapproved plan touches nothing, and follows no path out of its shadow', async () => {
  await begin()
  const order = orderOf(world, 1, 'new\n')
  const before = world.contents()
  await prepare(world, order)
  expect(world.contents()).toEqual(before)
  const [action] = order.plan.actions
  if (action?.action.kind !== 'replaceFiles') throw new Error('another plan')
  const escape = join(world.root, 'escaped')
  const files = action.action.files.map((file, i) => ({ ...file, real: `/../../../../../..${escape}${i}` }))
  const hostile = {
    ...order,
    plan: { ...order.plan, actions: [{ ...action, action: { ...action.action, files } }] },
  }
  await expect(prepare(world, hostile)).rejects.toThrow('judge.baseline_moved')
  for (const i of files.keys()) expect(existsSync(`${escape}${i}`)).toBe(false)
})

test('secrets go in and never come out', async () => {
  await begin([{}, { kind: 'dotenv', secret: true }])
  const canary = 'canary-of-the-tests-4711'
  const put = await world.ask(
    { verb: 'secret', service: 'mirai', key: 'PASSWORD', base64: Buffer.from(canary).toString('base64') },
    'admin',
  )
  expect(put).toMatchObject({ ok: true, result: { reference: 'mirai/PASSWORD', version: 1 } })
  const path = join(world.files, 'b.conf')
  writeFileSync(path, `PASSWORD=${canary}\n`)
  expect(await world.ask({ verb: 'read', what: { kind: 'bytes', path, offset: 0 } })).toMatchObject({
    code: 'runner.secret_readable',
  })
  const env = await world.ask({ verb: 'read', what: { kind: 'env', path } })
  const target = await world.ask({ verb: 'read', what: { kind: 'target', target: `${HOST}/file:${path}` } })
  const report = await world.ask({ verb: 'secrets', service: 'mirai' }, 'admin')
  for (const answer of [env, target, report]) {
    expect(answer.ok).toBe(true)
    expect(JSON.stringify(answer)).not.toContain(canary)
    expect(JSON.stringify(answer)).not.toContain(sha(canary))
    expect(JSON.stringify(answer)).not.toContain(sha(`PASSWORD=${canary}\n`))
  }
  const journal = readFileSync(join(world.data, 'runner/journal/runner.jsonl'), 'utf8')
  expect(journal).toContain('PASSWORD')
  expect(journal).not.toContain(canary)
  const stored = join(world.data, 'runner/secrets/mirai/PASSWORD/1')
  expect(readFileSync(stored, 'utf8')).toBe(canary) // the search can find it
  expect(statSync(stored).mode & 0o777).toBe(0o600)
})

test('a secret goes into a dotenv file by its reference, and the undo of it gives the old bytes back', async () => {
  await begin([{ kind: 'dotenv', secret: true }])
  const path = join(world.files, 'a.conf')
  const before = '# kept\nPASSWORD=old-password-0815\nPORT=8080\n'
  writeFileSync(path, before, { mode: 0o640 })
  const put = await world.ask(
    {
      verb: 'secret',
      service: 'mirai',
      key: 'PASSWORD',
      base64: Buffer.from('new-password-4711').toString('base64'),
    },
    'admin',
  )
  const { reference, version, keyed } = put.result as { reference: string; version: number; keyed: string }
  const target = `${HOST}/file:${path}`
  const read = await world.ask({ verb: 'read', what: { kind: 'target', target } })
  const { facts } = read.result as { facts: { state: never } }
  for (const [number, end] of [
    [1, 'rolled_back'],
    [2, 'kept'],
  ] as const) {
    const order = orderOf(world, number, '')
    const plan = {
      ...order.plan,
      actions: [
        {
          id: '1',
          action: {
            kind: 'editEnv' as const,
            path,
            real: path,
            links: [],
            before: facts.state,
            set: [{ key: 'PASSWORD', to: { kind: 'secret' as const, reference, version, keyed } }],
            unset: ['PORT'],
          },
          undo: [{ kind: 'putBack' as const }],
          timeoutMs: 30_000,
        },
      ],
    }
    const ready = await prepare(world, { ...order, plan })
    expect(await world.ask(ready.request)).toMatchObject({ ok: true })
    // Nothing here restarts what reads it: a person decides.
    await world.until(order.execution, ({ state }) => state === 'awaitingKeep')
    expect(readFileSync(path, 'utf8')).toBe('# kept\nPASSWORD=new-password-4711\n')
    const keep = world.sign({ ...base(), type: 'keep', execution: order.execution })
    if (end === 'kept') await world.ask({ verb: 'statement', signed: keep } as unknown as Json, 'admin')
    else await world.ask({ verb: 'undo', execution: order.execution, by: 'ops1' })
    expect(await world.until(order.execution, closed)).toMatchObject({ outcome: end })
    expect(readFileSync(path, 'utf8')).toBe(end === 'kept' ? '# kept\nPASSWORD=new-password-4711\n' : before)
    expect(statSync(path).mode & 0o777).toBe(0o640)
  }
  for (const name of ['runner', 'CHG-2026-0001.1', 'CHG-2026-0002.1']) {
    const lines = readFileSync(join(world.data, 'runner/journal', `${name}.jsonl`), 'utf8')
    expect(lines).not.toContain('password-')
    expect(lines).not.toContain(sha(before))
  }
})

test('SIGTERM ends cleanly, and what is open goes on at the next start', async () => {
  await begin()
  const ready = await prepare(world, orderOf(world, 1, 'new\n', BY_PERSON))
  await world.ask(ready.request)
  await world.until(ready.order.execution, ({ state }) => state === 'awaitingKeep')
  await world.stop('SIGTERM')
  expect((await world.ended()).code).toBe(0)
  world.start()
  await world.ready()
  expect(await world.state(ready.order.execution)).toMatchObject({ state: 'awaitingKeep' })
  await world.ask({ verb: 'undo', execution: ready.order.execution, by: 'ops1' })
  expect(await world.until(ready.order.execution, closed)).toMatchObject({ outcome: 'rolled_back' })
})

test.runIf(process.getuid?.() === 0)(
  'F5 a full disk: nothing starts under the floor, what is open is closed and recorded',
  async () => {
    world = new RunnerWorld()
    mkdirSync(world.data, { mode: 0o755 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=755', 'tmpfs', world.data])
    try {
      world.reset()
      world.start()
      await world.ready()
      const open = await prepare(world, orderOf(world, 1, 'new\n', BY_PERSON))
      await world.ask(open.request)
      await world.until(open.order.execution, ({ state }) => state === 'awaitingKeep')
      const blocked = orderOf(world, 2, 'newer\n')
      // Fills the volume to the last byte.
      spawnSync('dd', ['if=/dev/zero', `of=${join(world.data, 'ballast')}`, 'bs=64k'])
      await expect(prepare(world, blocked)).rejects.toThrow('file.no_space')
      expect(await world.ask({ verb: 'undo', execution: open.order.execution, by: 'ops1' })).toMatchObject({
        ok: true,
      })
      expect(await world.until(open.order.execution, closed)).toMatchObject({ outcome: 'rolled_back' })
      expect(world.contents()).toEqual(['640 old\n', '640 old\n'])
      rmSync(join(world.data, 'ballast'))
      world.reset()
      const again = await prepare(world, orderOf(world, 3, 'new\n'))
      expect(await world.ask(again.request)).toMatchObject({ ok: true })
      expect(await world.until(again.order.execution, closed)).toMatchObject({ outcome: 'kept' })
    } finally {
      await world.stop('SIGKILL')
      execFileSync('umount', ['-l', world.data])
    }
  },
)
