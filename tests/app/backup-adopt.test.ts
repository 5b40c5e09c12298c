// A runner that has lost its journal meets its own copies, another job's, archives, and dumps that cron has left beside: all but the dumps are taken over
// by what is read of them now, the dumps are named for a person, and nothing of any of them is altered.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { BACKUPS, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

const OPTIONS = { policy: 'policy: { standing: { per_hour: 1000 } }', engine: false } as const
const base = mkdtempSync(join(tmpdir(), 'sekisho-adopt-'))
const to = join(base, 'copies')
const ARTICLES = JSON.stringify([{ id: 'a1', title: 'one', tags: [] }])
let scene: Scene
let typing: Awaited<ReturnType<typeof commandLine>>
let data: string
/** Of the runner before: sound, with damaged content, with a flipped byte, with a manifest that is cut. */
let good: string
let emptied: string
let flipped: string
let cut: string
const view = async () => (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body
const snapshot = (id: string, ...names: string[]) => join(to, 'daily', id, ...names)
const picture = () =>
  execFileSync(
    'sh',
    ['-ec', 'find . -printf "%p %m %u %s %T@ %C@ %i %l\\n" | sort; find . -type f | sort | xargs sha256sum'],
    { cwd: join(to, 'daily'), encoding: 'utf8' },
  )

beforeAll(async () => {
  chmodSync(base, 0o755)
  mkdirSync(to)
  const before = await openScene(OPTIONS)
  const its = join(before.directory, 'world', 'data')
  mkdirSync(its)
  writeFileSync(join(its, 'articles.json'), ARTICLES)
  writeFileSync(join(its, 'users.json'), '[]')
  await before.rewritePolicy(withBackup(its, to))
  await signBackups(before)
  const make = async () => (await order(before, 'backup')).copies[0]?.backup ?? ''
  good = await make()
  writeFileSync(join(its, 'articles.json'), '[]')
  emptied = await make()
  writeFileSync(join(its, 'articles.json'), ARTICLES.replace('one', 'two'))
  flipped = await make()
  writeFileSync(join(its, 'articles.json'), ARTICLES.replace('one', 'six'))
  cut = await make()
  await before.end()
  const file = snapshot(flipped, 'data', 'articles.json')
  chmodSync(file, 0o600)
  writeFileSync(file, ARTICLES.replace('one', 'twO'))
  const manifest = snapshot(cut, 'manifest.ndjson')
  const bytes = readFileSync(manifest)
  chmodSync(manifest, 0o600)
  writeFileSync(manifest, bytes.subarray(0, -40))
  // Cron's, in the guide's layout and beside it.
  mkdirSync(snapshot('20261101_030000', 'data'), { recursive: true })
  writeFileSync(snapshot('20261101_030000', 'data', 'articles.json'), ARTICLES)
  mkdirSync(snapshot('20261101_030000', 'db'))
  writeFileSync(snapshot('20261101_030000', 'db', 'mirai.sql'), 'SELECT 1;\n')
  execFileSync('sh', ['-ec', 'find data -type f | xargs sha256sum > checksums.sha256'], {
    cwd: snapshot('20261101_030000'),
  })
  writeFileSync(join(to, 'mirai-20261101.sql.gz'), 'x')
  for (const name of ['2026-11-02', 'latest']) {
    mkdirSync(join(to, 'daily', name, 'data'), { recursive: true })
    writeFileSync(join(to, 'daily', name, 'data', 'articles.json'), ARTICLES)
  }
  mkdirSync(join(to, 'dumps'))
  writeFileSync(join(to, 'dumps', 'mirai.dump'), 'PGDMP')
  writeFileSync(join(to, 'dumps', 'readme.txt'), 'x')

  scene = await openScene(OPTIONS)
  typing = await commandLine(scene)
  data = join(scene.directory, 'world', 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'articles.json'), ARTICLES)
  writeFileSync(join(data, 'users.json'), '[]')
  makeArchives()
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
})

