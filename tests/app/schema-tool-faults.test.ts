// What may go wrong with a declared migration tool: its declaration, its status, its files, what it prints, and kills. Each has a sentence, and nothing half-done.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { findPrograms } from '../../src/postgres/programs.ts'
import { problemLines } from '../../src/words/problem.ts'
import { until } from '../until.ts'
import { approveTyped } from './backup-story.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'
import { type SqlTool, sqlTool } from './sql-tool.ts'

let story: SchemaScene
let tool: SqlTool
let place: string

const directory = () => join(place, 'db')
const FIRST = [
  'ALTER TABLE articles ADD COLUMN views int;',
  'ALTER TABLE articles DROP COLUMN views;',
] as const

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'sql-tool-'))
  const [programs] = await findPrograms()
  tool = sqlTool(directory(), join(programs?.bin ?? '', 'psql'), { lock_timeout: '2s' })
  tool.write(FIRST)
  story = await openSchemaScene(tool.rules)
  await story.rows('CREATE TABLE versions (version int PRIMARY KEY)', 'ALTER TABLE versions OWNER TO mirai')
})
afterAll(async () => {
  await story?.end()
  rmSync(place, { recursive: true, force: true })
})

const made = (turn: 'up' | 'down' = 'up') =>
  story.scene.call<ChangeView & { code?: string }>('ops1', 'POST', '/changes', {
    pattern: 'schema',
    service: 'app',
    instruction: { text: 'change the schema' },
    notification: 'not_needed',
    migration: { tool: turn },
  })
const tried = async () => {
  const found = await made()
  if (found.status !== 200) return found
  return story.scene.call<ChangeView>('ops1', 'POST', `/changes/${found.body.id}/try`)
}
const problems = ({ body }: { readonly body: ChangeView }) => body.checks.flatMap((one) => one.problems)
const codes = (found: { readonly body: ChangeView }) => problems(found).map(({ code }) => code)
/** Each has a sentence in both languages. */
const told = (found: { readonly body: ChangeView }) =>
  (['ja', 'en'] as const).map((language) => problems(found).flatMap((one) => problemLines(one, language)))

describe('red, by name', () => {
  test.each([
    ['its way back leaves a column', FIRST[0], 'SELECT 1;', 'schema.down_differs'],
    [
      'its way back loses rows',
      'ALTER TABLE authors ADD COLUMN mail text;',
      'ALTER TABLE authors DROP COLUMN mail; DELETE FROM authors WHERE id > 15;',
      'schema.rows_differ',
    ],
    ['it fails', 'ALTER TABLE nothing ADD COLUMN mail text;', 'SELECT 1;', 'schema.up_failed'],
    [
      'it alters its role',
      "ALTER TABLE authors ADD COLUMN mail text; ALTER ROLE mirai PASSWORD 'x';",
      'ALTER TABLE authors DROP COLUMN mail;',
      'schema.touches_roles',
    ],
  ])('%s', async (_, up, down, code) => {
    tool.write([up, down])
    const found = await tried()
    expect(found.body.state, found.text).toBe('blocked')
    expect(codes(found)).toContain(code)
    for (const lines of told(found)) expect(lines.join('')).not.toBe('')
  })

  test.each([
    ['status says the same', 'case "$1" in status) echo same; exit ;; esac', 'schema.status_same'],
    ['status fails', 'case "$1" in status) exit 3 ;; esac', 'schema.status_failed'],
    ['status says a time', 'case "$1" in status) date +%N; exit ;; esac', 'schema.status_moves'],
  ])('%s', async (_, line, code) => {
    tool.write(FIRST)
    const at = join(directory(), 'migrate')
    writeFileSync(at, readFileSync(at, 'utf8').replace('set -eu\n', `set -eu\n${line}\n`))
    const found = await tried()
    expect([found.body.state, codes(found).includes(code)], found.text).toEqual(['blocked', true])
    for (const lines of told(found)) expect(lines.join('')).toContain('status')
  })
})

test('a database has files or a tool, never both; and a tool that nobody declared is refused', async () => {
  tool.write(FIRST)
  const files = await story.tried('SELECT 1;', 'SELECT 1;')
  expect([files.status, files.body]).toMatchObject([403, { code: 'schema.by_tool' }])
})

test('a rehearsal shows nobody what stands in rows, and holds no password; the tool reaches this database and no file of the host', async () => {
  await story.rows("UPDATE authors SET name = 'canaryname' WHERE id = 1")
  tool.write([
    `DO $$ DECLARE t text; BEGIN SELECT name INTO t FROM authors WHERE id = 1; RAISE EXCEPTION 'row % here', t; END $$;`,
    'SELECT 1;',
  ])
  const at = join(directory(), 'migrate')
  writeFileSync(
    at,
    readFileSync(at, 'utf8').replace(
      'set -eu\n',
      `set -eu\n[ "$1" = up ] && { cat ~/.pgpass; env; ls /root /srv /home /var/lib; cat /etc/shadow; } >&2 || true\n`,
    ),
  )
  const found = await tried()
  expect(codes(found), found.text).toContain('schema.up_failed')
  expect(found.text).not.toContain('canaryname')
  expect(found.text).not.toMatch(/root:[*!$]/)
  // An agent reads code and counts, and nothing of what the tool has said.
  const failure = (seen: { readonly body: ChangeView }) =>
    problems(seen).find(({ code }) => code === 'schema.up_failed')?.text
  const asAgent = await story.scene.call<ChangeView>('claude', 'GET', `/changes/${found.body.id}`)
  expect([failure(asAgent), failure(found)?.startsWith('exit 3')], asAgent.text).toEqual(['', true])
  await story.rows("UPDATE authors SET name = 'author 1' WHERE id = 1")
})

