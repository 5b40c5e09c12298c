// What the works of backups go through: this machine, the program that runs, what is kept, and what was decided. The runner hands it in.
import type { BackupLine } from '../backup/levels.ts'
import type { Digest } from '../base/hash.ts'
import type { ExecutionId, ServiceName } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { KillPoint } from '../base/kill-point.ts'
import type { Clock } from '../base/time.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { JournalBody, JournalLine } from '../seal/journal.ts'
import type { run } from '../sys/process.ts'

export interface MachinePort {
  readonly clock: Clock
  readonly process: typeof run
  /** systemd is PID 1 here. */
  readonly systemctl: boolean
  /** We are root. */
  readonly root: boolean
  readonly host: string
}

export interface ProgramPort {
  readonly version: string
  /** Program and first arguments that start this very code. */
  readonly command: readonly string[]
  readonly killPoint: KillPoint
  readonly log: (sentence: string, values?: JsonObject) => void
}

/** What is kept on this machine beside the journal. */
export interface KeepingPort {
  readonly place: { readonly data: string; readonly state: string }
  readonly keys: { readonly keyed: Buffer }
  readonly secrets: { ofBackup(service: ServiceName, name: string): Promise<Buffer | undefined> }
  /** What was laid out for restores, by name. */
  readonly stages: { list(): Promise<readonly string[]> }
}

/** The rules in force, and what was done under them. */
export interface RecordPort {
  readonly policies: {
    /** There are rules. */
    readonly loaded: boolean
    readonly current: CompiledPolicy
    version(version: Digest): Promise<CompiledPolicy>
  }
  readonly journal: {
    readonly index: {
      readonly backups: readonly BackupLine[]
      readonly stages: ReadonlyMap<string, StagedBody>
      /** Executions that were begun and have not ended. */
      open(): readonly ExecutionId[]
    }
    /** Outside of executions. */
    readonly rest: readonly JournalLine[]
    append(key: string, body: JournalBody): Promise<JournalLine>
  }
  readonly mark: { check(): Promise<{ readonly sound: boolean }> }
}
export type StagedBody = Extract<JournalBody, { readonly kind: 'staged' }>

export interface SnapshotPorts extends MachinePort, ProgramPort, KeepingPort, RecordPort {}
