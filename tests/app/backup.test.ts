import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { approveTyped, BACKUPS, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
const articles = (count: number, from = 0) =>
  JSON.stringify(
    Array.from({ length: count }, (_, i) => ({
      id: `a${from + i}`,
      title: `title ${from + i}`,
      tags: ['x'],
    })),
    undefined,
    2,
  )
const put = (text: string | Buffer) => writeFileSync(join(data, 'articles.json'), text)

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  mkdirSync(data)
  mkdirSync(to)
  put(articles(51))
  writeFileSync(join(data, 'users.json'), '[{"id":"u1","hash":"CANARY-1"}]', { mode: 0o600 })
  await scene.rewritePolicy(withBackup(data, to))
})
afterAll(async () => {
  await scene?.end()
})

const codeOf = (body: unknown) => (body as { code?: string }).code

test('nothing is begun before an owner has signed for it, and an order is a service and a work', async () => {
  const unsigned = await scene.call('ops1', 'POST', BACKUPS, { work: 'backup' })
  expect([unsigned.status, codeOf(unsigned.body)]).toEqual([403, 'backup.not_signed'])
  for (const more of [{ to: '/etc' }, { id: '20261125_000000Z' }, { keep: 0 }]) {
    const refused = await scene.call('ops1', 'POST', BACKUPS, { work: 'prune', ...more })
    expect(codeOf(refused.body)).toMatch(/^input\./)
  }
  const foreign = await scene.call('claude', 'POST', '/standing/statement', {
    service: 'app',
    verb: 'backup',
  })
  expect(codeOf(foreign.body)).toBe('agent.never_approves')
  await signBackups(scene)
  expect(codeOf((await scene.call('claude', 'POST', BACKUPS, { work: 'prune' })).body)).toBe(
    'agent.never_administers',
  )
})

test('part of S06: a backup is written in the guide’s layout, read again, judged, and never called more than was read of it', async () => {
  const now = await order(scene, 'backup', 'claude')
  expect(now.failures).toEqual([])
  const [copy] = now.copies
  expect(copy).toMatchObject({
    copy: 'local',
    state: 'sound',
    level: 'content',
    place: 'same-disk',
    counts: false,
  })
  const snapshot = join(to, 'daily', copy?.backup ?? '')
  expect(readdirSync(snapshot)).toEqual(['checksums.sha256', 'config', 'data', 'manifest.ndjson'])
  expect(readFileSync(join(snapshot, 'data', 'articles.json'), 'utf8')).toBe(articles(51))
  execFileSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: snapshot })
  expect(execFileSync('sha256sum', [join(snapshot, 'manifest.ndjson')], { encoding: 'utf8' })).toContain(
    copy?.manifest ?? '?',
  )
  // The secret's bytes are nowhere in it; positive control: the search finds what is there.
  const found = (word: string) =>
    execFileSync('grep', ['-rlF', word, to], { encoding: 'utf8' }).trim().split('\n')
  expect(found('title 50')).toHaveLength(1)
  expect(() => found('CANARY-1')).toThrow()
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({ sound: true })
})

