// N07 What a cron job has made is taken over where it lies: levelled, drilled, chosen and restored like one of ours, and nothing of it moves.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
let yesterday: string
const ARTICLES = JSON.stringify(
  Array.from({ length: 51 }, (_, i) => ({ id: `a${i}`, title: `title ${i}`, tags: ['x'] })),
)
const USERS = '[{"id":"u1","hash":"scrypt"}]'

/** The guide's own job, as it stands in a crontab. */
const cron = (when: string) =>
  execFileSync(
    'sh',
    [
      '-ec',
      `STAMP=$(TZ=Asia/Tokyo date -d '${when}' +%Y%m%d_%H%M%S)
       mkdir -p ${to}/daily/$STAMP
       cp -a ${data} ${to}/daily/$STAMP/data
       cd ${to}/daily/$STAMP
       find data -type f -print0 | sort -z | xargs -0 sha256sum > checksums.sha256
       echo $STAMP`,
    ],
    { encoding: 'utf8' },
  ).trim()

/** Everything of it but the times of reading. */
const picture = (id: string) =>
  execFileSync(
    'sh',
    [
      '-ec',
      `find ${to}/daily/${id} -printf '%p %m %U %G %T@ %C@ %i %n %s\\n' | sort
       find ${to}/daily/${id} -type f -print0 | sort -z | xargs -0 sha256sum`,
    ],
    { encoding: 'utf8' },
  )

beforeAll(async () => {
  // A verification for each test; the limit is the rules' business elsewhere.
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  mkdirSync(data)
  mkdirSync(to)
  writeFileSync(join(data, 'articles.json'), ARTICLES)
  writeFileSync(join(data, 'users.json'), USERS, { mode: 0o600 })
  execFileSync('chown', ['65534:65534', join(data, 'users.json')])
  await scene.rewritePolicy((yaml) =>
    withBackup(data, to)(yaml).replace('timezone: UTC', 'timezone: Asia/Tokyo'),
  )
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
})

test('a backup of yesterday is read where it lies and earns its levels; one that its own checksums speak against never does', async () => {
  yesterday = cron('yesterday')
  const older = cron('2 days ago')
  writeFileSync(join(to, 'daily', older, 'data', 'articles.json'), ARTICLES.replace('title 7', 'title 8'))
  // Still being written: no checksums yet.
  mkdirSync(join(to, 'daily', '20261101_000000', 'data'), { recursive: true })
  writeFileSync(join(to, 'daily', '20261101_000000', 'data', 'articles.json'), '[')
  const before = picture(yesterday)
  // At night nobody remembers that cron's copies are read first: it is said, with the line.
  for (const from of ['last-known-good', yesterday])
    expect(await layOut(scene, { kind: 'full', from })).toMatchObject({
      state: 'failed',
      code: 'restore.not_read_yet',
      detail: { names: expect.stringContaining(`daily/${yesterday}`) },
    })
  expect(await layOut(scene, { kind: 'full', from: '20010101_000000' })).toMatchObject({
    code: 'backup.unknown',
  })

  const now = await order(scene, 'verify')
  expect(now.failures.filter(({ work }) => work === 'verify')).toEqual([])
  expect(now.copies.map(({ backup }) => backup)).toEqual([yesterday, older])
  const [good, bad] = now.copies
  expect(good).toMatchObject({ imported: true, state: 'sound', level: 'content', copy: 'local', entries: 3 })
  const ageHours = (Date.parse(now.at) - Date.parse(good?.taken ?? '')) / 3_600_000
  expect(Math.round(ageHours)).toBe(24)
  expect(bad).toMatchObject({ imported: true, state: 'failed', level: 'written' })

  const drilled = await order(scene, 'drill')
  expect(drilled.failures.filter(({ work }) => work === 'drill')).toEqual([])
  expect(drilled.copies[0]).toMatchObject({ backup: yesterday, level: 'restored' })
  expect(picture(yesterday)).toBe(before)
})

