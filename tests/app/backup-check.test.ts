// The check *backup* of a change of data: no change without a copy that counts, read as deeply as is asked, not older than a day.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { BACKUPS, signBackups } from './backup-story.ts'
import { knowsFarCopy } from './far-copy.ts'
import { openScene, type Scene } from './scene.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
let scene: Scene
let to: string

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  to = join(scene.directory, 'copies')
  mkdirSync(to)
})
afterAll(async () => {
  await scene?.end()
})

const declare = (lines: string) =>
  scene.rewritePolicy((yaml) => yaml.replace(/( {4}host: local\n)(?:.*\n)*?( {4}configs:\n)/, `$1${lines}$2`))
/** The file is JSON data for this test; what shows whether it is in effect is its service's answer. */
const withRules = () =>
  `    data: [{ dir: ${dirname(scene.file)}, change: gate, format: json, invariants: { app.conf: { id: id, require: [id, title], types: { title: string }, minRecords: 1 } } }]\n`
const data = (change: string) => `    data: [{ dir: ${dirname(scene.file)}, change: ${change} }]\n`

function create(content: string) {
  return scene.call<ChangeView & { code?: string }>('dev', 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'データの設定を直して' },
    impact: 'the limit is another one',
    risk: 'none that is known',
    notification: 'not_needed',
    files: [{ kind: 'write', path: scene.file, base64: Buffer.from(content).toString('base64') }],
  })
}
const backupOf = (view: ChangeView) => view.checks.find(({ check }) => check === 'backup')
const whyOf = (view: ChangeView) => backupOf(view)?.problems.map(({ code }) => code)

const knows = (ageMs: number, level?: 'digest' | 'content') => knowsFarCopy(scene, ageMs, level)

test('data that only an API changes is not written as files', async () => {
  await declare(data('api-only'))
  const refused = await create('limit = 11\n')
  expect([refused.status, refused.body.code]).toEqual([403, 'plan.data_api_only'])
})

test('part of S08: without a backup nothing is sealed', async () => {
  await declare(data('gate'))
  const made = await create('limit = 12\n')
  const tried = await scene.attempt('dev', made.body.id)
  expect(tried.body.state).toBe('blocked')
  expect(whyOf(tried.body)).toEqual(['backup.none'])
  const sealed = await scene.call<{ code?: string }>('dev', 'POST', `/changes/${made.body.id}/seal`)
  expect(sealed.status).toBeGreaterThanOrEqual(400)
})

test('part of S06: a missing one is taken at once by what the owner signed; on the disk of the data it does not count', async () => {
  await declare(`${data('gate')}    backup: { every: 6h, to: ${to} }\n`)
  const unsigned = await scene.attempt('dev', (await create('limit = 13\n')).body.id)
  expect(whyOf(unsigned.body)).toEqual(['backup.none'])
  await signBackups(scene)
  const made = await create('limit = 13\n')
  expect(
    whyOf((await scene.call<ChangeView>('dev', 'POST', `/changes/${made.body.id}/check`)).body),
  ).toContain('backup.none')
  const tried = await scene.attempt('dev', made.body.id)
  const { copies } = (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body
  expect(copies.map(({ level, state }) => [level, state])).toEqual([['content', 'sound']])
  expect(tried.body.state).toBe('blocked')
  expect(whyOf(tried.body)).toEqual(['backup.same_disk_only'])
})

test.each<[string, number, 'digest' | undefined, string]>([
  ['one that nobody has read', 5 * MINUTE, undefined, 'backup.level'],
  ['one of which only the digests were read', 4 * MINUTE, 'digest', 'backup.level'],
])('part of S06: %s is not enough', async (_, age, level, why) => {
  await knows(age, level)
  const tried = await scene.attempt('dev', (await create('limit = 14\n')).body.id)
  expect(tried.body.state).toBe('blocked')
  expect(whyOf(tried.body)).toEqual([why])
})

test('part of S08: one of 24 h 01 is stale; one of 23 h 58 passes, and the envelope ends when it is a day old', async () => {
  await knows(DAY + MINUTE, 'content')
  const old = await scene.attempt('dev', (await create('limit = 15\n')).body.id)
  expect(old.body.state).toBe('blocked')
  expect(whyOf(old.body)).toContain('backup.too_old')

  await knows(DAY - 2 * MINUTE, 'content')
  const sealed = await scene.sealed('dev', 'limit = 15\n')
  expect(backupOf(sealed)).toMatchObject({ verdict: 'green', collector: 'runner', facts: { copy: 'far' } })
  const left = Date.parse(sealed.envelope?.expires ?? '') - Date.now()
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(2 * MINUTE)
  const approved = await scene.approve('ops2', sealed.id)
  expect(approved.status).toBe(200)
  const end = await scene.until(sealed.id, 'closed', 'void')
  expect(end.execution?.outcome).toBe('kept')
})

test('part of E7 and S06: what is written into data is judged by its rules before anybody is asked', async () => {
  await declare(withRules())
  const records = (count: number, more = '') =>
    `[${[...Array(count).keys()].map((i) => `{"id":"a${i}","title":"t${i}"}`).join(',')}${more}]`
  const whyIsNot = async (content: string) => {
    const tried = await scene.attempt('dev', (await create(content)).body.id)
    const check = tried.body.checks.find((one) => one.check === 'validation')
    return [
      check?.verdict,
      ...(check?.problems ?? []).map(({ code, text }) => `${code} ${text.split(' ')[0]}`),
    ]
  }
  expect(await whyIsNot('[]')).toEqual(['red', 'data.rubbish too_few'])
  expect(await whyIsNot(records(5, ',{"id":"a9"}'))).toEqual(['red', 'data.rubbish missing_field'])
  expect(await whyIsNot(records(5).slice(0, -9))).toEqual(['red', 'data.rubbish not_json'])
  expect(await whyIsNot(records(5))).toEqual(['green'])
})
