// Unsafe kinds of statements are found, each with a safe form where there is one; a set of safe statements has no finding; what is accepted is accepted once.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atRiskIn, LINT_RULES, lint } from './lint.ts'
import { refusedIn } from './refused.ts'
import { partsOf, statementsOf } from './statements.ts'
import { tokensOf } from './tokens.ts'

const found = (sql: string) => lint(sql, statementsOf(sql))

const UNSAFE = [
  ['index_locks', 'CREATE INDEX a_b ON a (b)', 'CREATE INDEX CONCURRENTLY a_b ON a (b)'],
  [
    'index_locks',
    'create unique index a_b on only public.a using btree (b)',
    'create unique INDEX CONCURRENTLY a_b on only public.a using btree (b)',
  ],
  ['drop_index_locks', 'DROP INDEX IF EXISTS a_b', 'DROP INDEX CONCURRENTLY IF EXISTS a_b'],
  [
    'constraint_scans',
    'ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d (e)',
    'ALTER TABLE a VALIDATE CONSTRAINT c',
  ],
  [
    'constraint_scans',
    "ALTER TABLE a ADD CONSTRAINT c CHECK (b <> '')",
    'ALTER TABLE a VALIDATE CONSTRAINT c',
  ],
  [
    'not_null_scans',
    'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
    'ALTER TABLE a VALIDATE CONSTRAINT b_not_null',
  ],
  [
    'unique_builds',
    'ALTER TABLE a ADD CONSTRAINT c UNIQUE (b)',
    'ALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX c',
  ],
  [
    'unique_builds',
    'ALTER TABLE a ADD PRIMARY KEY (b)',
    'ALTER TABLE a ADD CONSTRAINT NAME PRIMARY KEY USING INDEX NAME',
  ],
  [
    'column_rewrites',
    'ALTER TABLE a ADD COLUMN b uuid NOT NULL DEFAULT gen_random_uuid()',
    'ALTER TABLE a ADD COLUMN b uuid',
  ],
  ['column_rewrites', 'ALTER TABLE a ADD b bigserial', ''],
  ['column_rewrites', 'ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c + 1) STORED', ''],
  [
    'column_required',
    'ALTER TABLE a ADD COLUMN IF NOT EXISTS b text NOT NULL',
    'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
  ],
  [
    'type_rewrites',
    'ALTER TABLE a ALTER COLUMN b SET DATA TYPE bigint',
    'ALTER TABLE a ADD COLUMN b_new bigint',
  ],
  ['drop_column', 'ALTER TABLE a DROP COLUMN IF EXISTS b CASCADE', ''],
  ['drop_table', 'DROP TABLE IF EXISTS a', ''],
  ['truncate', 'TRUNCATE TABLE a', ''],
  ['rename', 'ALTER TABLE a RENAME COLUMN b TO c', ''],
  ['rename', 'ALTER TABLE a RENAME TO c', ''],
  ['all_rows', 'UPDATE a SET b = 1', 'UPDATE a SET b = 1 WHERE id BETWEEN 1 AND 10000'],
  ['all_rows', 'DELETE FROM a', ''],
  ['timeout_changed', 'SET LOCAL lock_timeout = 0', ''],
  ['full_rewrite', 'VACUUM (FULL, ANALYZE) a', ''],
  ['full_rewrite', 'REINDEX TABLE a', 'REINDEX TABLE CONCURRENTLY a'],
  ['lock_table', 'LOCK TABLE a IN ACCESS EXCLUSIVE MODE', ''],
] as const

const SAFE = `
-- a table of its own may be anything
CREATE TABLE tags (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE INDEX tags_name ON tags (name);
ALTER TABLE tags ADD CONSTRAINT tags_unique UNIQUE (name);
ALTER TABLE a ADD COLUMN b int, ADD COLUMN c text NOT NULL DEFAULT 'none', ADD COLUMN d timestamptz DEFAULT now();
ALTER TABLE a ADD CONSTRAINT e CHECK (b > 0) NOT VALID;
ALTER TABLE a VALIDATE CONSTRAINT e;
ALTER TABLE a ADD CONSTRAINT b_not_null CHECK (b IS NOT NULL) NOT VALID;
ALTER TABLE a VALIDATE CONSTRAINT b_not_null;
ALTER TABLE a ALTER COLUMN b SET NOT NULL;
ALTER TABLE a ALTER COLUMN c DROP DEFAULT, ALTER COLUMN c SET STATISTICS 500;
CREATE INDEX CONCURRENTLY a_b ON a (b);
CREATE OR REPLACE VIEW w AS SELECT 'DROP TABLE a' AS "DROP COLUMN", $x$ TRUNCATE a; $x$ AS t FROM a;
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
UPDATE a SET c = 'x' WHERE b = 1; -- UPDATE a SET c = 1
/* DROP TABLE a; /* nested */ */
COMMENT ON TABLE a IS 'TRUNCATE a; DROP TABLE b';
GRANT SELECT ON a TO reporting;
`

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
