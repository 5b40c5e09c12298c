// guard.json back from its text. Total: what is not exactly what `config apply` writes is not a policy.
import {
  boolean,
  type Decoder,
  decode,
  integer,
  list,
  literal,
  object,
  optional,
  record,
  text,
} from '../base/decode.ts'
import type { Answer, GuardPolicy, ProtectRow, ServiceRow } from './policy.ts'

const answer: Decoder<Answer> = literal('allow', 'ask', 'deny')
const short = text({ max: 4096 })
const row: Decoder<ProtectRow> = object({
  name: short,
  kind: literal('data', 'secret', 'config', 'self', 'system'),
  service: optional(short),
  paths: list(short),
  except: optional(list(short)),
  read: answer,
  write: answer,
  delete: answer,
  source: optional(short),
  tree: optional(short),
  api: optional(object({ base: short, docs: optional(short) })),
})
const service: Decoder<ServiceRow> = object({
  name: short,
  units: list(short),
  processes: list(short),
  ports: list(integer(1, 65_535)),
  containers: list(short),
  urls: list(short),
  repo: optional(short),
  source: optional(short),
})
const policy: Decoder<GuardPolicy> = object({
  v: literal(1),
  version: short,
  level: literal('observe', 'guard'),
  protect: list(row),
  services: list(service),
  databases: list(object({ name: short, engine: short, service: short })),
  branches: list(short),
  ask: optional(short),
  pauseAfter: integer(1, 1000),
  rules: record(answer, /^[a-z][a-z.-]*$/),
  strict: boolean,
})

/** Undefined where the text is no policy of this version. */
export function readGuardPolicy(source: string): GuardPolicy | undefined {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    return undefined
  }
  const read = decode(policy, value)
  return read.ok ? read.value : undefined
}
