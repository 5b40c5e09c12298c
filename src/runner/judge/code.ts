// A plan that deploys code is the playbook's own to the letter, made of what this runner built, tested and rehearsed itself, within its time. Pure.
import { type Answer, refused } from '../../base/error.ts'
import type { Instant } from '../../base/time.ts'
import type { CodeStaged } from '../../plans/code.ts'
import type { Plan } from '../../plans/plan.ts'
import { isCodePlan } from '../../plans/playbooks/code.ts'
import type { CompiledPolicy, Service } from '../../plans/policy.ts'

export function judgeCode(
  plan: Plan,
  policy: CompiledPolicy,
  service: Service,
  staged: CodeStaged | undefined,
  now: Instant,
): Answer<object> {
  const { change, playbook } = plan
  if (staged === undefined) return refused('deploy.stage_gone', { stage: change })
  const outside = (what: string) => refused('judge.action_outside', { what, service: plan.service })
  if (staged.service !== service.name) return outside(staged.service)
  // A receipt that has expired is none: what was rehearsed then says nothing of now.
  if (staged.expires < now) return refused('deploy.stage_gone', { stage: staged.stage })
  const { code } = service
  // The rules may have changed since it was staged.
  if (code === undefined) return refused('deploy.not_declared', { service: service.name })
  if (code.repo.path !== staged.path || code.repo.deploy !== staged.deploy) return outside(staged.path)
  if (isCodePlan(plan, policy, service, staged)) return { ok: true }
  return refused('judge.action_outside', { what: playbook, service: service.name, playbook, change })
}
