// A trial speaks only for the files that it was made on: what moved since is tried again before anybody is asked.
import { lchownSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { problemLines } from '../../src/words/problem.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
/** A declared name that leads to the declared file: its owner is a part of the baseline, and of no plan. */
let link: string
let other: string
beforeAll(async () => {
  scene = await openScene({ files: 3 })
  link = join(scene.directory, 'world', 'app1.conf')
  other = join(scene.directory, 'world', 'app2.conf')
  rmSync(link)
  symlinkSync(scene.file, link)
})
afterAll(async () => {
  await scene?.end()
})

const verb = (id: string, name: string) =>
  scene.call<ChangeView & { code: string }>('dev', 'POST', `/changes/${id}/${name}`)
const trialOf = ({ checks }: ChangeView) => checks.find(({ check }) => check === 'trial')

test('what was tried before a target moved is not sealed: it is tried again', {
  timeout: 120_000,
}, async () => {
  const made = await scene.call<ChangeView>('dev', 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'set the limit' },
    impact: 'more',
    risk: 'disk',
    files: [{ kind: 'write', path: link, base64: Buffer.from('limit = 20\n').toString('base64') }],
  })
  const { id } = made.body
  const tried = await scene.attempt('dev', id)
  expect(tried.body.state, JSON.stringify(tried.body.checks, null, 1)).toBe('ready')
  expect(trialOf(tried.body)?.verdict).toBe('green')

  lchownSync(link, 12, 13)
  expect((await verb(id, 'seal')).body.code).toBe('seal.checks_open')
  const checked = await verb(id, 'check')
  expect(checked.body.checks.find(({ check }) => check === 'baseline')?.verdict).toBe('green')
  expect(trialOf(checked.body)).toMatchObject({ verdict: 'unknown', problems: [{ code: 'trial.moved' }] })
  expect(checked.body.state).toBe('blocked')
  expect((await verb(id, 'seal')).status).not.toBe(200)

  expect((await scene.attempt('dev', id)).body.state).toBe('ready')
  expect((await scene.seal('dev', id)).status).toBe(200)
  await scene.approve('ops1', id)
  expect((await scene.until(id, 'closed')).execution?.outcome).toBe('kept')
})

test('a link to a declared file is tried as it will lead, and one that leaves the inventory is refused in words', {
  timeout: 120_000,
}, async () => {
  const wished = (target: string) =>
    scene.call<ChangeView>('dev', 'POST', '/changes', {
      pattern: 'config',
      service: 'app',
      instruction: { text: 'one file for both' },
      impact: 'none',
      risk: 'none',
      files: [{ kind: 'link', path: other, target }],
    })
  const good = await scene.attempt('dev', (await wished(scene.file)).body.id)
  expect(trialOf(good.body)).toMatchObject({ verdict: 'green', problems: [] })
  const bad = await scene.attempt('dev', (await wished('/etc/shadow')).body.id)
  expect(trialOf(bad.body)?.verdict).toBe('red')
  const [problem] = trialOf(bad.body)?.problems ?? []
  for (const language of ['ja', 'en'] as const) {
    const said = problem === undefined ? '' : problemLines(problem, language).join(' ')
    expect(said).toContain(`${other}`)
    expect(said).not.toMatch(/[{}]|trial-|file\.link/)
  }
})
