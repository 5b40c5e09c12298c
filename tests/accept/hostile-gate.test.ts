// A gate that has gone over to the enemy, at the runner's door: what it can send runs nothing that nobody approved, ends nothing,
// and the owner's door beside it goes on answering. Effects are counted by a watch on the directory, outside of all journals.
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canonical, type Json } from '../../src/base/json.ts'
import { planDigest } from '../../src/seal/plan.ts'
import { times } from '../crash/share.ts'
import {
  approve,
  askSocket,
  frame,
  nonce,
  now,
  ordered,
  orderOf,
  prepare,
  RunnerWorld,
  sha,
} from '../runner-fixtures/runner-world.ts'
import { watchEffects } from './forged-world.ts'

const FRAMES = times(20_000)
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

/** Everything a gate may say, in its right form; the approval in it is by a key that nobody enrolled for it. */
async function wellFormed(): Promise<Json[]> {
  const order = orderOf(world, 1, 'evil\n')
  const ready = await prepare(world, order)
  const forged = await ordered(world, order, ready.envelope, [
    world.sign(approve(ready.envelope, 'ops1'), 'ops2'),
  ])
  const digest = planDigest(order.plan)
  const bytes = Buffer.from(canonical(order.plan as unknown as Json))
  return [
    forged.request,
    forged.request,
    forged.request,
    { verb: 'status' },
    { verb: 'try', plan: sha('unknown') },
    { verb: 'report', execution: order.execution, from: 0 },
    { verb: 'abort', execution: order.execution, by: 'ops1' },
    { verb: 'undo', execution: order.execution, by: 'ops1' },
    { verb: 'put', kind: 'plan', digest, size: bytes.length, offset: 0, base64: bytes.toString('base64') },
    { verb: 'put', kind: 'blob', digest: sha('x'), size: 1, offset: 0, base64: 'eA==' },
    { verb: 'sign', origin: 'sekisho/test', size: 1, root: sha('root'), consistency: [] },
    { verb: 'read', what: { kind: 'bytes', path: file(), offset: 0 } },
    { verb: 'read', what: { kind: 'target', target: `web1/file:${file()}` } },
    ...adminRequests(),
  ]
}

function adminRequests(): Json[] {
  const execution = 'CHG-2026-0001/1'
  const base = {
    v: 1,
    approver: 'ops1',
    role: 'owner',
    nonce: nonce(),
    at: now(-1000),
    expires: now(3_600_000),
  }
  const signed = world.sign({ ...base, type: 'keep', execution } as never) as unknown as Json
  return [
    { verb: 'secret', service: 'mirai', key: 'PASSWORD', base64: 'eA==' },
    { verb: 'secrets', service: 'mirai' },
    { verb: 'statement', signed },
    { verb: 'policy', by: 'gate' },
    { verb: 'clockAccept', by: 'gate' },
    { verb: 'reconcile' },
  ]
}

const junk: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom<Json>(
    'run',
    '__proto__',
    '/etc/shadow',
    'CHG-2026-0001/1',
    [],
    {},
    '\u0000',
    '‮',
    -1,
    2 ** 53 - 1,
  ),
  fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json),
)

/** One member somewhere in a message, replaced, removed or added. */
function mutated(base: Json): fc.Arbitrary<Json> {
  const places: string[][] = []
  const walk = (value: unknown, path: string[]) => {
    if (path.length > 0) places.push(path)
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) walk((value as Record<string, unknown>)[key], [...path, key])
  }
  walk(base, [])
  return fc
    .tuple(
      fc.constantFrom(...places),
      fc.constantFrom('replace', 'remove', 'add'),
      junk,
      fc.string({ maxLength: 8 }),
    )
    .map(([path, how, value, name]) => {
      const copy = structuredClone(base) as Record<string, unknown>
      let parent: Record<string, unknown> = copy
      for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>
      const last = path.at(-1) ?? ''
      if (how === 'replace') parent[last] = value
      else if (how === 'remove') delete parent[last]
      else parent[`${name}x`] = value
      return copy as Json
    })
}

const text = (value: Json) => {
  try {
    return canonical(value)
  } catch {
    return JSON.stringify(value) // What has no canonical form is sent all the same.
  }
}

