// Why an agent is paused: the refused calls of its account, from the ledger, as facts of `doctor`.
import { shellWord } from '../base/shell-word.ts'
import type { DoctorFact } from '../contract/gate.ts'
import { readLatest } from '../record/store.ts'
import type { Gate } from './gate.ts'
import { pausesOf, type ShownPause } from './guard-spool.ts'

/** How many entries are read, and how many calls of one account are listed. */
const LOOKED_AT = 200
const TOLD = 8
/** Of one call. */
const WIDTH = 80

export async function pausedFacts(gate: Gate): Promise<readonly DoctorFact[]> {
  const paused = await pausesOf(gate)
  return Promise.all(
    paused.map(async (one) => ({
      name: 'guard',
      state: 'warn' as const,
      code: 'doctor.guard_paused',
      values: {
        who: shellWord(one.account ?? String(one.uid)),
        intents: one.intents,
        at: one.at,
        calls: await refusedBefore(gate, one),
      },
    })),
  )
}

/** Each intent once, in its last spelling, the newest first: as many as led to the pause. */
async function refusedBefore(gate: Gate, { uid, intents }: ShownPause): Promise<readonly string[]> {
  const entries = await readLatest(gate.db, {
    kind: 'guard.refused',
    subject: `uid:${uid}`,
    limit: LOOKED_AT,
  })
  const calls = new Map<unknown, string>()
  for (const { entry } of entries) {
    const { intent, verdict, text } = entry.payload
    if (verdict !== 'deny' || typeof text !== 'string' || calls.has(intent)) continue
    calls.set(intent, `\`${text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text}\``)
    if (calls.size >= Math.min(TOLD, intents)) break
  }
  return [...calls.values()]
}
