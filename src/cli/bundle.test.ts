// What is sent of a commit: one bundle that git takes back, within the limit.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { bundleOf } from './bundle.ts'

let root: string
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@example.jp', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sekisho-sent-'))
  git('init', '-q', '-b', 'main')
  writeFileSync(join(root, 'a'), 'one\n')
  git('add', '-A')
  git('commit', '-qm', 'first')
  writeFileSync(join(root, 'large'), randomBytes(400_000))
  git('add', '-A')
  git('commit', '-qm', 'second')
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

test('what is new comes as one bundle that git verifies; above the limit it is refused by name', async () => {
  const deployed = git('rev-parse', 'HEAD~1')
  const { commit, bytes } = await bundleOf(run, root, 'HEAD', { commit: deployed, branch: 'main' })
  expect(commit).toBe(git('rev-parse', 'HEAD'))
  const file = join(root, '..', `${root.split('/').at(-1)}.bundle`)
  writeFileSync(file, bytes)
  try {
    expect(git('bundle', 'verify', file)).toContain(deployed)
  } finally {
    rmSync(file)
  }
  await expect(
    bundleOf(run, root, 'HEAD', { commit: deployed, branch: 'main' }, 300_000),
  ).rejects.toMatchObject({
    code: 'code.bundle_too_large',
    detail: { limit: 300_000 },
  })
})
