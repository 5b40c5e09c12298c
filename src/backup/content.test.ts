// What is rubbish, what is a question, and what is none of ours: as a table, and as a property that no record's bytes get into an answer.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ContentFault, isOfType, judgeText, judgeValue, MAX_FAULTS } from './content.ts'
import type { Invariants } from './set.ts'

const RULES: Invariants = {
  id: 'id',
  require: ['name'],
  types: { id: 'string', name: 'string', age: 'integer', tags: 'list', seen: 'instant' },
  minRecords: 1,
  shrink: 20,
  growth: 100,
}
const person = (id: number) => ({
  id: `u${id}`,
  name: `Name ${id}`,
  age: id,
  tags: [],
  seen: '2026-11-25T14:02:11Z',
})
const people = (count: number) => Array.from({ length: count }, (_, i) => person(i))
const text = (value: unknown) => Buffer.from(JSON.stringify(value, undefined, 2))
const found = (value: unknown, before?: number): readonly ContentFault[] =>
  judgeText(text(value), RULES, before).faults

describe('E7 it parses, and is not good', () => {
  test('an empty list for 51 records is red', () => {
    expect(judgeText(text(people(51)), RULES, 51)).toMatchObject({ verdict: 'good', records: 51, faults: [] })
    const none = { ...RULES, minRecords: 0 }
    expect(judgeText(Buffer.from('[]'), none, 51)).toEqual({
      verdict: 'rubbish',
      records: 0,
      root: 'list',
      faults: [{ code: 'emptied', records: 0, before: 51 }],
      faultCount: 1,
      questions: [],
    })
    expect(judgeText(Buffer.from('{}'), none, 51).verdict).toBe('rubbish')
    expect(judgeText(Buffer.from('[]'), RULES).faults).toEqual([{ code: 'too_few', records: 0, minimum: 1 }])
    // Where the owner allows any shrinking, an empty file may be meant.
    expect(judgeText(Buffer.from('[]'), { ...none, shrink: 100 }, 51).verdict).toBe('good')
  })
})

describe('rubbish', () => {
  const one = person(1)
  const { name: _, ...nameless } = one
  test.each<[string, unknown, readonly ContentFault[]]>([
    ['a number for a text', [one, { ...one, id: 'u2', name: 7 }], [wrong(1, 'name', 'string', 'number')]],
    ['null for a text', [{ ...one, name: null }], [wrong(0, 'name', 'string', 'null')]],
    ['a fraction for a whole number', [{ ...one, age: 1.5 }], [wrong(0, 'age', 'integer', 'number')]],
    ['an object for a list', [{ ...one, tags: {} }], [wrong(0, 'tags', 'list', 'object')]],
    ['30 February', [{ ...one, seen: '2026-02-30T00:00:00Z' }], [wrong(0, 'seen', 'instant', 'string')]],
    [
      'a missing field',
      [one, { ...nameless, id: 'u9' }],
      [{ code: 'missing_field', record: 1, field: 'name' }],
    ],
    ['a missing id', [{ name: 'x' }], [{ code: 'missing_field', record: 0, field: 'id' }]],
    ['an id twice', [one, person(2), one], [{ code: 'duplicate_id', record: 2, first: 0 }]],
    ['a record that is none', [one, 'x', null], [none(1), none(2)]],
    ['no records', 'text', [{ code: 'not_records' }]],
    ['no records', 17, [{ code: 'not_records' }]],
  ])('%s', (_, value, faults) => {
    expect(found(value)).toEqual(faults)
    expect(judgeText(text(value), RULES).verdict).toBe('rubbish')
    expect(judgeValue(value, RULES).faults).toEqual(faults)
  })

  test('an object of records: the key stands for the id where none is declared, and twice is twice', () => {
    const { id: _id, ...rest } = RULES
    expect(judgeText(Buffer.from('{"b":{"name":"x"},"10":{"name":"y"}}'), rest).verdict).toBe('good')
    expect(
      judgeText(Buffer.from('{"b":{"name":"x"},"10":{"name":1},"b":{"name":"z"}}'), rest).faults,
    ).toEqual([wrong(1, 'name', 'string', 'number'), { code: 'duplicate_id', record: 2, first: 0 }])
  })

  test('ids beyond what a double holds are told apart', () => {
    const big = { ...RULES, require: [], types: {} }
    expect(
      judgeText(Buffer.from('[{"id":1234567890123456788},{"id":1234567890123456789}]'), big).verdict,
    ).toBe('good')
    expect(
      judgeText(Buffer.from('[{"id":1234567890123456789},{"id":1234567890123456789}]'), big).faults,
    ).toEqual([{ code: 'duplicate_id', record: 1, first: 0 }])
  })

  test('of many faults the first hundred are named and all are counted', () => {
    const verdict = judgeText(text(people(500).map(() => ({ id: 'same', name: 'x' }))), RULES)
    expect(verdict.faults).toHaveLength(MAX_FAULTS)
    expect(verdict.faultCount).toBe(499)
  })
})

