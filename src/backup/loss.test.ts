// The loss is compared, record by record, with what another program finds: Python, which sees the two files and nothing of this room.
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seedOf } from '../../tests/vectors/manifest/seed.ts'
import {
  countedLoss,
  indexPaths,
  type Loss,
  losesNothing,
  lossDigest,
  lossOf,
  MAX_KEYS,
  presentText,
} from './loss.ts'
import { addRecord, byText, indexText, rowKey, shownKey, stableText } from './records.ts'

const keyed = (text: string) => createHmac('sha256', 'key of the test').update(text).digest('hex')
const ORACLE = `
import json, sys
from collections import Counter
def key(r, name):
    if name is not None: return json.dumps(name, ensure_ascii=False)
    i = r.get("id")
    return json.dumps(i, ensure_ascii=False) if isinstance(i, (str, int)) else None
def index(text):
    pairs = json.loads(text, object_pairs_hook=lambda p: p) if text.startswith("{") else None
    top = json.loads(text)
    rows = [(k, None) for k in top] if isinstance(top, list) else [(v, k) for k, v in top.items()]
    out = {}
    for r, name in rows:
        same = json.dumps(r, sort_keys=True)
        out.setdefault(key(r, name) or "=" + same, Counter())[same] += 1
    return out
for line in sys.stdin:
    now, then = (index(t) for t in json.loads(line))
    gone, changed, back = [], [], []
    for k in set(now) | set(then):
        a, b = now.get(k, Counter()), then.get(k, Counter())
        lost, come = sum((a - b).values()), sum((b - a).values())
        changed += [k] * min(lost, come)
        gone += [k] * max(0, lost - come)
        back += [k] * max(0, come - lost)
    show = lambda keys: sorted("=" if k.startswith("=") else k for k in keys)
    print(json.dumps([show(gone), show(changed), show(back)]))
`

const record = fc.record(
  {
    id: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constantFrom('a', 'b', '1', 'あ"')),
    value: fc.oneof(
      fc.integer({ min: 0, max: 2 }),
      fc.constant(1234567890123456789n),
      fc.constant([{ y: 1, x: 2 }]),
    ),
    name: fc.constantFrom('x', 'y'),
  },
  { requiredKeys: ['value'] },
)
const asText = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `big${one}` : one)).replaceAll(
    /"big(\d+)"/g,
    '$1',
  )
const list = fc.array(record, { maxLength: 10 }).map(asText)
const members = fc
  .dictionary(fc.constantFrom('k1', 'k2', '10', '9', 'あ'), record, { maxKeys: 5 })
  .map(asText)

const rules = (text: string) => (text.startsWith('[') ? { id: 'id' } : {})
function loss(now: string, then: string): Loss {
  const present = indexText(Buffer.from(now), rules(now), keyed)
  const backup = indexText(Buffer.from(then), rules(then), keyed)
  expect([present.ok, backup.ok]).toEqual([true, true])
  return lossOf(
    { name: 'data/x.json', by: 'record' },
    { index: present.index, isDamaged: false },
    backup.index,
    keyed,
  )
}
const shown = ({ keys }: { readonly keys: readonly string[] }) =>
  keys
    .map((key) => (key.startsWith('=') ? '=' : key))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

describe('the three lists', () => {
  test('part of S43: are what another program finds, on 600 generated pairs', () => {
    const seed = seedOf('loss pairs')
    const pairs = [
      ...fc.sample(fc.tuple(list, list), { numRuns: 400, seed }),
      ...fc.sample(fc.tuple(members, members), { numRuns: 200, seed }),
    ]
    const output = execFileSync('python3', ['-I', '-c', ORACLE], {
      input: pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''),
      encoding: 'utf8',
    })
    const answers = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as string[][])
    expect(answers).toHaveLength(pairs.length)
    for (const [i, [now, then]] of pairs.entries()) {
      const found = loss(now, then)
      expect(
        [shown(found.gone), shown(found.changed), shown(found.back)],
        `seed ${seed}: ${now} ${then}`,
      ).toEqual(answers[i])
      expect([found.gone.count, found.changed.count, found.back.count]).toEqual(
        answers[i]?.map((one) => one.length),
      )
    }
  })

  test('do not depend on the order of records, nor of fields', () => {
    const shuffled = fc
      .array(record, { maxLength: 8 })
      .chain((records) =>
        fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
      )
    fc.assert(
      fc.property(shuffled, list, ([records, other], then) => {
        const turned = other.map((one) => Object.fromEntries(Object.entries(one).reverse()))
        expect(loss(asText(turned), then)).toEqual(loss(asText(records), then))
        expect(loss(asText(turned), asText(records))).toMatchObject({
          gone: { count: 0 },
          changed: { count: 0 },
        })
      }),
    )
  })

  test('an id as a number and the same digits as a text are two; a large one is not rounded', () => {
    const found = loss('[{"id":1},{"id":9007199254740993}]', '[{"id":"1"},{"id":9007199254740992}]')
    expect(found.gone.keys).toEqual(['1', '9007199254740993'])
    expect(found.back.keys).toEqual(['"1"', '9007199254740992'])
  })

  test('more than a thousand: counted all, named the first thousand in order', () => {
    const many = asText(Array.from({ length: 2345 }, (_, i) => ({ id: `u${(i * 7919) % 2345}` })))
    const found = loss(many, '[]')
    expect(found.gone.count).toBe(2345)
    expect(found.gone.keys).toHaveLength(MAX_KEYS)
    expect(found.gone.keys).toEqual([...found.gone.keys].sort(byText))
  })
})

