// Statements: what people sign. A closed union over common fields; the RFC 8785 bytes are signed with `ssh-keygen -Y sign -n sekisho`.
import {
  type Decoded,
  type Decoder,
  decode,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { type Digest, isDigest, labelledDigest } from '../base/hash.ts'
import {
  type ActorId,
  type ChangeId,
  type ExecutionId,
  isActorId,
  isChangeId,
  isExecutionId,
  isServiceName,
  type ServiceName,
} from '../base/id.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { Role } from '../plans/policy.ts'
import { type CheckName, checkName } from './checks.ts'
import { type GlassFields, glassFields } from './glass.ts'
import { type Limits, limits, MOST_RUNS } from './standard.ts'

/** The SSH signature namespace. */
export const NAMESPACE = 'sekisho'

interface Common {
  readonly v: 1
  /** Who says it. */
  readonly approver: ActorId
  /** 32 hex digits; consumed by the journal line that accepts it. */
  readonly nonce: string
  readonly at: Instant
  readonly expires: Instant
}

/** What only a person signs, under a role of theirs. */
export type PersonStatement = Common & {
  readonly role: Role
} & (
    | {
        readonly type: 'approve'
        readonly change: ChangeId
        readonly envelope: Digest
        readonly shown: Digest
        readonly typed?: string
      }
    | {
        readonly type: 'reject'
        readonly change: ChangeId
        readonly envelope: Digest
        readonly reason: string
      }
    | {
        readonly type: 'waive'
        readonly change: ChangeId
        readonly plan: Digest
        readonly check: CheckName
        readonly reason: string
      }
    | {
        readonly type: 'standing'
        readonly playbook: PlaybookName
        /** Digest of the playbook's definition: a release that changes it ends the statement. */
        readonly playbookDigest: Digest
        readonly service: ServiceName
        /** `backup/1` is signed for whole: its four works are one procedure. */
        readonly verb: StandingVerb
        /** What the playbook works on: the unit; of `backup/1` the service itself, by its name; of `isolate/1` the host; of `keys` the file; of `command` its name. */
        readonly unit: string
        readonly perHour: number
        /** Of `keys` alone: what may be set. */
        readonly limits?: Limits
        /** Of `command` alone: its files, words and places, as they ran. */
        readonly bytes?: Digest
        /** Of `keys` and `command`: the clean runs that it was proposed from. */
        readonly runs?: readonly ExecutionId[]
      }
    | {
        readonly type: 'continue'
        readonly execution: ExecutionId
        readonly action: string
        readonly attempt: number
        readonly choice: 'retry' | 'skip'
      }
    | { readonly type: 'keep'; readonly execution: ExecutionId }
    | { readonly type: 'revoke'; readonly statement: Digest }
    | { readonly type: 'acceptFork'; readonly size: number; readonly root: string }
    /** Break-glass: registered verbs on named services, for at most half an hour. */
    | ({ readonly type: 'glass' } & GlassFields)
    /** The review that a break-glass owes, by its digest. */
    | { readonly type: 'glassReview'; readonly glass: Digest; readonly text: string }
  )
/** Whoever wrote this plan says so: a person, or an agent by its own key, which signs nothing else. */
export type AuthorStatement = Common & {
  readonly type: 'author'
  readonly role: 'author'
  readonly change: ChangeId
  readonly plan: Digest
}
export type Statement = PersonStatement | AuthorStatement
/** Playbooks that an owner may sign for once. */
export type PlaybookName = 'service/1' | 'backup/1' | 'isolate/1' | 'config/1' | 'code/1' | 'command/1'
export type StandingVerb = 'restart' | 'reload' | 'backup' | 'isolate' | 'keys' | 'release' | 'command'
export type StatementType = Statement['type']
export type StatementOf<T extends StatementType> = Extract<Statement, { readonly type: T }>

/** A statement as it travels: the exact text that was signed, and the armored SSH signature. */
export interface Signed {
  readonly text: string
  readonly signature: string
}

const actor = matching(isActorId, 'an actor name')
const at = matching(isInstant, 'an instant')
const digest = matching(isDigest, 'a digest')
const change = matching(isChangeId, 'a change id')
const execution = matching(isExecutionId, 'an execution id')
const reason = text({ max: 4000 })
const role: Decoder<Role> = literal('viewer', 'requester', 'approver', 'operator', 'owner', 'auditor')
const anybody = {
  v: literal(1),
  approver: actor,
  nonce: text({ max: 32, pattern: /^[0-9a-f]{32}$/, what: 'a nonce of 32 hex digits' }),
  at,
  expires: at,
} as const
const common = { ...anybody, role } as const

const statement: Decoder<Statement> = union<'type', Statement>('type', {
  approve: object({
    ...common,
    type: literal('approve'),
    change,
    envelope: digest,
    shown: digest,
    typed: optional(text({ max: 4096 })),
  }),
  reject: object({ ...common, type: literal('reject'), change, envelope: digest, reason }),
  waive: object({ ...common, type: literal('waive'), change, plan: digest, check: checkName, reason }),
  standing: object({
    ...common,
    type: literal('standing'),
    playbook: literal('service/1', 'backup/1', 'isolate/1', 'config/1', 'code/1', 'command/1'),
    playbookDigest: digest,
    service: matching(isServiceName, 'a service name'),
    verb: literal('restart', 'reload', 'backup', 'isolate', 'keys', 'release', 'command'),
    unit: text({ max: 255 }),
    perHour: integer(1, 1000),
    limits: optional(limits),
    bytes: optional(digest),
    runs: optional(list(execution, MOST_RUNS)),
  }),
  continue: object({
    ...common,
    type: literal('continue'),
    execution,
    action: text({ max: 4, pattern: /^[1-9]\d{0,3}$/ }),
    attempt: integer(1, 1000),
    choice: literal('retry', 'skip'),
  }),
  keep: object({ ...common, type: literal('keep'), execution }),
  revoke: object({ ...common, type: literal('revoke'), statement: digest }),
  acceptFork: object({ ...common, type: literal('acceptFork'), size: integer(0), root: text({ max: 64 }) }),
  glass: object({ ...common, type: literal('glass'), ...glassFields }),
  glassReview: object({ ...common, type: literal('glassReview'), glass: digest, text: reason }),
  author: object({ ...anybody, role: literal('author'), type: literal('author'), change, plan: digest }),
})

/** The longest statement text that is looked at. */
export const MAX_STATEMENT = 16_384

/** Total: parses the exact signed text, which must be canonical. */
export function parseStatement(signedText: string): Decoded<Statement> {
  if (signedText.length > MAX_STATEMENT) return { ok: false, at: '$', why: `longer than ${MAX_STATEMENT}` }
  try {
    return decode(statement, parseCanonical(signedText))
  } catch (error) {
    if (error instanceof JsonError) return { ok: false, at: error.at, why: error.message }
    throw error
  }
}

/** The bytes to sign. */
export function statementText(of: Statement): string {
  return canonical(of as unknown as Json)
}

export function statementDigest(of: Statement): Digest {
  return labelledDigest('sekisho-statement-v1', of as unknown as Json)
}

export const signed: Decoder<Signed> = object({
  text: text({ max: MAX_STATEMENT }),
  signature: text({ max: MAX_STATEMENT }),
})
