// The six ways in which restic misleads (backup.md §4), each beside what the bare program says to it; and where credentials do not stand.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { quickRepository } from '../../../tests/runner-fixtures/quick-repository.ts'
import type { BackupId } from '../../backup/level.ts'
import type { ServiceName } from '../../base/id.ts'
import { Secrets } from '../../runner/secrets.ts'
import { type RunOptions, run } from '../../sys/process.ts'
import { openTree } from '../../tree/openat.ts'
import { yielding } from '../../tree/yield.ts'
import { fillWithEverything, KEY, must, openScene, put, treeItem } from '../directory/fixtures/scene.ts'
import type { Written } from '../directory/request.ts'
import {
  type Access,
  type AccessContext,
  type AccessParts,
  LIMITS,
  resticPlace,
  sweepRestic,
  withAccess,
} from './access.ts'
import { attempt, need } from './call.ts'
import { checkAll } from './check.ts'
import { fetchSnapshot, keepManifest, secretsOf } from './fetch.ts'
import { forgetSnapshots, isErasable, listRepository, openRepository } from './keep.ts'
import { sweepParts } from './left-packs.ts'
import { writeToRepository } from './write.ts'

const A = '20261125_000001Z'
const B = '20261125_000002Z'
const SERVICE = 'mirai' as ServiceName
const PASSWORD = 'CANARY-password-of-the-repository'
const turns = () => yielding()
/** A pack of data as long as itself. */
const INCOMPRESSIBLE = createHash('shake256', { outputLength: 400_000 }).update('seed').digest()

async function openEngine(process: AccessParts['process'] = run) {
  const scene = await openScene()
  const state = join(scene.base, 'state')
  const secrets = new Secrets(join(state, 'secrets'), KEY)
  await secrets.put(SERVICE, 'backup/far', Buffer.from(PASSWORD))
  const parts: AccessParts = { host: 'web1', process, place: { state }, secrets }
  const to = join(scene.base, 'repository')
  await quickRepository(to, PASSWORD)
  const rule = { name: 'far', to, credential: 'far' }
  const open = <T>(work: (access: Access) => Promise<T>, more: Partial<AccessContext> = {}) =>
    withAccess(rule, { parts, service: SERVICE, ...more }, work)
  await open((access) => openRepository(access, true))
  const bare = (args: readonly string[], options: RunOptions = {}) =>
    run(['restic', '-r', to, ...args], {
      timeoutMs: 60_000,
      ...options,
      env: {
        RESTIC_PASSWORD_FILE: join(state, 'secrets', 'mirai', 'backup@far', '1'),
        RESTIC_CACHE_DIR: join(scene.base, 'cache'),
      },
    })
  const write = (id: string, secretsPath?: string) =>
    open((access) =>
      writeToRepository(
        access,
        {
          snapshot: scene.snapshot(id),
          bytes: 0,
          ...(secretsPath === undefined ? {} : { secrets: secretsPath }),
        },
        turns(),
      ),
    )
  const asCopy = ({ id, manifest, bytes }: Written, where: string) => ({ backup: id, manifest, bytes, where })
  return {
    scene,
    state,
    parts,
    rule,
    to,
    open,
    bare,
    write,
    asCopy,
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  }
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was thrown',
    (cause: unknown) => (cause as { code?: string }).code ?? String(cause),
  )

/** Flips one byte in the middle of each pack that holds data. */
function flipPacks(repository: string): void {
  for (const directory of readdirSync(join(repository, 'data')))
    for (const name of readdirSync(join(repository, 'data', directory))) {
      const path = join(repository, 'data', directory, name)
      const bytes = readFileSync(path)
      if (bytes.length < 100_000) continue
      const at = Math.floor(bytes.length / 2)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      chmodSync(path, 0o600)
      writeFileSync(path, bytes)
    }
}

