// What a check found, as the doors show it.
import { z } from 'zod'

export const problem = z.object({
  code: z.string(),
  path: z.string().optional(),
  line: z.number().optional(),
  text: z.string(),
})
