// What was sent is read back: every field that the body named has that value in the answer; what was deleted is gone.
import type { JsonObject } from '../../base/json.ts'
import { requestIn } from '../../plans/playbooks/request.ts'
import { readBackFound } from '../../plans/read-back.ts'
import { answerFacts, readAgain } from '../act/request.ts'
import { green, notProven, type ProofContext, type Proven, red } from './context.ts'

export async function proveReadBack(c: ProofContext): Promise<Proven> {
  const action = requestIn(c.plan)
  if (action === undefined) return notProven('no_data', {})
  const answer = await readAgain(action, c)
  const facts: JsonObject = { url: action.read, ...answerFacts(answer) }
  if (answer.kind === 'failed') return c.signal.aborted ? notProven('aborted', facts) : red('not_read', facts)
  const back = readBackFound(action.method, action.body, answer)
  switch (back.found) {
    case 'equal':
      return green(facts)
    case 'nothing_to_compare':
      return notProven('nothing_to_compare', facts)
    case 'not_read':
      return red('not_read', facts)
    case 'differs':
      return red('differs', back.field === 'answer' ? facts : { ...facts, field: back.field })
  }
}
