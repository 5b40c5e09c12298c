// A small service with a PostgreSQL of its host and a site of nginx: its code asks for columns by name, and its migrations lie in its repository.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ChangeView } from '../../src/contract/change.ts'
import { openBlockDisk } from '../host/block-disk.ts'
import type { Host } from '../host/host.ts'
import { limitTree } from '../host/limit-tree.ts'
import { operatorKey } from '../host/mirai.ts'
import { CHECKOUT } from '../host/place.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { proposal } from './proposal.ts'

export const VISITS = '/srv/visits'
export const VISITS_WORK = '/home/ops1/visits'
export const SITE = '/etc/nginx/sites-available/visits'
/** Cluster and copies lie on disks of their own: a copy on the disk of its data does not count. Closed when the host is gone. */
async function twoDisks() {
  const [cluster, copies] = [await openBlockDisk(512), await openBlockDisk(512)]
  return {
    binds: [
      { from: cluster.path, to: '/var/lib/postgresql', access: 'rw' },
      { from: copies.path, to: '/backup', access: 'rw' },
    ] as const,
    close: async () => {
      await cluster.close()
      await copies.close()
    },
  }
}

export const server = (more = '') => `import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { statement } from './store.js'

const major = readdirSync('/usr/lib/postgresql').sort((a, b) => a - b).at(-1)
const ask = (sql) =>
  new Promise((resolve, reject) => {
    execFile(\`/usr/lib/postgresql/\${major}/bin/psql\`, ['-XAtqc', sql, 'visits'], (error, stdout, stderr) => {
      if (error) reject(new Error(stderr))
      else resolve(stdout.trim())
    })
  })
await ask('SELECT 1')
createServer((request, response) => {
  if (request.url === '/health') return response.end(JSON.stringify({ status: 'ok' }))
${more}  ask(statement).then(
    (text) => response.end(text),
    (error) => {
      response.statusCode = 500
      response.end(error.message)
    },
  )
}).listen(9200, '127.0.0.1')
`
/** What the first release asks. */
export const FIRST = "SELECT count(*) || ' visitors, first ' || min(name) FROM visitors"
export const store = (statement: string) => `export const statement = ${JSON.stringify(statement)}\n`
export const storeTest = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statement } from '../store.js'

test('it asks for visitors', () => {
  assert.match(statement, /FROM visitors/)
})
`
/** What depends on the statement behind another module, and on the table without an import. */
const HIDDEN = [
  ['lib/all.js', "export * from '../store.js'\n"],
  ['lib/page.js', "import { statement } from './all.js'\nexport const page = statement\n"],
  ['report.js', "export const report = 'SELECT name FROM visitors ORDER BY name'\n"],
  ['lib/other.js', "export const other = 'SELECT 1 FROM visitors_of_others'\n"],
] as const
export const UNIT = `[Unit]
Description=Visits
After=postgresql.service
[Service]
User=visits
WorkingDirectory=${VISITS}/current
ExecStart=/usr/bin/node server.js
Restart=on-failure
[Install]
WantedBy=multi-user.target
`
export const site = (more = '') => `server {
    listen 127.0.0.1:9280;
    server_name visits.example.jp;
    location / {
        proxy_pass http://127.0.0.1:9200;
${more}    }
}
`

const SMOKE =
  "fetch('http://127.0.0.1:9200/').then(async (answer) => { console.log(await answer.text()); process.exit(answer.ok ? 0 : 1) })"

const VISITS_SERVICE = (maintenance: boolean, configs: readonly string[], migrations: string) => `  visits:
    manager: { systemd: visits.service }
    health: { url: 'http://127.0.0.1:9200/health', json: { status: ok }, good: 2, of: 3, every: 200ms }
    repo: { path: ${VISITS}, branch: main, deploy: releases }
    test:
      argv: [node, --test, --test-reporter=junit, --test-reporter-destination=report.xml]
      results: { junit: report.xml }
      within: 2m
    smoke: { argv: [node, -e, "${SMOKE}"] }
    configs: [${[SITE, ...configs].join(', ')}]
    databases:
      - name: visits
        invariants: { visitors: { id: id, require: [name] } }
        migrations: { ${migrations} }
    backup: { every: 6h, to: /backup/visits, timezone: UTC }
${maintenance ? `    maintenance: { on: [touch, ${VISITS}/maintenance/on], off: [rm, -f, ${VISITS}/maintenance/on] }\n` : ''}`

const visitsPolicy = async (
  host: Host,
  more = '',
  maintenance = true,
  configs: readonly string[] = [],
  migrations = 'role: visits, dir: db/migrations',
) => `lang: en
name: visits
services:
${VISITS_SERVICE(maintenance, configs, migrations)}${more}people:
  ops1: { keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: 60s }
