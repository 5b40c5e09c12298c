// Who owns a data directory gains nothing by the online backup of a database in it: nothing that they cannot read comes into a copy, and nothing that they do
// reaches the place where it is written.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { backUpSqlite } from '../sqlite/sqlite.ts'
import { run } from '../sys/process.ts'
import { lookAt, openTree } from '../tree/openat.ts'
import { walk } from '../tree/walk.ts'
import { openLiveSqlite, sqlitePlace } from './live-sqlite.ts'
import type { SnapshotPorts } from './ports.ts'

const SERVICE = 65_534
const CANARY = 'canary of somebody else'
const { signal } = new AbortController()
const isRoot = process.geteuid?.() === 0

function makeDatabase(path: string, value: string): void {
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE t (v)')
  db.prepare('INSERT INTO t VALUES (?)').run(value)
  db.close()
}

function openPlace() {
  const base = mkdtempSync(join(tmpdir(), 'sekisho-live-'))
  chmodSync(base, 0o755)
  const [data, outside] = [join(base, 'service'), join(base, 'outside')]
  const sub = join(data, 'sub')
  mkdirSync(sub, { recursive: true })
  mkdirSync(outside, { mode: 0o700 })
  makeDatabase(join(sub, 'seed.db'), 'mine')
  makeDatabase(join(outside, 'seed.db'), CANARY)
  chmodSync(join(outside, 'seed.db'), 0o600)
  for (const path of [data, sub]) chownSync(path, SERVICE, SERVICE)
  const parts = {
    place: { data: join(base, 'runner') },
    policies: { current: { rules: { floorBytes: 0 } } },
    process: run,
  } as unknown as SnapshotPorts
  mkdirSync(parts.place.data, { mode: 0o711 })
  return { base, data, sub, outside, parts, [Symbol.dispose]: () => rmSync(base, { recursive: true }) }
}

/** What a backup of the directory would hold of `seed.db`. */
async function copied(data: string, parts: SnapshotPorts): Promise<string> {
  await using live = openLiveSqlite(parts, signal)
  const root = openTree(data)
  let text = ''
  try {
    for (const seen of walk(root, { failed: () => {} })) {
      const taken = await live.instead(seen)
      if (taken?.type !== 'file') continue
      expect(taken.parent).not.toBe(seen.parent)
      text += readFileSync(`/proc/self/fd/${taken.parent}/${taken.name}`, 'latin1')
    }
    return text
  } finally {
    closeSync(root)
  }
}

test('the copy has owner, mode and rows, and nothing is left of its place', async () => {
  using place = openPlace()
  const { sub, data, parts } = place
  chmodSync(join(sub, 'seed.db'), 0o640)
  chownSync(join(sub, 'seed.db'), SERVICE, SERVICE)
  await using live = openLiveSqlite(parts, signal)
  const root = openTree(data)
  for (const seen of walk(root)) {
    const taken = await live.instead(seen)
    if (taken?.type !== 'file') continue
    const { mode, uid, nlink, size } = taken.stat
    expect([mode & 0o7777n, uid, nlink]).toEqual([0o640n, BigInt(SERVICE), 1n])
    expect(size).toBe(BigInt(statSync(join(sub, 'seed.db')).size))
  }
  closeSync(root)
  await live[Symbol.asyncDispose]()
  expect(readdirSync(sqlitePlace(parts))).toEqual([])
})

test.runIf(isRoot)('what the owner of the directory cannot read is not copied for them', async () => {
  using place = openPlace()
  const { sub, data, parts } = place
  // It is of root and anybody may read it: so may they.
  expect(await copied(data, parts)).toContain('mine')
  chmodSync(join(sub, 'seed.db'), 0o600)
  await expect(copied(data, parts)).rejects.toMatchObject({ code: 'backup.sqlite_failed' })
})

test.runIf(isRoot)('root reads nothing in a directory that others may write to', async () => {
  using place = openPlace()
  const { sub, data, parts } = place
  for (const path of [data, sub]) chownSync(path, 0, 0)
  expect(await copied(data, parts)).toContain('mine')
  chownSync(sub, 0, SERVICE)
  chmodSync(sub, 0o775)
  await expect(copied(data, parts)).rejects.toMatchObject({ detail: { why: 'others_write' } })
})

test.runIf(isRoot)('in a container that knows 65,536 numbers it is made too', async () => {
  using place = openPlace()
  const url = (name: string) => pathToFileURL(join(import.meta.dirname, name)).href
  const script = `
    import { run } from ${JSON.stringify(url('../sys/process.ts'))}
    import { openTree } from ${JSON.stringify(url('../tree/openat.ts'))}
    import { walk } from ${JSON.stringify(url('../tree/walk.ts'))}
    import { openLiveSqlite } from ${JSON.stringify(url('./live-sqlite.ts'))}
    const parts = { place: { data: ${JSON.stringify(place.parts.place.data)} }, policies: { current: { rules: { floorBytes: 0 } } }, process: run }
    await using live = openLiveSqlite(parts, new AbortController().signal)
    for (const seen of walk(openTree(${JSON.stringify(place.data)}))) {
      const taken = await live.instead(seen)
      if (taken?.type === 'file') console.log(taken.stat.size > 0n ? 'made' : 'empty')
    }`
  const map = ['--map-users=0:0:65536', '--map-groups=0:0:65536', '--setuid=0', '--setgid=0']
  const node = [process.execPath, '--input-type=module', '-e', script]
  const made = await run(['unshare', '--user', ...map, '--', ...node], { timeoutMs: 60_000 })
  expect([made.code, made.stdout, made.stderr]).toEqual([0, 'made\n', ''])
})

