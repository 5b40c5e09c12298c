// A revocation may be given to the runner directly, while no gate is there (spine §4): what it has written down as revoked ends here too,
// once, with the runner's line as its proof.
import { literal, matching, object, text } from '../base/decode.ts'
import { isDigest } from '../base/hash.ts'
import { endStanding, listStanding } from '../change/store.ts'
import type { Act, Gate } from './gate.ts'
import { joinLines } from './join-lines.ts'
import { proofOf, type TakenLine } from './journal-lines.ts'
import { payloadOf } from './standing.ts'

const JOINED = 'revocations_joined'
const digest = matching(isDigest, 'a digest')
const said = object({
  kind: literal('statement'),
  type: text({ max: 40 }),
  digest,
  effect: text({ max: 500 }),
  person: text({ max: 200 }),
  nonce: text({ max: 100 }),
})
type SaidLine = TakenLine<ReturnType<typeof said>>

/** INVARIANT S3: what the runner holds revoked is revoked. Throws runner.*. */
export function joinRevocations(gate: Gate): Promise<void> {
  return joinLines(gate, {
    of: 'statement',
    body: said,
    setting: JOINED,
    take: joinLine,
  })
}

async function joinLine(step: Act, line: SaidLine): Promise<void> {
  const { body } = line
  if (body.type !== 'revoke') return
  const one = (await listStanding(step.tx)).find((each) => each.digest === body.effect)
  // Through the gate it has ended already.
  if (one === undefined || !(await endStanding(step.tx, one.digest, 'revoked', 'revoked'))) return
  const { bytes, digest: proof } = proofOf(line)
  await step.blob('journal', bytes)
  const facts = { by: body.person, revocation: body.digest, revokedAt: line.at, journal: proof }
  await step.record('standing.revoked', 'standing', { ...payloadOf(one, 'revoked'), ...facts }, [proof])
}
