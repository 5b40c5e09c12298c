// The step itself: maintenance around it, what a red check takes back, a runner that is killed inside of it. What happened is counted in the database by the
// marker and the column, and on the disk by the file that maintenance leaves.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listMutes } from '../../src/app/check-store.ts'
import type { Status } from '../../src/contract/gate.ts'
import { one } from '../crash/share.ts'
import { until } from '../until.ts'
import { approveKilledAt, approveTyped } from './backup-story.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

const directory = mkdtempSync(join(tmpdir(), 'sekisho-maintenance-'))
const FLAG = join(directory, 'on')
const PAGE = join(directory, 'status.json')
const BANNER = 'under maintenance'
let url: string
let story: SchemaScene
let server: Server
/** The service is well while this holds. */
let isWell: () => Promise<boolean> = async () => true

beforeAll(async () => {
  server = createServer((_, response) => {
    if (existsSync(FLAG)) response.writeHead(503, { 'retry-after': '60' }).end(BANNER)
    else void isWell().then((well) => response.writeHead(well ? 200 : 500).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  chmodSync(directory, 0o755)
  const { port } = server.address() as AddressInfo
  url = `http://127.0.0.1:${port}/`
  story = await openSchemaScene('role: mirai', {}, [
    `    maintenance: { on: [touch, ${FLAG}], off: [rm, -f, ${FLAG}], probe: [test, -e, ${FLAG}], status: ${PAGE} }`,
    `    health: { url: '${url}', good: 1, of: 1 }`,
  ])
})
afterAll(async () => {
  await story?.end()
  server?.close()
  rmSync(directory, { recursive: true, force: true })
})

const columns = (name: string) =>
  story.rows(
    `SELECT count(*) FROM information_schema.columns WHERE table_name = 'articles' AND column_name = '${name}'`,
  )
const markers = (id: string) =>
  story.rows(`SELECT count(*) FROM sekisho.migration WHERE execution LIKE '${id}/%' AND direction = 'up'`)
const sealed = async (up: string, down: string) => {
  const tried = await story.tried(up, down)
  expect(tried.body.state, tried.text).toBe('ready')
  const view = await story.scene.seal('ops1', tried.body.id)
  expect(view.body.state, view.text).toBe('awaiting_approval')
  return view.body
}

/** What a user sees, and what the page says. */
async function seen(): Promise<{ readonly status: number; readonly banner: boolean }> {
  const answer = await fetch(url)
  return { status: answer.status, banner: (await answer.text()) === BANNER }
}
const page = () => (JSON.parse(readFileSync(PAGE, 'utf8')) as { state: string }).state
const isRunning = async () =>
  (await story.world.sql(
    'postgres',
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sekisho CHG-%' AND state = 'active' AND query LIKE '%pg_sleep%'",
  )) !== '0'
const mutes = async () =>
  (await listMutes(story.scene.gate.db)).map(({ pattern, reason }) => [pattern, reason])
const shownOn = async () =>
  (await story.scene.call<Status>('ops1', 'GET', '/status')).body.maintenance?.map(({ service }) => service)

test.each(['undisturbed', 'killed'])(
  'S28 N16 a user gets 503 and the banner during the step and never else, and alerts are as they were: the runner %s inside of it',
  async (how) => {
    const muted = await story.scene.call('ops1', 'POST', '/checks/app%2F*/mute', {
      minutes: 600,
      reason: 'known',
    })
    expect(muted.status, muted.text).toBe(200)
    const name = `slow_${how}`
    const { id } = await sealed(
      `SELECT pg_sleep(6);\nALTER TABLE articles ADD COLUMN ${name} int;\n`,
      `ALTER TABLE articles DROP COLUMN ${name};\n`,
    )
    expect(await seen()).toEqual({ status: 200, banner: false })
    await approveTyped(story.scene, id, undefined)
    await until('the migration to run', 60_000, async () => ((await isRunning()) ? true : undefined))
    expect([await seen(), page(), await columns(name)]).toEqual([
      { status: 503, banner: true },
      'maintenance',
      '0',
    ])
    await until('the gate to know it', 60_000, async () =>
      (await mutes()).some(([, why]) => why === id) ? true : undefined,
    )
    if (how === 'killed') {
      await story.scene.stopRunner('SIGKILL')
      expect((await seen()).status).toBe(503)
      await story.scene.restartRunner()
    }
    const ended = await story.scene.until(id, 'closed', 'void', 'stuck')
    const isKept = ended.execution?.outcome === 'kept'
    expect([isKept || how === 'killed', await columns(name)]).toEqual([true, isKept ? '1' : '0'])
    expect([await seen(), page()]).toEqual([{ status: 200, banner: false }, 'no_maintenance'])
    await until('the alerts to be as they were', 60_000, async () =>
      JSON.stringify(await mutes()) === '[["app/*","known"]]' ? true : undefined,
    )
    expect(await shownOn()).toBeUndefined()
  },
)

test('S29 a check that is red afterwards takes it back, releases maintenance, and the record says so once', async () => {
  isWell = async () => (await columns('sick')) === '0'
  try {
    const before = await story.dumped()
    const { id } = await sealed(
      'ALTER TABLE articles ADD COLUMN sick int;\n',
      'ALTER TABLE articles DROP COLUMN sick;\n',
    )
    await approveTyped(story.scene, id, undefined)
    const ended = await story.scene.until(id, 'closed', 'void', 'stuck')
    expect(ended.execution?.outcome, JSON.stringify(ended.execution)).toBe('rolled_back')
    expect([existsSync(FLAG), await story.dumped()]).toEqual([false, before])
    const record = await story.scene.call('ops1', 'GET', `/changes/${id}/record?language=en`)
    expect(record.text.match(/rolled back|taken back/gi)?.length).toBeGreaterThan(0)
  } finally {
    isWell = async () => true
  }
})

test.each(
  one(
    [
      'migrate.before',
      'migrate.after',
      'journal.intent.after',
      'journal.outcome.before',
      'journal.proof.before',
    ],
    'a migration',
  ),
)('part of S28: killed at %s it is applied once or not at all, and maintenance is off', async (point) => {
  const name = `k_${point.replaceAll('.', '_')}`
  const { id } = await sealed(
    `ALTER TABLE articles ADD COLUMN ${name} int;\n`,
    `ALTER TABLE articles DROP COLUMN ${name};\n`,
  )
  const ended = await approveKilledAt(story.scene, id, point)
  const isKept = ended.execution?.outcome === 'kept'
  expect(await columns(name), `${point} ${ended.execution?.outcome}`).toBe(isKept ? '1' : '0')
  if (isKept) expect(await markers(id)).toBe('1')
  expect(existsSync(FLAG)).toBe(false)
  const left = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sekisho CHG-%'"
  expect(await story.world.sql('postgres', left)).toBe('0')
  expect(await story.world.sql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'")).toBe(
    '0',
  )
})
