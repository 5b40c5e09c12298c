// SQLite as it is used: a writer that never stops, with a write-ahead log and without. Each copy is of one moment, is read whole by SQLite's own check, and
// comes back; a database that nobody has declared is named, and its copy is never called more than *digest*.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { approveTyped, BACKUPS, layOut, order, sealRestore, signBackups } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

let scene: Scene
let typing: Awaited<ReturnType<typeof commandLine>>
let data: string
let plain: string
let to: string
const NOBODY = 65_534
const file = (name: string) => join(data, name)
const view = async () => (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body

/** Both tables get their row in one transaction: a copy in which they differ is of two moments. */
const WRITER = `
import { DatabaseSync } from 'node:sqlite'
const [path, mode] = process.argv.slice(1)
const db = new DatabaseSync(path, { timeout: 60000 })
db.exec('PRAGMA journal_mode=' + mode + '; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=50')
for (let i = 1000; ; i++) {
  db.exec("BEGIN IMMEDIATE; INSERT INTO a VALUES (" + i + ", hex(randomblob(300))); INSERT INTO b SELECT id, body FROM a WHERE id = " + i + "; UPDATE a SET body = hex(randomblob(300)) WHERE id = abs(random() % 900); COMMIT")
  if (i === 1020) console.log('writing')
}
`

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }', engine: true })
  typing = await commandLine(scene)
  data = join(scene.directory, 'world', 'data')
  plain = join(scene.directory, 'world', 'plain')
  to = join(scene.directory, 'copies')
  for (const path of [data, plain, to]) mkdirSync(path)
  for (const [name, mode] of [
    ['log.db', 'WAL'],
    ['journal.sqlite', 'DELETE'],
  ] as const) {
    const db = new DatabaseSync(file(name))
    db.exec(
      `PRAGMA journal_mode=${mode}; CREATE TABLE a (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, body TEXT)`,
    )
    db.exec('BEGIN')
    for (let i = 0; i < 900; i++)
      db.exec(
        `INSERT INTO a VALUES (${i}, hex(randomblob(300))); INSERT INTO b SELECT * FROM a WHERE id = ${i}`,
      )
    db.exec('COMMIT')
    db.close()
  }
  writeFileSync(file('notes.txt'), 'beside')
  for (const path of [data, ...readdirSync(data).map(file)]) chownSync(path, NOBODY, NOBODY)
  execFileSync('chmod', ['0640', file('log.db')])
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        '    data:',
        `      - { dir: ${data}, format: sqlite }`,
        `      - { dir: ${plain}, format: files }`,
        `    backup: { every: 6h, copies: [{ name: local, to: ${to} }], timezone: UTC }`,
        '    configs:',
        '',
      ].join('\n'),
    ),
  )
  await signBackups(scene)
})
afterAll(async () => {
  await typing?.close()
  await scene?.end()
})

function counts(path: string): readonly [unknown, unknown, unknown] {
  // Beside the copy nothing is made: it is looked at in a place of its own.
  const at = join(scene.directory, 'looked-at.db')
  for (const suffix of ['', '-wal', '-shm']) execFileSync('rm', ['-f', at + suffix])
  copyFileSync(path, at)
  const db = new DatabaseSync(at)
  try {
    const one = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0]
    return [one('PRAGMA integrity_check'), one('SELECT count(*) FROM a'), one('SELECT count(*) FROM b')]
  } finally {
    db.close()
  }
}

