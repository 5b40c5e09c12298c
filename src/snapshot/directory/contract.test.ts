// The directory engine's contract: what a tree may hold comes back as it was, by the documented way, and by hand.
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shownPath } from '../../backup/manifest-path.ts'
import { keyedHash } from '../../base/hash.ts'
import { noKillPoint } from '../../base/kill-point.ts'
import { run } from '../../sys/process.ts'
import { openTree } from '../../tree/openat.ts'
import { fillWithEverything, KEY, must, openScene, put, settle, sparse, treeItem } from './fixtures/scene.ts'
import { listSnapshots } from './list.ts'
import { removeSnapshot } from './remove-snapshot.ts'
import type { Progress } from './request.ts'
import { verifySnapshot } from './verify.ts'

const A = '20261125_000001Z'
const B = '20261125_000002Z'
const C = '20261125_000003Z'
const MANY = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 100_000 : 5000

describe('everything that a tree may hold', () => {
  test('comes back equal in every field, and the snapshot is read by the guide’s own commands', async () => {
    await using scene = await openScene()
    await fillWithEverything(scene.source)
    const written = await scene.write(A)
    expect(await scene.verify(written)).toMatchObject({ ok: true, problems: [] })
    const restored = await scene.restore(written, 'data')
    expect(restored.without).toEqual([])
    expect(await scene.compare(written, join(scene.out, 'data'))).toMatchObject({
      equal: true,
      differences: [],
      withoutExtras: false,
    })
    // The source itself differs in nothing but what is never copied.
    const source = await scene.compare(written, scene.source)
    expect(source.differences.map(({ path, field }) => `${path} ${field}`).sort()).toEqual([
      'device extra',
      'fifo extra',
    ])
    const sums = await run(['sha256sum', '-c', '--quiet', 'checksums.sha256'], { cwd: scene.snapshot(A) })
    expect([sums.code, sums.stdout, sums.stderr]).toEqual([0, '', ''])
    await must(['cp', '-a', scene.snapshot(A), join(scene.out, 'by-hand')])
    expect(readFileSync(join(scene.out, 'by-hand', 'data', 'users', 'users.json'), 'utf8')).toBe(
      '[{"id":1}]\n',
    )
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([A])
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
  })

  test('is written down as it is: order, kinds, links, groups, holes, extras', async () => {
    await using scene = await openScene()
    await fillWithEverything(scene.source)
    await scene.write(A)
    const entries = scene.entries(A)
    const byPath = new Map(entries.map((entry) => [shownPath(entry.at), entry]))
    expect([...byPath.keys()].filter((path) => path.startsWith('users'))).toEqual([
      'users',
      'users.d',
      'users.d/a',
      'users.d/two',
      'users/dangling',
      'users/none-again',
      'users/users.json',
    ])
    expect(byPath.get('two')).toMatchObject({ type: 'file', hardLink: { path: 'two' } })
    expect(byPath.get('zwei')).toMatchObject({ type: 'file', hardLink: { path: 'two' } })
    expect(byPath.get('sparse')).toMatchObject({ sparse: true, size: 3_000_000 })
    expect(byPath.get('large')?.attributes).toEqual({
      'user.origin': Buffer.from('a\nb=\\c').toString('base64'),
    })
    expect(byPath.get('users/users.json')).toMatchObject({
      uid: 4711,
      gid: 4712,
      acl: 'u::rw-,u:4711:rw-,g::r--,g:4712:r--,m::rw-,o::r--',
    })
    expect(byPath.get('users')).toMatchObject({ mode: 0o2750, acl: expect.stringContaining('d:u:4711:rwx') })
    expect(byPath.get('link-out')).toMatchObject({ type: 'link', target: { path: '/etc/shadow' } })
    const [listed] = await listSnapshots(scene.to)
    expect(listed?.header?.skipped).toEqual([
      { item: 'data', path: { path: 'device' }, why: 'device' },
      { item: 'data', path: { path: 'fifo' }, why: 'fifo' },
    ])
  })

  test('nobody may write a snapshot, and its group may read it where there is one', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'a'))
    await scene.write(A)
    await scene.write(B, { gid: 4713 })
    const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8)
    expect([mode(join(scene.snapshot(A), 'data')), mode(join(scene.snapshot(A), 'data', 'a'))]).toEqual([
      '500',
      '400',
    ])
    const group = join(scene.snapshot(B), 'manifest.ndjson')
    expect([mode(scene.snapshot(B)), mode(group), statSync(group).gid]).toEqual(['550', '440', 4713])
  })
})

