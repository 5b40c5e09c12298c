// What an execution explains of the errors of a log: a restart by a change makes nginx say that the service was not there. sekisho-watch
// counts such lines apart and knows no changes; the gate knows when they ran.
import { after } from '../base/time.ts'
import { withoutOwnRestarts } from '../checks/lost-upstream.ts'
import type { Round } from '../checks/result.ts'
import { executionsSince } from '../run/store.ts'
import { type Gate, now } from './gate.ts'

/** The window of the errors, and as long as an execution may have begun before it. */
const SINCE_MS = 48 * 3_600_000

/** The same round where nothing in it asks for it. */
export async function explainRestarts(gate: Gate, round: Round): Promise<Round> {
  const asks = round.results.some(({ values }) => values['lost'] !== undefined)
  if (!asks) return round
  const windows = (await executionsSince(gate.db, after(now(gate), -SINCE_MS))).map(
    ({ change, startedAt, endedAt }) => ({
      change,
      from: startedAt,
      ...(endedAt === undefined ? {} : { until: endedAt }),
    }),
  )
  return { ...round, results: round.results.map((one) => withoutOwnRestarts(one, windows)) }
}
