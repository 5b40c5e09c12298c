// Effects to answers. A rule speaks of an effect and never of a text: which verb, on what, how far (guard §7).
import type { Effect, Verb } from './effect.ts'
import type { Path } from './path.ts'
import type { Compiled } from './policy.ts'
import type { Actor } from './request.ts'
import { CODE_RULES, strictRule } from './rules/code.ts'
import { behindInterface, DATABASE_RULES, databaseRule } from './rules/database.ts'
import { debugRule } from './rules/debug.ts'
import { GIT_RULES, gitRule } from './rules/git.ts'
import { HOST_RULES } from './rules/host.ts'
import { INFRA_RULES, revealRule } from './rules/infra.ts'
import { NETWORK_RULES, networkRule } from './rules/network.ts'
import { judgePath } from './rules/paths.ts'
import { type Judged, type Rule, verdictOf } from './rules/rule.ts'
import { selfRule } from './rules/self.ts'
import { SERVICE_RULES, serviceRule } from './rules/services.ts'
import { unitRule } from './rules/units.ts'
import type { World } from './world.ts'

export type { Judged } from './rules/rule.ts'

const BY_VERB: Partial<Record<Verb, Rule>> = {
  ...GIT_RULES,
  ...HOST_RULES,
  ...SERVICE_RULES,
  ...INFRA_RULES,
  ...DATABASE_RULES,
  ...CODE_RULES,
  ...NETWORK_RULES,
}

/** A doubt is never a denial: what may not happen at all is asked about (guard §5). */
export function judgeEffect(effect: Effect, compiled: Compiled, actor: Actor, cwd: Path): readonly Judged[] {
  const all = judged(effect, compiled, actor, cwd)
  if (effect.certainty !== 'unknown') return all
  return all.map((one) => (one.verdict === 'deny' ? { ...one, verdict: 'ask', kind: 'unclear' } : one))
}

function judged(effect: Effect, compiled: Compiled, actor: Actor, cwd: Path): readonly Judged[] {
  const all: Judged[] = []
  if (effect.on.kind === 'path') {
    all.push(...judgePath(effect, effect.on.path, compiled, cwd))
    const unit = unitRule(effect, effect.on.path, compiled)
    if (unit !== undefined) all.push(verdictOf(unit.rule, compiled, unit.params))
  }
  const own = selfRule(effect, actor)
  if (own !== undefined) {
    all.push(verdictOf(own, compiled, effect.on.kind === 'program' ? { what: effect.on.name } : {}))
    if (own.verdict === 'deny') return all
  }
  const debugging = debugRule(effect, compiled)
  if (debugging !== undefined) {
    const { rule, ...params } = debugging
    all.push(verdictOf(rule, compiled, params))
  }
  const revealed = revealRule(effect, compiled)
  if (revealed !== undefined) {
    const { rule, ...params } = revealed
    all.push(verdictOf(rule, compiled, params))
  }
  const declared = serviceRule(effect, compiled)
  const service = behindInterface(effect, compiled.policy)
  if (declared !== undefined) all.push(verdictOf(declared.rule, compiled, { service: declared.service }))
  else if (service !== undefined)
    all.push(verdictOf({ rule: 'db.change', verdict: 'deny' }, compiled, { service }))
  else {
    const rule =
      databaseRule(effect, compiled.policy) ??
      gitRule(effect, compiled) ??
      networkRule(effect, compiled.policy) ??
      strictRule(effect, compiled.policy) ??
      BY_VERB[effect.verb]
    if (rule !== undefined) all.push(verdictOf(rule, compiled))
  }
  return all
}

export function judgeUnclear(world: World, compiled: Compiled): readonly Judged[] {
  // Whatever else was not understood before it.
  const code = world.unclear.find(({ why }) => why === 'unknown code')
  if (code === undefined) return []
  const judged = verdictOf({ rule: 'exec.unknown', verdict: 'ask', kind: 'unclear' }, compiled)
  return [{ ...judged, span: code.span }]
}
