// The parts of which every decoder is made: unknown fields, absent against null, borders, and names that an object inherits.
import { describe, expect, test } from 'vitest'
import {
  boolean,
  type Decoder,
  decode,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  record,
  text,
  union,
} from './decode.ts'
import { isDigest, labelledDigest, sha256 } from './hash.ts'
import { isInstant } from './time.ts'

const refusal = (decoder: Decoder<unknown>, value: unknown) => {
  const answer = decode(decoder, value)
  return answer.ok ? undefined : `${answer.at} ${answer.why}`
}

const shape = object({ a: integer(1, 3), b: optional(text({ max: 2 })), c: optional(list(boolean, 2)) })

describe('object', () => {
  test('absent is absent: neither null nor undefined is', () => {
    expect(decode(shape, { a: 1 })).toEqual({ ok: true, value: { a: 1 } })
    expect(Object.keys((decode(shape, { a: 1 }) as { value: object }).value)).toEqual(['a'])
    expect(refusal(shape, { a: 1, b: null })).toBe('$.b text expected')
    expect(refusal(shape, { a: 1, b: undefined })).toBe('$.b text expected')
  })
  test.each([
    [{}, '$.a missing'],
    [{ a: 4 }, '$.a a whole number from 1 to 3 expected'],
    [{ a: 1.5 }, '$.a a whole number from 1 to 3 expected'],
    [{ a: -0 }, '$.a a whole number from 1 to 3 expected'],
    [{ a: '1' }, '$.a a whole number from 1 to 3 expected'],
    [{ a: 1, d: 1 }, '$.d unknown field'],
    [JSON.parse('{"a":1,"__proto__":{}}'), '$.__proto__ unknown field'],
    [JSON.parse('{"a":1,"constructor":1}'), '$.constructor unknown field'],
    [Object.create({ a: 1 }), '$.a missing'],
    [{ a: 1, b: 'abc' }, '$.b longer than 2'],
    [{ a: 1, b: '\udc00' }, '$.b a lone surrogate'],
    [{ a: 1, c: [true, 1] }, '$.c[1] true or false expected'],
    [{ a: 1, c: [true, true, true] }, '$.c more than 2 items'],
    [[], '$ an object expected'],
    [null, '$ an object expected'],
    ['a', '$ an object expected'],
  ])('%j', (value, why) => {
    expect(refusal(shape, value)).toBe(why)
  })
})

describe('union, record, literal', () => {
  const either = union<'kind', { kind: 'x' } | { kind: 'y'; n: number }>('kind', {
    x: object({ kind: literal('x') }),
    y: object({ kind: literal('y'), n: integer() }),
  })
  test('a case that only an object has by birth is none', () => {
    expect(refusal(either, { kind: 'toString' })).toBe('$.kind one of x, y expected')
    expect(refusal(either, { kind: 1 })).toBe('$.kind one of x, y expected')
    expect(refusal(either, { kind: 'x', n: 1 })).toBe('$.n unknown field')
  })
  test('free keys keep to their pattern and number', () => {
    const free = record(integer(), /^[a-z_]+$/, 2)
    expect(decode(free, JSON.parse('{"__proto__":1}'))).toEqual({
      ok: true,
      value: JSON.parse('{"__proto__":1}'),
    })
    expect(refusal(free, { A: 1 })).toBe('$.A not an allowed name')
    expect(refusal(free, { a: 1, b: 2, c: 3 })).toBe('$ more than 2 fields')
  })
  test('1 is not "1" and not true', () => {
    expect(refusal(integer(), -0)).toContain('a whole number')
    expect(refusal(integer(), 0)).toBeUndefined()
    expect(refusal(literal(1), '1')).toBe('$ one of 1 expected')
    expect(refusal(literal(1), true)).toBe('$ one of 1 expected')
  })
  test('a value so deep that reading it ends the stack is refused', () => {
    const deep: Decoder<unknown> = (value, at) =>
      Array.isArray(value) ? value.map((one) => deep(one, at)) : value
    expect(refusal(deep, JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toBe(
      '$ nested too deeply',
    )
  })
})

describe('texts that are hashed', () => {
  test('an instant has one text and exists', () => {
    for (const good of ['2026-11-25T05:02:11.000Z', '2024-02-29T23:59:59.999Z', '1970-01-01T00:00:00.000Z'])
      expect(isInstant(good)).toBe(true)
    for (const bad of [
      '2026-02-30T00:00:00.000Z',
      '2026-11-25T24:00:00.000Z',
      '2026-11-25T05:02:60.000Z',
      '2026-13-01T00:00:00.000Z',
      '2026-11-25T05:02:11Z',
      '2026-11-25T05:02:11.000+00:00',
      '2026-11-25T05:02:11.000Z\n',
      0,
    ])
      expect(isInstant(bad)).toBe(false)
  })
  test('a digest is 64 lower-case hex digits and no line feed', () => {
    const digest = sha256('')
    expect(digest).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect([digest.toUpperCase(), `${digest}\n`, digest.slice(1), 1].map(isDigest)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(refusal(matching(isDigest, 'a digest'), 'x')).toBe('$ not a digest')
  })
  test('a label tells kinds apart, and cannot be moved into the value', () => {
    expect(labelledDigest('a', 'b')).toBe(sha256('a\0"b"'))
    expect(labelledDigest('a', {})).not.toBe(labelledDigest('b', {}))
  })
})
