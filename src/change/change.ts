// The change: the aggregate root, and the one table state × event × who × what can be typed now (domain.md §3): which state follows which.
import { type Answer, refused } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { ActorId, ChangeId, ExecutionId, IncidentId, ServiceName } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import type { ChangeState, EnvWish } from '../contract/change.ts'
import type { WishedCommand } from '../plans/actions/exec.ts'
import type { WishedMigration } from '../plans/actions/migrate.ts'
import type { WishedRequest } from '../plans/actions/request.ts'
import type { UnitVerb } from '../plans/actions/unit.ts'
import type { Pattern } from '../plans/patterns.ts'
import type { Plan } from '../plans/plan.ts'
import type { KeyClass, Role } from '../plans/policy.ts'
import type { BackupWish } from '../plans/restore.ts'
import type { CheckName, Collector } from '../seal/checks.ts'
import type { Envelope } from '../seal/envelope.ts'
import type { Outcome, Problem } from '../seal/journal.ts'
import type { Signed } from '../seal/statement.ts'
import type { Authored } from './authored.ts'

export interface Instruction {
  /** Byte for byte as it was given. */
  readonly text: string
  readonly by: ActorId
  readonly channel: string
  /** `captured`: from the person's own login. `quoted`: an agent reports it. */
  readonly mode: 'captured' | 'quoted'
  readonly at: Instant
  readonly digest: Digest
}

export interface Wishes {
  readonly files: readonly WishedFile[]
  readonly env: readonly EnvWish[]
  readonly verb?: UnitVerb
  readonly stage?: string
  /** What was asked to be restored. Absent for a rollback of a restore, and in changes of an older release. */
  readonly restore?: BackupWish
  readonly migration?: WishedMigration
  readonly request?: WishedRequest
  readonly command?: WishedCommand
  readonly incident?: IncidentId
  readonly keep?: 'proof' | 'person'
  readonly window?: { readonly from: Instant; readonly until: Instant }
}
export type WishedFile =
  | {
      readonly kind: 'write'
      readonly path: string
      readonly digest: Digest
      readonly size: number
      /** Where no file exists: owner and mode of a deleted file, so that the rollback of the deletion gives no more rights than before. */
      readonly as?: FileOwner
    }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
