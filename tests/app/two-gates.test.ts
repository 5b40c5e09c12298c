// Two gates as they are delivered, on one store: what is done by schedule is done by one of them, and the other takes over when that one is
// killed.
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import { withClient } from '../../src/db/prepare.ts'
import { freshDatabase, type TestDatabase } from '../db/database.ts'
import { type Heard, hear } from '../heard.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

/** As it is delivered. */
const SERVE = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url))
const SECRET = 'a-secret-of-a-job-that-is-long-enough'
const LIMIT = 90_000
/** Of the check `watch`, which a gate looks at by itself. */
const EVERY_MS = 10_000

let scene: Scene
/** Of the two gates: they prepare it themselves. */
let database: TestDatabase
const sql = (text: string) =>
  withClient(
    database.ownerUrl,
    async (client) => (await client.query(text)).rows as Record<string, unknown>[],
  )
const places: string[] = []
const gates = new Map<string, Heard>()
let isOver = false
const said: string[] = []
beforeAll(async () => {
  database = await freshDatabase()
  // The scene's own gate has no schedules; its runner answers both.
  scene = await openScene({
    engine: false,
    policy: `notify:\n  pings: { in: { nightly: { every: 3s, grace: 3s, secret: "sha256:${sha256(SECRET)}" } } }`,
  })
  for (const name of ['one', 'two']) {
    const data = join(scene.directory, name)
    mkdirSync(join(data, 'etc', 'compiled'), { recursive: true })
    copyFileSync(join(scene.directory, 'etc', 'runner.json'), join(data, 'etc', 'compiled', 'runner.json'))
    copyFileSync(join(scene.directory, 'etc', 'sekisho.yaml'), join(data, 'etc', 'sekisho.yaml'))
    symlinkSync(join(scene.directory, 'data', 'run'), join(data, 'run'))
    // One watch process lives, for both.
    mkdirSync(join(data, 'watch'))
    places.push(data)
  }
})
afterAll(async () => {
  isOver = true
  for (const { child } of gates.values()) child.kill('SIGKILL')
  await scene.end()
  await database.drop()
})

function begin(data: string): Heard {
  const heard = hear(
    spawn(process.execPath, [SERVE, 'gate', '--data', data, '--port', '0', '--lang', 'en'], {
      env: { PATH: process.env['PATH'], DATABASE_URL: database.ownerUrl },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  gates.set(data, heard)
  return heard
}
/** Whoever ends is started again, as systemd does. */
async function keep(data: string): Promise<void> {
  while (!isOver) {
    const heard = begin(data)
    await heard.ended(600_000)
    said.push(heard.out() + heard.err())
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
const beat = () => {
  for (const data of places)
    writeFileSync(join(data, 'watch', 'beat.json'), JSON.stringify({ v: 1, at: new Date().toISOString() }))
}
/** Its process is the one that says that it is well. */
async function isThere(data: string): Promise<boolean> {
  const text = existsSync(join(data, 'gate.json')) ? readFileSync(join(data, 'gate.json'), 'utf8') : ''
  const port = /"port":(\d+)/.exec(text)?.[1]
  if (port === undefined || !text.includes(`"pid":${gates.get(data)?.child.pid ?? ''}}`)) return false
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
}
const looks = async () =>
  (await sql(`select looked_at from check_state where check_id = 'host/watch'`)).map(({ looked_at }) =>
    (looked_at as Date).getTime(),
  )[0]
const pings = async () =>
  (
    await sql(
      `select body::jsonb -> 'payload' ->> 'to' as state from ledger where kind = 'ping.state' order by seq`,
    )
  ).map(({ state }) => state)

/** When the check was looked at, as long as `work` lasts. */
async function looksDuring(work: () => Promise<unknown>): Promise<readonly number[]> {
  const seen = new Set<number>()
  let isDone = false
  const done = work().finally(() => {
    isDone = true
  })
  while (!isDone) {
    beat()
    const at = await looks()
    if (at !== undefined) seen.add(at)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await done
  return [...seen]
}
const closest = (moments: readonly number[]) =>
  Math.min(...moments.slice(1).map((at, i) => at - (moments[i] ?? 0)))

test('X20: two gates on one store: each schedule fires once, the second takes over, and a missing ping goes late, then down', {
  timeout: 300_000,
}, async () => {
  beat()
  const [one = '', two = ''] = places
  const kept = places.map(keep)
  await until(
    () => `one of them to answer\n${said.slice(-2).join('\n')}`,
    LIMIT,
    async () => (await isThere(one)) || (await isThere(two)) || undefined,
  )
  const during = await looksDuring(() =>
    until('a ping that is down', LIMIT, async () => (await pings()).at(-1) === 'down' || undefined).then(
      () => new Promise((resolve) => setTimeout(resolve, 2.5 * EVERY_MS)),
    ),
  )
  // A look of both would lie within seconds of the other.
  expect(during.length).toBeGreaterThanOrEqual(3)
  expect(closest(during)).toBeGreaterThan(0.9 * EVERY_MS)
  // The ping never came: late, then down, each once, and told once.
  expect(await pings()).toEqual(['late', 'down'])
  const told = await sql(`select severity from notice where kind = 'ping'`)
  expect(told).toEqual([{ severity: 'red' }])

  // The one that works is killed: the other goes on, and what comes late again is said once.
  const first = (await isThere(one)) ? one : two
  await sql(`update ping set last_at = now(), counted_from = now(), state = 'good' where name = 'nightly'`)
  const before = await looks()
  const after = await looksDuring(async () => {
    gates.get(first)?.child.kill('SIGKILL')
    await until('a look of whoever took over', LIMIT, async () =>
      ((await looks()) ?? 0) > (before ?? 0) ? true : undefined,
    )
    let told: readonly unknown[] = []
    await until(
      () => `down again: ${told.join(' ')}`,
      LIMIT,
      async () => {
        told = await pings()
        return told.length > 2 && told.at(-1) === 'down' ? true : undefined
      },
    )
    await new Promise((resolve) => setTimeout(resolve, 1.2 * EVERY_MS))
  })
  expect(closest(after)).toBeGreaterThan(0.9 * EVERY_MS)
  // Whoever takes over later than the ping may be late finds it down at once.
  expect((await pings()).join(' ')).toMatch(/^late down (late )?down$/)
  isOver = true
  for (const { child } of gates.values()) child.kill('SIGKILL')
  await Promise.all(kept)
})
