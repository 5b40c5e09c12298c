// How long a service was away at most while a change restarted it, from the journal: from the order of the first restart to the first answer that was seen to be
// healthy. The runner asks for that one beside what the plan does next (runner/prove/first-answer.ts); where it died meanwhile, the proof of health is the first.
import { isObject } from '../base/json.ts'
import type { Plan } from '../plans/plan.ts'
import type { JournalLine } from '../seal/journal.ts'

export interface Downtime {
  readonly milliseconds: number
  /** Nobody saw the first healthy answer itself: it was not longer. */
  readonly atMost: boolean
}

/** Undefined where nothing was restarted. Without a declared health it is what the restarts themselves took. */
export function downtimeOf(
  plan: Pick<Plan, 'actions'> | undefined,
  journal: readonly JournalLine[],
): Downtime | undefined {
  const restarts = (plan?.actions ?? []).flatMap(({ id, action }) =>
    action.kind === 'unit' && action.verb === 'restart' ? [id] : [],
  )
  const isRestart = ({ key }: JournalLine) => restarts.includes(/\/([^/]+)\/apply\/\d+$/.exec(key)?.[1] ?? '')
  const begun = journal.findIndex((line) => line.body.kind === 'intent' && isRestart(line))
  const healthy = journal.slice(begun + 1).find(({ body }) => isHealthy(body))
  const from = journal[begun]
  if (from !== undefined && healthy !== undefined)
    return {
      milliseconds: answered(from, healthy) ?? Math.max(0, Date.parse(healthy.at) - Date.parse(from.at)),
      atMost: true,
    }
  const own = journal.flatMap((line) => (line.body.kind === 'outcome' && isRestart(line) ? [line.body] : []))
  if (own.length === 0) return undefined
  return { milliseconds: own.reduce((sum, one) => sum + one.milliseconds, 0), atMost: false }
}

function answered(from: JournalLine, { body, boot }: JournalLine): number | undefined {
  const at = body.kind === 'proof' ? body.facts['answered'] : undefined
  return typeof at === 'number' && boot === from.boot && at >= from.uptime ? at - from.uptime : undefined
}

function isHealthy(body: JournalLine['body']): boolean {
  return (
    body.kind === 'proof' &&
    isObject(body.proof) &&
    body.proof['kind'] === 'health' &&
    body.verdict === 'green'
  )
}
