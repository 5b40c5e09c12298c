import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDirectories } from './cluster.ts'
import { layout } from './layout.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'sk-db-'))
})
afterEach(async () => {
  await rm(data, { recursive: true })
})

test('D5 who starts the store alone reaches its socket, also where others could before', async () => {
  const place = layout(data)
  await makeDirectories(place, undefined, undefined)
  await chmod(place.socket, 0o755)
  await makeDirectories(place, undefined, undefined)
  expect((await stat(place.socket)).mode & 0o7777).toBe(0o700)
})

test.runIf(process.getuid?.() === 0)(
  "D5 of the others the gate's group alone reaches the socket",
  async () => {
    const place = layout(data)
    await makeDirectories(place, { uid: 65_533, gid: 65_533 }, { uid: 65_534, gid: 65_534 })
    const { mode, uid, gid } = await stat(place.socket)
    expect([mode & 0o7777, uid, gid]).toEqual([0o2750, 65_533, 65_534])
  },
)
