// What the runner says of itself: its clock, its journal, its sandbox, what it does not trust, and the hooks that it sees.
import type { Digest } from '../base/hash.ts'
import type { ExecutionId } from '../base/id.ts'
import type { IsolationFacts } from './isolation-protocol.ts'
import type { Lease } from './lease.ts'

/** A settings file of an agent that the guard's hook was put into, as it is now. */
export interface HookFact {
  readonly path: string
  /** `other`: wired otherwise than it was written; `program`: what it starts is not what it should be. */
  readonly state: 'wired' | 'absent' | 'other' | 'disabled' | 'program' | 'unreadable'
  readonly why?: string
  readonly program?: string
  /** Of `disabled`: what the file in `why` sets in the environment of the hook, which brings code into it. */
  readonly variable?: string
}
export interface GuardFacts {
  readonly policy: 'readable' | 'missing' | 'unreadable'
  readonly version?: string
  readonly level?: 'observe' | 'guard'
  readonly spool: 'writable' | 'missing' | 'mode'
  readonly hooks: readonly HookFact[]
}

export interface RunnerStatus {
  readonly root: boolean
  readonly host: string
  readonly policy?: Digest
  readonly boot: string
  readonly uptime: number
  readonly journal: { readonly sound: boolean; readonly why?: string }
  readonly clock: { readonly sound: boolean; readonly why?: string }
  /** Why a root runner does not trust its own code, keys or state; empty when it does. */
  readonly untrusted: readonly string[]
  /** What stands in front of agents, where this runner was told where that is. */
  readonly guard?: GuardFacts
  readonly open: readonly ExecutionId[]
  readonly sandbox: {
    readonly available: boolean
    readonly why?: string
    /** What bounds the memory and the processes of a trial together. */
    readonly limits?: 'cgroup2' | 'cgroup1' | 'watcher'
  }
  /** What rooms of a runner that was killed have left, counted. Absent where no room was ever made. */
  readonly rooms?: { readonly directories: number; readonly groups: number; readonly processes: number }
  readonly signer: { readonly publicKey: string; readonly size: number; readonly root: string }
  readonly keyed: boolean
  readonly diskFree: readonly { readonly path: string; readonly bytes: number; readonly floor: number }[]
  readonly version: string
  /** Whether this host is cut off; absent from a runner of an earlier release. */
  readonly isolation?: IsolationFacts
  /** Maintenance that ends by itself, the last one of each service; absent from a runner of an earlier release. */
  readonly leases?: readonly Lease[]
}
