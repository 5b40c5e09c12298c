// What the machine-readable items of level 1 evidence hold. The runner writes them, and the gate looks for causes in them. What could not be
// measured is absent: absent is never read as good.
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { HealthFacts } from './protocol.ts'

const short = text({ max: 4096 })
const count = integer(0)

/** One process of the service's unit. Sizes in bytes. */
export interface ProcessFacts {
  readonly pid: number
  readonly name: string
  /** Of the kernel: `S` sleeping, `T` stopped by a signal, `D` waiting for a device. */
  readonly state?: string
  readonly resident?: number
  /** Open descriptors, and how many it may have. */
  readonly descriptors?: number
  readonly descriptorLimit?: number
  /** Bytes of address space that it may have. */
  readonly memoryLimit?: number
}
export interface UnitMemory {
  readonly unit: string
  readonly active: string
  /** Changes with each start. */
  readonly invocation: string
  readonly restarts: number
  /** How the last run ended, such as `success` or `oom-kill`. */
  readonly result: string
  readonly current?: number
  readonly peak?: number
  readonly limit?: number
  readonly processes: readonly ProcessFacts[]
}
export interface MemoryItem {
  readonly at: Instant
  readonly machine?: { readonly total: number; readonly available: number }
  /** Absent: the service has no unit, or systemd could not be asked. */
  readonly unit?: UnitMemory
}
export interface DiskItem {
  readonly at: Instant
  readonly volumes: readonly {
    readonly path: string
    readonly used: number
    readonly total: number
    /** Absent where the file system does not count them. */
    readonly inodesUsed?: number
    readonly inodesTotal?: number
  }[]
  /** Declared paths whose file system could not be asked. */
  readonly notRead: readonly string[]
}
export type DatabaseItemRow =
  | {
      readonly state: 'read'
      readonly name: string
      readonly port: number
      readonly connections: number
      /** What ordinary roles may have together. */
      readonly limit: number
      readonly idleInTransaction: number
      /** Sessions that wait for a lock longer than five seconds. */
      readonly waiting: number
    }
  /** No further session is let in, which is a finding and no failed measurement. */
  | { readonly state: 'full'; readonly name: string; readonly port: number }
  | { readonly state: 'failed'; readonly name: string; readonly port: number; readonly why: string }
export interface DatabaseItem {
  readonly at: Instant
  readonly databases: readonly DatabaseItemRow[]
}

export const SIGNS = ['memory', 'disk', 'descriptors', 'database', 'upstream'] as const
export type Sign = (typeof SIGNS)[number]
/** What the logs of the last hour say, by the time that each line bears. */
export interface SignsItem {
  readonly at: Instant
  readonly sinceMs: number
  readonly logs: readonly {
    /** `kernel`, `journal`, `errorLog`, and `errorLog NAME` of the service in front. */
    readonly log: string
    /** `unread`: it could not be read. `unstamped`: none of its lines bears a time. `silent`: nothing was written within the hour. */
    readonly state: 'read' | 'silent' | 'unstamped' | 'unread'
    /** Lines within the hour. */
    readonly lines: number
    /** False: the log is longer than what was read of it. */
    readonly whole: boolean
    readonly found: readonly { readonly sign: Sign; readonly count: number; readonly line: string }[]
  }[]
}

const at = matching(isInstant, 'an instant')
const processFacts: Decoder<ProcessFacts> = object({
  pid: integer(1),
  name: short,
  state: optional(text({ pattern: /^[A-Za-z]$/, what: 'a state of a process' })),
  resident: optional(count),
  descriptors: optional(count),
  descriptorLimit: optional(count),
  memoryLimit: optional(count),
})
export const memoryItem: Decoder<MemoryItem> = object({
  at,
  machine: optional(object({ total: count, available: count })),
  unit: optional(
    object({
      unit: short,
      active: short,
      invocation: short,
      restarts: count,
      result: short,
      current: optional(count),
      peak: optional(count),
      limit: optional(count),
      processes: list(processFacts, 10_000),
    }),
  ),
})
export const diskItem: Decoder<DiskItem> = object({
  at,
  volumes: list(
    object({
      path: short,
      used: count,
      total: count,
      inodesUsed: optional(count),
      inodesTotal: optional(count),
    }),
    1000,
  ),
  notRead: list(short, 1000),
})
/** One look at the declared health, as it was before anything was touched. */
export const healthItem: Decoder<HealthFacts> = object({
  verdict: literal('green', 'red', 'no_data'),
  attempts: list(
    object({ ok: boolean, status: optional(count), milliseconds: count, why: optional(short) }),
    1000,
  ),
})
const named = { name: short, port: integer(1, 65_535) } as const
export const databaseItem: Decoder<DatabaseItem> = object({
  at,
  databases: list(
    union<'state', DatabaseItemRow>('state', {
      read: object({
        state: literal('read'),
        ...named,
        connections: count,
        limit: count,
        idleInTransaction: count,
        waiting: count,
      }),
      full: object({ state: literal('full'), ...named }),
      failed: object({ state: literal('failed'), ...named, why: short }),
    }),
    100,
  ),
})
export const signsItem: Decoder<SignsItem> = object({
  at,
  sinceMs: count,
  logs: list(
    object({
      log: short,
      state: literal('read', 'silent', 'unstamped', 'unread'),
      lines: count,
      whole: boolean,
      found: list(object({ sign: literal(...SIGNS), count, line: short }), 100),
    }),
    20,
  ),
})
