// What restores go through beside that of backups: the plans of executions that are open, and what was laid out.
import type { Digest } from '../base/hash.ts'
import type { ExecutionId, TargetId } from '../base/id.ts'
import type { JournalBody } from '../seal/journal.ts'
import type { RecordPort, SnapshotPorts } from '../snapshot/ports.ts'
import type { StageStore } from './stage-store.ts'

export interface RestorePorts extends SnapshotPorts {
  readonly stages: StageStore
  readonly objects: { read(kind: 'plan', digest: Digest): Promise<Buffer> }
  readonly journal: RecordPort['journal'] & { readonly index: ExecutionIndex }
}

/** Executions as the journal knows them. */
export interface ExecutionIndex {
  readonly accepted: ReadonlyMap<ExecutionId, Extract<JournalBody, { readonly kind: 'accepted' }>>
  readonly closed: ReadonlyMap<ExecutionId, Extract<JournalBody, { readonly kind: 'closed' }>>
  /** The open execution that holds a target. */
  holder(target: TargetId): ExecutionId | undefined
}
