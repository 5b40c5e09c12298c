// The test room: candidate code, which nobody has approved, runs on a copy of its tree with scratch, and with nothing of production. What comes out is an exit code,
// seconds, text that was cut and cleaned, and files that are asked for by name.
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { plainText } from '../sandbox/sandbox.ts'
import type { Mount } from '../sandbox/sandbox-argv.ts'
import { BRIDGE_PORT } from './bridge.ts'
import { copyIn } from './copy-in.ts'
import { usageOf, watchDisk } from './disk-watch.ts'
import { keepText } from './kept-text.ts'
import { type RoomEnd, type RoomLimits, roomLimits } from './limits.ts'
import { enough, withPlace } from './place.ts'
import { type Listed, listBelow, readBelow } from './read-out.ts'
import { openRegistryProxy, type RegistryProxy } from './registry-proxy.ts'
import { type TakenOut, takeOut } from './take-out.ts'
import {
  asInside,
  descriptorsOfOwnCode,
  type LaunchedRoom,
  launchInRoom,
  outside,
  ROOM_UID,
  type RoomPorts,
  type Walls,
  wallsHere,
} from './walls.ts'

export interface RoomSpec {
  /** A directory that only we write. It is copied, and stays as it is. */
  readonly tree: string
  /** Where the copy is seen inside: the path at which it will run. */
  readonly at: string
  /** Only these paths of it: manifest and lock file, for the step that fetches dependencies. */
  readonly only?: readonly string[]
  readonly limits?: Partial<RoomLimits>
  /** Files of its home, by name: nobody else may read them. */
  readonly home?: Readonly<Record<string, string>>
}

/** A socket of ours in the room's directory, for as long as one step runs. */
export interface RoomSocket {
  /** Where the step sees it. */
  readonly inside: string
  /** Listens `at` this path of the room's own directory or below it, open to its ids. */
  readonly open: (path: string) => Promise<{ readonly at: string; close(): Promise<void> }>
}

export interface RoomStep {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Below the tree. */
  readonly cwd?: string
  /** The declared hosts that the step may fetch from; absent: none. */
  readonly registry?: readonly string[]
  /** The one way out that it has. */
  readonly socket?: RoomSocket
  readonly seconds?: number
  readonly signal?: AbortSignal
  /** What it prints on its first stream alone, as it is: for a program whose answer is compared. */
  readonly onAnswer?: (chunk: Buffer) => void
  /** What it prints, as it prints it: cleaned, for progress. */
  readonly onText?: (text: string) => void
}

export interface RoomRun {
  readonly ended: RoomEnd
  /** Present where the program ended by itself. */
  readonly exit?: number
  readonly seconds: number
  /** Beginning and end of what it printed on both streams. */
  readonly output: string
  readonly cut: boolean
  /** Bytes that it printed. */
  readonly printed: number
  /** `watcher`: no limit of the kernel bounds the room; what the run says is unknown to a check. */
  readonly limitedBy: LaunchedRoom['limitedBy']
  /** The limit that was passed, where one was. */
  readonly limit?: number
  /** Of an infrastructure that failed: its own words. */
  readonly detail?: string
  readonly registry?: { readonly bytes: number; readonly refused: readonly string[] }
}

export interface Room {
  run(step: RoomStep): Promise<RoomRun>
  /** A regular file below the tree. Undefined where there is none. Throws room.too_large. */
  read(path: string, max: number): Promise<Buffer | undefined>
  list(glob: string): Promise<Listed>
  /** The tree as it is now, ours. Throws room.take_out. */
  takeOut(to: string, signal?: AbortSignal): Promise<TakenOut>
  readonly files: number
  readonly bytes: number
}

const HEAD = 65_536
const TAIL = 196_608
const REGISTRY_BYTES = 2 * 2 ** 30
const INSIDE_SOCKET = '/run/registry.sock'

let rooms = 0

