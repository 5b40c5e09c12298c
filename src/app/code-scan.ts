// What `sekisho init` finds out about the code of one service: where it lies, how it is deployed, what builds and tests it. Each value says where it was
// read; nothing is run, and what the owner does not accept holds for nothing.
import { isBranch, isPushUrl } from '../policy/code-document.ts'
import type { ScanView, Unclear } from './inventory-findings.ts'
import { checkoutOf, isTaken } from './service-scan.ts'
import { type FoundCommands, findCommands } from './test-scan.ts'
import type { UnitFile } from './unit-file.ts'

/** A value with the place that it was read at. */
export interface Read<T> {
  readonly value: T
  readonly from: string
}

export interface FoundCode extends FoundCommands {
  readonly path: Read<string>
  readonly branch: Read<string>
  readonly deploy: Read<'releases' | 'in-place'>
  readonly shared: readonly string[]
  readonly push?: Read<string>
  /** The service's own address, where the declared health goes through a site. */
  readonly health?: Read<string>
  readonly user?: string
  readonly start?: string
  /** Names of variables that the unit sets itself. */
  readonly environment: readonly string[]
}

interface Layout {
  readonly path: string
  readonly deploy: 'releases' | 'in-place'
  /** What git keeps for itself. */
  readonly git: string
  /** The tree that runs. */
  readonly tree: string
}

export interface CodeQuestion {
  readonly service: string
  readonly unitPath: string
  readonly file: UnitFile
  readonly health: string | undefined
  readonly ports: readonly number[]
}

/** Undefined where no git is found at or above the directory in which the unit starts. */
export async function findCode(
  { service, unitPath, file, health, ports }: CodeQuestion,
  view: ScanView,
  unclear: Unclear[],
): Promise<FoundCode | undefined> {
  const layout = file.workingDirectory === undefined ? undefined : await layoutOf(file.workingDirectory, view)
  if (layout === undefined || !isTaken(layout.path)) return undefined
  const ask = (code: Unclear['code'], values: Readonly<Record<string, string>>) =>
    unclear.push({ code, values: { service, ...values } })
  const { git } = layout
  const head = /^ref: refs\/heads\/(.+?)\s*$/.exec((await view.read(`${git}/HEAD`)) ?? '')?.[1]
  const branch = head !== undefined && isBranch(head) ? head : undefined
  if (branch === undefined) ask('code_branch', { path: `${git}/HEAD` })
  const remote = originOf((await view.read(`${git}/config`)) ?? '')
  const push = remote === undefined ? undefined : pushAddress(remote)
  if (remote !== undefined && push === undefined) ask('code_remote', { path: `${git}/config` })
  const shared =
    layout.deploy === 'releases'
      ? (await view.list(`${layout.path}/shared`)).filter((one) => /^[^\s'"#]+$/.test(one))
      : []
  const inside = ownAddress(health, ports)
  return {
    path: { value: layout.path, from: git },
    branch: { value: branch ?? 'main', from: `${git}/HEAD` },
    deploy: { value: layout.deploy, from: unitPath },
    shared,
    ...(push === undefined ? {} : { push: { value: push, from: `${git}/config` } }),
    ...(inside === undefined ? {} : { health: { value: inside, from: unitPath } }),
    ...(file.user === undefined ? {} : { user: file.user }),
    ...(file.start === undefined ? {} : { start: file.start }),
    environment: file.environment,
    ...(await findCommands(layout.tree, view, ask)),
  }
}

/** `releases`: the unit starts below a link `current` beside `releases/` and a bare repository. Else the checkout that the unit starts in. */
async function layoutOf(directory: string, view: ScanView): Promise<Layout | undefined> {
  const root = /^(\/.+?)\/current(?:\/|$)/.exec(directory)?.[1]
  if (root !== undefined && (await view.path(`${root}/releases`)).kind === 'directory') {
    const git = `${root}/repository.git`
    const look = await view.path(`${git}/HEAD`)
    if (look.kind === 'file') return { path: root, deploy: 'releases', git, tree: `${root}/current` }
  }
  const path = await checkoutOf(directory, view)
  if (path === undefined) return undefined
  return { path, deploy: 'in-place', git: await gitDirectory(path, view), tree: path }
}

async function gitDirectory(path: string, view: ScanView): Promise<string> {
  const git = `${path}/.git`
  if ((await view.path(git)).kind !== 'file') return git
  const named = /^gitdir: (.+?)\s*$/.exec((await view.read(git)) ?? '')?.[1]
  if (named === undefined) return git
  return named.startsWith('/') ? named : `${path}/${named}`
}

/** The address of `origin`, by the text of git's settings. */
function originOf(config: string): string | undefined {
  let isOrigin = false
  for (const line of config.split('\n')) {
    const section = /^\s*\[(.*)\]\s*$/.exec(line)?.[1]
    if (section !== undefined) isOrigin = section.trim() === 'remote "origin"'
    const url = isOrigin ? /^\s*url\s*=\s*(.+?)\s*$/.exec(line)?.[1] : undefined
    if (url !== undefined) return url
  }
  return undefined
}

/** As the rules take it: a directory becomes file://, and an address with a password none at all. */
function pushAddress(remote: string): string | undefined {
  const url = remote.startsWith('/') ? `file://${remote}` : remote
  return isPushUrl(url) && !/\/\/[^/@]*@/.test(url.replace(/^ssh:/, '')) ? url : undefined
}

/** Undefined where the declared address is the service's own already, or no port of its own is known. */
function ownAddress(health: string | undefined, ports: readonly number[]): string | undefined {
  if (health === undefined || !URL.canParse(health)) return undefined
  const { protocol, port, hostname, pathname } = new URL(health)
  const isOwn = protocol === 'http:' && port !== '' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  const [first] = ports
  return isOwn || first === undefined ? undefined : `http://127.0.0.1:${first}${pathname}`
}
