// What the rehearsal of a migration costs on a large table: its figures beside the bare migration on the same cluster, in one run. Needs root and PostgreSQL.
// node bench/schema.ts [rows], 5,000,000 otherwise.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../src/base/hash.ts'
import type { Migrate } from '../src/plans/actions/migrate.ts'
import { catalogueDigest, catalogueOf } from '../src/postgres/catalogue.ts'
import { rehearse } from '../src/schema/rehearse.ts'
import type { SnapshotPorts } from '../src/snapshot/ports.ts'
import { systemClock } from '../src/sys/clock.ts'
import { clusterPort, LIMITS, startPostgres } from '../tests/runner-fixtures/postgres.ts'

const ROWS = Number(process.argv[2] ?? 5_000_000)
if (process.geteuid?.() !== 0) throw new Error('node bench/schema.ts needs root')

/** Of 5,000,000 rows on an idle machine. */
const BOUNDS = { seconds: 600, gapMs: 1000 } as const
const UP = [
  'ALTER TABLE articles ADD COLUMN views bigint NOT NULL DEFAULT 0;',
  '-- sekisho: accept all_rows: each row gets its length',
  'UPDATE articles SET views = length(title);',
  '-- sekisho: accept index_locks: nobody writes meanwhile',
  'CREATE INDEX articles_views ON articles (views);',
].join('\n')
const DOWN = 'ALTER TABLE articles DROP COLUMN views;\n'

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}
const shown = (value: number) => `${value.toFixed(1)} s`

const port = clusterPort()
const world = await startPostgres({ max_wal_size: '4GB' }, port)
const root = mkdtempSync(join(tmpdir(), 'sekisho-bench-schema-'))
chmodSync(root, 0o711)
try {
  const sql = (...statements: readonly string[]) => world.sql('shop', ...statements)
  await world.sql('postgres', 'CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app')
  const made = await seconds(() =>
    sql(
      'SET ROLE app; CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL, note text)',
      `SET ROLE app; INSERT INTO articles SELECT i, 'title ' || i, md5(i::text) FROM generate_series(1, ${ROWS}) i`,
      'VACUUM ANALYZE articles',
    ),
  )
  const bytes = Number(await sql("SELECT pg_total_relation_size('articles')"))
  console.log(`${ROWS} rows, ${Math.round(bytes / 2 ** 20)} MiB, made in ${shown(made)}`)
  const state = join(root, 'state')
  mkdirSync(state, { mode: 0o700 })
  const parts = {
    clock: systemClock,
    place: { data: root, state },
    policies: { current: { rules: { floorBytes: 0 } }, loaded: true },
  } as unknown as SnapshotPorts
  const texts = new Map([UP, DOWN].map((text) => [sha256(text), Buffer.from(text)] as const))
  const fileOf = (name: string, text: string) => ({ name, digest: sha256(text), size: text.length })
  const action: Migrate = {
    kind: 'migrate',
    database: 'shop',
    port,
    role: 'app',
    up: fileOf('0002.up.sql', UP),
    down: fileOf('0002.down.sql', DOWN),
    lockMs: 5000,
    withinMs: 3_300_000,
    catalogue: catalogueDigest(await catalogueOf(world.cluster, 'shop', LIMITS)),
  }
  let checks: Awaited<ReturnType<typeof rehearse>> = []
  const rehearsed = await seconds(async () => {
    checks = await rehearse(action, {
      parts,
      sqlOf: async (digest) => texts.get(digest) ?? Buffer.alloc(0),
    })
  })
  const trial = checks.find(({ check }) => check === 'trial')
  const undo = checks.find(({ check }) => check === 'undo')
  const number = (value: unknown) => (typeof value === 'number' ? value : Number.NaN)
  const sampled = (trial?.facts['sampled'] ?? {}) as Readonly<Record<string, unknown>>
  const shut = (trial?.facts['shut'] ?? {}) as Readonly<Record<string, unknown>>
  const bareUp = await seconds(() => sql(`BEGIN; SET ROLE app; ${UP} COMMIT`))
  const bareDown = await seconds(() => sql(`BEGIN; SET ROLE app; ${DOWN} COMMIT`))
  console.log(`rehearsal: ${checks.map(({ check, verdict }) => `${check} ${verdict}`).join(', ')}`)
  for (const { code, text } of checks.flatMap(({ problems }) => problems)) console.log(`  ${code} ${text}`)
  console.log(`bare migration: up ${shown(bareUp)}, down ${shown(bareDown)}`)
  console.log(
    `in the clone: up ${shown(number(trial?.facts['up']) / 1000)}, down ${shown(number(undo?.facts['milliseconds']) / 1000)}`,
  )
  console.log(
    `no reads for ${shown(number(shut['reads']) / 1000)}, no writes for ${shown(number(shut['writes']) / 1000)}; ${number(sampled['looks'])} looks at locks, at most ${number(sampled['longestGapMs'])} ms apart (bound ${BOUNDS.gapMs})`,
  )
  console.log(
    `whole rehearsal: ${shown(rehearsed)} (bound ${BOUNDS.seconds} s for 5,000,000 rows), ${(rehearsed / (bareUp + bareDown)).toFixed(1)} times the bare migration with its way back`,
  )
  if (checks.some(({ verdict }) => verdict !== 'green') || rehearsed > BOUNDS.seconds) process.exitCode = 1
} finally {
  await world.stop()
  rmSync(root, { recursive: true, force: true })
}
