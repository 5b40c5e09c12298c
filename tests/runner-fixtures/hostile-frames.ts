// What a gate that has gone over to the enemy sends to the runner: one source of frames for every test of the runner's door.
import { connect } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { canonical, type Json } from '../../src/base/json.ts'
import { planDigest } from '../../src/plans/plan.ts'
import {
  approve,
  frame,
  nonce,
  now,
  ordered,
  orderOf,
  prepare,
  type RunnerWorld,
  sha,
} from './runner-world.ts'

/** Everything a gate may say, in its right form; the approval in it is by a key that nobody enrolled for it. */
export async function wellFormed(world: RunnerWorld): Promise<Json[]> {
  const path = join(world.files, 'a.conf')
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
    { verb: 'read', what: { kind: 'bytes', path, offset: 0 } },
    { verb: 'read', what: { kind: 'target', target: `web1/file:${path}` } },
    ...adminRequests(world),
  ]
}

/** What only the owner's door takes. */
export function adminRequests(world: RunnerWorld): Json[] {
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
    { verb: 'prune', dryRun: false, by: 'gate' },
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

const WORDS = [
  'verb',
  'run',
  'try',
  'put',
  'read',
  'secret',
  'statement',
  'plan',
  'kind',
  '/etc/shadow',
  'status',
]

/** Objects of the protocol's own words in any order, with or without a verb. */
function halfRight(): fc.Arbitrary<Json> {
  const word = fc.constantFrom(...WORDS)
  const { any, object } = fc.letrec<{ any: Json; object: Record<string, Json> }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      word,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('object'),
      fc.array(tie('any'), { maxLength: 3 }),
    ),
    object: fc.dictionary(word, tie('any'), { maxKeys: 5 }),
  }))
  return fc.oneof<fc.Arbitrary<Json>[]>(object, fc.record({ verb: word, what: any, plan: word }))
}

const text = (value: Json) => {
  try {
    return canonical(value)
  } catch {
    return JSON.stringify(value) // What has no canonical form is sent all the same.
  }
}

/** Frames of an enemy who knows the protocol: right ones, nearly right ones, cut, wrongly measured, huge, and noise. */
export function hostileFrames(messages: readonly Json[]): fc.Arbitrary<Buffer> {
  const message = fc.constantFrom(...messages)
  const near = message.chain(mutated).map((one) => frame(text(one)))
  const whole = message.map((one) => frame(text(one)))
  return fc.oneof(
    { weight: 10, arbitrary: near },
    { weight: 2, arbitrary: whole },
    { weight: 3, arbitrary: halfRight().map((one) => frame(text(one))) },
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

/** Sends on a connection of its own, waits for the first answer or for nothing, and says what came back and how long it took. */
export function send(socket: string, bytes: Buffer): Promise<Sent> {
  return new Promise((resolve) => {
    const from = performance.now()
    let got = Buffer.alloc(0)
    const one = connect(socket)
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
export interface Sent {
  readonly code: string
  readonly detail: string
  readonly milliseconds: number
}
interface Answer {
  readonly ok?: boolean
  readonly detail?: unknown
  readonly code?: string
}
