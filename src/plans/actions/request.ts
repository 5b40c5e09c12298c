// One declared call of the service's own interface, sent once: data that only the application may change is changed by the application.
import { type Decoder, integer, list, literal, object, optional, text } from '../../base/decode.ts'
import { absolutePath, keyedHash } from '../file-state.ts'
import type { ActionKind, NamedSecret } from './action-kind.ts'

export type RequestMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Sent {
  readonly method: RequestMethod
  readonly url: string
  /** The bytes that are sent, as UTF-8. Absent: none. */
  readonly body?: string
}

export interface Request extends Sent {
  readonly kind: 'request'
  /** Its name in the rules. */
  readonly call: string
  /** The declared data directory that it changes. */
  readonly dir: string
  /** What stands for `{name}` in the declared paths, in byte order of the names. */
  readonly params: readonly { readonly key: string; readonly value: string }[]
  /** What is read afterwards, by GET. */
  readonly read: string
  /** What takes it back. Absent: nothing but a restore does. */
  readonly inverse?: Sent
  /** Whose value stands in the header `authorization`: it never travels. */
  readonly credential?: NamedSecret
  readonly withinMs: number
  /** It takes an earlier call back: what is sent is the declared inverse, and `inverse` the declared call. */
  readonly turned?: true
}

/** What is wished for of a declared call. */
export interface WishedRequest {
  readonly call: string
  readonly params: Readonly<Record<string, string>>
  readonly body?: string
  readonly inverseBody?: string
  readonly irreversible?: true
  /** Its inverse is sent, and the call takes that back. Only a rollback wishes for it. */
  readonly turned?: true
}

export const PARAMETER = /^[A-Za-z0-9_.~-]{1,200}$/
export const PARAMETER_NAME = /^[a-z][A-Za-z0-9_]{0,49}$/
export const CALL_NAME = /^[a-z][A-Za-z0-9_-]{0,49}$/
/** Whoever approves reads the whole of it. */
export const BODY_LENGTH = 16_384

const method: Decoder<RequestMethod> = literal('POST', 'PUT', 'PATCH', 'DELETE')
const url = text({ max: 2048, pattern: /^https?:\/\/[^\s]+$/, what: 'an http(s) URL' })
const body = optional(text({ max: BODY_LENGTH }))

export const request: ActionKind<Request> = {
  decode: object({
    kind: literal('request'),
    method,
    url,
    body,
    call: text({ max: 50, pattern: CALL_NAME, what: 'a name of a call' }),
    dir: absolutePath,
    params: list(
      object({
        key: text({ max: 50, pattern: PARAMETER_NAME, what: 'a name' }),
        value: text({ max: 200, pattern: PARAMETER, what: 'a plain value' }),
      }),
      10,
    ),
    read: url,
    inverse: optional(object({ method, url, body })),
    credential: optional(object({ reference: text({ max: 200 }), version: integer(1), keyed: keyedHash })),
    withinMs: integer(1, 600_000),
    turned: optional(literal(true)),
  }),
  lines: ({ method: how, url: where, body: what, credential }, words) => [
    words.request(how, where),
    ...(what === undefined ? [] : what.split('\n').map((line) => `| ${line}`)),
    ...(credential === undefined ? [] : [words.requestAs(credential.reference, credential.version)]),
  ],
  putBackLines: ({ inverse }, words) =>
    inverse === undefined ? [] : [words.requestBack(inverse.method, inverse.url)],
  summary: ({ kind, call, method: how, url: where }) => ({ kind, call, method: how, url: where }),
  places: ({ url: where }) => [where],
  settings: ({ method: how, url: where }) => [`${how} ${where}`],
  secrets: ({ credential }) => (credential === undefined ? [] : [credential]),
}
