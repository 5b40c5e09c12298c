// The isolation of this host as others reach it: its parts on one data directory, and the port through which targets, acts and proofs ask about it.
import type { KillPoint } from '../base/kill-point.ts'
import type { Clock } from '../base/time.ts'
import type { IsolationPort } from '../host/context.ts'
import type { run } from '../sys/process.ts'
import { loginFinder } from './logins.ts'
import { isolationPlaces, readIsolation } from './record.ts'
import { endIsolation, type SettleParts } from './settle.ts'
import { IsolationTable } from './table.ts'
import { Turns } from './turns.ts'

/** The parts of settling, for a process on this data directory. */
export function isolationParts({
  place,
  clock,
  process,
  killPoint,
}: {
  readonly place: { readonly state: string }
  readonly clock: Clock
  readonly process: typeof run
  readonly killPoint: KillPoint
}): SettleParts {
  const { record, lock } = isolationPlaces(place.state)
  return {
    path: record,
    turns: new Turns(lock, process),
    table: new IsolationTable(process),
    clock,
    newLogin: loginFinder(process),
    killPoint,
  }
}

export function isolationPort(parts: SettleParts): IsolationPort {
  const standing = async () => {
    const of = await readIsolation(parts.path)
    return of?.phase === 'trial' || of?.phase === 'kept' ? of : undefined
  }
  return {
    incident: async () => (await standing())?.incident,
    service: async () => (await standing())?.service,
    table: async () => (await parts.table.look()).state,
    end: (incident, execution) =>
      parts.turns.take(async () => {
        const of = await standing()
        if (of === undefined) return 'none'
        if (of.incident !== incident) return 'other'
        await endIsolation(of, parts, 'ended', { execution })
        return 'ended'
      }),
  }
}
