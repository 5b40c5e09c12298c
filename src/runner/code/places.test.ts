// A deployment in place: which changed paths would exchange a file with a directory, and where what comes is prepared.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../../tests/until.ts'
import { sha256 } from '../../base/hash.ts'
import type { CodeFile } from '../../plans/code.ts'
import type { CodeContext } from './context.ts'
import { changesKind, rootsPlace, treePlaces } from './places.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-places-'))
  await mkdir(join(root, 'data'))
  await writeFile(join(root, 'data/untracked'), '')
  await writeFile(join(root, 'file'), '')
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a file where a directory stands, and a directory where a file stands, are told', async () => {
  expect(await changesKind(root, 'data')).toBe(true)
  expect(await changesKind(root, 'file/below')).toBe(true)
})

test('a file over a file, and new files in old and new directories, are not', async () => {
  for (const path of ['file', 'data/untracked', 'data/new', 'new/below', 'other'])
    expect(await changesKind(root, path), path).toBe(false)
})

/** Its owner renames what root prepares in the directory, and exchanges each file for a link while rights are given. */
const ATTACKER = `
import os, sys, time
parent, victim = sys.argv[1], sys.argv[2]
os.setgroups([]); os.setgid(1900000002); os.setuid(1900000002)
print('ready', flush=True)
while True:
    for name in os.listdir(parent):
        if not name.startswith('.code.sekisho-'): continue
        beside = parent + '/' + name
        try:
            if os.stat(beside).st_uid == 0:
                os.rename(beside, parent + '/.away-' + name); os.mkdir(beside, 0o777); os.chmod(beside, 0o777)
            for one in os.listdir(beside):
                path = beside + '/' + one
                if not os.path.islink(path): os.unlink(path); os.symlink(victim, path)
        except OSError: pass
`
const ACCOUNT = 1_900_000_002

describe.runIf(process.geteuid?.() === 0)('a work tree whose directory above belongs to the service', () => {
  test('what root prepares lies where that account can rename nothing', async () => {
    await chmod(root, 0o755)
    const home = join(root, 'home')
    const tree = join(home, 'code')
    await mkdir(tree, { recursive: true })
    for (const one of [home, tree]) await chown(one, ACCOUNT, ACCOUNT)
    const victim = join(root, 'victim')
    await writeFile(victim, 'root only\n', { mode: 0o600 })
    const noted: string[] = []
    const attacker = spawn('python3', ['-c', ATTACKER, home, victim], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      await once(attacker.stdout, 'data')
      const files = Array.from(
        { length: 200 },
        (_, i): CodeFile => ({
          path: `f${i}.js`,
          kind: 'added',
          after: { mode: '100644', digest: sha256('x\n'), size: 2 },
        }),
      )
      const context = {
        parts: { root: true },
        rules: { repo: { path: tree } },
        stage: '0'.repeat(32),
        note: async (path: string) => void noted.push(path),
      } as unknown as CodeContext
      const places = await treePlaces(files, async () => Buffer.from('x\n'), context)
      expect(places).toHaveLength(200)
    } finally {
      attacker.kill('SIGKILL')
    }
    const after = await stat(victim)
    expect([after.uid, after.mode & 0o7777]).toEqual([0, 0o600])
    expect(noted).toEqual([join(root, `.code.sekisho-${'0'.repeat(32)}`)])
  })

  test('where no such directory is on the volume, the deployment is refused by name', async () => {
    const tree = join(root, 'code')
    const mount = `mount -t tmpfs none ${root} && mkdir ${tree} && chown ${ACCOUNT} ${root} && sleep infinity`
    const other = spawn('unshare', ['--mount', 'sh', '-c', mount], { stdio: 'ignore' })
    try {
      const seen = `/proc/${other.pid}/root${root}`
      await until('the volume', 30_000, async () => {
        const code = await stat(`${seen}/code`).catch(() => undefined)
        return code !== undefined && (await stat(seen)).uid === ACCOUNT ? true : undefined
      })
      await expect(rootsPlace(`${seen}/code`)).rejects.toMatchObject({ code: 'deploy.place_open' })
    } finally {
      other.kill('SIGKILL')
    }
  })
})