test('all that a tree may hold goes there and comes back equal to the sealed manifest, secrets beside it, wherever the state lies then', async () => {
  await using engine = await openEngine()
  const { scene, state, open, write, asCopy } = engine
  await fillWithEverything(scene.source)
  put(join(scene.source, 'secret.json'), 'CANARY')
  const staged = resticPlace(state).secrets
  mkdirSync(staged, { mode: 0o700 })
  const written = await scene.write(A, {
    items: [
      treeItem(scene.source, {
        source: { kind: 'tree', path: scene.source, isSecret: (path) => path.toString() === 'secret.json' },
      }),
    ],
    secretsInto: openTree(staged),
  })
  const where = await write(A, staged)
  const out = join(scene.base, 'fetched')
  await open((access) => fetchSnapshot(access, asCopy(written, where), out))
  expect(readdirSync(join(out, 'daily', A)).sort()).toEqual(['checksums.sha256', 'data', 'manifest.ndjson'])
  const secret = secretsOf({ kind: 'restic', to: out }, { root: 'data' })
  const entry = scene.entries(A).find(({ type }) => type === 'secret')
  const fd = entry === undefined ? undefined : secret?.(entry)
  expect(fd).toBeDefined()
  expect(readFileSync(fd as number, 'utf8')).toBe('CANARY')
  await must(['diff', '-r', '--no-dereference', scene.snapshot(A), join(out, 'daily', A)])
  await keepManifest(out, A)
  expect([readdirSync(out), readdirSync(join(out, 'daily', A))]).toEqual([['daily'], ['manifest.ndjson']])
  expect(readdirSync(join(state, 'restic', 'run'))).toEqual([])
})

test('what was linked is not read again, though linking moved its change time', async () => {
  await using engine = await openEngine()
  const { scene, write, bare } = engine
  for (let i = 0; i < 40; i++) put(join(scene.source, `f${i}`), `file ${i}`)
  const first = await scene.write(A)
  await write(A)
  await scene.write(B, { previous: { id: A as BackupId, manifest: first.manifest } })
  await write(B)
  const listed = JSON.parse((await bare(['snapshots', '--json'])).stdout) as {
    summary: Record<string, number>
  }[]
  expect(listed.map(({ summary }) => summary['files_unmodified'])[1]).toBeGreaterThanOrEqual(40)
})

test('trap 1: a source that is not there, and a file that was left out, are no copy', async () => {
  let exclude = false
  await using engine = await openEngine((argv, options) =>
    run(
      exclude && argv.includes('backup')
        ? [...argv.slice(0, -2), '--exclude', 'large', ...argv.slice(-2)]
        : argv,
      options,
    ),
  )
  const { scene, write, bare, open } = engine
  put(join(scene.source, 'large'), 'left out')
  await scene.write(A)
  const gone = join(scene.base, 'gone')
  expect((await bare(['backup', scene.snapshot(A), gone])).code, 'the bare program says').toBe(0)
  expect(await refusal(write(A, gone))).toBe('backup.source_missing')
  exclude = true
  expect(await refusal(write(A))).toBe('backup.repository_incomplete')
  expect((await open(listRepository)).size).toBe(0)
})

test('exit 3: a file that cannot be read fails the copy, though a snapshot was made', async () => {
  const limited = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--']
  await using engine = await openEngine((argv, options) =>
    run(argv.includes('backup') ? [...limited, ...argv] : argv, options),
  )
  const { scene, write } = engine
  put(join(scene.source, 'closed'))
  await scene.write(A)
  const path = join(scene.snapshot(A), 'data', 'closed')
  chownSync(path, 65534, 65534)
  chmodSync(path, 0)
  expect(await refusal(write(A))).toBe('backup.repository_incomplete')
})

test('trap 3: a flipped byte is found by reading all of the data, and by nothing less', async () => {
  await using engine = await openEngine()
  const { scene, to, write, open, bare } = engine
  put(join(scene.source, 'large'), INCOMPRESSIBLE)
  await scene.write(A)
  const id = await write(A)
  expect(await open((access) => checkAll(access, 0))).toEqual(new Set([id]))
  flipPacks(to)
  expect((await bare(['check'])).code, 'the bare check says').toBe(0)
  expect(await open((access) => checkAll(access, 0))).toBe('bad')
})

test('trap 4: what a restore with damage left in place is no copy', async () => {
  await using engine = await openEngine()
  const { scene, to, write, open, asCopy } = engine
  put(join(scene.source, 'large'), INCOMPRESSIBLE)
  const written = await scene.write(A)
  const where = await write(A)
  flipPacks(to)
  const out = join(scene.base, 'fetched')
  expect(await refusal(open((access) => fetchSnapshot(access, asCopy(written, where), out)))).toBe(
    'backup.repository_failed',
  )
  expect(existsSync(join(out, 'daily', A, 'manifest.ndjson')), 'the rest is in place').toBe(true)
})

