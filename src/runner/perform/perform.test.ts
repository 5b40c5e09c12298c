// The loop of an execution, killed at every boundary of the journal and of every effect: whatever happens, the world ends whole, no
// restart happens twice, and a person is asked where nobody can know.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fakeHands, World } from '../../../tests/runner-fixtures/fake-hands.ts'
import { EXECUTION, planOf, servicePlan } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import type { Clock } from '../../base/time.ts'
import type { Plan } from '../../plans/plan.ts'
import type { JournalBody } from '../../seal/journal.ts'
import { JournalFile } from '../journal/file.ts'
import { Chain } from '../journal/journal.ts'
import { perform } from './perform.ts'
import { executionState } from './state.ts'
import { actionKey, viewOf } from './view.ts'
import { Wake } from './wake.ts'

class Killed extends Error {}

let directory: string
let count = 0
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'runner-perform-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** Sleeping moves the clock: deadlines come without anybody waiting. */
class TestClock implements Clock {
  at = 1_000_000
  bootId = 'boot-1'
  now = () => 1_800_000_000_000 + this.at
  uptime = () => this.at
  boot = () => this.bootId
  sleep = async (ms: number) => {
    this.at += ms
  }
}

interface Run {
  readonly world: World
  readonly clock: TestClock
  readonly path: string
  readonly plan: Plan
  readonly adminPath?: boolean
}

function start(plan: Plan, adminPath = false): Run {
  count += 1
  return {
    world: new World(plan),
    clock: new TestClock(),
    path: join(directory, `${count}.jsonl`),
    plan,
    adminPath,
  }
}

async function open(run: Run, killPoint: (name: string) => void = () => {}): Promise<Chain> {
  return new Chain(await JournalFile.open(run.path, { clock: run.clock, killPoint }), undefined)
}

const accepted: JournalBody = {
  kind: 'accepted',
  change: 'CHG-2026-0001' as never,
  plan: sha256('plan'),
  envelope: sha256('envelope'),
  statements: [],
  nonces: [],
  policy: sha256('policy'),
  fences: [],
  approvers: ['ops1'],
  solo: false,
  demo: false,
}

/** One life of the runner: until the end, until it waits for a person, or until it is killed. */
async function live(
  run: Run,
  kill?: { readonly at: number },
  wakes = 200,
): Promise<'ended' | 'killed' | 'waits'> {
  let passed = 0
  let dead = false
  const killPoint = () => {
    if (dead) throw new Killed()
    passed += 1
    if (kill !== undefined && passed === kill.at) {
      dead = true
      throw new Killed()
    }
  }
  const chain = await open(run, killPoint)
  run.world.claimed = false // a lock dies with its holder
  let turns = 0
  let waits = false
  const stopping = () => {
    turns += 1
    waits = turns > wakes
    return waits || dead
  }
  try {
    if (chain.lines.length === 0) await chain.append(EXECUTION, accepted)
    await perform({
      chain,
      hands: fakeHands({
        plan: run.plan,
        world: run.world,
        clock: run.clock,
        killPoint,
        ...(run.adminPath === undefined ? {} : { adminPath: run.adminPath }),
      }),
      clock: run.clock,
      wake: new Wake(),
      stopping,
      log: () => {},
    })
  } catch (error) {
    if (!dead) throw error
  }
  if (dead) return 'killed'
  return waits ? 'waits' : 'ended'
}

async function stateOf(run: Run) {
  const { lines } = await open(run)
  return executionState(
    viewOf(EXECUTION, lines),
    run.plan,
    { boot: run.clock.boot(), uptime: run.clock.uptime() },
    run.adminPath,
  )
}

const allOf = (world: World) => [...world.files.values()]

test('all green: kept by itself, and disarmed', async () => {
  const run = start(planOf())
  expect(await live(run)).toBe('ended')
  expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'kept' })
  expect(allOf(run.world)).toEqual(['new', 'new'])
  expect(run.world.restarts).toBe(1)
  expect(run.world.armed).toBeUndefined()
})

