// A server that hangs is one that cannot be reached: the work is for later, and what was known of it before does not make it a failed question.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { SekishoError } from '../base/error.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { LANGUAGES } from '../words/words.ts'
import { tell } from './query.ts'

describeWith('postgres', 'a cluster that does not answer', () => {
  let world: TestCluster
  let server: number
  beforeAll(async () => {
    world = await startPostgres()
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
    server = Number((await readFile(join(world.directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
  }, 120_000)
  afterAll(() => world.stop())

  test('it is asked again later, and the sentence says that it hangs', async () => {
    expect(await world.reading('mirai', async () => 'read')).toBe('read')
    process.kill(server, 'SIGSTOP')
    try {
      const error = await world.reading('mirai', async () => 'read').catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'backup.db_unreachable' })
      if (!(error instanceof SekishoError)) throw error
      for (const language of LANGUAGES) {
        const { what, why, next } = ERROR_WORDS[error.code][language](reader(error.detail))
        expect([what, why, ...(next ?? [])].join(' ')).toMatch(/10 秒|ten seconds/)
        expect(why).not.toMatch(/timeout|…/)
      }
    } finally {
      process.kill(server, 'SIGCONT')
    }
    expect(await world.reading('mirai', async () => 'read')).toBe('read')
  }, 60_000)

  test('a server that is killed in the middle of a question is named as that', async () => {
    const asked = tell(world.cluster, 'postgres', ['SELECT pg_sleep(600)'], LIMITS).catch(
      (cause: unknown) => cause,
    )
    const one = "SELECT min(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
    let pid = 0
    await expect
      .poll(async () => (pid = Number(await world.sql('postgres', one))), { timeout: 30_000 })
      .toBeGreaterThan(0)
    process.kill(pid, 'SIGKILL')
    const error = await asked
    expect(error).toMatchObject({
      detail: { why: expect.stringMatching(/^server closed the connection unexpectedly/) },
    })
  }, 60_000)
})
