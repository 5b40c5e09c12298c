// The reference service on a PostgreSQL of its host, set up as a distribution does it: Debian's cluster `main`, peer login by socket.
import { ENV_FILE } from './faults.ts'
import { type Host, MIRAI_UNIT } from './host.ts'

export const DATABASE = 'mirai'

/** Makes and starts the cluster, moves the service to it; its first start makes tables and administrator. Answers the server's major. */
export async function onPostgres(host: Host): Promise<string> {
  const majors = (await host.ok(['ls', '/usr/lib/postgresql'])).trim().split('\n')
  const major = majors.sort((a, b) => Number(b) - Number(a))[0] ?? ''
  await host.ok([
    'install',
    '-d',
    '-o',
    'postgres',
    '-g',
    'postgres',
    '/var/lib/postgresql',
    '/etc/postgresql',
  ])
  await host.ok(['pg_createcluster', '--locale=C.UTF-8', major, 'main'])
  await host.ok(['systemctl', 'start', `postgresql@${major}-main.service`])
  for (const argv of [
    ['createuser', 'mirai'],
    ['createdb', '--owner=mirai', DATABASE],
  ])
    await host.ok(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...argv])
  const settings = (await host.read(ENV_FILE)).toString()
  await host.put(ENV_FILE, `${settings}MIRAI_STORAGE=postgresql\n`)
  await host.ok(['systemctl', 'restart', MIRAI_UNIT])
  return major
}
