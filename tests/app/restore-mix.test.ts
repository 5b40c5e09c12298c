// A mix over two copies of a repository: of two data directories no backup holds both sound, and each comes from another copy that was fetched.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import { approveTyped, layOut, order, sealRestore, signBackups } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
const NAMES = ['articles', 'notes'] as const
const at = (...names: string[]) => join(scene.directory, 'world', ...names)
const records = (name: string, count = 20) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `${name}${i}` })))
const put = (name: string, text: string) => writeFileSync(at(name, 'all.json'), text)
const fetched = (stage: string) => join(scene.directory, 'data', 'runner', 'fetched', stage)

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  const to = join(scene.directory, 'copies')
  const repository = join(scene.directory, 'repository')
  for (const path of [to, repository, ...NAMES.map((name) => at(name))]) mkdirSync(path)
  for (const name of NAMES) put(name, records(name))
  await connectRunner(join(scene.directory, 'data', 'run', 'admin.sock')).ask('secret', {
    service: 'app' as ServiceName,
    key: 'backup/far',
    base64: Buffer.from('password of the repository').toString('base64'),
  })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        '    data:',
        ...NAMES.map(
          (name) =>
            `      - { dir: ${at(name)}, format: json, invariants: { all.json: { id: id, require: [id], minRecords: 1 } } }`,
        ),
        '    backup:',
        '      every: 6h',
        '      timezone: UTC',
        `      copies: [{ name: local, to: ${to} }, { name: far, kind: restic, to: ${repository}, credential: far }]`,
        '    configs:',
        '',
      ].join('\n'),
    ),
  )
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
})

test('part of N07: each directory comes from the newest copy that holds it sound, both fetched from a repository', async () => {
  const [older] = (await order(scene, 'backup')).copies
  put('articles', '[]')
  put('notes', records('notes', 21))
  const [newer] = (await order(scene, 'backup')).copies
  put('notes', '[]')
  rmSync(join(scene.directory, 'copies', 'daily'), { recursive: true })

  const wish = { kind: 'full', from: 'last-known-good', copy: 'far' } as const
  const whole = await layOut(scene, wish)
  expect(whole.state, JSON.stringify(whole)).toBe('ready')
  expect(readdirSync(fetched(whole.stage))).toEqual([`${older?.backup}-far`])

  const mixed = await layOut(scene, { ...wish, mix: true })
  expect(mixed.state, JSON.stringify(mixed)).toBe('ready')
  expect(readdirSync(fetched(mixed.stage)).sort()).toEqual([`${older?.backup}-far`, `${newer?.backup}-far`])
  const sealed = await sealRestore(scene, mixed.stage)
  expect(sealed.status, sealed.text).toBe(200)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(NAMES.map((name) => readFileSync(at(name, 'all.json'), 'utf8'))).toEqual([
    records('articles'),
    records('notes', 21),
  ])
})
