// Canaries go in by every cut and every form; none comes out. With the redactor off they are found: the search can fail.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { REDACTED, Redactor, redact, redactEnd, redactJson } from './redact.ts'

const CANARY = 'S3kisho-canary/+="\\ÿ'
const values = [Buffer.from(CANARY)]

function through(chunks: readonly Buffer[], secrets: readonly Buffer[]): Buffer {
  const redactor = new Redactor(secrets)
  return Buffer.concat([...chunks.map((chunk) => redactor.push(chunk)), redactor.end()])
}

test('INVARIANT I12: split at every byte, the value never comes out', () => {
  const text = Buffer.from(`before ${CANARY} after ${CANARY}${CANARY} end`)
  expect(through([text], []).includes(CANARY)).toBe(true) // positive control
  for (let cut = 0; cut <= text.length; cut++) {
    const out = through([text.subarray(0, cut), text.subarray(cut)], values)
    expect(out.toString()).toBe(`before ${REDACTED} after ${REDACTED}${REDACTED} end`)
  }
  const bytewise = through(
    [...text].map((byte) => Buffer.from([byte])),
    values,
  )
  expect(bytewise.includes(CANARY)).toBe(false)
})

test('INVARIANT I12: of a text that is cut at every byte the end shows no part of the value', () => {
  const text = Buffer.from(`before ${CANARY} after`)
  for (let cut = 0; cut <= text.length; cut++) {
    const out = redactEnd(text.subarray(0, cut), text.subarray(cut), values).toString()
    for (let from = 0; from + 4 <= CANARY.length; from++)
      expect(out, String(cut)).not.toContain(CANARY.slice(from, from + 4))
  }
  // Where nothing stands before it the part is there: the search can fail.
  expect(redactEnd(Buffer.alloc(0), text.subarray(9), values).toString()).toContain(CANARY.slice(2))
})

test.each([
  ['JSON', JSON.stringify(CANARY).slice(1, -1)],
  ['a URL', encodeURIComponent(CANARY)],
  ['base64', Buffer.from(CANARY).toString('base64')],
])('as it stands in %s', (_, form) => {
  expect(redact(`x ${form} y`, []).includes(form)).toBe(true)
  expect(redact(`x ${form} y`, values).includes(form)).toBe(false)
})

test('base64 at any place in a longer text', () => {
  for (const before of ['', 'a', 'ab', 'abc']) {
    const encoded = Buffer.from(`${before}${CANARY} and more`).toString('base64')
    expect(redact(encoded, values)).toContain(REDACTED)
  }
})

test('random secrets, random text, random cuts', () => {
  const word = fc.string({ minLength: 6, maxLength: 20, unit: fc.constantFrom('a', 'b', 'c') })
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.array(word),
      fc.array(fc.nat(40)),
      (secrets, words, cuts) => {
        const text = Buffer.from([...words, ...secrets].join(''))
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(text.subarray(at, at + cut))
          at += cut
        }
        chunks.push(text.subarray(at))
        const out = through(
          chunks,
          secrets.map((one) => Buffer.from(one)),
        ).toString()
        for (const secret of secrets) expect(out.includes(secret)).toBe(false)
      },
    ),
    { numRuns: 3000 },
  )
})

test('a value that is a number, or a word of the format, leaves facts that are facts', () => {
  const secrets = ['1234567', '"active"', 'null,"', 'true,"a', '654321'].map((one) => Buffer.from(one))
  const facts = {
    mainPid: 12_345_678,
    uptime: 1_234_567,
    active: 'active',
    job: null,
    ok: true,
    at: [654_321, 'x 1234567 y'],
  }
  expect(redactJson(facts, secrets)).toEqual({ ...facts, at: [654_321, `x ${REDACTED} y`] })
})

test('INVARIANT I12: in every text and every name, at any depth', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const facts = { value, [CANARY]: { list: [`x${CANARY}y`, { [`k${CANARY}`]: CANARY }] } }
      const clean = redactJson(facts as never, values)
      expect(JSON.stringify(clean)).not.toContain(JSON.stringify(CANARY).slice(1, -1))
      // As text: it is what is written, where -0 is 0.
      expect(JSON.stringify(clean['value'])).toBe(JSON.stringify(value))
    }),
    { numRuns: 1000 },
  )
})