describe('what did not change', () => {
  test('is linked; what did is copied; a new mode costs no copy', async () => {
    await using scene = await openScene()
    for (const name of ['same', 'mode', 'new', 'touched', 'longer', 'gone'])
      put(join(scene.source, name), name)
    await settle()
    const first = await scene.write(A)
    put(join(scene.source, 'new'), 'wen')
    put(join(scene.source, 'longer'), 'longer than before')
    utimesSync(join(scene.source, 'touched'), 1, 1)
    chmodSync(join(scene.source, 'mode'), 0o600)
    unlinkSync(join(scene.source, 'gone'))
    const second = await scene.write(B, { previous: first })
    expect([second.linked.files, second.copied.files]).toEqual([3, 2])
    const inode = (id: string, name: string) => statSync(join(scene.snapshot(id), 'data', name)).ino
    for (const name of ['same', 'mode', 'touched']) expect(inode(A, name)).toBe(inode(B, name))
    for (const name of ['new', 'longer']) expect(inode(A, name)).not.toBe(inode(B, name))
    expect(scene.entries(B).find((entry) => shownPath(entry.at) === 'mode')?.mode).toBe(0o600)
    await scene.restore(second, 'data')
    expect(await scene.compare(second, join(scene.out, 'data'))).toMatchObject({ equal: true })
    expect(await scene.compare(second, scene.source)).toMatchObject({ equal: true })
  })

  test('a write within the grain of the clock, which moves no size and keeps its time, is found', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'a'), 'one')
    const first = await scene.write(A)
    // As a write in the same tick would leave it: the entry says exactly what the inode says now, and the bytes differ.
    put(join(scene.source, 'a'), 'two')
    const stat = lstatSync(join(scene.source, 'a'), { bigint: true })
    const known = scene.entries(A).find((entry) => shownPath(entry.at) === 'a')
    expect(known?.type === 'file' && known.source).not.toBe(`${stat.dev}:${stat.ino}:${stat.ctimeNs}`)
    const second = await scene.write(B, { previous: first })
    expect(second.linked.files).toBe(0)
    expect(readFileSync(join(scene.snapshot(B), 'data', 'a'), 'utf8')).toBe('two')
  })

  test('once a month everything is hashed, whatever the times say; what is the same is linked all the same', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'a'), 'one')
    await settle()
    const first = await scene.write(A)
    const second = await scene.write(B, { previous: first, hashAll: true })
    expect(second.linked.files).toBe(1)
  })

  test('nothing is linked from a snapshot whose manifest is not the sealed one, or from a file that was cut', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'a'), 'one')
    await settle()
    const first = await scene.write(A)
    const other = await scene.write(B, {
      previous: { id: first.id, manifest: 'f'.repeat(64) as typeof first.manifest },
    })
    expect(other.linked.files).toBe(0)
    await must(['truncate', '-s', '2', join(scene.snapshot(A), 'data', 'a')])
    const third = await scene.write(C, { previous: first })
    expect([third.linked.files, third.copied.files]).toEqual([0, 1])
    expect(await scene.verify(third)).toMatchObject({ ok: true })
  })
})