/** What somebody's own job has packed: two whole ones, one that ends in the middle, one that leads out of the data. */
function makeArchives(): void {
  const packed = join(base, 'packed', 'data')
  mkdirSync(join(packed, 'sub'), { recursive: true })
  writeFileSync(join(packed, 'articles.json'), ARTICLES.replace('one', 'packed'))
  writeFileSync(join(packed, 'users.json'), '[{"id":"u1"}]')
  writeFileSync(join(packed, 'sub', 'noise'), randomBytes(200_000))
  execFileSync(
    'sh',
    [
      '-ec',
      `chown 65534:65534 data/users.json data/sub; chmod 600 data/users.json; chmod 2750 data/sub
       touch -d 2026-10-01T00:00:00Z data/users.json
       tar -czf ${to}/daily/mirai-20261103.tar.gz data
       tar -C data -cf ${to}/dumps/other-2026-10-31_0415.tar .
       head -c 100000 ${to}/daily/mirai-20261103.tar.gz > ${to}/cut-2026-10-30.tar.gz
       touch -d '2 hours ago' ${to}/cut-2026-10-30.tar.gz
       tar -czf ${to}/evil-2026-10-29.tar.gz --transform 's,^data/sub,../sub,' -P data
       touch ${to}/newer.tar.xz`,
    ],
    { cwd: join(base, 'packed') },
  )
}
afterAll(async () => {
  await typing?.close()
  await scene?.end()
  rmSync(base, { recursive: true, force: true })
})

test('before anything is read, the list says what lies there and what to type', async () => {
  const [ja, en] = [await list('ja'), await list('en')]
  for (const id of [good, emptied, flipped, cut, '20261101_030000']) {
    expect(ja).toContain(`daily/${id}`)
    expect(en).toContain(`daily/${id}`)
  }
  expect(ja).toContain('まだ取り込んでいない写し')
  expect(en).toContain('not taken over yet')
  for (const text of [ja, en]) expect(text).toContain('sekisho backup verify --service app')
  expect((await view()).copies).toEqual([])
})

test('part of E2: dumps that cron has left are named for a person, and never counted', async () => {
  const { found = [] } = await view()
  expect(found.filter(({ what }) => what === 'dump').map(({ name }) => name)).toEqual([
    'daily/20261101_030000/db/mirai.sql',
    'mirai-20261101.sql.gz',
    'dumps/mirai.dump',
  ])
  expect(await list('ja')).toContain('関所では戻せないファイル')
  expect(await list('en')).toContain('Files that sekisho cannot restore: ')
})

test('more of them than the list holds are counted', async () => {
  const { found: before = [] } = await view()
  const many = join(to, 'many')
  mkdirSync(many)
  for (let i = 0; i < 70; i++) writeFileSync(join(many, `${i}.sql`), 'select 1;')
  try {
    const { found = [], moreFound } = await view()
    expect([found.length, moreFound]).toEqual([50, before.length + 70 - 50])
    expect(await list('en')).toContain(`${before.length + 70 - 50} more lie there`)
  } finally {
    rmSync(many, { recursive: true })
  }
  expect((await view()).moreFound).toBeUndefined()
})

test('archives that nobody has read are named, with the line that takes them over', async () => {
  const { found = [] } = await view()
  expect(found.filter(({ what }) => what === 'archive').map(({ name, why }) => [name, why])).toEqual(
    expect.arrayContaining([
      ['daily/mirai-20261103.tar.gz', undefined],
      ['dumps/other-2026-10-31_0415.tar', undefined],
      ['newer.tar.xz', 'packer'],
    ]),
  )
  expect(await list('ja')).toContain('まだ取り込んでいない tar があります')
  const en = await list('en')
  expect(en).toContain('Archives (tar) are not taken over yet')
  expect(en).toContain('this kind of compression is not read')
})

test('a copy whose name does not say when is named, with a line that gives it one; then it is taken over', async () => {
  const { found = [] } = await view()
  expect(found.filter(({ what }) => what === 'name').map(({ name }) => name)).toEqual([
    'daily/2026-11-02',
    'daily/latest',
  ])
  expect(await list('ja')).toContain('名前から時刻の分からない写し')
  const [, line = ''] = /moment: (cp -al .*)$/m.exec(await list('en')) ?? []
  execFileSync('sh', ['-ec', line.replace('20261125_030000', '20261102_030000')])
  const now = await view()
  expect(now.found?.find(({ name }) => name === 'daily/20261102_030000')).toMatchObject({
    what: 'unfinished',
  })
  for (const language of ['ja', 'en'] as const)
    expect(await list(language)).toContain(
      `cd ${snapshot('20261102_030000')} && find . -type f ! -name checksums.sha256`,
    )
  execFileSync('touch', ['-d', '2 hours ago', snapshot('20261102_030000')])
})

