// Commits that reach production, its branch and an address, and the ways back. Real repositories; what they hold is asked of git itself.
import { existsSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messageRefused, withTrailers } from '../code/commit-message.ts'
import { commitBody } from '../words/commit-message.ts'
import { makeCommit } from './commit.ts'
import { backRefused, deliver, moveBranch } from './deliver.ts'
import { isRoot, parts, type Repository, SERVICE, World } from './fixtures/repository.ts'
import { type Imported, importBundle } from './import.ts'
import { readRepository } from './production.ts'
import { push, remoteTip } from './push.ts'
import { reopenQuarantine } from './quarantine.ts'
import { importKnown, importReverted, revertTree } from './revert.ts'

const AT = 1_790_000_000
let world: World
let production: Repository
let agent: Repository
let remote: Repository
let before: string
let beforeTree: string
let tip: string
let imported: Imported
let made: string
let scratch: string

beforeAll(async () => {
  world = new World()
  await prepare()
})
afterAll(() => world[Symbol.dispose]())

/** The proposal of an agent with a commit for production made of it, and an address that is at what is deployed. */
async function prepare(): Promise<void> {
  scratch = world.directory()
  production = world.repository({ 'a.js': 'one\n', 'live.json': '[]\n', 'dir/old': 'x\n', gone: 'g\n' })
  production.commit('second', { 'b.js': 'b\n' })
  before = production.git('rev-parse', 'HEAD')
  beforeTree = production.git('rev-parse', 'HEAD^{tree}')
  remote = world.bare(production)
  agent = world.clone(production)
  agent.commit('wip', { 'a.js': 'two\n' })
  tip = agent.commit('done', {
    'a.js': 'three\n',
    'dir/old': undefined,
    dir: 'now a file\n',
    gone: undefined,
    'n/e/w': 'x\n',
  })
  const answer = await importBundle(parts, {
    bundle: world.bundle(agent, 'main', `^${before}`),
    commit: tip,
    repository: await stateOf(),
    directory: world.directory(),
    scratch,
  })
  if (!answer.ok) throw new Error(JSON.stringify(answer))
  imported = answer.imported
  made = await commitOf(imported.candidate.tree, before)
}

async function stateOf() {
  const read = await readRepository(parts, { path: production.path, branch: 'main' }, scratch)
  if (!read.ok) throw new Error(JSON.stringify(read))
  return read.state
}

const BODY = commitBody('ja', {
  kind: 'fix',
  summary: 'ユーザー検索のページネーション不具合',
  details: ['ページの数え方を直した'],
  impact: ['GET /users'],
  tests: ['12 件成功、0 件失敗'],
})
const TRAILERS = {
  change: 'CHG-2026-0001',
  envelope: 'e'.repeat(64),
  instructedBy: 'sato',
  approvedBy: ['suzuki', 'tanaka'],
  rehearsal: 'r'.repeat(64),
}

async function commitOf(tree: string, parent: string): Promise<string> {
  const answer = await makeCommit(imported.quarantine, {
    tree,
    parent,
    message: withTrailers(BODY, { ...TRAILERS, candidate: tip }),
    author: { name: 'agent <x>\n', email: 'agent@example.org' },
    atSeconds: AT,
  })
  if (!answer.ok) throw new Error(JSON.stringify(answer))
  return answer.commit
}

const move = async (from: string, to: string) => ({
  repository: await stateOf(),
  from,
  to,
  keep: { ref: 'refs/sekisho/CHG-2026-0001', commit: tip },
  atSeconds: AT,
  scratch,
})
const delivered = async () => deliver(parts, imported.quarantine, await move(before, made))
const blob = (path: string) => production.git('rev-parse', `main:${path}`)

