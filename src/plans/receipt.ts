// What a rehearsal found, as the runner writes it down: which plan, artefact and environment were played, how long deploy and way back took, what was different
// afterwards, and what nobody looked at. It is evidence under the envelope, so a figure on the card comes from here or says "unknown".
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
} from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type Instant, isInstant } from '../base/time.ts'

/** In the order in which they are played. A red receipt names one of them. */
export const REHEARSAL_STEPS = [
  'clone',
  'boot',
  'old-code',
  'deploy',
  'deploy-health',
  'smoke',
  'call',
  'read',
  'inverse',
  'command',
  'back',
  'back-health',
  'compare',
] as const
export type RehearsalStep = (typeof REHEARSAL_STEPS)[number]

/** What a comparison sees of a path. Live data, which the service itself writes, is not compared and is listed. */
export const DIFFERENCES = ['added', 'missing', 'type', 'mode', 'owner', 'content', 'target'] as const
export interface PathDifference {
  readonly path: string
  readonly field: (typeof DIFFERENCES)[number]
  /** Between the start and the deployed state, outside of what the plan may change; or between the start and the state after the way back. */
  readonly after: 'deploy' | 'back'
}

/** Why something was not compared or not measured. */
export const NOT_COMPARED = [
  'live',
  'scratch',
  'acl',
  'attributes',
  'left_out',
  'made_secret',
  'hard_link',
  'special',
  'owner',
  'database',
  'no_database',
  'network',
  'notify',
  'socket',
  'load',
  'too_many',
  'unit_setting',
  'built',
  'sick',
] as const
export interface NotCompared {
  /** A path, or the name of a setting. */
  readonly what: string
  readonly why: (typeof NOT_COMPARED)[number]
}

/** Least and most of several runs, in milliseconds or in requests. */
export interface Range {
  readonly least: number
  readonly most: number
}

/** What went wrong, by a code: the sentence is made where a person reads. */
export const REHEARSAL_FAULTS = [
  'not_cloned',
  'not_started',
  'ended',
  'unhealthy',
  'failed',
  'refused',
  'no_answer',
  'credential',
  'time',
  'memory',
  'processes',
  'disk',
  'outside',
  'different',
  'cancelled',
  'no_space',
  'unavailable',
] as const

export interface RehearsalFault {
  readonly step: RehearsalStep
  readonly code: (typeof REHEARSAL_FAULTS)[number]
  /** The first path that is different, or the program that failed. */
  readonly what?: string
  readonly exit?: number
}

export interface Receipt {
  readonly v: 1
  /** `unknown`: it could not be played to its end for a reason that says nothing about the change. */
  readonly verdict: 'green' | 'red' | 'unknown'
  readonly fault?: RehearsalFault
  /** Of the actions that were played. */
  readonly played: Digest
  readonly deployed: Digest
  readonly artefact: Digest
  readonly environment: Digest
  readonly at: Instant
  readonly expires: Instant
  readonly runs: number
  /** Runs after whose way back the deployed release was started and healthy. */
  readonly backHealthy: number
  /** Of socket units: held open while the service was replaced. */
  readonly sockets: readonly string[]
  readonly deployMs?: Range
  readonly backMs?: Range
  /** Requests that were lost while `perSecond` were sent, each on a connection of its own. Absent: not measured. */
  readonly lost?: { readonly deploy: Range; readonly back: Range; readonly perSecond: number }
  readonly differences: readonly PathDifference[]
  /** Of all, where the list ends at its limit. */
  readonly differencesInAll: number
  /** Paths that were looked at before and after. */
  readonly compared: number
  readonly notCompared: readonly NotCompared[]
  /** What the room was made of: where each part came from. */
  readonly cloned: readonly { readonly path: string; readonly from: string; readonly bytes: number }[]
  /** The deployed release on the new schema. Absent: no schema changes. */
  readonly oldCode?: { readonly runs: boolean; readonly fault?: RehearsalFault }
  /** Names of variables: made values stood for these, the real ones were given for those, and plain values (numbers, switches, paths) stayed. */
  readonly secrets: {
    readonly made: readonly string[]
    readonly real: readonly string[]
    readonly stayed: readonly string[]
  }
}

export const DIFFERENCES_MAX = 200
export const NOT_COMPARED_MAX = 200
const PATH = text({ max: 4096 })
const milliseconds = object({ least: integer(0), most: integer(0) })

const fault: Decoder<RehearsalFault> = object({
  step: literal(...REHEARSAL_STEPS),
  code: literal(...REHEARSAL_FAULTS),
  what: optional(PATH),
  exit: optional(integer(0, 255)),
})

/** Total: whatever is handed in, it is a receipt or a reason. */
export const receipt: Decoder<Receipt> = object({
  v: literal(1),
  verdict: literal('green', 'red', 'unknown'),
  fault: optional(fault),
  played: matching(isDigest, 'a digest'),
  deployed: matching(isDigest, 'a digest'),
  artefact: matching(isDigest, 'a digest'),
  environment: matching(isDigest, 'a digest'),
  at: matching(isInstant, 'an instant'),
  expires: matching(isInstant, 'an instant'),
  runs: integer(0, 100),
  backHealthy: integer(0, 100),
  sockets: list(text({ max: 256 }), 20),
  deployMs: optional(milliseconds),
  backMs: optional(milliseconds),
  lost: optional(object({ deploy: milliseconds, back: milliseconds, perSecond: integer(1, 100_000) })),
  differences: list(
    object({ path: PATH, field: literal(...DIFFERENCES), after: literal('deploy', 'back') }),
    DIFFERENCES_MAX,
  ),
  differencesInAll: integer(0),
  compared: integer(0),
  notCompared: list(object({ what: PATH, why: literal(...NOT_COMPARED) }), NOT_COMPARED_MAX),
  cloned: list(object({ path: PATH, from: PATH, bytes: integer(0) }), 200),
  oldCode: optional(object({ runs: boolean, fault: optional(fault) })),
  secrets: object({
    made: list(text({ max: 256 }), 1000),
    real: list(text({ max: 256 }), 1000),
    stayed: list(text({ max: 256 }), 1000),
  }),
})
