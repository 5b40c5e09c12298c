// The risk tier of a plan, by rule from its actions (security.md §7): never chosen by its author.
import { type Action, isLight } from '../plans/actions.ts'
import type { Plan } from '../plans/plan.ts'
import type { Tier } from '../plans/policy.ts'

/** 1: restart and reload of a declared unit. 2: what is taken back by what was tried. 3: a migration or a request that only a restore takes back. */
export function tierOf(plan: Plan): Tier {
  const light = plan.actions.every(({ action }) => isLight(action))
  if (light) return 1
  return plan.actions.some(({ action }) => isForGood(action)) ? 3 : 2
}

/** Nothing but a restore takes it back. */
function isForGood(action: Action): boolean {
  if (action.kind === 'request') return action.inverse === undefined
  if (action.kind === 'exec') return action.own !== undefined && action.own.back === undefined
  return action.kind === 'migrate' && action.down === undefined
}

/** May a standing statement cover it? One unit, restarted or reloaded, nothing else. */
export function isStandingWork(plan: Plan): boolean {
  return plan.pattern === 'service' && plan.actions.length === 1 && tierOf(plan) === 1
}
