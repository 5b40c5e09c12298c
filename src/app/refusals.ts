// Records refused decisions: each one, up to a limit in an hour for one actor. Further ones are counted in one entry, so that a token cannot
// fill the ledger.
import { decode, integer, list, matching, object, text } from '../base/decode.ts'
import type { ActorId, ChangeId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { type Instant, isInstant, milliseconds } from '../base/time.ts'
import { type Act, act, type Gate } from './gate.ts'
import { readSetting, writeSetting } from './store.ts'

/** How many refusals of one actor get an entry of their own in an hour. */
export const REFUSALS_PER_HOUR = 60
const HOUR_MS = 3_600_000
const SETTING = 'refused_decisions'

interface Counted {
  readonly actor: string
  /** The first refusal of this hour. */
  readonly from: Instant
  readonly count: number
}

const shape = list(
  object({ actor: text({ max: 200 }), from: matching(isInstant, 'an instant'), count: integer(1) }),
  100_000,
)

/** Records one refusal: with its own entry, or counted with the others of this hour. */
export async function recordRefusal(
  gate: Gate,
  actor: ActorId | 'system',
  change: ChangeId,
  payload: JsonObject & { readonly code: string },
): Promise<void> {
  await act(gate, actor, async (step) => {
    const open = await closeHours(step)
    const mine = open.find((one) => one.actor === actor)
    const count = (mine?.count ?? 0) + 1
    const others = open.filter((one) => one !== mine)
    await writeSetting(step.tx, SETTING, [...others, { actor, from: mine?.from ?? step.at, count }])
    if (count > REFUSALS_PER_HOUR) return
    await step.record('change.refused_decision', change, payload)
    await step.tell({ change, kind: 'change.refused_decision', values: { code: payload.code } })
  })
}

/** Writes the one entry of each hour that is over, whether or not that actor is refused again. */
export async function closeRefusals(gate: Gate): Promise<void> {
  await act(gate, 'system', async (step) => {
    await writeSetting(step.tx, SETTING, await closeHours(step))
  })
}

async function closeHours(step: Act): Promise<readonly Counted[]> {
  const read = decode(shape, (await readSetting(step.tx, SETTING)) ?? [])
  const all: readonly Counted[] = read.ok ? read.value : []
  // A clock that was put back also ends the hour.
  const isOver = ({ from }: Counted) => Math.abs(milliseconds(step.at) - milliseconds(from)) >= HOUR_MS
  for (const { actor, from, count } of all.filter(isOver)) {
    const more = count - REFUSALS_PER_HOUR
    if (more > 0) await step.record('actor.refused_decisions', actor, { from, until: step.at, more })
  }
  return all.filter((one) => !isOver(one))
}
