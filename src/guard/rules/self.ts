// The gate itself (domain §7).
import type { Rules } from './rule.ts'

export const SELF_RULES: Rules = {
  'guard.change': { rule: 'self.guard', verdict: 'deny' },
}
