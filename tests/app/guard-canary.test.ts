// S01 with a canary: an agent's account that may delete the data, once with the hook in front of it and once without. Which of the runs
// has the rights to delete is what the second one shows.
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUILTIN } from '../../src/guard/policy.ts'
import { run } from '../../src/sys/process.ts'
import { hookProgram } from './hook-program.ts'

const isRoot = process.getuid?.() === 0
const AGENT = 61_234
const account = isRoot ? { uid: AGENT, gid: AGENT } : {}

let root: string
let app: string
let canary: string
let program: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-canary-'))
  await chmod(root, 0o755)
  program = await hookProgram(root)
  app = join(root, 'app')
  canary = join(app, 'backend/data/users.json')
  await mkdir(join(root, 'guard/spool'), { recursive: true })
  await chmod(join(root, 'guard/spool'), 0o1733)
  const data = {
    name: 'data',
    kind: 'data',
    service: 'backend',
    read: 'allow',
    write: 'deny',
    delete: 'deny',
  }
  const policy = {
    ...BUILTIN,
    version: 'canary',
    level: 'guard',
    protect: [{ ...data, paths: [`${app}/backend/data/**`] }],
  }
  await writeFile(join(root, 'guard/guard.json'), JSON.stringify(policy))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function plant(): Promise<void> {
  await rm(app, { recursive: true, force: true })
  await mkdir(join(app, 'backend/data/sub'), { recursive: true })
  await writeFile(canary, 'canary')
  await writeFile(join(app, 'backend/data/sub/more.json'), 'canary')
  await writeFile(join(app, 'clean.sh'), 'rm -rf backend/data\n')
  await writeFile(join(app, 'outer'), '#!/bin/sh\nset -e\n. ./clean.sh\n', { mode: 0o755 })
  await writeFile(join(app, 'start.sh'), 'cat backend/data/users.json >/dev/null; echo started\n')
  if (!isRoot) return
  for (const path of [
    '.',
    'backend',
    'backend/data',
    'backend/data/sub',
    'backend/data/users.json',
    'backend/data/sub/more.json',
  ])
    await chown(join(app, path), AGENT, AGENT)
}

/** What an agent's program does: it asks the hook, and runs the line when there is no objection. */
async function agent(command: string, guarded: boolean): Promise<'refused' | 'ran'> {
  if (guarded) {
    const input = JSON.stringify({
      session_id: 's',
      cwd: app,
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command },
    })
    const argv = [
      process.execPath,
      program,
      'hook',
      'claude-code',
      '--guard',
      join(root, 'guard'),
      '--lang',
      'en',
    ]
    const { code, stdout } = await run(argv, { input, ...account, env: { HOME: '/nonexistent' } })
    if (code !== 0 || stdout !== '') return 'refused'
  }
  await run(['bash', '-c', command], { cwd: app, ...account })
  return 'ran'
}
const lives = () =>
  readFile(canary, 'utf8').then(
    (text) => text === 'canary',
    () => false,
  )

const SPELLINGS: readonly string[] = [
  'rm -rf backend/data/*',
  'rm -rf backend',
  'rm -r -f ./backend/../backend/data',
  'cd backend && rm -rf data',
  'cd backend/data; rm -f *.json; rm -rf sub',
  'D=backend/data; rm -rf "$D"',
  'rm -rf back"end"/da\'ta\'',
  'rm -rf backend/d[a]t?',
  'rm -rf backend/{data,cache}',
  'find backend/data -type f -delete',
  'find . -name "*.json" -exec rm {} +',
  'ls -d backend/data/* | xargs rm -rf',
  "sh -c 'rm -rf backend/data'",
  'eval "rm -rf backend/data"',
  'echo cm0gLXJmIGJhY2tlbmQvZGF0YQ== | base64 -d | sh',
  'command rm -rf backend/data',
  'env X=1 nice rm -rf backend/data',
  'bash clean.sh',
  './outer --now',
  'source clean.sh',
  'mv backend/data /tmp/sekisho-canary-gone-$$ && rm -rf /tmp/sekisho-canary-gone-$$',
  'mkdir empty && rsync -a --delete empty/ backend/data/',
  'python3 -c "import shutil; shutil.rmtree(\'backend/data\')"',
  'truncate -s 0 backend/data/users.json',
  ': > backend/data/users.json',
  'shopt -s dotglob; rm -rf backend/data/{.,}*',
]

describe('part of S01: the canary in production data', () => {
  test.each(SPELLINGS)('%s', async (command) => {
    await plant()
    expect(await agent(command, true)).toBe('refused')
    expect(await lives()).toBe(true)
  })

  test('without the guard the same account deletes it: the rights were there', async () => {
    let gone = 0
    for (const command of SPELLINGS) {
      await plant()
      await agent(command, false)
      if (!(await lives())) gone++
    }
    // rsync or python3 may not be on a machine; what every machine has is enough for the proof.
    expect(gone).toBeGreaterThanOrEqual(SPELLINGS.length - 4)
  })

  test('reading the same data is free', async () => {
    await plant()
    for (const command of [
      'cat backend/data/users.json',
      'find backend/data -type f',
      'grep -r canary backend/data | wc -l',
      'bash start.sh',
    ])
      expect(await agent(command, true), command).toBe('ran')
  })
})
