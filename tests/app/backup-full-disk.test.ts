// F5: the data's own disk is full. A restore that has no room is refused before anything is touched or asked of anybody; one that was laid out and
// tried in time changes places on a disk without a free byte.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { type Disk, openDisk } from '../host/disk.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

describeWith('loop', 'F5 the disk of the data is full', () => {
  let disk: Disk
  let scene: Scene
  let data: string
  const text = (count: number) =>
    JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))
  const live = () => readFileSync(join(data, 'articles.json'), 'utf8')
  const staged = () => readdirSync(join(disk.path, '.sekisho-staging'))

  beforeAll(async () => {
    disk = await openDisk('ext4', 256)
    scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
    data = join(disk.path, 'data')
    const to = join(scene.directory, 'copies')
    for (const path of [data, to]) mkdirSync(path)
    writeFileSync(join(data, 'users.json'), '[]', { mode: 0o600 })
    writeFileSync(join(data, 'articles.json'), text(51))
    const picture = createHash('shake256', { outputLength: 8_000_000 }).update('picture').digest()
    writeFileSync(join(data, 'picture'), picture)
    await scene.rewritePolicy(withBackup(data, to))
    await signBackups(scene)
    expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
    writeFileSync(join(data, 'articles.json'), '[]')
  })
  afterAll(async () => {
    await scene?.end()
    await disk?.[Symbol.asyncDispose]()
  })

  test('without room a restore is not begun: it says how much is missing where, and nothing is left', async () => {
    disk.fill(5_000_000)
    const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
    expect(laid, JSON.stringify(laid)).toMatchObject({ state: 'failed', code: 'backup.no_space' })
    const told = JSON.stringify(laid)
    expect(told).toContain(disk.path)
    expect(staged()).toEqual([])
    expect(live()).toBe('[]')
    await disk.empty()
  })

  test('laid out and tried in time, it changes places on a disk without a free byte', async () => {
    const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
    expect(laid, JSON.stringify(laid)).toMatchObject({ state: 'ready' })
    const sealed = await sealRestore(scene, laid.stage)
    expect(sealed.status, sealed.text).toBe(200)
    disk.fill(0)
    expect(disk.freeBytes()).toBeLessThan(4096)
    await approveTyped(scene, sealed.body.id, 'app')
    const end = await scene.until(sealed.body.id, 'closed')
    expect(end.execution, JSON.stringify(end.execution)).toMatchObject({ outcome: 'kept' })
    expect(live()).toBe(text(51))
    await disk.empty()
  })
})
