// The plan: frozen data that holds whatever decides the outcome. A closed union of actions, no free argv.
// One pure function (render.ts) of plan and compiled policy says what will be run; the runner runs exactly that.
import { LEVELS, type Level } from '../backup/level.ts'
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
import { type Digest, isDigest, labelledDigest } from '../base/hash.ts'
import {
  type ChangeId,
  isChangeId,
  isServiceName,
  isTargetId,
  type ServiceName,
  type TargetId,
} from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import { type RestoreAction, restoreActions } from './restore.ts'

export type Pattern = 'config' | 'service' | 'data'

/** What stands (or shall stand) at a path. `keyed` instead of a digest for secret files: an HMAC by the runner's own key. */
export type FileState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'file'
      readonly digest: Digest
      readonly size: number
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | {
      readonly kind: 'secret'
      readonly keyed: string
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | { readonly kind: 'link'; readonly target: string; readonly uid: number; readonly gid: number }

export interface Link {
  readonly path: string
  readonly target: string
}

export interface FileChange {
  /** As declared in the inventory. */
  readonly path: string
  /** The file that is really replaced: the end of the chain of links, which is part of the baseline. */
  readonly real: string
  readonly links: readonly Link[]
  readonly before: FileState
  readonly after: FileState
}

export type EnvValue =
  | { readonly kind: 'text'; readonly value: string }
  /** A value put by `sekisho secret put`: only its name, version and keyed hash travel. */
  | { readonly kind: 'secret'; readonly reference: string; readonly version: number; readonly keyed: string }

export interface EnvSetting {
  readonly key: string
  readonly to: EnvValue
}

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload'

export type Action =
  | { readonly kind: 'replaceFiles'; readonly files: readonly FileChange[] }
  | {
      readonly kind: 'editEnv'
      readonly path: string
      readonly real: string
      readonly links: readonly Link[]
      /** Always `secret`. The new keyed hash is computed by the runner at the trial. */
      readonly before: FileState
      readonly set: readonly EnvSetting[]
      readonly unset: readonly string[]
    }
  | { readonly kind: 'unit'; readonly verb: UnitVerb; readonly unit: string }
  | { readonly kind: 'daemonReload' }
  | RestoreAction

/** Undo of one action, in order. Undo of a plan goes backwards over every action that may have taken effect. */
export type UndoStep =
  | { readonly kind: 'putBack' }
  | { readonly kind: 'unit'; readonly verb: UnitVerb; readonly unit: string }
  | { readonly kind: 'daemonReload' }

export interface PlannedAction {
  /** `1`, `2`, … in order. */
  readonly id: string
  readonly action: Action
  readonly undo: readonly UndoStep[]
  readonly timeoutMs: number
}

/** Holds at the start or the plan does not start; facts that live minutes are here and never sealed. */
export type Assertion =
  | { readonly kind: 'health' }
  | { readonly kind: 'unit'; readonly unit: string; readonly active: boolean }
  /** The service's data is changed: a copy that counts, read as far as this, not older than a day (S06, S08). */
  | { readonly kind: 'backup'; readonly level: Level }

/** What must be seen before the change keeps itself (spine §7). Expected values that only the trial knows stand in its sealed evidence. */
export type Proof =
  | { readonly kind: 'files' }
  | { readonly kind: 'nginx'; readonly unit: string; readonly errorLog: string; readonly stableMs: number }
  | { readonly kind: 'unit'; readonly unit: string; readonly restarted: boolean; readonly stableMs: number }
  | {
      readonly kind: 'running'
      readonly unit: string
      readonly active: boolean
      readonly newer: boolean
      readonly stableMs: number
    }
  /** It runs, a planned reload was seen, and each TCP port of it greets whoever connects with these characters. */
  | {
      readonly kind: 'answers'
      readonly unit: string
      readonly greeting: string
      readonly stableMs: number
    }
  | { readonly kind: 'health' }
  /** The declared probe of the changed file. */
  | { readonly kind: 'probe'; readonly path: string }
  /** What was laid out stands there now and holds the rules of its content: a directory or file by its path, a database by its name. */
  | { readonly kind: 'restored'; readonly item: string; readonly what: string }

export interface Plan {
  readonly v: 1
  readonly change: ChangeId
  readonly revision: number
  readonly host: string
  readonly service: ServiceName
  readonly pattern: Pattern
  readonly playbook: 'config/1' | 'service/1' | 'data/1'
  /** Locked and fenced as a set, in byte order. */
  readonly targets: readonly TargetId[]
  readonly actions: readonly PlannedAction[]
  readonly pre: readonly Assertion[]
  readonly proof: readonly Proof[]
  /** Status, journal and error log are sealed before the first action (service pattern). */
  readonly diagnostics: boolean
  readonly keep: { readonly by: 'proof' | 'person'; readonly seconds: number }
  readonly window?: { readonly from: Instant; readonly until: Instant }
  /** The service's declared health was red when this was planned: no health is asserted at the start, and `health` red afterwards waits for a person. */
  readonly startsFrom?: 'down'
}

/** The files that it replaces whole, in the order of its actions; of no plan none. */
export function replacedFiles(plan: Pick<Plan, 'actions'> | undefined): readonly FileChange[] {
  return (plan?.actions ?? []).flatMap(({ action }) => (action.kind === 'replaceFiles' ? action.files : []))
}

const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const unitName = text({ max: 255, pattern: /^[A-Za-z0-9:_.\\@-]+$/, what: 'a unit name' })
const digest: Decoder<Digest> = matching(isDigest, 'a digest')
const hex = text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: 'a keyed hash' })
const mode = integer(0, 0o7777)
const id = integer(0, 0xffff_ffff)
const envKey = text({ max: 200, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, what: 'a variable name' })