async function writing(name: string, mode: string): Promise<ChildProcess> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    WRITER,
    file(name),
    mode,
  ]
  const child = spawn(process.execPath, args, {
    uid: NOBODY,
    gid: NOBODY,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child
}

test('copies are of one moment while a writer goes on, with a write-ahead log and with a journal', {
  timeout: 180_000,
}, async () => {
  const writers = [await writing('log.db', 'WAL'), await writing('journal.sqlite', 'DELETE')]
  const rows: number[] = []
  try {
    for (let i = 0; i < 4; i++) {
      const [copy] = (await order(scene, 'backup')).copies
      expect(copy, JSON.stringify((await view()).failures.at(-1))).toMatchObject({
        level: 'content',
        state: 'sound',
      })
      const root = join(to, 'daily', copy?.backup ?? '', 'data', 'data')
      expect(readdirSync(root).sort()).toEqual(['journal.sqlite', 'log.db', 'notes.txt'])
      for (const name of ['log.db', 'journal.sqlite']) {
        const [check, a, b] = counts(join(root, name))
        expect([check, a], name).toEqual(['ok', b])
        expect(Number(a)).toBeGreaterThan(900)
        rows.push(Number(a))
      }
    }
    // Positive control: they went on writing, and what was not in the file yet is in the copy.
    expect(new Set(rows).size).toBeGreaterThan(4)
    expect(readdirSync(data)).toContain('log.db-wal')
  } finally {
    for (const child of writers) child.kill('SIGKILL')
    await Promise.all(writers.map((child) => new Promise((resolve) => child.once('exit', resolve))))
  }
  expect(readdirSync(join(scene.directory, 'data', 'sqlite'))).toEqual([])
})

test('a drill brings it back equal, and a restore exchanges it with owner and mode', {
  timeout: 120_000,
}, async () => {
  const [copy] = (await order(scene, 'backup')).copies
  const good = counts(join(to, 'daily', copy?.backup ?? '', 'data', 'data', 'log.db'))
  const drilled = await order(scene, 'drill')
  expect(drilled.failures.filter(({ work }) => work === 'drill')).toEqual([])
  expect(drilled.copies[0]).toMatchObject({ level: 'restored' })
  for (const name of readdirSync(data))
    if (/-(?:wal|shm|journal)$/.test(name)) execFileSync('rm', [file(name)])
  truncateSync(file('log.db'), 4096)
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(counts(file('log.db'))).toEqual(good)
  const { mode, uid } = statSync(file('log.db'))
  expect([mode & 0o777, uid]).toEqual([0o640, NOBODY])
})

function putBack(from: string, name: string): void {
  copyFileSync(from, file(name))
  chownSync(file(name), NOBODY, NOBODY)
}

test('a database that is damaged is copied and never called good', { timeout: 60_000 }, async () => {
  const whole = join(scene.directory, 'journal.whole')
  copyFileSync(file('journal.sqlite'), whole)
  const db = new DatabaseSync(file('journal.sqlite'))
  db.exec('CREATE INDEX body ON a (body)')
  const { rootpage } = db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'body'").get() as {
    rootpage: number
  }
  const { page_size: size } = db.prepare('PRAGMA page_size').get() as { page_size: number }
  db.close()
  const handle = await import('node:fs/promises').then(({ open }) => open(file('journal.sqlite'), 'r+'))
  // The root of an index is overwritten by the root of a table: whole as a page, and wrong.
  const page = Buffer.alloc(size)
  await handle.read(page, 0, size, size)
  await handle.write(page, 0, size, (rootpage - 1) * size)
  await handle.close()
  for (const [language, words] of [
    ['ja', 'journal.sqlite: SQLite の検査 (integrity_check) を通りません'],
    ['en', 'journal.sqlite: it does not pass the integrity_check of SQLite'],
  ] as const) {
    const typed = await typing.type(language, 'backup', 'run', '--service', 'app')
    expect(typed.exit, typed.err).toBe(0)
    expect(typed.out).toContain(words)
  }
  expect((await view()).copies[0]).toMatchObject({ level: 'digest', state: 'sound' })
  putBack(whole, 'journal.sqlite')
})

test('a file that is no database any more is said, and no copy is made', { timeout: 60_000 }, async () => {
  const bytes = Buffer.alloc(8192, 7)
  bytes.write('SQLite format 3\0', 'latin1')
  writeFileSync(file('torn.db'), bytes)
  chownSync(file('torn.db'), NOBODY, NOBODY)
  const before = (await view()).copies.length
  const typed = await typing.type('ja', 'backup', 'run', '--service', 'app')
  expect(typed.exit).toBe(1)
  expect(typed.err).toContain('SQLite の写しを作れません')
  expect(typed.err).toContain('データベースとして壊れています')
  expect((await view()).copies.length).toBe(before)
  execFileSync('rm', [file('torn.db')])
})

