// What makes a declared command the same command: its files, words, places, user and way back. Anything else of them is another one.
import { expect, test } from 'vitest'
import { type Digest, sha256 } from '../base/hash.ts'
import type { ChangeId, ServiceName } from '../base/id.ts'
import type { DeclaredCommand } from '../plans/command-rules.ts'
import { commandIn, commandPlan, isCommandPlan } from '../plans/playbooks/command.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import { commandOf } from './standard.ts'

const HEALTH = { url: 'http://127.0.0.1/', status: 200, json: {}, withinMs: 1000, good: 1, of: 1, everyMs: 0 }
const SERVICE = { name: 'marks' as ServiceName, host: 'web1', unit: 'marks.service', health: HEALTH }
const COMMAND: DeclaredCommand = {
  name: 'mark',
  directory: '/srv/marks/jobs',
  argv: ['./mark'],
  back: ['./unmark'],
  writes: ['/srv/marks-state'],
  withinMs: 60_000,
}
type Plain = Pick<Service, 'name' | 'host' | 'unit' | 'health'>

function work(
  over: Partial<DeclaredCommand> = {},
  files: Digest = sha256('files'),
  service: Plain = SERVICE,
  change = 'CHG-2026-0001',
) {
  const { back, ...rest } = { ...COMMAND, ...over }
  const command = back === undefined ? rest : { ...rest, back }
  const of = { change: change as ChangeId, revision: 1, files, changed: [] }
  return commandOf(commandPlan({ rules: { keepSeconds: 300 } }, service, command, of))
}

test('a command is known by its name and by one digest over everything that runs', () => {
  const first = work()
  expect(first?.name).toBe('mark')
  expect(work({}, sha256('files'), SERVICE, 'CHG-2026-0002')).toEqual(first)
  const { unit: _unit, ...withoutUnit } = SERVICE
  const others = [
    work({}, sha256('other files')),
    work({ argv: ['./mark', 'x'] }),
    work({ back: ['./unmark', 'x'] }),
    work({ writes: [] }),
    work({ directory: '/srv/marks/other' }),
    work({}, sha256('files'), { ...SERVICE, unit: 'other.service' }),
    work({}, sha256('files'), withoutUnit),
  ]
  const all = [first, ...others].map((one) => one?.bytes)
  expect(new Set(all).size).toBe(all.length)
})

test('without a way back, or where a person keeps it, a command is never standard', () => {
  const { back: _back, ...forGood } = COMMAND
  const { health: _health, ...unasked } = SERVICE
  const of = { change: 'CHG-2026-0001' as ChangeId, revision: 1, files: sha256('files'), changed: [] }
  expect(commandOf(commandPlan({ rules: { keepSeconds: 300 } }, SERVICE, forGood, of))).toBeUndefined()
  expect(work({}, sha256('files'), unasked)).toBeUndefined()
})

test('what takes a run back has the words changed about, is made again by the playbook alone, and is never standard', () => {
  const of = { change: 'CHG-2026-0001' as ChangeId, revision: 1, files: sha256('files'), changed: [] }
  const service = { ...SERVICE, commands: [COMMAND] } as unknown as Service
  const policy = { rules: { keepSeconds: 300 } } as CompiledPolicy
  const plan = commandPlan(policy, service, COMMAND, { ...of, turned: true })
  expect(commandIn(plan)).toMatchObject({ argv: ['./unmark'], own: { back: ['./mark'], turned: true } })
  expect(commandOf(plan)).toBeUndefined()
  expect(isCommandPlan(plan, policy, service)).toBe(true)
  // Words that are changed about and do not say so are another plan than the rules make.
  const [first] = plan.actions
  const action = commandIn(plan)
  if (first === undefined || action === undefined) throw new TypeError('no command')
  const { turned: _turned, ...own } = action.own
  const unsaid = { ...plan, actions: [{ ...first, action: { ...action, own } }] }
  expect(isCommandPlan(unsaid, policy, service)).toBe(false)
  const { back: _back, ...forGood } = COMMAND
  expect(isCommandPlan(plan, policy, { ...service, commands: [forGood] })).toBe(false)
})
