// A service whose data is one database of a real cluster, and one place of copies.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { signBackups } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

export interface DatabaseScene {
  readonly scene: Scene
  readonly world: TestCluster
  readonly to: string
  rows(...sql: readonly string[]): Promise<string>
  end(): Promise<void>
}

export async function openDatabaseScene(): Promise<DatabaseScene> {
  const port = clusterPort()
  const world = await startPostgres({}, port)
  const rows = (...sql: readonly string[]) => world.sql('mirai', ...sql)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  await rows(
    'CREATE TABLE articles (id int, title text)',
    'ALTER TABLE articles OWNER TO mirai',
    "INSERT INTO articles SELECT i, 'title ' || i FROM generate_series(1, 51) i",
    'CREATE TABLE tokens (token text PRIMARY KEY)',
    'ALTER TABLE tokens OWNER TO mirai',
    'CREATE TABLE sessions (token text PRIMARY KEY)',
    'ALTER TABLE sessions OWNER TO mirai',
    'CREATE TABLE nokey (v text)',
    'ALTER TABLE nokey OWNER TO mirai',
    "INSERT INTO nokey SELECT 'old ' || i FROM generate_series(1, 100) i",
  )
  const scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  const to = join(scene.directory, 'copies')
  mkdirSync(to)
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        `    databases: [{ name: mirai, port: ${port}, invariants: { articles: { id: id, require: [title] }, tokens: { id: token } }, secret: [tokens] }]`,
        `    backup: { every: 6h, to: ${to}, timezone: UTC }`,
        '    configs:',
        '',
      ].join('\n'),
    ),
  )
  await signBackups(scene)
  return {
    scene,
    world,
    to,
    rows,
    end: async () => {
      await scene.end()
      await world.stop()
    },
  }
}
