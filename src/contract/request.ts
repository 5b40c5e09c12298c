// The shape of a change of data by a request, as every door speaks it.
import { z } from 'zod'

const body = z
  .string()
  .max(16_384)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'storable')

/** A declared call of the service's own interface. */
export const requestWish = z.strictObject({
  call: z.string().min(1).max(50),
  params: z.record(z.string().max(50), z.string().max(200)),
  body: body.optional(),
  inverseBody: body.optional(),
  /** It has no declared inverse: only a restore takes it back. */
  irreversible: z.literal(true).optional(),
})
