import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { render } from '../../src/cli/commands/check.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { written } from '../../src/cli/test-streams.ts'
import type { CheckView } from '../../src/contract/check.ts'
import { columns } from '../../src/words/layout.ts'
import { order, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let log: string
let data: string
beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  log = join(scene.directory, 'world', 'error.log')
  for (const one of [data, to]) mkdirSync(one)
  writeFileSync(join(data, 'articles.json'), '[{"id":"a1","title":"one","tags":[]}]')
  await scene.rewritePolicy((yaml) =>
    withBackup(data, to)(yaml).replace('    configs:\n', `    logs: { error: ${log} }\n    configs:\n`),
  )
})
afterAll(async () => {
  await scene?.end()
})

async function look(name: string, service = 'app') {
  const found = await scene.call<CheckView>('dev', 'GET', `/checks/${name}?service=${service}`)
  expect(found.status, found.text).toBe(200)
  const items = found.body.services[0]?.items ?? []
  return { view: found.body, code: (item: string) => items.find((one) => one.item === item)?.code, items }
}

test('S49 E6 each item is looked at now; without a log there is no number, and one new error among old ones is one', async () => {
  const first = await look('daily')
  expect(first.code('errors')).toBe('check.no_log')
  const day = 86_400_000
  const line = (before: number) => `${new Date(Date.now() - before).toISOString()} ERROR no answer\n`
  writeFileSync(log, line(3 * day).repeat(500) + line(60_000))
  const second = await look('daily')
  expect(second.items.find(({ item }) => item === 'errors')).toMatchObject({
    state: 'red',
    code: 'check.errors',
    values: { count: 1, atLeast: false },
  })
  writeFileSync(log, line(3 * day).repeat(500))
  expect((await look('daily')).code('errors')).toBe('check.no_errors')
  rmSync(log)
  expect((await look('daily')).code('errors')).toBe('check.no_log')
  // Never signed for, so never made; no unit and no health are declared here.
  expect([first.code('backup'), first.code('service'), first.code('api')]).toEqual([
    'check.not_backed_up',
    'check.no_unit',
    'check.no_health_declared',
  ])
  expect(['check.disk', 'check.disk_full']).toContain(first.code('disk'))
  expect(['check.memory', 'check.memory_full']).toContain(first.code('memory'))
})

test('S50 E7 the weekly check is red before a restore was tried, and where the newest data breaks its rules', async () => {
  const before = await look('weekly')
  expect([before.code('restored'), before.code('integrity')]).toEqual([
    'check.never_restored',
    'check.content_never_read',
  ])
  await signBackups(scene)
  await order(scene, 'backup')
  await order(scene, 'drill')
  const good = await look('weekly')
  expect([good.code('restored'), good.code('integrity')]).toEqual(['check.restored', 'check.content_good'])
  writeFileSync(join(data, 'articles.json'), '[]')
  await order(scene, 'backup')
  const bad = await look('weekly')
  expect(bad.code('integrity')).toBe('check.content_bad')
  for (const language of ['ja', 'en'] as const) {
    const text = render(
      bad.view,
      new Terminal({ language, json: false, ascii: false, streams: written().streams }),
      'Asia/Tokyo',
    )
    expect(text).toContain('sekisho restore full --last-known-good --service app')
    expect(text).not.toMatch(/undefined|…|check\./)
    for (const row of text.split('\n')) expect(columns(row), row).toBeLessThanOrEqual(80)
  }
})

test('an unknown check or service is refused by name', async () => {
  const check = await scene.call('dev', 'GET', '/checks/monthly')
  expect(check.status).toBe(400)
  const service = await scene.call<{ code: string }>('dev', 'GET', '/checks/daily?service=other')
  expect([service.status, service.body.code]).toEqual([404, 'service.unknown'])
  expect((await scene.call('nobody', 'GET', '/checks/daily')).status).toBe(401)
})
