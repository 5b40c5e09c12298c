// What was sent is read back: every field that the body named has that value in the answer; what was deleted is gone.
import type { JsonObject } from '../../base/json.ts'
import { requestIn } from '../../plans/playbooks/request.ts'
import { answerFacts, GONE, readAgain } from '../act/request.ts'
import { green, notProven, type ProofContext, type Proven, red } from './context.ts'

export async function proveReadBack(c: ProofContext): Promise<Proven> {
  const action = requestIn(c.plan)
  if (action === undefined) return notProven('no_data', {})
  const answer = await readAgain(action, c)
  const facts: JsonObject = { url: action.read, ...answerFacts(answer) }
  if (answer.kind === 'failed') return c.signal.aborted ? notProven('aborted', facts) : red('not_read', facts)
  if (action.method === 'DELETE') return GONE.includes(answer.status) ? green(facts) : red('differs', facts)
  if (answer.status < 200 || answer.status >= 300) return red('not_read', facts)
  const [sent, found] = [parsed(action.body), parsed(answer.body.toString('utf8'))]
  // Without fields to compare nothing was seen but an answer: a person says.
  if (!isFields(sent) || Object.keys(sent).length === 0) return notProven('nothing_to_compare', facts)
  const other = isFields(found) ? differing(sent, found) : 'answer'
  return other === undefined ? green(facts) : red('differs', { ...facts, field: other })
}

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(given: string | undefined): unknown {
  try {
    return given === undefined ? undefined : (JSON.parse(given) as unknown)
  } catch {
    return undefined
  }
}

/** The first field of what was sent that has another value in the answer, by its path. */
export function differing(sent: Fields, found: Fields, at = ''): string | undefined {
  for (const [name, value] of Object.entries(sent)) {
    const place = `${at}${name}`
    const there = found[name]
    if (isFields(value) && isFields(there)) {
      const inner = differing(value, there, `${place}.`)
      if (inner !== undefined) return inner
    } else if (JSON.stringify(value) !== JSON.stringify(there)) return place
  }
  return undefined
}
