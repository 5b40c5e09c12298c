// Looking at a host for `sekisho init`: units that are not the distribution's, sites of nginx, and what belongs together. It only
// looks; what it could not tell it lists, and it guesses nothing.
import { isOwnPath } from '../policy/places.ts'
import { backupPlaces } from './backup-disk.ts'
import { findCode } from './code-scan.ts'
import { findDatabases } from './database-scan.ts'
import type { FoundFile, FoundService, HostFindings, ScanView, Unclear } from './inventory-findings.ts'
import { type NginxSite, readSite } from './nginx-sites.ts'
import {
  askAboutData,
  askAboutHealth,
  checkoutOf,
  findData,
  findHealth,
  isOurs,
  isTaken,
  rotationsOf,
  secretsOf,
} from './service-scan.ts'
import { readUnitFile } from './unit-file.ts'

/** Where Debian's clusters keep their data. */
const DATABASES = '/var/lib/postgresql'
const UNIT_DIRECTORIES = ['/etc/systemd/system', '/usr/local/lib/systemd/system']
const SITE_DIRECTORIES = ['/etc/nginx/sites-enabled', '/etc/nginx/conf.d']
const NGINX_MAIN = '/etc/nginx/nginx.conf'
const NGINX_UNIT = 'nginx.service'
const NGINX_LOG = '/var/log/nginx/error.log'

interface Site extends NginxSite {
  readonly path: string
}

export async function scanHost(view: ScanView): Promise<HostFindings> {
  const unclear: Unclear[] = []
  if ((await view.path('/run/systemd/system')).kind !== 'directory')
    unclear.push({ code: 'no_systemd', values: {} })
  const units = await findUnits(view, unclear)
  const sites = await findSites(view, unclear)
  const listening = await portsOfUnits(view)
  const owners = new Map<string, Site[]>()
  const homeless: Site[] = []
  for (const site of sites) {
    const found = unitsOfSite(site, units, listening)
    const [first, second] = found
    if (second !== undefined)
      unclear.push({ code: 'two_units', values: { path: site.path, units: found.join(', ') } })
    if (first === undefined) homeless.push(site)
    else owners.set(first, [...(owners.get(first) ?? []), site])
    for (const to of site.elsewhere) unclear.push({ code: 'elsewhere', values: { path: site.path, to } })
    for (const port of site.ports)
      if (first === undefined)
        unclear.push({ code: 'no_unit_of_site', values: { path: site.path, port: String(port) } })
  }
  const taken = new Set<string>()
  const services: FoundService[] = []
  for (const unit of units)
    services.push(await describe(unit, owners.get(unit.unit) ?? [], listening, view, taken, unclear))
  const nginx = await describeNginx(homeless, view)
  const own = services.findIndex(({ unit }) => unit === NGINX_UNIT)
  if (nginx !== undefined && own >= 0) services[own] = joined(services[own], nginx)
  else if (nginx !== undefined) {
    const name = nameFor('nginx', taken, unclear)
    services.push({ ...nginx, name })
    askAboutHealth(name, nginx.health, unclear)
  }
  if (services.length === 0) unclear.push({ code: 'no_services', values: {} })
  const kept = onceEach(services, unclear)
  const places = backupPlaces(
    (await view.read('/proc/self/mountinfo')) ?? '',
    kept.flatMap(({ data, databases = [] }) => [
      ...data.map(({ dir }) => dir),
      ...(databases.length === 0 ? [] : [DATABASES]),
    ]),
  )
  for (const { name, data, databases = [] } of kept)
    if ((data.length > 0 || databases.length > 0) && places.length === 0)
      unclear.push({ code: 'no_backup_disk', values: { service: name } })
  return { services: kept, unclear, secrets: await secretsOf(kept, units, sites, view), backupPlaces: places }
}

// --- units --------------------------------------------------------------------------------------------------------------

interface Unit {
  readonly unit: string
  readonly path: string
  readonly text: string
}

/** Files of their own in the administrator's places: links there lead to the distribution's units, or mask one. */
async function findUnits(view: ScanView, unclear: Unclear[]): Promise<readonly Unit[]> {
  const units = new Map<string, Unit>()
  for (const directory of UNIT_DIRECTORIES)
    for (const name of await view.list(directory)) {
      const path = `${directory}/${name}`
      if (!/^[A-Za-z0-9:_.\\@-]+\.service$/.test(name) || units.has(name) || isOwnPath(path)) continue
      const look = await view.path(path)
      if (look.kind !== 'file' || look.real !== path) continue
      if (name.endsWith('@.service')) {
        unclear.push({ code: 'template_unit', values: { unit: name } })
        continue
      }
      const text = await view.read(path)
      if (text !== undefined) units.set(name, { unit: name, path, text })
    }
  return [...units.values()]
}

