// What a health probe saw, in the code that words/health.ts has a sentence for.
import type { HealthFacts } from '../seal/protocol.ts'

/** An answer of another status says which. */
export function seenBy({ why, status }: HealthFacts['attempts'][number]): string {
  return why === 'status' ? `status ${status ?? ''}` : `${why ?? status ?? ''}`
}