describe('a set of many kinds', () => {
  test('a file that became a secret since the last one, and is unchanged, is one: no plain digest of it, and nothing missing', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'users.json'), '[]')
    await settle()
    const { id, manifest } = await scene.write(A)
    const secret = treeItem(scene.source, {
      source: { kind: 'tree', path: scene.source, isSecret: (path) => path.toString() === 'users.json' },
    })
    const next = await scene.write(B, { items: [secret], previous: { id, manifest } })
    expect(scene.entries(B).map(({ type }) => type)).toEqual(['directory', 'secret'])
    expect(await scene.verify(next)).toMatchObject({ ok: true })
    const back = await scene.write(C, { previous: { id: next.id, manifest: next.manifest } })
    expect(scene.entries(C).map(({ type }) => type)).toEqual(['directory', 'file'])
    expect(await scene.verify(back)).toMatchObject({ ok: true })
  })

  test('directories, configuration, a dump and a secret: one manifest, and the secret’s bytes nowhere but in the hands of the encrypted copy', async () => {
    await using scene = await openScene()
    const CANARY = 'canary-7f3a-not-to-be-copied'
    mkdirSync(join(scene.source, 'a'))
    mkdirSync(join(scene.source, 'b'))
    put(join(scene.source, 'a', 'users.json'), CANARY)
    put(join(scene.source, 'a', 'plain'), 'plain')
    put(join(scene.source, 'b', 'other'), 'other')
    put(join(scene.base, 'nginx.conf'), 'server {}')
    put(join(scene.base, 'mirai.env'), `PASSWORD=${CANARY}`)
    // Alone in its directory: what has no bytes in the copy has no directory there.
    mkdirSync(join(scene.base, 'alone', 'below'), { recursive: true })
    put(join(scene.base, 'alone', 'below', '.env'), `PASSWORD=${CANARY}`)
    mkdirSync(join(scene.base, 'secrets'))
    const secretsInto = openTree(join(scene.base, 'secrets'))
    const isSecret = (path: Buffer) => path.toString() === 'users.json'
    const written = await scene.write(A, {
      secretsInto,
      items: [
        treeItem(join(scene.source, 'b'), { name: 'data a.b', root: 'data/a.b' }),
        treeItem('', {
          name: 'data a',
          root: 'data/a',
          source: { kind: 'tree', path: join(scene.source, 'a'), isSecret },
        }),
        {
          name: 'config',
          kind: 'config',
          root: 'config',
          source: {
            kind: 'files',
            files: [
              { path: join(scene.base, 'nginx.conf'), secret: false },
              { path: join(scene.base, 'mirai.env'), secret: true },
              { path: join(scene.base, 'alone', 'below', '.env'), secret: true },
            ],
          },
        },
        {
          name: 'db mirai',
          kind: 'database',
          root: 'db/mirai.dump',
          source: {
            kind: 'made',
            source: 'postgresql:5432/mirai',
            bytes: 5,
            make: async ({ path, name }) => {
              await must(['sh', '-c', `printf dump > '${path}/${name}'`])
              return undefined
            },
          },
        },
      ],
    })
    // Directories above the items are no entries; the three secrets are not in the copy.
    const verified = await scene.verify(written)
    expect(verified).toMatchObject({ ok: true, problems: [], entries: written.entries - 3 })
    const found = await run(['grep', '-rl', CANARY, scene.to])
    expect([found.code, found.stdout]).toEqual([1, ''])
    expect(readFileSync(join(scene.base, 'secrets', 'data', 'a', 'users.json'), 'utf8')).toBe(CANARY)
    expect(scene.entries(A, 'data a').find((entry) => entry.type === 'secret')).toMatchObject({
      keyed: keyedHash(KEY, CANARY),
    })
    expect(readFileSync(join(scene.snapshot(A), 'db', 'mirai.dump'), 'utf8')).toBe('dump')
    const sums = await run(['sha256sum', '-c', '--quiet', 'checksums.sha256'], { cwd: scene.snapshot(A) })
    expect(sums.code).toBe(0)
    const paths = readFileSync(join(scene.snapshot(A), 'checksums.sha256'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.slice(66))
    expect(paths).toEqual([...paths].sort())
    const again = await scene.write(B, {
      previous: written,
      items: [
        treeItem('', {
          name: 'data a',
          root: 'data/a',
          source: { kind: 'tree', path: join(scene.source, 'a'), isSecret },
        }),
      ],
    })
    expect(await scene.verify(again)).toMatchObject({ ok: true })
  })
})

