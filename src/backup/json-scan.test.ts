// The engine's own JSON.parse is the oracle: what is JSON, where each record stands, and where a text stops being JSON.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { times } from '../../tests/crash/share.ts'
import { MAX_DEPTH, scanTop, type TopScan, type TopValue } from './json-scan.ts'

function scan(text: string | Uint8Array): TopScan & { readonly values: readonly TopValue[] } {
  const values: TopValue[] = []
  return { ...scanTop(Buffer.from(text), (value) => values.push(value)), values }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const slice = (text: string, { start, end }: { start: number; end: number }) =>
  Buffer.from(text).subarray(start, end).toString()

describe('what is JSON', () => {
  test('is what JSON.parse takes, over texts that are nearly JSON', () => {
    const piece = fc.constantFrom(
      ...'[]{},:"\\ue-+.01'.split(''),
      'true',
      'null',
      '"a"',
      '\\n',
      '\\u00e9',
      ' ',
      '\n',
      'あ',
      '\u0001',
    )
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 20 }), (text) => {
        expect(scan(text).fault === undefined, text).toBe(isJson(text))
      }),
      { numRuns: times(5000) },
    )
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ' ', '"', '}', '0', ','), (text, at, other) => {
        const changed =
          text.slice(0, at % (text.length + 1)) + other + text.slice((at % (text.length + 1)) + 1)
        for (const one of [text, changed]) expect(scan(one).fault === undefined, one).toBe(isJson(one))
      }),
      { numRuns: 1000 },
    )
  })

  test('the fault is the first byte after which no text could be JSON', () => {
    const alphabet = [...'[]{},:"\\ntfalsrue0123456789-+.eEu abcd'.split(''), '\n']
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 2 }),
        fc.nat(),
        fc.constantFrom(...'@}]"x,'.split('')),
        (text, at, other) => {
          const place = at % (text.length + 1)
          const changed = text.slice(0, place) + other + text.slice(place + 1)
          const { fault } = scan(changed)
          if (fault === undefined) return
          // Everything before the fault can be gone on with; with one byte more nothing could be.
          const before = Buffer.from(changed).subarray(0, fault)
          expect(scan(before).fault ?? before.length, changed).toBe(before.length)
          if (fault < Buffer.byteLength(changed))
            for (const next of alphabet) {
              const on = scan(Buffer.concat([Buffer.from(changed).subarray(0, fault + 1), Buffer.from(next)]))
              expect(on.fault, changed).toBe(fault)
            }
        },
      ),
    )
  })

  test('nesting that nobody writes counts as unreadable, and the stack holds', () => {
    const deep = (depth: number) => `[${'['.repeat(depth)}${']'.repeat(depth)}]`
    expect(scan(deep(MAX_DEPTH)).fault).toBeUndefined()
    expect(scan(deep(MAX_DEPTH + 2)).fault).toBe(MAX_DEPTH + 1)
    expect(scan('['.repeat(1_000_000)).fault).toBe(MAX_DEPTH + 1)
  })
})

describe('where each record stands', () => {
  test('of a list: the values in order', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.constantFrom(0, 2, '\t'), (list, indent) => {
        const text = JSON.stringify(list, undefined, indent)
        const { top, values } = scan(text)
        expect(top).toBe('list')
        expect(values.map(({ value }) => JSON.parse(slice(text, value)) as unknown)).toEqual(
          JSON.parse(text) as unknown,
        )
      }),
    )
  })

  test('of an object: keys with values, in the order of the text, twice the same key twice', () => {
    const text = '{ "b": {"x":[1,{"y":"}"}]}, "10" :2,"b":null,"あ":"\\"" }'
    const { top, values } = scan(text)
    expect(top).toBe('object')
    expect(values.map(({ key, value }) => [key && slice(text, key), slice(text, value)])).toEqual([
      ['"b"', '{"x":[1,{"y":"}"}]}'],
      ['"10"', '2'],
      ['"b"', 'null'],
      ['"あ"', '"\\""'],
    ])
  })

  test.each([
    ['[{"a":1},{"b":2', 1],
    ['[{"a":1}', 1],
    ['[{"a":1}@', 1],
    ['[12', 0],
    ['[12,', 1],
    ['{"a":{},"b', 1],
    ['{"a":{}', 1],
    ['[', 0],
    ['', 0],
  ])('of a text that is cut, those that are whole: %s', (text, whole) => {
    expect(scan(text).values).toHaveLength(whole)
    expect(scan(text).fault).toBeDefined()
  })
})
