// squawk as an oracle: it has another parser and other authors. Where it and we differ, the reason stands here; a difference without one is red.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { type LintRule, lint } from './lint.ts'
import { SAFE, UNSAFE } from './lint-cases.ts'
import { statementsOf } from './statements.ts'

const PROGRAM = join(import.meta.dirname, '../../node_modules/@squawk-cli/linux-x64/bin/squawk')

/** What squawk's rule is called here. */
const SAME: Readonly<Record<string, readonly LintRule[]>> = {
  'require-concurrent-index-creation': ['index_locks'],
  'require-concurrent-index-deletion': ['drop_index_locks'],
  'require-concurrent-reindex': ['full_rewrite'],
  'adding-foreign-key-constraint': ['constraint_scans'],
  // Said of UNIQUE and PRIMARY KEY too, which cannot be NOT VALID.
  'constraint-missing-not-valid': ['constraint_scans', 'unique_builds'],
  'disallowed-unique-constraint': ['unique_builds'],
  'adding-serial-primary-key-field': ['unique_builds'],
  'adding-not-nullable-field': ['not_null_scans'],
  'adding-field-with-default': ['column_rewrites'],
  'adding-required-field': ['column_required'],
  'changing-column-type': ['type_rewrites'],
  'ban-drop-column': ['drop_column'],
  'ban-drop-table': ['drop_table'],
  'renaming-column': ['rename'],
  'renaming-table': ['rename'],
}
/** Rules of squawk that are none of ours, and why. */
const NOT_OURS: Readonly<Record<string, string>> = {
  'require-lock-timeout': 'the runner sets lock_timeout for every migration',
  'require-statement-timeout': 'the runner ends every migration after its time',
  'prefer-robust-stmts': 'a file is one transaction, and its marker lets it run once',
  'prefer-bigint-over-int': 'a choice of type, no danger to what is served',
  'prefer-identity': 'a choice of type, no danger to what is served',
}
/** Statements of which squawk says nothing, and why we do. */
const ONLY_OURS: Readonly<Record<string, string>> = {
  'ALTER TABLE a ADD b bigserial': 'its default is volatile: every row is rewritten',
  'TRUNCATE TABLE a': 'all rows go',
  'UPDATE a SET b = 1': 'every row is locked and written again',
  'DELETE FROM a': 'all rows go',
  'SET LOCAL lock_timeout = 0': 'it lifts the limit that the runner has set',
  'VACUUM (FULL, ANALYZE) a': 'the table is written anew under an exclusive lock',
  'LOCK TABLE a IN ACCESS EXCLUSIVE MODE': 'readers and writers wait',
}
/** Lines of the safe file of which squawk speaks: the table is made in the same file, and nobody uses it yet. */
const MADE_HERE = [
  '3 require-concurrent-index-creation',
  '4 constraint-missing-not-valid',
  '4 disallowed-unique-constraint',
]

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-squawk-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** For each text what squawk finds, as `line rule`, without the rules that are none of ours. */
async function squawk(texts: readonly string[]): Promise<readonly (readonly string[])[]> {
  const paths = texts.map((text, i) => {
    const path = join(directory, `${i}.sql`)
    writeFileSync(path, text)
    return path
  })
  const done = await run([PROGRAM, '--reporter', 'json', ...paths], {
    timeoutMs: 60_000,
    maxOutput: 1 << 22,
  })
  expect(done.stdout, done.stderr).not.toBe('')
  const found = JSON.parse(done.stdout) as readonly { file: string; line: number; rule_name: string }[]
  return paths.map((path) => [
    ...new Set(
      found
        .filter(({ file, rule_name }) => file === path && NOT_OURS[rule_name] === undefined)
        .map(({ line, rule_name }) => `${line} ${rule_name}`),
    ),
  ])
}

test('part of X07: squawk and our rules agree on every unsafe statement, or the difference has its reason', async () => {
  const theirs = await squawk(UNSAFE.map(([, sql]) => `${sql};`))
  for (const [i, [, sql]] of UNSAFE.entries()) {
    const [own] = lint(sql, statementsOf(sql)).map(({ rule }) => rule)
    const rules = (theirs[i] ?? []).map((one) => one.split(' ')[1] ?? '')
    if (rules.length === 0) expect(ONLY_OURS[sql], sql).toBeDefined()
    for (const rule of rules) expect(SAME[rule], `${sql}: ${rule}`).toContain(own)
    if (ONLY_OURS[sql] !== undefined) expect(rules, sql).toEqual([])
  }
})

test('part of X07: in the safe file squawk speaks of nothing but a table that the file itself makes', async () => {
  const [found = []] = await squawk([SAFE])
  expect(found.toSorted()).toEqual(MADE_HERE)
})