function hostileFrames(messages: readonly Json[]): fc.Arbitrary<Buffer> {
  const message = fc.constantFrom(...messages)
  const near = message.chain(mutated).map((one) => frame(text(one)))
  const whole = message.map((one) => frame(text(one)))
  return fc.oneof(
    { weight: 10, arbitrary: near },
    { weight: 2, arbitrary: whole },
    {
      weight: 3,
      arbitrary: fc.tuple(whole, fc.nat(), fc.nat(255)).map(([bytes, place, to]) => {
        const copy = Buffer.from(bytes)
        copy[place % copy.length] = to
        return copy
      }),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(whole, fc.nat()).map(([bytes, end]) => bytes.subarray(0, end % bytes.length)),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(whole, fc.constantFrom(0, 1, 0x7fff_ffff, 0xffff_ffff, 1_048_577))
        .map(([bytes, length]) => {
          const copy = Buffer.from(bytes)
          copy.writeUInt32BE(length)
          return copy
        }),
    },
    { weight: 2, arbitrary: fc.tuple(whole, near).map((both) => Buffer.concat(both)) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((one) => frame(one)) },
    {
      weight: 1,
      arbitrary: fc.nat(200_000).map((depth) => frame('['.repeat(depth))),
    },
    {
      weight: 1,
      arbitrary: fc
        .nat(20_000)
        .map((depth) => frame(`{"verb":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`)),
    },
    {
      weight: 1,
      arbitrary: fc.nat(1_100_000).map((size) => frame(`{"by":"${'A'.repeat(size)}","verb":"undo"}`)),
    },
  )
}

/** Sends, waits for the first answer or for nothing, and says what came back and how long it took. */
function send(bytes: Buffer): Promise<Sent> {
  return new Promise((resolve) => {
    const from = performance.now()
    let got = Buffer.alloc(0)
    const one = connect(socket())
    // What is no whole frame is never answered: then the line is closed soon.
    const whole = bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE()
    const idle = setTimeout(() => one.end(), whole ? 20_000 : 50)
    const answered = () => got.length >= 4 && got.length >= 4 + got.readUInt32BE()
    one.on('error', () => {})
    one.on('close', () => {
      clearTimeout(idle)
      const answer = answered()
        ? (JSON.parse(got.subarray(4, 4 + got.readUInt32BE()).toString()) as Answer)
        : {}
      const code = answer.ok === true ? 'ok' : (answer.code ?? 'none')
      resolve({ code, detail: JSON.stringify(answer.detail ?? {}), milliseconds: performance.now() - from })
    })
    one.on('data', (chunk) => {
      got = Buffer.concat([got, chunk])
      if (answered()) one.destroy()
    })
    one.write(bytes)
  })
}
interface Sent {
  readonly code: string
  readonly detail: string
  readonly milliseconds: number
}
interface Answer {
  readonly ok?: boolean
  readonly detail?: unknown
  readonly code?: string
}

const highWater = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${world.pid}/status`, 'utf8'))?.[1])

test('E1 X05 hostile frames (20,000 in the whole campaign): no effect, no crash, bounded time and memory, and then the approved order runs', {
  timeout: 400_000,
}, async () => {
  const messages = await wellFormed()
  const seed = Number(process.env['SEKISHO_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  const all = fc.sample(hostileFrames(messages), { numRuns: FRAMES, seed })
  const pid = world.pid
  const codes = new Map<string, number>()
  /** Faults of the runner itself: every request has an answer of its own. */
  const faults = new Set<string>()
  let slowest = 0
  for (let i = 0; i < all.length; i += BATCH) {
    const from = performance.now()
    for (const { code, detail, milliseconds } of await Promise.all(all.slice(i, i + BATCH).map(send))) {
      codes.set(code, (codes.get(code) ?? 0) + 1)
      if (code === 'runner.not_available') faults.add(detail.slice(0, 300))
      slowest = Math.max(slowest, milliseconds)
    }
    if (i % 2000 === 0) {
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
  const ready = await prepare(world, orderOf(world, 2, 'new\n'))
  expect(await world.ask(ready.request)).toMatchObject({ ok: true })
  await world.until(ready.order.execution, ({ state }) => state === 'closed')
  expect(world.contents()).toEqual(['600 new\n'])
  expect(effects.count()).toBe(1)
})

test('X05 no verb of the owner’s door is one of the gate’s', async () => {
  for (const request of adminRequests()) {
    const answer = await askSocket(socket(), frame(canonical(request)))
    const { verb } = request as { verb: string }
    // A statement that a person signed may come through either door: what it says is checked, not who carries it.
    if (verb === 'statement') expect(answer.ok, verb).toBe(false)
    else expect(answer, verb).toMatchObject({ ok: false, code: 'runner.frame_wrong' })
  }
  // Positive control: the owner's door takes them.
  for (const verb of ['secrets', 'policy', 'clockAccept', 'reconcile']) {
    const request = adminRequests().find((one) => (one as { verb: string }).verb === verb) ?? {}
    expect(await world.ask(request, 'admin'), verb).toMatchObject({ ok: true })
  }
})

test('X05 a gate that holds every connection with half a frame does not keep the owner from the runner', async () => {
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
