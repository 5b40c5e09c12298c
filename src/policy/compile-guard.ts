// What the guard reads, out of the same file and under the same version: small, because a hook reads it at every tool call.
// It holds no people, keys or secrets.
import type { GuardPolicy, ProtectRow, ServiceRow } from '../guard/policy.ts'
import { BUILTIN } from '../guard/policy.ts'
import type { Rules, Service } from '../plans/policy.ts'
import type { DataDocument, PolicyDocument, ServiceDocument } from './document.ts'
import { OWN_PLACES } from './places.ts'

export function compileGuard(
  document: PolicyDocument,
  services: readonly Service[],
  rules: Rules,
): Omit<GuardPolicy, 'version'> {
  const written = new Map((document.services ?? []).map(({ id, value }) => [id, value]))
  const { guard = {} } = document
  return {
    v: 1,
    level: rules.level === 'observe' ? 'observe' : 'guard',
    protect: [
      ...services.flatMap((one) => rowsOf(one, written.get(one.name) ?? {})),
      ...(guard.secrets === undefined ? [] : [secretRow('secrets', guard.secrets, 'guard.secrets')]),
      SELF,
      HOOKS,
      ...BUILTIN.protect,
    ],
    services: services.map((one) => serviceRow(one, written.get(one.name) ?? {})),
    databases: services.flatMap(({ name }) =>
      (written.get(name)?.databases ?? []).map((one) => ({
        name: one.name ?? '',
        engine: one.engine ?? 'postgresql',
        service: name,
      })),
    ),
    branches: guard.branches ?? BUILTIN.branches,
    ...(guard.ask === undefined ? {} : { ask: guard.ask }),
    pauseAfter: guard.pause_after ?? BUILTIN.pauseAfter,
    rules: Object.fromEntries((guard.rules ?? []).map(({ id, value }) => [id, value])),
    strict: guard.strict ?? false,
  }
}

/** The gate's own places, and the files that wire a guard in front of an agent. */
export const SELF: ProtectRow = {
  name: 'sekisho',
  kind: 'self',
  paths: [
    ...OWN_PLACES.map((place) => `${place}/**`),
    '/var/lib/sekisho-guard/**',
    '/**/.local/state/sekisho-guard/**',
    '/usr/local/bin/sekisho',
    '/usr/bin/sekisho',
    '/etc/systemd/system/sekisho*/**',
    '/etc/claude-code/**',
    '/**/.claude/settings.json',
    '/**/.claude/settings.local.json',
  ],
  read: 'allow',
  write: 'deny',
  delete: 'deny',
}

/** Where those files lie: what else is in it is written freely; the whole is not taken away. */
export const HOOKS: ProtectRow = {
  name: 'agent-settings',
  kind: 'self',
  paths: ['/**/.claude'],
  read: 'allow',
  write: 'allow',
  delete: 'deny',
}

const secretRow = (name: string, paths: readonly string[], source: string, service?: string): ProtectRow => ({
  name,
  kind: 'secret',
  paths,
  read: 'deny',
  write: 'deny',
  delete: 'deny',
  source,
  ...(service === undefined ? {} : { service }),
})

function rowsOf(service: Service, document: ServiceDocument): readonly ProtectRow[] {
  const { name } = service
  const data = (document.data ?? []).flatMap((one, i) => dataRows(one, name, `services.${name}.data[${i}]`))
  const configs = service.files.map((file): ProtectRow => {
    const source = `services.${name}.configs`
    if (file.secret) return secretRow(file.path, [file.path], source, name)
    return {
      name: file.path,
      kind: 'config',
      service: name,
      paths: [file.path],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source,
    }
  })
  return [...data, ...configs, ...backupRows(service)]
}

/** Copies in a directory are protected as the data is: who can erase both has erased the data. */
function backupRows({ name, backup }: Service): readonly ProtectRow[] {
  return (backup?.copies ?? [])
    .filter(({ kind }) => kind === 'directory')
    .map(({ to }) => ({
      name: to,
      kind: 'data',
      service: name,
      paths: [`${to}/**`],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: `services.${name}.backup`,
    }))
}

function dataRows(data: DataDocument, service: string, source: string): readonly ProtectRow[] {
  const { dir = '/', secret = [], api } = data
  const row: ProtectRow = {
    name: dir,
    kind: 'data',
    service,
    paths: [`${dir}/**`],
    read: 'allow',
    write: 'deny',
    delete: 'deny',
    source,
    ...(api?.base === undefined
      ? {}
      : { api: { base: api.base, ...(api.docs === undefined ? {} : { docs: api.docs }) } }),
  }
  if (secret.length === 0) return [row]
  return [
    row,
    secretRow(
      `${dir} (secret)`,
      secret.map((one) => `${dir}/**/${one}`),
      `${source}.secret`,
      service,
    ),
  ]
}

function serviceRow(service: Service, document: ServiceDocument): ServiceRow {
  const { name, unit, health } = service
  const ports = new Set(document.ports ?? [])
  const urls = new Set<string>()
  for (const address of [health?.url, ...(document.data ?? []).map((one) => one.api?.base)]) {
    if (address === undefined || !URL.canParse(address)) continue
    const { origin, port, protocol } = new URL(address)
    urls.add(origin)
    ports.add(port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))
  }
  return {
    name,
    units: unit === undefined ? [] : [unit],
    processes: document.processes ?? [],
    ports: [...ports].sort((a, b) => a - b),
    containers: document.containers ?? [],
    urls: [...urls].sort(),
    ...(service.code === undefined ? {} : { repo: service.code.repo.path }),
    source: `services.${name}`,
  }
}
