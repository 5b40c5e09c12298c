// The runner's journal as others read it: one RFC 8785 line per fact, chained, fsynced (spine §3, §6). The runner writes; gate and CLI only read.
import type { BackupEvent } from '../backup/events.ts'
import { type Digest, labelledDigest } from '../base/hash.ts'
import type { ChangeId, IncidentId, ServiceName, TargetId } from '../base/id.ts'
import type { Json, JsonObject } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import type { UnitVerb } from '../plans/actions/unit.ts'
import type { CheckName } from './checks.ts'
import type { EvidenceEvent } from './evidence.ts'
import type { GlassEvent } from './glass.ts'
import type { LeaseEvent } from './lease.ts'

export interface JournalLine {
  readonly v: 1
  readonly seq: number
  /** SHA-256 of the line before (without its line feed); 64 zeros for the first. */
  readonly prev: Digest
  readonly boot: string
  /** Milliseconds since that boot. */
  readonly uptime: number
  readonly at: Instant
  /** `CHG-2026-0001/1/2/apply/1` = execution/action/direction/attempt; or the subject of a line outside an execution. */
  readonly key: string
  readonly body: JournalBody
}

export type Direction = 'apply' | 'undo'
/** What a probe found. `mixed`: some of a set is new, some old. */
export type Applied = 'applied' | 'not_applied' | 'mixed' | 'unknown'

export interface StandingUse {
  readonly unit: string
  readonly verb: UnitVerb | 'keys' | 'release' | 'command'
  readonly signedAt: Instant
  /** Of a command: two services may each have one of that name. Absent in older lines, and where `unit` alone says what is done. */
  readonly service?: ServiceName
}

export type JournalBody =
  // an execution, in the order in which it goes
  | {
      readonly kind: 'accepted'
      readonly change: ChangeId
      readonly plan: Digest
      readonly envelope: Digest
      readonly statements: readonly Digest[]
      readonly nonces: readonly string[]
      readonly policy: Digest
      readonly fences: readonly { readonly target: TargetId; readonly token: number }[]
      readonly approvers: readonly string[]
      readonly solo: boolean
      readonly demo: boolean
      /** Where a standing statement let it in: for what, and when that statement was signed. */
      readonly standing?: StandingUse
    }
  /** `standing`: the statement under which the order was given. */
  | {
      readonly kind: 'refused'
      readonly code: string
      readonly detail: JsonObject
      readonly standing?: Digest
    }
  | {
      readonly kind: 'diagnostics'
      readonly items: readonly { readonly name: string; readonly digest: Digest; readonly size: number }[]
      readonly gaps: readonly string[]
    }
  | {
      readonly kind: 'copies'
      readonly files: readonly { readonly path: string; readonly copy: string; readonly digest?: Digest }[]
    }
  /** What the proof compares with, taken before the first action. */
  | { readonly kind: 'before'; readonly facts: JsonObject }
  | {
      readonly kind: 'armed'
      readonly deadlineBoot: string
      readonly deadlineUptime: number
      readonly adminPath: boolean
    }
  | { readonly kind: 'intent'; readonly action: JsonObject }
  | {
      readonly kind: 'outcome'
      readonly result: 'applied' | 'not_applied' | 'failed' | 'skipped'
      readonly detail: JsonObject
      readonly milliseconds: number
    }
  | { readonly kind: 'probed'; readonly found: Applied; readonly detail: JsonObject }
  | { readonly kind: 'parked'; readonly why: 'uncertain' | 'undo_failed'; readonly detail: JsonObject }
  | { readonly kind: 'continued'; readonly choice: 'retry' | 'skip'; readonly statement: Digest }
  | {
      readonly kind: 'proof'
      readonly proof: JsonObject
      readonly verdict: 'green' | 'red' | 'not_proven'
      readonly facts: JsonObject
      readonly milliseconds: number
    }
  | {
      readonly kind: 'awaitingKeep'
      readonly why: 'not_proven' | 'admin_path' | 'by_person'
      readonly seconds: number
    }
  | {
      readonly kind: 'claim'
      readonly choice: 'keep' | 'revert'
      readonly by: 'runner' | 'timer' | 'keeper' | 'boot' | 'person'
      readonly why: string
    }
  | { readonly kind: 'stopAsked'; readonly by: string }
  | { readonly kind: 'closed'; readonly outcome: Outcome; readonly detail: JsonObject }
  // outside of executions
  | {
      readonly kind: 'trial'
      readonly plan: Digest
      readonly checks: readonly TrialCheck[]
      /** Digest of the fingerprints of the targets that it was made on (plans/fingerprint.ts): those that are sealed must be the same. */
      readonly baseline: Digest
      readonly expires: Instant
    }
  | {
      readonly kind: 'read'
      readonly what: string
      readonly target: string
      readonly digest: Digest
      readonly expires: Instant
    }
  /** An envelope came here for the first time: from then on the pause of policy.alone is counted. */
  | { readonly kind: 'stored'; readonly envelope: Digest }
  | BackupEvent
  | EvidenceEvent
  | GlassEvent
  | LeaseEvent
  /** What was laid out for a restore, by the digest of its facts (restore.ts): the judge believes no other. */
  | {
      readonly kind: 'staged'
      readonly service: string
      readonly stage: string
      readonly digest: Digest
      readonly expires: Instant
      /** What it was laid out from: named, and not pruned meanwhile. */
      readonly backups: readonly string[]
    }
  /** Of a change of code that was kept: its commit is on the branch, and where that is declared it was pushed. A failed one is said and tried again. */
  | {
      readonly kind: 'code'
      readonly event: 'committed' | 'commitFailed' | 'pushed' | 'pushFailed'
      readonly service: string
      readonly execution: string
      readonly commit: string
      /** A code, or a word of the other side. */
      readonly why?: string
    }
  | { readonly kind: 'policy'; readonly version: Digest; readonly before?: Digest; readonly by: string }
  | { readonly kind: 'checkpoint'; readonly size: number; readonly root: string }
  | {
      readonly kind: 'statement'
      readonly type: string
      readonly digest: Digest
      readonly effect: string
      readonly person: string
      readonly nonce: string
    }
  /** What became of an isolation, once each by its number: whoever did it, the runner writes it down (isolate/record.ts). */
  | {
      readonly kind: 'isolation'
      readonly incident: IncidentId
      readonly number: number
      readonly event: 'asked' | 'applied' | 'kept' | 'undone' | 'restored' | 'ended' | 'captured'
      /** When it happened; the line may come later. */
      readonly happened: Instant
      readonly detail: JsonObject
    }
  | { readonly kind: 'clock'; readonly event: 'jump' | 'accepted'; readonly detail: JsonObject }
  | { readonly kind: 'secret'; readonly service: string; readonly key: string; readonly version: number }
  | {
      readonly kind: 'runner'
      readonly event: 'started' | 'stopped' | 'settled' | 'fences'
      readonly detail: JsonObject
    }

