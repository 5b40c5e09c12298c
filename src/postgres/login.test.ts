// A cluster as many set theirs up: the administrator by peer, everybody else by password. Nobody ever gives us one, and none of ours can be seen.
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { dumpDatabase } from './dump.ts'
import { tableRows } from './facts.ts'
import { loginOf, verifierOf } from './login.ts'
import { ask } from './query.ts'
import { readDump } from './read-dump.ts'
import { loadStage } from './stage-load.ts'

describe('what a cluster keeps of a password', () => {
  test('the keys are those of RFC 7677, section 3', () => {
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ=='
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    const said = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`
    const verifier = verifierOf('pencil', Buffer.from(salt, 'base64'))
    const [, stored, server] = /^SCRAM-SHA-256\$4096:[^$]+\$([^:]+):(.+)$/.exec(verifier) ?? []
    const proof = createHmac('sha256', Buffer.from(server ?? '', 'base64'))
      .update(said)
      .digest('base64')
    expect(proof).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
    expect(Buffer.from(stored ?? '', 'base64')).toHaveLength(32)
  })
})

describeWith('postgres', 'a cluster that asks for a password', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres({ log_statement: 'all' })
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
    await world.sql(
      'mirai',
      'SET ROLE mirai; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 500)',
    )
  }, 120_000)
  afterAll(() => world.stop())

  const letIn = async (method: string) => {
    writeFileSync(
      join(world.directory, 'data', 'pg_hba.conf'),
      `local all ${world.cluster.role} peer\nlocal all all ${method}\n`,
    )
    await world.sql('postgres', 'SELECT pg_reload_conf()')
    // The postmaster reads it when it has its turn.
    await expect
      .poll(() =>
        world.sql('postgres', "SELECT pg_conf_load_time() > clock_timestamp() - interval '2 seconds'"),
      )
      .toBe('t')
  }

  test.each(['scram-sha-256', 'md5', 'password'])(
    '%s: read, dumped, loaded beside and compared',
    async (method) => {
      await letIn(method)
      const path = join(world.directory, `${method}.dump`)
      const { facts } = await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
      expect(facts.tables).toEqual({ 'public.t': 500 })
      const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
      const id = `20261128_19120${method.length % 10}Z`
      const { pair } = await loadStage(
        world.cluster,
        path,
        { database: 'mirai', id, dump, facts, loader: world.scratch },
        LIMITS,
      )
      expect(await world.reading(pair.beside, (reader) => tableRows(reader, pair.beside, LIMITS))).toEqual({
        'public.t': 500,
      })
      const roles = await ask(
        world.cluster,
        'postgres',
        `SELECT json_agg(rolname) FROM pg_roles WHERE rolname !~ '^pg_'`,
        LIMITS,
      )
      expect(roles).toEqual(expect.not.arrayContaining([world.scratch.name]))
    },
  )

  test('without what it logs in with it is refused: the cluster does ask', async () => {
    await letIn('scram-sha-256')
    await world.reading('mirai', async (reader) => {
      const { login: _login, ...without } = reader
      await expect(ask(without, 'mirai', 'SELECT 1', LIMITS)).rejects.toMatchObject({
        code: 'backup.db_refused',
      })
      expect(await ask(reader, 'mirai', 'SELECT 1', LIMITS)).toBe(1)
    })
  })

  test('what it logs in with stands in no argument, no environment, and in no file with a name', async () => {
    await letIn('scram-sha-256')
    const { file, verifier } = loginOf(world.scratch)
    const password = readFileSync(`/proc/self/fd/${file}`, 'utf8').trim().split(':').at(-1) ?? ''
    expect(password).toHaveLength(64)
    const seen: string[] = []
    const look = setInterval(() => seen.push(...processes()), 5)
    await world
      .reading('mirai', (reader) =>
        ask(reader, 'mirai', 'SELECT pg_sleep(0.3)::text IS NULL', LIMITS).catch(() => {}),
      )
      .finally(() => clearInterval(look))
    const all = seen.join('\n')
    expect(all).toContain('PGPASSFILE=/proc/self/fd/3')
    expect(all.includes(password)).toBe(false)
    expect(all.includes(verifier)).toBe(false)
  })
})

function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1'))
      } catch {
        return []
      }
    })
}
