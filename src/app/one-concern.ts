// Small changes, one concern (S54): where the rules say so, a plan over unrelated configuration files needs a reason.
import { SekishoError } from '../base/error.ts'
import type { Change } from '../change/change.ts'
import { unrelatedFiles } from '../plans/concerns.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'

/** What takes a change back takes all of it back. Throws change.several_concerns. */
export function requireOneConcern(
  { rules }: CompiledPolicy,
  service: Service,
  { plan, reason, takesBack }: Pick<Change, 'plan' | 'reason' | 'takesBack'>,
): void {
  if (rules.oneConcern !== true || plan === undefined || reason !== undefined || takesBack !== undefined)
    return
  const parts = unrelatedFiles(plan, service)
  if (parts.length > 0)
    throw new SekishoError('change.several_concerns', {
      files: parts.map(([first = '']) => first).join(', '),
    })
}
