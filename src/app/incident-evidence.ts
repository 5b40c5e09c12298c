// The evidence of an incident as the gate has it: sealed by the runner, its texts read (redacted) to look for causes, compared with the ledger.
import { type Decoder, decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import type { ChangeId, IncidentId } from '../base/id.ts'
import { parseJson } from '../base/json.ts'
import type { EvidenceCheckView } from '../contract/incident.ts'
import type { Actor } from '../identity/actor.ts'
import { type Causes, causesOf, type Evidence } from '../incident/causes.ts'
import type { Incident } from '../incident/incident.ts'
import { numberOf } from '../incident/relapse.ts'
import { type GateSet, sealedSet } from '../seal/evidence.ts'
import { databaseItem, diskItem, healthItem, memoryItem, signsItem } from '../seal/evidence-facts.ts'
import { declaredService, nameOf } from './authorize.ts'
import { type Gate, now } from './gate.ts'
import { suspectsOf, takenBackWith } from './incident-changes.ts'
import { readable } from './incident-store.ts'

const TEXT_LIMIT = 16_777_216

/** What the runner sealed; asked again it answers the same. Throws runner.*. */
export async function sealSet(gate: Gate, incident: Incident, set: GateSet, by: string) {
  const { id, service } = incident
  const number = numberOf(incident, set)
  const answer = await gate.runner.ask('preserve', {
    incident: id,
    service,
    set,
    by,
    ...(number === 1 ? {} : { number }),
  })
  const read = decode(sealedSet, answer)
  if (!read.ok) throw new SekishoError('runner.protocol', { why: `preserve: ${read.at} ${read.why}` })
  const { repeated: _, ...sealed } = read.value
  return sealed
}

/** Looked for in what was sealed, and nowhere else. `healed`: the change after which health came back. */
export async function findCauses(gate: Gate, incident: Incident, healed?: ChangeId): Promise<Causes> {
  const service = declaredService(gate.policy(), incident.service)
  const of = (set: string) => incident.evidence.findLast((one) => one.set === set)
  const after = of('after')
  const takenBack = healed === undefined ? undefined : await takenBackWith(gate.db, incident, healed)
  return causesOf({
    level: incident.level,
    ...(takenBack === undefined ? {} : { takenBack }),
    before: await readSet(gate, incident.id, of('level1')),
    ...(after === undefined ? {} : { after: await readSet(gate, incident.id, after) }),
    since: incident.seenSince ?? incident.openedAt,
    // What ran until now, but for what was done about it.
    changes: (await suspectsOf(gate.db, service, now(gate))).suspects.filter(
      ({ change }) => !incident.recoveries.some((one) => one.change === change && one.what !== 'undo'),
    ),
    edited: incident.edited ?? [],
    ...(service.health === undefined ? {} : { url: service.health.url }),
    hasDatabase: (service.databases ?? []).length > 0,
  })
}

async function readSet(
  gate: Gate,
  incident: IncidentId,
  set: Incident['evidence'][number] | undefined,
): Promise<Evidence> {
  const read = async <T>(name: string, decoder: Decoder<T>): Promise<T | undefined> => {
    const item = set?.items.find((one) => one.name === name)
    if (item === undefined) return undefined
    try {
      const decoded = decode(decoder, parseJson(await itemText(gate, incident, item.item, 'sekisho')))
      return decoded.ok ? decoded.value : undefined
    } catch {
      return undefined // Changed, gone, or no JSON any more: not looked at, which the causes say.
    }
  }
  const [memory, disk, database, signs, health] = [
    await read('memory', memoryItem),
    await read('disk', diskItem),
    await read('database', databaseItem),
    await read('signs', signsItem),
    await read('health', healthItem),
  ]
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(disk === undefined ? {} : { disk }),
    ...(database === undefined ? {} : { database }),
    ...(signs === undefined ? {} : { signs }),
    ...(health === undefined ? {} : { health }),
  }
}

/** Without the secrets that the runner knows. Throws evidence.*, runner.*. */
async function itemText(gate: Gate, incident: IncidentId, item: string, by: string): Promise<string> {
  const parts: Buffer[] = []
  for (let offset = 0; offset < TEXT_LIMIT; ) {
    const part = await gate.runner.read({ kind: 'evidenceItem', incident, item, offset, by })
    const piece = Buffer.from(part.base64, 'base64')
    parts.push(piece)
    offset += piece.length
    if (part.last || piece.length === 0) break
  }
  return Buffer.concat(parts).toString('utf8')
}

export async function evidenceOf(gate: Gate, actor: Actor, id: IncidentId, item: string) {
  const { incident } = await readable(gate, actor, id, 'incident.evidence')
  const known = incident.evidence.flatMap(({ items }) => items).find((one) => one.item === item)
  return { item, name: known?.name ?? '', text: await itemText(gate, id, item, nameOf(actor)) }
}

/** Items and custody compared by the runner with its journal, and the journal's items with those of the incident. */
export async function verifyEvidence(gate: Gate, actor: Actor, id: IncidentId): Promise<EvidenceCheckView> {
  const { incident } = await readable(gate, actor, id, 'incident.read')
  const { facts } = await gate.runner.read({ kind: 'evidenceCheck', incident: id, by: nameOf(actor) })
  const told = new Map(facts.items.map((one) => [one.item, one.digest]))
  const differs = incident.evidence
    .flatMap(({ items }) => items)
    .filter(({ item, digest }) => told.get(item) !== digest)
    .map(({ item }) => item)
  const items = facts.items.map(({ item, name, set, found }) => ({ item, name, set, found }))
  const isEqual = ({ found }: { readonly found: string }) => found === 'equal' || found === 'dropped'
  // Nothing sealed is nothing verified.
  const sound =
    items.length > 0 &&
    items.every(isEqual) &&
    facts.custody.every(isEqual) &&
    facts.added === 0 &&
    differs.length === 0
  return { sound, items, custody: [...facts.custody], added: facts.added, differs }
}