/** Throws room.unavailable, room.no_space, room.not_made, and what `work` throws. The room is gone when this returns. */
export async function withRoom<T>(
  ports: RoomPorts,
  spec: RoomSpec,
  work: (room: Room) => Promise<T>,
): Promise<T> {
  const sandbox = await wallsHere(ports)
  const limits: RoomLimits = { ...roomLimits(freemem()), ...spec.limits }
  const before = usageOf(spec.tree)
  enough(ports.scratch, before)
  return withPlace(ports.scratch, async (place, baseUid) => {
    const walls: Walls = { ports, sandbox, baseUid, place }
    const owner = outside(walls, ROOM_UID)
    await copyIn(ports.process, spec.tree, join(place, 'tree'), owner, spec.only)
    for (const name of ['tmp', 'home']) {
      await mkdir(join(place, name))
      await chmod(join(place, name), 0o700)
      if (owner !== undefined) await chown(join(place, name), owner.uid, owner.gid)
    }
    for (const [name, text] of Object.entries(spec.home ?? {})) {
      await writeFile(join(place, 'home', name), text, { mode: 0o600 })
      if (owner !== undefined) await chown(join(place, 'home', name), owner.uid, owner.gid)
    }
    return work(roomOf(walls, spec, limits, before))
  })
}

function roomOf(
  walls: Walls,
  spec: RoomSpec,
  limits: RoomLimits,
  held: { readonly files: number; readonly bytes: number },
): Room {
  const tree = join(walls.place, 'tree')
  const bounds = { files: held.files + limits.files, bytes: held.bytes + limits.diskBytes }
  return {
    ...held,
    run: (step) => runStep(walls, spec, limits, step),
    read: async (path, max) => readBelow(tree, path, max),
    list: (glob) => listBelow(tree, glob),
    takeOut: (to, signal) =>
      takeOut({ from: tree, at: spec.at, to, limits: bounds, ...(signal === undefined ? {} : { signal }) }),
  }
}

async function runStep(walls: Walls, spec: RoomSpec, limits: RoomLimits, step: RoomStep): Promise<RoomRun> {
  const number = ++rooms
  const proxy = step.registry === undefined ? undefined : await openProxy(walls, step.registry, number)
  const path = join(walls.place, `socket-${number}`)
  let socket: Awaited<ReturnType<RoomSocket['open']>> | undefined
  try {
    socket = await step.socket?.open(path)
    const launched = await launchInRoom(walls, {
      argv: stepArgv(walls, spec, step),
      mounts: [
        ...mountsOf(walls, spec, proxy?.path),
        ...(step.socket === undefined || socket === undefined
          ? []
          : [{ kind: 'bind', from: socket.at, to: step.socket.inside, writable: true } as const]),
      ],
      limits,
      name: `room-${number}`,
      ...(step.registry === undefined ? {} : { own: 'after' as const }),
    })
    const run = await follow(walls, launched, limits, step)
    if (proxy === undefined) return run
    const { bytes, refused } = proxy.open
    return { ...run, registry: { bytes, refused: [...refused] } }
  } finally {
    await socket?.close()
    if (socket !== undefined) await rm(path, { force: true })
    await proxy?.open.close()
    if (proxy !== undefined) await rm(proxy.path, { force: true })
  }
}

async function openProxy(
  walls: Walls,
  hosts: readonly string[],
  number: number,
): Promise<{ readonly open: RegistryProxy; readonly path: string }> {
  const path = join(walls.place, `registry-${number}`)
  const open = await openRegistryProxy(path, hosts, { bytes: REGISTRY_BYTES })
  await chmod(path, 0o600)
  const owner = outside(walls, ROOM_UID)
  if (owner !== undefined) await chown(path, owner.uid, owner.gid)
  return { open, path }
}

function mountsOf(walls: Walls, spec: RoomSpec, socket: string | undefined): readonly Mount[] {
  const own = (name: string, to: string): Mount => ({
    kind: 'bind',
    from: join(walls.place, name),
    to,
    writable: true,
  })
  return [
    own('tmp', '/tmp'),
    own('home', '/home/room'),
    own('tree', spec.at),
    ...(socket === undefined
      ? []
      : [{ kind: 'bind', from: socket, to: INSIDE_SOCKET, writable: true } as const]),
  ]
}

