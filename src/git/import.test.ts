// Commits that are taken in, and those that are refused with the reason named. The repositories are made by git itself.
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RepositoryState } from '../code/repository-state.ts'
import { IMPORT_LIMITS, type ImportLimits } from '../code/tree-entry.ts'
import { artefactOf } from './artefact.ts'
import { layTree } from './blobs.ts'
import { isRoot, parts, QUARANTINE, type Repository, World } from './fixtures/repository.ts'
import { importBundle, readFileAt } from './import.ts'
import { readRepository } from './production.ts'

let world: World
let production: Repository
let agent: Repository
let deployed: string
let state: RepositoryState

beforeAll(async () => {
  world = new World()
  production = world.repository({
    'src/main.js': 'export const version = 1\n',
    'src/old.js': 'the same content in both places\n',
    'run.sh': '#!/bin/sh\n',
    link: { link: 'src/main.js' },
    gone: 'x',
  })
  production.commit('second', { gone: 'y' })
  agent = world.clone(production)
  deployed = production.git('rev-parse', 'HEAD')
  state = await stateOf(production)
})
afterAll(() => world[Symbol.dispose]())

async function stateOf(repository: Repository): Promise<RepositoryState> {
  const read = await readRepository(parts, { path: repository.path, branch: 'main' }, world.directory())
  if (!read.ok) throw new Error(JSON.stringify(read))
  return read.state
}

function take(bundle: string, commit: string, limits?: Partial<ImportLimits>) {
  return importBundle(parts, {
    bundle,
    commit,
    repository: state,
    directory: world.directory(),
    scratch: world.directory(),
    limits: { ...IMPORT_LIMITS, ...limits },
  })
}

/** The agent's branch from what is deployed, as `git bundle` makes it. */
function proposed(commit: string): string {
  agent.git('update-ref', 'refs/heads/proposed', commit)
  return world.bundle(agent, 'proposed', `^${deployed}`)
}

async function codeOf(commit: string, limits?: Partial<ImportLimits>) {
  const answer = await take(proposed(commit), commit, limits)
  return answer.ok ? 'taken' : { code: answer.code, ...answer.detail }
}

