import { expect, test } from 'vitest'
import { policyOf, SERVICE } from '../../../tests/runner-fixtures/scene.ts'
import type { ServiceName } from '../../base/id.ts'
import type { Person } from '../../plans/policy.ts'
import { forkOwners, mayRevoke } from './owner-scope.ts'

const { people } = policyOf()
const named = (id: string, over: Partial<Person> = {}): Person => {
  const found = people.find((one) => one.id === id)
  if (found === undefined) throw new TypeError(id)
  return { ...found, ...over }
}
const OTHER = 'other' as ServiceName
const boss = named('boss')
const owner = named('boss', { services: [SERVICE] })
const approver = named('ops1')

test.each([
  ['an owner of all, for any service', boss, 'owner', SERVICE, true],
  ['an owner of all, of what nobody knows', boss, 'owner', undefined, true],
  ['an owner of one service, for his own', owner, 'owner', SERVICE, true],
  ['an owner of one service, for another', owner, 'owner', OTHER, false],
  ['an owner of one service, of what nobody knows', owner, 'owner', undefined, false],
  ['an owner who signs as approver', boss, 'approver', SERVICE, false],
  ['an approver who says that he is owner', approver, 'owner', SERVICE, false],
] as const)('revoking: %s', (_, person, role, service, may) => {
  expect(mayRevoke(person, role, { signer: 'ops2', service })).toBe(may)
})

test('revoking: what he signed himself, whatever his role', () => {
  expect(mayRevoke(approver, 'approver', { signer: 'ops1', service: OTHER })).toBe(true)
  expect(mayRevoke(approver, 'approver', { signer: undefined, service: OTHER })).toBe(false)
})

test('a fork is accepted by owners of everything, with a key that counts', () => {
  const gone = named('gone', { roles: ['owner'] })
  const policy = policyOf({ people: [owner, approver, gone] })
  expect(forkOwners(policy)).toEqual([])
  expect(forkOwners(policyOf()).map(({ id }) => id)).toEqual(['boss'])
})
