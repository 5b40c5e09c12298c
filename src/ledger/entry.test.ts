import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Digest, sha256 } from '../base/hash.ts'
import { instant } from '../base/time.ts'
import { buildEntry, type EntryDraft, FIRST_PREV, MAX_BODY_BYTES, parseEntry } from './entry.ts'

const place = { seq: 1, prev: FIRST_PREV, at: instant(Date.parse('2026-11-25T14:02:11.000Z')) }
const draft: EntryDraft = {
  kind: 'change.created',
  subject: 'CHG-2026-0001',
  actor: 'ops1',
  payload: { text: '上限を 20MB に', revision: 1 },
}
const body = buildEntry(draft, place)

test('the text is RFC 8785, with sorted blobs once each', () => {
  const digests = [sha256('b'), sha256('a'), sha256('b')]
  expect(buildEntry({ ...draft, blobs: digests }, place)).toBe(
    `{"actor":"ops1","at":"2026-11-25T14:02:11.000Z","blobs":["${sha256('b')}","${sha256('a')}"],"kind":"change.created",` +
      `"payload":{"revision":1,"text":"上限を 20MB に"},"prev":"${'0'.repeat(64)}","seq":1,"subject":"CHG-2026-0001","v":1}`,
  )
  expect(body).not.toContain('blobs')
})

test('any payload comes back as it was', () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string({ unit: 'grapheme' }),
      fc.maxSafeInteger().map((value) => (Object.is(value, -0) ? 0 : value)),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 4 }),
    ),
  })).value
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json, { noNullPrototype: true }), (payload) => {
      const text = buildEntry({ ...draft, payload: payload as EntryDraft['payload'] }, place)
      const read = parseEntry(text)
      expect(read.ok && read.entry.payload).toEqual(payload)
      expect(text).not.toContain('\n')
    }),
  )
})

test('nothing makes the reader throw, and what it takes is canonical', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseEntry(text).ok).toBe(false)
    }),
  )
  for (let i = 0; i < body.length; i++) {
    const hurt = body.slice(0, i) + body.slice(i + 1)
    const read = parseEntry(hurt)
    expect(read.ok ? hurt : '').toBe(read.ok ? JSON.stringify(JSON.parse(hurt)) : '')
  }
})

test.each([
  ['a space', body.replace(':', ': '), 'not_canonical'],
  ['a field twice', body.replace('"v":1', '"v":1,"v":1'), 'not_canonical'],
  ['another order', `{"v":1,${body.slice(1).replace(',"v":1', '')}`, 'not_canonical'],
  ['a float', body.replace('"revision":1', '"revision":1.5'), 'not_canonical'],
  ['minus zero', body.replace('"revision":1', '"revision":-0'), 'not_canonical'],
  ['a big number', body.replace('"revision":1', '"revision":9007199254740993'), 'not_canonical'],
  ['a lone surrogate', body.replace('ops1', '\\ud800'), 'not_canonical'],
  ['an unknown field', body.replace('"kind"', '"extra":1,"kind"'), 'unknown_field'],
  ['another version', body.replace('"v":1', '"v":2'), 'field'],
  ['number zero', body.replace('"seq":1', '"seq":0'), 'field'],
  ['a day that is not', body.replace('2026-11-25', '2026-02-30'), 'field'],
  ['hour 24', body.replace('T14:02:11', 'T24:00:00'), 'field'],
  ['an old year', body.replace('2026-11-25', '1969-11-25'), 'field'],
  ['an empty actor', body.replace('"ops1"', '""'), 'field'],
  ['a kind in capitals', body.replace('change.created', 'Change'), 'field'],
  ['an empty list of blobs', body.replace('"kind"', '"blobs":[],"kind"'), 'field'],
  ['a payload that is a list', body.replace(/"payload":\{.*?\}/, '"payload":[]'), 'field'],
  ['too deep', body.replace('"revision":1', `"revision":${'['.repeat(40)}${']'.repeat(40)}`), 'too_deep'],
  ['deep enough to end a stack', `${'['.repeat(60_000)}`, 'too_deep'],
  ['too long', 'x'.repeat(MAX_BODY_BYTES + 1), 'too_large'],
])('%s is refused', (_, text, why) => {
  expect(parseEntry(text)).toMatchObject({ ok: false, why })
})

test('blobs are strictly ascending', () => {
  const [a, b] = [sha256('b'), sha256('a')] as const // In this order.
  const list = (...digests: string[]) => body.replace('"kind"', `"blobs":${JSON.stringify(digests)},"kind"`)
  expect(parseEntry(list(a, b)).ok).toBe(true)
  for (const text of [list(b, a), list(a, a), list(a, 'x')])
    expect(parseEntry(text)).toMatchObject({ ok: false, why: 'field', field: 'blobs' })
})

test('a draft that cannot be an entry is refused by name', () => {
  const bad: readonly EntryDraft[] = [
    { ...draft, payload: { text: 'x'.repeat(MAX_BODY_BYTES) } },
    { ...draft, payload: { half: 0.5 } },
    { ...draft, payload: { text: '\ud800' } },
    { ...draft, kind: 'Change' },
    { ...draft, subject: '' },
    { ...draft, blobs: ['abc' as Digest] },
  ]
  for (const one of bad)
    expect(() => buildEntry(one, place)).toThrowError(
      expect.objectContaining({ code: 'ledger.entry_invalid' }),
    )
})
