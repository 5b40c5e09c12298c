// `sudo sekisho evidence export|hold|release ID`: raw bytes and the hold, at the runner's admin socket alone. No gate is needed.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sha256 } from '../../base/hash.ts'
import { type IncidentId, isIncidentId } from '../../base/id.ts'
import type { EvidenceItem } from '../../seal/evidence.ts'
import { fileError, writeDurable } from '../../sys/files.ts'
import { INCIDENT_WORDS } from '../../words/incident.ts'
import { type Call, option } from '../command.ts'
import { askOwner, whoTypes } from '../rules-file.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const given = call.positionals[0] ?? ''
  if (!isIncidentId(given)) throw new SekishoError('incident.unknown', { incident: given })
  if (call.words === 'evidence export') return exported(call, given)
  const held = call.words === 'evidence hold'
  await askOwner(call, (runner) => runner.ask('evidenceHold', { incident: given, held, by: whoTypes(call) }))
  if (terminal.json) terminal.answer({ incident: given, held })
  else terminal.say(INCIDENT_WORDS.hold[terminal.language](given, held))
  return EXIT.done
}

/** Each item as it was sealed, 0600 in a directory of its own; the digest is compared again here. */
async function exported(call: Call, incident: IncidentId): Promise<ExitCode> {
  const { terminal } = call
  const { facts } = await askOwner(call, (runner) => runner.read({ kind: 'evidence', incident }))
  const only = option(call, 'item')
  const items = facts.sets
    .flatMap((set) => set.items)
    .filter(({ item }) => only === undefined || item === only)
  if (items.length === 0) throw new SekishoError('evidence.unknown', { incident, item: only ?? '' })
  const directory = resolve(option(call, 'out') ?? incident)
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileError(directory, cause)
  })
  for (const one of items) {
    const bytes = await rawBytes(call, incident, one)
    const name = `${one.item}-${one.name.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`
    await writeDurable(join(directory, name), bytes, { mode: 0o600 })
  }
  if (terminal.json) terminal.answer({ incident, directory, items: items.map(({ item }) => item) })
  else terminal.say(INCIDENT_WORDS.exported[terminal.language](items.length, directory))
  return EXIT.done
}

async function rawBytes(call: Call, incident: IncidentId, { item, digest }: EvidenceItem): Promise<Buffer> {
  const by = whoTypes(call)
  const parts: Buffer[] = []
  for (let offset = 0; ; ) {
    const part = await askOwner(call, (runner) => runner.ask('evidenceRaw', { incident, item, offset, by }))
    const piece = Buffer.from(part.base64, 'base64')
    parts.push(piece)
    offset += piece.length
    if (part.last || piece.length === 0) break
  }
  const bytes = Buffer.concat(parts)
  if (sha256(bytes) !== digest) throw new SekishoError('evidence.changed', { incident, item })
  return bytes
}
