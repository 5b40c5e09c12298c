import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { cloneTree } from './clone.ts'
import { cloneDirectory } from './clone-fast.ts'
import { differencesOf, fingerprintsOf } from './fingerprint.ts'

const isRoot = process.getuid?.() === 0
const place = mkdtempSync(join(tmpdir(), 'sekisho-clone-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))
const BASE = 1_879_048_192
const owner = (uid: number, gid: number) => ({ uid: BASE + uid, gid: BASE + gid })
const limits = { bytes: 1_000_000, files: 1_000 }

function treeOf(name: string, ids: (path: string) => number): string {
  const root = join(place, name)
  mkdirSync(join(root, 'a/b'), { recursive: true })
  mkdirSync(join(root, '.git/objects'), { recursive: true })
  mkdirSync(join(root, 'releases/old'), { recursive: true })
  for (const path of ['one', 'a/two', 'a/b/three', '.git/objects/x', 'releases/old/y'])
    writeFileSync(join(root, path), path)
  chmodSync(join(root, 'a/two'), 0o640)
  chmodSync(join(root, 'a/b'), 0o700)
  symlinkSync('/etc/hostname', join(root, 'out'))
  for (const path of ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })])
    lchownSync(join(root, path), ids(path), ids(path))
  return root
}

describe.runIf(isRoot)('a clone', () => {
  test.each([
    ['of root', () => 0],
    ['of one account', () => 901],
    ['of two accounts', (path: string) => (path.startsWith('a') ? 901 : 0)],
  ] as const)(
    'of a tree %s is the same by either way, and what is left out is not there',
    async (name, ids) => {
      const from = treeOf(name.replaceAll(' ', '-'), ids)
      const leave = ['.git', 'releases']
      const request = (to: string) => ({ from, to, path: '/srv/x', leave, owner, limits })
      await cloneTree(request(`${from}-slow`))
      await cloneDirectory(run, request(`${from}-fast`))
      const look = (root: string) => fingerprintsOf([{ root, path: '/srv/x' }], [], BASE)
      const [slow, fast] = [await look(`${from}-slow`), await look(`${from}-fast`)]
      expect([...fast.keys()].sort()).toEqual(
        ['', '/a', '/a/b', '/a/b/three', '/a/two', '/one', '/out'].map((one) => `/srv/x${one}`),
      )
      expect(differencesOf(slow, fast, 'back')).toEqual([])
      // The same as production, but for the ids that stand for its owners.
      const live = await fingerprintsOf(
        [{ root: from, path: '/srv/x' }],
        ['/srv/x/.git', '/srv/x/releases'],
        0,
      )
      expect(differencesOf(live, fast, 'back')).toEqual([])
      expect(lstatSync(`${from}-fast/one`).uid).toBe(BASE + ids('one'))
    },
  )

  test('names files of several names, and stops at its limit', async () => {
    const from = treeOf('links', () => 0)
    linkSync(join(from, 'one'), join(from, 'again'))
    const request = { from, path: '/srv/x', leave: [], owner }
    const clone = await cloneDirectory(run, { ...request, to: `${from}-clone`, limits })
    expect(clone.notCompared).toContainEqual({ what: '/srv/x/again', why: 'hard_link' })
    const over = await cloneDirectory(run, {
      ...request,
      to: `${from}-over`,
      limits: { bytes: 10, files: 1_000 },
    })
    expect(over.over).toBe(true)
  })
})
