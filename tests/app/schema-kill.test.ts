// Kills inside of a migration: its session, the whole server, the runner, the gate, server and runner together. What happened is counted in the database, by a
// row that each run of it would add; and nothing of it is left over.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import { type Migration, probeUp, runUp } from '../../src/schema/migrate.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { environment } from '../../src/sys/config.ts'
import { seeded } from '../crash/campaign.ts'
import { IS_WHOLE } from '../crash/share.ts'
import { until } from '../until.ts'
import { approveTyped } from './backup-story.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

const directory = mkdtempSync(join(tmpdir(), 'sekisho-schema-kill-'))
const FLAG = join(directory, 'on')
const random = seeded()
let story: SchemaScene

beforeAll(async () => {
  story = await openSchemaScene('role: mirai, lock_timeout: 300ms', {}, [
    `    maintenance: { on: [touch, ${FLAG}], off: [rm, -f, ${FLAG}], probe: [test, -e, ${FLAG}] }`,
  ])
  await story.rows(
    'CREATE TABLE runs (name text)',
    'ALTER TABLE runs OWNER TO mirai',
    'CREATE TABLE pauses (seconds float)',
    'ALTER TABLE pauses OWNER TO mirai',
    'INSERT INTO pauses VALUES (0)',
  )
})
afterAll(async () => {
  await story?.end()
  rmSync(directory, { recursive: true, force: true })
})

/** How long a migration waits in its middle: long enough to be met there in production, and not at all where it is rehearsed. */
const pause = (seconds: number) => patiently(`UPDATE pauses SET seconds = ${seconds}`)
const PAUSE = 'SELECT pg_sleep(seconds) FROM pauses'

const VICTIMS = ['session', 'server', 'runner', 'gate', 'server and runner'] as const
const PHASES = ['before', 'inside', 'behind'] as const
interface Case {
  readonly number: number
  readonly victim: (typeof VICTIMS)[number]
  readonly phase: (typeof PHASES)[number]
  readonly ms: number
}
const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T
/** A campaign runs a hundred, or as many as SEKISHO_KILLS says. */
const KILLS = Number(environment['SEKISHO_KILLS'] ?? (IS_WHOLE ? 100 : 3))
const CASES: readonly Case[] = Array.from({ length: KILLS }, (_, number) => ({
  number,
  victim: pick(VICTIMS),
  phase: pick(PHASES),
  ms: Math.floor(random.next() * 400),
}))
console.log(`kills of a migration: ${CASES.length}, SEKISHO_SEED=${random.seed}`)

const patiently = (sql: string) =>
  until('the server to answer', 60_000, () => story.world.sql('mirai', sql).catch(() => undefined))
/** A table of its own for each: nothing of production is locked, so the rehearsal holds nothing against it and is short. */
const tables = (name: string) => patiently(`SELECT count(*) FROM pg_class WHERE relname = '${name}'`)
const runs = (name: string) => patiently(`SELECT count(*) FROM runs WHERE name = '${name}'`)
const markers = (id: string) =>
  patiently(
    `SELECT CASE WHEN to_regclass('sekisho.migration') IS NULL THEN '0' ELSE (SELECT count(*)::text FROM sekisho.migration WHERE execution LIKE '${id}/%' AND direction = 'up' AND state = 'done') END`,
  )

async function atPhase({ phase, ms }: Case, id: string, name: string): Promise<void> {
  const isOver = async () => {
    const { state } = (await story.scene.call<{ state: string }>('ops1', 'GET', `/changes/${id}`)).body
    return state === 'closed'
  }
  if (phase === 'inside')
    await until('the migration to run', 60_000, async () => {
      const active = await story.world.sql(
        'postgres',
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(seconds)%' AND pid <> pg_backend_pid()",
      )
      return active !== '0' || (await isOver()) ? true : undefined
    })
  if (phase === 'behind')
    await until('the migration to be committed', 60_000, async () =>
      (await runs(name)) !== '0' || (await isOver()) ? true : undefined,
    )
  await delay(ms)
}

