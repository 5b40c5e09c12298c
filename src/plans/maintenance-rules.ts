// The declared commands that turn the maintenance of a service on and off.
import { type Decoder, integer, list, object, optional, text } from '../base/decode.ts'

export interface MaintenanceRules {
  readonly on: readonly string[]
  readonly off: readonly string[]
  /** Exits with 0 where the service is in maintenance. */
  readonly probe?: readonly string[]
  /** Checks of which nobody is told meanwhile; absent: all of the service. */
  readonly mutes?: readonly string[]
  /** A file for a page that users see. */
  readonly status?: string
  /** One maintenance lasts at most so long; two hours where nothing is said. */
  readonly longestSeconds?: number
}

const words = list(text({ max: 4096 }), 100)

export const maintenanceRules: Decoder<MaintenanceRules> = object({
  on: words,
  off: words,
  probe: optional(words),
  mutes: optional(list(text({ max: 1200 }), 50)),
  status: optional(text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })),
  longestSeconds: optional(integer(60, 604_800)),
})
