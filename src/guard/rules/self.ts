// The gate itself: what an agent never does to it (domain §7). The same words from a person are the gate's own question.
import type { Effect } from '../effect.ts'
import { namesMeet, type Path } from '../path.ts'
import type { Actor } from '../request.ts'
import { originsOf } from '../stream.ts'
import { literal, prefix, show, type Value } from '../value.ts'
import type { Rule, Rules } from './rule.ts'

export const SELF_RULES: Rules = {
  'gate.approve': { rule: 'self.approve', verdict: 'deny' },
  'gate.policy': { rule: 'self.policy', verdict: 'deny' },
  'gate.key': { rule: 'self.key', verdict: 'deny' },
  'guard.change': { rule: 'self.guard', verdict: 'deny' },
}

const GUARD: Rule = { rule: 'self.guard', verdict: 'deny' }
/** Units of an installation (`install host`), and the accounts that its parts run under. */
const UNITS = [
  'sekisho-gate',
  'sekisho-store',
  'sekisho-runner',
  'sekisho-watch',
  'sekisho-boot',
  'sekisho',
] as const
const ACCOUNTS = new Set(['sekisho', 'sekisho-db', 'sekisho-watch'])
const STORE = 'sekisho'
/** What only a person asks of the gate's own interface, without its command line (http/routes.ts). */
const DECISIONS =
  /\/api\/v1\/(?:changes\/[^/?#]+\/(?:decision|abort)|standing(?:\/revoke)?|ledger\/fork|guard\/resume|agents\/token|login\/(?:start|finish))\/?(?:[?#]|$)/
const APPROVE: Rule = { rule: 'self.approve', verdict: 'deny' }

/** The rule for an effect of an agent on the gate; undefined where it is on something else, or a person's. */
export function selfRule(effect: Effect, actor: Actor): Rule | undefined {
  if (actor === 'person') return undefined
  const rule = SELF_RULES[effect.verb] ?? asked(effect) ?? (touchesGate(effect) ? GUARD : undefined)
  if (rule === undefined || effect.certainty === 'exact') return rule
  return { ...rule, verdict: 'ask', kind: 'unclear' }
}

function asked({ verb, on }: Effect): Rule | undefined {
  if (verb !== 'net.mutate' || on.kind !== 'url') return undefined
  return DECISIONS.test(show(on.url).slice(0, 2_000)) ? APPROVE : undefined
}

function touchesGate({ verb, on, as }: Effect): boolean {
  if (as !== undefined && ACCOUNTS.has(as)) return true
  if (on.kind === 'service')
    return verb !== 'service.start' && verb !== 'service.reload' && on.all !== true && isOurs(on.name)
  if (on.kind === 'process') {
    if (on.by === 'pid') return originsOf(on.value).some((one) => one.from === 'file' && isOwnFile(one.path))
    const isNamed = on.by === 'name' || on.by === 'pattern'
    return isNamed && (literal(on.value) ?? prefix(on.value)).includes('sekisho')
  }
  return on.kind === 'database' && on.database === STORE && verb !== 'db.read'
}

/** `$(cat /run/sekisho/gate.pid)` */
const isOwnFile = (path: Path): boolean =>
  path.segments.some((one) => one !== 'tree' && (literal(one) ?? '').startsWith('sekisho'))

/** A name that speaks of a unit of ours; an open name is asked about as any service is. */
function isOurs(name: Value): boolean {
  const plain = literal(name)
  const bare: Value = plain === undefined ? name : [plain.replace(/\.(service|target|socket|slice)$/, '')]
  if (!prefix(bare).startsWith('sekisho')) return false
  return plain?.includes('*') === true || UNITS.some((one) => namesMeet(bare, [one]))
}