test('trap 4: a sound restore of something else than was sealed is damage', async () => {
  await using engine = await openEngine()
  const { scene, write, open, asCopy } = engine
  put(join(scene.source, 'a'), 'as it was')
  const written = await scene.write(A)
  const path = join(scene.snapshot(A), 'data', 'a')
  chmodSync(path, 0o600)
  writeFileSync(path, 'as it is.')
  const where = await write(A)
  const fetched = open((access) => fetchSnapshot(access, asCopy(written, where), join(scene.base, 'fetched')))
  expect(await refusal(fetched)).toBe('backup.snapshot_damaged')
})

test('trap 5: a server that takes a connection and says nothing is *unreachable*, in our time, and nothing is left running', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await using engine = await openEngine()
  const { parts } = engine
  const rule = { name: 'far', to: `rest:http://127.0.0.1:${port}/`, credential: 'far' }
  const limits = { ...LIMITS, smallMs: 3000 }
  const asked = withAccess(rule, { parts, service: SERVICE, limits }, (access) => need(access, ['snapshots']))
  expect(await refusal(asked)).toBe('backup.repository_unreachable')
  const left = await run(['pgrep', '-f', `restic.*127.0.0.1:${port}`])
  expect(left.stdout).toBe('')
  for (const socket of sockets) socket.destroy()
  server.close()
})

test.runIf(process.geteuid?.() === 0)(
  'a repository that became read-only is told at once, and not when restic has tried for fifteen minutes',
  async () => {
    await using engine = await openEngine()
    const { parts, rule, to, scene } = engine
    const readOnly: AccessParts['process'] = (argv, options) =>
      run(['unshare', '--mount', 'sh', '-c', 'mount -o bind,ro "$0" "$0" && exec "$@"', to, ...argv], options)
    // Of the old time only the limit would end it, and then nobody answers.
    const limits = { ...LIMITS, baseMs: 30_000 }
    put(join(scene.source, 'kept.txt'), 'a word')
    const source = { snapshot: scene.source, bytes: 0 }
    const cause = await withAccess(
      rule,
      { parts: { ...parts, process: readOnly }, service: SERVICE, limits },
      (access) => writeToRepository(access, source, turns()),
    ).catch((one: unknown) => one)
    expect(cause).toMatchObject({ code: 'backup.repository_failed', detail: { cause: 'read_only' } })
  },
)

test('trap 6: a lock of a process that was killed is taken away, one of a living process is not', async () => {
  await using engine = await openEngine()
  const { state, to, bare, open } = engine
  const child = hangingBackup(to, state)
  const locks = join(to, 'locks')
  await until(() => readdirSync(locks).length > 0)
  const exclusive = (access: Access) => attempt(access, ['prune'])
  expect(await refusal(open(exclusive))).toBe('backup.repository_locked')
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  expect(readdirSync(locks)).toHaveLength(1)
  expect((await bare(['prune'])).code, 'the bare program says').toBe(11)
  expect((await open(exclusive)).code).toBe(0)
})

test('trap 6: parts of packs that a killed restic has left, of which prune knows nothing, go when nobody can be writing them any more', async () => {
  await using engine = await openEngine()
  const { scene, to, write, bare, open } = engine
  put(join(scene.source, 'large'), INCOMPRESSIBLE)
  await scene.write(A)
  await write(A)
  const directory = join(to, 'data', 'ab')
  mkdirSync(directory, { recursive: true })
  const [old, young, other] = [`${'a'.repeat(64)}-tmp-1`, `${'b'.repeat(64)}-tmp-2`, 'somebody-tmp-3']
  for (const name of [old, young, other]) put(join(directory, name))
  const now = Date.now()
  for (const name of [old, other])
    utimesSync(join(directory, name), new Date(now - 2 * 86_400_000), new Date(now - 2 * 86_400_000))
  expect((await bare(['prune'])).code).toBe(0)
  expect(existsSync(join(directory, old)), 'the bare program leaves it').toBe(true)
  expect(await open((access) => Promise.resolve(sweepParts(access, now)))).toBe(1)
  const left = readdirSync(directory).filter((name) => name.includes('-tmp-'))
  expect(left.sort()).toEqual([young, other].sort())
  expect((await bare(['check', '--read-data'])).code).toBe(0)
})

