// What an agent may ask for in an hour: who holds its token cannot fill the store, and with it the gate's disk, with changes that nobody wants.
// People are not counted: they are few, and each has a name.
import { decode, integer, list, matching, object, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Instant, instant, isInstant, milliseconds } from '../base/time.ts'
import type { Actor } from '../identity/actor.ts'
import type { Act } from './gate.ts'
import { readSetting, writeSetting } from './store.ts'

export const PROPOSALS_PER_HOUR = 120
export const BYTES_PER_HOUR = 32 * 1024 * 1024
const HOUR_MS = 3_600_000
const SETTING = 'agent_proposals'

interface Counted {
  readonly actor: string
  /** The first of this hour. */
  readonly from: Instant
  readonly count: number
  readonly bytes: number
}

const shape = list(
  object({
    actor: text({ max: 200 }),
    from: matching(isInstant, 'an instant'),
    count: integer(1),
    bytes: integer(0),
  }),
  100_000,
)

/** One more, with so many bytes. Throws change.too_many; then nothing of it is kept. */
export async function countProposal(step: Act, actor: Actor, contents: Iterable<Uint8Array>): Promise<void> {
  if (actor.kind !== 'agent') return
  const read = decode(shape, (await readSetting(step.tx, SETTING)) ?? [])
  const all: readonly Counted[] = read.ok ? read.value : []
  // A clock that was put back ends the hour too.
  const open = all.filter(({ from }) => Math.abs(milliseconds(step.at) - milliseconds(from)) < HOUR_MS)
  const mine = open.find((one) => one.actor === actor.id)
  const from = mine?.from ?? step.at
  const count = (mine?.count ?? 0) + 1
  const bytes = [...contents].reduce((sum, { length }) => sum + length, mine?.bytes ?? 0)
  if (count > PROPOSALS_PER_HOUR || bytes > BYTES_PER_HOUR)
    throw new SekishoError('change.too_many', {
      actor: actor.id,
      until: instant(milliseconds(from) + HOUR_MS),
    })
  const others = open.filter((one) => one !== mine)
  await writeSetting(step.tx, SETTING, [...others, { actor: actor.id, from, count, bytes }])
}