/** The environment is the room's own and what is declared: nothing of ours, nothing of the service's. */
function stepArgv(walls: Walls, spec: RoomSpec, step: RoomStep): readonly string[] {
  const [program = ''] = step.argv
  if (program === '' || program.includes('='))
    throw new SekishoError('room.not_made', { path: program, why: 'argv' })
  const proxy = `http://127.0.0.1:${BRIDGE_PORT}`
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
    HOME: '/home/room',
    USER: 'room',
    LOGNAME: 'room',
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    // Test programs that would wait for a person do not.
    CI: 'true',
    ...(step.registry === undefined
      ? {}
      : {
          HTTPS_PROXY: proxy,
          https_proxy: proxy,
          HTTP_PROXY: proxy,
          http_proxy: proxy,
          npm_config_https_proxy: proxy,
          npm_config_proxy: proxy,
        }),
    ...step.env,
  }
  const cwd = step.cwd === undefined ? spec.at : join(spec.at, step.cwd)
  const declared = [
    'env',
    '-C',
    cwd,
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...step.argv,
  ]
  const inside = asInside(walls)
  if (step.registry === undefined) return [...inside, ...declared]
  const before = inside.length === 0 ? ['env', '--'] : inside
  return [...before, 'bridge', INSIDE_SOCKET, descriptorsOfOwnCode(), '--', ...declared]
}

async function follow(
  walls: Walls,
  launched: LaunchedRoom,
  limits: RoomLimits,
  step: RoomStep,
): Promise<RoomRun> {
  const { child } = launched
  const started = performance.now()
  const kept = keepText(HEAD, TAIL)
  let why: RoomEnd | undefined
  const end = (reason: RoomEnd) => {
    why ??= reason
    launched.kill()
  }
  const take = (chunk: Buffer) => {
    kept.add(chunk)
    if (kept.total > limits.outputBytes) end('output')
    else step.onText?.(plainText(walls.ports.redact(chunk.toString('utf8'))))
  }
  if (step.onAnswer !== undefined) child.stdout?.on('data', step.onAnswer)
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  const seconds = Math.min(step.seconds ?? limits.seconds, limits.seconds)
  const timer = setTimeout(() => end('time'), seconds * 1000)
  const cancel = () => end('cancelled')
  if (step.signal?.aborted === true) cancel()
  step.signal?.addEventListener('abort', cancel, { once: true })
  const disk = watchDisk(walls.place, limits, end)
  const ended = await launched.ended
  const took = (performance.now() - started) / 1000
  clearTimeout(timer)
  step.signal?.removeEventListener('abort', cancel)
  const overDisk = disk.stop()
  child.stdout?.destroy()
  child.stderr?.destroy()
  const common = {
    seconds: Math.round(took * 1000) / 1000,
    output: plainText(kept.text(walls.ports.redact)),
    cut: kept.cut,
    printed: kept.total,
    limitedBy: launched.limitedBy,
  }
  if (ended.stays)
    return { ...common, ended: 'unavailable', detail: 'a process of the room could not be ended' }
  // What may start no more processes waits until its time is over: the limit is what ended it.
  if (why === 'time' && ended.over === undefined) return { ...common, ended: 'time', limit: seconds }
  if (why === 'cancelled') return { ...common, ended: 'cancelled' }
  if (why === 'output') return { ...common, ended: 'output', limit: limits.outputBytes }
  if (overDisk !== undefined)
    return { ...common, ended: overDisk, limit: overDisk === 'disk' ? limits.diskBytes : limits.files }
  if (ended.over !== undefined) return { ...common, ended: endOver(ended.over.what), limit: ended.over.limit }
  if (ended.exit === undefined)
    return {
      ...common,
      ended: 'unavailable',
      detail: common.output.slice(0, 500) || ended.status.slice(0, 500),
    }
  if (ended.exit > 128 + 1 && ended.exit < 128 + 65) return { ...common, ended: 'signal', exit: ended.exit }
  return { ...common, ended: 'exit', exit: ended.exit }
}

function endOver(what: string): RoomEnd {
  if (what === 'memory' || what === 'processes') return what
  return 'disk'
}
