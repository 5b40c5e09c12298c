// Unsafe kinds of statements are found, each with a safe form where there is one; a set of safe statements has no finding; what is accepted is accepted once.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptances, atRiskIn, LINT_RULES, lint } from './lint.ts'
import { SAFE, UNSAFE } from './lint-cases.ts'
import { refusedIn } from './refused.ts'
import { partsOf, statementsOf } from './statements.ts'
import { tokensOf } from './tokens.ts'

const found = (sql: string) => lint(sql, statementsOf(sql))

describe('X07 unsafe SQL', () => {
  test.each(UNSAFE)('%s is found in %s', (rule, sql, rewrite) => {
    const [finding, ...more] = found(sql)
    expect(more).toEqual([])
    expect(finding?.rule).toBe(rule)
    if (rewrite !== '') expect(finding?.rewrite.join('; ')).toContain(rewrite)
  })
  test('each rule has a statement here, and twelve kinds have a safe form at least', () => {
    expect([...new Set(UNSAFE.map(([rule]) => rule))].sort()).toEqual([...LINT_RULES].sort())
    const rewritten = UNSAFE.flatMap(([rule, sql]) =>
      (found(sql)[0]?.rewrite.length ?? 0) > 0 ? [rule] : [],
    )
    expect(new Set(rewritten).size).toBeGreaterThanOrEqual(12)
  })
  test('a safe set has no finding, and every statement of it is read', () => {
    expect(found(SAFE)).toEqual([])
    expect(statementsOf(SAFE)).toHaveLength(16)
    expect(refusedIn(SAFE, statementsOf(SAFE))).toEqual([])
  })
  test('an acceptance holds for one rule of the statement that follows, and for no other', () => {
    const sql = [
      '-- sekisho: accept drop_column: nobody reads it since May',
      'ALTER TABLE a DROP COLUMN b;',
      'ALTER TABLE a DROP COLUMN c;',
      '-- sekisho: accept truncate: wrong rule',
      'DROP TABLE d;',
      "SELECT '",
      '-- sekisho: accept drop_table: inside of a text',
      "';",
      'DROP TABLE e;',
    ].join('\n')
    expect(found(sql).map(({ line, accepted }) => [line, accepted])).toEqual([
      [2, 'nobody reads it since May'],
      [3, undefined],
      [5, undefined],
      [9, undefined],
    ])
  })
})

test.each([
  ['backslash', 'SELECT 1;\n\\! id\n'],
  ['copy', "COPY a FROM PROGRAM 'id'"],
  ['copy', "COPY a TO '/etc/cron.d/x'"],
  ['transaction', 'COMMIT'],
  ['role', 'CREATE ROLE x SUPERUSER'],
  ['role', 'SET SESSION AUTHORIZATION postgres'],
  ['role', 'GRANT postgres TO mirai'],
  ['database', 'DROP DATABASE other'],
  ['database', 'CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw'],
  ['server', "ALTER SYSTEM SET archive_command = 'id'"],
  ['server', "LOAD '/tmp/x.so'"],
  ['marker', 'DELETE FROM sekisho.migration'],
  ['marker', 'DROP SCHEMA IF EXISTS "sekisho" CASCADE'],
  ['strings', 'SET standard_conforming_strings = off'],
  ['nothing', '-- only a comment\n'],
  ['too_long', `SELECT '${'x'.repeat(120_000)}'`],
  ['too_many', 'SELECT 1;\n'.repeat(501)],
] as const)('it is refused: %s in %s', (kind, sql) => {
  expect(refusedIn(sql, statementsOf(sql)).map((one) => one.kind)).toEqual([kind])
})

test('what may stand in a transaction runs together, what forbids one by itself', () => {
  const sql =
    'CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nCREATE INDEX CONCURRENTLY i ON a (b);\nALTER TYPE e ADD VALUE $$x$$;\nSELECT 1;'
  expect(partsOf(statementsOf(sql)).map(({ alone, statements }) => [alone, statements.length])).toEqual([
    [false, 2],
    [true, 1],
    [true, 1],
    [false, 1],
  ])
})

test('part of S24: what may take rows or values away is listed with its table, and what adds is not', () => {
  const sql = [
    'ALTER TABLE a DROP COLUMN b, ALTER COLUMN c TYPE varchar(10) USING left(c, 10);',
    'DROP TABLE d, public.e;',
    'TRUNCATE f;',
    'DELETE FROM g WHERE h = 1;',
    'ALTER TABLE a DROP CONSTRAINT i, ADD COLUMN j int;',
  ].join('\n')
  expect(
    atRiskIn(statementsOf(sql)).map(({ kind, line, table, column, type }) => [
      kind,
      line,
      table,
      column,
      type,
    ]),
  ).toEqual([
    ['column', 1, 'a', 'b', undefined],
    ['type', 1, 'a', 'c', 'varchar (10)'],
    ['table', 2, 'd', undefined, undefined],
    ['table', 2, 'public.e', undefined, undefined],
    ['rows', 3, 'f', undefined, undefined],
  ])
})

test('any text gives tokens in order that lie inside of it, and rules that answer', () => {
  const pieces = fc.constantFrom(
    "'",
    '"',
    '$$',
    '$x$',
    '--',
    '/*',
    '*/',
    '\\',
    ';',
    '\n',
    'E',
    'ALTER TABLE a ',
    'DROP ',
    'BEGIN ATOMIC ',
    'END ',
    'é',
    '1e',
    '.',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
      const sql = parts.join('')
      let last = 0
      for (const { from, to } of tokensOf(sql)) {
        expect(from).toBeGreaterThanOrEqual(last)
        expect(to).toBeGreaterThan(from)
        last = to
      }
      const statements = statementsOf(sql)
      lint(sql, statements)
      atRiskIn(statements)
      refusedIn(sql, statements)
    }),
  )
})

test('what IF NOT EXISTS does not make and what a temporary table hides is still a table of production', () => {
  const rules = (sql: string, there: readonly string[]) =>
    lint(sql, statementsOf(sql), (table) => there.includes(table)).map(({ rule }) => rule)
  const alter = 'ALTER TABLE users DROP COLUMN email'
  expect(rules(`CREATE TABLE IF NOT EXISTS users (id int); ${alter}`, ['users'])).toEqual(['drop_column'])
  expect(rules(`CREATE TABLE IF NOT EXISTS users (id int); ${alter}`, [])).toEqual([])
  expect(rules(`CREATE TEMP TABLE users (id int); ${alter}`, ['users'])).toEqual(['drop_column'])
  expect(rules(`CREATE TABLE users (id int); ${alter}`, ['users'])).toEqual([])
})

test('an acceptance holds for its statement, not for its line', () => {
  const sql =
    '-- sekisho: accept drop_column: unused\nALTER TABLE a DROP COLUMN t; ALTER TABLE a DROP COLUMN u;\n'
  expect(lint(sql, statementsOf(sql)).map(({ statement, accepted }) => [statement, accepted])).toEqual([
    [0, 'unused'],
    [1, undefined],
  ])
  expect(acceptances(sql, statementsOf(sql)).map(({ size }) => size)).toEqual([1, 0])
})
