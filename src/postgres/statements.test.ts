// What is read as code and what as data, whatever the text and wherever it is cut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dumpFormat, readArchive } from './archive.ts'
import { scanText } from './scan.ts'
import { type Statement, splitter } from './statements.ts'

function split(pieces: readonly string[]): { statements: Statement[]; backslashes: string[] } {
  const statements: Statement[] = []
  const backslashes: string[] = []
  const parts = splitter({
    statement: (one) => statements.push(one),
    backslash: (line) => backslashes.push(line),
  })
  for (const piece of pieces) parts.push(piece)
  parts.end()
  return { statements, backslashes }
}

function kinds(text: string): readonly string[] {
  const scan = scanText('test')
  scan.push(text)
  return scan.end().map(({ kind, verdict }) => `${verdict} ${kind}`)
}

test.each<[string, string]>([
  ['COPY t FROM PROGRAM $$id$$;', 'refuse copy-program'],
  ["COPY (SELECT 1) TO\n--x\nPROGRAM 'id';", 'refuse copy-program'],
  ["COPY/**/t/* ; */FROM '/etc/passwd';", 'refuse copy-file'],
  ["COPY t TO E'/tmp/x';", 'refuse copy-file'],
  ["COPY t FROM stdin;\n1\n\\.\nCOPY t FROM PROGRAM 'id';", 'refuse copy-program'],
  ['SET x = 1;\n\\! id\n', 'refuse backslash'],
  ['SELECT 1 \\gexec', 'refuse backslash'],
  ['\\connect postgres', 'refuse backslash'],
  ['CREATE LANGUAGE plpython3u;', 'refuse language'],
  ['CREATE OR REPLACE PROCEDURAL LANGUAGE "plperlu";', 'refuse language'],
  ['CREATE EXTENSION IF NOT EXISTS plpython3u WITH SCHEMA pg_catalog;', 'refuse language'],
  ['CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$import os$$;', 'refuse untrusted-function'],
  ["CREATE FUNCTION f() RETURNS int LANGUAGE 'c' AS 'x', 'y';", 'refuse untrusted-function'],
  ['CREATE FUNCTION f() RETURNS int AS $_$a$_$ LANGUAGE internal;', 'refuse untrusted-function'],
  [
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT pg_read_file('/etc/passwd')$$;",
    'refuse file-function',
  ],
  [
    'CREATE FUNCTION f() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT pg_catalog."pg_read_file"(\'x\'); END;',
    'refuse file-function',
  ],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$BEGIN COPY t TO PROGRAM 'x'; END$$;",
    'refuse copy-program',
  ],
  ["CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN LOAD ''x''; END';", 'refuse load'],
  ["LOAD 'evil';", 'refuse load'],
  ['CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f();', 'person event-trigger'],
  ["ALTER SYSTEM SET archive_command = 'id';", 'refuse system'],
  ['CREATE ROLE x SUPERUSER;', 'refuse system'],
  ['DROP DATABASE live;', 'refuse system'],
  ['RESET SESSION AUTHORIZATION;', 'refuse role-change'],
  ['SET ROLE postgres;', 'refuse role-change'],
  ['SET SESSION AUTHORIZATION DEFAULT;', 'refuse role-change'],
  ['DO $$BEGIN END$$;', 'refuse block'],
  ['CALL p();', 'refuse block'],
  ["SELECT pg_catalog.lo_import('/etc/passwd');", 'refuse file-function'],
  ['SELECT evil();', 'refuse block'],
  ["CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'x');", 'person foreign'],
  ["CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p WITH (connect = false);", 'person subscription'],
  ['SELECT U&"\\0070g_read_file"(1);', 'refuse unread'],
  ["SET standard_conforming_strings = 'off';", 'refuse unread'],
])('%s', (text, kind) => {
  expect(kinds(text)).toContain(kind)
})

test.each([
  "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);",
  "CREATE TABLE public.t (a text DEFAULT 'it''s; COPY t FROM PROGRAM'::text);",
  `COPY public."it's\n a "" from program" ("x'") FROM stdin;\n\\! id\n\\.\n`,
  'COPY public.t (a, "pro gram") FROM stdin;\n\\! id\n\\\\.\n;DROP DATABASE x;\n\\.\nALTER TABLE public.t ADD CONSTRAINT k PRIMARY KEY (a);',
  "COMMENT ON TABLE public.t IS 'read by pg_read_file(''x'')';",
  'CREATE VIEW public.n$$pg_read_file AS SELECT t.a FROM public.t;',
  "SELECT pg_catalog.setval('public.s', 7, true);",
  'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $_$BEGIN RETURN CASE WHEN true THEN 1 END; END$_$;',
  'CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 2; END;\nGRANT SELECT ON TABLE t TO x;',
  '\\restrict aB3\nSET x = 1;\n\\unrestrict aB3\n',
  "CREATE TYPE public.mood AS ENUM ('a', 'b');",
])('nothing is wrong with: %s', (text) => {
  expect(kinds(text)).toEqual([])
})

describe('total', () => {
  const seed = 20_261_125
  const piece = fc.oneof(
    fc.constantFrom(
      "'",
      "''",
      '"',
      '$$',
      '$a$',
      '--',
      '/*',
      '*/',
      ';',
      '\n',
      '\\',
      '\\.',
      'COPY t FROM stdin;\n',
      "E'\\'",
      'BEGIN ATOMIC',
      'END',
      'CASE',
      ' ',
    ),
    fc.string({ maxLength: 8 }),
  )
  test(`any text gives the same statements wherever it is cut (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (pieces, cuts) => {
          const text = Buffer.from(pieces.join('')).toString('latin1')
          const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort(
            (a, b) => a - b,
          )
          const chunks = places.slice(1).map((to, i) => text.slice(places[i], to))
          expect(split(chunks)).toEqual(split([text]))
        },
      ),
      { seed, numRuns: 2000 },
    )
  })
  test(`any bytes are a dump, another format or damaged (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, headed) => {
        const head = Buffer.from('PGDMP\x01\x0e\x00\x04\x08\x01')
        const all = headed ? Buffer.concat([head, bytes]) : Buffer.from(bytes)
        expect(readArchive(all)).toHaveProperty('ok')
        expect(typeof dumpFormat(all)).toBe('string')
      }),
      { seed, numRuns: 2000 },
    )
  })
})
