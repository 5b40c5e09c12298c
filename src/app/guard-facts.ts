// Facts about this host that the guard needs and no rule contains: which git tree tracks live data, and which private keys nginx and the units name.
import { kindRow } from '../plans/config-kinds/registry.ts'
import type { Service } from '../plans/policy.ts'
import type { HostFacts } from '../policy/host-facts.ts'
import type { ScanView } from './inventory-findings.ts'
import { readSite } from './nginx-sites.ts'
import { checkoutOf, isTaken } from './service-scan.ts'
import { isPrivateKey, trackedIn } from './tree-scan.ts'
import { readUnitFile } from './unit-file.ts'

const SITE_DIRECTORIES = ['/etc/nginx/sites-enabled', '/etc/nginx/conf.d']

export async function guardFacts(services: readonly Service[], view: ScanView): Promise<HostFacts> {
  const trees: Record<string, string> = {}
  for (const dir of services.flatMap(({ data = [] }) => data.map((one) => one.dir))) {
    const repository = await checkoutOf(dir, view)
    if (repository === undefined) continue
    const tracked = await trackedIn(repository, view)
    if (tracked.some((path) => path.startsWith(`${dir}/`))) trees[dir] = repository
  }
  const keys = [...(await keysOfSites(view)), ...(await keysOfUnits(services, view))]
  return { trees, keys: [...new Set(keys)].filter(isTaken).sort() }
}

async function keysOfSites(view: ScanView): Promise<readonly string[]> {
  const found: string[] = []
  for (const directory of SITE_DIRECTORIES)
    for (const name of await view.list(directory)) {
      const site = await view.path(`${directory}/${name}`)
      const text = site.kind === 'file' ? await view.read(site.real) : undefined
      for (const path of text === undefined ? [] : readSite(text).keys) {
        const key = await view.path(path)
        found.push(path, ...(key.kind === 'file' ? [key.real] : []))
      }
    }
  return found
}

async function keysOfUnits(services: readonly Service[], view: ScanView): Promise<readonly string[]> {
  const found: string[] = []
  for (const { path } of services.flatMap(({ files }) =>
    files.filter(({ kind }) => kindRow(kind).unitFile),
  )) {
    const text = path.includes('*') ? undefined : await view.read(path)
    if (text === undefined) continue
    for (const named of readUnitFile(text).command.match(/\/[^\s'"=:]+/g) ?? []) {
      const bytes = /\.(?:pem|key)$/.test(named) ? await view.bytes(named) : undefined
      if (bytes !== undefined && isPrivateKey(bytes)) found.push(named)
    }
  }
  return found
}