export interface FileOwner {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface CheckResult {
  readonly check: CheckName
  readonly verdict: 'green' | 'red' | 'unknown' | 'not_tried'
  readonly collector: Collector
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
  readonly at: Instant
  readonly expires: Instant
  readonly evidence: Digest
  /** For a trial: the evidence of the baseline that it was made on. */
  readonly on?: Digest
}

export interface Waiver {
  readonly check: CheckName
  readonly by: ActorId
  readonly reason: string
  readonly at: Instant
  readonly expires: Instant
  readonly statement: Digest
  readonly signed: Signed
}

export interface Decision {
  readonly type: 'approve' | 'reject'
  readonly by: ActorId
  readonly role: Role
  readonly at: Instant
  readonly expires: Instant
  readonly envelope: Digest
  readonly statement: Digest
  readonly nonce: string
  readonly signed: Signed
  readonly shown?: Digest
  readonly reason?: string
  readonly fingerprint: string
  readonly keyClass: KeyClass
  readonly solo: boolean
  readonly demo: boolean
  readonly live: boolean
}

export interface Moved {
  /** What differs: a path, a unit, `policy`, a check's name. */
  readonly what: string
  /** `moved.file`, `moved.policy`, `moved.evidence_expired` …: has a sentence in words/. */
  readonly code: string
  readonly at?: Instant
  readonly by?: string
  readonly detail: JsonObject
}

export interface ExecutionSummary {
  readonly id: ExecutionId
  readonly startedAt: Instant
  readonly endedAt?: Instant
  readonly outcome?: Outcome | 'refused'
  readonly because?: { readonly code: string; readonly detail: JsonObject }
  /** Digest of the journal text that was copied into the ledger at the end. */
  readonly journal?: Digest
}

export interface Change {
  readonly id: ChangeId
  readonly revision: number
  readonly state: ChangeState
  readonly pattern: Pattern
  readonly service: ServiceName
  readonly host: string
  readonly createdAt: Instant
  readonly instruction: Instruction
  readonly requester: ActorId
  readonly author: ActorId
  readonly sponsor?: ActorId
  /** Everybody who edited this revision or an earlier one, in order. */
  readonly editors?: readonly ActorId[]
  readonly summary?: string
  readonly reason?: string
  readonly explanation?: { readonly impact: string; readonly risk: string }
  readonly notification?: 'not_needed' | 'needed'
  readonly wishes: Wishes
  readonly plan?: Plan
  readonly planDigest?: Digest
  readonly diff: string
  readonly diffDigest?: Digest
  readonly impact: Impact
  readonly checks: readonly CheckResult[]
  readonly waivers: readonly Waiver[]
  /** Of this revision's plan. */
  readonly authored?: Authored
  readonly envelope?: Envelope
  readonly envelopeDigest?: Digest
  readonly decisions: readonly Decision[]
  /** Digest of the standing statement that covers it, where one does. */
  readonly standing?: Digest
  readonly moved: readonly Moved[]
  readonly executions: readonly ExecutionSummary[]
  /** The change that this one rolls back. */
  readonly takesBack?: ChangeId
  /** What the change to be rolled back had left of each file, by path: other content there was written since. */
  readonly leftThen?: Readonly<Record<string, string>>
}

export interface Impact {
  readonly files: readonly string[]
  readonly units: readonly string[]
  readonly serverNames: readonly string[]
  readonly listeners: readonly string[]
  readonly downtime: 'none' | 'restart' | 'stop'
  readonly stopTimeoutMs?: number
}

export type ChangeEvent =
  | 'check'
  | 'checksBlocked'
  | 'checksPassed'
  | 'seal'
  | 'approve'
  | 'reject'
  | 'expire'
  | 'withdraw'
  | 'void'
  | 'revise'
  | 'schedule'
  | 'start'
  | 'unschedule'
  | 'prove'
  | 'awaitKeep'
  | 'pause'
  | 'resume'
  | 'undo'
  | 'kept'
  | 'undone'
  | 'nothingDone'
  | 'failed'
  | 'stuck'
  | 'lost'
  | 'close'

/** Who makes an event happen. `gate` and `runner` events are never typed. */
export type Who = 'author' | 'approver' | 'operator' | 'gate' | 'runner'

interface Transition {
  readonly to: ChangeState
  readonly who: readonly Who[]
  /** What is typed for it, with ID standing for the change; absent where nobody types it. */
  readonly type?: string
}

const gate = (to: ChangeState): Transition => ({ to, who: ['gate'] })
const runner = (to: ChangeState): Transition => ({ to, who: ['runner'] })
const typed = (to: ChangeState, type: string, ...who: readonly Who[]): Transition => ({ to, who, type })

const withdraw = typed('withdrawn', 'sekisho change withdraw ID', 'author', 'approver')
const revise = typed('planned', 'sekisho change revise ID', 'author')
const check = typed('checking', 'sekisho change check ID', 'author')
const abort = typed('rolling_back', 'sekisho change abort ID', 'operator')

/** INVARIANT C1: `approved` is reached from `awaiting_approval` alone, and `executing` from `scheduled` alone. */
export const TRANSITIONS: Readonly<Record<ChangeState, Partial<Readonly<Record<ChangeEvent, Transition>>>>> =
  {
    draft: { check, withdraw },
    planned: { check, withdraw, revise },
    checking: { checksBlocked: gate('blocked'), checksPassed: gate('ready'), withdraw },
    blocked: { check, revise, withdraw },
    ready: { check, seal: typed('awaiting_approval', 'sekisho change seal ID', 'author'), revise, withdraw },
    awaiting_approval: {
      approve: typed('approved', 'sekisho change approve ID', 'approver'),
      reject: typed('rejected', 'sekisho change reject ID', 'approver'),
      expire: gate('expired'),
      void: gate('void'),
      revise,
      withdraw,
    },
    approved: {
      schedule: gate('scheduled'),
      void: gate('void'),
      expire: gate('expired'),
      revise,
      withdraw,
    },
    scheduled: {
      start: gate('executing'),
      unschedule: gate('approved'),
      void: gate('void'),
      expire: gate('expired'),
      withdraw,
    },
    executing: {
      prove: runner('verifying'),
      awaitKeep: runner('awaiting_keep'),
      pause: runner('paused'),
      undo: abort,
      kept: runner('succeeded'),
      undone: runner('rolled_back'),
      failed: runner('failed'),
      nothingDone: runner('rolled_back'),
      stuck: runner('stuck'),
      lost: runner('lost'),
      void: gate('void'),
    },
    verifying: {
      awaitKeep: runner('awaiting_keep'),
      pause: runner('paused'),
      undo: abort,
      kept: runner('succeeded'),
      undone: runner('rolled_back'),
      failed: runner('failed'),
      stuck: runner('stuck'),
      lost: runner('lost'),
    },
    awaiting_keep: {
      kept: typed('succeeded', 'sekisho change keep ID', 'approver'),
      undo: abort,
      undone: runner('rolled_back'),
      failed: runner('failed'),
      pause: runner('paused'),
      stuck: runner('stuck'),
      lost: runner('lost'),
    },
    paused: {
      resume: typed('executing', 'sekisho change continue ID retry|skip', 'approver'),
      undo: abort,
      kept: runner('succeeded'),
      undone: runner('rolled_back'),
      failed: runner('failed'),
      stuck: runner('stuck'),
      lost: runner('lost'),
    },
    rolling_back: {
      undone: runner('rolled_back'),
      failed: runner('failed'),
      pause: runner('paused'),
      stuck: runner('stuck'),
      lost: runner('lost'),
      kept: runner('succeeded'),
      nothingDone: runner('rolled_back'),
      // Something the approval depended on changed during the run: nothing was exchanged, and everything was put back.
      void: gate('void'),
    },
    stuck: {
      resume: typed('rolling_back', 'sekisho change continue ID retry|skip', 'approver'),
      undone: runner('rolled_back'),
      failed: runner('failed'),
      kept: runner('succeeded'),
      lost: runner('lost'),
    },
    // The runner does not have the order any more (its state was lost or replaced). When it has it again, the change goes on; else a person ends it, and what was done stays.
    lost: {
      failed: typed('failed', 'sekisho change abort ID', 'operator'),
      resume: runner('executing'),
      prove: runner('verifying'),
      awaitKeep: runner('awaiting_keep'),
      pause: runner('paused'),
      undo: runner('rolling_back'),
      stuck: runner('stuck'),
      kept: runner('succeeded'),
      undone: runner('rolled_back'),
      nothingDone: runner('rolled_back'),
      void: gate('void'),
    },
    void: { revise, withdraw },
    succeeded: { close: gate('closed') },
    rolled_back: { close: gate('closed') },
    // Stays until a later change of the service is kept: until then a person is needed.
    failed: { close: gate('closed') },
    closed: {},
    rejected: {},
    expired: { revise },
    withdrawn: {},
  }

export const ENDS: readonly ChangeState[] = ['closed', 'rejected', 'withdrawn']

/** The state after an event, or a refusal where the event does not belong to this state. */
export function next(state: ChangeState, event: ChangeEvent): Answer<{ readonly state: ChangeState }> {
  const transition = TRANSITIONS[state][event]
  if (transition === undefined) return refused('change.wrong_state', { state, event })
  return { ok: true, state: transition.to }
}

/** What can be typed now, and who may. Derived from the table, so that no screen offers what would be refused. */
export function typable(
  state: ChangeState,
  id: ChangeId,
): readonly { readonly command: string; readonly who: readonly Who[] }[] {
  return Object.values(TRANSITIONS[state]).flatMap(({ type, who }) =>
    type === undefined ? [] : eachChoice(type).map((one) => ({ command: one.replace('ID', id), who })),
  )
}

/** `… ID retry|skip` is printed as two lines: what is shown as a command can be typed, and a shell reads `|` as a pipe. */
function eachChoice(type: string): readonly string[] {
  const [last = '', ...before] = type.split(' ').toReversed()
  return last.split('|').map((choice) => [...before.toReversed(), choice].join(' '))
}

/** A restore that a person has left undone in part: the original is still beside and can be brought back. */
export function isLeftUndone({
  plan,
  pattern,
  executions,
}: Pick<Change, 'plan' | 'pattern' | 'executions'>): boolean {
  const last = executions.at(-1)
  if (pattern !== 'data' || last?.outcome !== 'failed' || last.because?.code !== 'undo_skipped') return false
  const { left } = last.because.detail
  // Only a unit is not as before: the files are the original ones, and there is nothing to bring back.
  return (
    plan?.actions.some(
      ({ id, action }) =>
        (action.kind === 'exchange' || action.kind === 'renameDatabase') &&
        (!Array.isArray(left) || left.includes(id)),
    ) ?? true
  )
}

/** Everybody who edited it; the author always is among them. */
export function editorsOf(change: Pick<Change, 'author' | 'editors'>): readonly ActorId[] {
  return [...new Set([...(change.editors ?? []), change.author])]
}

/** Stage 2 of the guide: the author explains impact and risk unless the author is the person who instructed (agents always). */
export function explanationMissing(change: Change): boolean {
  return (
    change.explanation === undefined &&
    (change.author !== change.instruction.by || change.sponsor !== undefined)
  )
}

export function liveApprovals({ decisions }: Change): readonly Decision[] {
  return decisions.filter((one) => one.live && one.type === 'approve')
}

/** A new envelope ends them. */
export function killDecisions(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.map((one) => ({ ...one, live: false }))
}
