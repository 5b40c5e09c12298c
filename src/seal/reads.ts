// What the runner is asked to read, a row a question, and what it answers. A new read is a row here and its case in runner/verbs/read.ts.
import { type Decoder, integer, literal, matching, object, optional, text, union } from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type ExecutionId, isExecutionId, isServiceName, isTargetId, type TargetId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { ToolFile } from '../plans/actions/tool-file.ts'
import type { TargetFacts } from '../plans/fingerprint.ts'
import { stageId } from '../plans/restore.ts'
import { EVIDENCE_READS, type EvidenceAnswer } from './evidence.ts'
import type {
  BackupFacts,
  ContentFacts,
  HealthFacts,
  ImpactFacts,
  PruningFacts,
  StageFacts,
  StageUnderWay,
  UnitFacts,
} from './protocol.ts'
import type { CommandWork, Limits } from './standard.ts'

const digest = matching(isDigest, 'a digest')
const execution = matching(isExecutionId, 'an execution id')
const target = matching(isTargetId, 'a target id')
const service = matching(isServiceName, 'a service name')
const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })

/** Typed, read-only facts of the runner's own inventory. Never bytes of a secret file. */
const READS = {
  target: object({ kind: literal('target'), target }),
  /** Bytes of a declared file that is not secret, from an offset, at most 512 KiB a call. */
  bytes: object({ kind: literal('bytes'), path, offset: integer(0, 1_048_576) }),
  /** Names and keyed hashes of the variables of a declared dotenv file. */
  env: object({ kind: literal('env'), path }),
  /** The newest version of a value that was put, by its reference `service/KEY`: never the value. */
  secret: object({ kind: literal('secret'), reference: text({ max: 200 }) }),
  /** `glance`: asked once and not waited for long; what decides asks as often as declared. */
  health: object({ kind: literal('health'), service, glance: optional(literal(true)) }),
  unit: object({ kind: literal('unit'), unit: text({ max: 255 }) }),
  /** When an envelope that one person alone may approve was stored first, and whether somebody has rejected it. */
  envelope: object({ kind: literal('envelope'), digest }),
  impact: object({ kind: literal('impact'), path }),
  errorLog: object({ kind: literal('errorLog'), service, sinceMs: integer(0, 86_400_000) }),
  /** Which rules came into force here, what was done of backups, or what people said outside of executions: lines of the runner's journal from a `seq` on, at most 200 a call. */
  lines: object({
    kind: literal('lines'),
    of: literal('policy', 'backup', 'statement', 'isolation', 'glass', 'code'),
    from: integer(0),
  }),
  /** What the runner's own journal knows of the backups of a service, and what is under way. */
  backups: object({ kind: literal('backups'), service }),
  /** The content of the live data of a service, read now by the rules in force. */
  content: object({ kind: literal('content'), service }),
  /** What a prune would take away now. */
  pruning: object({ kind: literal('pruning'), service }),
  /** Which changes of variables and which commands have run clean here, so that an owner may sign for them once. */
  standard: object({ kind: literal('standard'), service }),
  /** Whose restore is being laid out for a service now, and how far it is. */
  stages: object({ kind: literal('stages'), service }),
  /** How far a restore is laid out, and what it would do. */
  stage: object({ kind: literal('stage'), stage: stageId }),
  /** Bytes of a file that a change of code changes, by the digest that its stage names. */
  stagedFile: object({ kind: literal('stagedFile'), stage: stageId, digest, offset: integer(0, 67_108_864) }),
  /** What changes in the files of a declared migration tool, and texts of it from the `from`th on. */
  toolFiles: object({
    kind: literal('toolFiles'),
    port: integer(1, 65_535),
    database: text({ max: 63 }),
    from: integer(0, 10_000),
  }),
  /** The same of a declared command. */
  commandFiles: object({
    kind: literal('commandFiles'),
    service,
    name: text({ max: 50 }),
    from: integer(0, 10_000),
  }),
  /** Bytes of what an execution kept before its first action (redacted), by a digest that its `diagnostics` line names. */
  diagnostics: object({
    kind: literal('diagnostics'),
    execution,
    digest,
    offset: integer(0, 1_048_576),
  }),
  ...EVIDENCE_READS,
} as const

type Read<D> = D extends Decoder<infer T> ? T : never
export type ReadRequest = { [K in keyof typeof READS]: Read<(typeof READS)[K]> }[keyof typeof READS]
export const readRequest: Decoder<ReadRequest> = union<'kind', ReadRequest>('kind', READS)

export type ReadAnswer =
  | {
      readonly kind: 'target'
      readonly target: TargetId
      readonly facts: TargetFacts
      readonly fingerprint: Digest
    }
  | { readonly kind: 'bytes'; readonly base64: string; readonly size: number; readonly last: boolean }
  | {
      readonly kind: 'env'
      readonly present: boolean
      readonly keys: readonly { readonly key: string; readonly keyed: string }[]
    }
  | { readonly kind: 'secret'; readonly reference: string; readonly version: number; readonly keyed: string }
  | { readonly kind: 'health'; readonly facts: HealthFacts }
  | { readonly kind: 'unit'; readonly facts: UnitFacts }
  | { readonly kind: 'envelope'; readonly stored?: Instant; readonly rejected: boolean }
  | { readonly kind: 'impact'; readonly facts: ImpactFacts }
  | { readonly kind: 'errorLog'; readonly present: boolean; readonly lines: readonly string[] }
  | { readonly kind: 'lines'; readonly lines: readonly string[]; readonly last: boolean }
  | { readonly kind: 'backups'; readonly facts: BackupFacts }
  | { readonly kind: 'content'; readonly facts: ContentFacts }
  | { readonly kind: 'pruning'; readonly facts: PruningFacts }
  | {
      readonly kind: 'standard'
      readonly shapes: readonly { readonly limits: Limits; readonly runs: readonly ExecutionId[] }[]
      /** Of each command the newest bytes last. */
      readonly commands: readonly (CommandWork & { readonly runs: readonly ExecutionId[] })[]
    }
  | { readonly kind: 'stages'; readonly underWay?: StageUnderWay }
  | { readonly kind: 'stage'; readonly facts: StageFacts }
  | { readonly kind: 'stagedFile'; readonly base64: string; readonly size: number; readonly last: boolean }
  | {
      readonly kind: 'toolFiles' | 'commandFiles'
      readonly files: Digest
      readonly changed: readonly ToolFile[]
      readonly texts: readonly { readonly digest: Digest; readonly base64: string }[]
      /** Absent: these were the last ones. */
      readonly next?: number
    }
  | {
      readonly kind: 'diagnostics'
      readonly base64: string
      readonly size: number
      readonly last: boolean
    }
  | EvidenceAnswer
