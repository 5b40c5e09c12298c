// The rules around a rehearsal that need no database: what differs, what is narrowed, which columns stay what they are.
import { expect, test } from 'vitest'
import { catalogueDifference, tableOfEntry, withoutRights } from '../plans/catalogue.ts'
import { conditionOf } from './at-risk.ts'
import { settingsFor } from './clone.ts'
import { onlyNew, sameIn, type TableShape } from './loss.ts'
import { contentDifference } from './rows.ts'

test('a difference names what is gone, new and altered, and the table it belongs to', () => {
  const before = [
    { at: 'column public.a.b', is: '1' },
    { at: 'index public.a_b', is: '1' },
    { at: 'owner table public.a', is: 'x' },
  ]
  const after = [
    { at: 'column public.a.b', is: '2' },
    { at: 'column public.a.c', is: '1' },
    { at: 'owner table public.a', is: 'y' },
  ]
  expect(catalogueDifference(before, after).map(({ at, how }) => `${how} ${at}`)).toEqual([
    'other column public.a.b',
    'new column public.a.c',
    'gone index public.a_b',
    'other owner table public.a',
  ])
  expect(catalogueDifference(withoutRights(before), withoutRights(after))).toHaveLength(3)
  expect(['column public.a.b', 'owner table public.a', 'index public.a_b'].map(tableOfEntry)).toEqual([
    'public.a',
    'public.a',
    undefined,
  ])
})

test('rows differ by number or by what they hold, and a table that went is told', () => {
  const one = (table: string, rows: number, sum: string) => ({ table, rows, sum })
  expect(
    contentDifference(
      [one('a', 2, '7'), one('b', 2, '7'), one('c', 1, '1')],
      [one('a', 2, '8'), one('b', 2, '7'), one('d', 0, '0')],
    ),
  ).toEqual([
    { table: 'a', before: 2, after: 2 },
    { table: 'c', before: 1 },
    { table: 'd', after: 0 },
  ])
})

test.each([
  ['text', undefined],
  ['varchar', undefined],
  ['varchar (10)', 'length(t."c"::text) > 10'],
  ['int', 't."c"::text !~ \'^-?[0-9]+$\' OR t."c"::text::numeric NOT BETWEEN -2147483648 AND 2147483647'],
  ['inet', 't."c" IS NOT NULL'],
])('part of S24: of a new type %s these values are at risk: %s', (type, condition) => {
  expect(conditionOf('type', 'c', type)).toBe(condition)
})

test('part of N22: memory that is more than a machine gives twice is less in the clone, and said', () => {
  const { used, differs } = settingsFor({
    wal_level: 'replica',
    fsync: 'on',
    shared_buffers: '4GB',
    work_mem: '4MB',
  })
  expect(used).toMatchObject({
    wal_level: 'replica',
    fsync: 'on',
    shared_buffers: '256MB',
    work_mem: '4MB',
    max_parallel_maintenance_workers: '0',
  })
  expect(differs).toEqual([{ what: 'setting', name: 'shared_buffers', live: '4GB', clone: '256MB' }])
})

test('part of N21: a renamed column stays what it is, and what only the new schema has is named', () => {
  const column = (name: string, number: number) => ({
    name,
    number,
    type: 'text',
    isKey: false,
    isUnique: false,
    isGenerated: false,
  })
  const before: readonly TableShape[] = [
    { table: 'public.a', oid: 1, columns: [column('id', 1), column('title', 2), column('note', 3)] },
  ]
  const now: readonly TableShape[] = [
    {
      table: 'public.a',
      oid: 1,
      columns: [column('id', 1), column('headline', 2), column('note', 4), column('fresh', 5)],
    },
    { table: 'public.b', oid: 2, columns: [column('id', 1)] },
  ]
  expect(sameIn(before, now)).toEqual([
    {
      table: 'public.a',
      before: 'public.a',
      columns: [
        { now: 'id', before: 'id' },
        { now: 'headline', before: 'title' },
        { now: 'note', before: 'note' },
      ],
    },
  ])
  expect(onlyNew(before, now)).toEqual(['public.a.fresh', 'public.b'])
})
