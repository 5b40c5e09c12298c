// What became of the isolation of this host comes onto the record, line by line, once each, with the runner's line as its proof.
import { type Decoder, integer, literal, matching, object } from '../base/decode.ts'
import { isIncidentId } from '../base/id.ts'
import { isObject, type JsonObject } from '../base/json.ts'
import { isInstant } from '../base/time.ts'
import type { Incident } from '../incident/incident.ts'
import { findIncident } from '../incident/store.ts'
import type { JournalBody } from '../seal/journal.ts'
import { type Act, type Gate, plain } from './gate.ts'
import { saveStep } from './incident-store.ts'
import { joinLines } from './join-lines.ts'
import { proofOf, type TakenLine } from './journal-lines.ts'

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
export function joinIsolations(gate: Gate): Promise<void> {
  return joinLines(gate, {
    of: 'isolation',
    body: body,
    setting: JOINED,
    take: joinLine,
  })
}

async function joinLine(step: Act, line: TakenLine<IsolationBody>): Promise<void> {
  const { incident, event, happened, detail } = line.body
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
