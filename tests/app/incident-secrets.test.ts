// Evidence with twenty secrets in it: what the gate, its store and its readers see has none of them; the raw bytes have all, and leave by the
// owner's door alone.
import { readFileSync } from 'node:fs'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { IncidentId, ServiceName } from '../../src/base/id.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

/** Ten of a file of variables, ten that were put: as they are, in JSON, percent-encoded, in base64. */
const CANARIES = Array.from({ length: 20 }, (_, i) => `canary-${i}-${(i * 7919).toString(36)}+/"&=x${i}y`)
const spelled = (value: string, i: number) =>
  [value, JSON.stringify({ token: value }), encodeURIComponent(value), Buffer.from(value).toString('base64')][
    i % 4
  ] ?? ''
/** In which form it stands there. */
const stands = (text: string, i: number) => {
  const value = CANARIES[i] ?? ''
  return (
    text.includes(value) ||
    text.includes(JSON.stringify(value).slice(1, -1)) ||
    text.includes(spelled(value, i))
  )
}
const found = (text: string) => CANARIES.filter((_, i) => stands(text, i)).length

let scene: Scene
let view: IncidentView
let log: string
const socket = (name: string) => connectRunner(join(scene.directory, 'data', 'run', name))

beforeAll(async () => {
  scene = await openScene()
  const world = join(scene.directory, 'world')
  const file = join(world, '.env')
  log = join(world, 'log', 'error.log')
  await mkdir(join(world, 'log'))
  await writeFile(
    file,
    `PORT=80\n${CANARIES.slice(0, 10)
      .map((one, i) => `TOKEN${i}='${one}'\n`)
      .join('')}`,
    { mode: 0o600 },
  )
  await writeFile(log, '')
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      'people:',
      `  vault: { configs: [{ path: ${file}, kind: dotenv, activation: none }], logs: { error: ${log} } }\npeople:`,
    ),
  )
  for (const [i, one] of CANARIES.slice(10).entries())
    await socket('admin.sock').ask('secret', {
      service: 'vault' as ServiceName,
      key: `KEY${i}`,
      base64: Buffer.from(one).toString('base64'),
    })
  for (const [i, one] of CANARIES.entries())
    await appendFile(log, `${new Date().toISOString()} ERROR refused: ${spelled(one, i)}\n`)
  const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', { service: 'vault' })
  view = await until('the evidence is sealed', 60_000, async () => {
    const next = await scene.call<IncidentView>('ops2', 'POST', `/incidents/${opened.body.id}/next`)
    return next.body.evidence?.length > 0 ? next.body : undefined
  })
}, 120_000)
afterAll(() => scene?.end())

const items = () => view.evidence.flatMap((set) => set.items)

test('part of S46: the redacted view of each item, the store and the log of the gate have none of 20 canaries; the raw item has all', async () => {
  const errorLog = items().find(({ name }) => name === 'errorLog')
  const raw = readFileSync(
    join(scene.directory, 'data', 'runner', 'evidence', view.id, errorLog?.item ?? ''),
    'utf8',
  )
  expect(found(raw)).toBe(20)
  for (const { item, name } of items()) {
    const shown = await scene.call<{ text: string }>(
      'ops2',
      'GET',
      `/incidents/${view.id}/evidence?item=${item}`,
    )
    expect(shown.status, shown.text).toBe(200)
    expect([name, found(shown.body.text)]).toEqual([name, 0])
  }
  const ledger = await scene.sql('select body from ledger')
  const incidents = await scene.sql('select document from incident')
  expect(found(JSON.stringify([ledger, incidents]))).toBe(0)
  expect(found(scene.logged.join('\n'))).toBe(0)
})

test('part of S46: raw bytes leave by the owner’s door alone, and the custody log says to whom', async () => {
  const item = items().find(({ name }) => name === 'errorLog')?.item ?? ''
  const asked = { incident: view.id as IncidentId, item, offset: 0, by: 'somebody' }
  await expect(socket('runner.sock').ask('evidenceRaw', asked)).rejects.toMatchObject({
    code: expect.stringMatching(/^runner\./),
  })
  const given = await socket('admin.sock').ask('evidenceRaw', { ...asked, by: 'root (sudo)' })
  expect(found(Buffer.from(given.base64, 'base64').toString('utf8'))).toBe(20)
  const custody = readFileSync(
    join(scene.directory, 'data', 'runner', 'evidence', view.id, 'custody.jsonl'),
    'utf8',
  )
  expect(custody.split('\n').filter((line) => line.includes('"exported"'))).toEqual([
    expect.stringContaining('"who":"root (sudo)"'),
  ])
  expect(custody).not.toContain('somebody')
})
