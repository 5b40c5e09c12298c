// One work of playbook backup/1: what it is handed, and what does it.
import type { Asked, BackupEvent, Work } from '../backup/events.ts'
import type { KnownCopy } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import type { Service } from '../plans/policy.ts'
import type { WorkProgress } from '../seal/protocol.ts'
import type { SnapshotPorts } from './ports.ts'

/** What a work is handed. It writes what it found through `tell`, each line durable before the next thing follows from it. */
export interface WorkContext {
  readonly parts: SnapshotPorts
  readonly service: Service
  readonly asked: Asked
  /** Of `verify`: every copy. */
  readonly all?: true
  /** All that the journal knows now: read anew at each call. */
  readonly known: () => Backups
  readonly tell: (event: BackupEvent) => Promise<void>
  readonly progress: (now: Partial<Omit<WorkProgress, 'service' | 'work' | 'startedAt' | 'rate'>>) => void
  readonly signal: AbortSignal
  /** Starts the service on this copy, which was just brought back. Absent: nobody here can. */
  readonly boot?: (copy: KnownCopy) => Promise<BootFound>
}

/** `not_looked`: it could not be tried, which says nothing of the copy. `why`: as a rehearsal says it, `STEP: FAULT`. */
export type BootFound =
  | { readonly found: 'healthy'; readonly ms: number }
  | { readonly found: 'sick' | 'not_looked'; readonly why: string }

/** Does the work, or throws a SekishoError, which stands in the journal as *failed*. Any swallowed error would be a lie. */
export type DoWork = (context: WorkContext) => Promise<void>

export type Works = Readonly<Record<Work, DoWork>>
