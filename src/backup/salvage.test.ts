// A file is written, cut or overwritten at random, and read again. What stood whole before the damage is found, and nothing that was no
// record of the file is taken for one. The oracle knows where each record was written; it does not scan.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { times } from '../../tests/crash/share.ts'
import { salvage } from './salvage.ts'
import type { Invariants } from './set.ts'

const RULES: Invariants = {
  id: 'id',
  require: ['name'],
  types: { name: 'string' },
  minRecords: 0,
  shrink: 20,
  growth: 100,
}

interface Written {
  readonly bytes: Buffer
  readonly records: readonly { readonly start: number; readonly end: number; readonly value: unknown }[]
  /** Where the comma before record `i` stands. */
  readonly commas: readonly number[]
}

/** Built piece by piece, so that every place is known. */
function written(values: readonly object[], form: 'list' | 'object', indent: number): Written {
  const line = indent === 0 ? '' : '\n'
  const lead = line === '' ? '' : `${line}${' '.repeat(indent)}`
  let text = form === 'list' ? '[' : '{'
  const records: { start: number; end: number; value: unknown }[] = []
  const commas: number[] = []
  for (const [i, value] of values.entries()) {
    if (i > 0) {
      commas.push(Buffer.byteLength(text))
      text += ','
    } else commas.push(-1)
    text += lead
    if (form === 'object') text += `"k${i}":${line === '' ? '' : ' '}`
    const body = JSON.stringify(value, undefined, indent).replaceAll('\n', lead)
    const start = Buffer.byteLength(text)
    text += body
    records.push({ start, end: Buffer.byteLength(text), value })
  }
  text += line + (form === 'list' ? ']' : '}')
  expect(JSON.parse(text)).toBeDefined()
  return { bytes: Buffer.from(text), records, commas }
}

