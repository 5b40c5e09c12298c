// Calls of a service's own interface that the rules declare: the only requests that a plan may hold.
import { type Decoder, integer, list, literal, object, optional, text } from '../base/decode.ts'
import { CALL_NAME, PARAMETER_NAME, type RequestMethod } from './actions/request.ts'

export interface ApiCall {
  readonly name: string
  /** The declared data directory that it changes. */
  readonly dir: string
  readonly base: string
  readonly method: RequestMethod
  /** Below `base`; `{name}` stands for a parameter. */
  readonly path: string
  readonly read: string
  readonly inverse?: { readonly method: RequestMethod; readonly path: string }
  /** Key of a secret of the service. */
  readonly credential?: string
  readonly withinMs: number
  /** Where the service answers in a room, in the place of `base`: a proxy is not booted there. */
  readonly rehearse?: string
  /** Fields of records and columns of tables that the service writes anew with each change: after the inverse they may differ. */
  readonly differs?: readonly string[]
}

/** A path below the base: plain segments and parameters. */
export const CALL_PATH = /^(?:\/(?:[A-Za-z0-9_.~-]+|\{[a-z][A-Za-z0-9_]*\}))+(?:\?[A-Za-z0-9_=&.~-]+)?$/
export const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

const path = text({ max: 500, pattern: CALL_PATH, what: 'a path of a call' })
const method: Decoder<RequestMethod> = literal(...METHODS)

export const apiCall: Decoder<ApiCall> = object({
  name: text({ max: 50, pattern: CALL_NAME, what: 'a name of a call' }),
  dir: text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' }),
  base: text({ max: 1000, pattern: /^https?:\/\/[^\s]+$/, what: 'an http(s) URL' }),
  method,
  path,
  read: path,
  inverse: optional(object({ method, path })),
  credential: optional(text({ max: 100, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, what: 'a key' })),
  withinMs: integer(1, 600_000),
  rehearse: optional(text({ max: 1000, pattern: /^https?:\/\/[^\s]+$/, what: 'an http(s) URL' })),
  differs: optional(list(text({ max: 200 }), 50)),
})

/** Names in braces, each once. */
export function parametersOf({ path: main, read, inverse }: ApiCall): readonly string[] {
  const all = [main, read, inverse?.path ?? ''].flatMap((one) =>
    [...one.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name),
  )
  return [...new Set(all)].filter((name) => PARAMETER_NAME.test(name)).sort()
}
