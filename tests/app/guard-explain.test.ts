// How far a command reaches, counted on real trees: links are not followed, limits are said, and what is asked is never run.
import { chmod, link, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measureReach } from '../../src/app/reach.ts'
import { path, ROOT, resolve as resolvePath } from '../../src/guard/path.ts'
import { ownCode } from '../../src/sandbox/own-code.ts'
import { run } from '../../src/sys/process.ts'

const PROGRAM = resolve(import.meta.dirname, '../../bin/sekisho')
const NONE = { entries: 100_000, isOver: () => false }

let root: string
let data: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-explain-'))
  data = join(root, 'backend/data')
  await mkdir(join(data, 'sub'), { recursive: true })
  await writeFile(join(root, 'elsewhere'), 'x'.repeat(5000))
  for (const [name, text] of [
    ['a.json', 'aa'],
    ['b.json', 'bbb'],
    ['sub/c.json', 'cccc'],
    ['.hidden', 'h'],
  ] as const)
    await writeFile(join(data, name), text)
  await symlink('../../elsewhere', join(data, 'out'))
  await symlink('a.json', join(data, 'in'))
  await link(join(data, 'a.json'), join(data, 'hard.json'))
  await utimes(join(data, 'b.json'), new Date(2020, 0, 1), new Date(2020, 0, 1))
  await run(['git', 'init', '-q', root])
  await run(['git', '-C', root, 'add', 'backend/data/a.json', 'backend/data/b.json'])
  await writeFile(
    join(root, 's.yaml'),
    `services:\n  backend:\n    host: local\n    manager: { systemd: backend.service }\n    data: [{ dir: ${data}, change: api-only, format: json }]\n`,
  )
})
afterAll(() => rm(root, { recursive: true, force: true }))

const explain = (...words: readonly string[]) =>
  run([PROGRAM, 'guard', 'explain', '--config', 's.yaml', ...words], {
    cwd: root,
    env: { HOME: root, SEKISHO_SOURCES: '1' },
  })

describe('how far a command reaches', () => {
  test('a tree: files, bytes, ages, second names, links that lead out; nothing behind a link is counted', async () => {
    const reach = await measureReach(path(data), true, NONE)
    expect(reach).toMatchObject({ files: 7, directories: 2, outside: 1, shared: 2, isWhole: true })
    expect(reach.bytes).toBeLessThan(100)
    expect(reach.oldest).toBe(new Date(2020, 0, 1).getTime())
    expect(reach.newest).toBeGreaterThan(new Date(2021, 0, 1).getTime())
    // Without the subtree a directory is one thing.
    expect(await measureReach(path(data), false, NONE)).toMatchObject({ files: 0, directories: 1 })
    expect(await measureReach(path(join(data, 'gone')), true, NONE)).toMatchObject({
      files: 0,
      directories: 0,
      isWhole: true,
    })
  })

  test('a glob is what the shell would find: no hidden name', async () => {
    const glob = resolvePath([`${data}/`, { wild: 'name' }], ROOT)
    const reach = await measureReach(glob, true, NONE)
    expect(reach.examples.map((one) => one.slice(data.length + 1)).sort()).toEqual(
      ['a.json', 'b.json', 'hard.json', 'in', 'out', 'sub/c.json'].sort(),
    )
  })

  test('a walk that takes some names counts those, at whatever depth', async () => {
    const walk = {
      segments: [...path(data).segments, 'tree', [{ wild: 'any' }, '.json']],
      loose: false,
    } as const
    const reach = await measureReach(walk, false, NONE)
    expect(reach.examples.map((one) => one.slice(data.length + 1)).sort()).toEqual(
      ['a.json', 'b.json', 'hard.json', 'sub/c.json'].sort(),
    )
    expect(reach).toMatchObject({ files: 4, directories: 0, isWhole: true })
  })

  test('a place that is not ours to look at is said to be that', async () => {
    const closed = join(root, 'closed')
    await mkdir(join(closed, 'in'), { recursive: true })
    await chmod(closed, 0)
    // By descriptors: this checkout may lie below a directory that nobody else may enter.
    using code = ownCode([
      process.execPath,
      join(import.meta.dirname, '../../src/cli/main.ts'),
      'guard',
      'explain',
    ])
    const { stdout } = await run([...code.argv(3, []), '--look', '-'], {
      descriptors: code.descriptors,
      input: JSON.stringify([{ path: path(join(closed, 'in')), recursive: true }]),
      env: { HOME: '/nonexistent', SEKISHO_SOURCES: '1' },
      ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    })
    expect(JSON.parse(stdout)).toMatchObject({ files: 0, isWhole: false, isClosed: true })
    await chmod(closed, 0o700)
  })

  test('what is moved takes along what is in it; a container is no unit; who holds it is asked of the backups', async () => {
    const moved = JSON.parse((await explain('--json', '--', 'mv backend/data /tmp/x')).stdout) as object
    expect(moved).toMatchObject({ paths: [{ verbs: ['move'], blast: { files: 7 } }, {}] })
    const other = JSON.parse((await explain('--json', '--', 'docker restart app')).stdout) as object
    expect(other).toMatchObject({ units: [] })
    expect((await explain('--lang', 'en', '--', 'rm -rf backend/data')).stdout).toContain(
      'sekisho backup list --service backend',
    )
  })

  test('places beyond those that are looked at are counted', async () => {
    const names = Array.from({ length: 11 }, (_, i) => `backend/data/n${i}`).join(' ')
    expect((await explain('--lang', 'en', '--', `rm ${names}`)).stdout).toContain(
      'and 3 more places, which were not counted',
    )
    expect((await explain('--lang', 'ja', '--', `rm ${names}`)).stdout).toContain(
      'ほかに 3 か所（数えていない）',
    )
    const json = JSON.parse((await explain('--json', '--', `rm ${names}`)).stdout) as { paths: unknown[] }
    expect(json).toMatchObject({ more: 3 })
    expect(json.paths).toHaveLength(8)
  })
  test('limits end it, and it says so', async () => {
    expect(await measureReach(path(data), true, { ...NONE, entries: 3 })).toMatchObject({ isWhole: false })
    expect(await measureReach(path('/'), true, { ...NONE, isOver: () => true })).toMatchObject({
      isWhole: false,
    })
    // A loop of links is no loop: none is followed.
    await symlink('.', join(data, 'loop'))
    expect((await measureReach(path(data), true, NONE)).files).toBe(8)
    await rm(join(data, 'loop'))
  })

  test('the command draws it in both languages, names the change, and runs nothing', async () => {
    const en = await explain('--lang', 'en', '--', 'rm -rf backend/data/*; systemctl stop backend')
    expect(en.code, en.stderr).toBe(0)
    for (const part of [
      'rule protect.data',
      'delete  ',
      '6 files, 1 directory',
      'in git  2 of 6',
      'links that lead out  1',
      'cannot be undone',
      'stop  backend.service',
      'instead  ',
    ])
      expect(en.stdout).toContain(part)
    const ja = await explain('--lang', 'ja', '--', 'systemctl stop backend')
    expect(ja.stdout).toContain('停止  backend.service')
    expect(ja.stdout).toContain('代わりに  sekisho do service --service backend --verb stop')
    const json = JSON.parse((await explain('--json', '--', 'rm -rf backend')).stdout) as Record<
      string,
      unknown
    >
    expect(json).toMatchObject({ verdict: 'deny', paths: [{ blast: { files: 7 } }] })
    expect((await explain('--lang', 'en', '--', 'ls backend/data')).stdout).toContain(
      'no file and no service',
    )
    expect((await readdir(data)).length).toBe(7)
  })
})
