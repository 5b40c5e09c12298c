// The shapes of incidents at the door.
import { z } from 'zod'
import { CAUSE_CODES, CAUSE_KINDS, NOT_LOOKED_CODES } from '../words/incident-causes.ts'
import { actorName, changeId, digest, instant, serviceName } from './change.ts'
import { incidentId } from './incident-id.ts'

export const LEVELS = [1, 2, 3] as const
export type Level = (typeof LEVELS)[number]
export const INCIDENT_STATES = [
  'declared',
  'preserving',
  'containing',
  'diagnosing',
  'mitigating',
  'recovering',
  'monitoring',
  'resolved',
  'review_due',
  'closed',
  'false_alarm',
] as const
export type IncidentState = (typeof INCIDENT_STATES)[number]
export const INCIDENT_ROLES = ['commander', 'operations', 'communication'] as const
export type IncidentRole = (typeof INCIDENT_ROLES)[number]

export { incidentId }
export const evidenceItem = z.string().regex(/^E\d{2,6}$/, 'evidence_item')
const storable = (text: string) => text.isWellFormed() && !text.includes('\0')
/** What a next line has in the place of a person's words. */
const isWritten = (text: string) => !/^(?:…|\.\.\.|REASON)$/.test(text.trim())
const prose = z.string().min(1).max(4000).refine(storable, 'storable').refine(isWritten, 'written')
const level = z.union([z.literal(1), z.literal(2), z.literal(3)])

export const incidentWish = z.strictObject({
  service: serviceName,
  level: level.optional(),
  because: prose.optional(),
  /** When users were first hit, where somebody knows. */
  seenSince: instant.optional(),
})
export const incidentQuery = z.object({ all: z.enum(['true', 'false']).optional() })
export const noteWish = z.strictObject({ text: prose, status: z.boolean().optional() })
export const roleWish = z.strictObject({ role: z.enum(INCIDENT_ROLES), person: actorName })
export const handoverWish = z.strictObject({ to: actorName, note: prose })
export const dismissWish = z.strictObject({ reason: prose })
export const recoverWish = z.strictObject({ change: changeId })
export const skipWish = z.strictObject({ reason: prose })
export const closeWish = z.strictObject({
  cause: prose.optional(),
  actions: z
    .array(z.strictObject({ owner: z.string().min(1).max(200), what: prose }))
    .max(50)
    .optional(),
  /** Why the time that health must stay green is not waited for. */
  withoutSoak: prose.optional(),
})
export const reportQuery = z.object({ language: z.enum(['ja', 'en']).optional() })
export const itemQuery = z.object({ item: evidenceItem })

const values = z.record(z.string(), z.union([z.string(), z.number()]))
const sealedSet = z.object({
  set: z.string(),
  at: instant,
  items: z.array(z.object({ item: z.string(), name: z.string(), digest, size: z.number() })),
  gaps: z.array(z.object({ name: z.string(), why: z.string() })),
  milliseconds: z.number(),
  by: z.string(),
})

/** What is to be done next. `does`: `incident next` does it. `type`: a line to be typed by a person. `waits`: something under way. */
export const nextAction = z.object({
  what: z.enum([
    'seal',
    'restart',
    'change_waits',
    'change_runs',
    'look',
    'recovery',
    'restore',
    'sign_isolation',
    'isolate',
    'capture',
    'recover_change',
    'reconnect',
    'soak',
    'close',
    'review',
    'report',
    'nothing',
  ]),
  kind: z.enum(['does', 'type', 'waits', 'over']),
  type: z.string().optional(),
  change: changeId.optional(),
  until: instant.optional(),
})
export type NextAction = z.infer<typeof nextAction>

export const incidentLine = z.object({
  id: incidentId,
  level,
  state: z.enum(INCIDENT_STATES),
  service: serviceName,
  because: z.string(),
  openedAt: instant,
  acknowledged: z.boolean(),
  next: nextAction,
})
export const incidentList = z.object({ incidents: z.array(incidentLine) })