describe('part of S22: the commit of a change', () => {
  test('has the form of the guide, one parent, the approved tree and the trailers', () => {
    const said = gitIn('log', '-1', '--format=%P%x00%T%x00%an%x00%ae%x00%cn%x00%B', made).split('\0')
    expect(said.slice(0, 5)).toEqual([
      before,
      imported.candidate.tree,
      'agent x',
      'agent@example.org',
      'Sekisho',
    ])
    expect(said[5]?.split('\n').slice(0, 6)).toEqual([
      '修正: ユーザー検索のページネーション不具合',
      '',
      '詳細:',
      '- ページの数え方を直した',
      '',
      '影響範囲:',
    ])
    expect(gitIn('log', '-1', '--format=%(trailers:only,unfold)', made).split('\n')).toEqual([
      'Change: CHG-2026-0001',
      `Envelope: ${'e'.repeat(64)}`,
      'Instructed-by: sato',
      'Approved-by: suzuki',
      'Approved-by: tanaka',
      `Rehearsal: ${'r'.repeat(64)}`,
      `Candidate: ${tip}`,
    ])
  })
  test('the same values give the same commit', async () => {
    expect(await commitOf(imported.candidate.tree, before)).toBe(made)
  })
  test('a body that writes a trailer of its own, or hides one, is refused', () => {
    expect(messageRefused(BODY)).toBeUndefined()
    expect(messageRefused(`${BODY}\n\napproved-by : me`)?.detail).toEqual({ why: 'trailer' })
    expect(messageRefused(`${BODY}\u202e`)?.detail).toEqual({ why: 'hidden' })
    expect(messageRefused('one\ntwo')?.detail).toEqual({ why: 'no empty line' })
  })
})

const gitIn = (...args: readonly string[]) => production.gitDir(imported.quarantine.path, ...args)

describe('delivery to production', () => {
  test('moves branch and index, keeps the proposal, and touches no live file', async () => {
    production.write({ 'live.json': '[1]\n', 'a.js': 'three\n' })
    const live = statSync(join(production.path, 'live.json'))
    expect(await delivered()).toEqual({ ok: true, index: 'updated' })
    expect(production.git('rev-parse', 'main', 'refs/sekisho/CHG-2026-0001').split('\n')).toEqual([made, tip])
    expect(production.git('rev-parse', 'main^{tree}')).toBe(imported.candidate.tree)
    expect(production.git('diff', '--cached', '--name-only', 'main')).toBe('')
    // Files are laid by the caller, as this test did with a.js.
    const changed = production.git('diff', '--name-only').split('\n')
    expect([changed.includes('live.json'), changed.includes('a.js')]).toEqual([true, false])
    const after = statSync(join(production.path, 'live.json'))
    expect([after.ino, after.mtimeMs]).toEqual([live.ino, live.mtimeMs])
    production.git('fsck', '--strict')
    if (isRoot)
      for (const name of readdirSync(join(production.path, '.git/objects/pack')))
        expect(lstatSync(join(production.path, '.git/objects/pack', name)).uid).toBe(SERVICE.uid)
  })

  test('is done once: again it changes nothing, also with a quarantine that was opened again', async () => {
    const log = production.git('reflog', 'main')
    const again = reopenQuarantine(parts, imported.quarantine.path)
    expect(await deliver(parts, again, await move(before, made))).toEqual({ ok: true, index: 'updated' })
    expect(production.git('reflog', 'main')).toBe(log)
  })

  test('refuses a branch that has moved, and runs no hook of the repository', async () => {
    const mark = join(world.directory(SERVICE), 'mark')
    for (const hook of ['reference-transaction', 'post-update', 'update'])
      production.write({ [`.git/hooks/${hook}`]: `#!/bin/sh\ntouch ${mark}\n` })
    for (const hook of ['reference-transaction', 'post-update', 'update'])
      production.chmod(`.git/hooks/${hook}`, 0o755)
    expect(await moveBranch(parts, await move(made, before))).toMatchObject({ ok: true })
    expect(await delivered()).toMatchObject({ ok: true })
    expect(existsSync(mark)).toBe(false)
    production.git('commit', '-q', '--allow-empty', '-m', 'by hand')
    expect(existsSync(mark)).toBe(true)
    const found = production.git('rev-parse', 'main')
    expect(await moveBranch(parts, await move(made, before))).toMatchObject({
      code: 'code.branch_moved',
      detail: { expected: made, found },
    })
    expect(production.git('rev-parse', 'main')).toBe(found)
  })
})