`

export const MIGRATIONS = 'db/migrations'
const START_UP = 'CREATE TABLE visitors (id int PRIMARY KEY, name text NOT NULL);\n'
const START_DOWN = 'DROP TABLE visitors;\n'

/** Cluster, tables, first release, site; the author has a clone of the repository. */
async function makeVisits(
  host: Host,
  program = server(),
  unit = UNIT,
  more: Readonly<Record<string, string>> = {},
  tables: readonly string[] = [],
): Promise<void> {
  const seed = '/root/seed'
  const files: readonly (readonly [string, string])[] = [
    ['package.json', '{ "name": "visits", "type": "module" }\n'],
    ['server.js', program],
    ['store.js', store(FIRST)],
    ['test/store.test.js', storeTest],
    ...HIDDEN,
    [`${MIGRATIONS}/0001_start.up.sql`, START_UP],
    [`${MIGRATIONS}/0001_start.down.sql`, START_DOWN],
    ...Object.entries(more),
  ]
  for (const [path] of files) await host.ok(['mkdir', '-p', dirname(`${seed}/${path}`)])
  for (const [path, text] of files) await host.put(`${seed}/${path}`, text)
  await host.put('/etc/systemd/system/visits.service', unit)
  await host.put(SITE, site())
  await host.ok([
    'bash',
    '-ec',
    `useradd --system --no-create-home --shell /usr/sbin/nologin visits
