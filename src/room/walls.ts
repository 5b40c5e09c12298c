// The walls of a room: namespaces of its own for users, mounts, processes, network, IPC and host name, a filter of system calls, limits that hold for all of its
// processes together. A program is started within them and lives until it ends or is ended; all that it has started ends with it.
// INVARIANT R1: no process of a room outlives the call that ends it, and none the runner.
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { OverBudget } from '../sandbox/budget.ts'
import { type Limiter, type OpenLimit, openLimit } from '../sandbox/limit.ts'
import { type OwnCode, ownCode } from '../sandbox/own-code.ts'
import {
  coverInherited,
  exitOf,
  isClosed,
  limiterHere,
  machine,
  type RunProcess,
  sandboxAvailable,
} from '../sandbox/sandbox.ts'
import { type Mount, type Sandbox, sandboxArgv } from '../sandbox/sandbox-argv.ts'
import { ownerInside } from '../sandbox/sandbox-ids.ts'
import { seccompProgram } from '../sandbox/seccomp.ts'
import { killGroup, start } from '../sys/process.ts'
import { endAll } from './gone.ts'

export interface RoomPorts {
  readonly process: RunProcess
  /** A directory of ours that the ids inside can pass through (`openRooms`). */
  readonly scratch: string
  /** Our effective user id. */
  readonly uid: number
  /** `node runner.mjs`: what starts our own code. */
  readonly command: readonly string[]
  /** Takes known secret values out of a text. */
  readonly redact: (text: string) => string
  /** By what the processes of a room are held together; absent: what this machine has (for tests). */
  readonly limiter?: Limiter
}

/** Whose the processes inside are, where there is a range of ids. */
export const ROOM_UID = 1_000
/** Our own code in a room stands here, behind filter and status. */
const OWN_CODE = 5

let known: Promise<Sandbox> | undefined

/** Tried once in the life of this process. Throws room.unavailable. A machine without user namespaces puts up no room for code that nobody has approved. */
export async function wallsHere(ports: Pick<RoomPorts, 'process' | 'scratch' | 'uid'>): Promise<Sandbox> {
  known ??= (async () => {
    const kinds = ports.uid === 0 ? (['mapped'] as const) : (['one-id'] as const)
    const found = await sandboxAvailable({ ...ports, kinds })
    if (!found.available) throw new SekishoError('room.unavailable', { why: found.why.slice(0, 300) })
    return found.sandbox
  })()
  known.catch(() => {
    known = undefined
  })
  return known
}

export interface Walls {
  readonly ports: RoomPorts
  readonly sandbox: Sandbox
  readonly baseUid: number
  /** Of this room alone, within scratch. */
  readonly place: string
}

/** What stands outside for an id inside. Undefined where there is one id only: ours. */
export function outside({ sandbox, baseUid }: Walls, uid: number, gid = uid) {
  const [u, g] = [ownerInside(sandbox.kind, baseUid, uid), ownerInside(sandbox.kind, baseUid, gid)] as const
  return u === undefined || g === undefined ? undefined : { uid: u, gid: g }
}

/** Gives up what root inside may do, and becomes one of the ids. Without a range of ids there is nothing to give up. */
export function asInside(walls: Walls, uid = ROOM_UID, gid = uid): readonly string[] {
  if (walls.sandbox.kind !== 'mapped') return []
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--inh-caps=-all', '--no-new-privs']
  return ['setpriv', ...ids, '--']
}

export interface Launch {
  readonly argv: readonly string[]
  readonly mounts: readonly Mount[]
  readonly limits: { readonly memoryBytes: number; readonly processes: number; readonly diskBytes: number }
  /** The name by which the limit is known while it runs: of this run alone. */
  readonly name: string
  /** `argv` is the end of a command line of our own code: the life to live, and what it is told. */
  readonly own?: 'after'
  readonly stdin?: 'pipe'
  /** Lines of passwd and group, besides those of the room. */
  readonly accounts?: Accounts
}

export interface Accounts {
  readonly passwd: readonly string[]
  readonly group: readonly string[]
}

export interface LaunchedRoom {
  readonly child: ChildProcess
  /** By what its processes are held together. */
  readonly limitedBy: Limiter['kind']
  kill(): void
  /** After the end of it: nothing of it is left, and what was over a limit is said. */
  ended: Promise<{
    /** The program's own, as bubblewrap says it. Absent: it was ended, or never reached. */
    readonly exit?: number
    readonly over?: OverBudget
    /** Something of it could not be ended. */
    readonly stays: boolean
    readonly status: string
  }>
}

const FILE_MAX = Number.MAX_SAFE_INTEGER

/** Of our own code within walls: `bridge …` as the candidate, another life as who serves the room. The descriptors to be closed are told by `descriptorsOfOwnCode`. */
export const descriptorsOfOwnCode = (): string => [OWN_CODE, OWN_CODE + 1].join(',')

