// Archives that GNU tar has packed, whole and evil, taken apart on the machine's own file system.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BackupId } from '../../backup/level.ts'
import type { CopyRule } from '../../backup/set.ts'
import { TarError } from '../../backup/tar.ts'
import type { Service } from '../../plans/policy.ts'
import { run } from '../../sys/process.ts'
import { yielding } from '../../tree/yield.ts'
import { OWNERS, openScene, type Scene } from '../directory/fixtures/scene.ts'
import { holdPlace } from '../directory/layout.ts'
import type { WorkContext } from '../work.ts'
import { adoptArchives } from './adopt-archives.ts'
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

/** Verifications of a place with archives; each answers the copies that are there then. */
function verifying(scene: Scene, floorBytes = 0) {
  const copies: { copy: string; backup: BackupId }[] = []
  const context = {
    parts: {
      clock: { now: () => Date.UTC(2026, 10, 29) },
      process: run,
      root,
      command: [process.execPath, join(import.meta.dirname, '../../runner/main.ts')],
      place: { state: scene.base },
      policies: { current: { rules: { floorBytes } } },
    },
    service: { ...ONE, name: 'app', backup: { zone: 'UTC' } },
    known: () => ({ copies }),
    progress: () => {},
    signal: new AbortController().signal,
  } as unknown as WorkContext
  const rule = { name: 'local', to: scene.to } as unknown as CopyRule
  return async (more: Pick<WorkContext, 'all'> = {}) => {
    const failed = await adoptArchives(rule, { ...context, ...more }, async ({ name }, backup) => {
      copies.push({ copy: name, backup })
    })
    if (failed !== undefined) throw failed
    return copies.map(({ backup }) => Number(backup.slice(6, 8))).sort((a, b) => a - b)
  }
}

test('each verification takes the three newest archives that can be read, however many older ones were taken', async () => {
  await using scene = await openScene()
  fill(scene)
  const path = join(scene.base, 'packed.tar')
  execFileSync('tar', ['-cf', path, 'data'], { cwd: scene.source })
  const lay = (day: number, bytes?: string) => {
    const at = join(scene.to, `backup-2026-11-0${day}.tar`)
    if (bytes === undefined) copyFileSync(path, at)
    else writeFileSync(at, bytes)
    utimesSync(at, 1_793_000_000 + day * 86_400, 1_793_000_000 + day * 86_400)
  }
  const verify = verifying(scene)
  for (const day of [1, 2, 3, 4]) lay(day)
  expect(await verify()).toEqual([2, 3, 4])
  lay(5)
  expect(await verify()).toEqual([2, 3, 4, 5])
  lay(6, 'x'.repeat(2048))
  lay(7)
  expect(await verify()).toEqual([2, 3, 4, 5, 7])
  expect(await verify({ all: true })).toEqual([1, 2, 3, 4, 5, 7])
})

test('an archive that could not be decoded leaves no open file behind', async () => {
  await using scene = await openScene()
  fill(scene)
  execFileSync('tar', ['-czf', join(scene.to, 'backup-2026-11-01.tar.gz'), 'data'], { cwd: scene.source })
  await expect(verifying(scene, Number.MAX_SAFE_INTEGER)()).rejects.toMatchObject({ code: 'backup.no_space' })
  const open = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // The descriptor of this very listing.
      return []
    }
  })
  expect(open.filter((one) => one.startsWith(scene.to))).toEqual([])
})