describe('a commit that is taken in', () => {
  test('its files, renames, modes and removals are those that git names', async () => {
    agent.git('checkout', '-q', '-f', deployed)
    agent.write({
      'src/main.js': 'export const version = 2\n',
      'src/new name.js': 'the same content in both places\n',
      'src/old.js': undefined,
      gone: undefined,
      'deep/er/日本語.txt': 'あ'.repeat(700_000),
    })
    agent.git('add', '-A')
    agent.git('update-index', '--chmod=+x', 'run.sh')
    agent.git('commit', '-q', '-m', 'proposed')
    const commit = agent.git('rev-parse', 'HEAD')
    const answer = await take(proposed(commit), commit)
    if (!answer.ok) throw new Error(JSON.stringify(answer))
    const { imported } = answer
    expect(imported.commits).toBe(1)
    expect(imported.changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'added deep/er/日本語.txt',
      'removed gone',
      'changed run.sh',
      'changed src/main.js',
      'renamed src/new name.js',
    ])
    expect(imported.candidate.tree).toBe(agent.git('rev-parse', 'HEAD^{tree}'))
    const laid = world.directory()
    await layTree(imported.quarantine, imported.candidate, laid)
    expect(readFileSync(join(laid, 'src/main.js'), 'utf8')).toBe('export const version = 2\n')
    expect(readFileSync(join(laid, 'deep/er/日本語.txt')).length).toBe(2_100_000)
    expect(readlinkSync(join(laid, 'link'))).toBe('src/main.js')
    expect(lstatSync(join(laid, 'run.sh')).mode & 0o777).toBe(0o755)
    expect(lstatSync(join(laid, 'src/main.js')).mode & 0o777).toBe(0o644)
    expect(existsSync(join(laid, 'gone'))).toBe(false)
    expect(
      Buffer.from((await readFileAt(imported.quarantine, commit, 'src/main.js', 1000)) ?? '').toString(),
    ).toBe('export const version = 2\n')
    expect(await readFileAt(imported.quarantine, commit, 'gone', 1000)).toBeUndefined()
    if (isRoot) expect(lstatSync(join(imported.quarantine.path, 'objects/pack')).uid).toBe(QUARANTINE.uid)
    // What git wrote elsewhere: nothing.
    expect(production.git('rev-parse', 'HEAD')).toBe(deployed)
    expect(production.git('status', '--porcelain')).toBe('')
  })

  test('a bundle of the whole history is taken, and so is one that leaves out what older commits hold', async () => {
    agent.git('checkout', '-q', '-f', deployed)
    const commit = agent.commit('bring the older content back', { gone: 'x' })
    agent.git('update-ref', 'refs/heads/proposed', commit)
    expect((await take(world.bundle(agent, 'proposed'), commit)).ok).toBe(true)
    // As a repository with a bitmap index makes it.
    const pack = join(world.directory(), 'thin')
    writeFileSync(
      pack,
      Buffer.concat([
        Buffer.from(`# v2 git bundle\n-${deployed} x\n${commit} refs/heads/proposed\n\n`),
        packOf(agent, `${commit}\n${agent.git('rev-parse', `${commit}^{tree}`)}\n`),
      ]),
    )
    const answer = await take(pack, commit)
    expect(answer.ok && answer.imported.changes.map(({ path }) => path)).toEqual(['gone'])
  })

  test('files that belong to hooks, filters and attributes of git do nothing', async () => {
    agent.git('checkout', '-q', '-f', deployed)
    const mark = join(world.directory(), 'mark')
    const commit = agent.commit('attributes', {
      '.gitattributes': '* filter=bad export-ignore text eol=crlf\n',
      '.gitconfig': `[filter "bad"]\n\tsmudge = touch ${mark}\n`,
      '.githooks/post-checkout': `#!/bin/sh\ntouch ${mark}\n`,
      'a.txt': 'one\ntwo\n',
    })
    const answer = await take(proposed(commit), commit)
    if (!answer.ok) throw new Error(JSON.stringify(answer))
    const laid = world.directory()
    await layTree(answer.imported.quarantine, answer.imported.candidate, laid)
    expect(readFileSync(join(laid, 'a.txt'), 'utf8')).toBe('one\ntwo\n')
    expect(existsSync(mark)).toBe(false)
  })
})

function packOf(repository: Repository, ids: string): Buffer {
  const path = join(world.directory(), 'pack')
  repository.feed(ids, 'pack-objects', '-q', path)
  const name = repository.feed(ids, 'pack-objects', '-q', path)
  return readFileSync(`${path}-${name}.pack`)
}

