// Gives a signed statement to the runner's admin socket while the gate is down (spine §4): the statement is made here, from the rules in force
// and the runner's journal, signed like any other, and judged by the runner.
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import type { ChangeId, ExecutionId } from '../base/id.ts'
import { isObject, parseJson } from '../base/json.ts'
import { after, instant, randomHex } from '../base/time.ts'
import { type CompiledPolicy, compiledPolicy, type Person, type Role } from '../plans/policy.ts'
import type { GlassFields } from '../seal/glass.ts'
import { NAMESPACE, type Signed, type Statement, statementText } from '../seal/statement.ts'
import { systemClock, systemRandom } from '../sys/clock.ts'
import { readRegular } from '../sys/files.ts'
import type { Call } from './command.ts'
import { option } from './command.ts'
import { askOwner, ownGate, placesFor } from './rules-file.ts'
import { findKey, fingerprintOf, signText } from './sign.ts'

const POLICY_LIMIT = 4_194_304
const LIFE_MS = 15 * 60_000
/** The role that is tried first for each statement. */
const SPEAKS: readonly Role[] = ['owner', 'approver', 'operator']

type Said =
  | { readonly type: 'keep'; readonly execution: ExecutionId }
  | { readonly type: 'revoke'; readonly statement: Digest }
  | ({ readonly type: 'glass' } & GlassFields)
  | { readonly type: 'glassReview'; readonly glass: Digest; readonly text: string }

/** Signs and gives the statement to the runner. Returns the signer. Throws runner.*, statement.*, key.*, config.needs_owner. */
export async function sayToRunner(call: Call, said: Said): Promise<Person> {
  return (await signAtRunner(call, said, LIFE_MS)).person
}

/** The same for a statement that holds for so long; with what the runner answers it took effect on. */
export async function signAtRunner(
  call: Call,
  said: Said,
  lifeMs: number,
): Promise<{ readonly person: Person; readonly effect: string }> {
  const policy = await rulesInForce(call)
  const { person, key } = await signer(call, policy)
  const role = SPEAKS.find((one) => person.roles.includes(one))
  if (role === undefined)
    throw new SekishoError('approval.role_missing', { approver: person.id, roles: SPEAKS })
  const at = instant(systemClock.now())
  const statement: Statement = {
    v: 1,
    approver: person.id,
    role,
    nonce: randomHex(systemRandom, 16),
    at,
    expires: after(at, lifeMs),
    ...said,
  }
  const text = statementText(statement)
  const signed: Signed = { text, signature: await signText(text, key, NAMESPACE, call.environment) }
  const { effect } = await askOwner(call, (runner) => runner.ask('statement', { signed }))
  return { person, effect }
}

/** The execution of a change that is open at the runner. Throws execution.unknown. */
export async function openExecutionOf(call: Call, change: ChangeId): Promise<ExecutionId> {
  const { open } = await askOwner(call, (runner) => runner.ask('status', {}))
  const execution = open.find((one) => one.startsWith(`${change}/`))
  if (execution === undefined) throw new SekishoError('execution.unknown', { change })
  return execution
}

/** The standing statement whose digest begins with these digits, among those that this runner has. Throws standing.unknown. */
export async function standingNamed(call: Call, given: string): Promise<Digest> {
  if (isDigest(given)) return given
  const found = new Set<Digest>()
  for (let from = 0; ; ) {
    const answer = await askOwner(call, (runner) => runner.read({ kind: 'lines', of: 'statement', from }))
    let seq: unknown
    for (const text of answer.lines) {
      const line = parseJson(text)
      const body = isObject(line) ? line['body'] : undefined
      seq = isObject(line) ? line['seq'] : undefined
      if (isObject(body) && body['type'] === 'standing' && isDigest(body['digest'])) found.add(body['digest'])
    }
    if (answer.last || typeof seq !== 'number') break
    from = seq + 1
  }
  const [one, ...others] = given === '' ? [] : [...found].filter((digest) => digest.startsWith(given))
  if (one === undefined || others.length > 0) throw new SekishoError('standing.unknown', { digest: given })
  return one
}

/** The compiled rules: the runner decides by the same file. */
async function rulesInForce(call: Call): Promise<CompiledPolicy> {
  ownGate(call)
  const { compiledRunner: path } = placesFor(call)
  const file = await readRegular(path, POLICY_LIMIT)
  if (file === undefined) throw new SekishoError('config.missing', { path })
  const read = decode(compiledPolicy, parseJson(file.bytes.toString('utf8')))
  if (!read.ok) throw new SekishoError('policy.unreadable', { path, why: `${read.at}: ${read.why}` })
  return read.value
}

/** Without a gate nobody is logged in: the key identifies the person. */
async function signer(
  call: Call,
  { people }: CompiledPolicy,
): Promise<{ readonly person: Person; readonly key: string }> {
  const enrolled = people.flatMap(({ keys }) => keys.flatMap((one) => (one.revoked ? [] : [one.fingerprint])))
  const key = await findKey(call.environment, option(call, 'key'), enrolled)
  const print = (await fingerprintOf(key)) ?? (await fingerprintOf(`${key}.pub`))
  if (print === undefined) throw new SekishoError('key.missing', { path: `${key}.pub` })
  const person = people.find(({ keys }) => keys.some((one) => !one.revoked && one.fingerprint === print))
  if (person === undefined) throw new SekishoError('key.none_enrolled', { directory: key, enrolled })
  return { person, key }
}
