// What stands behind a route: a function from what was asked, by whom and in which language, to the answer.
import type { Context } from 'hono'
import type { Gate } from '../app/gate.ts'
import type { InputOf, Operation, Operations, OutputOf } from '../contract/operation.ts'
import type { Actor } from '../identity/actor.ts'
import type { Language } from '../words/words.ts'

/** Who has a token: a person or an agent. */
export type Caller = Exclude<Actor, { kind: 'timer' }>
export interface Env {
  Variables: { actor: Caller; language: Language }
}

export interface Asked<O extends Operation> {
  readonly gate: Gate
  /** Not there where the permission is `open`. */
  readonly actor: Caller
  readonly language: Language
  /** Read by the shapes of the row. Of lines and events it was not read: they look themselves. */
  readonly input: IsStream<O> extends true ? Readonly<Record<string, string | undefined>> : InputOf<O>
  readonly context: Context<Env>
  /** Ends streams and long waits. */
  readonly closing: AbortSignal
}
type IsStream<O extends Operation> = O['output'] extends
  | { readonly events: string }
  | { readonly lines: string }
  ? true
  : false

type Answer<O extends Operation> = IsStream<O> extends true ? Response : OutputOf<O>
export type Handler<O extends Operation> = (asked: Asked<O>) => Answer<O> | Promise<Answer<O>>
/** One for each row: a row without its handler does not compile. */
export type Handlers<R extends Operations> = { readonly [N in keyof R]: Handler<R[N]> }
