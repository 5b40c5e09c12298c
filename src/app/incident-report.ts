// The report of an incident, from its entries in the ledger.
import type { IncidentId } from '../base/id.ts'
import type { Actor } from '../identity/actor.ts'
import { renderReport } from '../incident/report.ts'
import { readSubject } from '../record/store.ts'
import type { Language } from '../words/words.ts'
import { entrySeenBy } from './agents-see.ts'
import type { Gate } from './gate.ts'
import { readable } from './incident-store.ts'

export async function reportOf(gate: Gate, actor: Actor, id: IncidentId, language: Language) {
  await readable(gate, actor, id, 'incident.read')
  const policy = gate.policy()
  const own = (await readSubject(gate.db, id)).map(({ entry }) => entrySeenBy(actor, entry))
  const glass = (await readSubject(gate.db, 'glass')).map(({ entry }) => entrySeenBy(actor, entry))
  const acts = new Set(glass.flatMap(({ subject, payload }) => (payload['incident'] === id ? [subject] : [])))
  const entries = [...own, ...glass.filter(({ subject }) => acts.has(subject))]
  const name = (of: string) => policy.people.find((one) => one.id === of)?.name ?? of
  return { id, language, markdown: renderReport({ id, entries, zone: policy.zone, name }, language) }
}