test('part of S43 and N07: the newest backups hold the damage: the last known good is found by content, the loss is exact, the exchange is one step', async () => {
  for (const damage of [articles(51).slice(0, 900), '[]', Buffer.from(`\ufeff${articles(51)}`, 'utf16le')]) {
    put(damage)
    const now = await order(scene, 'backup')
    expect(now.copies[0]?.level, String(damage).slice(0, 20)).toBe('digest')
  }
  // Damaged now: cut after some records, with one that only it has, and one that reads otherwise.
  const live = JSON.parse(articles(20)) as { id: string; title: string }[]
  live.unshift({ id: 'new', title: 'written today' })
  if (live[3] !== undefined) live[3].title = 'changed today'
  put(JSON.stringify(live, undefined, 2).slice(0, -40))
  writeFileSync(join(data, 'notes.txt'), 'not in the backup')
  const inode = statSync(data).ino

  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  const { id, diff } = sealed.body
  expect(sealed.body).toMatchObject({ state: 'awaiting_approval', tier: 2 })
  expect(diff).toMatch(/passed over .*: rubbish data/)
  const lines = diff.split('\n')
  expect(lines).toContain('- new')
  expect(lines).toContain('~ a2')
  expect(lines.filter((line) => /^\+ a\d+$/.test(line))).toHaveLength(51 - 19)
  expect(lines).toContain('- notes.txt')
  expect(statSync(data).ino).toBe(inode)

  for (const typed of [undefined, 'ap', 'mirai']) {
    const refused = await approveTyped(scene, id, typed)
    expect(codeOf(refused.body), String(typed)).toBe('approval.not_typed')
  }
  const approved = await approveTyped(scene, id, 'app')
  expect(approved.status, approved.text).toBe(200)
  const done = await scene.until(id, 'closed')
  expect(done.execution?.outcome).toBe('kept')
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(articles(51))
  // The secret that no copy holds stayed as it is, with its mode.
  expect(readFileSync(join(data, 'users.json'), 'utf8')).toContain('CANARY-1')
  expect(statSync(join(data, 'users.json')).mode & 0o777).toBe(0o600)
  expect(statSync(data).ino).not.toBe(inode)
})

test('part of S42: three files of many are damaged, each in its way: exactly those three are named', async () => {
  const names = ['bad', 'cut', 'empty', 'good', 'odd']
  const at = (name: string) => join(data, `${name}.json`)
  for (const name of names) writeFileSync(at(name), articles(51))
  put(articles(51))
  await scene.rewritePolicy((yaml) =>
    names.reduce(
      (text, name) =>
        text.replace(
          '        invariants:\n',
          `        invariants:\n          ${name}.json: { id: id, require: [title], minRecords: 1 }\n`,
        ),
      yaml,
    ),
  )
  await order(scene, 'backup')
  writeFileSync(at('bad'), articles(51).replace('"title 30"', '"title 30'))
  writeFileSync(at('cut'), articles(51).slice(0, 2000))
  writeFileSync(at('empty'), '[]')
  // Changed, and not damaged.
  writeFileSync(at('odd'), articles(50))
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  const { diff } = (await sealRestore(scene, laid.stage)).body
  const named = diff.split('\n').filter((line) => line.startsWith('! '))
  expect(named.map((line) => line.split(' ')[1])).toEqual([
    'data/bad.json',
    'data/cut.json',
    'data/empty.json',
  ])
  expect(named[0]).toMatch(/not_json byte \d+$/)
  expect(named[2]).toMatch(/too_few records 0|emptied/)
  for (const name of names) execFileSync('rm', [at(name)])
  await scene.rewritePolicy((yaml) => yaml.replace(/^ {10}(?:bad|cut|empty|good|odd)\.json: .*\n/gm, ''))
})

test('somebody writes after the approval: nothing is exchanged, and the sentence says so', async () => {
  put(articles(40))
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good', copy: 'local', mix: true })
  const sealed = await sealRestore(scene, laid.stage)
  put(articles(41))
  await approveTyped(scene, sealed.body.id, 'app')
  const end = await scene.until(sealed.body.id, 'void')
  expect(JSON.stringify(end)).toContain('restore.loss_grew')
  // What is named is what was wished for, and not what the instruction says.
  expect(end.next.map(({ command }) => command)).toContain(
    'sekisho restore full --last-known-good --service app --copy local --mix',
  )
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(articles(41))
})

