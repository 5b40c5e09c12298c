// What the owner of a host says to the runner about its isolation, at the admin door, and what the runner says of it (protocol.ts).
import type { IncidentId, ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Admission } from '../plans/isolation.ts'

/** How the administrator comes: `ssh` is SSH_CONNECTION as sudo handed it on, `from` an address that was typed, `terminal` the device of a console. */
export interface AdministratorComes {
  readonly from?: string
  readonly ssh?: string
  readonly terminal?: string
}

export type IsolationRequest =
  /** `look`: says what would happen, and does nothing. */
  | ({
      readonly verb: 'isolate'
      readonly incident: IncidentId
      readonly look: boolean
      /** SHA-256 of the rules that a person has read and agreed to. */
      readonly agreed?: string
      readonly by: string
    } & AdministratorComes)
  /** A person at the terminal at which it was begun keeps it. */
  | {
      readonly verb: 'isolationKeep'
      readonly incident: IncidentId
      readonly terminal?: string
      readonly by: string
    }
  | { readonly verb: 'isolationLook' }
  /** The full capture, and the access and login logs of a window. `service`: its logs alone; left out, those of all services of the host. */
  | {
      readonly verb: 'capture'
      readonly incident: IncidentId
      readonly service?: ServiceName
      readonly since: Instant
      readonly until: Instant
      readonly by: string
    }

/** Codes of words/isolation.ts. */
export interface IsolationWarning {
  readonly code:
    | 'ldap'
    | 'network_disk'
    | 'docker'
    | 'firewalld'
    | 'no_reboot'
    | 'loopback'
    | 'no_ssh_port'
    | 'notice_unknown'
  readonly values: Readonly<Record<string, string>>
}

/** What an isolation would do. Nothing was done. */
export interface IsolationOutlook {
  readonly admission: Admission
  /** The rules, as they will be loaded. */
  readonly rules: string
  readonly keepBy: 'login' | 'terminal'
  readonly keepSeconds: number
  readonly warnings: readonly IsolationWarning[]
}

/**
 * `stray`: a table of our name stands, and no record says why. `unreadable`: the record is there and cannot be read; the table stands as `table` says.
 * `ending`: it is over, and the table could not be taken away yet.
 */
export interface IsolationFacts {
  readonly state: 'none' | 'trial' | 'kept' | 'ending' | 'stray' | 'unreadable'
  readonly table: 'present' | 'absent' | 'unknown'
  readonly why?: string
  readonly incident?: IncidentId
  readonly service?: ServiceName
  readonly by?: string
  readonly since?: Instant
  readonly admission?: Admission
  readonly terminal?: string
  /** Milliseconds in which it can still be kept. */
  readonly leftMs?: number
  /** How often the table was put back after somebody took it away or changed it. */
  readonly restored?: number
  /** How the last one of this host ended, and why. */
  readonly last?: {
    readonly incident: IncidentId
    readonly event: 'undone' | 'ended'
    readonly at: Instant
    readonly why: string
  }
}

/** Of a log in the window: at most twenty groups, the largest first; `more` lines belong to others. */
export interface LogsShown {
  readonly lines: number
  readonly inWindow: number
  readonly unstamped: number
  /** Lines of the window whose form is not known. */
  readonly notUnderstood: number
  readonly groups: readonly {
    readonly key: readonly string[]
    readonly count: number
    readonly first: Instant
    readonly last: Instant
  }[]
  readonly more: number
}

export interface IsolationAnswers {
  readonly capture: {
    readonly items: readonly { readonly item: string; readonly name: string; readonly size: number }[]
    readonly bytes: number
    readonly gaps: readonly { readonly name: string; readonly why: string }[]
    readonly milliseconds: number
    /** Requests that write: client, method, path, status. */
    readonly access: LogsShown
    /** Logins: outcome, user, address, way. */
    readonly auth: LogsShown
  }
  readonly isolate: { readonly outlook: IsolationOutlook; readonly facts: IsolationFacts }
  readonly isolationKeep: IsolationFacts
  readonly isolationLook: IsolationFacts
}
