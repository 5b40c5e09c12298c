// A describe for tests that need something of the machine.
import { describe } from 'vitest'
import { missing, type Need, NOT_RUN } from './platform.ts'

/** A describe whose tests are listed by name as skipped where the machine cannot do it (the fixed list is in platform.ts). */
export function describeWith(need: Need, title: string, body: () => void): void {
  const lack = missing(need)
  if (lack.length === 0) describe(title, body)
  else describe.skip(`${title} ${NOT_RUN} ${lack.join(', ')}]`, body)
}