test('part of S38: one file is restored with its own owner and mode, beside a pre-copy that is kept', async () => {
  const path = join(data, 'articles.json')
  put(articles(51))
  execFileSync('chmod', ['0600', path])
  execFileSync('chown', ['65534:65534', path])
  await order(scene, 'backup')
  put(articles(5, 100))
  execFileSync('chmod', ['0644', path])
  const laid = await layOut(scene, { kind: 'file', from: 'last-known-good', what: path })
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.diff).toMatch(/articles\.json: gone 5, changed 0, back 51/)
  await approveTyped(scene, sealed.body.id, 'app')
  const done: ChangeView = await scene.until(sealed.body.id, 'closed')
  expect(done.execution?.outcome).toBe('kept')
  const after = statSync(path)
  expect([after.mode & 0o777, after.uid, after.gid]).toEqual([0o600, 65534, 65534])
  expect(readFileSync(path, 'utf8')).toBe(articles(51))
  const kept = execFileSync(
    'grep',
    ['-rlF', 'title 104', join(scene.directory, 'world', '.sekisho-staging')],
    { encoding: 'utf8' },
  )
  expect(kept).toContain('articles.json')
})

test('part of N07: what can still be read of a damaged file is kept, over the backup’s records', async () => {
  put(articles(51))
  await order(scene, 'backup')
  const live = [{ id: 'new', title: 'written today' }, ...(JSON.parse(articles(51)) as unknown[])]
  put(JSON.stringify(live).slice(0, 300))
  const laid = await layOut(scene, {
    kind: 'salvage',
    from: 'last-known-good',
    what: join(data, 'articles.json'),
  })
  const sealed = await sealRestore(scene, laid.stage)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  const now = JSON.parse(readFileSync(join(data, 'articles.json'), 'utf8')) as { id: string }[]
  expect(now.map(({ id }) => id).sort()).toEqual(
    ['new', ...(JSON.parse(articles(51)) as { id: string }[]).map(({ id }) => id)].sort(),
  )
})

test('a drill brings the newest back to scratch, compares and measures; nothing of it is left', async () => {
  const now = await order(scene, 'drill')
  expect(now.failures.filter(({ work }) => work === 'drill')).toEqual([])
  expect(now.copies[0]).toMatchObject({ level: 'restored' })
  expect(now.drills.at(-1)?.ms).toBeGreaterThan(0)
  expect(readdirSync(join(scene.directory, 'data', 'runner', 'drills'))).toEqual([])
})

test('a flipped bit is found by name, in every copy that shares the file', async () => {
  const before = (await order(scene, 'verify')).copies.filter(({ state }) => state === 'sound')
  const newest = before[0]?.backup ?? ''
  const file = join(to, 'daily', newest, 'data', 'articles.json')
  const bytes = readFileSync(file)
  bytes[40] = (bytes[40] ?? 0) ^ 1
  execFileSync('chmod', ['0600', file])
  writeFileSync(file, bytes)
  execFileSync('chmod', ['0400', file])
  const after = await order(scene, 'verify')
  expect(after.copies.find(({ backup }) => backup === newest)).toMatchObject({ state: 'suspect' })
  const laid = await layOut(scene, { kind: 'full', from: newest })
  expect(laid).toMatchObject({ state: 'failed', code: 'restore.no_good_backup' })
})

test('a size out of trend is a question, and whoever may change the rules answers it for that backup by its name', async () => {
  put(articles(51))
  await order(scene, 'backup')
  // Meant: old ones were cleared away.
  put(articles(20))
  const asked = (await order(scene, 'backup')).copies[0]
  expect(asked).toMatchObject({ state: 'sound', level: 'digest', why: 'data.question' })
  // Asked again the answer is the same: nothing that is only newer makes it meant.
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'digest' })
  const id = asked?.backup ?? ''
  await scene.rewritePolicy((yaml) => yaml.replace('timezone: UTC', `timezone: UTC, accepted: [${id}]`))
  const now = await order(scene, 'verify')
  const accepted = now.copies.find(({ backup }) => backup === id)
  expect(accepted).toMatchObject({ level: 'content' })
  // From here on the trend is measured against what was accepted.
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
  put('[]')
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'digest', why: 'data.rubbish' })
})
