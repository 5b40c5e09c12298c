// The written protocol between gate (or the owner, at the admin door) and runner: every verb, its input, its answer (spine §2).
import type { Work } from '../backup/events.ts'
import type { Backups } from '../backup/levels.ts'
import type { RetentionBlock } from '../backup/retention.ts'
import type { Digest } from '../base/hash.ts'
import type { ChangeId, ExecutionId, ServiceName, TargetId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import type { CodeStaged, CodeWish } from '../plans/code.ts'
import type { DamagedNow, RestoreWish, Staged } from '../plans/restore.ts'
import type { EvidenceAdmin, EvidenceAnswers, PreserveRequest } from './evidence.ts'
import type { GlassAdmin, GlassAnswers } from './glass.ts'
import type { IsolationAnswers, IsolationRequest } from './isolation-protocol.ts'
import type { ExecutionState, TrialCheck } from './journal.ts'

import type { LeaseAnswers, LeaseRequest } from './lease.ts'
import type { ReadAnswer, ReadRequest } from './reads.ts'
import type { RunnerStatus } from './runner-status.ts'
import type { Signed } from './statement.ts'

export interface HealthFacts {
  readonly verdict: 'green' | 'red' | 'no_data'
  readonly attempts: readonly {
    readonly ok: boolean
    readonly status?: number
    readonly milliseconds: number
    readonly why?: string
  }[]
}
export interface UnitFacts {
  readonly unit: string
  readonly loaded: boolean
  readonly active: string
  readonly sub: string
  readonly invocation: string
  readonly mainPid: number
  readonly needDaemonReload: boolean
  /** TimeoutStopSec in ms: printed on the card of a restart. */
  readonly stopTimeoutMs: number
}
/** How far a work has come. Sizes in bytes; a total that is not known yet is 0. */
export interface WorkProgress {
  readonly service: ServiceName
  readonly work: Work
  readonly startedAt: Instant
  readonly backup?: string
  readonly copy?: string
  /** Which of how many copies, where several are read. */
  readonly copyNumber?: number
  readonly copyCount?: number
  /** `reading`, `dumping`, `writing`, `verifying`, `restoring`, `removing` … */
  readonly step: string
  readonly entries: number
  readonly bytes: number
  readonly totalEntries: number
  readonly totalBytes: number
  /** Of the last seconds, in bytes a second. */
  readonly rate: number
}
/** `gone`: never laid out here, or its time is over. */
export type StageFacts =
  | { readonly state: 'working'; readonly progress: StageProgress }
  | { readonly state: 'ready'; readonly staged: Staged | CodeStaged }
  | { readonly state: 'failed'; readonly code: string; readonly detail: JsonObject }
  | { readonly state: 'gone' }
/** What the verb `stage` prepares beside: a restore, or a change of code. */
export type StageWish = RestoreWish | CodeWish
/** `by`: who has begun it, as the gate says it. */
export interface StageUnderWay {
  readonly stage: string
  readonly by: string
  readonly agent: boolean
  readonly wish: StageWish
  readonly since: Instant
  readonly progress: StageProgress
}
export interface StageProgress {
  readonly step: string
  readonly entries: number
  readonly bytes: number
  readonly totalEntries: number
  readonly totalBytes: number
}
/** Something in a place of copies that the journal does not know. `ours` and `foreign` are taken over when copies are read; of a `name` nobody knows when it was made; an `unfinished` one has no checksums and is taken over an hour after its last change; a `dump` needs a person, and an `archive` is unpacked when copies are read. */
export interface FoundBeside {
  readonly copy: string
  /** Below the place of the copies. */
  readonly name: string
  readonly what: 'ours' | 'foreign' | 'unfinished' | 'name' | 'dump' | 'archive' | 'above'
  /** Of an archive that was read and is not taken over: a code of words/archive-why.ts, and the member that it is about. */
  readonly why?: string
  readonly member?: string
}
export interface BackupFacts {
  readonly backups: Backups
  /** How many copies there are beside those of `backups`. */
  readonly moreCopies?: number
  readonly found?: readonly FoundBeside[]
  /** How many there are beside those of `found`. */
  readonly moreFound?: number
  readonly running?: WorkProgress
  /** Signed by an owner, and of this release's procedure. */
  readonly standing: boolean
  /** How often an order used the signature within the last hour, by work. */
  readonly usedThisHour?: Readonly<Partial<Record<Work, number>>>
}
/** What was found in the live data of a service. At most twenty of each list; the counts are exact. */
export interface ContentFacts {
  /** Data files that were parsed and held to their rules. */
  readonly judged: number
  readonly damagedCount: number
  readonly damaged: readonly DamagedNow[]
  /** Files that this host could not read: nothing is known of them. */
  readonly notReadCount: number
  readonly notRead: readonly DamagedNow[]
  /** Sizes out of trend. */
  readonly questionCount: number
  readonly questions: readonly DamagedNow[]
  /** Directories and databases whose content is not judged while they are live. */
  readonly notJudged: readonly string[]
  /** When anything in the directories was last written or put in place. */
  readonly changedAt?: Instant
}
/** `blocked`: nothing is taken away at all, whatever the rules let go. */
export interface PruningFacts {
  readonly blocked?: RetentionBlock
  readonly kept: number
  /** All that go; `goes` lists the first of them. */
  readonly inAll: { readonly copies: number; readonly bytes: number }
  readonly goes: readonly {
    readonly backup: string
    readonly copy: string
    readonly bytes: number
    readonly why: 'replaced' | 'past'
  }[]
}
/** Computed facts of what a file touches: server names, addresses, units that read it. */
export interface ImpactFacts {
  readonly serverNames: readonly string[]
  readonly listeners: readonly string[]
  readonly units: readonly string[]
}

/** A piece of a git bundle: in order, in chunks of at most 512 KiB; `digest` is SHA-256 of the whole. */
export interface BundlePart {
  readonly digest: Digest
  readonly size: number
  readonly offset: number
  readonly base64: string
  /** Who sends it: what one actor sends at a time has a limit of its own. */
  readonly by: string
}
/** As large as a bundle may be. */
export const BUNDLE_MAX = 268_435_456

export type RunnerRequest =
  | LeaseRequest
  | { readonly verb: 'read'; readonly what: ReadRequest }
  /**
   * In chunks of at most 512 KiB, in order; stored when whole, under the digest, which the runner computes itself: of a blob SHA-256
   * of its bytes; of the canonical JSON of a plan planDigest, of an envelope envelopeDigest; of a statement (canonical JSON of
   * `Signed`) statementDigest of its text.
   */
  | {
      readonly verb: 'put'
      readonly kind: 'plan' | 'envelope' | 'statement' | 'blob'
      readonly digest: Digest
      readonly size: number
      readonly offset: number
      readonly base64: string
    }
  | ({ readonly verb: 'put'; readonly kind: 'bundle' } & BundlePart)
  | { readonly verb: 'try'; readonly plan: Digest }
  | {
      readonly verb: 'run'
      readonly execution: ExecutionId
      readonly change: ChangeId
      readonly plan: Digest
      readonly envelope: Digest
      readonly statements: readonly Signed[]
      readonly fences: readonly { readonly target: TargetId; readonly token: number }[]
    }
  | { readonly verb: 'abort'; readonly execution: ExecutionId; readonly by: string }
  | { readonly verb: 'undo'; readonly execution: ExecutionId; readonly by: string }
  | {
      readonly verb: 'sign'
      readonly origin: string
      readonly size: number
      readonly root: string
      readonly consistency: readonly string[]
    }
  /**
   * keep, continue, reject, standing, revoke, acceptFork: what a person signed. The signature speaks for itself, so either door may carry it: the gate
   * for an operator who is not root, the admin door where the gate is down or not trusted.
   */
  | { readonly verb: 'statement'; readonly signed: Signed }
  /** A standing playbook of `backup/1`: service and work, and nothing else (backup.md §0). */
  /** `by`: who asks, as the gate says it; left out, a person. */
  | {
      readonly verb: 'backup'
      readonly service: ServiceName
      readonly work: Work
      readonly by?: 'agent' | 'clock' | 'change'
      /** Of `verify`: every copy. */
      readonly all?: true
    }
  /** Lays a restore out beside: nothing of the service is touched. Answered at once; `read` says how far it is. */
  /** `by`, `agent`: as the gate says it. Of an agent fewer are kept, and a person does not wait for one. */
  | {
      readonly verb: 'stage'
      readonly service: ServiceName
      readonly wish: StageWish
      readonly by: string
      readonly agent?: true
      /** Stages whose changes have ended and were never started: cleared away, unless something was exchanged with them. */
      readonly over?: readonly string[]
    }
  /** What is being laid out ends, and all that was made for it is cleared away: answered at once, and `read` says when that is done. */
  | {
      readonly verb: 'cancelStage'
      readonly service: ServiceName
      readonly stage: string
      readonly by: string
      readonly agent?: true
    }
  | PreserveRequest
  | { readonly verb: 'status' }
  /** Journal lines of an execution from a line number on, at most 200 a call. */
  | { readonly verb: 'report'; readonly execution: ExecutionId; readonly from: number }

export type AdminRequest =
  | RunnerRequest
  | EvidenceAdmin
  | GlassAdmin
  | { readonly verb: 'secret'; readonly service: ServiceName; readonly key: string; readonly base64: string }
  | { readonly verb: 'secrets'; readonly service: ServiceName }
  /** The compiled policy file was written: read it again. */
  | { readonly verb: 'policy'; readonly by: string }
  | { readonly verb: 'clockAccept'; readonly by: string }
  /** A mark that no count can have reached blocks its target for ever: the owner takes it back. */
  | { readonly verb: 'fenceReset'; readonly target: TargetId; readonly by: string }
  | { readonly verb: 'reconcile' }
  /** Takes away, or only names, the copies that have outlived the rules of retention. */
  | { readonly verb: 'prune'; readonly dryRun: boolean; readonly by: string }
  | IsolationRequest

export interface TrialAnswer {
  readonly plan: Digest
  readonly checks: readonly TrialCheck[]
  /** Digest of the fingerprints of the targets that it was made on. */
  readonly baseline: Digest
  /** Digest of the journal line's body: the evidence digest of every check of this trial. */
  readonly evidence: Digest
  readonly at: Instant
  readonly expires: Instant
  readonly milliseconds: number
}

/** Every answer frame. `code` is one of the codes of base/error.ts. */
export type RunnerAnswer<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly code: string; readonly detail: JsonObject }