describe('the address', () => {
  beforeAll(prepare)
  const request = async () => ({ repository: await stateOf(), url: remote.path, commit: made, scratch })

  test('is moved forward, and again is nothing', async () => {
    await delivered()
    expect(await push(parts, imported.quarantine, await request())).toEqual({ state: 'pushed' })
    expect(remote.git('rev-parse', 'main')).toBe(made)
    expect(remote.git('log', '--format=%s', 'main')).toContain('first')
    expect(await push(parts, imported.quarantine, await request())).toEqual({ state: 'pushed' })
    expect(await remoteTip(parts, imported.quarantine, await request())).toEqual({ tip: made })
  })

  test('that lies behind production gets what came between, and an empty one gets all', async () => {
    await delivered()
    remote.git('update-ref', 'refs/heads/main', `${before}~1`)
    remote.git('reflog', 'expire', '--expire=now', '--all')
    remote.git('gc', '-q', '--prune=now')
    expect(await push(parts, imported.quarantine, await request())).toEqual({ state: 'pushed' })
    expect(remote.git('rev-list', '--count', 'main')).toBe('3')
    remote.git('update-ref', '-d', 'refs/heads/main')
    expect(await push(parts, imported.quarantine, await request())).toEqual({ state: 'pushed' })
    remote.git('fsck', '--strict')
  })

  test('that has commits of its own, refuses, or is not there: a state with its reason, and nothing is moved', async () => {
    await delivered()
    const other = remote.commitTree([`100644 blob ${remote.blob('o')}\to`], before)
    remote.git('update-ref', 'refs/heads/main', other)
    expect(await push(parts, imported.quarantine, await request())).toMatchObject({
      state: 'failed',
      why: 'diverged',
    })
    expect(remote.git('rev-parse', 'main')).toBe(other)
    remote.git('update-ref', 'refs/heads/main', before)
    remote.write({ 'hooks/pre-receive': '#!/bin/sh\necho not today >&2\nexit 1\n' })
    remote.chmod('hooks/pre-receive', 0o755)
    expect(await push(parts, imported.quarantine, await request())).toMatchObject({
      state: 'failed',
      why: 'rejected',
    })
    const elsewhere = { ...(await request()), url: join(world.root, 'nowhere') }
    expect(await push(parts, imported.quarantine, elsewhere)).toMatchObject({
      state: 'failed',
      why: 'unreachable',
    })
    const helper = { ...(await request()), url: 'ext::sh -c touch% /tmp/x' }
    expect(await push(parts, imported.quarantine, helper)).toMatchObject({ state: 'failed', why: 'scheme' })
  })
})