test('what was a database and is none is no good content, and a person may say that one is gone', {
  timeout: 120_000,
}, async () => {
  const whole = join(scene.directory, 'gone.whole')
  copyFileSync(file('journal.sqlite'), whole)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
  const zeroed = () => {
    const handle = openSync(file('journal.sqlite'), 'r+')
    writeSync(handle, Buffer.alloc(100), 0, 100, 0)
    closeSync(handle)
  }
  const none = {
    ja: 'journal.sqlite: SQLite のデータベースではなくなっています',
    en: 'journal.sqlite: it is no SQLite database any more',
  }
  const gone = {
    ja: 'journal.sqlite: 前の良い写しにあった SQLite のデータベースがありません',
    en: 'journal.sqlite: the SQLite database that is in the last good copy is not there',
  }
  for (const [ruin, language, said] of [
    [() => truncateSync(file('journal.sqlite'), 0), 'ja', none],
    [zeroed, 'en', none],
    [() => truncateSync(file('journal.sqlite'), 5000), 'ja', none],
    [() => rmSync(file('journal.sqlite')), 'ja', gone],
    [() => {}, 'en', gone],
  ] as const) {
    ruin()
    const typed = await typing.type(language, 'backup', 'run', '--service', 'app')
    expect(typed.out + typed.err).toContain(said[language])
    expect((await view()).copies[0]).toMatchObject({ level: 'digest', state: 'sound' })
    if (said === none) putBack(whole, 'journal.sqlite')
  }
  // The last good one is what it was.
  const beside = () =>
    readdirSync(join(scene.directory, 'world'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      /sekisho.*journal\.sqlite$/.test(path),
    ).length
  const kept = beside()
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  expect(beside()).toBe(kept + 1)
  // It was meant: the backup counts, and the next one is measured against it.
  const meant = (await view()).copies[0]?.backup ?? ''
  await scene.rewritePolicy((yaml) => yaml.replace('every: 6h,', `every: 6h, accepted: [${meant}],`))
  await signBackups(scene)
  await order(scene, 'verify')
  expect((await view()).copies[0]).toMatchObject({ backup: meant, level: 'content' })
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
  // By its name and its first bytes, whatever was there before.
  writeFileSync(file('new.db'), Buffer.alloc(4096, 7))
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'digest' })
  truncateSync(file('new.db'), 0)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
  rmSync(file('new.db'))
})

test.each([
  ['SQLite', 'app.bin', () => copyFileSync(file('log.db'), join(plain, 'app.bin'))],
  [
    'PostgreSQL',
    'pg/global/pg_control',
    () => {
      mkdirSync(join(plain, 'pg', 'global'), { recursive: true })
      const control = Buffer.alloc(8192)
      control.writeBigUInt64LE(7_000_000_000_000_000_000n)
      control.writeUInt32LE(1300, 8)
      writeFileSync(join(plain, 'pg', 'global', 'pg_control'), control)
    },
  ],
])(
  'a %s file in a plain directory is named by its first bytes, and its copy is never more than *digest*',
  { timeout: 60_000 },
  async (_, name, make) => {
    make()
    for (const [language, words] of [
      ['ja', `${name}: データベースがファイルのまま入っています`],
      ['en', `${name}: a database that was copied as a file`],
    ] as const) {
      const typed = await typing.type(language, 'backup', 'run', '--service', 'app')
      expect(typed.exit, typed.err).toBe(0)
      expect(typed.out).toContain(words)
    }
    expect((await view()).copies[0]).toMatchObject({ level: 'digest', state: 'sound' })
    // What is around it can be brought back all the same.
    const newest = (await view()).copies[0]?.backup ?? ''
    expect((await layOut(scene, { kind: 'full', from: newest })).state).toBe('ready')
    execFileSync('rm', ['-rf', join(plain, name.split('/')[0] ?? '')])
  },
)