export interface Answers extends EvidenceAnswers, IsolationAnswers, GlassAnswers, LeaseAnswers {
  readonly read: ReadAnswer
  /** `had`, of a bundle: so many bytes of it are here. */
  readonly put: { readonly stored: boolean; readonly had?: number }
  readonly try: TrialAnswer
  readonly run: { readonly accepted: true; readonly repeated: boolean; readonly at: Instant }
  readonly abort: { readonly asked: true }
  readonly undo: { readonly asked: true }
  readonly sign: { readonly note: string }
  readonly status: RunnerStatus
  readonly report: {
    readonly state: ExecutionState
    readonly lines: readonly string[]
    readonly next: number
  }
  /** `joined`: that work was under way already. */
  readonly backup: { readonly accepted: true; readonly joined: boolean }
  readonly stage: { readonly stage: string }
  readonly cancelStage: { readonly stage: string }
  readonly secret: { readonly reference: string; readonly version: number; readonly keyed: string }
  readonly secrets: {
    readonly keys: readonly { readonly key: string; readonly version: number; readonly at: Instant }[]
  }
  readonly statement: { readonly accepted: true; readonly effect: string }
  readonly policy: { readonly version: Digest }
  readonly clockAccept: { readonly at: Instant }
  readonly prune: {
    /** At most 500 of `count`. */
    readonly copies: readonly {
      readonly execution: ExecutionId
      readonly path: string
      readonly copy: string
      readonly bytes: number
    }[]
    readonly count: number
    readonly bytes: number
    readonly kept: number
  }
  readonly fenceReset: { readonly was: number; readonly mark: number }
  readonly reconcile: { readonly open: readonly ExecutionId[]; readonly settled: readonly ExecutionId[] }
}

/** Bytes of one chunk of `put` and of `bytes`. */
export const CHUNK = 524_288
