// The shapes of checks at the door: a look now, how each stands, its history, and what people say of it.
import { z } from 'zod'
import { CHECK_STATES } from '../checks/result.ts'
import { actorName, instant, serviceName } from './change.ts'

/** `daily`, `weekly`, an item (`api`), or a check (`mirai/api`, `host/disk:/var`). */
export const checkName = z
  .string()
  .max(1200)
  .regex(/^(?:\*|[a-z0-9][a-z0-9._/*-]*(?::[^\0\n]+)?)$/, 'check_name')
/** Of one service alone. */
export const checkQuery = z.object({ service: actorName.optional() })

/** `no_data`: it was asked and there is no answer. It is no good sign, and is never shown as one. */
const state = z.enum(CHECK_STATES)
const values = z.record(z.string(), z.unknown())
export const checkItem = z.object({
  item: z.string(),
  /** Its whole name, where there is a check of it. */
  check: z.string().optional(),
  state,
  code: z.string(),
  values,
  /** How the check stands, where this look alone does not change that: the next looks must say the same. */
  stands: z.object({ state, flapping: z.boolean() }).optional(),
})
export type CheckItem = z.infer<typeof checkItem>
export const checkView = z.object({
  name: checkName,
  at: instant,
  services: z.array(z.object({ service: serviceName, items: z.array(checkItem) })),
})
export type CheckView = z.infer<typeof checkView>

const acknowledged = z.object({ at: instant, by: actorName, reason: z.string() })
/** Who muted what, why, and until when. */
export const muteHeld = z.object({
  pattern: z.string(),
  at: instant,
  until: instant,
  /** Somebody, or the execution whose maintenance holds it (`CHG-2026-0001/1`). */
  by: z.string().min(1).max(200),
  reason: z.string(),
})
export type MuteHeld = z.infer<typeof muteHeld>
/** A stored result with its age: nothing is looked at when it is shown. */
export const checkLine = z.object({
  check: z.string(),
  item: z.string(),
  service: serviceName.optional(),
  group: z.enum(['daily', 'weekly']).optional(),
  state: z.enum([...CHECK_STATES, 'not_looked_at']),
  since: instant.optional(),
  lookedAt: instant.optional(),
  everyMs: z.number(),
  code: z.string(),
  values,
  value: z.number().optional(),
  flapping: z.literal(true).optional(),
  /** When what `code` says was seen. */
  saidAt: instant.optional(),
  /** What the newest look saw, where the state is held and `code` says something else. */
  newest: z.object({ state, code: z.string(), values }).optional(),
  finding: z.string().optional(),
  /** It follows from that check, which has a finding of its own. */
  causedBy: z.string().optional(),
  acknowledged: acknowledged.optional(),
  mutedUntil: instant.optional(),
  /** The mute that ends last. */
  muted: muteHeld.optional(),
})
export type CheckLine = z.infer<typeof checkLine>
export const checkList = z.object({ at: instant, checks: z.array(checkLine) })
export type CheckList = z.infer<typeof checkList>

export const checkDetail = checkLine.extend({
  at: instant,
  findings: z.array(
    z.object({
      id: z.string(),
      openedAt: instant,
      worst: state,
      code: z.string(),
      values,
      resolvedAt: instant.optional(),
      acknowledged: acknowledged.optional(),
      causedBy: z.string().optional(),
    }),
  ),
  /** How many there are in all; the newest are listed. */
  findingsInAll: z.number().optional(),
})
export type CheckDetail = z.infer<typeof checkDetail>

export const historyQuery = z.object({ hours: z.coerce.number().int().min(1).max(8784).optional() })
/** Equal steps; one in which a look was due and nobody looked is not in the list. `samples` 0: none was due. */
export const checkHistory = z.object({
  at: instant,
  check: z.string(),
  item: z.string(),
  from: instant,
  stepMs: z.number(),
  steps: z.array(z.object({ at: instant, state, samples: z.number(), value: z.number().optional() })),
  findings: z.array(
    z.object({ id: z.string(), openedAt: instant, worst: state, resolvedAt: instant.optional() }),
  ),
  /** What people said of it in this time, from the ledger, the oldest first. */
  said: z.array(
    z.object({
      at: instant,
      kind: z.enum(['muted', 'mute_ended', 'acknowledged']),
      by: z.string(),
      reason: z.string().optional(),
      pattern: z.string().optional(),
      until: instant.optional(),
      seq: z.number(),
    }),
  ),
})
export type CheckHistory = z.infer<typeof checkHistory>

const reason = z.string().min(1).max(500)
export const muteRequest = z.strictObject({ minutes: z.number().int().min(1).max(1_000_000), reason })
export const muted = z.object({ pattern: z.string(), until: instant })
export type Muted = z.infer<typeof muted>
export const acknowledgeRequest = z.strictObject({ reason })