/** Which unit listens on which port, as the kernel and the control groups say. */
async function portsOfUnits(view: ScanView): Promise<ReadonlyMap<number, string>> {
  const ports = new Map<number, string>()
  for (const line of (await view.run(['ss', '-Hltnp']))?.split('\n') ?? []) {
    const port = Number(/:(\d+)\s+\S+:\*/.exec(line)?.[1] ?? Number.NaN)
    const pid = /pid=(\d+)/.exec(line)?.[1]
    if (!Number.isInteger(port) || pid === undefined) continue
    const unit = /\/([^/\n]+\.service)(?:\/|$)/m.exec((await view.read(`/proc/${pid}/cgroup`)) ?? '')?.[1]
    if (unit !== undefined) ports.set(port, unit)
  }
  return ports
}

// --- sites --------------------------------------------------------------------------------------------------------------

async function findSites(view: ScanView, unclear: Unclear[]): Promise<readonly Site[]> {
  const sites = new Map<string, Site>()
  for (const directory of SITE_DIRECTORIES)
    for (const name of await view.list(directory)) {
      if (directory.endsWith('conf.d') && !name.endsWith('.conf')) continue
      const look = await view.path(`${directory}/${name}`)
      if (look.kind === 'unreadable' || look.kind === 'absent') continue
      if (!isOurs(look)) {
        unclear.push({ code: 'file_refused', values: { path: `${directory}/${name}`, why: look.kind } })
        continue
      }
      // The end of the links is the file that changes, and what is declared.
      const text = await view.read(look.real)
      if (text !== undefined) sites.set(look.real, { path: look.real, ...readSite(text) })
    }
  return [...sites.values()]
}

/** By the port or the socket it sends to: who listens there now, else whose unit file names that port alone. */
function unitsOfSite(
  site: Site,
  units: readonly Unit[],
  listening: ReadonlyMap<number, string>,
): readonly string[] {
  const bySocket = site.sockets.flatMap((socket) => {
    const naming = units.filter(({ text }) => readUnitFile(text).command.includes(socket))
    return naming.length === 1 ? naming.map(({ unit }) => unit) : []
  })
  const byPort = site.ports.flatMap((port) => {
    const now = listening.get(port)
    if (now !== undefined) return units.some(({ unit }) => unit === now) ? [now] : []
    const naming = units.filter(({ text }) =>
      new RegExp(`(?:^|[^0-9.])${port}(?:[^0-9.]|$)`).test(readUnitFile(text).command),
    )
    return naming.length === 1 ? naming.map(({ unit }) => unit) : []
  })
  return [...new Set([...byPort, ...bySocket])]
}

// --- services -----------------------------------------------------------------------------------------------------------

