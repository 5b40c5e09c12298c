// Can each rule be fulfilled by the people who are there? A rule that nobody can fulfil is refused here, not found at night.
import {
  approversOf,
  holdsRole,
  isSolo,
  type KeyClass,
  type Person,
  type Service,
  type TierRule,
} from '../plans/policy.ts'
import { compile } from './compile.ts'
import type { PolicyDocument } from './document.ts'
import type { Note } from './note.ts'

const KEYS: readonly KeyClass[] = ['file', 'device', 'hardware']

/**
 * INVARIANT P1: in a policy that is in force, for each service and tier, enough people can approve a change of any one person.
 * One who can approve alone approves the own change in solo mode; with more, the author does not count.
 */
export function checkApprovers(document: PolicyDocument, note: Note): void {
  const { runner: policy } = compile(document)
  let byLevel = false
  const nobody: string[] = []
  for (const service of policy.services) {
    const at = `services.${service.name}`
    if (approversOf(policy, service.name).length === 0) {
      nobody.push(service.name)
      continue
    }
    for (const tier of ['1', '2'] as const) {
      const rule = tier === '1' ? policy.rules.tier1 : policy.rules.tier2
      const needed = isSolo(policy, service.name) ? rule.approvals : rule.approvals + 1
      const able = countAble(policy.people, rule, service)
      if (able >= needed) continue
      const written = document.policy?.tiers?.[tier]
      if (written?.keys === undefined && countAble(policy.people, { ...rule, keys: KEYS }, service) >= needed)
        byLevel = true
      else
        note(written === undefined ? at : `policy.tiers.${tier}`, 'approve.dead_end', {
          service: service.name,
          tier,
          approvals: rule.approvals,
          able,
          roles: rule.roles,
          keys: rule.keys,
        })
    }
    if (!policy.people.some((one) => holdsRole(one, ['owner'], service.name) && hasKey(one)))
      note(at, 'approve.no_owner', { service: service.name })
  }
  if (nobody.length > 0) note(firstPerson(document), 'approve.nobody', { service: nobody })
  // The level took the keys away: said once, where the level stands.
  if (byLevel) note('policy.level', 'policy.file_keys')
}

function countAble(people: readonly Person[], rule: TierRule, service: Service): number {
  return people.filter((one) => canApprove(one, rule, service)).length
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