test('between the decision to keep and the end nothing is being undone', async () => {
  const run = start(planOf())
  await live(run)
  const { lines } = await open(run)
  const kept = lines.findIndex(({ body }) => body.kind === 'claim' && body.choice === 'keep')
  const now = { boot: run.clock.boot(), uptime: run.clock.uptime() }
  expect(executionState(viewOf(EXECUTION, lines.slice(0, kept + 1)), run.plan, now)).toEqual({
    state: 'proving',
  })
})

test('a red proof: everything is put back, backwards, and read back', async () => {
  const run = start(planOf())
  run.world.verdicts = ['green', 'red']
  await live(run)
  expect(await stateOf(run)).toMatchObject({
    state: 'closed',
    outcome: 'rolled_back',
    detail: { why: 'proof_red' },
  })
  expect(allOf(run.world)).toEqual(['old', 'old'])
})

describe('a change that starts from a service that is down', () => {
  const repair = planOf({ pre: [], proof: [{ kind: 'files' }, { kind: 'health' }], startsFrom: 'down' })

  test('health red afterwards waits for a person, and goes back when nobody keeps it in time', async () => {
    const run = start(repair)
    run.world.verdicts = ['green', 'red']
    expect(await live(run, undefined, 12)).toBe('waits')
    expect(await stateOf(run)).toMatchObject({ state: 'awaitingKeep', why: 'not_proven' })
    expect(allOf(run.world)).toEqual(['new', 'new'])
    await live(run)
    expect(await stateOf(run)).toMatchObject({ outcome: 'rolled_back', detail: { why: 'deadline' } })
    expect(allOf(run.world)).toEqual(['old', 'old'])
  })
  test('green afterwards keeps itself', async () => {
    const run = start(repair)
    await live(run)
    expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'kept' })
  })
  test('files that are not as planned go back at once', async () => {
    const run = start(repair)
    run.world.verdicts = ['red']
    await live(run)
    expect(await stateOf(run)).toMatchObject({ outcome: 'rolled_back', detail: { why: 'proof_red' } })
  })
})

test('not proven: waits for a person, and the deadline reverts', async () => {
  const run = start(planOf())
  run.world.verdicts = ['not_proven']
  await live(run)
  expect(await stateOf(run)).toMatchObject({
    state: 'closed',
    outcome: 'rolled_back',
    detail: { why: 'deadline' },
  })
  expect(allOf(run.world)).toEqual(['old', 'old'])
})

test('not proven, and a person keeps in time', async () => {
  const run = start(planOf())
  run.world.verdicts = ['not_proven']
  const chain = await open(run)
  await chain.append(EXECUTION, accepted)
  await chain.append(EXECUTION, {
    kind: 'statement',
    type: 'keep',
    digest: sha256('k'),
    effect: 'keep',
    person: 'ops1',
    nonce: 'c',
  })
  await live(run)
  expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'kept' })
})

test('the administrator’s path: green is not enough, a person keeps or it reverts', async () => {
  const run = start(planOf({ keep: { by: 'person', seconds: 60 } }), true)
  await live(run)
  const { lines } = await open(run)
  expect(lines.map(({ body }) => body)).toContainEqual({
    kind: 'awaitingKeep',
    why: 'admin_path',
    seconds: 60,
  })
  expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'rolled_back' })
})

test('the world moved between acceptance and start: nothing is done', async () => {
  const run = start(planOf())
  run.world.checks = 'moved'
  await live(run)
  expect(await stateOf(run)).toMatchObject({
    state: 'closed',
    outcome: 'nothing_done',
    detail: { code: 'judge.baseline_moved' },
  })
  expect(run.world.effects).toEqual([])
})

test('stopped before the first action: aborted, nothing touched', async () => {
  const run = start(planOf())
  const chain = await open(run)
  await chain.append(EXECUTION, accepted)
  await chain.append(EXECUTION, { kind: 'stopAsked', by: 'ops1' })
  await live(run)
  expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'aborted' })
  expect(run.world.effects).toEqual([])
})