describe('a damaged file', () => {
  const then = asText([
    { id: 'a', v: 1 },
    { id: 'b', v: 1 },
    { id: 'c', v: 1 },
    { id: 'd', v: 1 },
  ])
  const backup = indexText(Buffer.from(then), { id: 'id' }, keyed).index
  test('says which of the backup cannot be read now, and claims nothing of them', () => {
    const now = '[{"id":"new","v":1},{"id":"a","v":2},{"id":"b","v":1},{"id":"c","v'
    const present = presentText(
      Buffer.from(now),
      { id: 'id', require: [], types: {}, minRecords: 0, shrink: 0, growth: 0 },
      keyed,
    )
    expect(present.isDamaged).toBe(true)
    const found = lossOf({ name: 'data/x.json', by: 'record' }, present, backup, keyed)
    expect(found).toMatchObject({
      gone: { count: 1, keys: ['"new"'] },
      changed: { count: 1, keys: ['"a"'] },
      back: { count: 0 },
      unreadable: { count: 2, keys: ['"c"', '"d"'] },
      readable: 3,
    })
  })
  test('that is gone altogether leaves nothing to lose', () => {
    const found = lossOf(
      { name: 'data/x.json', by: 'record' },
      presentText(Buffer.alloc(0), undefined, keyed),
      backup,
      keyed,
    )
    expect(losesNothing(found)).toBe(true)
    expect(found.unreadable.count).toBe(4)
  })
})

describe('the digest', () => {
  test('is the same for the same loss, and another for any other', () => {
    const base = '[{"id":"a","v":1},{"id":"b","v":2}]'
    const then = '[{"id":"b","v":1},{"id":"c","v":1}]'
    const digests = [
      loss(base, then),
      loss('[{"id":"a","v":1},{"id":"b","v":3}]', then), // what was to go back was written again
      loss('[{"id":"a","v":9},{"id":"b","v":2}]', then), // what was to go was written again
      loss('[{"id":"a","v":1},{"id":"b","v":2},{"id":"n","v":1}]', then), // it grew
      loss('[{"id":"b","v":2}]', then),
      loss(base, '[{"id":"b","v":1}]'),
    ].map((one) => one.digest)
    expect(new Set(digests).size).toBe(digests.length)
    expect(loss('[{"v":2,"id":"b"},{"id":"a","v":1}]', then).digest).toBe(digests[0])
  })

  test('holds keys beyond the thousand that are named', () => {
    const text = (last: string) =>
      asText([...Array.from({ length: 1500 }, (_, i) => ({ id: `a${i}` })), { id: last }])
    const [one, two] = [loss(text('z1'), '[]'), loss(text('z2'), '[]')]
    expect(one.gone).toEqual(two.gone)
    expect(one.digest).not.toBe(two.digest)
  })

  test('of several files does not depend on the order they come in', () => {
    const [one, two] = [loss('[]', '[]'), countedLoss('db/public.log', 5, 3, keyed)]
    expect(lossDigest([one, two], keyed)).toBe(lossDigest([two, one], keyed))
    expect(lossDigest([one], keyed)).not.toBe(lossDigest([one, two], keyed))
    expect(lossDigest([countedLoss('db/public.log', 6, 3, keyed)], keyed)).not.toBe(lossDigest([two], keyed))
  })

  test('tells nobody a key: without the secret it is another', () => {
    const other = (text: string) => createHmac('sha256', 'another').update(text).digest('hex')
    const index = indexText(Buffer.from('[{"id":"a"}]'), { id: 'id' }, keyed).index
    const of = { name: 'x', by: 'record' } as const
    const present = { index, isDamaged: false }
    expect(lossOf(of, present, new Map(), keyed).digest).not.toBe(
      lossOf(of, present, new Map(), other).digest,
    )
  })
})

test('files by path and rows by primary key are compared alike', () => {
  const now = indexPaths([
    { at: { path: 'a.txt' }, fingerprint: '1' },
    { at: { base64: '/w==' }, fingerprint: '2' },
  ])
  const then = indexPaths([{ at: { path: 'a.txt' }, fingerprint: '3' }])
  const found = lossOf({ name: 'data', by: 'path' }, { index: now, isDamaged: false }, then, keyed)
  expect(found.changed.keys.map(shownKey)).toEqual(['a.txt'])
  expect(found.gone.keys.map(shownKey)).toEqual(['\\xFF'])

  const rows = new Map<string, string[]>()
  addRecord(rows, rowKey(['7', null]), 'x')
  const gone = lossOf({ name: 'db/public.t', by: 'row' }, { index: rows, isDamaged: false }, new Map(), keyed)
  expect(gone.gone.keys.map(shownKey)).toEqual(['7, NULL'])
})

test('the same value has one text', () => {
  expect(stableText(JSON.parse('{"b":[1.0,-0,{"d":null,"c":"é"}],"a":1e2}'))).toBe(
    '{"a":100,"b":[1,0,{"c":"é","d":null}]}',
  )
  expect(shownKey('17')).toBe('17')
  expect(shownKey('=abc')).toBeUndefined()
})
