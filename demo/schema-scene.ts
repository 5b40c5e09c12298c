// A migration whose way back loses rows: refused with the number of rows, mended, run once, and taken back by one command.
import type { ChangeView } from '../src/contract/change.ts'
import type { Host } from '../tests/host/host.ts'
import type { Stage } from './scenes.ts'
import { type } from './typed.ts'

const DATABASE = 'library'
const UP = '/home/ops1/0002.up.sql'
const DOWN = '/home/ops1/0002.down.sql'

/** As it stands below `services:`. */
export const LIBRARY_SERVICE = `  library:
    databases: [ { name: ${DATABASE}, invariants: { articles: { id: id, require: [title] } }, migrations: { role: library } } ]
    backup: { every: 6h, copies: [ { name: local, kind: directory, to: /var/backups/library } ], timezone: Asia/Tokyo }
`

/** Debian's cluster with one database: 1,000 articles, 120 of them archived. */
export async function makeLibrary(host: Host): Promise<void> {
  const majors = (await host.ok(['ls', '/usr/lib/postgresql'])).trim().split('\n')
  const major = majors.sort((a, b) => Number(b) - Number(a))[0] ?? ''
  await host.ok([
    'bash',
    '-ec',
    `install -d -o postgres -g postgres /var/lib/postgresql /etc/postgresql
install -d -m 755 /var/backups/library
pg_createcluster --locale=C.UTF-8 ${major} main
systemctl start postgresql@${major}-main.service`,
  ])
  const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups']
  await host.ok([...asPostgres, 'createuser', '--no-login', 'library'])
  await host.ok([...asPostgres, 'createdb', '--owner=library', DATABASE])
  await query(
    host,
    'SET ROLE library',
    'CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL, archived boolean NOT NULL)',
    "INSERT INTO articles SELECT i, 'article ' || i, i % 25 < 3 FROM generate_series(1, 1000) i",
  )
}

async function query(host: Host, ...statements: readonly string[]): Promise<string> {
  const psql = ['psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-d', DATABASE]
  const argv = [...psql, ...statements.flatMap((one) => ['-c', one])]
  return (await host.ok(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...argv])).trim()
}

const UP_SQL = `CREATE TABLE archive (LIKE articles INCLUDING ALL);
INSERT INTO archive SELECT * FROM articles WHERE archived;
-- sekisho: accept rows_at_risk: they stand in archive
DELETE FROM articles WHERE archived;
`
const FORGETS = '-- sekisho: accept drop_table: it is made by 0002.up.sql\nDROP TABLE archive;\n'
const MENDED = `INSERT INTO articles SELECT * FROM archive;\n${FORGETS}`

const newest = async (stage: Stage): Promise<ChangeView> => {
  const { changes } = await stage.world.json<{ changes: ChangeView[] }>('ops1', ['change', 'list', '--all'])
  return await stage.world.json<ChangeView>('ops1', ['change', 'show', changes[0]?.id ?? ''])
}

/** Of both tables, where the second one is there. */
async function rows({ world: { host } }: Stage): Promise<string> {
  const has = (await query(host, "SELECT to_regclass('archive') IS NOT NULL")) === 't'
  const counts = await query(
    host,
    ...['articles', ...(has ? ['archive'] : [])].map((one) => `SELECT count(*) FROM ${one}`),
  )
  return counts.replace('\n', ' + ')
}

export const schemaChanges = async (stage: Stage): Promise<void> => {
  const { words } = stage
  const { host } = stage.world
  await makeLibrary(host)
  stage.say(words.schemaSigned)
  stage.figures.prompts++
  const signed = await type(stage, 'ops1', ['standing', 'sign', 'library', 'backup', '--yes'], 0)
  const taken = await type(stage, 'ops1', ['backup', 'run', '--service', 'library'], 'title')
  stage.check(
    'the database is backed up',
    signed.code === 0 && taken.code === 0,
    signed.stdout + taken.stdout,
  )
  stage.say(`\n${words.libraryHas}`)
  const put = async (path: string, sql: string) => {
    await host.put(path, sql)
    await host.ok(['chown', 'ops1:', path])
    stage.say(`\n  ${path.replace('/home/ops1/', '')}`)
    for (const line of sql.trimEnd().split('\n')) stage.say(`    ${line}`)
  }
  await put(UP, UP_SQL)
  await put(DOWN, FORGETS)
  stage.say('')
  const wish = ['--instruction', words.instructionSchema]
  const refused = await type(
    stage,
    'ops1',
    [
      'do',
      'schema',
      '--service',
      'library',
      '--up',
      UP,
      '--down',
      DOWN,
      ...wish,
      '--impact',
      words.impactSchema,
      '--risk',
      words.riskSchema,
      '--notify',
      'not_needed',
    ],
    -11,
  )
  const first = await newest(stage)
  stage.check(
    'a way back that loses rows is refused with their number',
    refused.code === 2 && first.state === 'blocked' && /1000 .*→ 880 /.test(refused.stdout),
    refused.stdout + refused.stderr,
  )
  stage.check('nothing was done to the database', (await rows(stage)) === '1000')

  stage.say(words.downMended)
  await put(DOWN, MENDED)
  stage.say('')
  const revised = await type(
    stage,
    'ops1',
    ['change', 'revise', first.id, '--up', UP, '--down', DOWN],
    'title',
  )
  stage.say(words.waivedBackup)
  stage.figures.prompts++
  const waived = await type(
    stage,
    'ops1',
    ['change', 'waive', first.id, 'backup', '--reason', words.oneDiskOnly, '--yes'],
    'title',
  )
  const sealed = await type(stage, 'ops1', ['change', 'seal', first.id])
  const ready = await newest(stage)
  stage.check(
    'the mended way back is proven: every row is as it was',
    ready.state === 'awaiting_approval' &&
      ready.checks.some(({ check, verdict }) => check === 'undo' && verdict === 'green'),
    revised.stdout + waived.stdout + sealed.stdout,
  )
  stage.figures.prompts++
  const approved = await type(stage, 'ops1', ['change', 'approve', first.id, '--yes'], -6)
  const now = await rows(stage)
  stage.say(words.rowsNow(now))
  stage.check(
    'the migration ran once and is kept',
    approved.code === 0 && now === '880 + 120',
    approved.stdout,
  )
}
