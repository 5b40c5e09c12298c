// What `sekisho init` finds out about one service: its data, its rotation of logs, its health, and the secrets of all of them.
import { MAX_FILE, type PathLook } from '../policy/host-check.ts'
import { isKernelPath, isOwnPath } from '../policy/places.ts'
import { isPlain } from '../policy/values.ts'
import type { FoundFile, FoundHealth, FoundService, ScanView, Unclear } from './inventory-findings.ts'
import { healthAddresses, type NginxSite } from './nginx-sites.ts'
import {
  dataDirectories,
  filesBelow,
  isEnvFile,
  isPrivateKey,
  lookAtData,
  privateKeysOf,
  type TreeData,
  type TreeFile,
  trackedIn,
} from './tree-scan.ts'
import { readUnitFile } from './unit-file.ts'

const LOGROTATE = '/etc/logrotate.d'
const HEALTH_PATHS = ['/health', '/healthz', '/api/health']

/** Data in the working tree, and in the directories that the unit may write: a directory `data` in one of those is the data. */
export async function findData(
  file: { readonly writes: readonly string[]; readonly workingDirectory?: string },
  repository: string | undefined,
  view: ScanView,
): Promise<readonly TreeData[]> {
  const written: string[] = []
  for (const path of file.writes) {
    if (!isTaken(path) || /^\/(?:run|tmp|dev|var\/(?:run|log|cache|tmp|spool))(?:\/|$)/.test(path)) continue
    const inner = await view.path(`${path}/data`)
    const look = inner.kind === 'directory' ? inner : await view.path(path)
    if (look.kind === 'directory' && isTaken(look.real)) written.push(look.real)
  }
  const tracked = repository === undefined ? [] : await trackedIn(repository, view)
  const tree = treeOf(file.workingDirectory, repository)
  const inTree = tree === undefined ? [] : await filesBelow(tree, view)
  // A unit that may write its whole tree says nothing about which part of it is data.
  const ofUnit = [...new Set(written)].filter((dir) => tree === undefined || !isWithin(tree, dir))
  const ofTree = tree === undefined ? [] : dataDirectories(tree, inTree).filter(isTaken)
  const dirs = [...ofUnit, ...ofTree.filter((dir) => !ofUnit.some((one) => isWithin(dir, one)))]
  return await Promise.all(
    dirs.map(async (dir) => lookAtData(dir, await filesBelow(dir, view), tracked, view)),
  )
}

const isWithin = (path: string, directory: string) => path === directory || path.startsWith(`${directory}/`)

/** The checkout, or the directory where the unit starts; never one that holds much else. */
function treeOf(workingDirectory: string | undefined, repository: string | undefined): string | undefined {
  const tree = repository ?? workingDirectory
  return tree === undefined || /^\/(?:[^/]+)?$|^\/(?:usr|var|home|etc)\/[^/]+$/.test(tree) ? undefined : tree
}

export function askAboutData(
  service: string,
  { dir, broken, passwords, tracked }: TreeData,
  repository: string | undefined,
  unclear: Unclear[],
): void {
  unclear.push({ code: 'is_data', values: { service, path: dir } })
  for (const path of broken) unclear.push({ code: 'broken_json', values: { service, path, dir } })
  if (passwords.length > 0)
    unclear.push({ code: 'passwords', values: { service, dir, paths: passwords.join(', ') } })
  if (tracked > 0)
    unclear.push({
      code: 'tracked_data',
      values: { service, dir, count: String(tracked), repository: repository ?? '' },
    })
}

