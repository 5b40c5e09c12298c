// A runner that has lost its journal meets its own copies, another job's, and dumps that cron has left beside: the first two are taken over by what is
// read of them now, the last are named for a person, and nothing of any of them is altered.
import { execFileSync } from 'node:child_process'
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
  writeFileSync(join(to, 'daily', 'mirai-20261103.tar.gz'), 'x')
  mkdirSync(join(to, 'dumps'))
  writeFileSync(join(to, 'dumps', 'mirai.dump'), 'PGDMP')
  writeFileSync(join(to, 'dumps', 'readme.txt'), 'x')

  scene = await openScene(OPTIONS)
  typing = await commandLine(scene)
  data = join(scene.directory, 'world', 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'articles.json'), ARTICLES)
  writeFileSync(join(data, 'users.json'), '[]')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
})
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

test('a tar archive is called an archive, with the lines that unpack it', async () => {
  const { found = [] } = await view()
  expect(found.filter(({ what }) => what === 'archive').map(({ name }) => name)).toEqual([
    'daily/mirai-20261103.tar.gz',
  ])
  for (const language of ['ja', 'en'] as const) {
    const text = await list(language)
    expect(text).toContain(`tar -xf ${to}/daily/mirai-20261103.tar.gz -C ${to}/daily/20261125_030000/data`)
  }
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
  const { length } = now.copies
  expect(found.out).toContain(
    `read again now: ${length} of ${length} copies, every byte; 1 of them is damaged`,
  )
  const read = new Map((await view()).copies.map((one) => [one.backup, one]))
  expect(read.get(good)).toMatchObject({ state: 'sound', level: 'content' })
  expect(read.get(emptied)).toMatchObject({ state: 'sound', level: 'digest' })
  expect(read.get(flipped)).toMatchObject({ state: 'suspect' })
  expect(read.get('20261101_030000')).toMatchObject({ state: 'sound', level: 'content' })
  const [added = ''] = mine.map(({ backup }) => backup)
  expect(ofOthers(picture(), added)).toBe(ofOthers(before, added))
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

/** Without the one that was made, and without the directory above them, which it changes. */
function ofOthers(all: string, added: string): string {
  return all
    .split('\n')
    .filter((line) => !line.includes(added) && !line.startsWith('. '))
    .join('\n')
}
