// A set of hosts: brought up together, watched over for their owner, taken down without a trace.
// What is written here belongs to the set's directory; nothing is kept in memory, so any process can work with a set.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, start } from '../../src/sys/process.ts'
import { until } from '../until.ts'
import { boot, crash, type HostSpec, newDisk, removeCgroup, writeSpec } from './boot.ts'
import { buildLower } from './lower.ts'
import { connectHost, forgetNamespaces, makeNetwork, removeNamespace } from './network.ts'
import {
  type HostPlace,
  hostPid,
  hostPlace,
  LAUNCHER,
  must,
  type Place,
  PREFIX,
  placeOf,
  startOf,
} from './place.ts'

const HOSTS_MAX = 9
const MAIN = join(import.meta.dirname, 'main.ts')

export interface UpOptions extends HostSpec {
  readonly count: number
  /** When this process ends the set goes down. */
  readonly owner?: number
  /** A running host of the same spec gets a new disk. Default true; false leaves it as it is. */
  readonly fresh?: boolean
}

/** Brings hosts h1…hN of a set up, each with the same binds and disks. Hosts above N are stopped. */
export async function up(set: string, options: UpOptions): Promise<readonly HostPlace[]> {
  if (options.count < 1 || options.count > HOSTS_MAX) throw new TypeError(`a set has 1 to ${HOSTS_MAX} hosts`)
  const place = placeOf(set)
  const isNew = !existsSync(join(place.directory, 'set.json'))
  if (isNew) {
    await down(set) // what an interrupted `up` left
    await mkdir(place.directory, { recursive: true })
    await must(['mount', '-t', 'tmpfs', '-o', 'mode=711,size=8g', 'tmpfs', place.directory])
    await writeFile(join(place.directory, 'set.json'), JSON.stringify({ set }))
  }
  if (options.owner !== undefined) await watch(place, options.owner)
  // A control namespace that is gone is made again.
  await Promise.all([isNew ? buildLower(place) : undefined, makeNetwork(place)])
  const wanted = Array.from({ length: options.count }, (_, i) => hostPlace(place, i + 1))
  for (const host of hostsOf(place)) if (host.index > options.count) await crash(host)
  await Promise.all(wanted.map((host) => raise(place, host, options)))
  return wanted
}

async function raise(place: Place, host: HostPlace, options: UpOptions): Promise<void> {
  const spec: HostSpec = { binds: options.binds, disks: options.disks }
  const written = await readFile(join(host.directory, 'spec.json'), 'utf8').catch(() => '')
  const same = written === JSON.stringify(spec)
  if (same && options.fresh === false) {
    await boot(host)
    return
  }
  await crashIfThere(host)
  await writeSpec(place, host, spec)
  await newDisk(host)
  await connectHost(place, host)
  await boot(host)
}

async function crashIfThere(host: HostPlace): Promise<void> {
  if (existsSync(host.directory)) await crash(host)
}

/** The hosts that a set has made, running or not. */
export function hostsOf(place: Place): readonly HostPlace[] {
  if (!existsSync(place.directory)) return []
  return readdirSync(place.directory)
    .flatMap((name) => /^h([1-9])$/.exec(name)?.[1] ?? [])
    .map((index) => hostPlace(place, Number(index)))
}

/** Takes a set down and leaves nothing: no process, mount, namespace, cgroup, loop device or file. */
export async function down(set: string): Promise<void> {
  const place = placeOf(set)
  await stopWatching(place)
  const hosts = hostsOf(place)
  for (const host of hosts) {
    const pid = hostPid(host.directory)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  }
  for (const host of hosts) {
    await crash(host)
    await removeNamespace(host.netns)
    await removeCgroup(host.cgroup)
  }
  await removeNamespace(place.control)
  if (readFileSync('/proc/mounts', 'utf8').includes(` ${place.directory} tmpfs `))
    await until(`${place.directory} to be free`, 10_000, async () =>
      (await run(['umount', place.directory])).code === 0 ? true : undefined,
    )
  await rm(place.directory, { recursive: true, force: true })
  await forgetNamespaces()
}

interface Watcher {
  readonly pid: number
  readonly start: string
  readonly owner: number
  readonly ownerStart: string
}

/** A process beside us that takes the set down when the owner has ended, however it ended. */
async function watch(place: Place, owner: number): Promise<void> {
  const ownerStart = startOf(owner)
  if (ownerStart === undefined) throw new Error(`owner ${owner} does not live`)
  if (readWatcher(place)?.owner === owner) return
  await stopWatching(place)
  const child = start(
    [LAUNCHER, 'watch', String(owner), process.execPath, MAIN, 'down', '--set', place.set],
    {
      env: { TMPDIR: tmpdir() },
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    },
  )
  child.unref()
  const started = child.pid === undefined ? undefined : startOf(child.pid)
  if (child.pid === undefined || started === undefined) throw new Error('the watcher did not start')
  const watcher: Watcher = { pid: child.pid, start: started, owner, ownerStart }
  await writeFile(join(place.directory, 'watcher.json'), JSON.stringify(watcher))
}

/** Its late `down` would hit a later `up` of the same name. It is spared when it is the one that asks. */
async function stopWatching(place: Place): Promise<void> {
  const watcher = readWatcher(place)
  await rm(join(place.directory, 'watcher.json'), { force: true })
  if (watcher === undefined || watcher.pid === process.pid) return
  try {
    process.kill(-watcher.pid, 'SIGKILL')
  } catch {
    // It has ended between our look and our signal.
  }
}

function readWatcher(place: Place): Watcher | undefined {
  try {
    const watcher: Watcher = JSON.parse(readFileSync(join(place.directory, 'watcher.json'), 'utf8'))
    return startOf(watcher.pid) === watcher.start ? watcher : undefined
  } catch {
    return undefined
  }
}

/** Takes down sets whose owner and watcher were both killed. */
export async function sweep(): Promise<readonly string[]> {
  const swept: string[] = []
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue
    const set = name.slice(PREFIX.length)
    try {
      const watcher: Watcher = JSON.parse(readFileSync(join(placeOf(set).directory, 'watcher.json'), 'utf8'))
      // A watcher that lives is about to do it.
      if (startOf(watcher.owner) === watcher.ownerStart || startOf(watcher.pid) === watcher.start) continue
    } catch {
      continue // no owner was named: it stays until somebody says down
    }
    await down(set)
    swept.push(set)
  }
  return swept
}
