// Which paths somebody else can lead elsewhere: by a link, by the owner of a directory above, by whoever may write there.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { movableComponent } from './movable.ts'

const STRANGER = 65_534
const uid = process.geteuid?.() ?? 0

let base: string
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'sys-movable-')))
  mkdirSync(join(base, 'app/jobs'), { recursive: true })
})
afterEach(() => rmSync(base, { recursive: true }))

const at = (name: string) => join(base, name)
const seen = async (name: string) => {
  const found = await movableComponent(at(name), uid)
  return found === undefined ? undefined : [found.path.slice(base.length + 1), found.why]
}

test('a link anywhere on the way, and a directory above in which others may write', async () => {
  expect(await seen('app/jobs')).toBeUndefined()
  symlinkSync(at('app'), at('current'))
  expect(await seen('current/jobs')).toEqual(['current', 'link'])
  symlinkSync(at('app'), at('app/link'))
  expect(await seen('app/link')).toEqual(['app/link', 'link'])
  for (const mode of [0o775, 0o757]) {
    chmodSync(at('app'), mode)
    expect(await seen('app/jobs')).toEqual(['app', 'writable'])
    expect(await seen('app/missing')).toEqual(['app', 'writable'])
    // Which directory it is depends on the one above it.
    expect(await seen('app')).toBeUndefined()
  }
})

test('in a sticky directory an entry of ours stays, and a missing one may be made by others', async () => {
  chmodSync(at('app'), 0o1777)
  expect(await seen('app/jobs')).toBeUndefined()
  expect(await seen('app/missing')).toEqual(['app/missing', 'writable'])
  chmodSync(at('app'), 0o755)
  expect(await seen('app/missing')).toBeUndefined()
})

test.runIf(uid === 0)('the last component may be anybody’s, those above it may not', async () => {
  chownSync(at('app/jobs'), STRANGER, STRANGER)
  expect(await seen('app/jobs')).toBeUndefined()
  chmodSync(at('app'), 0o1777)
  expect(await seen('app/jobs')).toEqual(['app/jobs', 'owner'])
  chownSync(at('app'), STRANGER, STRANGER)
  expect(await seen('app/jobs')).toEqual(['app', 'owner'])
})
