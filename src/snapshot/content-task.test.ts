// What the child makes of a damaged file: nothing twice, nothing forgotten, and keys that any card can hold.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seedOf } from '../../tests/vectors/manifest/seed.ts'
import { cutKey } from '../backup/records.ts'
import { doTask } from './content-task.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const mended = (now: string, then: string, id?: string) => {
  const rules = {
    ...(id === undefined ? {} : { id }),
    require: [],
    types: {},
    minRecords: 0,
    shrink: 20,
    growth: 200,
  }
  const { answer, bytes: made } = doTask(
    { kind: 'salvage', now: true, then: true, ...(id === undefined ? {} : { rules }) },
    bytes(now),
    bytes(then),
  )
  return { answer, records: JSON.parse(new TextDecoder().decode(made)) as unknown[] }
}

test('part of N07: records that nothing names are saved once: equal ones of the backup are the same records', () => {
  const then = [{ n: 1 }, { n: 2 }, { n: 2 }, { n: 3 }, { n: 4 }]
  const { answer, records } = mended(JSON.stringify(then).slice(0, -3), JSON.stringify(then))
  expect(records).toEqual(then)
  expect(answer).toMatchObject({ salvaged: 4, fromBackup: 1 })
  // One more of the same, and one that only the damaged file has, are records of their own.
  const now = `${JSON.stringify([...then, { n: 2 }, { n: 9 }]).slice(0, -1)},{"cut`
  expect(mended(now, JSON.stringify(then)).records).toEqual([...then, { n: 2 }, { n: 9 }])
})

test('part of N07: of a damaged file every whole record is on the list of what goes, whatever the rules say of it', () => {
  const rules = {
    id: 'id',
    require: ['title'],
    types: { title: 'string' as const },
    minRecords: 0,
    shrink: 20,
    growth: 200,
  }
  const now = '[{"id":"precious","title":5},{"id":"dup","title":"a"},{"id":"dup","title":"b"},{"id":"cut'
  const { answer } = doTask(
    { kind: 'loss', name: 'data/a.json', rules, key: '00'.repeat(32), now: true, then: true },
    bytes(now),
    bytes('[{"id":"old","title":"t"}]'),
  )
  expect(answer).toMatchObject({
    loss: { gone: { count: 3, keys: ['dup', 'dup', 'precious'] }, unreadable: { count: 1, keys: ['old'] } },
  })
})

test('part of S43: evidence may be damaged too: what can be read of it comes back, and what stands there now beside that is gone', () => {
  const now = '[{"id":"a","t":1},{"id":"b","t":1},{"id":"c","t":1}]'
  const then = '[{"id":"a","t":1},{"id":"b","t":2},{"id":"dam\u0001ged,},{"id":"old","t":1}]'
  const task = { kind: 'loss', name: 'data/a.json', key: '00'.repeat(32), now: true, then: true } as const
  const rules = { id: 'id', require: [], types: {}, minRecords: 0, shrink: 20, growth: 200 }
  expect(doTask({ ...task, rules, evidence: true }, bytes(now), bytes(then)).answer).toMatchObject({
    loss: { gone: { keys: ['c'] }, changed: { keys: ['b'] }, back: { keys: ['old'] } },
  })
  // Rubbish from its first byte on: nothing comes back.
  expect(doTask({ ...task, rules, evidence: true }, bytes(now), bytes('rubbish')).answer).toMatchObject({
    loss: { gone: { count: 3 }, changed: { count: 0 }, back: { count: 0 } },
  })
})

test('a key is text and short, whatever somebody wrote as one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.nat(10), (text, halves) => {
      const key = cutKey(`${'\ud800'.repeat(halves)}${text}`)
      expect(key.isWellFormed()).toBe(true)
      expect(key.length).toBeLessThanOrEqual(200)
    }),
    { seed: seedOf('keys'), numRuns: 500 },
  )
  expect(cutKey(`${'x'.repeat(198)}🚧🚧`)).toBe(`${'x'.repeat(198)}…`)
})
