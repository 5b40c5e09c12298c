// What stands there now is evidence and never a condition: whatever damage, a runaway writer or the service's own account has made of the live data, the
// last known good is laid out, what is there is told as far as it can be read, and the original is kept. SEKISHO_CAMPAIGN=whole: two hundred trees.
import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_FRAME } from '../../src/seal/frame.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

const TREES = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 200 : 8
const SEED = Number(process.env['SEKISHO_SEED'] ?? Date.now() % 1_000_000)
let state = SEED
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state % below
}

let scene: Scene
let data: string
const articles = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))
const path = () => join(data, 'articles.json')
const put = (text: string | Buffer) => {
  rmSync(path(), { recursive: true, force: true })
  writeFileSync(path(), text)
}
const full = async () => {
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid).slice(0, 1000)).toBe('ready')
  return laid
}
const diffOf = async () => {
  const sealed = await sealRestore(scene, (await full()).stage)
  expect(sealed.status, sealed.text.slice(0, 1000)).toBe(200)
  expect(sealed.body.state, JSON.stringify(sealed.body.checks).slice(0, 2000)).toBe('awaiting_approval')
  return { lines: sealed.body.diff.split('\n'), id: sealed.body.id }
}

beforeAll(async () => {
  console.log(`SEKISHO_SEED=${SEED}`)
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  put(articles(51))
  writeFileSync(join(data, 'users.json'), '[]', { mode: 0o600 })
  writeFileSync(join(data, 'notes.txt'), 'hello')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
  await order(scene, 'backup')
})
afterAll(async () => {
  await scene?.end()
})

test('part of S42 and S43: an id that is half a letter, or is cut in the middle of one, is a key like any other', async () => {
  const ids = ['\ud800x', `${'x'.repeat(199)}🚧🚧`, `${'y'.repeat(999)}🚧`, 'line\nbreak', '\u202eturned']
  put(JSON.stringify(ids.map((id) => ({ id, title: 't' }))))
  const { lines } = await diffOf()
  expect(lines).toContain('data/articles.json: gone 5, changed 0, back 51')
  expect(lines).toContain('- �x')
  expect(lines.filter((line) => line.startsWith('- '))).toHaveLength(5)
})

test('part of S43 and N07: what is no file, is larger than anybody reads, or breaks off at once is told as such, and its place is taken', async () => {
  const states: readonly (readonly [string, () => void])[] = [
    ['not_file found directory', () => mkdirSync(path())],
    ['not_file found link', () => symlinkSync('/etc/shadow', path())],
    ['not_file found fifo', () => execFileSync('mkfifo', [path()])],
    ['not_read', () => put('')],
    ['not_json byte 0', () => put('\0'.repeat(100))],
    ['absent', () => {}],
  ]
  for (const [why, make] of states) {
    rmSync(path(), { recursive: true, force: true })
    make()
    if (why === 'not_read') truncateSync(path(), 600 * 1024 * 1024)
    const { lines } = await diffOf()
    expect(lines, why).toContain(`! data/articles.json damaged now: ${why}`)
    const head = lines.find((line) => line.startsWith('data/articles.json: gone '))
    const isRead = why === 'absent'
    expect(head, why).toBe(
      `data/articles.json: gone 0, changed 0, back 51${isRead ? '' : ', not readable now, 0 records salvaged'}`,
    )
  }
})

test('part of S43: a writer that never rests has made a million records: nobody waits for a list of them, the place is taken all the same', async () => {
  put(`[${'{"id":1},'.repeat(1_000_000)}{"id":2}]`)
  const { lines } = await diffOf()
  expect(lines).toContain('! data/articles.json damaged now: missing_field record 0, field title')
  expect(lines).toContain(
    'data/articles.json: gone 0, changed 0, back 51, not readable now, 0 records salvaged',
  )
})

test('part of S43: what stood there, a link of the service’s own, is taken away whole and kept; nothing behind it is touched', async () => {
  rmSync(path(), { recursive: true, force: true })
  const elsewhere = join(scene.directory, 'world', 'precious')
  writeFileSync(elsewhere, 'not ours')
  symlinkSync(elsewhere, path())
  const laid = await layOut(scene, { kind: 'file', from: 'last-known-good', what: path() })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(lstatSync(path()).isFile()).toBe(true)
  expect(readFileSync(path(), 'utf8')).toBe(articles(51))
  expect(readFileSync(elsewhere, 'utf8')).toBe('not ours')
  const kept = join(scene.directory, 'world', '.sekisho-staging', laid.stage, 'tree', 'articles.json')
  expect(lstatSync(kept).isSymbolicLink()).toBe(true)
})

