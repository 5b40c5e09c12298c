// A hostile gate with an approver who signs whatever is laid before him: what the page of the judge forbids does not run although it
// was tried and signed; and what was accepted does not begin any more once it is not covered.
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Digest } from '../../src/base/hash.ts'
import type { TargetId } from '../../src/base/id.ts'
import { canonical, type Json } from '../../src/base/json.ts'
import { type FileChange } from '../../src/plans/file-state.ts'
import { type Plan, planDigest } from '../../src/plans/plan.ts'
import type { ReadAnswer } from '../../src/seal/reads.ts'
import {
  approve,
  now,
  type Order,
  ordered,
  orderOf,
  playbookPlan,
  prepare,
  RunnerWorld,
  seal,
  sha,
} from '../runner-fixtures/runner-world.ts'

const NEW = 'new\n'
let world: RunnerWorld
beforeEach(() => {
  world = new RunnerWorld([{}])
})
afterEach(async () => {
  await world.end()
})
const file = () => join(world.files, 'a.conf')

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  world.writePolicy()
  world.start(env)
  await world.ready()
}
const replaced = (order: Order, over: Partial<Plan>): Order => ({
  ...order,
  plan: { ...order.plan, ...over },
})
async function tried({ plan, blobs }: Order): Promise<string> {
  for (const blob of blobs) await world.put('blob', sha(blob), blob)
  await world.put('plan', planDigest(plan), Buffer.from(canonical(plan as unknown as Json)))
  const answer = await world.ask({ verb: 'try', plan: planDigest(plan) })
  return answer.ok ? 'ok' : String(answer.code)
}
/** What the gate is told: the code, or that it was accepted. */
async function told(order: Order): Promise<string> {
  const trial = await tried(order)
  if (trial !== 'ok') return `try ${trial}`
  const { request } = await prepare(world, order)
  const answer = await world.ask(request)
  return answer.ok ? 'accepted' : String(answer.code)
}

describe('nothing is tried or run that the inventory does not hold', () => {
  test('a plan of the service pattern is held against the inventory by the trial too', async () => {
    world.reset()
    await start()
    const order = orderOf(world, 1, NEW)
    const [action] = order.plan.actions
    const evil = replaced(order, {
      pattern: 'service',
      playbook: 'service/1',
      actions: [
        { id: '1', action: { kind: 'unit', verb: 'stop', unit: 'ssh.service' }, undo: [], timeoutMs: 1 },
      ],
    })
    expect(action?.id).toBe('1')
    expect(await told(evil)).toBe('try judge.action_outside')
    const journal = readFileSync(join(world.data, 'runner/journal/runner.jsonl'), 'utf8')
    expect(journal).not.toContain(planDigest(evil.plan))
    expect(await told(order)).toBe('accepted')
  })

  test('a size that the bytes do not have, of what comes or of what is there', async () => {
    world.reset()
    await start()
    const sized = (n: number, over: (one: FileChange) => Partial<FileChange>): Order => {
      const order = orderOf(world, n, NEW)
      const actions = order.plan.actions.map((planned) =>
        planned.action.kind === 'replaceFiles'
          ? {
              ...planned,
              action: {
                ...planned.action,
                files: planned.action.files.map((one) => ({ ...one, ...over(one) })),
              },
            }
          : planned,
      )
      return replaced(order, { actions })
    }
    const one = (state: FileChange['before']) =>
      state.kind === 'file' ? { ...state, size: state.size + 1 } : state
    const bytes = () => readFileSync(file(), 'utf8')
    const old = bytes()
    const comes = await prepare(
      world,
      sized(1, ({ after }) => ({ after: one(after) })),
    )
    expect(await world.ask(comes.request)).toMatchObject({ code: 'judge.plan_malformed' })
    const there = sized(2, ({ before }) => ({ before: one(before) }))
    expect(await tried(there)).toBe('judge.baseline_moved')
    expect(bytes()).toBe(old)
  })

  test.each<[string, (one: FileChange, canary: string) => Partial<FileChange>]>([
    ['a path outside', (_, canary) => ({ path: canary, real: canary })],
    ['a real file outside', (_, canary) => ({ real: canary })],
    ['a path that climbs out', (one, canary) => ({ path: `${one.path}/../../canary`, real: canary })],
    ['links of its own', (one, canary) => ({ real: canary, links: [{ path: one.path, target: canary }] })],
  ])('the trial of %s is refused before the file is touched', async (_, over) => {
    world.reset()
    const canary = join(world.root, 'canary')
    writeFileSync(canary, 'CANARY\n')
    await start({})
    const order = orderOf(world, 1, NEW)
    const [action] = order.plan.actions
    if (action?.action.kind !== 'replaceFiles') throw new Error('no files')
    const before = {
      ...action.action.files[0]?.before,
      digest: sha('CANARY\n'),
      size: 7,
    } as FileChange['before']
    const files = action.action.files.map((one) => ({ ...one, before, ...over(one, canary) }))
    const evil = replaced(order, { actions: [{ ...action, action: { kind: 'replaceFiles', files } }] })
    const opened = lstatSync(canary).atimeMs
    expect(await told(evil)).toMatch(/^try judge\.(action_outside|baseline_moved)$/)
    expect(lstatSync(canary).atimeMs).toBe(opened)
    expect(readFileSync(canary, 'utf8')).toBe('CANARY\n')
  })
})

