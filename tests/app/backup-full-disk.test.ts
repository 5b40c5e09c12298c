// F5: the data's own disk is full. A restore that has no room is refused before anything is touched or asked of anybody; one that was laid out and
// tried in time changes places on a disk without a free byte.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sweep } from '../../src/app/sweep.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { type Disk, openDisk } from '../host/disk.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

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

  test('a small backup is made on a small disk: it needs what it writes and what the rules keep free, and not 1 GiB', async () => {
    const there = join(disk.path, 'copies')
    mkdirSync(there)
    await scene.rewritePolicy((yaml) => yaml.replace(join(scene.directory, 'copies'), there))
    const now = await order(scene, 'backup')
    expect(now.copies[0], JSON.stringify(now.failures)).toMatchObject({ to: there, level: 'content' })
  })

  test('without room on a volume a change is not tried, which says so; one that is approved waits and keeps its approval', async () => {
    const conf = join(disk.path, 'app.conf')
    writeFileSync(conf, 'limit = 1\n')
    await scene.rewritePolicy((yaml) =>
      yaml.replace(
        '    configs:\n',
        `    configs:\n      - { path: ${conf}, kind: file, activation: none }\n`,
      ),
    )
    const wish = (content: string) => ({
      files: [{ kind: 'write' as const, path: conf, base64: Buffer.from(content).toString('base64') }],
    })
    const approved = await scene.sealed('dev', '', wish('limit = 2\n'))
    expect(approved.state, JSON.stringify(approved.checks)).toBe('awaiting_approval')
    disk.fill(30_000_000)
    const late = await scene.call<ChangeView>('dev', 'POST', '/changes', {
      pattern: 'config',
      service: 'app',
      instruction: { text: 'set the limit' },
      ...wish('limit = 3\n'),
    })
    const tried = await scene.call<ChangeView>('dev', 'POST', `/changes/${late.body.id}/try`)
    expect(tried.body.state).toBe('blocked')
    expect(tried.body.checks.find(({ check }) => check === 'trial')).toMatchObject({
      verdict: 'not_tried',
      problems: [{ code: 'runner.low_space' }],
    })
    const typing = await commandLine(scene)
    try {
      const en = await typing.type('en', 'change', 'approve', approved.id)
      expect([en.exit, en.err]).toEqual([3, expect.stringContaining('It cannot start now: too little space')])
      const ja = await typing.type('ja', 'change', 'approve', approved.id)
      expect(ja.err).toContain('承認は使われません')
    } finally {
      await typing.close()
    }
    expect((await scene.approve('ops1', approved.id)).body.state).toBe('approved')
    await sweep(scene.gate)
    const run = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${approved.id}/run`)
    expect(run.body.code).toBe('runner.low_space')
    const waits = (await scene.call<ChangeView>('ops1', 'GET', `/changes/${approved.id}`)).body
    expect(waits).toMatchObject({ state: 'approved', decisions: [{ live: true }] })
    await disk.empty()
    await sweep(scene.gate)
    const begun = await scene.until(approved.id, 'awaiting_keep', 'closed', 'void')
    expect(begun.state, JSON.stringify(begun.moved)).toBe('awaiting_keep')
    expect(readFileSync(conf, 'utf8')).toBe('limit = 2\n')
  })
})
