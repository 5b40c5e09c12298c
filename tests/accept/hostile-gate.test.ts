// A gate that has gone over to the enemy, at the runner's door: what it can send runs nothing that nobody approved, ends nothing,
// and the owner's door beside it goes on answering. Effects are counted by a watch on the directory, outside of all journals.
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canonical } from '../../src/base/json.ts'
import { times } from '../crash/share.ts'
import { adminRequests, hostileFrames, send, wellFormed } from '../runner-fixtures/hostile-frames.ts'
import { askSocket, frame, orderOf, prepare, RunnerWorld } from '../runner-fixtures/runner-world.ts'
import { watchEffects } from './forged-world.ts'

const FRAMES = times(10_000)
const BATCH = 50
/** The door answers 500 requests a second: what comes faster is not looked at. */
const BATCH_MS = 100

let world: RunnerWorld
let effects: ReturnType<typeof watchEffects>
beforeEach(async () => {
  world = new RunnerWorld([{}])
  world.reset()
  effects = watchEffects(file(), join(world.root, 'effects.log'))
  world.start()
  await world.ready()
})
afterEach(async () => {
  effects.close()
  await world.end()
})
const file = () => join(world.files, 'a.conf')
const socket = (door = 'runner') => join(world.data, `run/${door}.sock`)

const highWater = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${world.pid}/status`, 'utf8'))?.[1])

test('hostile frames (10,000 in the whole campaign): no effect, no crash, bounded time and memory, and then the approved order runs', {
  timeout: 900_000,
}, async () => {
  const messages = await wellFormed(world)
  const seed = Number(process.env['SEKISHO_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  const all = fc.sample(hostileFrames(messages), { numRuns: FRAMES, seed })
  const pid = world.pid
  const codes = new Map<string, number>()
  /** Faults of the runner itself: every request has an answer of its own. */
  const faults = new Set<string>()
  let slowest = 0
  for (let i = 0; i < all.length; i += BATCH) {
    const from = performance.now()
    for (const { code, detail, milliseconds } of await Promise.all(
      all.slice(i, i + BATCH).map((one) => send(socket(), one)),
    )) {
      codes.set(code, (codes.get(code) ?? 0) + 1)
      if (code === 'runner.not_available') faults.add(detail.slice(0, 300))
      slowest = Math.max(slowest, milliseconds)
    }
    if (i % 1000 === 0) {
      const answer = await world.ask({ verb: 'status' }, 'admin')
      expect(answer.ok, JSON.stringify(answer)).toBe(true)
    }
    const rest = BATCH_MS - (performance.now() - from)
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
  }
  console.log(`seed ${seed}, slowest ${Math.round(slowest)} ms, ${highWater()} kB`, Object.fromEntries(codes))
  expect(world.alive && world.pid === pid).toBe(true)
  expect(effects.count()).toBe(0)
  expect(world.contents()).toEqual(['640 old\n'])
  expect(await world.ask({ verb: 'status' })).toMatchObject({
    ok: true,
    result: { open: [], journal: { sound: true } },
  })
  // Frames did reach the judge, the verbs and the reader of frames, and were not only held off by the rate.
  expect(codes.get('statement.foreign_key')).toBeGreaterThan(FRAMES / 400)
  expect(codes.get('runner.frame_wrong')).toBeGreaterThan(FRAMES / 4)
  expect(codes.get('runner.rate') ?? 0).toBeLessThan(FRAMES / 10)
  expect([...faults]).toEqual([])
  expect(slowest).toBeLessThan(30_000)
  expect(highWater()).toBeLessThan(600_000)
  // A ledger that does not continue what was signed stops all orders until one does: among the frames may be one that showed such a one last.
  const status = await world.ask({ verb: 'status' })
  const { size, root } = (status.result as { signer: { size: number; root: string } }).signer
  if (size > 0) {
    const shown = { verb: 'sign', origin: 'sekisho/test', size, root, consistency: [] }
    expect(await world.ask(shown)).toMatchObject({ ok: true })
  }
  const ready = await prepare(world, orderOf(world, 2, 'new\n'))
  expect(await world.ask(ready.request)).toMatchObject({ ok: true })
  await world.until(ready.order.execution, ({ state }) => state === 'closed')
  expect(world.contents()).toEqual(['600 new\n'])
  expect(effects.count()).toBe(1)
})

test('no verb of the owner’s door is one of the gate’s', async () => {
  for (const request of adminRequests(world)) {
    const answer = await askSocket(socket(), frame(canonical(request)))
    const { verb } = request as { verb: string }
    // A statement that a person signed may come through either door: what it says is checked, not who carries it.
    if (verb === 'statement') expect(answer.ok, verb).toBe(false)
    else expect(answer, verb).toMatchObject({ ok: false, code: 'runner.frame_wrong' })
  }
  // Positive control: the owner's door takes them.
  for (const verb of ['secrets', 'policy', 'clockAccept', 'reconcile', 'prune']) {
    const request = adminRequests(world).find((one) => (one as { verb: string }).verb === verb) ?? {}
    expect(await world.ask(request, 'admin'), verb).toMatchObject({ ok: true })
  }
})

test('a gate that holds every connection with half a frame does not keep the owner from the runner', async () => {
  const held: Socket[] = []
  for (let i = 0; i < 300; i++) {
    const one = connect(socket())
    one.on('error', () => {})
    one.write(frame('{"verb":"status"}').subarray(0, 9))
    held.push(one)
  }
  expect(await world.ask({ verb: 'status' }, 'admin')).toMatchObject({ ok: true })
  for (const one of held) one.destroy()
  await world.ready()
  expect(await world.ask({ verb: 'status' })).toMatchObject({ ok: true })
})
