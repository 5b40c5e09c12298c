// Clouds, clusters, containers, and what is hosted elsewhere.
import type { Effect } from '../effect.ts'
import type { Compiled } from '../policy.ts'
import type { Rule, Rules } from './rule.ts'
import { isCalled } from './services.ts'

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

export const REVEAL_RULES = {
  'infra.reveal': { rule: 'infra.reveal', verdict: 'ask' },
} as const satisfies Rules

/** Values of secrets that are shown for themselves; `among` much else they matter where they are of a declared service. */
export function revealRule(
  { verb, on, note }: Effect,
  { policy }: Compiled,
): { readonly rule: Rule; readonly service?: string } | undefined {
  if (verb !== 'infra.reveal' || on.kind !== 'infra') return undefined
  const rule = REVEAL_RULES[verb]
  const found = policy.services.find((service) => isCalled(on.platform, on.name ?? [], service))
  if (found !== undefined) return { rule, service: found.name }
  return note === 'among' ? undefined : { rule }
}
