// What a row of the table of operations says, and the types that follow from it: what goes in, what comes out, who may.
// A row names its shapes and does not hold them: the command line reads the table at every start, and must not load zod for it.
import type { z } from 'zod'
import type { Role } from '../plans/policy.ts'
import type { Both } from '../words/words.ts'
import type * as backup from './backup.ts'
import type * as change from './change.ts'
import type * as check from './check.ts'
import type * as gate from './gate.ts'
import type * as incident from './incident.ts'
import type * as notice from './notice.ts'

/** The files of this room that hold shapes. */
export interface ShapeFiles {
  readonly backup: typeof backup
  readonly change: typeof change
  readonly check: typeof check
  readonly gate: typeof gate
  readonly incident: typeof incident
  readonly notice: typeof notice
}

/** `gate.status`: the shape `status` of `gate.ts`. */
export type ShapeName = { [F in keyof ShapeFiles]: `${F}.${Exported<ShapeFiles[F]>}` }[keyof ShapeFiles]
type Exported<F> = { [N in keyof F]: F[N] extends z.ZodType ? N & string : never }[keyof F]
export type ShapeOf<S extends string> = S extends `${infer F extends keyof ShapeFiles}.${infer N}`
  ? N extends keyof ShapeFiles[F]
    ? Extract<ShapeFiles[F][N], z.ZodType>
    : never
  : never

/** What a name in braces of a path is. */
export const PATH_SHAPES = {
  id: 'change.changeId',
  digest: 'change.digest',
  name: 'change.actorName',
  stage: 'backup.stageId',
  check: 'check.checkName',
  incident: 'incident.incidentId',
  notice: 'notice.noticeId',
  source: 'notice.sourceName',
} as const satisfies Readonly<Record<string, ShapeName>>
type PathName = keyof typeof PATH_SHAPES

export interface Grant {
  /** Roles that may, on any subject of their services. */
  readonly roles: readonly Role[]
  /** Roles that may on their own alone: what they or their agent made, their own token. */
  readonly ownRoles?: readonly Role[]
  /** `own`: what this agent made itself. */
  readonly agent: 'never' | 'own' | 'any'
  /** The gate's own clock. */
  readonly timer: boolean
  /** A person's signed decision (domain.md §7.1): nothing an agent, a token or a timer could carry. */
  readonly decides?: true
}

/** A text; lines that are sent as they are made; events that are sent as they happen. The last two are not buffered, nor read by a schema. */
export type Output =
  | ShapeName
  | { readonly text: 'text/plain' }
  | { readonly lines: 'application/x-ndjson' }
  | { readonly events: ShapeName }

export interface OperationCommand {
  /** `change abort` */
  readonly words: string
  readonly help: Both<string>
  /** Stays with the change until it waits for somebody or has ended; `unless`: the option that leaves it. */
  readonly follows?: true | { readonly unless: 'no-wait' }
}

export interface Operation {
  readonly method: 'get' | 'post'
  /** Below /api/v1. */
  readonly path: `/${string}`
  readonly query?: ShapeName
  readonly body?: ShapeName
  readonly output: Output
  /** What the OpenAPI page says of the answer. */
  readonly answer: string
  /**
   * Who may. A table: permissions that are granted here, and perhaps asked for elsewhere too. Names: granted in another row. `open`: nobody
   * has to be known; `anybody`: whoever has a token.
   */
  readonly permission: 'open' | 'anybody' | readonly string[] | Readonly<Record<string, Grant>>
  /** The command of the command line that is this operation and nothing more. What stands in its path is typed after its words. */
  readonly command?: OperationCommand
  /** The same `idempotency-key` with the same body gets the same answer for 24 hours, and the page says so. */
  readonly keyed?: true
}
export type Operations = Readonly<Record<string, Operation>>

/** Names in braces. */
type InPath<P> = P extends `${string}{${infer N}}${infer Rest}` ? (N & PathName) | InPath<Rest> : never
export const namesIn = (path: string): readonly PathName[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as PathName)

type Part<O, K extends 'query' | 'body'> = O extends { readonly [P in K]: infer S extends string }
  ? ShapeOf<S>
  : undefined
type Read<S> = S extends z.ZodType ? z.output<S> : unknown
type Given<S> = S extends z.ZodType ? z.input<S> : unknown

/** As the gate has read it: the names of the path, the query and the body in one. */
export type InputOf<O extends Operation> = {
  readonly [N in InPath<O['path']>]: z.output<ShapeOf<(typeof PATH_SHAPES)[N]>>
} & Read<Part<O, 'query'>> &
  Read<Part<O, 'body'>>

/** As a client gives it. */
export type GivenTo<O extends Operation> = {
  readonly [N in InPath<O['path']>]: z.input<ShapeOf<(typeof PATH_SHAPES)[N]>>
} & Given<Part<O, 'query'>> &
  Given<Part<O, 'body'>>

export type OutputOf<O extends Operation> = O['output'] extends string
  ? z.output<ShapeOf<O['output']>>
  : O['output'] extends { readonly events: string }
    ? never
    : string