describe('part of S35: the way back', () => {
  beforeAll(prepare)
  /** Files and branch as after the delivery. */
  const atMade = () => {
    production.git('reset', '-q', '--hard', made)
    production.git('clean', '-qfd')
  }

  test('where nothing was pushed, the branch steps back, and the proposal stays', async () => {
    await delivered()
    expect(await moveBranch(parts, await move(made, before))).toMatchObject({ ok: true })
    expect(production.git('rev-parse', 'main')).toBe(before)
    expect(production.git('rev-parse', 'refs/sekisho/CHG-2026-0001')).toBe(tip)
    expect(production.git('diff', '--cached', '--name-only', 'main')).toBe('')
    expect(await backRefused(parts, await stateOf(), beforeTree)).toBeUndefined()
  })

  test('where it was pushed, a commit whose tree equals the one before', async () => {
    await delivered()
    const tree = await revertTree(imported.quarantine, {
      tip: imported.candidate,
      before: imported.deployed,
      after: imported.candidate,
    })
    expect(tree).toEqual({ ok: true, tree: beforeTree })
    const back = await commitOf(beforeTree, made)
    await deliver(parts, imported.quarantine, await move(made, back))
    expect(production.git('rev-parse', 'main^', 'main^{tree}').split('\n')).toEqual([made, beforeTree])
    expect(await backRefused(parts, await stateOf(), beforeTree)).toBeUndefined()
    const pushed = { repository: await stateOf(), url: remote.path, commit: back, scratch }
    expect(await push(parts, imported.quarantine, pushed)).toEqual({ state: 'pushed' })
  })

  test('what later commits changed elsewhere stays; a path that they changed again is refused by name', async () => {
    atMade()
    const later = production.commit('later', { 'b.js': 'later\n' })
    const without = async () =>
      importReverted(parts, {
        repository: await stateOf(),
        before,
        after: made,
        directory: world.directory(),
        scratch,
        atSeconds: AT,
      })
    const answer = await without()
    if (!answer.ok) throw new Error(JSON.stringify(answer))
    const { candidate, deployed, changes, quarantine } = answer.imported
    production.git('revert', '--no-edit', made)
    expect(candidate.tree).toBe(production.git('rev-parse', 'HEAD^{tree}'))
    expect([deployed.commit, changes.map(({ path }) => path)]).toEqual([
      later,
      expect.not.arrayContaining(['b.js']),
    ])
    const said = await quarantine.git(['log', '-1', '--format=%P %s', candidate.commit])
    expect(said.stdout).toMatch(new RegExp(`^${later} Revert: `))
    expect(await without()).toMatchObject({ code: 'code.changed_again' })
    production.git('reset', '-q', '--hard', later)
    production.commit('again', { 'a.js': 'four\n' })
    expect(await without()).toMatchObject({ code: 'code.changed_again', detail: { path: 'a.js' } })
  })

  test('to a given commit: it is taken from production, and its tree is that of git', async () => {
    atMade()
    const first = production.git('rev-parse', `${before}~1`)
    const known = async (commit: string) =>
      importKnown(parts, { repository: await stateOf(), commit, directory: world.directory(), scratch })
    const answer = await known(first)
    if (!answer.ok) throw new Error(JSON.stringify(answer))
    const { candidate, changes } = answer.imported
    expect(candidate.tree).toBe(production.git('rev-parse', `${first}^{tree}`))
    expect(changes.map(({ path }) => path)).toContain('b.js')
    const back = await makeCommit(answer.imported.quarantine, {
      tree: candidate.tree,
      parent: made,
      message: BODY,
      author: { name: 'a', email: 'a' },
      atSeconds: AT,
    })
    if (!back.ok) throw new Error(JSON.stringify(back))
    expect(await deliver(parts, answer.imported.quarantine, await move(made, back.commit))).toMatchObject({
      ok: true,
    })
    expect(
      await backRefused(parts, await stateOf(), production.git('rev-parse', `${first}^{tree}`)),
    ).toBeUndefined()
    expect(await known('2'.repeat(40))).toMatchObject({ code: 'code.commit_unknown' })
  })

  test('part of E1: the rollback that the guide writes leaves the bad tree, and is refused by it', async () => {
    atMade()
    production.git('reset', '-q', '--soft', 'HEAD~1')
    production.git('add', '.')
    production.git('commit', '-q', '-m', 'rollback')
    expect(blob('a.js')).not.toBe(production.git('rev-parse', `${before}:a.js`))
    expect(await backRefused(parts, await stateOf(), beforeTree)).toMatchObject({
      code: 'code.back_tree',
      detail: { intended: beforeTree, found: imported.candidate.tree },
    })
  })
})

test('a file that git cannot write is named, and the branch stays', async () => {
  production.git('reset', '-q', '--hard', before)
  writeFileSync(join(production.path, '.git/refs/heads/main.lock'), '')
  expect(await delivered()).toMatchObject({ code: 'code.delivery_failed' })
  expect(production.git('rev-parse', 'main')).toBe(before)
})
