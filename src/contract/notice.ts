// The shapes of notices, pings and alerts at the door.
import { z } from 'zod'
import { actorName, instant } from './change.ts'

export const noticeId = z.string().regex(/^NTC-[0-9a-z-]{1,40}$/, 'notice_id')
export const sourceName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,30}$/, 'name')
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'storable')

export const noticeQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).optional() })
export const noticeView = z.object({
  id: z.string(),
  kind: z.string(),
  severity: z.enum(['info', 'warning', 'red']),
  service: z.string().optional(),
  subject: z.string().optional(),
  at: instant,
  /** `muted`: open, and told to nobody until then. */
  state: z.enum(['open', 'muted', 'acknowledged', 'resolved', 'withdrawn']),
  mutedUntil: instant.optional(),
  acknowledgedBy: actorName.optional(),
  reason: z.string().optional(),
  endedAt: instant.optional(),
  items: z.number(),
  title: z.object({ ja: z.string(), en: z.string() }),
  lines: z.object({ ja: z.array(z.string()), en: z.array(z.string()) }),
  channels: z.array(z.string()).optional(),
  /** Who was told when by which channel, and what did not arrive. */
  attempts: z.array(
    z.object({
      channel: z.string(),
      person: z.string().optional(),
      at: instant,
      accepted: z.boolean(),
      answer: z.string(),
    }),
  ),
})
export type NoticeView = z.infer<typeof noticeView>
export const noticeList = z.object({ notices: z.array(noticeView) })

export const noticeTest = z.strictObject({ channels: z.array(sourceName).min(1).max(50).optional() })
export const noticeAcknowledge = z.strictObject({ reason: line(500).optional() })
export const noticeMute = z.strictObject({
  minutes: z.number().int().min(1).max(10_080),
  reason: line(500),
})

export const pingTaken = z.object({ name: z.string(), at: instant })

const pairs = z.record(z.string().max(1000), z.string().max(100_000))
/**
 * What Alertmanager posts (version 4): `alerts`. Any other program gives a title, and an id where the same alert can have another title.
 * Fields that are not read here may stand beside.
 */
export const alertMessage = z
  .object({
    alerts: z
      .array(
        z.object({
          status: z.enum(['firing', 'resolved']),
          labels: pairs,
          annotations: pairs.optional(),
          fingerprint: line(200).optional(),
        }),
      )
      .max(20_000)
      .optional(),
    id: line(200).optional(),
    title: line(300).optional(),
    status: z.enum(['firing', 'resolved']).optional(),
    severity: z.enum(['warning', 'red']).optional(),
    service: line(63).optional(),
    text: line(10_000).optional(),
  })
  .refine(({ alerts, title }) => alerts !== undefined || title !== undefined, {
    path: ['title'],
    message: 'missing',
  })
export type AlertMessage = z.infer<typeof alertMessage>
export const alertsTaken = z.object({ taken: z.number(), firing: z.number() })

export const maintenanceWish = z.strictObject({
  minutes: z.number().int().min(1).max(10_080),
  reason: line(500),
})
export const maintenanceView = z.object({
  service: z.string(),
  phase: z.enum(['turning_on', 'on', 'turning_off', 'off']),
  by: z.string(),
  reason: z.string(),
  since: instant,
  /** It ends by itself then. */
  until: instant,
  why: z.string().optional(),
})
export type MaintenanceView = z.infer<typeof maintenanceView>
export const maintenanceList = z.object({ maintenance: z.array(maintenanceView) })