test('a file that changes after the seal voids the envelope, by its name', async () => {
  tool.write(FIRST)
  const found = await tried()
  const sealed = await story.scene.seal('ops1', found.body.id)
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  writeFileSync(join(directory(), '1.up.sql'), 'DROP TABLE articles;\n')
  await story.scene.approve('ops2', found.body.id)
  const ended = await story.scene.until(found.body.id, 'void')
  expect(JSON.stringify(ended.moved)).toContain('file 1.up.sql')
})

const columns = () =>
  story.rows("SELECT count(*) FROM information_schema.columns WHERE column_name = 'views'")
const SLOW = 'SELECT pg_sleep(1.5);'

test.each(['before', 'inside', 'behind'] as const)(
  'a runner that is killed %s the tool: status decides, and it is applied once or not at all',
  async (phase) => {
    tool.write([`${FIRST[0]} ${SLOW}`, FIRST[1]])
    const found = await tried()
    expect(found.body.state, found.text).toBe('ready')
    const { id } = (await story.scene.seal('ops1', found.body.id)).body
    await approveTyped(story.scene, id, undefined)
    const active = () =>
      story.world.sql(
        'postgres',
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(1.5)%' AND pid <> pg_backend_pid()",
      )
    const isOver = async () =>
      (await story.scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body.state === 'closed'
    if (phase === 'inside')
      await until('the tool to run', 60_000, async () =>
        (await active()) !== '0' || (await isOver()) ? true : undefined,
      )
    if (phase === 'behind')
      await until('the tool to have committed', 60_000, async () =>
        (await columns()) === '1' || (await isOver()) ? true : undefined,
      )
    await story.scene.stopRunner('SIGKILL')
    await story.scene.restartRunner()
    const ended = await story.scene.until(id, 'closed', 'void', 'stuck')
    const isKept = ended.execution?.outcome === 'kept'
    const why = JSON.stringify([ended.state, ended.execution])
    expect(ended.state, why).not.toBe('stuck')
    const versions = await story.rows('SELECT count(*) FROM versions')
    expect([await columns(), versions], why).toEqual(isKept ? ['1', '1'] : ['0', '0'])
    await until('its login to be gone', 60_000, async () =>
      (await story.rows("SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'")) === '0' ? true : undefined,
    )
    expect(
      readdirSync(join(story.scene.directory, 'data', 'runner')).filter(
        (name) =>
          name === 'tool-files' &&
          readdirSync(join(story.scene.directory, 'data', 'runner', name)).length > 0,
      ),
    ).toEqual([])
    if (isKept) await story.rows(FIRST[1], 'DELETE FROM versions')
  },
)

test('a tool that leaves half of its work, and says that it did none, stops for a person', async () => {
  tool.write(FIRST)
  const at = join(directory(), 'migrate')
  // In the rehearsal sound; in production its second half fails: what was the first half stays.
  const half = `case "$1" in up) if [ "$(ask -c "SELECT count(*) FROM pg_roles WHERE rolname = 'sekisho_migrator'")" = 0 ]; then ask -c "ALTER TABLE articles ADD COLUMN views int" -c "COMMENT ON TABLE articles IS '$(cat ~/.pgpass)'"; cat ~/.pgpass; env >&2; exit 1; fi ;; esac`
  writeFileSync(at, readFileSync(at, 'utf8').replace('case "$1" in\nstatus', `${half}\ncase "$1" in\nstatus`))
  const found = await tried()
  expect(found.body.state, found.text).toBe('ready')
  const { id } = (await story.scene.seal('ops1', found.body.id)).body
  await approveTyped(story.scene, id, undefined)
  const ended = await story.scene.until(id, 'closed', 'void', 'stuck')
  expect(ended.state, JSON.stringify(ended.execution)).toBe('stuck')
  expect(JSON.stringify(ended)).toContain('schema.tool_uncertain')
  // It has printed the password of its login: it could read it, and nobody else can.
  const password = (await story.rows("SELECT obj_description('articles'::regclass)")).split(':').at(-1) ?? ''
  expect(password).toMatch(/^[0-9a-f]{64}$/)
  const seen = await story.scene.call('ops1', 'GET', `/changes/${id}`)
  expect(seen.text.includes(password)).toBe(false)
  expect(seen.text).toContain('exit 1')
  await story.rows('COMMENT ON TABLE articles IS NULL')
  await story.rows(FIRST[1])
})