/**
 * How an execution ended. `stuck` needs a person and is not an end. `failed`: it was done, it was not kept, and there was nothing to
 * take back (a restart); how the service stands is in the detail.
 */
export type Outcome = 'kept' | 'rolled_back' | 'failed' | 'aborted' | 'nothing_done'

/** One check that the trial answers, with facts for the card and the problems in the words of the validator. */
export interface TrialCheck {
  readonly check: CheckName
  readonly verdict: 'green' | 'red' | 'not_tried'
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
}
export interface Problem {
  /** Dotted code with a sentence in words/, such as `validation.nginx_refused`. */
  readonly code: string
  readonly path?: string
  readonly line?: number
  /** The validator's own words, capped and without control characters. */
  readonly text: string
}

type Working =
  | { readonly state: 'running'; readonly action: string; readonly direction: Direction }
  | { readonly state: 'proving' }

/** Where an execution stands, folded from its lines. */
export type ExecutionState =
  | Working
  /** It stands still until the volume of this file has room, and goes on by itself then. */
  | (Working & { readonly noRoom: string })
  | {
      readonly state: 'awaitingKeep'
      readonly why: 'not_proven' | 'admin_path' | 'by_person'
      readonly remainingMs: number
    }
  /** A person must answer: continue retry|skip, or abort. */
  | {
      readonly state: 'paused'
      readonly action: string
      readonly attempt: number
      readonly why: string
      readonly detail: JsonObject
    }
  | { readonly state: 'stuck'; readonly why: string; readonly detail: JsonObject }
  | { readonly state: 'closed'; readonly outcome: Outcome; readonly detail: JsonObject }
  | { readonly state: 'refused'; readonly code: string; readonly detail: JsonObject }
  | { readonly state: 'unknown' }

/**
 * The digest under which a line of the runner's own journal stands as sealed evidence in an envelope (checks of `try`).
 * The judge looks for exactly this body in its journal.
 */
export function evidenceDigest(body: JournalBody): Digest {
  return labelledDigest('sekisho-evidence-v1', body as unknown as Json)
}