test('a backup takes over what lies there: each by what is read of it now, whatever its manifest says', async () => {
  const before = picture()
  const typed = await typing.type('ja', 'backup', 'run', '--service', 'app')
  expect(typed.exit, typed.err).toBe(0)
  const now = await view()
  const byId = new Map(now.copies.map((one) => [one.backup, one]))
  const mine = now.copies.filter(({ imported }) => !imported)
  expect(mine).toHaveLength(1)
  for (const id of [good, emptied, flipped, '20261101_030000'])
    expect(byId.get(id), id).toMatchObject({ imported: true, level: 'written', state: 'sound' })
  expect(byId.get('20261102_030000')).toMatchObject({ imported: true })
  // Nothing is compared with a manifest that is not whole; it stays named.
  expect(byId.has(cut)).toBe(false)
  expect(now.found?.map(({ name }) => name)).toContain(`daily/${cut}`)
  expect(typed.out).toContain('取り込み')

  // One of them has a flipped byte: it was looked for, and is found.
  const found = await typing.type('en', 'backup', 'verify', '--service', 'app')
  expect([found.exit, found.out]).toEqual([1, expect.stringContaining(flipped)])
  // Two of the archives are copies from now on.
  const length = now.copies.length + 2
  expect(found.out).toContain(
    `read again now: ${length} of ${length} copies, every byte; 1 of them is damaged`,
  )
  const read = new Map((await view()).copies.map((one) => [one.backup, one]))
  expect(read.get(good)).toMatchObject({ state: 'sound', level: 'content' })
  expect(read.get(emptied)).toMatchObject({ state: 'sound', level: 'digest' })
  expect(read.get(flipped)).toMatchObject({ state: 'suspect' })
  expect(read.get('20261101_030000')).toMatchObject({ state: 'sound', level: 'content' })
  const added = [...mine.map(({ backup }) => backup), '20261103_000000', '20261031_041500']
  expect(ofOthers(picture(), added)).toBe(ofOthers(before, added))
})

test('a verification unpacks archives: the whole ones are copies, the others are named with the member and what to do', async () => {
  const now = await view()
  const byId = new Map(now.copies.map((one) => [one.backup, one]))
  for (const id of ['20261103_000000', '20261031_041500'])
    expect(byId.get(id), id).toMatchObject({ imported: true, state: 'sound', level: 'content', entries: 5 })
  expect(byId.get('20261031_041500')?.taken).toBe('2026-10-31T04:15:00.000Z')
  const left = (now.found ?? []).filter(({ what }) => what === 'archive')
  expect(new Map(left.map(({ name, why, member }) => [name, [why, member]]))).toEqual(
    new Map([
      ['cut-2026-10-30.tar.gz', ['truncated', undefined]],
      ['evil-2026-10-29.tar.gz', ['parent', '../sub/']],
      ['newer.tar.xz', ['packer', undefined]],
    ]),
  )
  const [ja, en] = [await list('ja'), await list('en')]
  expect(ja).toContain(`取り込めない tar: ${to}/cut-2026-10-30.tar.gz\n    途中で終わっています`)
  expect(en).toContain(
    `This archive is not taken over: ${to}/cut-2026-10-30.tar.gz\n    it ends in the middle`,
  )
  expect(ja).toContain(`${to}/evil-2026-10-29.tar.gz  ../sub/\n    名前に .. があり`)
  expect(en).toContain(
    `${to}/evil-2026-10-29.tar.gz  ../sub/\n    the name holds .. and leads to a file outside`,
  )
  expect(en).toContain(`look into it: tar -tvf ${to}/evil-2026-10-29.tar.gz`)
  expect(readdirSync(join(to, '.partial'))).toEqual([])
})

test('a copy of the runner before is drilled and brought back', async () => {
  expect((await typing.type('ja', 'backup', 'show', good, '--service', 'app')).out).toContain(good)
  writeFileSync(join(data, 'articles.json'), '[')
  const laid = await layOut(scene, { kind: 'full', from: good })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  expect(sealed.body.diff).toContain(good)
})

test('it is taken over once', async () => {
  const kept = join(scene.directory, 'data', 'runner', 'imported')
  const names = readdirSync(kept).sort()
  expect(names.filter((name) => name.endsWith('.new'))).toEqual([])
  const all = await typing.type('ja', 'backup', 'verify', '--service', 'app', '--all')
  expect(readdirSync(kept).sort()).toEqual(names)
  const { copies } = await view()
  expect(new Set(copies.map(({ backup }) => backup)).size).toBe(copies.length)
  expect(all.out).toContain(
    `読み直した写し: ${copies.length} 件のうち ${copies.length} 件、すべてのバイト（うち 1 件`,
  )
})

async function list(language: 'ja' | 'en'): Promise<string> {
  return (await typing.type(language, 'backup', 'list', '--service', 'app')).out
}

/** Without those that were made, and without the directory above them, which they change. */
function ofOthers(all: string, added: readonly string[]): string {
  return all
    .split('\n')
    .filter((line) => !added.some((id) => line.includes(id)) && !line.startsWith('. '))
    .join('\n')
}
