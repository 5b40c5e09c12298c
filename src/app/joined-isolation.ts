// What became of the isolation of this host comes onto the record, line by line, once each, with the runner's line as its proof.
import { type Decoder, decode, integer, literal, matching, object } from '../base/decode.ts'
import { isIncidentId } from '../base/id.ts'
import { isObject, type JsonObject } from '../base/json.ts'
import { isInstant } from '../base/time.ts'
import type { Incident } from '../incident/incident.ts'
import { findIncident } from '../incident/store.ts'
import type { JournalBody } from '../seal/journal.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { saveStep } from './incident-store.ts'
import { linesAfter, proofOf, type Taken, type TakenLine, takenShape } from './journal-lines.ts'
import { readSetting, writeSetting } from './store.ts'

type IsolationBody = Extract<JournalBody, { readonly kind: 'isolation' }>

const JOINED = 'isolations_joined'

const facts: Decoder<JsonObject> = (value, at) => (isObject(value) ? value : object({})(value, at))
const body: Decoder<IsolationBody> = object({
  kind: literal('isolation'),
  incident: matching(isIncidentId, 'an incident id'),
  number: integer(1),
  event: literal('asked', 'applied', 'kept', 'undone', 'restored', 'ended', 'captured'),
  happened: matching(isInstant, 'an instant'),
  detail: facts,
})

/** Throws runner.*. */
export async function joinIsolations(gate: Gate): Promise<void> {
  for (;;) {
    let above = await takenSoFar(gate)
    const { lines, last } = await linesAfter(gate, 'isolation', body, above)
    for (const line of lines) {
      const expected = above?.digest
      // Another look was faster: what it joined is not joined again.
      if (!(await act(gate, 'system', (step) => joinLine(step, line, expected)))) return
      above = line
    }
    if (last) return
  }
}

async function joinLine(
  step: Act,
  line: TakenLine<IsolationBody>,
  expected: Taken['digest'] | undefined,
): Promise<boolean> {
  if ((await takenSoFar({ db: step.tx }))?.digest !== expected) return false
  const { seq, digest } = line
  const { incident, event, happened, detail } = line.body
  await writeSetting(step.tx, JOINED, plain({ seq, digest }))
  const proof = proofOf(line)
  await step.blob('journal', proof.bytes)
  const payload = { incident, event, at: happened, detail, journal: proof.digest }
  const stored = await findIncident(step.tx, incident)
  // Root may name an incident that this gate does not know.
  if (stored === undefined) await step.record('incident.isolation', incident, plain(payload), [proof.digest])
  else
    await saveStep(
      step,
      stored,
      { incident: toldOf(stored.incident, line.body), kind: 'isolation', payload },
      [proof.digest],
    )
  await step.tell({ kind: 'incident.isolation', values: { incident, event } })
  return true
}

/** The document says how the isolation stands; that a table was put back, or a capture taken, changes nothing of that. */
function toldOf(incident: Incident, { event, happened, detail }: IsolationBody): Incident {
  if (event === 'restored' || event === 'captured') return incident
  const said = (name: string) => {
    const value = detail[name]
    return typeof value === 'string' ? value : undefined
  }
  const by = event === 'asked' ? said('by') : incident.isolation?.by
  const why = event === 'undone' ? said('why') : event === 'ended' ? said('execution') : undefined
  const isolation = {
    event,
    at: happened,
    ...(by === undefined ? {} : { by }),
    ...(why === undefined ? {} : { why }),
  }
  return { ...incident, isolation }
}

async function takenSoFar({ db }: Pick<Gate, 'db'> | { readonly db: Act['tx'] }): Promise<Taken | undefined> {
  const read = decode(takenShape, await readSetting(db, JOINED))
  return read.ok ? read.value : undefined
}
