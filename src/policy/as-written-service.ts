// One compiled service by the words of sekisho.yaml.
import type { BackupRules, Database, DataDirectory, Invariants } from '../backup/set.ts'
import type { ServiceName } from '../base/id.ts'
import type { GuardPolicy, ServiceRow } from '../guard/policy.ts'
import type { ApiCall } from '../plans/api-rules.ts'
import type { DeclaredCommand } from '../plans/command-rules.ts'
import type { MaintenanceRules } from '../plans/maintenance-rules.ts'
import type { ConfigFile, Health, Service } from '../plans/policy.ts'
import { codeAsWritten } from './as-written-code.ts'
import { byName, ITSELF, type WrittenMap } from './as-written-values.ts'
import { showDuration } from './values.ts'

/** `guard`: holds what stands below the service and only the guard reads. */
export function serviceAsWritten(service: Service, guard: GuardPolicy | undefined): WrittenMap {
  const { name, host, unit, health, files, data = [], databases = [], calls = [] } = service
  const { backup, code, maintenance, commands = [] } = service
  const row = guard?.services.find((one) => one.name === name)
  return {
    [ITSELF]: 'service',
    host,
    manager: { systemd: unit },
    health: health === undefined ? undefined : healthAsWritten(health),
    configs: byName(files, ({ path }) => path, config),
    logs: { ...service.logs, journal: service.journal, errors_per_day: service.errorsPerDay },
    data: byName(
      data,
      ({ dir }) => dir,
      (one) => directory(one, calls, apiOf(guard, name, one.dir)),
    ),
    databases: {
      ...byName(databases, (one) => one.name, database),
      ...othersOf(guard, name),
    },
    ...(row === undefined ? {} : known(row)),
    backup: backup === undefined ? undefined : backupAsWritten(backup),
    maintenance: maintenance === undefined ? undefined : maintenanceAsWritten(maintenance),
    commands: byName(commands, (one) => one.name, command),
    ...(code === undefined ? {} : codeAsWritten(code)),
  }
}

export function healthAsWritten({ url, status, json, withinMs, ca, good, of, everyMs }: Health): WrittenMap {
  return { url, status, json, within: showDuration(withinMs), ca, good, of, every: showDuration(everyMs) }
}

function config({ kind, secret, activation, unit, keep, probe }: ConfigFile): WrittenMap {
  const asked = probe === undefined ? undefined : healthAsWritten(probe)
  return { [ITSELF]: 'file', kind, secret, activation, unit, keep, probe: asked }
}

type Api = NonNullable<GuardPolicy['protect'][number]['api']>

function directory(
  { dir, change, format, secret, invariants }: DataDirectory,
  all: readonly ApiCall[],
  api: Api | undefined,
): WrittenMap {
  const calls = all.filter((one) => one.dir === dir)
  const [first] = calls
  return {
    [ITSELF]: 'data',
    change,
    format,
    secret,
    invariants: invariantsAsWritten(invariants),
    api: {
      base: api?.base ?? first?.base,
      docs: api?.docs,
      rehearse: first?.rehearse,
      calls: byName(calls, ({ name }) => name, call),
    },
  }
}

function call({ method, path, read, inverse, credential, withinMs, differs }: ApiCall): WrittenMap {
  return {
    method,
    path,
    read,
    inverse: inverse === undefined ? undefined : { method: inverse.method, path: inverse.path },
    credential,
    within: showDuration(withinMs),
    differs,
  }
}

function database({ port, invariants, secret, migrations }: Database): WrittenMap {
  return {
    [ITSELF]: 'database',
    port,
    invariants: invariantsAsWritten(invariants),
    secret,
    migrations:
      migrations === undefined
        ? undefined
        : {
            role: migrations.role,
            dir: migrations.dir,
            lock_timeout: showDuration(migrations.lockMs),
            within: showDuration(migrations.withinMs),
            ...(migrations.tool === undefined ? {} : { tool: 'argv', ...migrations.tool }),
          },
  }
}

function invariantsAsWritten(of: Readonly<Record<string, Invariants>>): WrittenMap {
  return Object.fromEntries(Object.entries(of).map(([name, one]) => [name, { ...one }]))
}

function backupAsWritten(rules: BackupRules): WrittenMap {
  const { everyMs, copies, keep, zone, drillEveryMs, drillQuery, accepted, rpoMs, rtoMs } = rules
  return {
    every: showDuration(everyMs),
    copies: {
      // The first directory is the one that the others are made of.
      [ITSELF]: copies.map(({ name }) => name),
      ...byName(
        copies,
        ({ name }) => name,
        ({ kind, to, credential }) => ({ kind, to, credential }),
      ),
    },
    keep,
    timezone: zone,
    drill: { every: showDuration(drillEveryMs), query: drillQuery },
    accepted,
    rpo: rpoMs === undefined ? undefined : showDuration(rpoMs),
    rto: rtoMs === undefined ? undefined : showDuration(rtoMs),
  }
}

function maintenanceAsWritten({
  on,
  off,
  probe,
  mutes,
  status,
  longestSeconds,
}: MaintenanceRules): WrittenMap {
  return {
    on,
    off,
    probe,
    // None is not the same as nothing said, which is all.
    mutes: mutes?.length === 0 ? 'none' : mutes,
    status,
    longest: longestSeconds === undefined ? undefined : showDuration(longestSeconds * 1000),
  }
}

function command({ directory, argv, back, writes, withinMs }: DeclaredCommand): WrittenMap {
  return { [ITSELF]: 'command', directory, argv, back, writes, within: showDuration(withinMs) }
}

function apiOf(guard: GuardPolicy | undefined, service: ServiceName, dir: string): Api | undefined {
  return guard?.protect.find((row) => row.kind === 'data' && row.service === service && row.name === dir)?.api
}

/** Of engines that only the guard knows. */
function othersOf(guard: GuardPolicy | undefined, service: ServiceName): WrittenMap {
  const others = (guard?.databases ?? []).filter(
    (one) => one.service === service && one.engine !== 'postgresql',
  )
  return byName(
    others,
    ({ name }) => name,
    ({ engine }) => ({ [ITSELF]: 'database', engine }),
  )
}

/** Ports that follow from an address of the service are not written again. */
function known({ processes, containers, ports, urls }: ServiceRow): WrittenMap {
  const follow = urls.map((url) => {
    const { port, protocol } = new URL(url)
    return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  })
  return { processes, containers, ports: ports.filter((one) => !follow.includes(one)) }
}
