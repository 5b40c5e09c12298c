// Stores of a test: data directories of its own, servers in them, other programs that do to them what programs do; all of it taken away again.
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import type { Choice } from '../../src/db/binaries.ts'
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts'
import { layout } from '../../src/db/layout.ts'
import { serverProcesses } from '../../src/db/pidfile.ts'
import { withClient } from '../../src/db/prepare.ts'
import { run, start } from '../../src/sys/process.ts'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { type Heard, hear, type Look } from '../heard.ts'
import { until as wait } from '../until.ts'
import { GROUND, SERVER_ACCOUNT } from './database.ts'

const SECONDS = 1000
/** Long enough for a machine with much else to do. */
const LIMIT_MS = 60 * SECONDS

const scratch: string[] = []
const mounts: string[] = []
const children: Heard[] = []
const running: Embedded[] = []

afterEach(async () => {
  for (const { child } of children.splice(0)) child.kill('SIGKILL')
  for (const embedded of running.splice(0)) embedded.release()
  for (const directory of scratch.splice(0)) {
    await endServer(directory)
    if (mounts.includes(directory)) await run(['umount', directory])
    await rm(directory, { recursive: true, force: true })
  }
  mounts.length = 0
})

/** Waits for a fact, with a limit. */
export function until<T>(look: Look<T>, what: string, limitMs = LIMIT_MS): Promise<T> {
  return wait(what, limitMs, async () => {
    const seen = await look()
    return seen === false ? undefined : seen
  })
}

export async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sekisho-store-'))
  await chmod(directory, 0o711)
  scratch.push(directory)
  return directory
}

export async function embed(directory: string, more: Partial<Parameters<typeof startEmbedded>[0]> = {}) {
  const embedded = await startEmbedded({ dataDirectory: directory, ...GROUND, ...more })
  running.push(embedded)
  return embedded
}

export const ask = async <T extends object>(url: string, text: string): Promise<T[]> =>
  (await withClient(url, (client) => client.query<T>(text))).rows

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** At once, but so that the kernel's shared memory is given back. */
async function endServer(directory: string): Promise<void> {
  const { cluster } = layout(directory)
  const first = await pidIn(directory).catch(() => undefined)
  const all = await serverProcesses(cluster)
  if (first !== undefined && all.includes(first)) process.kill(first, 'SIGQUIT')
  await until(
    async () => (await serverProcesses(cluster)).length === 0,
    'the server is gone',
    5 * SECONDS,
  ).catch(async () => {
    for (const pid of await serverProcesses(cluster)) kill(pid)
  })
}

/** State letter of a process, read by the test itself. */
export function stateOf(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

export async function stopped(directory: string): Promise<void> {
  const embedded = await embed(directory)
  await embedded.stop()
}

/** The store's own server program with our settings, started by somebody else: the world as others may leave it. */
export async function foreignServer(
  directory: string,
  settings: readonly string[],
  wrap: readonly string[] = [],
): Promise<Heard> {
  const { directory: home, cluster, socket, choice } = layout(directory)
  const chosen = JSON.parse(await readFile(choice, 'utf8')) as Choice
  const program = join(home, chosen.directory, chosen.bin, 'postgres')
  const options = [
    'listen_addresses=',
    `unix_socket_directories=${socket}`,
    'dynamic_shared_memory_type=mmap',
    ...settings,
  ]
  const argv = [...wrap, program, '-D', cluster, ...options.flatMap((option) => ['-c', option])]
  const heard = hear(
    start(argv, { env: {}, cwd: cluster, stdio: ['ignore', 'ignore', 'pipe'], ...SERVER_ACCOUNT }),
  )
  if (wrap.length > 0) children.push(heard) // A bare server is ended with its directory.
  return heard
}

export const pidIn = async (directory: string) =>
  Number((await readFile(join(layout(directory).cluster, 'postmaster.pid'), 'utf8')).split('\n')[0])

export async function isReady(directory: string): Promise<boolean> {
  const text = await readFile(join(layout(directory).cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.includes('ready')
}

/** A gate reduced to its store: `line` waits for the n-th fact that it tells. */
export function storeProcess(directory: string, rows?: number) {
  const program = join(import.meta.dirname, 'store-process.ts')
  const argv = [process.execPath, program, directory, ...(rows === undefined ? [] : [String(rows)])]
  const heard = hear(
    start(argv, { env: { NODE_COMPILE_CACHE: COMPILE_CACHE }, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
  children.push(heard)
  const lines = () => heard.out().split('\n').slice(0, -1)
  return { ...heard, lines, line: (n: number) => heard.until(`line ${n}`, () => lines()[n]) }
}

/** A program that only is there, ended with the test. */
export function sleeper(cwd: string, account?: typeof SERVER_ACCOUNT): Heard {
  const who = account === undefined ? {} : account
  const heard = hear(
    start(['sleep', '1000'], { env: {}, cwd, stdio: ['ignore', 'ignore', 'ignore'], ...who }),
  )
  children.push(heard)
  return heard
}

/** A small disk of its own. Mounting needs root; without it there is no way to fill one disk alone. */
export async function smallDisk(megabytes: number): Promise<string> {
  const directory = await place()
  const options = `size=${megabytes}m,mode=711`
  expect(await run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory])).toMatchObject({ code: 0 })
  mounts.push(directory)
  return directory
}
