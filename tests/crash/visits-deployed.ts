// The visits service as a trial of kills sees it: each commit brings a column, code that asks for it, and a header of the site. Beside our own parts the
// production server, the session of a migration and the whole machine can die.
import { proposal } from '../accept/proposal.ts'
import {
  commitFiles,
  counted,
  forget,
  MIGRATIONS,
  openVisits,
  pictured,
  SITE,
  site,
  sql,
  store,
  VISITS,
  VISITS_WORK,
} from '../accept/visits.ts'
import { until } from '../until.ts'
import { comeUp, HIT, ORDER, reloads } from './campaign.ts'
import { type Deployed, withOrders } from './trial-of-code.ts'

const SICK = '/var/tmp/visits-are-sick'
const SERVER = `${VISITS}/repository.git`
const CLUSTER = 'postgresql@*-main.service'

export async function visitsDeployed(): Promise<Deployed & { close(): Promise<void> }> {
  const at = await openVisits()
  const { here } = at
  const { host } = here
  await withOrders(host)
  const git = async (...argv: readonly string[]) =>
    (await host.ok(['git', '-c', 'safe.directory=*', '-C', SERVER, ...argv])).trim()
  const first = await git('rev-parse', 'main')
  let mark = 0
  let markersBefore = 0
  const markers = async () =>
    (await sql(host, "SELECT to_regclass('sekisho.migration') IS NOT NULL")) === 't'
      ? Number(
          await sql(host, `SELECT count(*) FROM sekisho.migration WHERE direction = 'up' AND state = 'done'`),
        )
      : 0
  const column = async () =>
    await sql(
      host,
      `SELECT count(*) FROM information_schema.columns WHERE table_name = 'visitors' AND column_name = 'c${mark}'`,
    )
  /** The cluster stands on no list of what a test host starts at its boot. */
  const serves = async () => {
    await host.ok([
      'sh',
      '-c',
      'systemctl start postgresql@$(ls /usr/lib/postgresql | sort -n | tail -1)-main',
    ])
    await until('the cluster to answer', 60_000, () => sql(host, 'SELECT 1').catch(() => undefined))
  }
  return {
    world: here,
    close: () => at.close(),
    unit: 'visits.service',
    root: VISITS,
    sick: SICK,
    commit: async () => {
      mark += 1
      await host.ok([
        'git',
        '-c',
        'safe.directory=*',
        '-C',
        VISITS_WORK,
        'fetch',
        '-q',
        SERVER,
        '+main:refs/remotes/origin/main',
      ])
      await host.ok(['chown', '-R', 'ops1:ops1', VISITS_WORK])
      await forget(host)
      await host.ok(['git', '-C', VISITS_WORK, 'clean', '-qfd'], { user: 'ops1' })
      const server = (await host.read(`${VISITS_WORK}/server.js`)).toString()
      const number = String(mark + 1).padStart(4, '0')
      await commitFiles(
        host,
        {
          'server.js': server.includes(SICK)
            ? server
            : server
                .replace(
                  "import { readdirSync } from 'node:fs'",
                  "import { existsSync, readdirSync } from 'node:fs'",
                )
                .replace(
                  "if (request.url === '/health')",
                  `if (request.url === '/' && existsSync('${SICK}')) {
    response.statusCode = 500
    return response.end('sick')
  }
  if (request.url === '/health')`,
                ),
          'store.js': store(`SELECT count(*) || ' visitors, c${mark} ' || sum(c${mark}) FROM visitors`),
          [`${MIGRATIONS}/${number}_c${mark}.up.sql`]: `ALTER TABLE visitors ADD COLUMN c${mark} bigint NOT NULL DEFAULT 0;\n`,
          [`${MIGRATIONS}/${number}_c${mark}.down.sql`]: `-- sekisho: accept drop_column: the counts go with the new schema\nALTER TABLE visitors DROP COLUMN c${mark};\n`,
        },
        `feat: count c${mark}`,
      )
      await host.put('/var/tmp/site', site(`        add_header X-Seen c${mark};\n`), 0o644)
      markersBefore = await markers()
      return `200 visitors, c${mark} 0`
    },
    proposal: {
      who: 'ops1',
      argv: proposal(
        {
          service: 'visits',
          work: VISITS_WORK,
          instruction: 'Count how often each visitor was seen',
          impact: 'a column, the page, a header',
        },
        ['--file', `${SITE}=/var/tmp/site`],
      ),
    },
    says: () => counted(host),
    picture: async () => {
      const header = await host.exec(['curl', '-sI', '--max-time', '5', 'http://127.0.0.1:9280/health'])
      const seen = /^x-seen: (\S+)/im.exec(header.stdout)?.[1] ?? ''
      const files = await host.ok(['sh', '-c', `readlink ${VISITS}/current; sha256sum < ${SITE}`])
      return JSON.stringify([await pictured(host), seen, files])
    },
    commits: async () => Number(await git('rev-list', '--count', `${first}..main`)),
    faults: async (isKept, since) => {
      const found: string[] = []
      const isOff = await until('maintenance to be off', 120_000, async () =>
        (await host.exec(['test', '-e', `${VISITS}/maintenance/on`])).code === 0 ? undefined : true,
      ).catch(() => false)
      if (!isOff) found.push('maintenance is on')
      const [made, has] = [(await markers()) - markersBefore, await column()]
      if (isKept && (made !== 1 || has !== '1'))
        found.push(`${made} markers and ${has} columns of one migration`)
      if (!isKept && has !== '0') found.push('a column of a migration that went back')
      const loaded = await reloads(host, since)
      if (isKept ? loaded !== 1 : loaded > 2) found.push(`${loaded} reloads`)
      const sessions = await sql(
        host,
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'visits' AND query ILIKE '%ALTER TABLE%'",
      )
      if (sessions !== '0') found.push(`${sessions} sessions of a migration`)
      return found
    },
    strikes: {
      session: async () => {
        await sql(
          host,
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'visits' AND pid <> pg_backend_pid()",
        )
      },
      server: async () => {
        await host.ok(['systemctl', 'kill', '--signal=SIGKILL', '--kill-whom=all', CLUSTER])
        await until('the cluster to be dead', 30_000, async () =>
          (await host.exec(['pgrep', '-f', '-D /var/lib/postgresql/'])).code === 0 ? undefined : true,
        )
        await host.exec(['rm', '-f', HIT])
        await serves()
      },
      reboot: async () => {
        await host.crash()
        await host.boot()
        await host.exec(['rm', '-f', HIT, ORDER])
        await serves()
        await host.exec(['systemctl', 'reset-failed', 'visits'])
        await host.ok(['systemctl', 'start', 'visits'])
        await comeUp(host)
      },
    },
  }
}
