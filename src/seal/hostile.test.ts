// Everything that is read from the other side of a trust border is read totally: any text gets an answer, never an exception, and what
// is accepted comes back byte for byte.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { makeEnvelope, PLANS, STATEMENTS, TEAM } from '../../tests/vectors/seal/sample.ts'
import { type Decoder, decode } from '../base/decode.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import { plan, planDigest } from '../plans/plan.ts'
import { compiledPolicy } from '../plans/policy.ts'
import { envelope, envelopeDigest } from './envelope.ts'
import { adminRequest, runnerRequest } from './requests.ts'
import { parseStatement, signed } from './statement.ts'

const RUNS = 20_000
/** Against hanging only: a busy machine takes its time. */
vi.setConfig({ testTimeout: 300_000 })
const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json

const SOUND: Readonly<
  Record<string, { readonly decoder: Decoder<unknown>; readonly values: readonly Json[] }>
> = {
  plan: { decoder: plan, values: Object.values(PLANS).map(json) },
  envelope: {
    decoder: envelope,
    values: Object.values(PLANS).map((one) => json(makeEnvelope(one, TEAM))),
  },
  policy: { decoder: compiledPolicy, values: [json(TEAM)] },
  request: {
    decoder: adminRequest,
    values: [
      { verb: 'status' },
      { verb: 'read', what: { kind: 'errorLog', service: 'mirai', sinceMs: 1000 } },
      {
        verb: 'run',
        execution: 'CHG-2026-0001/1',
        change: 'CHG-2026-0001',
        plan: 'ab'.repeat(32),
        envelope: 'cd'.repeat(32),
        statements: [{ text: '{}', signature: 'x' }],
        fences: [{ target: 'web1/nginx', token: 1 }],
      },
      {
        verb: 'sign',
        origin: 'sekisho/example',
        size: 3,
        root: 'ab'.repeat(32),
        consistency: ['cd'.repeat(32)],
      },
    ],
  },
  signed: { decoder: signed, values: [{ text: '{}', signature: 'x' }] },
}

/** Whatever somebody may put where something else stood. */
const hostile: fc.Arbitrary<Json> = fc.oneof(
  fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(
    null,
    '',
    -1,
    0,
    1.5,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    -0,
    [],
    {},
    '\ud800',
    '\0',
    '../../etc/shadow',
    '/etc/nginx/../shadow\n',
    'CHG-2026-0001\n',
    'x'.repeat(100_000),
    Array.from({ length: 2000 }, () => 1),
    JSON.parse('{"__proto__":{"v":1},"constructor":1,"toString":2}') as Json,
    JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`) as Json,
  ),
)

/** One place of a sound value replaced, left out, or given something beside it. */
function damage(value: Json, picks: readonly number[], by: Json, how: number): Json {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const [pick, ...rest] = picks
  if (keys.length === 0 || pick === undefined) return by
  const key = keys[pick % keys.length] as string
  if (Array.isArray(value)) {
    const copy = [...(value as readonly Json[])]
    copy[Number(key)] = damage(copy[Number(key)] as Json, rest, by, how)
    return copy
  }
  const copy: { [key: string]: Json } = { ...(value as { readonly [key: string]: Json }) }
  if (rest.length === 0 && how === 0) delete copy[key]
  else if (rest.length === 0 && how === 1) copy[`${key}2`] = by
  else copy[key] = damage(copy[key] as Json, rest, by, how)
  return copy
}

describe.each(Object.entries(SOUND))('%s', (_, { decoder, values }) => {
  test('what is sound is read as it is', () => {
    for (const value of values) expect(decode(decoder, value)).toEqual({ ok: true, value })
  })

  test(`${RUNS} damaged values get an answer, and what is accepted is what was given`, () => {
    let refusals = 0
    fc.assert(
      fc.property(
        fc.nat(values.length - 1),
        fc.array(fc.nat(50), { minLength: 0, maxLength: 7 }),
        hostile,
        fc.nat(3),
        (which, picks, by, how) => {
          const value = damage(values[which] as Json, picks, by, how)
          const answer = decode(decoder, value)
          if (!answer.ok) refusals++
          else expect(canonical(answer.value as Json)).toBe(canonical(value))
        },
      ),
      { numRuns: RUNS },
    )
    // Positive control: the damage is damage. (A name put for another name is still a name.)
    expect(refusals).toBeGreaterThan(RUNS / 2)
  })
})

test('a request for the admin door is none at the door of the gate', () => {
  for (const verb of ['secrets', 'statement', 'policy', 'clockAccept', 'reconcile', 'secret'])
    expect(decode(runnerRequest, { verb, by: 'gate', service: 'mirai' }).ok).toBe(false)
})

test(`${RUNS} texts put for a statement get an answer`, () => {
  const texts = Object.values(STATEMENTS).map((one) => canonical(json(one)))
  fc.assert(
    fc.property(
      fc.nat(texts.length - 1),
      fc.nat(2000),
      fc.nat(40),
      fc.string({ unit: 'binary', maxLength: 40 }),
      (which, at, cut, by) => {
        const text = texts[which] as string
        const from = at % (text.length + 1)
        const altered = text.slice(0, from) + by + text.slice(from + cut)
        const answer = parseStatement(altered)
        if (answer.ok) expect(canonical(json(answer.value))).toBe(altered)
        else expect(answer.why).not.toBe('')
      },
    ),
    { numRuns: RUNS },
  )
})

test('a digest moves with every byte of a plan and of an envelope', () => {
  for (const one of Object.values(PLANS)) {
    expect(planDigest({ ...one, revision: one.revision + 1 })).not.toBe(planDigest(one))
    const over = makeEnvelope(one, TEAM)
    expect(envelopeDigest({ ...over, revision: over.revision + 1 })).not.toBe(envelopeDigest(over))
  }
})

test('canonical text has one form: what another writer gives is refused', () => {
  const value = json(PLANS['nginx'])
  const text = canonical(value)
  expect(parseCanonical(text)).toEqual(value)
  for (const other of [
    JSON.stringify(value, null, 1),
    `${text}\n`,
    ` ${text}`,
    `\ufeff${text}`,
    text.replace('"v":1', '"v":1.0'),
    text.replace('"v":1', '"v":1e0'),
    text.replace('"v":1', '"v":1,"v":1'),
    text.replace('web1', '\\u0077eb1'),
    text.replaceAll('/', '\\/'),
  ]) {
    expect(other).not.toBe(text)
    expect(() => parseCanonical(other)).toThrow(JsonError)
  }
})
