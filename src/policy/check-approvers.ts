// Can each rule be fulfilled by the people who are there? A rule that nobody can fulfil is refused here, not found at night.
import { approversOf, holdsRole, isSolo, type Person, type Service, type TierRule } from '../seal/policy.ts'
import { compile } from './compile.ts'
import type { PolicyDocument } from './document.ts'
import type { Note } from './note.ts'

/**
 * INVARIANT P1: in a policy that is in force, for each service and tier, enough people can approve a change of any one person.
 * One who can approve alone approves the own change in solo mode; with more, the author does not count.
 */
export function checkApprovers(document: PolicyDocument, note: Note): void {
  const { runner: policy } = compile(document)
  for (const service of policy.services) {
    const at = `services.${service.name}`
    if (approversOf(policy, service.name).length === 0) {
      note(firstPerson(document), 'approve.nobody', { service: service.name })
      continue
    }
    const solo = isSolo(policy, service.name)
    for (const [tier, rule] of [
      [1, policy.rules.tier1],
      [2, policy.rules.tier2],
    ] as const) {
      const able = policy.people.filter((one) => canApprove(one, rule, service)).length
      const needed = solo ? rule.approvals : rule.approvals + 1
      if (able < needed)
        note(
          document.policy?.tiers?.[`${tier}`] === undefined ? at : `policy.tiers.${tier}`,
          'approve.dead_end',
          {
            service: service.name,
            tier,
            approvals: rule.approvals,
            able,
            roles: rule.roles,
            keys: rule.keys,
          },
        )
    }
    if (!policy.people.some((one) => holdsRole(one, ['owner'], service.name) && hasKey(one)))
      note(at, 'approve.no_owner', { service: service.name })
  }
}

function firstPerson(document: PolicyDocument): string {
  const first = document.people?.[0]
  return first === undefined ? 'people' : `people.${first.id}`
}

function canApprove(person: Person, rule: TierRule, service: Service): boolean {
  return (
    holdsRole(person, rule.roles, service.name) &&
    person.keys.some((key) => !key.revoked && rule.keys.includes(key.class))
  )
}

function hasKey(person: Person): boolean {
  return person.keys.some((key) => !key.revoked)
}