export const incidentView = incidentLine.extend({
  /** Another open incident of the service was joined. */
  joined: z.boolean().optional(),
  openedBy: z.string(),
  seenSince: instant.optional(),
  /** What was seen by itself. */
  sources: z.array(z.object({ kind: z.enum(['check', 'change', 'alert']), ref: z.string(), at: instant })),
  /** How many alerts it stands for, and how many of them fire now. */
  alerts: z.object({ count: z.number(), firing: z.number() }).optional(),
  /** Whom notices of it reached: how many channels are declared, and how many deliveries are on the record. */
  reached: z.object({ channels: z.number(), deliveries: z.number() }).optional(),
  isolation: z
    .object({
      event: z.enum(['asked', 'applied', 'kept', 'undone', 'ended']),
      at: instant,
      by: z.string().optional(),
      why: z.string().optional(),
    })
    .optional(),
  roles: z.object({
    commander: actorName.optional(),
    operations: actorName.optional(),
    communication: actorName.optional(),
  }),
  acknowledgedBy: z.object({ by: actorName, at: instant }).optional(),
  evidence: z.array(sealedSet),
  suspects: z.array(
    z.object({
      change: changeId,
      pattern: z.string(),
      what: z.string(),
      startedAt: instant,
      endedAt: instant.optional(),
      outcome: z.enum(['kept', 'open', 'taken_back']),
      undoMs: z.number().optional(),
      /** That `change rollback` cannot take it back: not at all, or with values that a person has to know. */
      back: z
        .union([
          z.object({ kind: z.literal('none') }),
          z.object({ kind: z.literal('values'), options: z.string(), keys: z.array(z.string()) }),
        ])
        .optional(),
    }),
  ),
  /** So many older ones of that day are not among them: `change list` has them. */
  suspectsLeftOut: z.number().optional(),
  recoveries: z.array(
    z.object({
      change: changeId,
      what: z.string(),
      at: instant,
      state: z.string(),
      /** It ended, and the service was not healthy after it. */
      failed: z.boolean().optional(),
    }),
  ),
  held: z
    .object({ step: z.string(), code: z.string(), detail: z.record(z.string(), z.unknown()) })
    .optional(),
  causes: z
    .object({
      causes: z.array(z.object({ kind: z.enum(CAUSE_KINDS), code: z.enum(CAUSE_CODES), values })),
      /** What follows from the causes. */
      seen: z.array(z.object({ kind: z.enum(CAUSE_KINDS), code: z.enum(CAUSE_CODES), values })).optional(),
      notLooked: z.array(z.object({ kind: z.enum(CAUSE_KINDS), code: z.enum(NOT_LOOKED_CODES), values })),
      clear: z.array(z.enum(CAUSE_KINDS)),
    })
    .optional(),
  notes: z.array(z.object({ text: z.string(), by: z.string(), at: instant, status: z.boolean() })),
  /** Declared files that differ from what is known of them, and no change made them so. */
  edited: z.array(z.object({ path: z.string(), since: instant })).optional(),
  recoveredAt: instant.optional(),
  resolvedAt: instant.optional(),
  review: z
    .object({
      cause: z.string(),
      by: actorName,
      at: instant,
      actions: z.array(z.object({ owner: z.string(), what: z.string() })),
    })
    .optional(),
  closedAt: instant.optional(),
  statusDueAt: instant.optional(),
  escalatesAt: instant.optional(),
})
export type IncidentView = z.infer<typeof incidentView>

export const incidentReport = z.object({
  id: incidentId,
  language: z.enum(['ja', 'en']),
  markdown: z.string(),
})
export const evidenceText = z.object({ item: z.string(), name: z.string(), text: z.string() })
const compared = z.enum(['equal', 'changed', 'missing', 'dropped'])
export const evidenceCheck = z.object({
  sound: z.boolean(),
  items: z.array(z.object({ item: z.string(), name: z.string(), set: z.string(), found: compared })),
  custody: z.array(z.object({ n: z.number(), item: z.string().optional(), found: compared })),
  added: z.number(),
  /** Items of the ledger that the runner does not have as the ledger says. */
  differs: z.array(z.string()),
})
export type EvidenceCheckView = z.infer<typeof evidenceCheck>
