// What stands in front of the agents now: the rules that the hook reads, its spool, and each settings file it was put into (N14). Looks and
// changes nothing. The runner looks, as root where it is root; the command line looks at what only its user can see.
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { isObject, JsonError, parseJson } from '../base/json.ts'
import {
  environmentOf,
  harmfulVariable,
  type Installed,
  installedList,
  isEarlier,
  isSwitchedOff,
  stateOf,
  type Wiring,
} from '../guard/agent-settings.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import type { GuardFacts, HookFact } from '../seal/runner-status.ts'
import { fileError, untrustedComponent } from '../sys/files.ts'
import { guardPlacesOf } from './guard-places.ts'
import { readSettings, type SettingsFile } from './settings-file.ts'

/** Throws guard.list_unreadable, file.*. No list is an empty one: nothing was put in from here. */
export async function readInstalled(directory: string): Promise<readonly Installed[]> {
  const path = guardPlacesOf(directory).installed
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fileError(path, cause)
  }
  try {
    const read = decode(installedList, parseJson(text))
    if (read.ok) return read.value.hooks
    throw new SekishoError('guard.list_unreadable', { path, why: `${read.at}: ${read.why}` })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new SekishoError('guard.list_unreadable', { path, why: cause.message }, { cause })
  }
}

/**
 * Never throws: what cannot be looked at is a fact. `near`: directories whose settings the agent adds to those that hold the hook: where
 * it is started, where that is known.
 */
export async function lookAtGuard(
  directory: string,
  version: string,
  near: readonly string[] = [],
): Promise<GuardFacts> {
  const places = guardPlacesOf(directory)
  const text = await readFile(places.policy, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  const policy = typeof text === 'string' ? readGuardPolicy(text) : undefined
  const isAbsent = typeof text !== 'string' && text.code === 'ENOENT'
  return {
    policy: policy !== undefined ? 'readable' : isAbsent ? 'missing' : 'unreadable',
    ...(policy === undefined ? {} : { version: policy.version, level: policy.level }),
    spool: await spoolState(places.spool),
    hooks: await lookAtHooks(directory, version, near),
  }
}

export async function lookAtHooks(
  directory: string,
  version: string,
  near: readonly string[] = [],
): Promise<readonly HookFact[]> {
  let hooks: readonly Installed[]
  try {
    hooks = await readInstalled(directory)
  } catch (error) {
    return [{ path: guardPlacesOf(directory).installed, state: 'unreadable', why: codeOf(error) }]
  }
  return Promise.all(hooks.map((hook) => lookAtHook(hook, version, near)))
}

const codeOf = (error: unknown) => (error instanceof SekishoError ? error.code : String(error))

async function spoolState(path: string): Promise<GuardFacts['spool']> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() !== true) return 'missing'
  // Everybody may put in, nobody may look around or take away.
  return (found.mode & 0o7777) === 0o1733 ? 'writable' : 'mode'
}

async function lookAtHook(
  { path, wiring }: Installed,
  version: string,
  near: readonly string[],
): Promise<HookFact> {
  try {
    const { settings, text } = await readSettings(path)
    if (text === undefined) return { path, state: 'absent' }
    const state = stateOf(settings, wiring)
    if (state === 'disabled') return { path, state, why: path }
    if (state === 'other' && isEarlier(settings, wiring)) return { path, state, why: 'earlier' }
    if (state !== 'wired') return { path, state }
    // The agent adds up all settings it finds. Each of these can switch every hook off but managed ones, and bring code into all.
    const around = await settingsAround(path, wiring, near)
    const off = wiring.managed ? undefined : around.find((one) => isSwitchedOff(one.settings))
    if (off !== undefined) return { path, state: 'disabled', why: off.path }
    const harmful = harmfulIn(around)
    if (harmful !== undefined) return { path, state: 'disabled', ...harmful }
    const inForce = await levelAt(wiring.guard)
    if (inForce !== undefined && inForce !== wiring.level) return { path, state: 'other', why: 'level' }
    const program = await programState(wiring.program, wiring.managed, version)
    return program === undefined ? { path, state } : { path, state: 'program', ...program }
  } catch (error) {
    return { path, state: 'unreadable', why: codeOf(error) }
  }
}