test('a failed action is undone too: it may have half happened', async () => {
  const run = start(planOf())
  run.world.failing.add('apply 2')
  await live(run)
  expect(await stateOf(run)).toMatchObject({
    state: 'closed',
    outcome: 'rolled_back',
    detail: { why: 'action_failed' },
  })
  expect(allOf(run.world)).toEqual(['old', 'old'])
})

test('a restart that leaves the service dead is no taking back: it failed, and how the unit stands is told', async () => {
  const run = start(servicePlan())
  run.world.verdicts = ['red']
  run.world.facts = { unit: 'mirai.service', active: 'failed', sub: 'failed', why: 'failed' }
  await live(run)
  expect(await stateOf(run)).toMatchObject({
    state: 'closed',
    outcome: 'failed',
    detail: { why: 'proof_red', unit: 'mirai.service', active: 'failed', sub: 'failed' },
  })
  expect(run.world.armed).toBeUndefined()
})

test('a restart that fails itself, or is stopped after it began, has no way back either', async () => {
  const failing = start(servicePlan())
  failing.world.failing.add('apply 1')
  await live(failing)
  expect(await stateOf(failing)).toMatchObject({ outcome: 'failed', detail: { why: 'action_failed' } })
})

test('another boot while armed: reverted', async () => {
  const run = start(planOf())
  run.world.verdicts = ['not_proven']
  await live(run, undefined, 11)
  expect(await stateOf(run)).toMatchObject({ state: 'awaitingKeep' })
  run.clock.bootId = 'boot-2'
  await live(run)
  expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'rolled_back' })
})

describe('an uncertain restart asks a person', () => {
  async function parked(adminPath = false): Promise<Run> {
    const run = start(adminPath ? planOf({ keep: { by: 'person', seconds: 60 } }) : planOf(), adminPath)
    const restart = await boundary(run.plan, (effects) => effects.some((one) => one.startsWith('restart')))
    await live(run, { at: restart })
    run.world.unitProbe = 'unknown'
    return run
  }

  test('paused: the deadline stands still, nothing is repeated', async () => {
    const run = await parked()
    expect(await live(run, undefined, 60)).toBe('waits')
    expect(await stateOf(run)).toMatchObject({ state: 'paused', action: '2', attempt: 1, why: 'uncertain' })
    expect(run.world.paused).toBe(true)
    expect(run.clock.at).toBeGreaterThan(1_300_000) // far past the deadline
    expect(run.world.effects.filter((one) => one.startsWith('restart'))).toHaveLength(1)
  })

  test('with the administrator’s path at risk the deadline goes on', async () => {
    const run = await parked(true)
    await live(run)
    expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'rolled_back' })
  })

  test.each(['retry', 'skip'] as const)('a signed %s goes on, with a new deadline', async (choice) => {
    const run = await parked()
    await live(run, undefined, 60)
    const chain = await open(run)
    await chain.append(actionKey(EXECUTION, '2', 'apply', 1), {
      kind: 'statement',
      type: 'continue',
      digest: sha256('c'),
      effect: choice,
      person: 'ops1',
      nonce: 'd',
    })
    await live(run)
    expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'kept' })
    expect(run.world.restarts).toBe(choice === 'retry' ? 2 : 1)
  })

  test('undo is always open to an operator', async () => {
    const run = await parked()
    await live(run, undefined, 60)
    await (await open(run)).append(EXECUTION, { kind: 'stopAsked', by: 'ops1' })
    await live(run)
    expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'rolled_back' })
    expect(allOf(run.world)).toEqual(['old', 'old'])
  })
})

