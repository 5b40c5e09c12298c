// The shape of a change by a declared command, as every door speaks it.
import { z } from 'zod'

export const commandWish = z.strictObject({
  name: z.string().min(1).max(50),
  /** It has no declared way back: only a restore takes it back. */
  irreversible: z.literal(true).optional(),
})
