// RFC 8785 as this product restricts it: one value has one text, and whatever is no such text is refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { times } from '../../tests/crash/share.ts'
import { canonical, type Json, JsonError, parseCanonical, parseJson } from './json.ts'

/** Values that may be hashed: safe integers, well-formed strings, anything nested. */
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 5 }),
  ),
}))

describe('canonical', () => {
  test('goes there and back', () => {
    fc.assert(
      fc.property(value, (one) => {
        const text = canonical(one)
        expect(parseCanonical(text)).toEqual(JSON.parse(JSON.stringify(one)))
        expect(canonical(parseCanonical(text))).toBe(text)
      }),
      { numRuns: times(5000) },
    )
  })

  test('does not know in which order members were written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.nat()), { maxLength: 8 }),
        (members) => {
          const unique = [...new Map(members)]
          expect(canonical(Object.fromEntries(unique.toReversed()))).toBe(
            canonical(Object.fromEntries(unique)),
          )
        },
      ),
    )
  })

  test.each([
    [
      'members by UTF-16 code units',
      { '\ufb33': 1, '\u{1f600}': 2, a: 3, '10': 4, '9': 5, '': 6 },
      '{"":6,"10":4,"9":5,"a":3,"\u{1f600}":2,"\ufb33":1}',
    ],
    ['the seven short escapes', '"\\\b\f\n\r\t', '"\\"\\\\\\b\\f\\n\\r\\t"'],
    ['other control characters', '\u0000\u001f\u007f\u0085\u2028', '"\\u0000\\u001f\u007f\u0085\u2028"'],
    ['no slash is escaped', '</script>', '"</script>"'],
    ['two Unicode forms stay two', ['é', 'é'], '["é","é"]'],
    [
      'the ends of the whole numbers',
      [9007199254740991, -9007199254740991, 0],
      '[9007199254740991,-9007199254740991,0]',
    ],
    ['a member called __proto__', JSON.parse('{"__proto__":1}') as Json, '{"__proto__":1}'],
  ] as readonly (readonly [string, Json, string])[])('%s', (_, one, text) => {
    expect(canonical(one)).toBe(text)
    expect(canonical(parseCanonical(text))).toBe(text)
  })

  test.each([
    ['a fraction', 0.5],
    ['minus zero', -0],
    ['beyond the safe integers', 2 ** 53],
    ['not a number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['undefined', { a: undefined }],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['nested 65 deep', JSON.parse(`${'['.repeat(66)}${']'.repeat(66)}`)],
  ])('refuses %s', (_, one) => {
    expect(() => canonical(one as Json)).toThrow(JsonError)
  })

  test('takes 64 deep', () => {
    expect(() => canonical(JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`) as Json)).not.toThrow()
  })
})

describe('parseCanonical', () => {
  test.each([
    '',
    ' 1',
    '1 ',
    '01',
    '-0',
    '1.0',
    '1e3',
    '9007199254740992',
    '{"a":1,"a":1}',
    '{"b":1,"a":2}',
    '{"a": 1}',
    '[1,]',
    '"\\u0061"',
    '"\\/"',
    '"\\u001F"',
    '"\\ud800"',
    '"\u0001"',
    'NaN',
    "{'a':1}",
    '\ufeff{}',
  ])('refuses %j', (text) => {
    expect(() => parseCanonical(text)).toThrow(JsonError)
  })

  test('any text gets a value or a JsonError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        try {
          expect(canonical(parseCanonical(text))).toBe(text)
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError)
        }
      }),
      { numRuns: times(5000) },
    )
    expect(() => parseCanonical('['.repeat(200_000))).toThrow(JsonError)
    expect(() => parseJson('{')).toThrow(JsonError)
  })
})
