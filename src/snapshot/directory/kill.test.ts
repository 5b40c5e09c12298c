// `kill -9` at every named boundary and at moments all through a run: `daily` never holds a snapshot that lies, and the next run clears away what was left.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../sys/process.ts'
import { openScene, put, type Scene, settle } from './fixtures/scene.ts'
import { SNAPSHOT_POINTS } from './layout.ts'
import { listSnapshots } from './list.ts'
import { removeSnapshot } from './remove-snapshot.ts'
import type { Written } from './request.ts'

const ENGINE = join(import.meta.dirname, 'fixtures', 'engine.ts')
const WHOLE = process.env['SEKISHO_CAMPAIGN'] === 'whole'
const RANDOM = WHOLE ? 100 : 8
const A = '20261125_000001Z'

function fill(scene: Scene): void {
  for (let i = 0; i < 200; i++) {
    if (i % 50 === 0) mkdirSync(join(scene.source, `d${i / 50}`))
    put(join(scene.source, `d${Math.floor(i / 50)}`, `f${i}`), Buffer.alloc(1000 + i * 10, i))
  }
}

const idOf = (number: number) => `20261125_${String(number).padStart(6, '0')}Z`

function engine(
  scene: Scene,
  id: string,
  previous: Written,
  env: Readonly<Record<string, string>>,
  ms = 60_000,
) {
  return run([process.execPath, ENGINE, scene.base, id, previous.id, previous.manifest], {
    env,
    timeoutMs: ms,
  })
}

/** Whatever is in `daily` is whole: its own manifest is read by its reader, and every byte is what that says. */
async function everySnapshotIsWhole(scene: Scene): Promise<void> {
  for (const { id, manifest, why } of await listSnapshots(scene.to)) {
    expect([id, why]).toEqual([id, undefined])
    if (manifest !== undefined)
      expect(await scene.verify({ id, manifest }), id).toMatchObject({ ok: true, problems: [] })
  }
}

test('at each boundary of a backup', async () => {
  await using scene = await openScene()
  fill(scene)
  await settle()
  const first = await scene.write(A)
  put(join(scene.source, 'd0', 'f0'), 'changed')
  let number = 1
  for (const point of SNAPSHOT_POINTS.filter((name) => name.startsWith('snapshot.'))) {
    const id = idOf(++number)
    const nth = point === 'snapshot.file.after' ? '#120' : ''
    const killed = await engine(scene, id, first, { SEKISHO_KILL_AT: `${point}${nth}` })
    expect([point, killed.signal]).toEqual([point, 'SIGKILL'])
    const isThere = readdirSync(join(scene.to, 'daily')).includes(id)
    expect([point, isThere]).toEqual([
      point,
      ['snapshot.rename.after', 'snapshot.settled.after'].includes(point),
    ])
    await everySnapshotIsWhole(scene)
    await scene.write(idOf(++number), { previous: first })
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
  }
  await everySnapshotIsWhole(scene)
}, 300_000)

test('at each boundary of a removal', async () => {
  await using scene = await openScene()
  fill(scene)
  const first = await scene.write(A)
  for (const point of SNAPSHOT_POINTS.filter((name) => name.startsWith('remove.'))) {
    const second = await scene.write(idOf(2), { previous: first })
    // A throw stands for the kill: nothing is undone after it.
    const kill = (name: string) => {
      if (name === point) throw new Error('killed')
    }
    await removeSnapshot({ to: scene.to, id: second.id, run, kill }).catch(() => undefined)
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([A])
    await everySnapshotIsWhole(scene)
    await scene.write(idOf(3))
    expect(readdirSync(join(scene.to, '.removing'))).toEqual([])
    await removeSnapshot({ to: scene.to, id: idOf(3) as Written['id'], run, kill: () => {} })
    rmSync(join(scene.to, '.removing'), { recursive: true })
  }
}, 120_000)

test(`at ${RANDOM} moments of a run`, async () => {
  await using scene = await openScene()
  fill(scene)
  await settle()
  const first = await scene.write(A)
  const whole = await engine(scene, idOf(2), first, {})
  expect(whole.code).toBe(0)
  let killed = 0
  for (let i = 0; i < RANDOM; i++) {
    // A time-out of `run` is a SIGKILL to the group.
    // Spread over the whole of a run; where exactly each falls, the machine decides.
    const moment = Math.max(1, Math.floor((whole.milliseconds * (i + 0.5)) / RANDOM))
    const result = await engine(scene, idOf(10 + i), first, {}, moment)
    if (result.timedOut) killed += 1
    await everySnapshotIsWhole(scene)
  }
  expect(killed).toBeGreaterThan(0)
  await scene.write(idOf(9999), { previous: first })
  expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
}, 900_000)
