// The risk tier of a plan, by rule from its actions (security.md §7): never chosen by its author.
import { isLight } from '../plans/actions.ts'
import type { Plan } from '../plans/plan.ts'
import type { Tier } from '../plans/policy.ts'

/** 1: restart and reload of a declared unit. 2: configuration, start and stop. Tier 3 does not exist in this release. */
export function tierOf(plan: Plan): Tier {
  const light = plan.actions.every(({ action }) => isLight(action))
  return light ? 1 : 2
}

/** May a standing statement cover it? One unit, restarted or reloaded, nothing else. */
export function isStandingWork(plan: Plan): boolean {
  return plan.pattern === 'service' && plan.actions.length === 1 && tierOf(plan) === 1
}
