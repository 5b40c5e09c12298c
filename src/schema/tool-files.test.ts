// What approvers are shown of the files of a migration tool: what differs from the files of the last kept change, with its text; secrets never.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import { diffText, toolDiff } from '../change/diff.ts'
import { isCredentialPath } from '../guard/credential-path.ts'
import type { MigrateByTool } from '../plans/actions/migrate-by-tool.ts'
import { readToolFiles, type ToolFiles } from './tool-files.ts'

let place: string
const at = (...parts: readonly string[]) => join(place, ...parts)
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tool-files-'))
  for (const name of ['now', 'kept']) mkdirSync(at(name))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

const write = (where: 'now' | 'kept', files: Readonly<Record<string, string | Buffer>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(at(where, path)), { recursive: true })
    writeFileSync(at(where, path), text, { mode: 0o644 })
  }
}
const SECRET = 'hunter2hunter2'
const read = (since: 'kept' | 'none' = 'kept') =>
  readToolFiles(at('now'), {
    ...(since === 'kept' ? { before: at('kept') } : {}),
    leave: (path) => path === at('now', '.env'),
    withhold: isCredentialPath,
    redact: (text) => text.replaceAll(SECRET, '[secret]'),
  })
const shown = ({ changed, texts }: ToolFiles) =>
  diffText(
    toolDiff({ kind: 'migrateByTool', directory: '/db', changed } as unknown as MigrateByTool, (digest) =>
      texts.get(digest),
    ),
  )

test('without a kept change every file is new and shown whole; what a run of the tool leaves behind is none of them', async () => {
  write('now', { 'a.py': 'one\n', 'versions/b.py': 'two\n', '__pycache__/a.pyc': 'x', '.git/config': 'x' })
  const found = await read('none')
  expect(found.counts).toEqual({ added: 2, changed: 0, removed: 0, untold: 0 })
  expect(shown(found)).toBe(
    '--- /dev/null\n+++ /db/a.py\n@@ -0,0 +1,1 @@\n+one\n--- /dev/null\n+++ /db/versions/b.py\n@@ -0,0 +1,1 @@\n+two\n',
  )
})

test('what is equal is not shown; another line, a removed file, a mode and a link are', async () => {
  const same = { 'same.py': 'same\n', 'env.py': 'a\nb\n', 'gone.py': 'gone\n', 'run.sh': 'run\n' }
  write('kept', same)
  write('now', { ...same, 'env.py': 'a\nc\n' })
  rmSync(at('now', 'gone.py'))
  chmodSync(at('now', 'run.sh'), 0o755)
  symlinkSync('env.py', at('now', 'linked.py'))
  const found = await read()
  expect(found.changed.map(({ path }) => path)).toEqual(['env.py', 'gone.py', 'linked.py', 'run.sh'])
  expect(found.counts).toEqual({ added: 1, changed: 2, removed: 1, untold: 0 })
  expect(shown(found)).toBe(
    [
      '--- /db/env.py\n+++ /db/env.py\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n',
      '--- /db/gone.py\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-gone\n',
      '--- /dev/null\n+++ /db/linked.py\n+link env.py\n',
      '--- /db/run.sh\n+++ /db/run.sh\n~mode 100644 to 100755\n',
    ].join(''),
  )
})

test('a declared secret file is not read, of now and of before; a secret in another file is taken out, and its change is told by digest', async () => {
  write('kept', { '.env': `KEY=${SECRET}\n`, 'alembic.ini': 'url = other\n' })
  write('now', { '.env': `KEY=${SECRET}2\n`, 'alembic.ini': `url = ${SECRET}\n` })
  const found = await read()
  expect(found.changed.map(({ path }) => path)).toEqual(['alembic.ini'])
  expect(shown(found)).toContain('+url = [secret]\n')
  expect([...found.texts.values()].join('')).not.toContain(SECRET)
  // The digest of the file is that of its own bytes: what runs is sealed whole.
  expect(found.changed[0]?.after?.digest).toBe(sha256(`url = ${SECRET}\n`))
  write('kept', { 'alembic.ini': 'url = [secret]\n' })
  expect(shown(await read())).toMatch(
    /^--- \/db\/alembic\.ini\n\+\+\+ \/db\/alembic\.ini\n-15 bytes, sha256 [0-9a-f]{64}\n\+21 bytes, sha256 [0-9a-f]{64}\n$/,
  )
})

test('bytes that are no text and files that are too large are told by size and digest, and counted', async () => {
  write('now', { 'a.bin': Buffer.from([0xff, 0x00]), 'large.sql': 'x'.repeat(262_145), 'b.py': 'b\n' })
  const found = await read()
  expect(found.counts).toEqual({ added: 3, changed: 0, removed: 0, untold: 2 })
  expect(shown(found)).toContain(`+++ /db/large.sql\n+262145 bytes, sha256 ${sha256('x'.repeat(262_145))}\n`)
})

test('what not every account may read, and what is named as credentials are, is told by size and digest, of now and of before', async () => {
  const names = ['export.csv', 'local/.env', 'server.key', 'secrets.yml', '.env.example', 'env.py']
  const files = (text: string) => Object.fromEntries(names.map((name) => [name, `${name} ${text}\n`]))
  write('kept', files('old'))
  write('now', files('new'))
  for (const where of ['kept', 'now'] as const) chmodSync(at(where, 'export.csv'), 0o640)
  symlinkSync('server.key', at('now', 'other.key'))
  const found = await read()
  expect([...found.texts.values()].map(String).sort()).toEqual(
    ['.env.example old\n', '.env.example new\n', 'env.py old\n', 'env.py new\n', 'server.key'].sort(),
  )
  expect(found.counts).toEqual({ added: 1, changed: 6, removed: 0, untold: 4 })
  expect(shown(found)).toContain(`+++ /db/export.csv\n-15 bytes, sha256 ${sha256('export.csv old\n')}\n`)
  // The tool gets them, and another byte in one of them is another digest of all.
  write('now', { 'server.key': 'other\n' })
  expect((await read()).files).not.toBe(found.files)
})

test('of more files than a plan lists the largest directory stands for its own, and another byte in it is another digest', async () => {
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`lib/${i}.js`, `${i}\n`]))
  write('now', { ...many, 'a.sql': 'a\n' })
  const found = await read()
  expect(found.changed.map(({ path }) => path)).toEqual(['a.sql', 'lib/'])
  expect(found.counts).toEqual({ added: 1002, changed: 0, removed: 0, untold: 1001 })
  write('now', { 'lib/7.js': 'other\n' })
  const again = await read()
  expect(again.changed[1]?.after?.digest).not.toBe(found.changed[1]?.after?.digest)
})

test('a name that could look like another line of the list is refused', async () => {
  write('now', { 'a\n+++ b.py': 'x' })
  await expect(read()).rejects.toMatchObject({
    code: 'schema.tool_files_kind',
    detail: { kind: 'U+000A' },
  })
})
