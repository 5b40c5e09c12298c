// Has the administrator logged in anew? A session of sshd that began after the isolation, behind a connection from the admitted address; or the
// line of sshd in the journal, where the session has ended before anybody looked.
import { milliseconds } from '../base/time.ts'
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

/** `lines`: messages of sshd itself, of root, after the isolation. */
export function acceptedIn(lines: readonly string[], address: string): Login | undefined {
  for (const line of lines) {
    const [, user, from] = ACCEPTED.exec(line) ?? []
    if (user !== undefined && plainAddress(from ?? '') === address) return { user, address, seen: 'journal' }
  }
  return undefined
}

/** How a login is found out on this host. */
export function loginFinder(process: typeof run) {
  return async ({ admission, uptime, at, notes }: IsolationRecord): Promise<Login | undefined> => {
    const { administrator } = admission
    if (administrator === undefined) return undefined
    // Before the table was there a login proves nothing.
    const applied = notes.find(({ event }) => event === 'applied')
    if (applied === undefined) return undefined
    const seen = newSession(administrator.address, administrator.ports, Math.max(uptime, applied.uptime), {
      processes: processesSeen(),
      sockets: tcpSockets(),
      inodesOf: socketsOf,
    })
    if (seen !== undefined) return seen
    const since = Math.floor(Math.max(milliseconds(at), milliseconds(applied.at)) / 1000) + 1
    const result = await process(
      [
        'journalctl',
        '--quiet',
        '--no-pager',
        '--boot',
        '--output=cat',
        `--since=@${since}`,
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
      { timeoutMs: 5000, maxOutput: 65_536 },
    )
    return result.code === 0 ? acceptedIn(result.stdout.split('\n'), administrator.address) : undefined
  }
}
