// Faults planted in a host, by which a written procedure is fooled: every command of it exits 0 and nothing is well.
// Each says what was planted and gives the candidate bytes that a change would bring.

import { until } from '../until.ts'
import { type Host, MIRAI_UNIT, NODE_IN_HOST } from './host.ts'

export const SITE = '/etc/nginx/sites-available/mirai'
export const SITE_ENABLED = '/etc/nginx/sites-enabled/mirai'
export const ENV_FILE = '/srv/mirai/.env'
export const DATA = '/var/lib/mirai/data'
/** A header by which an answer shows that a candidate is in effect. */
export const MARK = 'X-Mirai-Candidate'

export interface PlantedFile {
  readonly path: string
  /** What is there now. */
  readonly before: Buffer
  /** What the change would write. */
  readonly candidate: string
}

/** The ordinary good change: the site with one more answer header, in effect after a reload. */
export async function goodSite(host: Host): Promise<PlantedFile> {
  const before = await host.read(SITE)
  return { path: SITE, before, candidate: withLine(before, `add_header ${MARK} yes always;`) }
}

/**
 * E3: the candidate listens on a port that another program holds. `nginx -t` passes, the reload exits 0, and the old
 * configuration goes on answering; only the error log tells.
 */
export async function portTaken(host: Host, port = 8443): Promise<PlantedFile> {
  const holder = `require('node:net').createServer().listen(${port}, '0.0.0.0')`
  await host.ok(['systemd-run', '--unit=other-program', '--service-type=exec', NODE_IN_HOST, '-e', holder])
  await until(`port ${port} to be taken`, 10_000, async () =>
    (await host.ok(['ss', '-Hltn', `sport = :${port}`])) === '' ? undefined : true,
  )
  const before = await host.read(SITE)
  const candidate = withLine(before, `listen ${port} ssl;`, `add_header ${MARK} yes always;`)
  return { path: SITE, before, candidate }
}

/**
 * E4: what is served is a copy in sites-enabled and no link, so the site file is not read at all. The candidate is
 * rubbish, and `nginx -t` passes.
 */
export async function siteNotIncluded(host: Host): Promise<PlantedFile> {
  await host.ok(['rm', SITE_ENABLED])
  await host.ok(['cp', SITE, SITE_ENABLED])
  const before = await host.read(SITE)
  return { path: SITE, before, candidate: 'this is no configuration {{{\n' }
}

/** E5: the candidate makes the health page answer 500. The syntax is right and the reload is in effect. */
export async function unhealthySite(host: Host): Promise<PlantedFile> {
  const before = await host.read(SITE)
  const page = `location = /health { default_type application/json; return 500 '{"status":"unhealthy"}'; }`
  return { path: SITE, before, candidate: withLine(before, page) }
}

/** E5: the service itself is not healthy, because somebody edited a data file by hand. It stays active. */
export async function brokenData(host: Host): Promise<{ readonly repair: () => Promise<void> }> {
  const path = `${DATA}/users.json`
  const before = await host.read(path)
  await host.put(path, '[ { "id": "u1", ')
  return { repair: () => host.put(path, before) }
}

/**
 * The service hangs, its one thread waiting for ever: systemd says active, nobody is answered, and SIGTERM is not heard, so that a stop
 * takes the unit's whole stop time-out. Not SIGSTOP, which ends at once.
 */
export async function hungService(host: Host): Promise<void> {
  await host.ok(['sh', '-c', `grep -qx MIRAI_FAULTS=1 ${ENV_FILE} || echo MIRAI_FAULTS=1 >>${ENV_FILE}`])
  await host.ok(['systemctl', 'restart', MIRAI_UNIT])
  // A service that has just started may not listen yet: it is asked until it answers nobody.
  const TIMED_OUT = 28
  const curl = ['curl', '-s', '-o', '/dev/null', '--max-time']
  await until('the service to hang', 30_000, async () => {
    await host.exec([...curl, '0.5', '-X', 'POST', 'http://127.0.0.1:8080/faults/hang'])
    const { code } = await host.exec([...curl, '1', 'http://127.0.0.1:8080/health'])
    return code === TIMED_OUT ? true : undefined
  })
}

/** Takes the fault switch out again; the service is restarted. */
export async function endFaults(host: Host): Promise<void> {
  await host.ok(['sed', '-i', '/^MIRAI_FAULTS=/d', ENV_FILE])
  await host.ok(['systemctl', 'restart', MIRAI_UNIT])
}

/** The site with more lines in its first server, after the server's names. */
function withLine(site: Buffer, ...lines: readonly string[]): string {
  const text = site.toString('utf8')
  const at = text.indexOf('\n', text.indexOf('server_name '))
  if (at === -1) throw new Error('the site has no server_name')
  return `${text.slice(0, at)}${lines.map((line) => `\n    ${line}`).join('')}${text.slice(at)}`
}
