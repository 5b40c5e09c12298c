// What a trial saw that the proof compares with: facts of the check `validation` in the journalled trial, read back totally.
import {
  boolean,
  type Decoder,
  decode,
  integer,
  list,
  literal,
  matching,
  object,
  text,
} from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import type { JsonObject } from '../base/json.ts'
import type { Listener } from '../host/nginx-listeners.ts'
import { losses } from '../schema/bound.ts'
import type { Body } from './journal/index.ts'
import type { TrialFacts } from './prove/context.ts'

const listeners: Decoder<readonly Listener[]> = list(
  object({
    proto: literal('tcp', 'udp', 'unix'),
    address: text({ max: 4096 }),
    port: integer(0, 65_535),
  }),
)
const effective: Decoder<readonly { readonly path: string; readonly digest: Digest }[]> = list(
  object({ path: text({ max: 4096 }), digest: matching(isDigest, 'a digest') }),
  5000,
)

const status = object({
  before: matching(isDigest, 'a digest'),
  after: matching(isDigest, 'a digest'),
  said: list(text(), 2),
})
const schema = object({ catalogue: matching(isDigest, 'a digest'), hasOwners: boolean })

/** Absent where the trial did not see them. */
export function trialFactsOf(trial: Body<'trial'>): TrialFacts {
  const facts: JsonObject = trial.checks.find(({ check }) => check === 'validation')?.facts ?? {}
  const sockets = decode(listeners, facts['listeners'])
  const files = decode(effective, facts['effective'])
  const rehearsed = decode(schema, trial.checks.find(({ check }) => check === 'trial')?.facts['schema'])
  const counted = decode(losses, trial.checks.find(({ check }) => check === 'trial')?.facts['losses'])
  const told = decode(status, trial.checks.find(({ check }) => check === 'trial')?.facts['status'])
  return {
    ...(told.ok ? { status: { before: told.value.before, after: told.value.after } } : {}),
    ...(rehearsed.ok ? { schema: rehearsed.value } : {}),
    ...(counted.ok ? { losses: counted.value } : {}),
    ...(sockets.ok ? { listeners: sockets.value } : {}),
    ...(files.ok ? { effective: files.value } : {}),
  }
}
