// A service with one database whose schema may be changed, on a real cluster, with a backup that was read.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src/base/hash.ts'
import type { ChangeView, NewChange } from '../../src/contract/change.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { approveTyped, order, signBackups } from './backup-story.ts'
import { knowsFarCopy } from './far-copy.ts'
import { type Answer, openScene, type Scene, type SceneOptions, type Who } from './scene.ts'

export interface SchemaScene {
  readonly scene: Scene
  readonly world: TestCluster
  readonly port: number
  rows(...sql: readonly string[]): Promise<string>
  /** create → try, as a person. */
  tried(
    up: string,
    down: string | undefined,
    more?: Partial<NewChange>,
    who?: Who,
  ): Promise<Answer<ChangeView>>
  /** Seals, approves and waits for the end. */
  run(view: ChangeView): Promise<ChangeView>
  /** Tables, columns, indexes, constraints, owners and rights, as pg_dump says them: it shares no code with ours. */
  dumped(): Promise<string>
  end(): Promise<void>
}

export async function openSchemaScene(
  migrations = 'role: mirai',
  settings: Readonly<Record<string, string>> = {},
  /** More lines of the service in sekisho.yaml. */
  more: readonly string[] = [],
  options: Omit<SceneOptions, 'policy'> = {},
  /** Without: no copy on another disk is known. */
  copies: 'known' | 'none' = 'known',
): Promise<SchemaScene> {
  const port = clusterPort()
  const world = await startPostgres(settings, port)
  const rows = (...sql: readonly string[]) => world.sql('mirai', ...sql)
  await world.sql(
    'postgres',
    'CREATE ROLE mirai LOGIN',
    'CREATE ROLE reporting',
    'CREATE DATABASE mirai OWNER mirai',
  )
  await rows(
    'CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL, note text)',
    'ALTER TABLE articles OWNER TO mirai',
    'GRANT SELECT ON articles TO reporting',
    "INSERT INTO articles SELECT i, 'title ' || i, CASE WHEN i % 2 = 0 THEN 'note ' || i END FROM generate_series(1, 200) i",
    'CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL)',
    'ALTER TABLE authors OWNER TO mirai',
    "INSERT INTO authors SELECT i, 'author ' || i FROM generate_series(1, 20) i",
    'CREATE VIEW titles AS SELECT id, title FROM articles',
    'ALTER VIEW titles OWNER TO mirai',
  )
  const scene = await openScene({ ...options, policy: 'policy: { standing: { per_hour: 1000 } }' })
  const to = join(scene.directory, 'copies')
  mkdirSync(to)
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        `    databases: [{ name: mirai, port: ${port}, invariants: { articles: { id: id, require: [title] } }, migrations: { ${migrations} } }]`,
        `    backup: { every: 6h, to: ${to}, timezone: UTC }`,
        ...more,
        '    configs:',
        '',
      ].join('\n'),
    ),
  )
  await signBackups(scene)
  await order(scene, 'backup')
  if (copies === 'known') await knowsFarCopy(scene, 3_600_000, 'content')
  const tried = async (
    up: string,
    down: string | undefined,
    more: Partial<NewChange> = {},
    who: Who = 'ops1',
  ) => {
    const fileOf = (name: string, sql: string) => ({ name, base64: Buffer.from(sql).toString('base64') })
    const made = await scene.call<ChangeView>(who, 'POST', '/changes', {
      pattern: 'schema',
      service: 'app',
      instruction: { text: 'change the schema' },
      notification: 'not_needed',
      migration: {
        up: fileOf('0002.up.sql', up),
        ...(down === undefined ? {} : { down: fileOf('0002.down.sql', down) }),
      },
      ...more,
    })
    if (made.status !== 200) return made
    return scene.call<ChangeView>(who, 'POST', `/changes/${made.body.id}/try`)
  }
  const run = async (view: ChangeView) => {
    const sealed = await scene.seal('ops1', view.id)
    if (sealed.status !== 200) throw new Error(sealed.text)
    await approveTyped(scene, view.id, undefined)
    return scene.until(view.id, 'closed', 'void', 'stuck')
  }
  return {
    scene,
    world,
    port,
    rows,
    tried,
    run,
    dumped: async () => {
      const { stdout } = await pgDump(world, port)
      return sha256(stdout.replace(/^(--.*|\\(un)?restrict .*)?\n/gm, ''))
    },
    end: async () => {
      await scene.end()
      await world.stop()
    },
  }
}

async function pgDump(world: TestCluster, port: number): Promise<{ readonly stdout: string }> {
  const { run } = await import('../../src/sys/process.ts')
  const argv = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--']
  const dump = [
    join(world.programs.bin, 'pg_dump'),
    '-s',
    '-N',
    'sekisho',
    '-h',
    '/run/postgresql',
    '-p',
    String(port),
    'mirai',
  ]
  const done = await run([...argv, ...dump])
  if (done.code !== 0) throw new Error(done.stderr)
  return done
}
