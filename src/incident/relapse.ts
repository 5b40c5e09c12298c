// What is left of a recovery that did not last, and what has to be done anew. Rules.
import type { Instant } from '../base/time.ts'
import type { GateSet } from '../seal/evidence.ts'
import type { Incident } from './incident.ts'

/** Nothing of it counts as recovered any more, what was done for it is not waited for, and causes are looked for anew. */
export function relapsed(incident: Incident, state: Incident['state'], at: Instant): Incident {
  const { recoveredAt: _recovered, resolvedAt: _resolved, causes: _causes, ...rest } = incident
  return {
    ...rest,
    state,
    relapse: {
      at,
      level1: setsOf(incident, 'level1'),
      after: setsOf(incident, 'after'),
      recoveries: incident.recoveries.length,
    },
    recoveries: incident.recoveries.map((one) => ({ ...one, failed: true })),
  }
}

const setsOf = ({ evidence }: Pick<Incident, 'evidence'>, set: GateSet): number =>
  evidence.filter((one) => one.set === set).length

/** Which set of this name is the one of now, from 1. Counted, for a clock may be set. */
export const numberOf = ({ relapse }: Pick<Incident, 'relapse'>, set: GateSet): number =>
  (relapse?.[set] ?? 0) + 1

/** Sealed since it began, or since it came back. */
export const isSealed = (incident: Pick<Incident, 'evidence' | 'relapse'>, set: GateSet): boolean =>
  setsOf(incident, set) >= numberOf(incident, set)

/** What there was to see when it came back is evidence too, and goes with the next restart. */
export const isToSealAgain = (incident: Incident): boolean =>
  incident.level !== 3 && incident.relapse !== undefined && !isSealed(incident, 'level1')

/** It came back, and nothing was tried since. */
export const isUntried = ({ relapse, recoveries }: Pick<Incident, 'relapse' | 'recoveries'>): boolean =>
  relapse !== undefined && recoveries.length === relapse.recoveries
