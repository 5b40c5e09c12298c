// The shape of the routine checks at the door: each item a fact, with its state and the code of its sentence.
import { z } from 'zod'
import { CHECK_ITEM_NAMES } from '../words/check.ts'
import { actorName, instant, serviceName } from './change.ts'

export const CHECKS = ['daily', 'weekly'] as const
export const checkName = z.enum(CHECKS)
export type CheckName = z.infer<typeof checkName>
/** Of one service alone. */
export const checkQuery = z.object({ service: actorName.optional() })

/** `no_data`: it was asked and there is no answer. It is no good sign, and is never shown as one. */
export const checkItem = z.object({
  item: z.enum(CHECK_ITEM_NAMES),
  state: z.enum(['good', 'red', 'no_data']),
  code: z.string(),
  values: z.record(z.string(), z.unknown()),
})
export type CheckItem = z.infer<typeof checkItem>
export const checkView = z.object({
  name: checkName,
  at: instant,
  services: z.array(z.object({ service: serviceName, items: z.array(checkItem) })),
})
export type CheckView = z.infer<typeof checkView>