export const fileState: Decoder<FileState> = union<'kind', FileState>('kind', {
  absent: object({ kind: literal('absent') }),
  file: object({ kind: literal('file'), digest, size: integer(0, 1_048_576), mode, uid: id, gid: id }),
  secret: object({ kind: literal('secret'), keyed: hex, mode, uid: id, gid: id }),
  link: object({ kind: literal('link'), target: text({ max: 4096 }), uid: id, gid: id }),
})
const links = list(object({ path, target: text({ max: 4096 }) }), 40)
const verb: Decoder<UnitVerb> = literal('start', 'stop', 'restart', 'reload')
const action: Decoder<Action> = union<'kind', Action>('kind', {
  replaceFiles: object({
    kind: literal('replaceFiles'),
    files: list(object({ path, real: path, links, before: fileState, after: fileState }), 100),
  }),
  editEnv: object({
    kind: literal('editEnv'),
    path,
    real: path,
    links,
    before: fileState,
    set: list(
      object({
        key: envKey,
        to: union<'kind', EnvValue>('kind', {
          text: object({ kind: literal('text'), value: text({ max: 32_768 }) }),
          secret: object({
            kind: literal('secret'),
            reference: text({ max: 200 }),
            version: integer(1),
            keyed: hex,
          }),
        }),
      }),
    ),
    unset: list(envKey),
  }),
  unit: object({ kind: literal('unit'), verb, unit: unitName }),
  daemonReload: object({ kind: literal('daemonReload') }),
  ...restoreActions,
})
const undoStep: Decoder<UndoStep> = union<'kind', UndoStep>('kind', {
  putBack: object({ kind: literal('putBack') }),
  unit: object({ kind: literal('unit'), verb, unit: unitName }),
  daemonReload: object({ kind: literal('daemonReload') }),
})
const stableMs = integer(0, 600_000)
const proof: Decoder<Proof> = union<'kind', Proof>('kind', {
  files: object({ kind: literal('files') }),
  nginx: object({ kind: literal('nginx'), unit: unitName, errorLog: path, stableMs }),
  unit: object({ kind: literal('unit'), unit: unitName, restarted: boolean, stableMs }),
  running: object({ kind: literal('running'), unit: unitName, active: boolean, newer: boolean, stableMs }),
  answers: object({
    kind: literal('answers'),
    unit: unitName,
    greeting: text({ max: 63, pattern: /^[\x20-\x7e]+$/, what: 'printable characters' }),
    stableMs,
  }),
  health: object({ kind: literal('health') }),
  probe: object({ kind: literal('probe'), path }),
  restored: object({ kind: literal('restored'), item: text({ max: 63 }), what: text({ max: 4096 }) }),
})

/** Total decoder of a plan. */
export const plan: Decoder<Plan> = object({
  v: literal(1),
  change: matching(isChangeId, 'a change id'),
  revision: integer(1, 10_000),
  host: text({ max: 63 }),
  service: matching(isServiceName, 'a service name'),
  pattern: literal('config', 'service', 'data'),
  playbook: literal('config/1', 'service/1', 'data/1'),
  targets: list(matching(isTargetId, 'a target id'), 100),
  actions: list(
    object({
      id: text({ max: 4, pattern: /^[1-9]\d{0,3}$/, what: 'an action number' }),
      action,
      undo: list(undoStep, 10),
      timeoutMs: integer(1, 3_600_000),
    }),
    50,
  ),
  pre: list(
    union<'kind', Assertion>('kind', {
      health: object({ kind: literal('health') }),
      unit: object({ kind: literal('unit'), unit: unitName, active: boolean }),
      backup: object({ kind: literal('backup'), level: literal(...LEVELS) }),
    }),
    50,
  ),
  proof: list(proof, 50),
  diagnostics: boolean,
  keep: object({ by: literal('proof', 'person'), seconds: integer(1, 86_400) }),
  window: optional(
    object({ from: matching(isInstant, 'an instant'), until: matching(isInstant, 'an instant') }),
  ),
  startsFrom: optional(literal('down')),
})

/** The plan hash: what is put, tried and run. */
export function planDigest(of: Plan): Digest {
  return labelledDigest('sekisho-plan-v1', of as unknown as Json)
}