install -d -o postgres -g postgres /var/lib/postgresql /etc/postgresql
install -d -m 700 /backup/visits
major=$(ls /usr/lib/postgresql | sort -n | tail -1)
pg_createcluster --locale=C.UTF-8 $major main
systemctl start postgresql@$major-main.service
as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
as createuser visits
as createdb --owner=visits visits
setpriv --reuid=visits --regid=visits --init-groups psql -Xq -v ON_ERROR_STOP=1 -d visits <${seed}/${MIGRATIONS}/0001_start.up.sql
setpriv --reuid=visits --regid=visits --init-groups psql -Xq -v ON_ERROR_STOP=1 -d visits -c "INSERT INTO visitors SELECT i, 'visitor ' || lpad(i::text, 3, '0') FROM generate_series(1, 200) i"
${tables.map((one) => `setpriv --reuid=visits --regid=visits --init-groups psql -Xq -v ON_ERROR_STOP=1 -d visits -c "${one}"\n`).join('')}cd ${seed} && git init -q -b main && git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm first
install -d ${VISITS}/releases ${VISITS}/shared
install -d -o visits ${VISITS}/maintenance
git clone -q --bare ${seed} ${VISITS}/repository.git
cp -a ${seed} ${VISITS}/releases/first && rm -rf ${VISITS}/releases/first/.git
ln -s releases/first ${VISITS}/current
git clone -q ${seed} ${VISITS_WORK} && git -C ${VISITS_WORK} config user.name Ops && git -C ${VISITS_WORK} config user.email ops1@example.jp
chown -R ops1:ops1 ${VISITS_WORK}
ln -s ${SITE} /etc/nginx/sites-enabled/visits
systemctl reload nginx
systemctl daemon-reload && systemctl enable -q --now visits`,
  ])
  await until('the visits to answer', 30_000, async () =>
    (await counted(host)).startsWith('200 visitors') ? true : undefined,
  )
}

export async function counted(host: Host): Promise<string> {
  return (await host.exec(['curl', '-s', '--max-time', '5', 'http://127.0.0.1:9280/'])).stdout
}

/** As the account of the cluster. */
export async function sql(host: Host, statement: string): Promise<string> {
  const argv = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--']
  return (
    await host.ok([...argv, 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', 'visits', '-c', statement])
  ).trim()
}

/** The shape of the database as pg_dump tells it, and the rows of each table: it shares no code with ours. */
export async function pictured(host: Host): Promise<{ readonly schema: string; readonly rows: string }> {
  const schema = await host.ok([
    'bash',
    '-ec',
    "setpriv --reuid=postgres --regid=postgres --init-groups -- pg_dump -s -N sekisho visits | grep -vE '^(--.*|.(un)?restrict .*)?$' | sha256sum",
  ])
  const rows = await sql(
    host,
    "SELECT md5(string_agg(v::text, E'\\n' ORDER BY id)) || count(*) FROM visitors v",
  )
  return { schema, rows }
}

/** The author writes files and commits; a text of undefined removes the file. Answers the commit. */
export async function commitFiles(
  host: Host,
  files: Readonly<Record<string, string | undefined>>,
  message: string,
): Promise<string> {
  for (const path of Object.keys(files))
    await host.ok(['mkdir', '-p', `${VISITS_WORK}/${path.slice(0, path.lastIndexOf('/') + 1)}`])
  for (const [path, text] of Object.entries(files))
    await (text === undefined
      ? host.ok(['rm', `${VISITS_WORK}/${path}`])
      : host.put(`${VISITS_WORK}/${path}`, text))
  await host.ok(['chown', '-R', 'ops1:ops1', VISITS_WORK])
  await host.ok(['git', '-C', VISITS_WORK, 'add', '-A'], { user: 'ops1' })
  await host.ok(['git', '-C', VISITS_WORK, 'commit', '-qm', message], { user: 'ops1' })
  return (await host.ok(['git', '-C', VISITS_WORK, 'rev-parse', 'HEAD'], { user: 'ops1' })).trim()
}

/** Whatever was committed on top of production is dropped again. */
export async function forget(host: Host): Promise<void> {
  await host.ok(['git', '-C', VISITS_WORK, 'reset', '-q', '--hard', 'origin/main'], { user: 'ops1' })
}

export interface VisitsWorld {
  readonly here: World
  /** Answers what was said on both streams; throws where it ends with another code. */
  must(who: 'ops1' | 'claude', argv: readonly string[], code?: number): Promise<string>
  /** The author proposes what was committed. */
  propose(more?: readonly string[]): Promise<ChangeView>
  /** The card in one line. */
  card(id: string): Promise<string>
  close(): Promise<void>
}

export interface VisitsOptions {
  readonly server?: string
  readonly unit?: string
  /** More lines of the service. */
  readonly service?: string
  /** More files that may be changed, as the rules declare them. */
  readonly configs?: readonly string[]
  /** How the schema is changed, as the rules declare it. */
  readonly migrations?: string
  /** More files of the first release. */
  readonly files?: Readonly<Record<string, string>>
  /** Statements that the owner of the tables runs before it starts. */
  readonly tables?: readonly string[]
  /** Nobody has signed for backups, and there is none. */
  readonly unbacked?: true
  /** Before the service starts for the first time. */
  readonly prepare?: (host: Host) => Promise<void>
}

/** The host of the stories: backed up by a standing signature. */
export async function openVisits({
  server: program,
  unit,
  service,
  configs,
  migrations,
  files,
  tables,
  unbacked,
  prepare = async () => {},
}: VisitsOptions = {}): Promise<VisitsWorld> {
  const disks = await twoDisks()
  const here = await world({
    binds: [...limitTree(), ...disks.binds],
    policy: (host) => visitsPolicy(host, service, true, configs, migrations),
    prepare: async (host) => {
      await prepare(host)
      await makeVisits(host, program, unit, files, tables)
    },
  })
  const must = async (who: 'ops1' | 'claude', argv: readonly string[], code = 0) => {
    const said = await here.sekisho(who, argv, { together: true, timeoutMs: 300_000 })
    if (said.code !== code) throw new Error(`${argv.join(' ')}: exit ${said.code}\n${said.stdout}`)
    return said.stdout
  }
  if (unbacked === undefined) {
    await must('ops1', ['standing', 'sign', 'visits', 'backup', '--yes'])
    await must('ops1', ['backup', 'run', '--service', 'visits'])
  }
  return {
    here,
    must,
    propose: (more = []) =>
      here.json<ChangeView>(
        'ops1',
        proposal(
          {
            service: 'visits',
            work: VISITS_WORK,
            instruction: 'Count how often each visitor was seen',
            impact: 'a column, the page, a header',
          },
          more,
        ),
        { timeoutMs: 600_000 },
      ),
    // One that is blocked ends with 2.
    card: async (id) => (await here.sekisho('ops1', ['change', 'show', id])).stdout.replace(/\s+/g, ' '),
    close: async () => {
      // A disk can be given back once no process of the host holds it.
      await here.host.exec(['systemctl', 'stop', 'postgresql@*', 'visits'])
      await here.host.crash()
      await disks.close()
    },
  }
}

export const checksOf = (view: ChangeView) =>
  Object.fromEntries(view.checks.map(({ check, verdict }) => [check, verdict]))
export const problemsOf = (view: ChangeView) =>
  view.checks.flatMap((one) => one.problems.map(({ code }) => code))
/** A column that the deployed code does not ask for, and the code that does. */
export const SEEN_UP = 'ALTER TABLE visitors ADD COLUMN seen bigint NOT NULL DEFAULT 0;\n'
export const SEEN_DOWN = 'ALTER TABLE visitors DROP COLUMN seen;\n'
export const seen = () => ({
  'store.js': store("SELECT count(*) || ' visitors, seen ' || sum(seen) FROM visitors"),
  [`${MIGRATIONS}/0002_seen.up.sql`]: SEEN_UP,
  [`${MIGRATIONS}/0002_seen.down.sql`]: SEEN_DOWN,
})

/** What stands in the guide, by its kind of block, from the section on code and schema on. */
export function guideBlocks(kind: 'yaml' | 'console' | 'sql'): readonly string[] {
  const text = readFileSync(join(CHECKOUT, 'docs/guide/schema.md'), 'utf8')
  const section = text.slice(text.indexOf('## Change code and schema together'))
  return Array.from(section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)).flatMap(([, head, body = '']) =>
    head === kind ? [body] : [],
  )
}
