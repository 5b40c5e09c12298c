// Archives that GNU tar has packed, whole and evil, taken apart on the machine's own file system.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BackupId } from '../../backup/level.ts'
import { TarError } from '../../backup/tar.ts'
import type { Service } from '../../plans/policy.ts'
import { run } from '../../sys/process.ts'
import { yielding } from '../../tree/yield.ts'
import { OWNERS, openScene, type Scene } from '../directory/fixtures/scene.ts'
import { holdPlace } from '../directory/layout.ts'
import { scan, tarSource } from './scan.ts'
import { UnpackError, unpack } from './unpack.ts'

const ID = '20261101_000000' as BackupId
const root = process.geteuid?.() === 0
const serviceOf = (...directories: readonly string[]) =>
  ({ data: directories.map((dir) => ({ name: dir.split('/').at(-1), dir })) }) as unknown as Service
const ONE = serviceOf('/srv/app/data')

/** `data` with a file, a link, a hard link and a directory, `other` with a file. */
function fill({ source }: Scene): void {
  for (const name of ['data/sub', 'other']) mkdirSync(join(source, name), { recursive: true })
  writeFileSync(join(source, 'data', 'a.json'), '[1]')
  writeFileSync(join(source, 'data', 'sub', 'b'), 'b')
  writeFileSync(join(source, 'other', 'o'), 'o')
  execFileSync('sh', ['-ec', 'ln -s sub/b link; ln a.json second; chmod 640 a.json; chmod 2750 sub'], {
    cwd: join(source, 'data'),
  })
}

/** Packs with these lines of shell into $A, and answers what became of it. */
async function taken(scene: Scene, lines: string, service = ONE): Promise<string> {
  const path = join(scene.base, 'archive.tar')
  execFileSync('sh', ['-ec', lines], { cwd: scene.source, env: { ...process.env, A: path } })
  using held = await holdPlace(scene.to, run, process.geteuid?.() ?? 0)
  const fd = openSync(path, 'r')
  try {
    const source = tarSource(fd, statSync(path).size)
    const found = await scan(source, service, yielding())
    if (typeof found === 'string') return found
    await unpack(source, found.items, ID, held, {
      run,
      owners: OWNERS,
      turns: yielding(),
      root,
      assertUnchanged: () => {},
      progress: () => {},
    })
    return 'taken'
  } catch (cause) {
    if (!(cause instanceof TarError || cause instanceof UnpackError)) throw cause
    return `${cause.why} ${cause.member}`
  } finally {
    closeSync(fd)
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
  }
}

test.each([
  ['the end of the path', 'tar -cf $A data other'],
  ['with ./ before it', 'tar -cf $A ./data ./other'],
  ['the whole path', "tar -cf $A --transform 's,^,srv/app/,S' data other"],
  ['the directory alone', 'tar -C data -cf $A .'],
])('a directory that was packed as %s is found, with its links and modes', async (_, lines) => {
  await using scene = await openScene()
  fill(scene)
  expect(await taken(scene, lines)).toBe('taken')
  const copy = join(scene.to, 'daily', ID)
  expect(readdirSync(copy).sort()).toEqual(['checksums.sha256', 'data'])
  const look = (cwd: string) =>
    execFileSync('sh', ['-ec', "find . -printf '%P %y %m %U %G %Ts %l\\n' | sort"], { cwd, encoding: 'utf8' })
  expect(look(join(copy, 'data'))).toBe(look(join(scene.source, 'data')))
  expect(readFileSync(join(copy, 'data', 'second'), 'utf8')).toBe('[1]')
  expect(execFileSync('sha256sum', ['-c', 'checksums.sha256'], { cwd: copy, encoding: 'utf8' })).toBe(
    'data/a.json: OK\ndata/second: OK\ndata/sub/b: OK\n',
  )
})

test.each([
  [
    'a hard link to a file that is not of the data',
    'ln other/o data/z; tar -cf $A other data',
    'hard_link data/z',
  ],
  ['a link out of the data', 'ln -s ../other/o data/z; tar -cf $A data', 'link_out data/z'],
  ['a name that stands twice', 'tar -cf $A data; tar -rf $A data/a.json', 'twice data/a.json'],
  [
    'a name below a link',
    "ln -s sub data/z; tar -cf $A data; tar -rf $A --transform 's,sub/b,z/evil,' data/sub/b",
    'through data/z/evil',
  ],
  ['a file whose directory has no entry', 'tar -cf $A data/sub/b', 'no_directory data/sub/b'],
  ['a part of the data alone', 'tar -cf $A data/sub', 'no_directory data/sub'],
  [
    'a directory without the one above it',
    'mkdir data/sub/c; tar -cf $A --no-recursion data data/sub/c',
    'no_directory data/sub/c',
  ],
  ['a FIFO', 'mkfifo data/p; tar -cf $A data', 'fifo data/p'],
  ['nothing of the data', 'tar -cf $A other', 'not_data'],
  ['the data directory as a file', 'cp other/o x; tar -cf $A --transform s,x,data, x', 'no_directory data'],
])('an archive with %s is refused by its name, and nothing of it stays', async (_, lines, why) => {
  await using scene = await openScene()
  fill(scene)
  expect(await taken(scene, lines)).toBe(why)
  expect(existsSync(join(scene.to, 'daily', ID))).toBe(false)
  expect(existsSync(join(scene.source, 'data', 'sub', 'evil'))).toBe(false)
})

test('of several directories each goes to its own place; the directory alone says not which it is', async () => {
  await using scene = await openScene()
  fill(scene)
  const both = serviceOf('/srv/app/data', '/srv/app/other')
  expect(await taken(scene, 'tar -C data -cf $A .', both)).toBe('not_data')
  expect(await taken(scene, 'tar -cf $A data other', both)).toBe('taken')
  expect(readdirSync(join(scene.to, 'daily', ID, 'data')).sort()).toEqual(['data', 'other'])
})

test('a name that two data directories end with is not given to one of them', async () => {
  await using scene = await openScene()
  fill(scene)
  const both = {
    data: [
      { name: 'app', dir: '/srv/app/data' },
      { name: 'web', dir: '/srv/web/data' },
    ],
  } as unknown as Service
  expect(await taken(scene, 'tar -cf $A data', both)).toBe('not_data')
  expect(await taken(scene, "tar -cf $A --transform 's,^,web/,S' data", both)).toBe('taken')
  expect(readdirSync(join(scene.to, 'daily', ID, 'data'))).toEqual(['web'])
})

test('a directory inside of the data is not stored as another data directory that ends with the same names', async () => {
  await using scene = await openScene()
  fill(scene)
  const both = serviceOf('/srv/app/files/data/sub', '/srv/data')
  expect(await taken(scene, 'tar -cf $A data', both)).toBe('not_data')
  expect(await taken(scene, "tar -cf $A --transform 's,^,srv/,S' data", both)).toBe('taken')
})
