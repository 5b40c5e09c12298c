// F1: a real runner, real files, real signatures; SIGKILL at every named point of apply and of undo; restarted, the end is right.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KILL_POINTS } from '../../src/runner/kill-points.ts'
import {
  BY_PERSON,
  Gone,
  note,
  type Order,
  orderOf,
  prepare,
  type Ready,
  RunnerWorld,
} from '../runner-fixtures/runner-world.ts'
import { IS_WHOLE, share } from './share.ts'

const LIMIT = { timeout: 1_800_000 }
const RANDOM_KILLS = IS_WHOLE ? 200 : 10
const OLD = '640 old\n'
const NEW = '600 new\n'

type Scenario = 'apply' | 'undo'
const ENDS: Readonly<Record<Scenario, string>> = { apply: 'kept', undo: 'rolled_back' }

describe('F1 kill -9 at each boundary of a change of files', () => {
  let world: RunnerWorld
  let number = 0
  beforeAll(() => {
    world = new RunnerWorld()
  })
  afterAll(() => world.end())

  function orderFor(scenario: Scenario): Order {
    number += 1
    world.reset()
    // What a person keeps waits for them, and is taken back by them here.
    return orderOf(world, number, 'new\n', scenario === 'apply' ? undefined : BY_PERSON)
  }

  /** Everything a client does, from wherever the runner left off. Throws Gone when the runner dies. */
  async function drive(order: Order, scenario: Scenario, ready: { now?: Ready }): Promise<string> {
    await world.ready()
    ready.now ??= await prepare(world, order)
    const ran = await world.ask(ready.now.request)
    expect(ran, JSON.stringify(ran)).toMatchObject({ ok: true })
    note(world, `accepted ${order.execution}`)
    const state = await world.until(
      order.execution,
      ({ state }) => state === 'closed' || (scenario === 'undo' && state === 'awaitingKeep'),
    )
    if (state.state === 'closed') return state.outcome
    await world.ask({ verb: 'undo', execution: order.execution, by: 'ops1' })
    note(world, `undo ${order.execution}`)
    const ended = await world.until(order.execution, ({ state }) => state === 'closed')
    return ended.state === 'closed' ? ended.outcome : ''
  }

  async function points(scenario: Scenario): Promise<readonly string[]> {
    const trace = join(world.root, `trace-${scenario}`)
    world.start({ SEKISHO_KILL_TRACE: trace })
    const order = orderFor(scenario)
    expect(await drive(order, scenario, {})).toBe(ENDS[scenario])
    await world.stop()
    const seen = new Map<string, number>()
    return readFileSync(trace, 'utf8')
      .trim()
      .split('\n')
      .map((name) => {
        seen.set(name, (seen.get(name) ?? 0) + 1)
        return `${name}#${seen.get(name)}`
      })
  }

  test.each<Scenario>(['apply', 'undo'])('F1 %s: every point ends right', LIMIT, async (scenario) => {
    const all = await points(scenario)
    expect(all.length).toBeGreaterThan(25)
    // A place that the list does not name would never be killed at.
    for (const point of all) expect(KILL_POINTS).toContain(point.split('#')[0])
    const ends = new Map<string, number>()
    const taken = share(all, `F1 ${scenario}`)
    for (const point of taken) {
      const order = orderFor(scenario)
      const ready: { now?: Ready } = {}
      world.start({ SEKISHO_KILL_POINT: point })
      let outcome: string | undefined
      try {
        outcome = await drive(order, scenario, ready)
        await world.stop()
      } catch (error) {
        if (!(error instanceof Gone)) throw error
      }
      if (outcome === undefined) {
        expect((await world.ended()).signal, point).toBe('SIGKILL')
        world.start()
        outcome = await drive(order, scenario, ready)
        await world.stop()
      }
      ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
      // Counted outside of the journal: bytes and modes of the files themselves.
      const wanted = outcome === 'kept' ? NEW : OLD
      expect(world.contents(), `${point}: ${outcome}`).toEqual([wanted, wanted])
      if (scenario === 'undo') expect(outcome, point).toBe('rolled_back')
      // Nothing temporary is left beside the files, nothing stays armed.
      expect(readdirSync(world.files).sort(), point).toEqual(['a.conf', 'b.conf'])
      expect(readdirSync(join(world.data, 'runner/armed')), point).toEqual([])
    }
    console.log(`killed at ${taken.length} of ${all.length} points of ${scenario}:`, Object.fromEntries(ends))
    // What was acknowledged to the client is in the journal.
    for (const fact of world.acknowledged) {
      const [what = '', execution = ''] = fact.split(' ')
      const file = join(world.data, 'runner/journal', `${execution.replace('/', '.')}.jsonl`)
      expect(readFileSync(file, 'utf8')).toContain(
        what === 'accepted' ? '"kind":"accepted"' : '"kind":"stopAsked"',
      )
    }
  })

  test(`F2 ${RANDOM_KILLS} kills at random moments`, LIMIT, async () => {
    const seed = fc.sample(fc.nat(), 1)[0] ?? 0
    console.log('seed', seed)
    const moments = fc.sample(fc.integer({ min: 0, max: 2500 }), { seed, numRuns: RANDOM_KILLS })
    let killed = 0
    for (const [i, after] of moments.entries()) {
      const scenario: Scenario = i % 2 === 0 ? 'apply' : 'undo'
      const order = orderFor(scenario)
      const ready: { now?: Ready } = {}
      world.start()
      const timer = setTimeout(() => process.kill(world.pid, 'SIGKILL'), after)
      let outcome: string | undefined
      try {
        outcome = await drive(order, scenario, ready)
      } catch (error) {
        if (!(error instanceof Gone)) throw error
        killed += 1
        world.start()
        outcome = await drive(order, scenario, ready)
      } finally {
        clearTimeout(timer)
      }
      await world.stop()
      const wanted = outcome === 'kept' ? NEW : OLD
      expect(world.contents(), `killed after ${after} ms: ${outcome}`).toEqual([wanted, wanted])
      expect(readdirSync(world.files).sort()).toEqual(['a.conf', 'b.conf'])
    }
    console.log(`${killed} of ${RANDOM_KILLS} were cut short`)
    expect(killed).toBeGreaterThan(0)
  })
})
