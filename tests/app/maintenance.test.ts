// Maintenance that ends by itself, on the runner as it is delivered: by its clock, by a person, and after a kill; what was muted before is
// muted again.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listMutes } from '../../src/app/check-store.ts'
import { joinLeases } from '../../src/app/maintenance.ts'
import { after } from '../../src/base/time.ts'
import { muteHeld } from '../../src/contract/check.ts'
import type { Status } from '../../src/contract/gate.ts'
import type { MaintenanceView } from '../../src/contract/notice.ts'
import type { Lease } from '../../src/seal/lease.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

const LIMIT = 60_000
let scene: Scene
let directory: string
const banner = () => existsSync(join(directory, 'on'))
const page = () =>
  JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')) as { readonly state: string }

beforeAll(async () => {
  scene = await openScene()
  directory = join(scene.directory, 'pages')
  mkdirSync(directory, { mode: 0o755 })
  chmodSync(directory, 0o755)
  writeFileSync(
    join(directory, 'turn'),
    '#!/bin/sh\n[ ! -e "$1/broken" ] || exit 3\n[ "$2" = on ] && touch "$1/on" || rm -f "$1/on"\n',
    { mode: 0o755 },
  )
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    maintenance: { on: ['${directory}/turn', '${directory}', 'on'], off: ['${directory}/turn', '${directory}', 'off'], probe: ['/usr/bin/test', '-e', '${directory}/on'], status: '${directory}/status.json', longest: 1h }\n    configs:\n`,
    ),
  )
})
afterAll(() => scene.end())

const start = (minutes: number, who: 'ops1' | 'claude' = 'ops1') =>
  scene.call<MaintenanceView & { readonly code: string }>(who, 'POST', '/services/app/maintenance', {
    minutes,
    reason: 'new disk',
  })
const shown = async () =>
  (await scene.call<{ maintenance: MaintenanceView[] }>('ops1', 'GET', '/maintenance')).body.maintenance
const status = async () => (await scene.call<Status>('ops1', 'GET', '/status')).body
const kinds = () =>
  scene
    .sql(`select kind from ledger where kind like 'maintenance.%' order by seq`)
    .then((rows) => rows.map(({ kind }) => String(kind)))
/** As if that much time had gone by: the end in the lease's own file lies in the past. */
function letTimePass() {
  const path = join(scene.directory, 'data', 'runner', 'leases', 'app.json')
  const one = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  // Keys stay in their order: the file is canonical JSON.
  writeFileSync(path, JSON.stringify({ ...one, endUptime: 1 }))
}

test('part of X22: banner and page follow a maintenance that a person begins and ends; no agent may, and it has its longest time', async () => {
  expect((await start(10, 'claude')).status).toBe(403)
  expect((await start(61)).body.code).toBe('lease.too_long')
  const earlier = await scene.call('ops1', 'POST', '/checks/app%2F*/mute', { minutes: 600, reason: 'known' })
  expect(earlier.status).toBe(200)
  const on = await start(10)
  expect(on.body.phase, on.text).toBe('on')
  expect(banner()).toBe(true)
  expect(page().state).toBe('maintenance')
  expect((await status()).maintenance).toMatchObject([{ service: 'app', reason: 'new disk' }])
  const [mute] = await listMutes(scene.gate.db)
  expect(mute).toMatchObject({ pattern: 'app/*', reason: 'new disk', until: on.body.until })
  expect((await start(10)).body.code).toBe('lease.running')
  const off = await scene.call<MaintenanceView>('ops1', 'POST', '/services/app/maintenance/end')
  expect(off.body.phase).toBe('off')
  expect(banner()).toBe(false)
  expect(page().state).toBe('no_maintenance')
  expect((await status()).maintenance).toBeUndefined()
  // What was muted before is muted again, as it was.
  const [back] = await listMutes(scene.gate.db)
  expect(back).toMatchObject({ pattern: 'app/*', reason: 'known' })
  expect(await kinds()).toEqual(['maintenance.on', 'maintenance.off'])
})

test('X22, N16: its holder is killed; it ends on time by itself, banner, page and status follow, and the earlier alert state returns', async () => {
  expect((await start(10)).body.phase).toBe('on')
  expect(page().state).toBe('maintenance')
  expect((await status()).maintenance).toMatchObject([{ service: 'app', reason: 'new disk' }])
  expect(await listMutes(scene.gate.db)).toMatchObject([{ reason: 'new disk' }])
  await scene.stopRunner('SIGKILL')
  expect(banner()).toBe(true)
  letTimePass()
  await scene.restartRunner()
  await until('it is over', LIMIT, () => (banner() ? undefined : true))
  await until('the page says so', LIMIT, () => (page().state === 'no_maintenance' ? true : undefined))
  expect((await shown()).map(({ phase, why }) => [phase, why])).toEqual([['off', 'its time is over']])
  await until('the record', LIMIT, async () =>
    (await kinds()).at(-1) === 'maintenance.off' ? true : undefined,
  )
  expect(await listMutes(scene.gate.db)).toMatchObject([{ reason: 'known' }])
  expect((await status()).maintenance).toBeUndefined()
})

test('part of N16: one that cannot be turned off is shown as such and tried again; one that cannot be turned on is turned back', async () => {
  expect((await start(10)).body.phase).toBe('on')
  writeFileSync(join(directory, 'broken'), '')
  const stuck = await scene.call<MaintenanceView>('ops1', 'POST', '/services/app/maintenance/end')
  expect(stuck.body.phase).toBe('turning_off')
  expect(stuck.body.why).toContain('exit 3')
  expect((await status()).maintenance?.[0]?.why).toContain('not turned off')
  await scene.stopRunner()
  await scene.sql('select 1')
  const { rmSync } = await import('node:fs')
  rmSync(join(directory, 'broken'))
  await scene.restartRunner()
  await until('it is over', LIMIT, () => (banner() ? undefined : true))
  writeFileSync(join(directory, 'broken'), '')
  expect((await start(10)).body.code).toBe('lease.not_on')
  rmSync(join(directory, 'broken'))
  // Tried again by itself after a quarter of a minute; at once where a person asks.
  await scene.call('ops1', 'POST', '/services/app/maintenance/end')
  await until('it is turned back', LIMIT, async () =>
    (await shown())[0]?.phase === 'off' ? true : undefined,
  )
})

test('part of N16: a service that was under maintenance before stays so at the end', async () => {
  writeFileSync(join(directory, 'on'), '')
  expect((await start(10)).body.phase).toBe('on')
  const off = await scene.call<MaintenanceView>('ops1', 'POST', '/services/app/maintenance/end')
  expect(off.body.phase).toBe('off')
  expect(banner()).toBe(true)
})

test('part of N16: maintenance of a change is shown as its execution’s, and an end that nobody saw here leaves no mute', async () => {
  const [known] = (await scene.gate.runner.ask('leases', {})).leases
  if (known === undefined) throw new Error('no lease')
  const before = await listMutes(scene.gate.db)
  const of = (number: number, phase: Lease['phase'], minutes: number): Lease => ({
    ...known,
    number,
    phase,
    by: 'CHG-2026-0001/1',
    reason: 'CHG-2026-0001',
    until: after(known.until, minutes * 60_000),
  })
  // The gate is away between the first that is turned on and the end of the second.
  await joinLeases(scene.gate, [of(101, 'on', 100)])
  // As every door speaks it: the command line reads nothing that has another shape.
  expect((await listMutes(scene.gate.db)).map((one) => muteHeld.parse(one))).toMatchObject([
    { pattern: 'app/*', by: 'CHG-2026-0001/1' },
  ])
  await joinLeases(scene.gate, [of(102, 'on', 101)])
  await joinLeases(scene.gate, [of(102, 'off', 101)])
  expect(await listMutes(scene.gate.db)).toEqual(before)
})