test('a link on the way to a declared file is never deleted in its place', async () => {
  const real = join(world.root, 'srv')
  mkdirSync(real)
  const link = join(world.root, 'etc/app')
  symlinkSync(real, link)
  const path = join(link, 'a.conf')
  writeFileSync(join(real, 'a.conf'), 'old\n')
  const [service] = world.policy.services
  const declared = service?.files[0]
  if (service === undefined || declared === undefined) throw new Error('no file')
  const files = [
    { ...declared, path },
    { ...declared, path: join(real, 'a.conf') },
  ]
  world.policy = { ...world.policy, services: [{ ...service, files }] }
  await start()
  const target = `web1/file:${path}` as TargetId
  const { result } = await world.ask({ verb: 'read', what: { kind: 'target', target } })
  const { facts } = result as Extract<ReadAnswer, { kind: 'target' }>
  if (facts.kind !== 'file') throw new Error(facts.kind)
  expect(facts.links).toEqual([{ path: link, target: real }])
  const order = orderOf(world, 1, NEW)
  const deleting = (one: Partial<FileChange>): Order => {
    const change = { path, after: { kind: 'absent' }, ...one } as FileChange
    return { ...order, plan: playbookPlan(world, order.change, [change]) }
  }
  const uid = { uid: 0, gid: 0 }
  const evil = deleting({ real: link, links: [], before: { kind: 'link', target: real, ...uid } })
  expect(await told(evil)).toBe('try judge.baseline_moved')
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  // Positive control: the file itself is what such a plan may take away.
  const control = deleting({ real: facts.real, links: facts.links, before: facts.state })
  expect(await tried(control)).toBe('ok')
})

