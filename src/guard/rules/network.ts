// What leaves the host, and what changes elsewhere.
import type { Rules } from './rule.ts'

export const NETWORK_RULES: Rules = {
  'net.firewall': { rule: 'net.firewall', verdict: 'ask' },
  'net.mutate': { rule: 'http.mutate', verdict: 'ask' },
}