describe('not to be read', () => {
  const sound = text(people(3))
  const utf16 = Buffer.from(sound.toString(), 'utf16le')
  test.each<[string, Uint8Array, readonly ContentFault[]]>([
    ['nothing', Buffer.alloc(0), [{ code: 'not_json', byte: 0 }]],
    ['zeros', Buffer.alloc(100), [{ code: 'not_json', byte: 0 }]],
    ['cut off', sound.subarray(0, -3), [{ code: 'not_json', byte: sound.length - 3 }]],
    [
      'something behind',
      Buffer.concat([sound, Buffer.from(' x')]),
      [{ code: 'not_json', byte: sound.length + 1 }],
    ],
    ['UTF-16', utf16, [{ code: 'encoding_utf16' }]],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), [{ code: 'encoding_utf16' }]],
    ['UTF-16, big', Buffer.from(utf16).swap16(), [{ code: 'encoding_utf16' }]],
    [
      'a byte order mark',
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), sound]),
      [{ code: 'encoding_bom' }],
    ],
    [
      'Latin-1 in a name',
      Buffer.from('[{"id":"a","name":"x"},{"id":"b","name":"J\xfcrgen"}]', 'latin1'),
      [{ code: 'encoding_invalid', record: 1 }],
    ],
    [
      'bytes between records',
      Buffer.from('[\xff{}]', 'latin1'),
      [
        { code: 'encoding_invalid', byte: 1 },
        { code: 'not_json', byte: 1 },
      ],
    ],
  ])('%s', (_, bytes, faults) => {
    expect(judgeText(bytes, RULES, 3).faults).toEqual(faults)
    // Without rules too: that much is asked of every file that is called JSON.
    expect(judgeText(bytes).verdict).toBe('rubbish')
  })

  test('a broken text is not also called too short', () => {
    expect(judgeText(Buffer.from('[{"id":"a","name":"x"}'), RULES, 51).faults).toEqual([
      { code: 'not_json', byte: 22 },
    ])
  })
})

describe('a question for a person, and no rubbish', () => {
  const sized = (records: number, before: number) => judgeText(text(people(records)), RULES, before)
  test('shrunk or grown beyond the limits; the limit itself is within them', () => {
    expect(sized(80, 100)).toMatchObject({ verdict: 'good', questions: [] })
    expect(sized(79, 100)).toMatchObject({
      verdict: 'question',
      faults: [],
      questions: [{ code: 'shrunk', records: 79, before: 100, limit: 20 }],
    })
    expect(sized(100, 50).verdict).toBe('good')
    expect(sized(101, 50).questions).toEqual([{ code: 'grown', records: 101, before: 50, limit: 100 }])
    expect(sized(5, 0).verdict).toBe('good')
  })
})

test.each([
  ['2026-11-25T14:02:11Z', true],
  ['2026-11-25t14:02:11.123456+09:00', true],
  ['2024-02-29 23:59:60Z', true],
  ['0001-01-01T00:00:00Z', true],
  ['2023-02-29T00:00:00Z', false],
  ['2026-13-01T00:00:00Z', false],
  ['2026-11-25T24:00:00Z', false],
  ['2026-11-25T14:02:11', false],
  ['2026-11-25', false],
])('RFC 3339: %s %s', (value, is) => {
  expect(isOfType(value, 'instant')).toBe(is)
})

test('no byte of a record is in any answer, whatever is wrong with it', () => {
  const CANARY = 'kanarie'
  const value = fc.oneof(
    fc.constant(CANARY),
    fc.constant([CANARY]),
    fc.constant({ [CANARY]: CANARY }),
    fc.nat(),
  )
  const record = fc.dictionary(fc.constantFrom('id', 'name', 'age', 'tags', 'seen', CANARY), value)
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), fc.nat(), (records, cut) => {
      const whole = text(records)
      for (const bytes of [whole, whole.subarray(0, cut % (whole.length + 1))])
        expect(JSON.stringify(judgeText(bytes, RULES, 3))).not.toContain(CANARY)
    }),
  )
  expect(JSON.stringify(text([{ id: CANARY }]).toString())).toContain(CANARY) // it is in what was judged
})

test('sound files give no alarm: 200 generated ones', () => {
  const sound = fc.record({
    name: fc.string({ unit: 'grapheme' }),
    age: fc.integer(),
    tags: fc.array(fc.jsonValue()),
  })
  fc.assert(
    fc.property(fc.array(sound, { minLength: 1, maxLength: 20 }), (records) => {
      const verdict = judgeText(
        text(records.map((one, i) => ({ ...one, id: `${i}` }))),
        RULES,
        records.length,
      )
      expect(verdict).toMatchObject({ verdict: 'good', faults: [], records: records.length })
    }),
    { numRuns: 200 },
  )
})

function wrong(
  record: number,
  field: string,
  expected: Extract<ContentFault, { code: 'wrong_type' }>['expected'],
  foundType: string,
): ContentFault {
  return { code: 'wrong_type', record, field, expected, found: foundType }
}
function none(record: number): ContentFault {
  return { code: 'record_not_object', record }
}

test('without rules a file that was emptied, or whose outermost value is of another kind, is rubbish', () => {
  const verdict = (text: string, before?: number, root?: 'list' | 'object' | 'other') =>
    judgeText(Buffer.from(text), undefined, before, root)
  expect(verdict('[1, 2]')).toMatchObject({ verdict: 'good', records: 2, root: 'list' })
  expect(verdict('[]')).toMatchObject({ verdict: 'good', records: 0 })
  expect(verdict('[]', 10, 'list')).toMatchObject({
    verdict: 'rubbish',
    faults: [{ code: 'emptied', records: 0, before: 10 }],
  })
  expect(verdict('{}', 3, 'object').verdict).toBe('rubbish')
  for (const [text, found] of [
    ['null', 'other'],
    ['{"a": 1}', 'object'],
  ] as const)
    expect(verdict(text, 10, 'list').faults).toEqual([{ code: 'root_changed', found, before: 'list' }])
  // One that shrank is no finding without rules, and neither is one that was empty before.
  expect(verdict('[1]', 10, 'list').verdict).toBe('good')
  expect(verdict('[]', 0, 'list').verdict).toBe('good')
})