test('a failed undo is stuck until a person answers', async () => {
  const run = start(planOf())
  run.world.verdicts = ['red']
  run.world.failing.add('undo 1')
  expect(await live(run, undefined, 60)).toBe('waits')
  expect(await stateOf(run)).toMatchObject({
    state: 'stuck',
    why: 'undo_failed',
    detail: { action: '1', attempt: 1 },
  })
  run.world.failing.clear()
  await (await open(run)).append(actionKey(EXECUTION, '1', 'undo', 1), {
    kind: 'statement',
    type: 'continue',
    digest: sha256('c'),
    effect: 'retry',
    person: 'ops1',
    nonce: 'd',
  })
  await live(run)
  expect(await stateOf(run)).toMatchObject({ state: 'closed', outcome: 'rolled_back' })
})

test('somebody else’s edit is not overwritten: mixed reverts, foreign parks', async () => {
  const run = start(planOf())
  await live(run, { at: await boundary(run.plan, (effects) => effects.length === 1) })
  run.world.files.set('/etc/mirai/a.conf', 'foreign')
  await live(run, undefined, 60)
  expect(await stateOf(run)).toMatchObject({ state: 'paused', action: '1' })
})

describe('INVARIANT I3, I10: killed at every boundary', () => {
  const worlds: readonly [string, Plan, (run: Run) => void][] = [
    ['a change that proves itself', planOf(), () => {}],
    ['a change that is reverted', planOf(), (run) => (run.world.verdicts = ['red', 'red', 'red', 'red'])],
    ['a restart', servicePlan({ pre: [] }), () => {}],
  ]
  test.each(worlds)('%s', async (_, plan, prepare) => {
    const whole = start(plan)
    prepare(whole)
    const points = await boundaries(whole)
    expect(points).toBeGreaterThan(20)
    const ends = new Map<string, number>()
    for (let at = 1; at <= points; at++) {
      const run = start(plan)
      prepare(run)
      expect(await live(run, { at })).toBe('killed')
      // And killed once more, a little later, in the life that settles.
      await live(run, { at: 1 + (at % 7) })
      expect(await live(run)).toBe('ended')
      const state = await stateOf(run)
      expect(state.state, `killed at ${at}`).toBe('closed')
      const outcome = state.state === 'closed' ? state.outcome : ''
      ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
      const wanted = outcome === 'kept' ? 'new' : 'old'
      expect(new Set(allOf(run.world)), `killed at ${at}: ${outcome}`).toEqual(
        new Set(run.world.files.size === 0 ? [] : [wanted]),
      )
      // Old files that the service has not taken in again would be a lie.
      if (run.world.files.size > 0) expect(run.world.loaded, `killed at ${at}: ${outcome}`).toBe(wanted)
      // A restart is not idempotent: it happened at most once, however often the runner died.
      expect(run.world.effects.filter((one) => one.startsWith('restart')).length).toBeLessThanOrEqual(1)
      const undone = run.world.effects.filter((one) => /^undo \d+ (re)?(start|stop|load)$/.test(one))
      expect(undone.length, `killed at ${at}: ${undone}`).toBe(new Set(undone).size)
      expect(run.world.armed).toBeUndefined()
    }
    expect(ends.size).toBeGreaterThan(0)
  })
})

/** How many places there are at which this run could be killed. */
async function boundaries(run: Run): Promise<number> {
  let passed = 0
  const chain = await open(run, () => {
    passed += 1
  })
  await chain.append(EXECUTION, accepted)
  await perform({
    chain,
    hands: fakeHands({ ...run, killPoint: () => (passed += 1) }),
    clock: run.clock,
    wake: new Wake(),
    stopping: () => false,
    log: () => {},
  })
  return passed
}

/** The first place at which the world looks like this. */
async function boundary(plan: Plan, is: (effects: readonly string[]) => boolean): Promise<number> {
  const run = start(plan)
  let passed = 0
  let found = 0
  const look = () => {
    passed += 1
    if (found === 0 && is(run.world.effects)) found = passed
  }
  const chain = await open(run, look)
  await chain.append(EXECUTION, accepted)
  await perform({
    chain,
    hands: fakeHands({ ...run, killPoint: look }),
    clock: run.clock,
    wake: new Wake(),
    stopping: () => false,
    log: () => {},
  })
  return found
}