describe('what cannot be a backup fails', () => {
  test('a file that has names outside', async () => {
    await using scene = await openScene()
    put(join(scene.base, 'outside'), 'secret of somebody else')
    await must(['ln', join(scene.base, 'outside'), join(scene.source, 'mine')])
    await expect(scene.write(A)).rejects.toMatchObject({
      code: 'backup.links_outside',
      detail: { links: 2, found: 1 },
    })
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([])
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
  })

  test('a file that never holds still, and the others are named with it', async () => {
    await using scene = await openScene()
    const busy = join(scene.source, 'busy')
    sparse(busy, 100_000_000)
    put(join(scene.source, 'still'), 'y')
    // Whenever the engine lets others have their turn, one of them writes.
    let isOver = false
    const writer = (): void => {
      if (isOver) return
      appendFileSync(busy, 'x')
      setImmediate(writer)
    }
    writer()
    try {
      await expect(scene.write(A)).rejects.toMatchObject({
        code: 'backup.changed_while_read',
        detail: { path: 'busy' },
      })
    } finally {
      isOver = true
    }
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([])
  }, 30_000)

  test('a source that is not there, or that only a link of the service leads to', async () => {
    await using scene = await openScene()
    await expect(scene.write(A, { items: [treeItem(join(scene.base, 'nothing'))] })).rejects.toMatchObject({
      code: 'backup.source_missing',
    })
    mkdirSync(join(scene.base, 'open'), 0o777)
    chmodSync(join(scene.base, 'open'), 0o777)
    await must(['ln', '-s', '/etc', join(scene.base, 'open', 'data')])
    await expect(
      scene.write(A, { items: [treeItem(join(scene.base, 'open', 'data'))] }),
    ).rejects.toMatchObject({ code: 'backup.path_link' })
    // A link that root put where nobody else can is the administrator's own.
    await must(['ln', '-s', scene.source, join(scene.base, 'mine')])
    await expect(scene.write(A, { items: [treeItem(join(scene.base, 'mine'))] })).resolves.toMatchObject({
      entries: 1,
    })
  })

  test('a file that nobody can read, by name', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'a'))
    mkdirSync(join(scene.source, 'd'))
    const denied = join(scene.source, 'a')
    // Root may read everything on a file system of its own; what it cannot is asked for as somebody else.
    chmodSync(denied, 0)
    chmodSync(scene.base, 0o755)
    for (const path of [scene.source, scene.to]) chmodSync(path, 0o755)
    const child = join(import.meta.dirname, 'fixtures', 'engine.ts')
    await must(['chown', '65534', scene.to])
    // The checkout is a directory that nobody else may enter, or none: the child gets it by descriptor.
    const checkout = openSync(join(import.meta.dirname, '../../..'), 'r')
    const node = openSync(process.execPath, 'r')
    const below = child.slice(join(import.meta.dirname, '../../..').length)
    const preserve = ['--preserve-symlinks', '--preserve-symlinks-main']
    const result = await run(['/proc/self/fd/4', ...preserve, `/proc/self/fd/3${below}`, scene.base, A], {
      descriptors: [checkout, node],
      uid: 65534,
      gid: 65534,
      env: { SEKISHO_OWNER: '65534' },
    })
    expect(result.stdout).toContain('file.no_permission')
    expect(result.stdout).toContain('/source/a"')
  })

  test('a place that another could write, one inside of the source, one that is taken, one that is at work', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'a'))
    chmodSync(scene.to, 0o777)
    await expect(scene.write(A)).rejects.toMatchObject({ code: 'runner.untrusted_path' })
    chmodSync(scene.to, 0o700)
    await expect(scene.write(A, { items: [treeItem(scene.base)] })).rejects.toMatchObject({
      code: 'backup.inside_source',
    })
    await scene.write(A)
    await expect(scene.write(A)).rejects.toMatchObject({ code: 'backup.snapshot_exists' })
    let second: unknown
    await scene.write(B, {
      items: [
        {
          name: 'db',
          kind: 'database',
          root: 'db/x',
          source: {
            kind: 'made',
            source: 'x',
            bytes: 0,
            make: async ({ path, name }) => {
              second = await scene.write(C).catch((error: unknown) => error)
              put(join(path, name))
              return undefined
            },
          },
        },
      ],
    })
    expect(second).toMatchObject({ code: 'backup.under_way' })
  })

  test('one that is asked to end ends, and leaves nothing', async () => {
    await using scene = await openScene()
    for (let i = 0; i < 300; i++) put(join(scene.source, `f${i}`), 'x'.repeat(20_000))
    const end = new AbortController()
    let seen = 0
    const kill = (name: string) => {
      if (name === 'snapshot.file.after' && ++seen === 100) end.abort()
    }
    await expect(scene.write(A, { kill, signal: end.signal })).rejects.toMatchObject({
      code: 'backup.aborted',
    })
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([])
  })
})