describe('a commit that is refused', () => {
  const entry = (mode: string, id: string, name: string) =>
    `${mode} ${mode === '160000' ? 'commit' : mode === '040000' ? 'tree' : 'blob'} ${id}\t${name}`
  const withEntries = (...entries: readonly (readonly [string, string, string])[]) =>
    agent.commitTree(
      entries.map(([mode, name, content]) =>
        entry(mode, mode === '160000' ? deployed : agent.blob(content), name),
      ),
      deployed,
    )

  test.each([
    ['a submodule', ['160000', 'vendor', ''], { code: 'code.submodule', path: 'vendor' }],
    [
      'a pointer of LFS',
      ['100644', 'big.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'],
      { code: 'code.large_file_pointer', path: 'big.bin' },
    ],
    [
      'a line feed in a name',
      ['100644', 'a\nb', ''],
      { code: 'code.name_hidden', path: 'a<U+000A>b', character: 'U+000A' },
    ],
    [
      'an escape in a name',
      ['100644', 'a\u001b[2Jb', ''],
      { code: 'code.name_hidden', path: 'a<U+001B>[2Jb', character: 'U+001B' },
    ],
    [
      'a direction mark in a name',
      ['100644', 'a\u202eb', ''],
      { code: 'code.name_hidden', path: 'a<U+202E>b', character: 'U+202E' },
    ],
    [
      'a link that leads out',
      ['120000', 'up', '../../etc/passwd'],
      { code: 'code.link_leads_out', path: 'up', target: '../../etc/passwd' },
    ],
    [
      'an absolute link',
      ['120000', 'up', '/etc/passwd'],
      { code: 'code.link_leads_out', path: 'up', target: '/etc/passwd' },
    ],
  ] as const)('%s', async (_, one, expected) => {
    expect(await codeOf(withEntries(one))).toEqual(expected)
  })

  test('names that differ in case or in composition only', async () => {
    expect(await codeOf(withEntries(['100644', 'A', 'x'], ['100644', 'a', 'y']))).toEqual({
      code: 'code.name_twins',
      path: 'a',
      other: 'A',
    })
    expect(await codeOf(withEntries(['100644', 'e\u0301', 'x'], ['100644', '\u00e9', 'y']))).toMatchObject({
      code: 'code.name_twins',
    })
  })

  test('one that does not contain what is deployed, one that is not there, and one that changes nothing', async () => {
    agent.git('checkout', '-q', '-f', `${deployed}~1`)
    const beside = agent.commit('beside', { other: 'x' })
    agent.git('update-ref', 'refs/heads/proposed', beside)
    const answer = await take(world.bundle(agent, 'proposed', `^${deployed}~1`), beside)
    expect(answer).toMatchObject({ code: 'code.not_based', detail: { deployed, branch: 'main' } })
    agent.git('checkout', '-q', '-f', deployed)
    const empty = agent.commit('nothing', {})
    expect(await codeOf(empty)).toEqual({ code: 'code.nothing_changed', commit: empty })
    const unknown = '1'.repeat(40)
    expect(await take(proposed(empty), unknown)).toMatchObject({ code: 'code.commit_unknown' })
    expect(await take(proposed(empty), 'main')).toMatchObject({ code: 'code.commit_unknown' })
  })

  test('one that builds on a commit which production does not have', async () => {
    agent.git('checkout', '-q', '-f', deployed)
    const between = agent.commit('between', { b: '1' })
    const last = agent.commit('last', { b: '2' })
    agent.git('update-ref', 'refs/heads/proposed', last)
    expect(await take(world.bundle(agent, 'proposed', `^${between}`), last)).toMatchObject({
      code: 'code.bundle_needs',
      detail: { commit: between },
    })
  })

  test('a bundle that is damaged, cut off, too large or none', async () => {
    agent.git('checkout', '-q', '-f', deployed)
    const commit = agent.commit('sound', { c: 'x'.repeat(5000) })
    const sound = readFileSync(proposed(commit))
    const damaged = Buffer.from(sound)
    damaged[damaged.length - 40] = (damaged[damaged.length - 40] ?? 0) ^ 1
    for (const bytes of [damaged, sound.subarray(0, -30), Buffer.from('no bundle'), Buffer.alloc(0)])
      expect(await take(world.file(bytes), commit)).toMatchObject({ code: 'code.bundle_corrupt' })
    expect(await take(proposed(commit), commit, { bundleBytes: 100 })).toMatchObject({
      code: 'code.bundle_too_large',
    })
    expect((await take(world.file(sound), commit)).ok).toBe(true)
  })

  test('more files, larger files or more content than may be', async () => {
    agent.git('checkout', '-q', '-f', deployed)
    const commit = agent.commit('many', { d1: 'x'.repeat(3000), d2: 'y'.repeat(3000) })
    expect(await codeOf(commit, { files: 3 })).toEqual({ code: 'code.tree_too_many_files', limit: 3 })
    expect(await codeOf(commit, { fileBytes: 2999 })).toMatchObject({ code: 'code.file_too_large' })
    expect(await codeOf(commit, { bytes: 5000 })).toEqual({ code: 'code.tree_too_large', limit: 5000 })
  })

  test('a bundle of some hundred bytes whose tree has a thousand million files', async () => {
    let lines = Array.from({ length: 10 }, (_, i) => entry('100644', agent.blob('x'), `f${i}`))
    let tree = agent.feed(`${lines.join('\0')}\0`, 'mktree', '-z')
    for (let level = 0; level < 8; level++) {
      lines = Array.from({ length: 10 }, (_, i) => entry('040000', tree, `d${i}`))
      tree = agent.feed(`${lines.join('\0')}\0`, 'mktree', '-z')
    }
    const commit = agent.git('commit-tree', '-p', deployed, '-m', 'bomb', tree)
    const bundle = proposed(commit)
    expect(lstatSync(bundle).size).toBeLessThan(2000)
    expect(await take(bundle, commit)).toMatchObject({ code: 'code.tree_too_many_files' })
  })
})

