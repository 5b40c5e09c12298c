// Which changes bring back what was there before.
import type { Change } from './change.ts'

/** It brings data, code or files back, or ends an isolation: users wait for it, so it does not wait until they were told. */
export function isWayBack({ takesBack, pattern }: Pick<Change, 'takesBack' | 'pattern'>): boolean {
  return takesBack !== undefined || pattern === 'data' || pattern === 'isolation'
}