test('it is taken over once, and its manifest lies with the runner', async () => {
  const kept = join(scene.directory, 'data', 'runner', 'imported')
  const names = readdirSync(kept)
  expect(names).toContain(`app.local.${yesterday}.ndjson`)
  const inodes = names.map((name) => statSync(join(kept, name)).ino)
  expect((await order(scene, 'verify')).copies).toHaveLength(2)
  expect(readdirSync(kept).map((name) => statSync(join(kept, name)).ino)).toEqual(inodes)
  expect(readdirSync(join(to, 'daily', yesterday)).sort()).toEqual(['checksums.sha256', 'data'])
})

test('the newest of ours holds the damage: the restore is of the job’s, bytes, owner and mode, and leaves it as it was', async () => {
  const before = picture(yesterday)
  writeFileSync(join(data, 'articles.json'), ARTICLES.slice(0, 700))
  const now = await order(scene, 'backup')
  expect(now.copies[0]).toMatchObject({ imported: false, level: 'digest' })
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  expect(sealed.body.diff).toContain(yesterday)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(ARTICLES)
  expect(readFileSync(join(data, 'users.json'), 'utf8')).toBe(USERS)
  const { mode, uid } = statSync(join(data, 'users.json'))
  expect([mode & 0o777, uid]).toEqual([0o600, 65534])
  expect(picture(yesterday)).toBe(before)
})

test('one flipped bit of it is found, and it is chosen no more', async () => {
  const file = join(to, 'daily', yesterday, 'data', 'articles.json')
  writeFileSync(file, ARTICLES.replace('title 9', 'title 0'))
  const now = await order(scene, 'verify')
  expect(now.copies.find(({ backup }) => backup === yesterday)).toMatchObject({ state: 'suspect' })
  expect(await layOut(scene, { kind: 'full', from: 'last-known-good' })).toMatchObject({
    state: 'failed',
    code: 'restore.no_good_backup',
  })
})

test('a directory that is dated in the future, or whose maker is not done, is not taken over', async () => {
  const there = (await order(scene, 'verify')).copies.map(({ backup }) => backup)
  const future = cron('next year')
  const torn = cron('3 days ago')
  const partial = cron('4 days ago')
  const sums = (id: string) => join(to, 'daily', id, 'checksums.sha256')
  const whole = readFileSync(sums(torn), 'utf8')
  writeFileSync(sums(torn), whole.slice(0, -20))
  writeFileSync(sums(partial), '')
  expect((await order(scene, 'verify')).copies.map(({ backup }) => backup)).toEqual(there)
  // Its maker has gone on and is done: now it is what it says.
  writeFileSync(sums(torn), whole)
  // Nobody has touched it for longer than any job takes: what it lists is what it lists.
  execFileSync('touch', ['-d', '2 hours ago', sums(partial)])
  const after = (await order(scene, 'verify')).copies
  const found = (id: string) => after.find(({ backup }) => backup === id)
  expect(found(torn)).toMatchObject({ imported: true, state: 'sound' })
  expect(found(partial)).toMatchObject({ imported: true, state: 'sound' })
  expect(found(future)).toBeUndefined()
})

test('an archive that cron has packed is taken over and restored: bytes, owner and mode as they are in it', async () => {
  const packed = join(scene.directory, 'packed', 'data')
  mkdirSync(join(packed, 'sub'), { recursive: true })
  writeFileSync(join(packed, 'articles.json'), ARTICLES.replace('title 5', 'title packed'))
  writeFileSync(join(packed, 'users.json'), USERS)
  writeFileSync(join(packed, 'sub', 'note'), 'by cron')
  execFileSync(
    'sh',
    [
      '-ec',
      `chown 65534:65534 users.json sub; chmod 600 users.json; chmod 2750 sub; chmod 755 .
       touch -d 2026-10-01T00:00:00Z users.json
       tar -czf ${to}/nightly.tar.gz .`,
    ],
    { cwd: packed },
  )
  expect((await order(scene, 'verify')).copies[0]).toMatchObject({
    imported: true,
    state: 'sound',
    level: 'content',
    entries: 5,
  })
  writeFileSync(join(data, 'articles.json'), '[')
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  const look = (cwd: string) =>
    execFileSync(
      'sh',
      [
        '-ec',
        "find . -printf '%P %y %m %U %G %Ts\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum",
      ],
      { cwd, encoding: 'utf8' },
    )
  expect(look(data)).toBe(look(packed))
})
