// Damage of each kind is found and named by the level that claims it, and a sound tree never is. Trees are generated; the seed is printed.
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shownPath } from '../../backup/manifest-path.ts'
import { run } from '../../sys/process.ts'
import {
  below,
  fillWithEverything,
  must,
  openScene,
  put,
  type Scene,
  settle,
  sparse,
} from './fixtures/scene.ts'
import { openReadInodes, type ReadInodes } from './read-inodes.ts'
import { verifySnapshot } from './verify.ts'

const A = '20261125_000001Z'
const B = '20261125_000002Z'
const C = '20261125_000003Z'
const WHOLE = process.env['SEKISHO_CAMPAIGN'] === 'whole'
const SEED = Number(process.env['SEKISHO_SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)

/** Mulberry32: small, and the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
}

/** Any byte that may stand in a name. */
function anyByte(i: number): number {
  const byte = i & 0xff
  return byte === 0 || byte === 0x2f ? 0x01 : byte
}

/** A tree with names of any bytes, empty and large files, groups, links, holes, modes and owners. */
function grow(source: string, next: (limit: number) => number, files: number, from = 0): void {
  const directories = [source]
  const names = ['a', 'a.b', 'a-b', 'A', 'ä', '.hidden', 'x y', '-n', "q'uote", 'tab\t', 'z\n']
  const made: (string | Buffer)[] = []
  for (let i = from; i < from + files; i++) {
    const directory = directories[next(directories.length)] as string
    const name = `${names[next(names.length)]}${i}`
    const path = join(directory, name)
    const kind = next(12)
    if (kind === 0) {
      mkdirSync(path)
      directories.push(path)
    } else if (kind === 1) symlinkSync(names[next(names.length)] as string, path)
    else if (kind === 2 && made.length > 0) linkSync(made[next(made.length)] as string, path)
    else if (kind === 3) sparse(path, 10_000 + next(500_000))
    else if (kind === 4)
      put(below(directory, Buffer.from([0x66, 0x80 + next(100), anyByte(i), 0x2e, 0x31 + (i % 9)])), 'bytes')
    else {
      put(path, Buffer.alloc(kind === 5 ? 0 : next(60_000), String(i)))
      if (kind === 6) chmodSync(path, 0o600 + next(0o100))
      if (kind === 7) chownSync(path, 4711 + next(3), 4711)
      made.push(path)
    }
  }
}

/** A file of the snapshot is changed as nobody may, but as a bad disk or a hand does. */
function edit(path: string, change: (bytes: Buffer) => Buffer): void {
  const bytes = readFileSync(path)
  chmodSync(path, 0o600)
  writeFileSync(path, change(bytes))
  chmodSync(path, 0o400)
}

const flip = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  const at = Math.floor(copy.length / 2)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** What each does to `data/users.json` (and what stands beside it), and what is said of it. */
const DAMAGE: Readonly<
  Record<string, { readonly make: (data: string) => void; readonly found: readonly string[] }>
> = {
  'one bit of a file': {
    make: (data) => edit(join(data, 'users.json'), flip),
    found: ['data/users.json digest'],
  },
  'a file cut short': {
    make: (data) => truncateSync(join(data, 'users.json'), 3),
    found: ['data/users.json size'],
  },
  'a file emptied': {
    make: (data) => truncateSync(join(data, 'users.json'), 0),
    found: ['data/users.json size'],
  },
  'a file that is gone': {
    make: (data) => unlinkSync(join(data, 'users.json')),
    found: ['data/users.json missing'],
  },
  'two files of one size swapped': {
    make: (data) => {
      renameSync(join(data, 'users.json'), join(data, 'tmp'))
      renameSync(join(data, 'other.json'), join(data, 'users.json'))
      renameSync(join(data, 'tmp'), join(data, 'other.json'))
    },
    found: ['data/other.json digest', 'data/users.json digest'],
  },
  'a file too many': { make: (data) => put(join(data, 'b-extra')), found: ['data/b-extra extra'] },
  'a directory too many': {
    make: (data) => mkdirSync(join(data, 'b-extra'), 0o500),
    found: ['data/b-extra extra'],
  },
  'a mode that lets others write': {
    make: (data) => chmodSync(join(data, 'users.json'), 0o666),
    found: ['data/users.json mode'],
  },
  'a directory that others may write': {
    make: (data) => chmodSync(join(data, 'sub'), 0o777),
    found: ['data/sub mode'],
  },
  'another owner': {
    make: (data) => chownSync(join(data, 'users.json'), 4711, 0),
    found: ['data/users.json owner'],
  },
  'a link in place of a file': {
    make: (data) => {
      unlinkSync(join(data, 'users.json'))
      symlinkSync('/etc/passwd', join(data, 'users.json'))
    },
    found: ['data/users.json type'],
  },
  'a link that points elsewhere': {
    make: (data) => {
      unlinkSync(join(data, 'link'))
      symlinkSync('/etc/shadow', join(data, 'link'))
    },
    found: ['data/link digest'],
  },
  'a directory in place of a file': {
    make: (data) => {
      unlinkSync(join(data, 'users.json'))
      mkdirSync(join(data, 'users.json'))
    },
    found: ['data/users.json type'],
  },
  'a line of the checksums': {
    make: (data) => edit(join(data, '..', 'checksums.sha256'), flip),
    found: ['checksums.sha256 checksums'],
  },
  'a bit of the manifest': {
    make: (data) => edit(join(data, '..', 'manifest.ndjson'), flip),
    found: ['manifest.ndjson manifest'],
  },
  'no manifest': {
    make: (data) => unlinkSync(join(data, '..', 'manifest.ndjson')),
    found: ['manifest.ndjson missing'],
  },
  'no checksums': {
    make: (data) => unlinkSync(join(data, '..', 'checksums.sha256')),
    found: ['checksums.sha256 missing'],
  },
  'an item that is gone': {
    make: (data) => renameSync(data, join(data, '..', '..', '..', 'elsewhere')),
    found: [
      'data missing',
      'data/link missing',
      'data/other.json missing',
      'data/sub missing',
      'data/sub/deep missing',
      'data/users.json missing',
    ],
  },
}

async function small(scene: Scene) {
  put(join(scene.source, 'users.json'), '[{"id":1,"name":"a"}]')
  put(join(scene.source, 'other.json'), '[{"id":2,"name":"b"}]')
  mkdirSync(join(scene.source, 'sub'))
  put(join(scene.source, 'sub', 'deep'), 'deep')
  symlinkSync('users.json', join(scene.source, 'link'))
  return await scene.write(A)
}

describe('verification finds, by name', () => {
  test.each(Object.entries(DAMAGE))('%s', async (_, { make, found }) => {
    await using scene = await openScene()
    const written = await small(scene)
    make(join(scene.snapshot(A), 'data'))
    const verified = await scene.verify(written)
    expect(verified.problems.map(({ path, kind }) => `${path} ${kind}`).sort()).toEqual([...found].sort())
    expect(verified.ok).toBe(false)
  })

  test('in every snapshot that shares the inode, and only there; each inode is read once', async () => {
    await using scene = await openScene()
    put(join(scene.source, 'kept'), 'kept')
    put(join(scene.source, 'new'), 'one')
    await settle()
    const first = await scene.write(A)
    put(join(scene.source, 'new'), 'two')
    const second = await scene.write(B, { previous: first })
    put(join(scene.source, 'kept'), 'other now')
    const third = await scene.write(C, { previous: second })
    edit(join(scene.snapshot(B), 'data', 'kept'), flip)
    const verified = await scene.verify(second)
    expect(verified).toMatchObject({
      ok: false,
      shared: [A],
      problems: [{ path: 'data/kept', kind: 'digest' }],
    })
    expect(await scene.verify(first)).toMatchObject({ ok: false, shared: [B] })
    expect(await scene.verify(third)).toMatchObject({ ok: true, shared: [] })
    const known = openReadInodes()
    const added: bigint[] = []
    const read: ReadInodes = {
      find: (stat) => known.find(stat),
      add: (stat, digest) => {
        if (stat.nlink > 1n) added.push(stat.ino)
        known.add(stat, digest)
      },
    }
    for (const one of [first, second])
      expect(await verifySnapshot({ to: scene.to, id: one.id, manifest: one.manifest, read })).toMatchObject({
        ok: false,
      })
    // `kept` of the first two, `new` of the last two.
    expect([added.length, new Set(added).size]).toEqual([2, 2])
  })
})

const LOSSES: Readonly<
  Record<string, { readonly make: (tree: string) => Promise<unknown> | void; readonly found: string }>
> = {
  mode: { make: (tree) => chmodSync(join(tree, 'large'), 0o640), found: 'large mode' },
  owner: { make: (tree) => chownSync(join(tree, 'large'), 4711, 0), found: 'large owner' },
  group: { make: (tree) => chownSync(join(tree, 'large'), 0, 4711), found: 'large group' },
  'owner of a link': {
    make: (tree) => must(['chown', '-h', '0:4712', join(tree, 'link')]),
    found: 'link owner',
  },
  time: { make: (tree) => must(['touch', '-d', '@1', join(tree, 'none')]), found: 'none mtime' },
  attribute: {
    make: (tree) => must(['setfattr', '-x', 'user.origin', join(tree, 'large')]),
    found: 'large attributes',
  },
  'one attribute more': {
    make: (tree) => must(['setfattr', '-n', 'user.more', '-v', '1', join(tree, 'two')]),
    found: 'two attributes',
  },
  ACL: {
    make: (tree) => must(['setfacl', '-x', 'u:4711', join(tree, 'users', 'users.json')]),
    found: 'users/users.json acl',
  },
  'default ACL': { make: (tree) => must(['setfacl', '-k', join(tree, 'users')]), found: 'users acl' },
  target: {
    make: (tree) => must(['ln', '-sfn', '/etc/passwd', join(tree, 'link-out')]),
    found: 'link-out target',
  },
  holes: {
    make: (tree) =>
      must([
        'sh',
        '-c',
        `cp --sparse=never '${tree}/sparse' '${tree}/s' && cat '${tree}/s' > '${tree}/sparse' && rm '${tree}/s'`,
      ]),
    found: 'sparse sparse',
  },
  'a group of names that came apart': {
    make: (tree) => must(['sh', '-c', `cp -a '${tree}/zwei' '${tree}/z' && mv '${tree}/z' '${tree}/zwei'`]),
    found: 'zwei hard link',
  },
  'a name outside': {
    make: (tree) => linkSync(join(tree, 'large'), `${tree}-outside`),
    found: 'large hard link',
  },
  byte: { make: (tree) => edit(join(tree, 'large'), flip), found: 'large digest' },
  'a FIFO in place of a file': {
    make: (tree) => must(['sh', '-c', `rm '${tree}/none' && mkfifo '${tree}/none'`]),
    found: 'none type',
  },
  'a file too many': { make: (tree) => put(join(tree, 'more')), found: 'more extra' },
  'a file too few': { make: (tree) => unlinkSync(join(tree, 'users.d', 'a')), found: 'users.d/a missing' },
}

test('what a restore could lose is found by comparing: each field by name', async () => {
  await using scene = await openScene()
  await fillWithEverything(scene.source)
  const written = await scene.write(A)
  for (const [name, { make, found }] of Object.entries(LOSSES)) {
    await scene.restore(written, name)
    const tree = join(scene.out, name)
    expect((await scene.compare(written, tree)).differences, name).toEqual([])
    await make(tree)
    const { differences } = await scene.compare(written, tree)
    expect(
      differences.map(({ path, field }) => `${path} ${field}`),
      name,
    ).toContain(found)
    await must(['rm', '-rf', tree, `${tree}-outside`])
  }
}, 120_000)

test(`${WHOLE ? 200 : 20} generated trees that are sound: no alarm (seed ${SEED})`, async () => {
  console.info(`seed ${SEED}`)
  const next = random(SEED)
  for (let round = 0; round < (WHOLE ? 200 : 20); round++) {
    await using scene = await openScene()
    grow(scene.source, next, 5 + next(60))
    const first = await scene.write(A)
    grow(scene.source, next, next(10), 1000)
    const second = await scene.write(B, { previous: first })
    for (const one of [first, second])
      expect((await scene.verify(one)).problems, `round ${round}`).toEqual([])
    await scene.restore(second, 'data')
    for (const tree of [join(scene.out, 'data'), scene.source])
      expect((await scene.compare(second, tree)).differences, `round ${round} ${tree}`).toEqual([])
    const sums = await run(['sha256sum', '-c', '--quiet', 'checksums.sha256'], {
      cwd: scene.snapshot(B),
      maxOutput: 200_000,
    })
    expect([sums.code, sums.stderr]).toEqual(
      scene.entries(B).some(({ type }) => type === 'file') ? [0, ''] : [sums.code, sums.stderr],
    )
  }
}, 900_000)

test(`${WHOLE ? 200 : 40} random damages of generated trees: each is found at its path (seed ${SEED})`, async () => {
  const next = random(SEED + 1)
  for (let round = 0; round < (WHOLE ? 20 : 4); round++) {
    await using scene = await openScene()
    grow(scene.source, next, 40)
    put(join(scene.source, 'always'), 'something')
    await scene.write(A)
    const files = scene
      .entries(A)
      .filter((entry) => entry.type === 'file' && entry.size > 0 && entry.hardLink === undefined)
    for (let i = 0; i < 10; i++) {
      const id = `20261125_0001${String(i).padStart(2, '0')}Z`
      const written = await scene.write(id)
      const entry = files[next(files.length)]
      if (entry?.type !== 'file' || !('path' in entry.at)) continue
      const path = join(scene.snapshot(id), 'data', entry.at.path)
      const kind = next(4)
      if (kind === 0) edit(path, flip)
      else if (kind === 1) truncateSync(path, next(entry.size))
      else if (kind === 2) unlinkSync(path)
      else edit(path, (bytes) => Buffer.concat([bytes, Buffer.from('x')]))
      const { problems } = await scene.verify(written)
      expect(
        problems.map((one) => one.path),
        `round ${round} ${shownPath(entry.at)} kind ${kind}`,
      ).toHaveLength(1)
      expect(statSync(join(scene.snapshot(id), 'manifest.ndjson')).isFile()).toBe(true)
    }
  }
}, 900_000)
