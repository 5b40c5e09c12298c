// What an error of PostgreSQL may say in a sentence of ours: names that somebody declared, and never what stands in a row.
import { describe, expect, test } from 'vitest'
import { failureOf, failureOfEmpty } from './launch.ts'
import { NOT_SHOWN, scrubError } from './scrub-errors.ts'

describe('of what the server said', () => {
  test.each<[string, string]>([
    [
      'pg_restore: error: COPY failed for table "people": ERROR:  new row for relation "people" violates check constraint "people_hash_check"\nDETAIL:  Failing row contains (1, CANARY).\nCONTEXT:  COPY people, line 1: "1\tCANARY"',
      'pg_restore: ERROR: new row for relation "people" violates check constraint "people_hash_check"',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  could not create unique index "people_email_key"\nDETAIL:  Key (email)=(CANARY) is duplicated.\nCommand was: ALTER TABLE',
      'pg_restore: ERROR: could not create unique index "people_email_key"',
    ],
    [
      'ERROR:  22P02: invalid input syntax for type integer: "CANARY"\nLOCATION:  pg_strtoint32_safe, numutils.c:617',
      'ERROR: invalid input syntax for type integer (SQLSTATE 22P02)',
    ],
    ['ERROR:  P0001: no such person: CANARY', `ERROR: ${NOT_SHOWN} (SQLSTATE P0001)`],
    [
      'pg_restore: error: could not execute query: ERROR:  no such person: CANARY',
      `pg_restore: ERROR: ${NOT_SHOWN}`,
    ],
    [
      'pg_restore: error: could not execute query: エラー:  行 (CANARY) は不正です',
      `pg_restore: ${NOT_SHOWN}`,
    ],
    [
      'ERROR:  22021: invalid byte sequence for encoding "UTF8": 0xCA CANARY',
      'ERROR: invalid byte sequence for encoding "UTF8" (SQLSTATE 22021)',
    ],
    [
      'ERROR:  22P02: invalid input value for enum mood: "CANARY"',
      'ERROR: invalid input value for enum mood (SQLSTATE 22P02)',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  syntax error at or near "CANARY"',
      `pg_restore: ERROR: ${NOT_SHOWN}`,
    ],
    ['CANARY error: is the first line of nobody knows what', NOT_SHOWN],
    ['psql: error: CANARY', `psql: ${NOT_SHOWN}`],
  ])('no value is told: %s', (stderr, said) => {
    expect(scrubError(stderr)).toBe(said)
    expect(said).not.toContain('CANARY')
  })

  test.each<[string, string]>([
    [
      'ERROR:  42P01: relation "publik.articles" does not exist\nLINE 1: select',
      'ERROR: relation "publik.articles" does not exist (SQLSTATE 42P01)',
    ],
    [
      'ERROR:  42703: column t.nothing does not exist',
      'ERROR: column t.nothing does not exist (SQLSTATE 42703)',
    ],
    [
      'ERROR:  42601: syntax error at or near "FORM"',
      'ERROR: syntax error at or near "FORM" (SQLSTATE 42601)',
    ],
    [
      'ERROR:  25006: cannot execute DELETE in a read-only transaction',
      'ERROR: cannot execute DELETE in a read-only transaction (SQLSTATE 25006)',
    ],
    [
      'ERROR:  42883: function nothing(integer, text) does not exist',
      'ERROR: function nothing(integer, text) does not exist (SQLSTATE 42883)',
    ],
    [
      'pg_dump: error: query failed: ERROR:  permission denied for table articles',
      'pg_dump: ERROR: permission denied for table articles',
    ],
    [
      'pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout',
      'pg_dump: ERROR: canceling statement due to lock timeout',
    ],
    [
      'psql: error: connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: FATAL:  role "root" does not exist',
      'psql: FATAL: role "root" does not exist',
    ],
    [
      'psql: error: connection to server on socket "/run/x/.s.PGSQL.5432" failed: Connection refused\n\tIs the server running locally',
      'psql: Connection refused',
    ],
    [
      'psql: error: connection to server on socket "/run/x/.s.PGSQL.5432" failed: timeout expired',
      'psql: timeout expired',
    ],
    [
      'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.',
      'server closed the connection unexpectedly',
    ],
    [
      'psql: error: connection to server on socket "/x" failed: FATAL:  no pg_hba.conf entry for host "[local]", user "postgres", database "mirai", no encryption',
      'psql: FATAL: no pg_hba.conf entry for host "[local]", user "postgres", database "mirai", no encryption',
    ],
    [
      'pg_restore: error: could not read from input file: end of file',
      'pg_restore: error: could not read from input file: end of file',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  extension "timescaledb" is not available\nDETAIL:  Could not open',
      'pg_restore: ERROR: extension "timescaledb" is not available',
    ],
    [
      '2026-11-25 22:00:00.1 UTC [7] FATAL:  could not create lock file "/x/.s.PGSQL.5432.lock": No space left on device',
      'FATAL: could not create lock file "/x/.s.PGSQL.5432.lock": No space left on device',
    ],
    [
      'pg_dump: error: query failed: ERROR:  could not extend file "base/5/1": No space left on device',
      'pg_dump: ERROR: could not extend file "base/5/1": No space left on device',
    ],
    ['unshare: unshare failed: Operation not permitted', 'unshare: unshare failed: Operation not permitted'],
    ['', ''],
  ])('what a person needs is told: %s', (stderr, said) => expect(scrubError(stderr)).toBe(said))
})

describe('a locale that has another version now', () => {
  const ended = (stderr: string, code = 0) => failureOf({ code, stderr, timedOut: false, aborted: false })
  const WARNED =
    'WARNING:  database "mirai" has a collation version mismatch\nDETAIL:  The database was created using collation version 2.31, but the operating system provides version 2.36.\nHINT:  Rebuild all objects in this database that use the default collation and run ALTER DATABASE mirai REFRESH COLLATION VERSION, or build PostgreSQL with the right library version.'
  test.each([
    WARNED,
    `${WARNED}\n${WARNED}`,
    WARNED.replace('WARNING', '警告').replace(/created|provides/g, '作成'),
  ])('is told to everybody who enters, in any language, and fails nothing: %#', (said) => {
    expect(ended(said)).toBeUndefined()
    expect(ended(`${said}\nERROR:  22012: division by zero`, 3)).toContain('division by zero')
  })
  test('where there is no version any more', () => {
    expect(
      ended('WARNING:  database "mirai" has no actual collation version, but a version was recorded'),
    ).toBeUndefined()
  })
  test('other warnings are failures as before', () => {
    expect(ended('WARNING:  there is no transaction in progress')).toContain('exit 0')
  })
})

test('a program that has seen no row says why in its own words; one that has may not', () => {
  const stderr =
    'initdb: error: could not access directory "/place/data": Permission denied\nwalls: cannot enter /place\n'
  const ended = { code: 1, timedOut: false, aborted: false, stderr: `unheard: ${stderr}` }
  expect(failureOfEmpty(ended)).toBe(
    'unheard: initdb: error: could not access directory "/place/data": Permission denied / walls: cannot enter /place (exit 1)',
  )
  expect(failureOf(ended)).toBe(`${NOT_SHOWN} (exit 1)`)
})
