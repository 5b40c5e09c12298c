// Databases of a local PostgreSQL that a service uses: by the address in its unit or its env files, else by the sessions of its account. Values of secrets are
// read past: of an address its database, port and role alone are kept.
import type { ScanView } from './inventory-findings.ts'

export interface FoundDatabase {
  readonly name: string
  readonly port: number
  readonly role?: string
}

const SOCKETS = '/run/postgresql'
const DEFAULT_PORT = 5432
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/
const LOCAL = /^(?:|localhost|127\.0\.0\.1|\[::1\]|%2[Ff].*)$/

/** `texts`: what its unit and its env files say; `user`: as whom it runs. */
export async function findDatabases(
  texts: readonly string[],
  user: string | undefined,
  view: ScanView,
): Promise<readonly FoundDatabase[]> {
  const ports = (await view.list(SOCKETS)).flatMap((name) => {
    const port = /^\.s\.PGSQL\.(\d{1,5})$/.exec(name)?.[1]
    return port === undefined ? [] : [Number(port)]
  })
  const named = texts.flatMap((text) => [...addressesIn(text), ...variablesIn(text)])
  const found = named.length > 0 || user === undefined ? named : await sessionsOf(user, ports, view)
  const once = new Map(found.map((one) => [`${one.port} ${one.name}`, one]))
  // What is not served here is of another host.
  return [...once.values()].filter(({ port }) => ports.includes(port))
}

/** `postgresql://role:…@/name?host=/run/postgresql&port=5433`. Pure. */
export function addressesIn(text: string): readonly FoundDatabase[] {
  return [
    ...text.matchAll(
      /\bpostgres(?:ql)?(?:\+\w+)?:\/\/(?:([^\s:@/]*)(?::[^\s@/]*)?@)?([^\s:/?"']*)(?::(\d+))?\/([^\s?"'#]*)(?:\?([^\s"'#]*))?/g,
    ),
  ].flatMap(([, role = '', host = '', port, name = '', rest = '']) => {
    const options = new URLSearchParams(rest)
    const at = options.get('host') ?? host
    if (!(LOCAL.test(at) || at.startsWith('/')) || !NAME.test(name)) return []
    const by = options.get('user') ?? role
    return [
      {
        name,
        port: Number(port ?? options.get('port') ?? DEFAULT_PORT),
        ...(NAME.test(by) ? { role: by } : {}),
      },
    ]
  })
}

/** The variables that libpq reads. Pure. */
export function variablesIn(text: string): readonly FoundDatabase[] {
  const valueOf = (key: string) => new RegExp(`(?:^|[\\s"'])${key}=["']?([^\\s"']+)`, 'm').exec(text)?.[1]
  const [name, host = '', role = ''] = [valueOf('PGDATABASE'), valueOf('PGHOST'), valueOf('PGUSER')]
  if (name === undefined || !NAME.test(name) || !(LOCAL.test(host) || host.startsWith('/'))) return []
  return [{ name, port: Number(valueOf('PGPORT') ?? DEFAULT_PORT), ...(NAME.test(role) ? { role } : {}) }]
}

/** A session of PostgreSQL names its cluster, role and database. A role of the name of the account is that account's: it logs in by peer. */
async function sessionsOf(
  user: string,
  ports: readonly number[],
  view: ScanView,
): Promise<readonly FoundDatabase[]> {
  const lines = ((await view.run(['ps', '-eo', 'args='])) ?? '').split('\n')
  const found: FoundDatabase[] = []
  for (const line of lines) {
    const [, major, cluster, role = '', name = ''] =
      /^postgres: (?:(\d+)\/([\w.-]+): )?(\S+) (\S+) \[local\]/.exec(line) ?? []
    if (role !== user || !NAME.test(name)) continue
    const port = major === undefined ? ports[0] : await portOf(`${major}/${cluster}`, view)
    if (port !== undefined) found.push({ name, port, role })
  }
  return found
}

async function portOf(cluster: string, view: ScanView): Promise<number | undefined> {
  const text = (await view.read(`/etc/postgresql/${cluster}/postgresql.conf`)) ?? ''
  const port = /^\s*port\s*=\s*(\d+)/m.exec(text)?.[1]
  return port === undefined ? undefined : Number(port)
}
