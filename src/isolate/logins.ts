// Has the administrator logged in anew? A session of sshd that began after the isolation, behind a connection from the admitted address; or the
// line of sshd in the journal, where the session has ended before anybody looked.
import type { run } from '../sys/process.ts'
import { plainAddress } from './address.ts'
import type { IsolationRecord } from './record.ts'
import { processesSeen, type SeenProcess, socketsOf, type TcpSocket, tcpSockets } from './sockets.ts'

export interface Login {
  readonly user: string
  readonly address: string
  readonly seen: 'session' | 'journal'
  // A note of the record holds its values.
  readonly [key: string]: string
}

/** sshd writes who has logged in into the title of the session's process; before that no user stands before the `@`. */
const SESSION = /^sshd(?:-session)?: ([^\s@]{1,64})@/
/** What sshd says of an accepted login. */
const ACCEPTED = /^Accepted \S+ for (\S{1,64}) from (\S{1,60}) port \d+/

export interface SessionsSeen {
  readonly processes: readonly SeenProcess[]
  readonly sockets: readonly TcpSocket[]
  readonly inodesOf: (pid: number) => ReadonlySet<string>
}

/** `since`: milliseconds of boot time; what began then or before was there already. */
export function newSession(
  address: string,
  ports: readonly number[],
  since: number,
  { processes, sockets, inodesOf }: SessionsSeen,
): Login | undefined {
  const ours = new Set(
    sockets.flatMap(({ state, local, remote, inode }) =>
      state === 'established' && remote.address === address && ports.includes(local.port) ? [inode] : [],
    ),
  )
  if (ours.size === 0) return undefined
  for (const { pid, started, title } of processes) {
    const user = SESSION.exec(title)?.[1]
    if (user === undefined || started <= since) continue
    if ([...inodesOf(pid)].some((inode) => ours.has(inode))) return { user, address, seen: 'session' }
  }
  return undefined
}

/** Entries of the journal, as `--output=json` writes them: of sshd itself, of root. `since`: milliseconds of boot time, which no clock on the wall moves. */
export function acceptedIn(lines: readonly string[], address: string, since: number): Login | undefined {
  for (const line of lines) {
    const { message, uptime } = entryOf(line)
    const [, user, from] = ACCEPTED.exec(message) ?? []
    if (user !== undefined && uptime > since && plainAddress(from ?? '') === address)
      return { user, address, seen: 'journal' }
  }
  return undefined
}

/** What is no entry was said before everything. */
function entryOf(line: string): { readonly message: string; readonly uptime: number } {
  try {
    const value: unknown = JSON.parse(line)
    if (
      typeof value === 'object' &&
      value !== null &&
      'MESSAGE' in value &&
      '__MONOTONIC_TIMESTAMP' in value
    ) {
      const uptime = Number(value.__MONOTONIC_TIMESTAMP) / 1000
      if (typeof value.MESSAGE === 'string' && Number.isFinite(uptime))
        return { message: value.MESSAGE, uptime }
    }
  } catch {
    // No JSON.
  }
  return { message: '', uptime: 0 }
}

/** How a login is found out on this host. */
export function loginFinder(process: typeof run) {
  return async ({ admission, uptime, notes }: IsolationRecord): Promise<Login | undefined> => {
    const { administrator } = admission
    if (administrator === undefined) return undefined
    // Before the table was there a login proves nothing.
    const applied = notes.find(({ event }) => event === 'applied')
    if (applied === undefined) return undefined
    const begun = Math.max(uptime, applied.uptime)
    const seen = newSession(administrator.address, administrator.ports, begun, {
      processes: processesSeen(),
      sockets: tcpSockets(),
      inodesOf: socketsOf,
    })
    if (seen !== undefined) return seen
    const result = await process(
      [
        'journalctl',
        '--quiet',
        '--no-pager',
        '--boot',
        '--output=json',
        '--output-fields=MESSAGE',
        '--lines=200',
        '_UID=0',
        '_COMM=sshd',
        '+',
        '_UID=0',
        '_COMM=sshd-session',
        '+',
        '_UID=0',
        '_COMM=sshd-auth',
      ],
      { timeoutMs: 5000, maxOutput: 262_144 },
    )
    return result.code === 0 ? acceptedIn(result.stdout.split('\n'), administrator.address, begun) : undefined
  }
}
