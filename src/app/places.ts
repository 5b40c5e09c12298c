// Where everything of one installation lies on this machine: said once for `up`, the gate, the command line and `install host`.
import { join } from 'node:path'

export interface Places {
  readonly data: string
  /** Rules: `/etc/sekisho` for root's own installation, else below the data directory. */
  readonly etc: string
  readonly source: string
  readonly compiledRunner: string
  /** What the guard reads, where every account can read it (guard §0): policy, pauses, and the spool it writes. */
  readonly guardDirectory: string
  readonly guardPolicy: string
  /** Who applied the compiled rules. */
  readonly applied: string
  readonly runnerSocket: string
  readonly adminSocket: string
  /** The gate's own directory and its socket there: who can make it is the gate. */
  readonly gateDirectory: string
  readonly gateSocket: string
  /** `{port, pid}` of the running gate, for the command line to find it. */
  readonly gateFile: string
  readonly postgres: string
  readonly runnerState: string
  /** What sekisho-watch writes, and the outbox from which it sends (checks/watch-places.ts). */
  readonly watchDirectory: string
}

export const SYSTEM_DATA = '/var/lib/sekisho'
export const SYSTEM_ETC = '/etc/sekisho'
export const SYSTEM_GUARD = '/var/lib/sekisho-guard'
export const DEFAULT_PORT = 7440

/** Only the system's own data directory has its rules in /etc: a second installation beside it must not share them. */
export function placesOf(data: string): Places {
  const etc = data === SYSTEM_DATA ? SYSTEM_ETC : join(data, 'etc')
  // Beside the data and not inside it: nobody but root and the gate may enter there.
  const guardDirectory = data === SYSTEM_DATA ? SYSTEM_GUARD : `${data}-guard`
  return {
    data,
    etc,
    source: join(etc, 'sekisho.yaml'),
    compiledRunner: join(etc, 'compiled', 'runner.json'),
    guardDirectory,
    guardPolicy: join(guardDirectory, 'guard.json'),
    applied: join(etc, 'compiled', 'applied.json'),
    runnerSocket: join(data, 'run', 'runner.sock'),
    adminSocket: join(data, 'run', 'admin.sock'),
    gateDirectory: join(data, 'gate'),
    gateSocket: join(data, 'gate', 'gate.sock'),
    gateFile: join(data, 'gate.json'),
    postgres: join(data, 'pg'),
    runnerState: join(data, 'runner'),
    watchDirectory: join(data, 'watch'),
  }
}