describe('the repository of production', () => {
  test('part of S17: commit, branch and status are read without running anything of the repository or touching its files', async () => {
    const live = world.repository({ 'a.txt': 'one\n', 'data.json': '[]\n' })
    const mark = join(world.directory(), 'mark')
    live.write({ 'a.txt': 'two\n', 'data.json': '[1]\n', new: '', '.git/info/attributes': '* filter=bad\n' })
    for (const [key, value] of [
      ['core.fsmonitor', `touch ${mark}`],
      ['filter.bad.clean', `touch ${mark}; cat`],
      ['core.sshCommand', `touch ${mark}`],
    ] as const)
      live.git('config', key, value)
    const index = readFileSync(join(live.path, '.git/index'))
    const read = await stateOf(live)
    expect(read).toMatchObject({
      branch: 'main',
      commit: live.git('rev-parse', 'main'),
      tree: live.git('rev-parse', 'main^{tree}'),
      subject: 'first',
      bare: false,
      untracked: 1,
      changed: [
        { status: ' M', path: 'a.txt' },
        { status: ' M', path: 'data.json' },
      ],
    })
    expect(existsSync(mark)).toBe(false)
    expect(readFileSync(join(live.path, '.git/index')).equals(index)).toBe(true)
  })

  test('a missing branch, another one, no repository, and one that borrows objects are refused', async () => {
    const at = (path: string, branch: string) => readRepository(parts, { path, branch }, world.directory())
    expect(await at(production.path, 'release')).toMatchObject({ code: 'code.branch_missing' })
    production.git('branch', 'release')
    expect(await at(production.path, 'release')).toMatchObject({
      code: 'code.branch_not_checked_out',
      detail: { found: 'main' },
    })
    expect(await at(world.directory(), 'main')).toMatchObject({ code: 'code.repository_unreadable' })
    const borrowing = world.repository({ a: '1' })
    mkdirSync(join(borrowing.path, '.git/objects/info'), { recursive: true })
    writeFileSync(join(borrowing.path, '.git/objects/info/alternates'), `${production.path}/.git/objects\n`)
    expect(await at(borrowing.path, 'main')).toMatchObject({
      code: 'code.repository_unreadable',
      detail: { why: 'objects/info/alternates' },
    })
  })
})

describe('an artefact', () => {
  test('has a digest of paths, modes, content and links', async () => {
    const directory = world.directory()
    const digest = async (leave: readonly string[] = []) => {
      const read = await artefactOf(directory, { leave })
      if (!read.ok) throw new Error(JSON.stringify(read))
      return read.artefact.digest
    }
    mkdirSync(join(directory, 'a'))
    writeFileSync(join(directory, 'a/file'), 'x')
    const first = await digest()
    expect(await digest()).toBe(first)
    mkdirSync(join(directory, 'uploads'))
    writeFileSync(join(directory, 'uploads/one'), 'live')
    expect(await digest(['uploads'])).toBe(first)
    expect(await digest()).not.toBe(first)
  })
})
