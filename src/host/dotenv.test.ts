import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differenceOfKeys, editDotenv, readDotenv } from './dotenv.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')
function edited(text: string, edit: Parameters<typeof editDotenv>[1]): string {
  const answer = editDotenv(bytes(text), edit)
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  return Buffer.from(answer.bytes).toString('utf8')
}

describe('a dotenv file is edited key by key', () => {
  const set = (key: string, value: string) => ({ set: [{ key, value }] })
  test.each([
    ['a value is replaced in its place', '# top\nA=1\nB=2\n', set('A', '3'), '# top\nA=3\nB=2\n'],
    [
      'quotes stay as they were',
      `A="x"\nB='y'\n`,
      {
        set: [
          { key: 'A', value: 'z' },
          { key: 'B', value: 'w' },
        ],
      },
      `A="z"\nB='w'\n`,
    ],
    ['export and comment stay', 'export A=1 # why\n', set('A', '2'), 'export A=2 # why\n'],
    ['a new key goes to the end', 'A=1\n', set('B', '2'), 'A=1\nB=2\n'],
    ['a missing last line end is added only for a new key', 'A=1', set('B', '2'), 'A=1\nB=2\n'],
    ['a missing last line end stays missing', 'B=0\nA=1', set('A', '2'), 'B=0\nA=2'],
    [
      'line ends of another system stay',
      'A=1\r\nB=2\r\n',
      {
        set: [
          { key: 'A', value: '3' },
          { key: 'C', value: '4' },
        ],
      },
      'A=3\r\nB=2\r\nC=4\r\n',
    ],
    ['a key is removed with its line', 'A=1\n\n# b\nB=2\n', { unset: ['A'] }, '\n# b\nB=2\n'],
    ['the same value changes no byte', `A='1'  # c\n`, set('A', '1'), `A='1'  # c\n`],
    ['a value with spaces gets quotes', 'A=1\n', set('A', 'two words'), `A='two words'\n`],
    ['a value with a hash gets quotes', 'A=1\n', set('A', 'a #b'), `A='a #b'\n`],
    ['an apostrophe takes double quotes', 'A=1\n', set('A', "it's"), `A="it's"\n`],
    ['an empty file takes its first key', '', set('A', '1'), 'A=1\n'],
  ])('%s', (_, before, edit, after) => {
    expect(edited(before, edit)).toBe(after)
  })

  test.each([
    ['A=1\nA=2\n', { kind: 'file', problem: { why: 'duplicate_key', line: 2, key: 'A' } }],
    ['A="one\ntwo"\n', { kind: 'file', problem: { why: 'unclosed_quote', line: 1, key: 'A' } }],
    ['just words\n', { kind: 'file', problem: { why: 'no_equals', line: 1 } }],
    ['1A=2\n', { kind: 'file', problem: { why: 'bad_key', line: 1 } }],
    ["A='x'y\n", { kind: 'file', problem: { why: 'after_quote', line: 1, key: 'A' } }],
    ['A=x"y\n', { kind: 'file', problem: { why: 'unquoted_special', line: 1, key: 'A' } }],
    ['A= # x\n', { kind: 'file', problem: { why: 'unquoted_special', line: 1, key: 'A' } }],
    ['\ufeffA=1\n', { kind: 'file', problem: { why: 'bad_key', line: 1 } }],
  ])('%j is refused with its line', (text, problem) => {
    expect(editDotenv(bytes(text), set('Z', '1'))).toEqual({ ok: false, problem })
  })
  test('what cannot be written on one line, twice-named and absent keys are refused', () => {
    const refuse = (edit: Parameters<typeof editDotenv>[1]) => editDotenv(bytes('A=1\n'), edit)
    expect(refuse(set('A', 'a\nb'))).toMatchObject({ problem: { kind: 'value_not_writable' } })
    expect(refuse(set('A', `it's "both"`))).toMatchObject({ problem: { kind: 'value_not_writable' } })
    expect(refuse(set('A B', '1'))).toMatchObject({ problem: { kind: 'key_invalid' } })
    expect(refuse({ ...set('A', '1'), unset: ['A'] })).toMatchObject({ problem: { kind: 'set_and_unset' } })
    expect(refuse({ unset: ['Q'] })).toMatchObject({ problem: { kind: 'not_there' } })
  })
  test('bytes that are not UTF-8 are refused, never rewritten', () => {
    expect(editDotenv(Buffer.from([0x41, 0x3d, 0xff, 0x0a]), {})).toMatchObject({ ok: false })
  })
  test('a difference names keys and never values', () => {
    const difference = differenceOfKeys(bytes('A=s3cret\nB=2\nC=3\n'), bytes('B=9\nC=3\nD=canary\n'))
    expect(difference).toEqual({ added: ['D'], changed: ['B'], removed: ['A'] })
  })
})

describe('properties', () => {
  const key = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,5}$/)
  const value = fc
    .string({ maxLength: 20, unit: 'grapheme' })
    .filter((text) => !/[\0\r\n]/.test(text) && (!text.includes("'") || !/["\\$`]/.test(text)))
  test('reading any bytes ends with a value', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => void readDotenv(any)))
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', '=', '"', "'", '\\', '\n', '\r', ' ', '#', '$') }),
        (any) => void readDotenv(bytes(any)),
      ),
    )
  })
  test('what is set is read back, and every other line keeps its bytes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 6 }),
        key,
        value,
        fc.boolean(),
        (pairs, name, fresh, crlf) => {
          const end = crlf ? '\r\n' : '\n'
          const before = edited(`# head${end}`, { set: pairs.map(([k, v]) => ({ key: k, value: v })) })
          const after = edited(before, { set: [{ key: name, value: fresh }] })
          expect(readDotenv(bytes(after)).problems).toEqual([])
          expect(readDotenv(bytes(after)).entries.find((entry) => entry.key === name)?.value).toBe(fresh)
          const others = (text: string) => text.split('\n').filter((line) => !line.startsWith(`${name}=`))
          expect(others(after)).toEqual(others(before))
        },
      ),
    )
  })
  test('an edit without keys gives the same bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', 'B', '=', '"', '\n', '\r', ' ', '#') }), (text) => {
        const answer = editDotenv(bytes(text), {})
        if (answer.ok) expect(Buffer.from(answer.bytes)).toEqual(bytes(text))
      }),
    )
  })
})
