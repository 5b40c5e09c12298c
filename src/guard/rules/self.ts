// The gate itself: what an agent never does to it (domain §7). The same words from a person are the gate's own question.
import type { Effect } from '../effect.ts'
import { namesMeet } from '../path.ts'
import type { Actor } from '../request.ts'
import { literal, prefix, type Value } from '../value.ts'
import type { Rule, Rules } from './rule.ts'

export const SELF_RULES: Rules = {
  'gate.approve': { rule: 'self.approve', verdict: 'deny' },
  'gate.policy': { rule: 'self.policy', verdict: 'deny' },
  'gate.key': { rule: 'self.key', verdict: 'deny' },
  'guard.change': { rule: 'self.guard', verdict: 'deny' },
}

const GUARD: Rule = { rule: 'self.guard', verdict: 'deny' }
/** Units of an installation (`install host`), and the accounts that its parts run under. */
const UNITS = ['sekisho-gate', 'sekisho-store', 'sekisho-runner', 'sekisho-boot', 'sekisho'] as const
const ACCOUNTS = new Set(['sekisho', 'sekisho-db'])
const STORE = 'sekisho'

/** The rule for an effect of an agent on the gate; undefined where it is on something else, or a person's. */
export function selfRule(effect: Effect, actor: Actor): Rule | undefined {
  if (actor === 'person') return undefined
  const rule = SELF_RULES[effect.verb] ?? (touchesGate(effect) ? GUARD : undefined)
  if (rule === undefined || effect.certainty === 'exact') return rule
  return { ...rule, verdict: 'ask', kind: 'unclear' }
}

function touchesGate({ verb, on, as }: Effect): boolean {
  if (as !== undefined && ACCOUNTS.has(as)) return true
  if (on.kind === 'service')
    return verb !== 'service.start' && verb !== 'service.reload' && on.all !== true && isOurs(on.name)
  if (on.kind === 'process')
    return (
      (on.by === 'name' || on.by === 'pattern') && (literal(on.value) ?? prefix(on.value)).includes('sekisho')
    )
  return on.kind === 'database' && on.database === STORE && verb !== 'db.read'
}

/** A name that speaks of a unit of ours; an open name is asked about as any service is. */
function isOurs(name: Value): boolean {
  const plain = literal(name)
  const bare: Value = plain === undefined ? name : [plain.replace(/\.(service|target|socket|slice)$/, '')]
  if (!prefix(bare).startsWith('sekisho')) return false
  return plain?.includes('*') === true || UNITS.some((one) => namesMeet(bare, [one]))
}
