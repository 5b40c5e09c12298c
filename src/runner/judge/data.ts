// A plan that exchanges data is the playbook's own to the letter, made of what this runner laid out itself, within its time (backup.md §0). Pure.
import { type Answer, refused } from '../../base/error.ts'
import type { Instant } from '../../base/time.ts'
import { isAtOrBelow } from '../../plans/data-directory.ts'
import type { Plan } from '../../plans/plan.ts'
import { isDataPlan } from '../../plans/playbooks/data.ts'
import type { CompiledPolicy, Service } from '../../plans/policy.ts'
import type { Staged } from '../../plans/restore.ts'

export function judgeData(
  plan: Plan,
  policy: CompiledPolicy,
  service: Service,
  staged: Staged | undefined,
  now: Instant,
): Answer<object> {
  const outside = (what: string) => refused('judge.action_outside', { what, service: plan.service })
  if (staged === undefined) return refused('restore.stage_gone', { stage: plan.change })
  if (staged.service !== service.name) return outside(staged.service)
  if (staged.expires < now) return refused('restore.stage_gone', { stage: staged.stage })
  for (const part of staged.parts) {
    // The rules may have changed since it was laid out: what is not declared any more is not touched.
    const declared =
      part.kind === 'database'
        ? service.databases?.some(({ name, port }) => name === part.database && port === part.port)
        : service.data?.some(({ name, dir }) => name === part.item && isAtOrBelow(part.path, dir))
    if (declared !== true) return outside(part.kind === 'database' ? part.database : part.path)
  }
  return isDataPlan(plan, policy, service, staged)
    ? { ok: true }
    : refused('judge.action_outside', {
        what: plan.playbook,
        service: plan.service,
        playbook: plan.playbook,
        change: plan.change,
      })
}
