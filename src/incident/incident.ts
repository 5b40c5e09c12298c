// The incident: the aggregate, and the one table state × event. Rules: which state follows which, and what each step needs.
import { type Answer, refused } from '../base/error.ts'
import type { ActorId, ChangeId, IncidentId, ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { IncidentRole, IncidentState, Level } from '../contract/incident.ts'
import type { SealedSet } from '../seal/evidence.ts'
import type { Causes } from './causes.ts'

/** A change of the last day, and how long its way back took when it was tried. */
export interface Suspect {
  readonly change: ChangeId
  readonly pattern: string
  /** What it touched: file paths, a unit, a data directory. */
  readonly what: string
  /** When its execution began: from then on it may have had an effect. */
  readonly startedAt: Instant
  /** Absent while it runs. */
  readonly endedAt?: Instant
  readonly outcome: 'kept' | 'open' | 'taken_back'
  /** How long the trial of its undo took; absent: not measured. */
  readonly undoMs?: number
  /** That `change rollback` cannot take it back: `values` with the options of `do config` and the variables whose values a person has to know. */
  readonly back?:
    | { readonly kind: 'none' }
    | { readonly kind: 'values'; readonly options: string; readonly keys: readonly string[] }
}

/** A change that was made for this incident. */
export interface Recovery {
  readonly change: ChangeId
  /** `undo`: a change whose proof was red, taken back by itself as its plan says. */
  readonly what: 'restart' | 'restore' | 'rollback' | 'undo' | 'other'
  readonly at: Instant
  /** It ended, and the service was not healthy after it. */
  readonly failed?: boolean
}

export interface Note {
  readonly text: string
  readonly by: ActorId
  readonly at: Instant
  /** A status for those who wait: the next one is due 30 minutes later. */
  readonly status: boolean
}

export interface Told {
  readonly at: Instant
  readonly why: 'opened' | 'unacknowledged' | 'relapsed' | 'status_due' | 'review_due'
  /** Which step of the escalation; 0 when it was opened. */
  readonly step: number
  readonly people: readonly ActorId[]
}

/** What was seen by itself: a finding, a change that failed, or a source of alerts. */
export interface Source {
  readonly kind: 'check' | 'change' | 'alert'
  readonly ref: string
  readonly at: Instant
}

/** What became of the isolation of the host, as the runner wrote it down last. */
export interface Isolation {
  readonly event: 'asked' | 'applied' | 'kept' | 'undone' | 'ended'
  readonly at: Instant
  /** By whom it was asked. */
  readonly by?: string
  /** Why it was undone, or the execution that ended it. */
  readonly why?: string
}

/** A declared file that differs from what is known of it, and no change made it so. */
export interface EditedFile {
  readonly path: string
  /** When that was seen first. */
  readonly since: Instant
}

/** What closing needs: the beginning of the review. */
export interface Review {
  readonly cause: string
  readonly by: ActorId
  readonly at: Instant
  /** What follows, and who does it. */
  readonly actions: readonly { readonly owner: string; readonly what: string }[]
}

export interface Incident {
  readonly id: IncidentId
  readonly level: Level
  readonly state: IncidentState
  readonly service: ServiceName
  readonly host: string
  readonly openedAt: Instant
  readonly openedBy: ActorId | 'system'
  readonly because: string
  /** When the trouble was first seen; absent: not known. */
  readonly seenSince?: Instant
  /** Absent where only people said so. */
  readonly sources?: readonly Source[]
  readonly isolation?: Isolation
  readonly roles: Readonly<Partial<Record<IncidentRole, ActorId>>>
  readonly acknowledged?: { readonly by: ActorId; readonly at: Instant }
  readonly evidence: readonly (SealedSet & { readonly at: Instant })[]
  /** Said by the commander: evidence is not waited for. */
  readonly evidenceSkipped?: { readonly by: ActorId; readonly at: Instant; readonly reason: string }
  readonly suspects: readonly Suspect[]
  /** So many older ones of that day are not among them. */
  readonly suspectsLeftOut?: number
  readonly recoveries: readonly Recovery[]
  /** Why the last automatic step was not done: a code of errors. */
  readonly held?: {
    readonly step: string
    readonly code: string
    readonly detail: Readonly<Record<string, unknown>>
  }
  readonly causes?: Causes
  /** Those that differ, as far as they were looked at: one that is declared no more stays. */
  readonly edited?: readonly EditedFile[]
  readonly notes: readonly Note[]
  readonly told: readonly Told[]
  /** Health was green, N of M. */
  readonly recoveredAt?: Instant
  readonly resolvedAt?: Instant
  /** That it came back, the last time: what there was by then of evidence and recoveries. */
  readonly relapse?: {
    readonly at: Instant
    readonly level1: number
    readonly after: number
    readonly recoveries: number
  }
  readonly review?: Review
  readonly closedAt?: Instant
}

export type IncidentEvent =
  | 'preserve'
  | 'contain'
  | 'diagnose'
  | 'mitigate'
  | 'recover'
  | 'recovered'
  | 'relapse'
  | 'resolve'
  | 'review'
  | 'close'
  | 'dismiss'

const dismiss = { dismiss: 'false_alarm' } as const
const TRANSITIONS: Readonly<Record<IncidentState, Readonly<Partial<Record<IncidentEvent, IncidentState>>>>> =
  {
    declared: { preserve: 'preserving', contain: 'containing', ...dismiss },
    preserving: { contain: 'containing', ...dismiss },
    containing: { diagnose: 'diagnosing', mitigate: 'mitigating', ...dismiss },
    diagnosing: { mitigate: 'mitigating', ...dismiss },
    mitigating: { recover: 'recovering', ...dismiss },
    recovering: { recovered: 'monitoring', relapse: 'mitigating' },
    monitoring: { resolve: 'resolved', relapse: 'mitigating' },
    resolved: { review: 'review_due', relapse: 'mitigating' },
    review_due: { close: 'closed', relapse: 'mitigating' },
    closed: {},
    false_alarm: {},
  }

/** How a recovery change stands, as the gate knows it. */
export interface RecoveryFacts {
  readonly change: ChangeId
  /** `people`: a person approved what runs. `standing`: a standing statement let it in. `no`: neither, or it holds no more. */
  readonly approved: 'people' | 'standing' | 'no'
}

/**
 * S48: from `mitigating` nothing leads to `recovering` but an approved recovery change of this incident; at level 3 one that a person has
 * approved. Evidence of level 3 is sealed before it is contained, or the commander has said that it is not waited for.
 */
export function nextState(
  {
    id,
    state,
    level,
    evidence,
    evidenceSkipped,
  }: Pick<Incident, 'id' | 'state' | 'level' | 'evidence' | 'evidenceSkipped'>,
  event: IncidentEvent,
  recoveries: readonly RecoveryFacts[] = [],
): Answer<{ readonly state: IncidentState }> {
  const to = TRANSITIONS[state][event]
  if (to === undefined) return refused('incident.wrong_state', { incident: id, state, event })
  if (to === 'recovering' && !recoveries.some((one) => counts(one, level)))
    return refused('incident.recovery_unapproved', { incident: id, level })
  if (to === 'containing' && level === 3 && !isPreserved({ evidence, evidenceSkipped }))
    return refused('incident.evidence_open', { incident: id })
  return { ok: true, state: to }
}

/** At level 3 what is gone with the network was sealed, and not only asked for; or the commander has said that it is not waited for. */
export const isPreserved = ({
  evidence,
  evidenceSkipped,
}: {
  readonly evidence: Incident['evidence']
  readonly evidenceSkipped?: Incident['evidenceSkipped'] | undefined
}): boolean =>
  evidenceSkipped !== undefined || evidence.some(({ set, items }) => set === 'volatile' && items.length > 0)

function counts({ approved }: RecoveryFacts, level: Level): boolean {
  return approved === 'people' || (approved === 'standing' && level !== 3)
}

/** Somebody is to answer for it, and people are told until then. */
export const isOpen = ({ state }: Pick<Incident, 'state'>): boolean =>
  state !== 'closed' && state !== 'false_alarm'

/** Users are still hit, as far as is known. */
export const isAcute = ({ state }: Pick<Incident, 'state'>): boolean =>
  isOpen({ state }) && state !== 'resolved' && state !== 'review_due'
