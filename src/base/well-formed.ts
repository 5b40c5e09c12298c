// The values of a refusal as text that can be written down and sent.
import type { Detail } from './error-values.ts'

/** Values quote what was refused, cut to length: half of a pair must not keep the refusal from being written down or sent. */
export function wellFormed(detail: Detail): Detail {
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [
      key,
      typeof value === 'string'
        ? value.toWellFormed()
        : Array.isArray(value)
          ? value.map((one: string) => one.toWellFormed())
          : value,
    ]),
  )
}