function hangingBackup(to: string, state: string): ChildProcess {
  return spawn('restic', ['-r', to, 'backup', '--stdin', '--stdin-filename', 'x'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'] ?? '',
      RESTIC_PASSWORD_FILE: join(state, 'secrets', 'mirai', 'backup@far', '1'),
      RESTIC_CACHE_DIR: join(state, 'other-cache'),
    },
  })
}

async function until(is: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !is(); ) {
    if (Date.now() > end) throw new Error('waited too long')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('what is forgotten is what the listing has no more; a canary says whether that can be', async () => {
  await using engine = await openEngine()
  const { scene, to, write, open } = engine
  put(join(scene.source, 'a'))
  await scene.write(A)
  const [one, two] = [await write(A), await write(A)]
  expect(await open((access) => forgetSnapshots(access, [one]))).toEqual(new Set([one]))
  expect(await open(listRepository)).toEqual(new Set([two]))
  expect(await open(isErasable)).toBe(true)
  expect(readdirSync(join(to, 'snapshots'))).toEqual([two])
  // One that was taken away by somebody else is gone as well.
  unlinkSync(join(to, 'snapshots', two))
  expect(await open((access) => forgetSnapshots(access, [two]))).toEqual(new Set([two]))
})

test('wrong password, no repository any more, no value handed over, no program: each by its own name', async () => {
  await using engine = await openEngine()
  const { scene, parts, rule, to, open } = engine
  const list = (access: Access) => need(access, ['snapshots'])
  expect(await refusal(withAccess({ ...rule, credential: 'other' }, { parts, service: SERVICE }, list))).toBe(
    'backup.credential_missing',
  )
  await new Secrets(join(scene.base, 'state', 'secrets'), KEY).put(
    SERVICE,
    'backup/wrong',
    Buffer.from('wrong'),
  )
  expect(await refusal(withAccess({ ...rule, credential: 'wrong' }, { parts, service: SERVICE }, list))).toBe(
    'backup.repository_password',
  )
  rmSync(to, { recursive: true })
  mkdirSync(to)
  expect(await refusal(open(list))).toBe('backup.repository_missing')
  const without: AccessParts = {
    ...parts,
    process: (argv, options) => run(['/nonexistent', ...argv.slice(1)], options),
  }
  expect(await refusal(withAccess(rule, { parts: without, service: SERVICE }, list))).toBe(
    'backup.restic_missing',
  )
  for (const form of [
    's3:x',
    'sftp:-oProxyCommand=x:/y',
    'rest:http://u:p@h/',
    'sftp:h:/a b',
    'rest:ftp://h/',
  ])
    expect(await refusal(withAccess({ ...rule, to: form }, { parts, service: SERVICE }, list)), form).toBe(
      'backup.repository_form',
    )
  expect(readdirSync(join(scene.base, 'state', 'restic', 'run'))).toEqual([])
})

test('what a work that is under way opens its repository with is swept by no other; what a killed one left is', async () => {
  await using engine = await openEngine()
  const { state, open } = engine
  await open((access) => openRepository(access, true))
  const left = join(state, 'restic', 'run', 'left')
  mkdirSync(left)
  await open(async (access) => {
    await sweepRestic(state)
    expect(existsSync(left)).toBe(false)
    expect((await listRepository(access)).size).toBe(0)
  })
  expect(readdirSync(join(state, 'restic', 'run'))).toEqual([])
})

test('no credential stands in an argument or an environment value while restic runs', async () => {
  const place = mkdtempSync(join(tmpdir(), 'sekisho-seen-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const written = join(place, 'seen')
  // Each process writes down what can be read of it before it becomes restic: what argv and environment are does not change any more.
  const look = `cat /proc/$$/cmdline /proc/$$/environ >>${written}; exec "$@"`
  await using engine = await openEngine((argv, options) => run(['sh', '-c', look, 'sh', ...argv], options))
  const { scene, state, write } = engine
  put(join(scene.source, 'a'))
  await scene.write(A)
  await write(A)
  const all = readFileSync(written, 'latin1')
  expect(all).toContain('RESTIC_PASSWORD_FILE=')
  expect(all).toContain('sekisho:mirai')
  expect(all).not.toContain(PASSWORD)
  // Positive control: the value is where it should be.
  const kept = join(state, 'secrets', 'mirai', 'backup@far', '1')
  expect([readFileSync(kept, 'utf8'), statSync(kept).mode & 0o777]).toEqual([PASSWORD, 0o600])
})