test('another file than the one that was meant does not count', async () => {
  using place = openPlace()
  const parent = openTree(place.sub)
  const elsewhere = openTree(place.outside)
  const into = join(place.base, 'into')
  try {
    const account = { name: '0', uid: 0, gid: 0 }
    const options = { timeoutMs: 60_000, apart: { group: 1_879_048_192, fileBytes: 1 << 20 } }
    const name = Buffer.from('seed.db')
    const meant = { parent, name, stat: lookAt(parent, name) }
    expect(await backUpSqlite(meant, into, account, options)).toEqual({ ok: true })
    const led = { ...meant, stat: lookAt(elsewhere, name) }
    expect(await backUpSqlite(led, into, account, options)).toEqual({ ok: false, why: 'moved' })
    rmSync(into)
    const small = { ...options, apart: { ...options.apart, fileBytes: 4096 } }
    expect(await backUpSqlite(meant, into, account, small)).toMatchObject({ ok: false })
  } finally {
    closeSync(parent)
    closeSync(elsewhere)
  }
})

const LOCK = `
  const { DatabaseSync } = require('node:sqlite')
  globalThis.held = new DatabaseSync(process.argv[1])
  globalThis.held.exec('BEGIN EXCLUSIVE')
  console.log('locked')
  setInterval(() => {}, 1000)
`

/** Exchanges two names as the service. */
const SWAP = `
  my $call = $^V && \`uname -m\` =~ /aarch64/ ? 276 : 316;
  while (1) { syscall($call, -100, $ARGV[0], -100, $ARGV[1], 2); select(undef, undef, undef, 0.03); }
`

test.runIf(isRoot)(
  'a directory that is swapped for a link leads no copy outside',
  { timeout: 60_000 },
  async () => {
    using place = openPlace()
    const { sub, data, outside, parts } = place
    const evil = join(place.base, 'service', 'evil')
    symlinkSync(outside, evil)
    const end = new AbortController()
    const swapping = run(['perl', '-e', SWAP, sub, evil], {
      uid: SERVICE,
      gid: SERVICE,
      timeoutMs: 60_000,
      signal: end.signal,
    })
    try {
      for (let i = 0; i < 12; i++)
        expect(await copied(data, parts).catch((error: unknown) => String(error))).not.toContain(CANARY)
    } finally {
      end.abort()
      await swapping
    }
  },
)

test.runIf(isRoot)(
  'the service can neither write nor link where its database is copied to',
  { timeout: 60_000 },
  async () => {
    using place = openPlace()
    const { sub, data, parts, base } = place
    chownSync(join(sub, 'seed.db'), SERVICE, SERVICE)
    const log = join(base, 'log')
    linkSync(join(place.outside, 'seed.db'), log)
    chmodSync(log, 0o666)
    // In a process of its own: a lock is gone when its own process closes any descriptor of the file.
    const writer = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '-e', LOCK, join(sub, 'seed.db')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(writer.stdout, 'data')
    const copying = copied(data, parts)
    try {
      const at = sqlitePlace(parts)
      await expect.poll(() => readdirSync(at).length, { timeout: 10_000 }).toBe(1)
      const inside = join(at, readdirSync(at)[0] ?? '')
      // The program that copies is at work by now.
      await expect.poll(() => readersOf(inside), { timeout: 10_000 }).toHaveLength(1)
      const [reader] = readersOf(inside)
      for (const argv of [
        ['dd', 'if=/dev/zero', `of=${inside}/filler`, 'count=1'],
        ['ln', log, `${inside}/other`],
        ['dd', 'if=/dev/zero', `of=${inside}/copy`, 'count=1'],
        ['ls', `/proc/${reader}/fd/`],
        ['ls', `/proc/${reader}/cwd/`],
      ])
        expect(
          (await run(argv, { uid: SERVICE, gid: SERVICE, timeoutMs: 10_000 })).code,
          argv.join(' '),
        ).not.toBe(0)
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
    expect(await copying).toContain('mine')
    expect(statSync(log).uid).toBe(0)
  },
)

/** Processes of the service that were told this path. */
function readersOf(path: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(path) &&
        readFileSync(`/proc/${name}/status`, 'latin1').includes(`Uid:\t${SERVICE}`)
      )
    } catch {
      return false
    }
  })
}