describe('size and number', () => {
  test('2 GiB and more, most of it holes', async () => {
    await using scene = await openScene()
    sparse(join(scene.source, 'huge'), 2 ** 31 + 12_345)
    const written = await scene.write(A)
    expect(statSync(join(scene.snapshot(A), 'data', 'huge')).blocks * 512).toBeLessThan(1_000_000)
    await scene.restore(written, 'data')
    expect(await scene.compare(written, join(scene.out, 'data'))).toMatchObject({
      equal: true,
      bytes: 2 ** 31 + 12_345,
    })
  }, 600_000)

  test(`${MANY} tiny files, with progress that ends at the whole`, async () => {
    await using scene = await openScene()
    for (let i = 0; i < MANY; i++) {
      if (i % 100 === 0) mkdirSync(join(scene.source, `d${Math.floor(i / 100)}`))
      put(join(scene.source, `d${Math.floor(i / 100)}`, `f${i}`), String(i))
    }
    const seen: Progress[] = []
    const written = await scene.write(A, { progress: (one) => seen.push(one) })
    expect(written.entries).toBe(MANY + MANY / 100 + 1)
    expect(seen.at(0)).toMatchObject({ entriesTotal: written.entries })
    const { to } = scene
    const again = { to, id: written.id, manifest: written.manifest, threads: 2 }
    expect(await verifySnapshot(again)).toMatchObject({ ok: true, entries: written.entries })
    // On threads as without: by name, and nothing else.
    put(join(scene.snapshot(A), 'data', 'd7', 'f777'), '7777')
    unlinkSync(join(scene.snapshot(A), 'data', 'd8', 'f888'))
    const problems = [
      { path: 'data/d7/f777', kind: 'size', why: '4' },
      { path: 'data/d8/f888', kind: 'missing' },
    ]
    expect((await verifySnapshot(again)).problems).toEqual(problems)
    expect((await scene.verify(written)).problems).toEqual(problems)
    put(join(scene.snapshot(A), 'data', 'd7', 'f777'), '777')
    put(join(scene.snapshot(A), 'data', 'd8', 'f888'), '888')
    chmodSync(join(scene.snapshot(A), 'data', 'd8', 'f888'), 0o400)
    await scene.restore(written, 'data')
    expect(await scene.compare(written, join(scene.out, 'data'))).toMatchObject({
      equal: true,
      entries: written.entries,
    })
  }, 3_600_000)
})

describe('mount points and moves', () => {
  test('what is mounted inside is named and not entered, and so is a directory bound into its own file system', async () => {
    await using scene = await openScene()
    for (const name of ['mem', 'bound', 'real']) mkdirSync(join(scene.source, name))
    put(join(scene.source, 'real', 'a'))
    await must(['mount', '-t', 'tmpfs', 'none', join(scene.source, 'mem')])
    await must(['mount', '--bind', join(scene.source, 'real'), join(scene.source, 'bound')])
    try {
      put(join(scene.source, 'mem', 'foreign'))
      await scene.write(A)
      expect(scene.entries(A).map((entry) => shownPath(entry.at))).toEqual(['', 'real', 'real/a'])
      const [listed] = await listSnapshots(scene.to)
      expect(listed?.header?.skipped.map(({ path, why }) => [shownPath(path), why])).toEqual([
        ['bound', 'mount'],
        ['mem', 'mount'],
      ])
    } finally {
      await must(['umount', join(scene.source, 'mem'), join(scene.source, 'bound')])
    }
  })

  test('a snapshot is removed in one step, and one that was cut off is finished by the next', async () => {
    await using scene = await openScene()
    await fillWithEverything(scene.source)
    const first = await scene.write(A)
    const second = await scene.write(B, { previous: first })
    await removeSnapshot({ to: scene.to, id: first.id, run, kill: noKillPoint })
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([B])
    expect(readdirSync(join(scene.to, '.removing'))).toEqual([])
    expect(await scene.verify(second)).toMatchObject({ ok: true })
    await expect(
      removeSnapshot({ to: scene.to, id: first.id, run, kill: noKillPoint }),
    ).rejects.toMatchObject({ code: 'backup.snapshot_missing' })
    renameSync(scene.snapshot(B), join(scene.to, '.removing', B))
    await removeSnapshot({ to: scene.to, id: second.id, run, kill: noKillPoint })
    expect(readdirSync(join(scene.to, '.removing'))).toEqual([])
  })
})
