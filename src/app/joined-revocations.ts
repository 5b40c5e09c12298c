// A revocation may be given to the runner directly, while no gate is there (spine §4): what it has written down as revoked ends here too,
// once, with the runner's line as its proof.
import { decode, literal, matching, object, text } from '../base/decode.ts'
import { isDigest } from '../base/hash.ts'
import { endStanding, listStanding } from '../change/store.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { linesAfter, proofOf, type Taken, type TakenLine, takenShape } from './journal-lines.ts'
import { payloadOf } from './standing.ts'
import { readSetting, writeSetting } from './store.ts'

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
export async function joinRevocations(gate: Gate): Promise<void> {
  for (;;) {
    let above = await takenSoFar(gate)
    const { lines, last } = await linesAfter(gate, 'statement', said, above)
    for (const line of lines) {
      const expected = above?.digest
      // Another look was faster: what it joined is not joined again.
      if (!(await act(gate, 'system', (step) => joinLine(step, line, expected)))) return
      above = line
    }
    if (last) return
  }
}

async function joinLine(step: Act, line: SaidLine, expected: Taken['digest'] | undefined): Promise<boolean> {
  if ((await takenSoFar({ db: step.tx }))?.digest !== expected) return false
  const { seq, body } = line
  await writeSetting(step.tx, JOINED, plain({ seq, digest: line.digest }))
  if (body.type !== 'revoke') return true
  const one = (await listStanding(step.tx)).find((each) => each.digest === body.effect)
  // Through the gate it has ended already.
  if (one === undefined || !(await endStanding(step.tx, one.digest, 'revoked', 'revoked'))) return true
  const { bytes, digest: proof } = proofOf(line)
  await step.blob('journal', bytes)
  const facts = { by: body.person, revocation: body.digest, revokedAt: line.at, journal: proof }
  await step.record('standing.revoked', 'standing', { ...payloadOf(one, 'revoked'), ...facts }, [proof])
  return true
}

async function takenSoFar({ db }: Pick<Gate, 'db'> | { readonly db: Act['tx'] }): Promise<Taken | undefined> {
  const read = decode(takenShape, await readSetting(db, JOINED))
  return read.ok ? read.value : undefined
}