test('a plan that leaves out the declared health does not run, and the same with it does', async () => {
  world.reset()
  const [service] = world.policy.services
  if (service === undefined) throw new Error('no service')
  const { createServer } = await import('node:http')
  const server = createServer((_, answer) => answer.end('{}'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  const health = {
    url: `http://127.0.0.1:${port}/`,
    status: 200,
    json: {},
    withinMs: 2000,
    good: 1,
    of: 1,
    everyMs: 0,
  }
  world.policy = { ...world.policy, services: [{ ...service, health }] }
  await start()
  const order = orderOf(world, 1, NEW)
  try {
    const health = { kind: 'health' } as const
    expect(order.plan.pre).toEqual([health])
    expect(order.plan.proof).toContainEqual(health)
    expect(await told(replaced(order, { pre: [] }))).toBe('try judge.action_outside')
    const proof = order.plan.proof.filter(({ kind }) => kind !== 'health')
    expect(await told(replaced(order, { proof }))).toBe('try judge.action_outside')
    expect(await told(order)).toBe('accepted')
    await world.until(order.execution, ({ state }) => state === 'closed')
    expect(readFileSync(file(), 'utf8')).toBe(NEW)
  } finally {
    server.close()
  }
})

test('a plan that leaves out the probe of its file is neither tried nor run, and the same with it is', async () => {
  world.reset()
  await start()
  const order = orderOf(world, 1, NEW)
  const before = world.contents()
  const silent = replaced(order, { proof: [{ kind: 'files' }] })
  for (const blob of order.blobs) await world.put('blob', sha(blob), blob)
  await world.put('plan', planDigest(silent.plan), Buffer.from(canonical(silent.plan as unknown as Json)))
  expect(await world.ask({ verb: 'try', plan: planDigest(silent.plan) })).toMatchObject({
    ok: false,
    code: 'judge.action_outside',
    detail: { what: 'proof probe', playbook: 'config/1' },
  })
  // The same with an approval over exactly this envelope, and a trial of another plan as its evidence.
  const whole = await prepare(world, order)
  const own = whole.envelope.evidence.find(({ check }) => check === 'trial')
  const envelope = seal(world, silent, { evidence: own?.digest ?? '', expires: own?.expires ?? '' })
  const { request } = await ordered(world, silent, envelope, [world.sign(approve(envelope))])
  expect(await world.ask(request)).toMatchObject({ ok: false, code: 'judge.evidence_unknown' })
  expect(world.contents()).toEqual(before)
  expect(await told(order)).toBe('accepted')
  expect(await world.until(order.execution, ({ state }) => state === 'closed')).toMatchObject({
    outcome: 'kept',
  })
})

test('a file without a declared probe is not proven: the plan that keeps it by proof is refused, a person is asked', async () => {
  await world.end()
  world = new RunnerWorld([{ probe: 'none' }])
  world.reset()
  await start()
  const order = orderOf(world, 1, NEW)
  const byItself = replaced(order, { keep: { ...order.plan.keep, by: 'proof' } })
  await expect(prepare(world, byItself)).rejects.toThrow('judge.action_outside')
  expect(await told(order)).toBe('accepted')
  const waiting = await world.until(order.execution, ({ state }) => state === 'awaitingKeep')
  expect(waiting).toMatchObject({ why: 'not_proven' })
})

describe('I1 what was accepted begins only while it is still covered', () => {
  /** `lasting`: for how many ms the approval holds, from the moment in which it is signed. */
  const accepted = async (lasting?: number) => {
    world.reset()
    await start({ SEKISHO_KILL_POINT: 'journal.accepted.after' })
    const order = orderOf(world, 1, NEW)
    const ready = await prepare(world, order)
    const statement = {
      ...approve(ready.envelope),
      ...(lasting === undefined ? {} : { expires: now(lasting) }),
    }
    const { request } = await ordered(world, order, ready.envelope, [world.sign(statement as never)])
    await world.ask(request).catch(() => {})
    await world.ended()
    expect(world.contents()[0]).not.toContain(NEW)
    return order
  }
  const outcome = async (order: Order) => {
    await start()
    return world.until(order.execution, ({ state }) => state === 'closed')
  }

  test('positive control: after the runner’s death it goes on', async () => {
    const order = await accepted()
    expect(await outcome(order)).toMatchObject({ outcome: 'kept' })
    expect(readFileSync(file(), 'utf8')).toBe(NEW)
  })

  test('not when the key was revoked meanwhile', async () => {
    const order = await accepted()
    world.policy = {
      ...world.policy,
      version: sha('another policy') as Digest,
      people: world.policy.people.map((one) => ({
        ...one,
        keys: one.id === 'ops1' ? one.keys.map((key) => ({ ...key, revoked: true })) : one.keys,
      })),
    }
    expect(await outcome(order)).toMatchObject({
      outcome: 'nothing_done',
      detail: { code: 'statement.key_revoked' },
    })
    expect(readFileSync(file(), 'utf8')).not.toBe(NEW)
  })

  test('not when the approval has run out meanwhile', async () => {
    const order = await accepted(3000)
    await new Promise((resolve) => setTimeout(resolve, 3050))
    expect(await outcome(order)).toMatchObject({
      outcome: 'nothing_done',
      detail: { code: 'statement.expired' },
    })
    expect(readFileSync(file(), 'utf8')).not.toBe(NEW)
  })
})
