// Clouds, clusters, containers, and what is hosted elsewhere.
import type { Rules } from './rule.ts'

export const INFRA_RULES: Rules = {
  'infra.destroy': { rule: 'infra.destroy', verdict: 'deny' },
  'infra.delete': { rule: 'infra.delete', verdict: 'ask' },
  'infra.scale-down': { rule: 'infra.scale-down', verdict: 'ask' },
  'infra.drain': { rule: 'infra.drain', verdict: 'ask' },
  'infra.prune': { rule: 'infra.prune', verdict: 'ask' },
  'infra.apply': { rule: 'infra.apply', verdict: 'ask' },
  'infra.expose': { rule: 'infra.expose', verdict: 'ask' },
  'infra.change': { rule: 'infra.change', verdict: 'ask' },
}