test('part of S43: twenty megabytes of keys, and a thousand keys of forty files, cross to the gate: counts are exact, the first of each list are shown', async () => {
  put(
    JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ id: `${i}`.padEnd(20_000, 'k'), title: 't' }))),
  )
  for (let i = 0; i < 3000; i++)
    writeFileSync(join(data, `${`${i}`.padStart(4, '0')}-${'é'.repeat(110)}.txt`), 'x')
  const laid = await full()
  const sealed = await sealRestore(scene, laid.stage)
  const lines = sealed.body.diff.split('\n')
  expect(lines).toContain('data/articles.json: gone 1000, changed 0, back 51')
  expect(lines).toContain('data: gone 3000, changed 0, back 0')
  expect(lines.filter((line) => line.startsWith('- ')).length).toBeGreaterThan(100)
  expect(Buffer.byteLength(sealed.body.diff)).toBeLessThan(MAX_FRAME / 2)
  for (const name of readdirSync(data)) if (name.includes('é')) rmSync(join(data, name))
})

test('part of S42: one file that brings its reader down is not read; the damaged one beside it is named with its place', async () => {
  put(articles(51))
  writeFileSync(join(data, 'a-hostile.json'), '')
  truncateSync(join(data, 'a-hostile.json'), 530 * 1024 * 1024)
  writeFileSync(join(data, 'b-damaged.json'), '[1, 2')
  const { lines } = await diffOf()
  expect(lines.find((line) => line.startsWith('! data/a-hostile.json'))).toMatch(/not_read|not_json|encoding/)
  expect(lines).toContain('! data/b-damaged.json damaged now: not_json byte 5')
  for (const name of ['a-hostile.json', 'b-damaged.json']) rmSync(join(data, name))
})

test('part of N07: what can still be read of a damaged file is all on the list of what goes, whatever the rules say of it; and nothing is doubled', async () => {
  const whole = [
    { id: 'precious', title: 5, text: 'only here, and of another type' },
    { id: 'dup', title: 'first' },
    { id: 'dup', title: 'second' },
  ]
  put(`${JSON.stringify(whole).slice(0, -1)},{"id":"cut`)
  const { lines } = await diffOf()
  expect(lines.filter((line) => line.startsWith('- ')).sort()).toEqual(['- dup', '- dup', '- precious'])
})

/** One live tree of many kinds of damage. */
function spoil(at: string): string {
  const done: string[] = []
  const name = () =>
    ['articles.json', 'users.json', 'notes.txt', `x${random(9)}.json`, `d${random(3)}/y.json`][random(5)] ??
    'z'
  const bytes = () => Buffer.from(Array.from({ length: random(400) }, () => random(256)))
  for (let i = 0; i < 1 + random(5); i++) {
    const one = join(at, name())
    const how = random(12)
    // The secret is the one thing that a copy of this kind cannot bring back: it stays a file.
    if (one.endsWith('users.json') && how !== 0 && how !== 7) continue
    if (how !== 7) rmSync(one, { recursive: true, force: true })
    mkdirSync(join(one, '..'), { recursive: true })
    const makes: readonly (() => void)[] = [
      () => writeFileSync(one, bytes()),
      () => mkdirSync(one),
      () => symlinkSync(['/', '/nowhere', '.', one][random(4)] ?? '.', one),
      () => execFileSync('mkfifo', [one]),
      () => writeFileSync(one, `[${'['.repeat(random(60_000))}`),
      () => writeFileSync(one, JSON.stringify({ id: '\udfff'.repeat(random(500)), ['\ud800']: 1 })),
      () =>
        writeFileSync(
          one,
          JSON.stringify(Array.from({ length: random(50) }, (_, j) => ({ id: j % 3, title: j }))),
        ),
      () => execFileSync('chmod', [String(random(8)).repeat(3), one]),
      () =>
        writeFileSync(Buffer.concat([Buffer.from(`${at}/`), Buffer.from([0x80 + random(100), 0xff])]), 'x'),
      () =>
        execFileSync(
          'python3',
          [
            '-c',
            `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(`/proc/self/cwd/s${i}`)})`,
          ],
          { cwd: at },
        ),
      () => writeFileSync(join(at, 'n\n\u001b[31m'), 'x'),
      () => truncateSync(join(at, 'notes.txt'), random(1_000_000_000)),
    ]
    try {
      makes[how]?.()
      done.push(`${how} ${one.slice(at.length)}`)
    } catch {
      // The one before has left no room for it.
    }
  }
  return done.join(', ')
}

test(`part of S42 and S43: ${TREES} live trees, each damaged in its own way: every one is laid out, and read again the lists are the same`, async () => {
  const sound = mkdtempSync(join(scene.directory, 'sound-'))
  put(articles(51))
  execFileSync('cp', ['-a', `${data}/.`, sound])
  for (let i = 0; i < TREES; i++) {
    rmSync(data, { recursive: true })
    execFileSync('cp', ['-a', sound, data])
    const seed = state
    const done = spoil(data)
    const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
    expect(laid.state, `${i} SEKISHO_SEED=${seed} ${done} ${JSON.stringify(laid).slice(0, 500)}`).toBe(
      'ready',
    )
    // Every fourth goes on to the trial, where all of it is read once more.
    if (i % 4 !== 0) continue
    const sealed = await sealRestore(scene, laid.stage)
    expect(sealed.body.state, `${i} SEKISHO_SEED=${seed} ${done} ${sealed.text.slice(0, 2000)}`).toBe(
      'awaiting_approval',
    )
  }
}, 900_000)
