// `install host`: code of root's own under /opt/sekisho with its own node, three units and the one for boot, accounts and modes; and
// taking it all back. Both may run twice. State, rules and records are never removed here.
import { chmod, chown, lstat, mkdir, open, rename, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { forget, takingOut } from '../agents/agent-hooks.ts'
import { makeAbove, ownDirectory } from '../agents/guard-places.ts'
import { readInstalled } from '../agents/look-at-hooks.ts'
import { type Places, placesOf } from '../app/places.ts'
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { changeOf, type ExecutionId, type IncidentId } from '../base/id.ts'
import { parseJson } from '../base/json.ts'
import type { Random } from '../base/time.ts'
import { compiledPolicy } from '../plans/policy.ts'
import { readRegular, syncDirectory, writeDurable } from '../sys/files.ts'
import { run } from '../sys/process.ts'
import { UP_WORDS, type UpWords } from '../words/up.ts'
import type { Language } from '../words/words.ts'
import { makeShellPlaces, removeShellPlaces } from './shell-places.ts'
import { ensureAccounts } from './up/accounts.ts'
import { type Code, codeHere, codeIn } from './up/code.ts'
import { makePlaces } from './up/make-places.ts'
import { copyCode, digestOf, treeDigest } from './up/own-copy.ts'
import { makeStorePlaces } from './up/store-places.ts'
import { COPIES } from './up/supervise.ts'
import { UNITS, unitText } from './up/units.ts'
import { makeHostsOfWatch } from './watch-names.ts'
import { forgetNetwork, limitNetwork } from './watch-network.ts'

export interface InstallOptions {
  readonly data: string
  readonly language: Language
  readonly say: (line: string) => void
  readonly random: Random
  /** The unit that puts back at boot what was armed; its text belongs to the runner. */
  readonly boot: {
    readonly name: string
    readonly text: (command: readonly string[], mounts: readonly string[]) => string
  }
  /** Where things go; other places for a look without effect on the machine. */
  readonly into?: Into
  readonly swap?: Swap
}
/** How the new code takes the place of the old; handed in by tests, which have no such call or die in the middle. */
export interface Swap {
  /** False where this machine cannot exchange two names in one step. */
  readonly exchange: (one: string, other: string) => Promise<boolean>
  readonly killPoint: (name: string) => void
}
export interface Into {
  readonly code: string
  readonly units: string
  readonly link: string
  /** Tells systemd; false leaves it alone. */
  readonly systemctl: boolean
}

export const MACHINE: Into = {
  code: '/opt/sekisho',
  units: '/etc/systemd/system',
  link: '/usr/local/bin/sekisho',
  systemctl: true,
}

/** Where bin/sekisho keeps root's compiled sources. */
const COMMAND_CACHE = '/var/cache/sekisho'

/** Throws host.needs_root, host.no_systemd, host.damaged, host.node_differs, runner.untrusted_path, file.*. */
export async function installHost(options: InstallOptions): Promise<void> {
  const { say, boot, into = MACHINE, swap = MOVE } = options
  const words = UP_WORDS[options.language]
  await requireMachine(into)
  const accounts = await ensureAccounts()
  for (const name of accounts.made) say(words.account(name))
  const places = placesOf(options.data)
  await makePlaces(places, accounts)
  await makeStorePlaces(places.data, accounts, options.random)
  await gateFile(places.gateFile, accounts.gate)
  const here = codeHere()
  const { code, isNew } = await placeCode(here, into.code, swap)
  say(words.installed(into.code))
  if (isNew && here.isHostNode) say(words.hostNode(here.node))
  const unitPlaces = {
    node: code.node,
    server: code.server,
    runner: code.runner,
    watch: code.watch,
    data: places.data,
    policy: places.compiledRunner,
    gateGroup: accounts.gate.gid,
    guard: places.guardDirectory,
    language: options.language,
  }
  const bootCommand = [
    code.node,
    code.runner,
    'boot',
    '--data',
    places.data,
    '--policy',
    places.compiledRunner,
  ]
  const texts = new Map<string, string>(UNITS.map((name) => [name, unitText(name, unitPlaces)]))
  texts.set(
    boot.name,
    boot.text(bootCommand, [places.data, into.code, ...(await declaredDirectories(places))]),
  )
  let written = 0
  for (const [name, text] of texts) {
    const path = join(into.units, name)
    if ((await readRegular(path, 65_536))?.bytes.toString('utf8') === text) continue
    await writeDurable(path, text, { mode: 0o644 })
    written++
    say(words.unit(name))
  }
  for (const { path, command, other } of await makeShellPlaces(into))
    say(words.foreignCommand(path, command, other))
  if (into.systemctl) {
    if (into === MACHINE) await makeHostsOfWatch(places.compiledRunner)
    if (written > 0) await systemctl(['daemon-reload'])
    if (into === MACHINE) await limitNetwork(places)
    await systemctl(['enable', '--quiet', ...texts.keys()])
  }
  if (into === MACHINE) await makeCache()
  if (into.systemctl && (isNew || written > 0) && (await isRunning())) say(words.restartWith)
  else say(words.startWith)
  if (!(await isThere(places.source))) say(words.thenInit)
}

export interface UninstallOptions extends Omit<InstallOptions, 'boot' | 'random'> {
  readonly boot: string
  /** Executions that put something back unless they are kept: what does that is the code that would go. */
  readonly armed: () => Promise<readonly ExecutionId[]>
  /** The incident whose isolation of this host stands. Throws isolation.unreadable. */
  readonly isolated: () => Promise<IncidentId | undefined>
  /** Whether the database holds the marks of changes of its schema; `account` may drop them. */
  readonly marks: (database: { readonly name: string; readonly port: number }) => Promise<Marks>
}
type Marks = { readonly is: 'there'; readonly account: string } | { readonly is: 'none' | 'unknown' }

/** What was installed goes; what was recorded stays, and it is told how to remove it. Throws host.change_open, host.isolated. */
export async function uninstallHost(options: UninstallOptions): Promise<void> {
  const { say, into = MACHINE } = options
  const words = UP_WORDS[options.language]
  await requireMachine(into)
  await requireNothingArmed(options)
  const places = placesOf(options.data)
  // Asked while the code that asks is there.
  const left = await schemasLeft(places, options.marks, words)
  const names = [...UNITS, options.boot]
  const there: string[] = []
  for (const name of names)
    if ((await lstat(join(into.units, name)).catch(() => undefined)) !== undefined) there.push(name)
  // The gate first, the store last.
  if (into.systemctl && there.length > 0) {
    for (const name of [...there].reverse()) await systemctl(['disable', '--now', '--quiet', name])
  }
  // Begun between the question and the end of the runner: its keeper needs the code.
  await requireNothingArmed(options)
  for (const name of there) await unlink(join(into.units, name))
  await takeOutHooks(places, words, say)
  if (into === MACHINE) await forgetNetwork(places)
  if (into.systemctl && there.length > 0) await systemctl(['daemon-reload'])
  await removeShellPlaces(into)
  await rm(into.code, { recursive: true, force: true })
  if (into === MACHINE)
    for (const path of [COPIES, COMMAND_CACHE]) await rm(path, { recursive: true, force: true })
  say(words.uninstalled(places.data))
  say(words.removeWith([places.data, places.etc, places.guardDirectory]))
  for (const line of left) say(line)
}

async function schemasLeft(
  places: Places,
  marks: UninstallOptions['marks'],
  words: UpWords,
): Promise<readonly string[]> {
  const said: string[] = []
  for (const { name, port } of await migratedDatabases(places)) {
    const found = await marks({ name, port })
    if (found.is === 'there') said.push(words.schemaLeft(name, port, found.account))
    else if (found.is === 'unknown') said.push(words.schemaUnknown(name, port))
  }
  return said
}

/** Databases in which a change of a schema may have left its marks. */
async function migratedDatabases({ compiledRunner }: Places) {
  const file = await readRegular(compiledRunner, 4_194_304).catch(() => undefined)
  const read = file && decode(compiledPolicy, parseJson(file.bytes.toString('utf8')))
  if (read?.ok !== true) return []
  const all = read.value.services.flatMap(({ databases = [] }) => databases)
  return all.filter(({ migrations }) => migrations !== undefined)
}

async function requireNothingArmed({ armed, isolated }: UninstallOptions): Promise<void> {
  const [execution] = await armed()
  if (execution !== undefined) throw new SekishoError('host.change_open', { change: changeOf(execution) })
  const incident = await isolated()
  if (incident !== undefined) throw new SekishoError('host.isolated', { incident })
}

/** A hook whose program is gone would stop its agent: what was put in is taken out first. */
async function takeOutHooks(
  { guardDirectory }: Places,
  words: UpWords,
  say: (line: string) => void,
): Promise<void> {
  for (const { path } of await readInstalled(guardDirectory)) {
    try {
      await (await takingOut(path)).write()
      await forget([guardDirectory], path)
      say(words.hookOut(path))
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      say(words.hookLeft(path, error.code))
    }
  }
}

async function requireMachine(into: Into): Promise<void> {
  if (process.getuid?.() !== 0) throw new SekishoError('host.needs_root')
  if (!into.systemctl) return
  const booted = await lstat('/run/systemd/system').catch(() => undefined)
  if (booted === undefined) throw new SekishoError('host.no_systemd')
}

/** The gate's own file in a directory that is not its own. */
async function gateFile(
  path: string,
  account: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const handle = await open(path, 'a', 0o644)
  await handle.close()
  await chown(path, account.uid, account.gid)
  await chmod(path, 0o644)
}

/**
 * The same state of the code is left as it is, where nothing of it was lost or changed; another one is exchanged for it in one step, so that after a kill the old or the new stands
 * there: the unit of boot, which puts back what was armed, lives in it. Where the kernel's call is not to be had the old one is moved
 * aside first, and an installation that died just then puts it back before it does anything else.
 */
async function placeCode(
  code: Code,
  target: string,
  swap: Swap,
): Promise<{ readonly code: Code; readonly isNew: boolean }> {
  const fresh = `${target}.next`
  const old = `${target}.old`
  if (!(await isThere(target)) && (await isThere(old))) await rename(old, target)
  const digest = await digestOf(code)
  const mark = (await readRegular(join(target, MARK), 200).catch(() => undefined))?.bytes.toString('utf8')
  const [there, tree] = (mark ?? '').trim().split('\n')
  for (const path of [fresh, old]) await rm(path, { recursive: true, force: true })
  // Earlier releases wrote down the state alone.
  const lies = tree === undefined ? undefined : await treeDigest(target, MARK).catch(() => '')
  if (code.root === target) {
    // What runs is what lies there: it has nothing else to mend itself with.
    if (lies !== tree) throw new SekishoError('host.damaged', { path: target })
    return { code: codeIn(target, true), isNew: false }
  }
  if (there === digest && tree !== undefined && lies === tree)
    return { code: codeIn(target, true), isNew: false }
  await mkdir(dirname(target), { recursive: true, mode: 0o755 })
  await copyCode(code, fresh)
  await writeDurable(join(fresh, MARK), await markOf(digest, fresh), { mode: 0o644 })
  swap.killPoint('install.swap.before')
  if (!(await isThere(target))) await rename(fresh, target)
  else if (!(await swap.exchange(fresh, target))) {
    await rename(target, old)
    swap.killPoint('install.swap.between')
    await rename(fresh, target)
  }
  await syncDirectory(dirname(target))
  swap.killPoint('install.swap.after')
  for (const path of [fresh, old]) await rm(path, { recursive: true, force: true })
  return { code: codeIn(target, true), isNew: true }
}

/** Which state of the code it is, and how it lay there when it was written. */
const MARK = 'installed'
const markOf = async (digest: string, root: string) => `${digest}\n${await treeDigest(root, MARK)}\n`

const isThere = async (path: string) => (await lstat(path).catch(() => undefined)) !== undefined

/** coreutils 9.5 and later: RENAME_EXCHANGE, which node has no call for. */
export const MOVE: Swap = {
  exchange: async (one, other) =>
    (await run(['mv', '--exchange', '-T', '--', one, other], { timeoutMs: 30_000 })).code === 0,
  killPoint: () => {},
}

/** Directories of the inventory, which must be mounted before anything is put back at boot. */
async function declaredDirectories(places: Places): Promise<readonly string[]> {
  const file = await readRegular(places.compiledRunner, 4_194_304)
  if (file === undefined) return []
  const read = decode(compiledPolicy, parseJson(file.bytes.toString('utf8')))
  if (!read.ok) return []
  return [
    ...new Set(read.value.services.flatMap(({ files }) => files.map(({ path }) => dirname(path)))),
  ].sort()
}

/** Code of root's commands: nobody else's, and without what releases before this one left. */
async function makeCache(): Promise<void> {
  await rm(COMMAND_CACHE, { recursive: true, force: true })
  await makeAbove(COMMAND_CACHE, true)
  await ownDirectory(COMMAND_CACHE, 0o700, 'root')
}

const isRunning = async () =>
  (await run(['systemctl', 'is-active', '--quiet', 'sekisho-gate.service'])).code === 0

async function systemctl(args: readonly string[]): Promise<void> {
  const result = await run(['systemctl', ...args], { timeoutMs: 120_000 })
  if (result.code !== 0)
    throw new SekishoError('process.failed', {
      program: `systemctl ${args[0] ?? ''}`,
      why: (result.notStarted ?? result.stderr).trim().slice(0, 300),
    })
}