/** Of the rules that this hook reads, which may be another account's than the list is. */
async function levelAt(directory: string): Promise<GuardFacts['level']> {
  const text = await readFile(guardPlacesOf(directory).policy, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : readGuardPolicy(text)?.level
}

/**
 * That file, what lies beside it, in its owner's home, and in a project that the agent is started in. Of managed settings nobody is the
 * owner in particular, and what lies around them and cannot be read says nothing about them. Throws guard.settings_unreadable, file.*.
 */
async function settingsAround(
  path: string,
  { managed }: Wiring,
  near: readonly string[],
): Promise<readonly SettingsFile[]> {
  const home = managed ? undefined : await homeOfOwner(path)
  const projects = [...(home === undefined ? [] : [home]), ...near].map(claudeIn)
  const others = [...(managed ? [] : [dirname(path)]), ...projects].flatMap((place) =>
    SETTINGS.map((name) => join(place, name)),
  )
  const found = await Promise.all(
    [...new Set([path, ...others])].map((one) =>
      managed && one !== path ? readSettings(one).catch(() => undefined) : readSettings(one),
    ),
  )
  return found.filter((one) => one !== undefined)
}

/** The first of these files that brings code into the hook, and the variable that does. */
function harmfulIn(
  around: readonly SettingsFile[],
): { readonly why: string; readonly variable: string } | undefined {
  for (const { path, settings } of around) {
    const variable = harmfulVariable(settings)
    if (variable !== undefined) return { why: path, variable }
  }
  return undefined
}

/** What the settings around this hook add to its environment, and what of that brings code into it. Throws as `settingsAround` does. */
export async function hookEnvironment({ path, wiring }: Installed): Promise<{
  readonly values: Readonly<Record<string, string>>
  readonly harmful: { readonly why: string; readonly variable: string } | undefined
}> {
  const around = await settingsAround(path, wiring, [])
  const values: Record<string, string> = {}
  for (const { settings } of around) Object.assign(values, environmentOf(settings))
  return { values, harmful: harmfulIn(around) }
}
const SETTINGS = ['settings.json', 'settings.local.json']
const claudeIn = (directory: string) => join(directory, '.claude')

async function homeOfOwner(path: string): Promise<string | undefined> {
  const { uid } = await stat(path)
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const fields = accounts.split('\n').map((line) => line.split(':'))
  return fields.find(([, , number]) => number === String(uid))?.[5]
}

/** Undefined where it is there, can be started, and is of this release. */
async function programState(
  program: string,
  managed: boolean,
  version: string,
): Promise<
  { readonly why: 'missing' | 'mode' | 'version' | 'writable'; readonly program: string } | undefined
> {
  const found = await stat(program).catch(() => undefined)
  if (found?.isFile() !== true) return { why: 'missing', program }
  const isStartable = (found.mode & 0o111) !== 0 && (await access(program, constants.X_OK).then(yes, no))
  if (!isStartable) return { why: 'mode', program }
  const about: unknown = await readFile(join(dirname(program), '../package.json'), 'utf8').then(
    JSON.parse,
    no,
  )
  if (!isObject(about) || about['version'] !== version) return { why: 'version', program }
  if (await isTorn(dirname(dirname(program)))) return { why: 'missing', program }
  const untrusted = managed ? await untrustedComponent(program) : undefined
  return untrusted === undefined ? undefined : { why: 'writable', program }
}

/** Of an installation: its own node, and the parts of the hook that were built, are all there. A checkout has its sources. */
async function isTorn(root: string): Promise<boolean> {
  const built: unknown = await readFile(join(root, 'dist/built.json'), 'utf8').then(JSON.parse, no)
  const hasSources = (await stat(join(root, 'src')).catch(() => undefined)) !== undefined
  if (hasSources || !isObject(built) || !Array.isArray(built['files'])) return false
  const names = built['files'].filter((one) => typeof one === 'string' && one.startsWith('hook'))
  for (const path of ['bin/node', ...names.map((name) => join('dist', String(name)))]) {
    const found = await stat(join(root, path)).catch(() => undefined)
    if (found?.isFile() !== true || found.size === 0) return true
  }
  return false
}

const yes = () => true
const no = () => false