async function describe(
  { unit, path, text }: Unit,
  sites: readonly Site[],
  listening: ReadonlyMap<number, string>,
  view: ScanView,
  taken: Set<string>,
  unclear: Unclear[],
): Promise<FoundService> {
  const file = readUnitFile(text)
  const name = nameFor(unit.replace(/\.service$/, ''), taken, unclear)
  const files: FoundFile[] = sites.map((site) => ({
    path: site.path,
    kind: 'nginx',
    about: site.serverNames,
  }))
  for (const declared of file.environmentFiles) {
    const look = /[*?[%]/.test(declared) || !isTaken(declared) ? undefined : await view.path(declared)
    if (look === undefined) unclear.push({ code: 'env_pattern', values: { unit, path: declared } })
    else if (look.kind === 'absent') files.push({ path: declared, kind: 'dotenv', about: [] })
    else if (isOurs(look)) files.push({ path: look.real, kind: 'dotenv', about: [] })
    else
      unclear.push({
        code: 'file_refused',
        values: { path: declared, why: look.kind === 'unreadable' ? look.why : look.kind },
      })
  }
  const own = [...listening].filter(([, who]) => who === unit).map(([port]) => port)
  const ports = [...new Set([...own, ...sites.flatMap((site) => site.ports)])].sort((a, b) => a - b)
  const health = await findHealth(sites, ports, view)
  askAboutHealth(name, health, unclear)
  const repository =
    file.workingDirectory === undefined ? undefined : await checkoutOf(file.workingDirectory, view)
  const errorLogs = [...new Set([...sites.flatMap((site) => site.errorLogs), ...file.logs])]
  const accessLogs = [...new Set(sites.flatMap((site) => site.accessLogs))]
  const [errorLog] = errorLogs
  const [accessLog] = accessLogs
  const moreLogs = [...errorLogs.slice(1), ...accessLogs.slice(1)]
  if (moreLogs.length > 0)
    unclear.push({ code: 'more_logs', values: { service: name, paths: moreLogs.join(', ') } })
  files.push(...(await rotationsOf([...errorLogs, ...accessLogs], view)))
  const data = await findData(file, repository, view)
  const envTexts = await Promise.all(
    files.flatMap((one) => (one.kind === 'dotenv' ? [view.read(one.path)] : [])),
  )
  const texts = [file.command, ...envTexts.map((one) => one ?? '')]
  const databases = await findDatabases(texts, file.user, view)
  for (const one of data) askAboutData(name, one, repository, unclear)
  const code = await findCode(
    { service: name, unitPath: path, file, health: health?.url, ports },
    view,
    unclear,
  )
  return {
    name,
    unit,
    ...(file.description === undefined ? {} : { description: file.description }),
    unitInEtc: path.startsWith('/etc/systemd/system/'),
    unitPath: path,
    files: distinct(files),
    ...(health === undefined ? {} : { health }),
    ports,
    ...(errorLog === undefined ? {} : { errorLog }),
    ...(accessLog === undefined ? {} : { accessLog }),
    moreLogs,
    data,
    ...(databases.length === 0 ? {} : { databases }),
    ...(repository === undefined ? {} : { repository }),
    ...(code === undefined ? {} : { code }),
    certificates: [...new Set(sites.flatMap((site) => site.certificates))],
  }
}

function distinct(files: readonly FoundFile[]): readonly FoundFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

/** nginx itself, with the sites that belong to none of the units that were found. */
async function describeNginx(
  sites: readonly Site[],
  view: ScanView,
): Promise<Omit<FoundService, 'name'> | undefined> {
  const main = await view.path(NGINX_MAIN)
  if (!isOurs(main)) return undefined
  const isThere = async (path: string) => ((await view.path(path)).kind === 'file' ? path : undefined)
  const errorLog = sites.find((site) => site.errorLog)?.errorLog ?? (await isThere(NGINX_LOG))
  const accessLog = sites.find((site) => site.accessLog)?.accessLog
  const health = await findHealth(sites, [], view, true)
  return {
    unit: NGINX_UNIT,
    unitInEtc: false,
    files: distinct([
      { path: main.real, kind: 'nginx', about: [] },
      ...sites.map(({ path, serverNames }): FoundFile => ({ path, kind: 'nginx', about: serverNames })),
    ]),
    ports: [],
    data: [],
    ...(errorLog === undefined ? {} : { errorLog }),
    ...(accessLog === undefined ? {} : { accessLog }),
    moreLogs: [],
    ...(health === undefined ? {} : { health }),
    certificates: [...new Set(sites.flatMap((site) => site.certificates))],
  }
}

/** A host with a unit file of its own for nginx has one service for both. */
function joined(unit: FoundService | undefined, nginx: Omit<FoundService, 'name'>): FoundService {
  if (unit === undefined) return { name: 'nginx', ...nginx }
  return { ...nginx, ...unit, files: distinct([...nginx.files, ...unit.files]) }
}

/** A file that two services share belongs to the first: whose rules would hold must be clear. */
function onceEach(services: readonly FoundService[], unclear: Unclear[]): readonly FoundService[] {
  const owner = new Map<string, string>()
  return services.map((service) => ({
    ...service,
    files: service.files.filter(({ path }) => {
      const first = owner.get(path)
      if (first === undefined) owner.set(path, service.name)
      else unclear.push({ code: 'file_shared', values: { path, first, second: service.name } })
      return first === undefined
    }),
  }))
}

/** A name as sekisho.yaml takes it, used once. */
function nameFor(wanted: string, taken: Set<string>, unclear: Unclear[]): string {
  const plain = wanted
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 60)
  let name = plain === '' ? 'service' : plain
  for (let n = 2; taken.has(name); n++) name = `${plain.slice(0, 57)}-${n}`
  taken.add(name)
  if (name !== wanted) unclear.push({ code: 'name_odd', values: { unit: wanted, service: name } })
  return name
}