// Records hold lists of what would pass for records itself: whoever loses count of the depth takes them.
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'a', 'あ', '\n') }),
  fc.constant('{"id":"x","name":"y"},'),
)
const inner = fc.record({ id: fc.constantFrom('n1', 'n2', 'n3', 'n4'), name })
const values = fc
  .array(fc.record({ name, more: fc.oneof(fc.array(inner, { maxLength: 3 }), inner, fc.constant(null)) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((list) => list.map((one, i) => ({ id: `u${i}`, ...one })))
const file = fc
  .tuple(values, fc.constantFrom('list' as const, 'object' as const), fc.constantFrom(0, 1, 2))
  .map(([list, form, indent]) => written(list, form, indent))

const json = (value: unknown) => JSON.stringify(value)

describe('cut at any byte', () => {
  test('the records that are whole, those and no others', () => {
    fc.assert(
      fc.property(file, ({ bytes, records }) => {
        for (let cut = 0; cut < bytes.length; cut++) {
          const found = salvage(bytes.subarray(0, cut), RULES)
          const whole = records.filter(({ end }) => end <= cut)
          expect(found.records.map(({ record }) => record)).toEqual(whole.map(({ value }) => value))
          expect(found.damage).toEqual({ from: cut, to: cut })
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a whole file is all of it', () => {
    fc.assert(
      fc.property(file, ({ bytes, records }) => {
        const found = salvage(bytes, RULES)
        expect(found.records.map(({ record }) => record)).toEqual(records.map(({ value }) => value))
        expect(found.damage).toBeUndefined()
        expect(found.leftOut).toEqual({ encoding: 0, rules: 0, duplicate: 0 })
      }),
    )
  })
})

describe('overwritten, dropped or filled in the middle', () => {
  const garbage = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    fc.array(fc.constantFrom(...Buffer.from('{}[],:" \\a1\0')), { minLength: 0, maxLength: 12 }),
    fc.constant([0x20, 0x20, 0x20, 0x20]),
  )
  test('every record before it is found; what is taken behind it was a record; the rest stands so in the text', () => {
    let behind = 0
    const run = ({ bytes, records, commas }: Written, at: number, other: ArrayLike<number>, drop: number) => {
      const from = at % bytes.length
      const to = Math.min(bytes.length, from + drop)
      const text = Buffer.concat([bytes.subarray(0, from), Uint8Array.from(other), bytes.subarray(to)])
      const shift = other.length - (to - from)
      const found = salvage(text, RULES)
      const taken = new Map(found.records.map((one) => [one.span.start, one]))

      for (const { start, end, value } of records)
        if (end <= from) expect(json(taken.get(start)?.record), 'found before').toBe(json(value))

      const fault = found.damage?.from ?? text.length
      for (const { span, record, key } of found.records) {
        const own = text.subarray(span.start, span.end)
        expect(json(JSON.parse(own.toString()))).toBe(json(record))
        if (span.start < fault) {
          // By the text as it stands now it is one of the file's records: what is before it, closed here, is a file that ends with it.
          const closed = `${text.subarray(0, span.end).toString('latin1')}${text.toString().trim().startsWith('[') ? ']' : '}'}`
          // By its key: whatever is left of one may be a number, which stands first in an object.
          const whole = JSON.parse(closed) as Record<string, unknown>
          const last = Array.isArray(whole)
            ? (whole.at(-1) as unknown)
            : whole[Buffer.from(key ?? '').toString('latin1')]
          expect(json(last)).toBe(json(JSON.parse(own.toString('latin1'))))
        } else if (span.start >= from + other.length) {
          behind++
          const was = records.find(({ start }) => start + shift === span.start)
          expect(json(was?.value), 'invented').toBe(json(record))
        }
      }

      // Where the break is seen before the damage ends, all that is whole behind it is found, up to another id of the same name.
      // Garbage with an opening bracket may look like that of a list that the file's end belongs to, white space like this file's gap.
      // A closing one may end the list before its records do. Zero bytes among its first four make a file one of UTF-16 (RFC 4627, 3).
      const garbled = Buffer.from(Uint8Array.from(other)).toString('latin1')
      const isPlain = !/[[\]{}\s]/.test(garbled) && !(from < 4 && garbled.includes('\0'))
      const isSeen = isPlain && to < bytes.length && fault < from + other.length
      const expected = records.filter((_, i) => i > 0 && (commas[i] as number) >= to)
      if (isSeen && found.leftOut.duplicate === 0)
        for (const { start, value } of expected)
          expect(json(taken.get(start + shift)?.record), 'found behind').toBe(json(value))
    }
    fc.assert(fc.property(file, fc.nat(), garbage, fc.nat(12), run), { numRuns: times(3000) })
    expect(behind).toBeGreaterThan(100)
  })

  test('a nested record behind damage that takes its parent is not taken for one', () => {
    const text =
      '[{"id":"a","name":"x"},{"id":"b","name":@@@,"more":[{"id":"n","name":"y"},{"id":"m","name":"z"}]}]'
    expect(salvage(Buffer.from(text), RULES).records.map(({ record }) => record)).toEqual([
      { id: 'a', name: 'x' },
    ])
  })

  test('a text that is broken twice, and ends within a record: the bracket at its end is not the file’s own', () => {
    const text =
      '[{"id":"a","name":"x"},{"id":@@@},{"id":"b","name":"z","more":[{"id":"n","name":"y"},{"id":"m","name":"z"}]'
    expect(salvage(Buffer.from(text), RULES).records.map(({ record }) => record)).toEqual([
      { id: 'a', name: 'x' },
    ])
  })
})

test('broken within a list of a record, and cut off behind that list: its parts are set apart otherwise than records are', () => {
  const list = [
    { id: 'n', name: 'N' },
    { id: 'm', name: 'M' },
    { id: 'o', name: 'O' },
  ]
  const records = [
    { id: 'a', name: 'x' },
    { id: 'b', name: 'y' },
    { id: 'c', name: 'z', more: list },
  ]
  const text = JSON.stringify(records, undefined, 2)
  const cut = text.slice(0, text.lastIndexOf(']', text.lastIndexOf(']') - 1) + 1).replace('"N"', '@@@')
  expect(salvage(Buffer.from(cut), RULES).records.map(({ record }) => record)).toEqual(records.slice(0, 2))
})

describe('left out, and counted', () => {
  test('wrong encoding in one record leaves the others', () => {
    const text = Buffer.from(
      '[{"id":"a","name":"x"},{"id":"b","name":"J\xfcrgen"},{"id":"c","name":"z"}]',
      'latin1',
    )
    const found = salvage(text, RULES)
    expect(found.records.map(({ record }) => record)).toEqual([
      { id: 'a', name: 'x' },
      { id: 'c', name: 'z' },
    ])
    expect(found.leftOut).toEqual({ encoding: 1, rules: 0, duplicate: 0 })
  })

  test('what violates a rule, and an id that was read before', () => {
    const text = '[{"id":"a","name":"x"},{"id":"b","name":7},{"id":"c"},"text",{"id":"a","name":"again"}]'
    const found = salvage(Buffer.from(text), RULES)
    expect(found.records.map(({ record }) => record)).toEqual([{ id: 'a', name: 'x' }])
    expect(found.leftOut).toEqual({ encoding: 0, rules: 3, duplicate: 1 })
  })

  test('a file that was saved as UTF-16, or with a mark, is read whole', () => {
    const list = [
      { id: 'a', name: '関所 🚧' },
      { id: 'b', name: 'x' },
    ]
    const text = JSON.stringify(list)
    const little = Buffer.from(`\ufeff${text}`, 'utf16le')
    for (const bytes of [
      little,
      Buffer.from(little).swap16(),
      Buffer.from(text, 'utf16le'),
      Buffer.from(`\ufeff${text}`),
    ])
      expect(salvage(bytes, RULES).records.map(({ record }) => record)).toEqual(list)
    const cut = little.subarray(0, little.length - 9)
    expect(salvage(cut, RULES).records.map(({ record }) => record)).toEqual(list.slice(0, 1))
  })
})

test('any bytes get an answer', () => {
  const nearly = fc.array(fc.constantFrom(...Buffer.from('{}[]," :a1\\\n'), 0xff, 0xfe, 0), { maxLength: 40 })
  fc.assert(
    fc.property(nearly, (bytes) => void salvage(Uint8Array.from(bytes), RULES)),
    { numRuns: times(3000) },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void salvage(bytes)))
})

test.each(['"', '\\', '[', ']', '{', '}', ',', ' ', '\\"', '{"', '"}', '},{', '{},', '1', '@'])(
  'four megabytes of %s are gone through once',
  (piece) => {
    const middle = piece.repeat(4_000_000 / piece.length)
    const sound = '{"id":"a","name":"x"}'
    const found = salvage(Buffer.from(`[${sound},@${middle},{"id":"b","name":"y"}]`), RULES)
    expect(found.records[0]?.record).toEqual({ id: 'a', name: 'x' })
  },
)
