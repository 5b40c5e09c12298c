// The reference service on PostgreSQL in a host: what the database room finds there, brings back beside, and exchanges under a live service.
import { expect, test } from 'vitest'
import { DATABASE, onPostgres } from './database.ts'
import { describeWith } from './describe.ts'
import { CA_PATH, oneHost } from './host.ts'
import { underLimits } from './limits.ts'

/** What the runner's database room does, told by a program in the host. */
const PROGRAM = `
import { accountOf, findCluster } from '/opt/sekisho-checkout/src/postgres/cluster.ts'
import { dumpDatabase } from '/opt/sekisho-checkout/src/postgres/dump.ts'
import { readDump } from '/opt/sekisho-checkout/src/postgres/read-dump.ts'
import { withScratchCluster } from '/opt/sekisho-checkout/src/postgres/scratch.ts'
import { loadInto } from '/opt/sekisho-checkout/src/postgres/load.ts'
import { lossOfDatabase } from '/opt/sekisho-checkout/src/postgres/loss.ts'
import { withReader } from '/opt/sekisho-checkout/src/postgres/reader.ts'
import { loadStage } from '/opt/sekisho-checkout/src/postgres/stage-load.ts'
import { swapDatabases, probeSwap } from '/opt/sekisho-checkout/src/postgres/swap.ts'
import { writeFileSync, readFileSync } from 'node:fs'
const LIMITS = { timeoutMs: 60000 }
const [act] = process.argv.slice(2)
const cluster = await findCluster({ port: 5432 }, LIMITS)
const loader = await accountOf('nobody')
const reading = { programs: cluster.programs, as: loader }
const path = '/var/backups/mirai.dump'
if (act === 'dump') {
  const { facts } = await dumpDatabase(cluster, 'mirai', path, LIMITS)
  writeFileSync('/var/backups/facts.json', JSON.stringify(facts))
  console.log(JSON.stringify({ role: cluster.role, owner: facts.owner, tables: facts.tables }))
} else {
  const facts = JSON.parse(readFileSync('/var/backups/facts.json', 'utf8'))
  const dump = await readDump(path, reading, LIMITS)
  const loss = await withScratchCluster({ ...reading, directory: '/run/scratch' }, LIMITS, async (scratch) => {
    const { restorer, database } = await loadInto(scratch, path, { dump, facts }, LIMITS)
    return withReader(cluster, ['mirai'], LIMITS, (reader) => lossOfDatabase({ cluster: reader, database: 'mirai' }, { cluster: restorer, database }, new Uint8Array(32), LIMITS))
  })
  const { pair } = await loadStage(cluster, path, { database: 'mirai', id: 'x', dump, facts, loader }, LIMITS)
  await swapDatabases(cluster, pair, LIMITS)
  console.log(JSON.stringify({ articles: loss.tables.find(({ table }) => table === 'public.articles'), state: (await probeSwap(cluster, pair, LIMITS)).state }))
}
`

describeWith('host', 'the service on PostgreSQL', () => {
  test('dumped, damaged, compared, brought back and exchanged while the service runs; the original is kept', async () => {
    const host = await oneHost()
    await onPostgres(host)
    const call = async (method: string, path: string, token?: string, body?: unknown) =>
      host.ok([
        'curl',
        '-sSf',
        '--retry',
        '10',
        '--retry-all-errors',
        '--cacert',
        CA_PATH,
        '-X',
        method,
        ...(token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`]),
        ...(body === undefined ? [] : ['-d', JSON.stringify(body)]),
        `https://mirai.example.jp${path}`,
      ])
    expect(await call('GET', '/health')).toContain('"storage":"postgresql"')
    const login = { username: 'admin', password: 'change-me-at-once' }
    const { token } = JSON.parse(await call('POST', '/api/login', undefined, login)) as { token: string }
    for (const title of ['足場の点検', '型枠', '配筋'])
      await call('POST', '/api/articles', token, { title, body: title, tags: [] })

    await host.put('/root/act.ts', PROGRAM)
    // As the runner's unit lets it: without the powers that the runner does not have.
    const act = async (what: string) =>
      JSON.parse(await host.ok([...underLimits(), 'node', '/root/act.ts', what])) as unknown
    expect(await act('dump')).toEqual({
      role: 'postgres',
      owner: 'mirai',
      tables: { 'public.articles': 3, 'public.migrations': 1, 'public.users': 1 },
    })
    const sql = (text: string) => host.ok(['psql', '-qAtX', '-d', DATABASE, '-c', text], { user: 'mirai' })
    await sql("DELETE FROM articles WHERE title = '型枠'")
    await sql("UPDATE articles SET body = 'rubbish' WHERE title = '配筋'")
    await call('POST', '/api/articles', token, { title: 'later', body: 'x', tags: [] })

    expect(await act('restore')).toEqual({
      articles: { table: 'public.articles', by: 'key', live: 3, copy: 3, gone: 1, changed: 1, back: 1 },
      state: 'applied',
    })
    const titles = JSON.parse(await call('GET', '/api/articles', token)) as { title: string; body: string }[]
    expect(titles.map(({ title, body }) => `${title} ${body}`)).toEqual([
      '足場の点検 足場の点検',
      '型枠 型枠',
      '配筋 配筋',
    ])
    expect(
      await host.ok(['psql', '-qAtX', '-d', 'mirai_x', '-c', 'SELECT count(*) FROM articles'], {
        user: 'mirai',
      }),
    ).toBe('3\n')
    // No password anywhere, and nobody is left who could load.
    expect(
      await host.ok(
        ['psql', '-qAtX', '-d', DATABASE, '-c', "SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'"],
        { user: 'mirai' },
      ),
    ).toBe('0\n')
  })
})
