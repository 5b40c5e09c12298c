// The rules around a rehearsal that need no database: what differs, what is narrowed, which columns stay what they are.
import { expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import {
  catalogueDifference,
  reorderedIn,
  tableOfEntry,
  withoutOrder,
  withoutRights,
} from '../plans/catalogue.ts'
import { atRiskIn, lint } from '../sql/lint.ts'
import { partsOf, statementsOf } from '../sql/statements.ts'
import { conditionOf } from './at-risk.ts'
import { unacceptedTakes } from './back-takes.ts'
import {
  boundOf,
  boundOfPart,
  countedBefore,
  losses,
  lossesOf,
  lossName,
  moreThan,
  movedBeyond,
} from './bound.ts'
import { settingsFor } from './clone.ts'
import { heldAs, unaccepted, updatedIn } from './facts.ts'
import { freedIn, onlyNew, sameIn, type TableShape } from './loss.ts'
import { pathsIn } from './meant.ts'
import { sqlText, validated } from './rehearse.ts'
import { contentDifference, movedIn } from './rows.ts'
import type { Ran, StatementMeasure } from './run.ts'
import { explained } from './taken-back.ts'
import { goneIn, rewrittenBeside, tooMany, uncountedIn } from './uncounted.ts'

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

test('columns in another order are told alone, and only where none came or went', () => {
  const order = (is: string) => ({ at: 'order table public.a', is })
  const column = (name: string) => ({ at: `column public.a.${name}`, is: '1' })
  const moved = catalogueDifference([column('b'), order('1')], [column('b'), order('2')])
  expect(moved).toEqual([{ at: 'order table public.a', how: 'other' }])
  expect([reorderedIn(moved), withoutOrder(moved)]).toEqual([['public.a'], []])
  const added = catalogueDifference([column('b'), order('1')], [column('b'), column('c'), order('2')])
  expect(added).toEqual([{ at: 'column public.a.c', how: 'new' }])
})

test('a bound holds for what was counted and nothing else', () => {
  const bound = boundOf(
    [
      { kind: 'column', table: 'a', column: 't', written: 'a', statement: 0, line: 1, rows: 2 },
      { kind: 'deleted', table: 'public.b', statement: 1, line: 2, rows: 5 },
    ],
    'a.sql',
  )
  expect(bound.counted).toEqual([
    { kind: 'column', line: 1, statement: 0, table: 'a', column: 't', written: 'a', rows: 2 },
  ])
  expect(bound.deletes).toEqual({ 'public.b': 5 })
  expect(moreThan(bound, ['n 0 3', 'n 1 9', 'other 0 9'], 'n ')).toEqual({ 'a.t': 3 })
  expect(moreThan(bound, ['n 0 2'], 'n ')).toEqual({})
  const deleted = { 'public.b': 5, 'public.d': 1 }
  expect(movedBeyond(bound, { deleted, updated: { 'public.e': 2 } })).toEqual({
    'public.d': 1,
    'public.e': 2,
  })
})

test('a bound is that of its file and of its part, also where two parts stand on one line', () => {
  const statements = statementsOf('DELETE FROM a; DELETE FROM a; ALTER TABLE a DROP COLUMN t;')
  const loss = (file: string, kind: 'deleted' | 'updated', statement: number, rows: number) =>
    ({ kind, file, table: 'public.a', statement, line: 1, rows }) as const
  const all = [
    loss('1.sql', 'deleted', 0, 2),
    loss('1.sql', 'deleted', 1, 3),
    loss('1.sql', 'updated', 1, 4),
    loss('2.sql', 'deleted', 0, 9),
  ]
  const bound = boundOf(all, '1.sql')
  expect([bound.deletes, bound.updates, bound.counted]).toEqual([{ 'public.a': 5 }, { 'public.a': 4 }, []])
  const second = boundOfPart(bound, 1, statements.slice(1, 2))
  expect([second.deletes, second.updates]).toEqual([{ 'public.a': 3 }, { 'public.a': 4 }])
})

test('a table has the bound that was counted for it, whatever other schema has one of its name', () => {
  const rows = (table: string, statement: number, rows: number, written?: string) => ({
    kind: 'rows' as const,
    table,
    statement,
    line: 1,
    rows,
    ...(written === undefined ? {} : { written }),
  })
  // TRUNCATE users CASCADE; TRUNCATE orders, archive.orders;
  const counted = [
    rows('users', 0, 0, 'users'),
    rows('orders', 1, 0, 'orders'),
    rows('archive.orders', 1, 7),
    rows('audit.users', 0, 1000),
  ]
  const kept = JSON.parse(JSON.stringify(lossesOf('1.sql', counted, [], []))) as unknown
  const read = decode(losses, kept)
  const bound = boundOf(read.ok ? read.value : [], '1.sql')
  expect(bound.counted).toEqual(counted)
  const before = countedBefore(bound, 0, 'n ')
  expect(before.filter((one) => one.startsWith('LOCK')).join()).toBe(
    'LOCK TABLE "public"."users" IN ACCESS EXCLUSIVE MODE,LOCK TABLE "audit"."users" IN ACCESS EXCLUSIVE MODE',
  )
  expect(before.filter((one) => one.includes('to_regclass'))).toHaveLength(1)
  expect(moreThan(bound, ['n 0 1', 'n 1 0', 'n 2 7', 'n 3 1000'], 'n ')).toEqual({ users: 1 })
})

test('more losses than a card shows are refused with their number', () => {
  const up = { name: '1.sql', parts: partsOf(statementsOf('DROP INDEX CONCURRENTLY i; SELECT 1;')) }
  expect([tooMany(up, 199), tooMany(up, 200).map(({ code, text }) => [code, text])]).toEqual([
    [],
    [['schema.not_counted', '{"count":201,"most":200}']],
  ])
})

test('a search path is followed where a file sets it, for its session alone, and is unknown where nobody can read it', () => {
  const paths = (sql: string) => pathsIn(partsOf(statementsOf(sql)), 'app')
  expect(paths('SELECT 1; SET search_path TO shop, "$user"; SELECT 2; RESET search_path; SELECT 3;')).toEqual(
    ['app', 'app', '"shop", "$user"', '"shop", "$user"', 'app'],
  )
  expect(
    paths("SET LOCAL search_path = ''; SELECT 1; CREATE INDEX CONCURRENTLY i ON a (b); SELECT 2;"),
  ).toEqual(['app', '""', 'app', 'app'])
  for (const sql of [
    `SELECT set_config('search_path', 'x', false)`,
    `DO $$ BEGIN EXECUTE 'SET search_path TO x'; END $$`,
    `SELECT set_config('search' || '_path', 'x', false), 'search_path'`,
  ])
    expect(paths(`${sql}; SELECT 1`), sql).toEqual(['app', undefined])
})

test('an automatic way back that empties by CASCADE has to be accepted, whoever made the table that it names', () => {
  const found = (sql: string) => {
    const statements = statementsOf(sql)
    return unacceptedTakes({ name: '1.down.sql', sql, statements }, (table) => table === 'b').map(
      ({ text }) => text,
    )
  }
  expect(found('TRUNCATE a CASCADE')).toEqual(['{"kind":"rows","table":"a","cascade":true}'])
  expect(found('TRUNCATE a, ONLY b *')).toEqual(['{"kind":"rows","table":"b"}'])
  expect(found('TRUNCATE a')).toEqual([])
  expect(found('-- sekisho: accept truncate: all of it\nTRUNCATE a CASCADE')).toEqual([])
})

test('a table that a statement rewrote beside what it names is not counted, also where it has the same name in another schema', () => {
  const sql =
    'DELETE FROM a;\nALTER TABLE p ALTER COLUMN c TYPE bigint;\nTRUNCATE users;\nALTER TABLE moved ALTER COLUMN c TYPE bigint;'
  const ran = (statement: number, ...rewritten: readonly string[]) =>
    ({ statement, rewritten }) as unknown as StatementMeasure
  const belongs = [{ table: 'public.p_1', parent: 'public.p' }]
  const findings = lint(sql, statementsOf(sql))
  const counted = [
    { kind: 'rows', statement: 2, line: 3, table: 'users', written: 'users', rows: 0 },
  ] as const
  const there = new Set(['public.a', 'public.p', 'public.p_1', 'public.users', 'audit.users', 'audit.moved'])
  const tableOf = ({ table }: { readonly table: string }) =>
    there.has(`public.${table}`) ? `public.${table}` : undefined
  const beside = (...all: readonly StatementMeasure[]) =>
    rewrittenBeside({ statements: all }, findings, { counted, unknown: [], tableOf }, belongs, there).map(
      ({ table }) => table,
    )
  expect(
    beside(
      ran(0, 'public.audit'),
      ran(1, 'public.p', 'public.p_1'),
      ran(2, 'public.users', 'audit.users'),
      ran(3, 'shop.moved', 'audit.moved'),
    ),
  ).toEqual(['public.audit', 'audit.users', 'audit.moved'])
})

test('part of S27: what is gone and no counted statement names is told, also under another name', () => {
  const column = (name: string, number: number) => ({ name, number }) as TableShape['columns'][number]
  const orders = { table: 'shop.orders', oid: 1, columns: [column('id', 1)] }
  const a = { table: 'public.a', oid: 2, columns: [column('id', 1), column('t', 2)] }
  const part = { table: 'public.a_1', oid: 3, columns: [column('id', 1), column('t', 2)] }
  const left = { ...a, columns: [column('id', 1), column('t', 3)] }
  expect(goneIn([orders, a], [{ ...orders, oid: 9 }, left])).toEqual([
    { table: 'shop.orders' },
    { table: 'public.a', column: 't' },
  ])
  const found = (sql: string, after: readonly TableShape[], isCounted = true) => {
    const risks = atRiskIn(statementsOf(sql))
    const belongs = [{ table: 'public.a_1', parent: 'public.a' }]
    const counted = isCounted ? risks.map((one) => ({ ...one, rows: 0 })) : []
    return uncountedIn(goneIn([orders, a, part], after), risks, counted, belongs).map(lossName)
  }
  expect(found('DROP SCHEMA shop CASCADE;', [a, part])).toEqual(['shop.orders'])
  expect(found('DROP TABLE shop.orders;', [a, part])).toEqual([])
  expect(found('DROP TYPE x CASCADE;', [orders, left, part])).toEqual(['public.a.t'])
  const renamed = 'ALTER TABLE a RENAME COLUMN t TO b;\nALTER TABLE a DROP COLUMN b;'
  expect(found(renamed, [orders, left, part])).toEqual(['public.a.t'])
  expect(found('ALTER TABLE a DROP COLUMN t;', [orders, left, { ...part, columns: left.columns }])).toEqual(
    [],
  )
  // A partition goes with its table.
  expect(found('DROP TABLE a;', [orders])).toEqual([])
  expect(found('TRUNCATE b;', [orders, a, part], false)).toEqual(['b'])
  expect(found('DROP TABLE IF EXISTS b;', [orders, a, part], false)).toEqual([])
})

test('what differs after the way back is told where it was counted to be lost, and nothing else is', () => {
  const table = (rows: number, t: string, u: string) => ({ table: 'public.a', rows, sums: { t, u } })
  const lost = { kind: 'column', table: 'a', column: 't', statement: 0, line: 1, rows: 2 } as const
  expect(explained([lost], table(4, '1', '1'), table(4, '0', '1'), ['t', 'u'], false)).toBe(true)
  expect(explained([lost], table(4, '1', '1'), table(4, '0', '2'), ['t', 'u'], false)).toBe(false)
  expect(explained([lost], table(4, '1', '1'), table(3, '0', '1'), ['t', 'u'], false)).toBe(false)
  expect(explained([], table(4, '1', '1'), table(4, '0', '1'), ['t', 'u'], false)).toBe(false)
  const deleted = { kind: 'deleted', table: 'public.a', statement: 0, line: 1, rows: 2 } as const
  expect(explained([deleted], table(4, '1', '1'), table(2, '0', '0'), ['t', 'u'], false)).toBe(true)
  expect(explained([deleted], table(4, '1', '1'), table(1, '0', '0'), ['t', 'u'], false)).toBe(false)
  // One row is gone and others hold something else: the number of rows that went does not explain those.
  const rest = [table(4, '1', '1'), table(3, '0', '0'), ['t', 'u']] as const
  expect(explained([{ ...deleted, rows: 1 }], ...rest, false)).toBe(true)
  expect(explained([{ ...deleted, rows: 1 }], ...rest, true)).toBe(false)
})

test('a table counts as updated by the name that it had before', () => {
  const statement = (updated: Readonly<Record<string, number>>) =>
    ({ updated }) as unknown as StatementMeasure
  const ran = { statements: [statement({}), statement({ 'public.b': 3 }), statement({ 'public.c': 1 })] }
  const same = [{ table: 'public.b', before: 'public.a', columns: [] }]
  expect([...updatedIn(ran as unknown as Ran, same)]).toEqual(['public.b', 'public.a', 'public.c'])
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
    isRequired: false,
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

test('part of N21: what was replaced under its name is the new one; its former self is called by nobody', () => {
  const column = (name: string, number: number) => ({
    name,
    number,
    type: 'text',
    isKey: false,
    isUnique: false,
    isGenerated: false,
    isRequired: false,
  })
  const before = [
    { table: 'public.a', oid: 1, columns: [column('id', 1), column('title', 2)] },
    { table: 'public.b', oid: 2, columns: [column('id', 1)] },
  ]
  const now = [
    { table: 'public.a', oid: 1, columns: [column('id', 1), column('title_old', 2), column('title', 3)] },
    { table: 'public.b_old', oid: 2, columns: [column('id', 1)] },
    { table: 'public.b', oid: 3, columns: [column('id', 1)] },
  ]
  expect(sameIn(before, now)).toEqual([
    {
      table: 'public.a',
      before: 'public.a',
      columns: [
        { now: 'id', before: 'id' },
        { now: 'title', before: 'title' },
      ],
    },
    { table: 'public.b', before: 'public.b', columns: [{ now: 'id', before: 'id' }] },
  ])
  expect(onlyNew(before, now)).toEqual(['public.a.title_old', 'public.b_old'])
})

test('part of S24: rows at risk are accepted by their own statement and by the rule that says the same', () => {
  const sql =
    '-- sekisho: accept drop_column: unused\nALTER TABLE a DROP COLUMN t; DELETE FROM users WHERE id > 0'
  const statements = statementsOf(sql)
  const up = { name: 'u.sql', sql, statements, parts: partsOf(statements) }
  const risks = [
    { kind: 'column', line: 2, statement: 0, table: 'a', column: 't', rows: 3 },
    { kind: 'rows', line: 2, statement: 1, table: 'public.users', rows: 2 },
  ] as const
  expect(unaccepted(risks, up)).toEqual([
    {
      code: 'schema.at_risk',
      path: 'u.sql',
      line: 2,
      text: JSON.stringify({ kind: 'rows', table: 'public.users', rows: 2 }),
    },
  ])
})

test.each([
  ['DELETE FROM articles WHERE title IS NULL', ['rows articles']],
  ['WITH gone AS (DELETE FROM ONLY articles RETURNING *) SELECT 1 FROM gone', ['rows articles']],
  ['DO $$ BEGIN TRUNCATE TABLE articles; END $$', ['rows articles']],
  ['DROP TABLE IF EXISTS articles CASCADE', ['table articles']],
  ['DROP TABLE made; DELETE FROM made', []],
  ['GRANT TRUNCATE ON articles TO app; ALTER TABLE articles DROP COLUMN fresh', []],
  ['-- sekisho: accept rows_at_risk: drafts\nDELETE FROM articles WHERE title IS NULL', []],
  ['-- sekisho: accept rows_at_risk: drafts\nSELECT 1; TRUNCATE articles', ['rows articles']],
])(
  'part of N21: a way back that takes rows or tables of production is found until it is accepted: %s',
  (sql, found) => {
    const down = { name: 'd.sql', sql, statements: statementsOf(sql) }
    const problems = unacceptedTakes(down, (table) => table === 'articles')
    expect(problems.map(({ text }) => Object.values(JSON.parse(text) as object).join(' '))).toEqual(found)
  },
)

test('part of N21: a column that may be NULL since the change is one that has to be tried', () => {
  const column = (name: string, number: number, isNotNull: boolean) => ({
    name,
    number,
    type: 'text',
    isKey: false,
    isUnique: false,
    isGenerated: false,
    isRequired: isNotNull,
    isNotNull,
  })
  const shape = (...columns: readonly ReturnType<typeof column>[]) => [{ table: 'public.a', oid: 1, columns }]
  expect(
    freedIn(
      shape(column('id', 1, true), column('title', 2, true)),
      shape(column('id', 1, true), column('headline', 2, false), column('new', 3, false)),
    ),
  ).toEqual(new Map([['public.a', ['headline']]]))
})

test('part of S24: rows are moved where a column of before holds something else, whatever new ones hold', () => {
  const sums = (table: string, rows: number, of: Readonly<Record<string, string>>) => ({
    table,
    rows,
    sums: of,
  })
  const same = ['public.a', 'public.b', 'public.c'].map((table) => ({
    table,
    before: table,
    columns: [{ now: 'id', before: 'id' }],
  }))
  expect(
    movedIn(
      [
        sums('public.a', 2, { id: '7' }),
        sums('public.b', 2, { id: '7' }),
        sums('public.c', 2, { id: '7' }),
        sums('public.d', 1, {}),
      ],
      [
        sums('public.a', 2, { id: '7', new: '9' }),
        sums('public.b', 2, { id: '8' }),
        sums('public.c', 1, { id: '7' }),
      ],
      same,
    ),
  ).toEqual([
    { table: 'public.b', before: 2, after: 2 },
    { table: 'public.c', before: 2, after: 1 },
    { table: 'public.d', before: 1 },
  ])
})

test('part of N20: it gave up only where its wait for a lock was ended', () => {
  const of = (why: string | undefined, isLate = false) =>
    heldAs({ isLate, ...(why === undefined ? {} : { why }) }).outcome
  expect([
    of(undefined),
    of('ERROR: canceling statement due to lock timeout (SQLSTATE 55P03) (exit 1)'),
    of('ERROR: division by zero (SQLSTATE 22012) (exit 1)'),
    of('it was stopped', true),
  ]).toEqual(['went_on', 'gave_up', 'failed', 'waited'])
})

test('part of S27: a file with more findings than the trial lists says how many more, as findings and, taken back, as facts', () => {
  const file = (count: number) =>
    sqlText({ name: 'a.sql', sql: Array.from({ length: count }, (_, i) => `DROP TABLE t${i};\n`).join('') })
  const few = validated(file(25), undefined)
  expect(few.problems).toHaveLength(25)
  const many = validated(file(230), undefined)
  expect(many.problems).toHaveLength(201)
  expect(many.problems.at(-1)).toEqual({ code: 'validation.more', path: 'a.sql', text: '30' })
  const back = validated(file(230), undefined, () => true, true)
  expect(back.problems).toEqual([])
  expect(back.facts['told']).toHaveLength(200)
  expect(back.facts['toldMore']).toBe(30)
  expect(validated(file(25), undefined, () => true, true).facts).not.toHaveProperty('toldMore')
})