async function strike(victim: Case['victim']): Promise<void> {
  const { scene, world } = story
  switch (victim) {
    case 'session':
      await world.sql(
        'postgres',
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(seconds)%' AND pid <> pg_backend_pid()",
      )
      break
    case 'server':
      await world.crash()
      await world.startAgain()
      break
    case 'runner':
      await scene.stopRunner('SIGKILL')
      await scene.restartRunner()
      break
    case 'gate':
      await scene.reopenGate()
      break
    case 'server and runner':
      await Promise.all([world.crash(), scene.stopRunner('SIGKILL')])
      await scene.restartRunner()
      await world.startAgain()
  }
}

test.each(CASES)(
  'part of X16, S28: $number the $victim is killed $phase the migration: once or not at all, nothing left over',
  async (one) => {
    const began = performance.now()
    let outcome = 'the test has failed'
    try {
      outcome = await killed(one)
    } finally {
      console.log(
        `${one.number} ${one.victim}, ${one.phase} +${one.ms} ms: ${outcome}, ${secondsSince(began)} s`,
      )
    }
  },
)

const secondsSince = (began: number) => ((performance.now() - began) / 1000).toFixed(1)

async function killed(one: Case): Promise<string> {
  const began = performance.now()
  const name = `k${one.number}`
  await pause(0)
  const tried = await story.tried(
    `INSERT INTO runs VALUES ('${name}');\n${PAUSE};\nCREATE TABLE ${name} (id int);\n`,
    `DROP TABLE ${name};\n-- sekisho: accept rows_at_risk: the row that was added\nDELETE FROM runs WHERE name = '${name}';\n`,
  )
  expect(tried.body.state, tried.text).toBe('ready')
  const rehearsed = secondsSince(began)
  const { id } = (await story.scene.seal('ops1', tried.body.id)).body
  await pause(0.7)
  await approveTyped(story.scene, id, undefined)
  await atPhase(one, id, name)
  await strike(one.victim)
  const ended = await story.scene.until(id, 'closed', 'void', 'stuck')
  const isKept = ended.execution?.outcome === 'kept'
  const told = JSON.stringify([one, ended.state, ended.execution])
  expect(ended.state, told).not.toBe('stuck')
  expect([await tables(name), await runs(name)], told).toEqual(isKept ? ['1', '1'] : ['0', '0'])
  if (isKept) expect(await markers(id), told).toBe('1')
  await until('maintenance to be off', 60_000, () => (existsSync(FLAG) ? undefined : true))
  expect(
    await patiently(
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(seconds)%' AND pid <> pg_backend_pid()",
    ),
    told,
  ).toBe('0')
  expect(await patiently("SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'"), told).toBe('0')
  const clones = join(story.scene.directory, 'data', 'runner', 'clones')
  expect(existsSync(clones) ? readdirSync(clones) : [], told).toEqual([])
  if (isKept) await patiently(`DROP TABLE ${name}`)
  return `${ended.execution?.outcome ?? ended.state}, rehearsed in ${rehearsed} s`
}

test('part of X16: a server that crashes between COMMIT and the answer is waited for, and its marker says what happened', async () => {
  const sql = "INSERT INTO runs VALUES ('committed');\n"
  const migration: Migration = {
    database: 'mirai',
    port: story.port,
    role: 'mirai',
    execution: 'CHG-2026-9999/1',
    action: 'mirai crash',
    lockMs: 1000,
    withinMs: 60_000,
    catalogue: sha256(''),
    up: { name: 'up.sql', sql },
    down: { name: 'down.sql', sql: "DELETE FROM runs WHERE name = 'committed';\n" },
  }
  let back: Promise<void> | undefined
  const crashing = {
    clock: systemClock,
    keyed: (bytes: Uint8Array) => sha256(bytes),
    killPoint: (name: string) => {
      if (name !== 'migrate.after') return
      back ??= story.world.crash().then(() => story.world.startAgain())
    },
  }
  const ran = await runUp(migration, crashing)
  await back
  expect([ran.ok, await runs('committed')], JSON.stringify(ran)).toEqual([true, '1'])
  const hands = { ...crashing, killPoint: () => {} }
  expect((await probeUp(migration, hands)).found).toBe('applied')
  // The same order again does nothing twice.
  expect((await runUp(migration, hands)).ok).toBe(true)
  expect(await runs('committed')).toBe('1')
})
