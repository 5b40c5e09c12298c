// What shall become of one declared file, as every door speaks it.
import { z } from 'zod'

export const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/[^\0\n]*$/, 'absolute_path')

/** What shall become of one declared file. */
export const fileWish = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('write'), path: absolutePath, base64: z.string().max(1_400_000) }),
  z.strictObject({ kind: z.literal('delete'), path: absolutePath }),
  z.strictObject({ kind: z.literal('link'), path: absolutePath, target: z.string().min(1).max(4096) }),
])
export type FileWish = z.infer<typeof fileWish>