export async function launchInRoom(walls: Walls, request: Launch): Promise<LaunchedRoom> {
  const { ports, sandbox, baseUid, place } = walls
  const architecture = machine()
  if (architecture === undefined)
    throw new SekishoError('room.unavailable', { why: `no call filter for ${process.arch}` })
  const limiter = ports.limiter ?? (await limiterHere())
  const limit = await openLimit(
    limiter,
    {
      memoryBytes: request.limits.memoryBytes,
      processes: request.limits.processes,
      scratchBytes: request.limits.diskBytes,
    },
    request.name,
  )
  const opened: number[] = []
  let code: OwnCode | undefined
  try {
    const files = await wallFiles(place, request.accounts)
    await writeFile(join(place, 'walls', 'filter'), seccompProgram(architecture), { mode: 0o600 })
    const filter = openSync(join(place, 'walls', 'filter'), 'r')
    opened.push(filter)
    code = request.own === undefined ? undefined : ownCode(ports.command)
    const own = code?.descriptors ?? []
    const rest = [...own, ...coverInherited(opened).slice(own.length)]
    const argv = code === undefined ? request.argv : ownArgv(code, request.argv)
    const child = start(
      [
        'choom',
        '-n',
        '500',
        '--',
        'ionice',
        '-c',
        '3',
        ...limit.enter,
        ...sandboxArgv({
          sandbox,
          argv,
          mounts: [...files.mounts, ...request.mounts],
          hosts: files.hosts,
          nameSwitch: files.nameSwitch,
          limits: {
            processes: 4_096,
            files: `${4_096 + rest.length}`,
            fileBytes: request.limits.diskBytes,
            // What a program reserves is not what it takes: node and Java reserve much more.
            memoryBytes: FILE_MAX,
            cpuSeconds: FILE_MAX,
          },
          baseUid,
          asPid1: false,
          loopback: true,
          ...(sandbox.kind === 'mapped' && (await isClosed(ports.scratch))
            ? { closed: resolve(ports.scratch) }
            : {}),
        }),
      ],
      {
        env: {},
        cwd: '/',
        detached: true,
        stdio: [request.stdin ?? 'ignore', 'pipe', 'pipe', filter, 'pipe', ...rest],
      },
    )
    return { child, limitedBy: limiter.kind, kill: () => killGroup(child), ended: endOf(child, limit, walls) }
  } catch (cause) {
    await limit.close()
    throw cause
  } finally {
    for (const fd of opened) closeSync(fd)
    code?.[Symbol.dispose]()
  }
}

/** What stands before `--` puts us in place; what follows is our own code. */
function ownArgv(code: OwnCode, argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--')
  return [...argv.slice(0, at + 1), ...code.argv(OWN_CODE, []), ...argv.slice(at + 1)]
}

async function endOf(child: ChildProcess, limit: OpenLimit, walls: Walls): LaunchedRoom['ended'] {
  let status = ''
  child.stdio[4]?.on('data', (chunk: Buffer) => {
    if (status.length < 65_536) status += chunk.toString('utf8')
  })
  child.stdio[4]?.on('error', () => {})
  if (child.pid !== undefined) limit.started(child.pid, () => killGroup(child))
  await new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('exit', () => done())
  })
  killGroup(child)
  const gone = walls.sandbox.kind === 'mapped' ? await endAll(walls.baseUid) : true
  const over = await limit.close()
  const exit = exitOf(status)
  return {
    ...(exit === undefined ? {} : { exit }),
    ...(over === undefined ? {} : { over }),
    stays: !gone,
    status,
  }
}

const PASSWD = [
  'root:x:0:0:root:/root:/bin/sh',
  `room:x:${ROOM_UID}:${ROOM_UID}:room:/home/room:/bin/sh`,
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
]
const GROUP = ['root:x:0:', `room:x:${ROOM_UID}:`, 'nogroup:x:65534:']

/** Names of users are the room's own, so that nobody of the machine is seen or meant. A rehearsal adds the accounts of its service. */
async function wallFiles(
  place: string,
  more: Accounts = { passwd: [], group: [] },
): Promise<{ readonly hosts: string; readonly nameSwitch: string; readonly mounts: readonly Mount[] }> {
  const walls = join(place, 'walls')
  await mkdir(walls, { recursive: true })
  await chmod(walls, 0o711)
  const shared = async (name: string, text: string) => {
    const path = join(walls, name)
    await writeFile(path, text)
    await chmod(path, 0o644)
    return path
  }
  const hosts = await shared('hosts', '127.0.0.1 localhost sandbox\n::1 localhost\n')
  const nameSwitch = await shared('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n')
  const passwd = await shared('passwd', `${[...PASSWD, ...more.passwd].join('\n')}\n`)
  const group = await shared('group', `${[...GROUP, ...more.group].join('\n')}\n`)
  return {
    hosts,
    nameSwitch,
    mounts: [
      { kind: 'bind', from: passwd, to: '/etc/passwd' },
      { kind: 'bind', from: group, to: '/etc/group' },
    ],
  }
}
