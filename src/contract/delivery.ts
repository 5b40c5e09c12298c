// How the commit of a kept change of code stands, as the doors show it.
import { z } from 'zod'

export const delivery = z.object({
  state: z.enum(['committed', 'commitFailed', 'pushed', 'pushFailed']),
  commit: z.string(),
  branch: z.string().optional(),
  /** The address that is declared. */
  push: z.string().optional(),
  why: z.string().optional(),
})
