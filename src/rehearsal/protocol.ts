// What is said between the runner and its own child in a rehearsal room: one line of JSON for each order and each answer. The child is root of the room's user
// namespace and nothing outside; its answers are decoded, for the candidate runs beside it.
import { boolean, type Decoder, integer, object, optional, text } from '../base/decode.ts'
import type { JsonObject } from '../base/json.ts'
import type { RequestMethod } from '../plans/actions/request.ts'
import type { Health } from '../plans/policy.ts'

/** Who a program is inside. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

export interface ProgramOrder {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly as: Identity
}

/** One socket of a socket unit: an address, or a path. */
export interface HeldSocket {
  readonly name: string
  readonly host?: string
  readonly port?: number
  readonly path?: string
}

/** What one file becomes, by a path inside at which its new bytes stand. */
export interface PlacedFile {
  readonly path: string
  /** Absent: it is removed. */
  readonly from?: string
  /** Of a link. Where `from` is a link itself, its target is taken. */
  readonly target?: string
  /** Absent: the rights and the owner of what stands there, else of the directory. */
  readonly mode?: number
  readonly owner?: Identity
  /** What git says of a file is whether it is a program. */
  readonly program?: boolean
}

/** One step of a plan as it is played. `action` is played by the code that performs it in production. */
export type PlayStep =
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'place'; readonly files: readonly PlacedFile[] }
  | { readonly kind: 'exec'; readonly argv: readonly string[]; readonly undo?: readonly string[] }
  | { readonly kind: 'action'; readonly action: JsonObject }
  | { readonly kind: 'restart' }
  /** Done outside of the room by who orders it: SQL in the clone of the database. `what`: the name it has when it fails. */
  | { readonly kind: 'outside'; readonly what: string }

export type Order =
  /** Before the service starts; they stay open until the room ends. */
  | { readonly do: 'listen'; readonly sockets: readonly HeldSocket[] }
  | { readonly do: 'start'; readonly program: ProgramOrder; readonly mayEnd: boolean }
  | { readonly do: 'stop'; readonly signal: number; readonly graceMs: number; readonly as: Identity }
  | { readonly do: 'run'; readonly program: ProgramOrder; readonly withinMs: number }
  | { readonly do: 'healthy'; readonly health: Health; readonly withinMs: number }
  | { readonly do: 'load'; readonly url: string; readonly perSecond: number }
  /** One declared call to the service, sent once. */
  | {
      readonly do: 'request'
      readonly method: RequestMethod | 'GET'
      readonly url: string
      readonly body?: string
      readonly headers: Readonly<Record<string, string>>
      readonly withinMs: number
    }
  /** How many were sent and lost since the last count. */
  | { readonly do: 'count' }
  | { readonly do: 'unload' }
  /** From here on the port of production's cluster leads to the clone. */
  | { readonly do: 'relay'; readonly port: number; readonly socket: string }
  | { readonly do: 'play'; readonly step: PlayStep; readonly number: number; readonly back: boolean }
  | { readonly do: 'end' }

export interface OrderAnswer {
  readonly ok: boolean
  /** Of a program that ended. */
  readonly exit?: number
  readonly why?: string
  readonly sent?: number
  readonly lost?: number
  /** Of a request that was answered: its body in base64, as much as is read of it. */
  readonly status?: number
  readonly body?: string
}

export const orderAnswer: Decoder<OrderAnswer> = object({
  ok: boolean,
  exit: optional(integer(0, 255)),
  why: optional(text({ max: 1_000 })),
  sent: optional(integer(0)),
  lost: optional(integer(0)),
  status: optional(integer(0, 999)),
  body: optional(text({ max: 100_000 })),
})
