// What the clone of a rehearsal has otherwise than production: settings, collation, extensions, what was not cloned, and a server of another major.
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { copyPrograms, findSources } from '../../src/db/binaries.ts'
import { accountOf } from '../../src/postgres/cluster.ts'
import { type Launched, launch, readAll } from '../../src/postgres/launch.ts'
import { LIMITS } from '../runner-fixtures/postgres.ts'
import { until } from '../until.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene
let newer: Newer | undefined

beforeAll(async () => {
  story = await openSchemaScene('role: mirai', {
    shared_buffers: '300MB',
    max_parallel_maintenance_workers: '2',
  })
  await story.rows('CREATE PUBLICATION outward FOR TABLE articles')
  // As after an upgrade of the machine's library, of which the indexes of production know nothing yet.
  await story.world.sql('postgres', "UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'mirai'")
})
afterAll(async () => {
  await newer?.end()
  await story?.end()
})

const UP = 'ALTER TABLE articles ADD COLUMN size int;\n'
const DOWN = 'ALTER TABLE articles DROP COLUMN size;\n'
const cardOf = async ({ id }: Pick<ChangeView, 'id'>, language: 'ja' | 'en') =>
  (
    await story.scene.call<{ text: string }>('ops2', 'GET', `/changes/${id}/card?language=${language}`)
  ).body.text.replace(/\s+/g, ' ')

test('N22 what differs from production stands on the card and never counts as equal: settings, collation, extensions, what was not cloned, and the major version', async () => {
  const { body, text } = await story.tried(UP, DOWN)
  expect(body.state, text).toBe('ready')
  const card = await cardOf(body, 'en')
  for (const said of [
    'not as in production: setting shared_buffers (production 300MB, clone 256MB)',
    'not as in production: setting max_parallel_maintenance_workers (production 2, clone 0)',
    'not as in production: collation mirai (production libc C.UTF-8 version 1.0, clone libc C.UTF-8)',
  ])
    expect(card).toContain(said)
  expect(card).toMatch(/not as in production: not cloned PUBLICATION( TABLE)? .*outward/)
  const japanese = await cardOf(body, 'ja')
  for (const said of ['設定 shared_buffers', '照合順序 mirai', '複製していないもの PUBLICATION'])
    expect(japanese).toContain(said)

  // The clone gets the version that is installed here: with another one in production its catalogue is not that of production.
  await story.world.sql('mirai', "CREATE EXTENSION pg_trgm SCHEMA public VERSION '1.5'")
  const extended = await story.tried(UP, DOWN)
  expect(extended.body.state, extended.text).toBe('blocked')
  expect(await cardOf(extended.body, 'en')).toContain('extension pg_trgm')
  await story.world.sql('mirai', 'DROP EXTENSION pg_trgm')

  // Production is moved to another major, of which the machine that rehearses has no programs.
  await story.world.stop()
  newer = await startNewer(story.port)
  expect(newer.major).toBeGreaterThan(story.world.programs.major)
  const before = await changes()
  const refused = await story.tried(UP, DOWN)
  expect([refused.status, refused.body], refused.text).toMatchObject([
    409,
    { code: 'backup.db_client_old', values: { server: newer.major, client: story.world.programs.version } },
  ])
  const again = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${body.id}/try`)
  expect(again.text).toContain('backup.db_client_old')
  expect(await changes()).toEqual(before)
})

const changes = async () =>
  (await story.scene.call<{ changes: { id: string }[] }>('ops1', 'GET', '/changes')).body.changes.map(
    ({ id }) => id,
  )

interface Newer {
  readonly major: number
  end(): Promise<void>
}

/** A server of the package that Sekisho's own store runs on, where a runner looks for this port. */
async function startNewer(port: number): Promise<Newer> {
  const source = (await findSources()).find(({ kind }) => kind === 'package')
  const owner = await accountOf('postgres')
  if (source === undefined || owner === undefined) throw new Error('no server of another major is here')
  const directory = await mkdtemp(join(tmpdir(), 'pg-newer-'))
  await chmod(directory, 0o711)
  const choice = await copyPrograms(source, directory, join(directory, 'choice.json'))
  const bin = join(directory, choice.directory, choice.bin)
  const data = join(directory, 'data')
  await mkdir(data, { mode: 0o700 })
  await chown(data, owner.uid, owner.gid)
  const argv = ['-D', data, '-U', owner.name, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--auth=peer']
  const made = await readAll(launch([join(bin, 'initdb'), ...argv], { ...LIMITS, as: owner }), 1 << 20)
  if (made.ended.code !== 0) throw new Error(made.ended.stderr)
  const settings = { listen_addresses: '', unix_socket_directories: '/run/postgresql', port, fsync: 'off' }
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server: Launched = launch([join(bin, 'postgres'), '-D', data, ...given], {
    timeoutMs: 3_600_000,
    as: owner,
    deathSignal: 'QUIT',
  })
  server.stdout?.resume()
  await until('the other server to answer', 60_000, async () => {
    const asked = launch(
      [
        join(story.world.programs.bin, 'psql'),
        '-XAtc',
        'SELECT 1',
        '-h',
        '/run/postgresql',
        '-p',
        `${port}`,
        'postgres',
      ],
      { ...LIMITS, as: owner },
    )
    return (await readAll(asked, 1 << 16)).ended.code === 0 ? true : undefined
  })
  return {
    major: choice.major,
    end: async () => {
      server.child.kill('SIGQUIT')
      await server.done
      await rm(directory, { recursive: true, force: true })
    },
  }
}