/** Files of logrotate that name one of these logs, or their directory. */
export async function rotationsOf(logs: readonly string[], view: ScanView): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = []
  const directories = logs.map((log) => log.slice(0, log.lastIndexOf('/')))
  for (const name of logs.length === 0 ? [] : await view.list(LOGROTATE)) {
    const look = await view.path(`${LOGROTATE}/${name}`)
    // The distribution's own rules for nginx are of no single service.
    if (!isOurs(look) || name === 'nginx') continue
    const text = (await view.read(look.real)) ?? ''
    const named = text.match(/^\s*"?\/[^\s"{]+/gm)?.map((one) => one.trim().replace(/^"/, '')) ?? []
    const covers = named.some(
      (one) =>
        logs.includes(one) || (/[*?]/.test(one) && directories.includes(one.slice(0, one.lastIndexOf('/')))),
    )
    if (covers) found.push({ path: look.real, kind: 'file', about: ['logrotate'] })
  }
  return found
}

/** Private keys that nginx or a unit names or that lie in a tree, and env files of the trees that no unit names. */
export async function secretsOf(
  services: readonly FoundService[],
  units: readonly { readonly text: string }[],
  sites: readonly NginxSite[],
  view: ScanView,
): Promise<readonly string[]> {
  const declared = new Set(services.flatMap(({ files }) => files.map(({ path }) => path)))
  const found: string[] = []
  for (const path of sites.flatMap(({ keys }) => keys)) {
    const look = await view.path(path)
    found.push(path, ...(look.kind === 'file' ? [look.real] : []))
  }
  const trees = new Set<string>()
  for (const { text } of units) {
    const file = readUnitFile(text)
    for (const path of file.command.match(/\/[^\s'"=:]+/g) ?? []) {
      const bytes = /\.(?:pem|key)$/.test(path) ? await view.bytes(path) : undefined
      if (bytes !== undefined && isPrivateKey(bytes)) found.push(path)
    }
    const repository =
      file.workingDirectory === undefined ? undefined : await checkoutOf(file.workingDirectory, view)
    const tree = treeOf(file.workingDirectory, repository)
    if (tree !== undefined) trees.add(tree)
  }
  for (const tree of trees) {
    const files: readonly TreeFile[] = await filesBelow(tree, view)
    found.push(...files.map(({ path }) => path).filter(isEnvFile), ...(await privateKeysOf(files, view)))
  }
  return [...new Set(found)].filter((path) => !declared.has(path) && isTaken(path)).sort()
}

export function askAboutHealth(service: string, health: FoundHealth | undefined, unclear: Unclear[]): void {
  if (health === undefined) unclear.push({ code: 'no_health', values: { service } })
  else if (health.ca !== undefined)
    unclear.push({ code: 'own_certificate', values: { service, path: health.ca } })
}

const NOTHING = 'sekisho-asks-what-is-not-there'

/** An address that answers 200 where health is usually asked: through a site first, else at the port itself. What answers 200 to anything says nothing. */
export async function findHealth(
  sites: readonly NginxSite[],
  ports: readonly number[],
  view: ScanView,
  pages = false,
): Promise<FoundHealth | undefined> {
  const answersAll = new Map<string, boolean>()
  const says = async (url: string, base: string, ca?: string) => {
    if ((await view.answer(url, ca)) !== 200) return false
    const known = answersAll.get(base) ?? (await view.answer(base + NOTHING, ca)) === 200
    answersAll.set(base, known)
    return !known
  }
  for (const { url, base, certificate } of healthAddresses(sites, pages)) {
    if (await says(url, base)) return { url }
    if (certificate !== undefined && (await says(url, base, certificate))) return { url, ca: certificate }
  }
  for (const port of ports) {
    const base = `http://127.0.0.1:${port}`
    for (const path of HEALTH_PATHS) if (await says(base + path, `${base}/`)) return { url: base + path }
  }
  return undefined
}

export async function checkoutOf(directory: string, view: ScanView): Promise<string | undefined> {
  for (let at = directory; at !== '' && at !== '/'; at = at.slice(0, at.lastIndexOf('/'))) {
    const look = await view.path(`${at}/.git`)
    if (look.kind === 'directory' || look.kind === 'file') return at
  }
  return undefined
}

/** What `config apply` would take as a declared file. */
export function isOurs(look: PathLook): look is PathLook & { readonly kind: 'file' } {
  return look.kind === 'file' && look.size <= MAX_FILE && look.names === 1 && isTaken(look.real)
}

export function isTaken(path: string): boolean {
  return isPlain(path) && !/[*?[\]{}]/.test(path) && !isOwnPath(path) && !isKernelPath(path)
}
