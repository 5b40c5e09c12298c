// A check of the owner's own, as `checks:` of sekisho.yaml declares it: what is looked at, how often, and what is still good.
import {
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
import { isServiceName, type ServiceName } from '../base/id.ts'

export type OwnLook =
  /** A program in a sandbox that reads and writes nothing: exit 0 good, 1 warning, 2 red, anything else no data. */
  | { readonly kind: 'argv'; readonly argv: readonly string[] }
  | { readonly kind: 'url'; readonly url: string; readonly status: number; readonly ca?: string }
  /** Not older than that, and not smaller. */
  | { readonly kind: 'file'; readonly path: string; readonly maxAgeMs: number; readonly minBytes: number }
  /** One number of one statement in a transaction that only reads. */
  | {
      readonly kind: 'sql'
      readonly database: string
      readonly port?: number
      readonly user?: string
      readonly sql: string
      readonly atLeast?: number
      readonly atMost?: number
    }
  /** Lock files against an archive of advisories that the owner provides. */
  | {
      readonly kind: 'locks'
      readonly lockFiles: readonly string[]
      /** Paths of this machine, and addresses (https://…) that archives are fetched from. */
      readonly advisories: readonly string[]
      readonly staleAfterMs: number
      /** PEM file of the only authority that counts where an archive is fetched. */
      readonly ca?: string
    }

export interface OwnCheck {
  readonly name: string
  readonly service?: ServiceName
  readonly everyMs: number
  readonly withinMs: number
  readonly look: OwnLook
}

const name = text({ max: 63, pattern: /^[a-z0-9][a-z0-9_-]{0,62}$/, what: 'a name of a check' })
const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const look: Decoder<OwnLook> = union('kind', {
  argv: object({ kind: literal('argv'), argv: list(text({ max: 4096 }), 100) }),
  url: object({
    kind: literal('url'),
    url: text({ max: 2048, pattern: /^https?:\/\//, what: 'an http(s) URL' }),
    status: integer(100, 599),
    ca: optional(path),
  }),
  file: object({ kind: literal('file'), path, maxAgeMs: integer(1), minBytes: integer() }),
  sql: object({
    kind: literal('sql'),
    database: text({ max: 63 }),
    port: optional(integer(1, 65_535)),
    user: optional(text({ max: 63 })),
    sql: text({ max: 4096 }),
    atLeast: optional(integer(Number.MIN_SAFE_INTEGER)),
    atMost: optional(integer(Number.MIN_SAFE_INTEGER)),
  }),
  locks: object({
    kind: literal('locks'),
    lockFiles: list(path, 100),
    advisories: list(
      text({ max: 4096, pattern: /^(?:\/[^\0\n]*|https?:\/\/\S+)$/, what: 'a path or an address' }),
      20,
    ),
    staleAfterMs: integer(1),
    ca: optional(path),
  }),
})

export const ownCheck: Decoder<OwnCheck> = object({
  name,
  service: optional(matching(isServiceName, 'a service name')),
  everyMs: integer(5000, 7 * 86_400_000),
  withinMs: integer(100, 60_000),
  look,
})
