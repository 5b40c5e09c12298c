import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import type { ActorId, ServiceName } from '../base/id.ts'
import { PERMISSIONS, type PermissionName } from '../contract/operations.ts'
import { type CompiledPolicy, type Person, ROLES, type Role } from '../plans/policy.ts'
import { lineageOf } from '../seal/lineage.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { LANGUAGES } from '../words/words.ts'
import { type Actor, actorOf, sameLineage } from './actor.ts'
import { may, type Permission, type Subject } from './permission.ts'

const id = (name: string) => name as ActorId
const mirai = 'mirai' as ServiceName
const other = 'admin' as ServiceName

function person(name: string, roles: readonly Role[], services: readonly ServiceName[] = []): Person {
  const key = {
    fingerprint: `SHA256:${name}`,
    public: 'x',
    class: 'file',
    revoked: false,
    demo: false,
  } as const
  return { id: id(name), name, roles, services, keys: [key] }
}

function policy(people: readonly Person[], agents: CompiledPolicy['agents'] = []): CompiledPolicy {
  const tier = { approvals: 1, roles: ['approver', 'owner'], keys: ['file'] } as const
  return {
    v: 1,
    version: '0'.repeat(64) as Digest,
    name: 'test',
    language: 'en',
    zone: 'UTC',
    people,
    agents,
    services: [mirai, other].map((name) => ({ name, host: 'local', files: [], logs: {} })),
    rules: {
      tier1: tier,
      tier2: tier,
      standingPerHour: 1,
      windows: [],
      freezes: [],
      notification: { config: 'ask', service: 'ask' },
      keepSeconds: 60,
      approvalSeconds: 3600,
      floorBytes: 0,
      agentUser: 'shared',
      level: 'observe',
    },
  }
}

const agents = [
  { id: id('claude'), name: 'claude', sponsor: id('boss'), paused: false },
  { id: id('paused'), name: 'paused', sponsor: id('boss'), paused: true },
  { id: id('codex'), name: 'codex', sponsor: id('second'), paused: false },
]

// --- the matrix -----------------------------------------------------------------------------------------------------------

const [head = '', ...rows] = readFileSync(new URL('../../tests/policy/may.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const columns = head.split(/ +/).slice(1)
const table = new Map(
  rows.map((row) => {
    const [operation = '', ...cells] = row.split(/ +/)
    return [operation, cells] as const
  }),
)

/** In a team two others can approve; alone there is one who can, who is the actor where the actor's role can. */
function setting(column: string, solo: boolean): { readonly policy: CompiledPolicy; readonly actor: Actor } {
  const decides = column === 'approver' || column === 'owner'
  const boss = person('boss', solo && decides ? ['viewer'] : ['owner'])
  const second = person('second', solo ? ['requester'] : ['approver'])
  const isPerson = (ROLES as readonly string[]).includes(column)
  const people = [boss, second, ...(isPerson ? [person('me', [column as Role])] : [])]
  const actor: Actor = isPerson
    ? { kind: 'person', id: id('me') }
    : column === 'timer'
      ? { kind: 'timer', name: 'sweeper' }
      : { kind: 'agent', id: id(column === 'agent' ? 'claude' : column), sponsor: id('boss') }
  return { policy: policy(people, agents), actor }
}

function subjectOf(operation: PermissionName, actor: Actor, own: boolean): Subject {
  const of = own && actor.kind !== 'timer' ? actor.id : id('second')
  const kind = operation.slice(0, operation.indexOf('.'))
  if (operation === 'restore.cancel') return { kind: 'stage', service: mirai, by: of }
  if (
    operation === 'change.create' ||
    kind === 'service' ||
    kind === 'secret' ||
    kind === 'standing' ||
    kind === 'backup' ||
    kind === 'restore'
  )
    return { kind: 'service', service: mirai }
  if (kind === 'change' || kind === 'record')
    return { kind: 'change', service: mirai, requester: of, author: of, editors: [of] }
  return kind === 'token' ? { kind: 'token', of } : { kind: 'whole' }
}

describe('the matrix', () => {
  test('has a row for every operation and no other, and a column for every role', () => {
    expect([...table.keys()].sort()).toEqual([...PERMISSIONS].sort())
    expect(columns).toEqual([...ROLES, 'agent', 'paused', 'timer'])
    for (const cells of table.values()) {
      expect(cells).toHaveLength(columns.length)
      for (const cell of cells) expect(cell).toMatch(/^[+-]{4}$/)
    }
  })

  test.each([...PERMISSIONS])('%s', (operation) => {
    const got = columns.map((column) =>
      [
        [false, true],
        [false, false],
        [true, true],
        [true, false],
      ]
        .map(([solo = false, own = false]) => {
          const { policy: rules, actor } = setting(column, solo)
          const answer = may(actor, operation, subjectOf(operation, actor, own), rules)
          return answer.verdict === 'allow' ? '+' : '-'
        })
        .join(''),
    )
    expect(got).toEqual(table.get(operation))
  })
})

// --- rules by name --------------------------------------------------------------------------------------------------------

const team = policy(
  [
    person('boss', ['owner']),
    person('second', ['approver', 'requester']),
    person('local', ['owner'], [other]),
    person('reader', ['viewer']),
  ],
  agents,
)
const alone = policy([person('boss', ['owner'])], agents.slice(0, 2))
const by = (name: string, rules = team): Actor => {
  const actor = actorOf(id(name), rules)
  if (actor === undefined) throw new Error(name)
  return actor
}
const changeOf = (author: string, more: readonly string[] = [], service = mirai): Subject => ({
  kind: 'change',
  service,
  requester: id('boss'),
  author: id(author),
  editors: [author, ...more].map(id),
})
const code = (answer: Permission) => (answer.verdict === 'deny' ? answer.code : 'allow')

describe('rules', () => {
  test.each<[string, Actor, PermissionName, Subject, CompiledPolicy, string]>([
    ['an agent approves', by('claude'), 'change.approve', changeOf('second'), team, 'agent.never_approves'],
    ['an agent rejects', by('claude'), 'change.reject', changeOf('second'), team, 'agent.never_approves'],
    ['an agent waives', by('claude'), 'change.waive', changeOf('second'), team, 'agent.never_approves'],
    ['an agent keeps', by('claude'), 'change.keep', changeOf('claude'), team, 'agent.never_approves'],
    ['an agent continues', by('claude'), 'change.continue', changeOf('claude'), team, 'agent.never_approves'],
    [
      'an agent signs a standing statement',
      by('claude'),
      'standing.sign',
      { kind: 'service', service: mirai },
      team,
      'agent.never_approves',
    ],
    ['an agent accepts a fork', by('claude'), 'fork.accept', { kind: 'whole' }, team, 'agent.never_approves'],
    [
      'an agent alone with one person approves',
      by('claude', alone),
      'change.approve',
      changeOf('boss'),
      alone,
      'agent.never_approves',
    ],
    [
      'an agent edits the rules',
      by('claude'),
      'config.apply',
      { kind: 'whole' },
      team,
      'agent.never_administers',
    ],
    [
      'an agent stops a run',
      by('claude'),
      'change.abort',
      changeOf('claude'),
      team,
      'agent.never_administers',
    ],
    [
      'an agent asks for a token',
      by('claude'),
      'token.issue',
      { kind: 'token', of: id('claude') },
      team,
      'agent.never_administers',
    ],
    [
      'an agent works on the change of another agent',
      by('claude'),
      'change.check',
      changeOf('codex'),
      team,
      'may.not_yours',
    ],
    [
      'a paused agent asks',
      by('paused'),
      'change.create',
      { kind: 'service', service: mirai },
      team,
      'agent.paused',
    ],
    ['a paused agent looks', by('paused'), 'change.read', changeOf('paused'), team, 'allow'],
    [
      'a timer approves',
      { kind: 'timer', name: 'x' },
      'change.approve',
      changeOf('second'),
      team,
      'timer.never',
    ],
    ['an author approves', by('second'), 'change.approve', changeOf('second'), team, 'approval.own_change'],
    ['another person approves', by('boss'), 'change.approve', changeOf('second'), team, 'allow'],
    [
      'the one person approves the own change',
      by('boss', alone),
      'change.approve',
      changeOf('boss'),
      alone,
      'allow',
    ],
    [
      'a sponsor approves the untouched change of the agent',
      by('boss'),
      'change.approve',
      changeOf('claude'),
      team,
      'allow',
    ],
    [
      'a sponsor who edited it does not',
      by('boss'),
      'change.approve',
      changeOf('claude', ['boss']),
      team,
      'approval.own_change',
    ],
    [
      'a sponsor does not waive for the agent',
      by('boss'),
      'change.waive',
      changeOf('claude'),
      team,
      'approval.own_waiver',
    ],
    ['somebody else waives for the agent', by('second'), 'change.waive', changeOf('claude'), team, 'allow'],
    ['the one person waives', by('boss', alone), 'change.waive', changeOf('claude'), alone, 'allow'],
    [
      'an owner of one service approves another',
      by('local'),
      'change.approve',
      changeOf('second'),
      team,
      'may.role_missing',
    ],
    [
      'an owner of one service edits the rules of all',
      by('local'),
      'config.apply',
      { kind: 'whole' },
      team,
      'may.role_missing',
    ],
    [
      'an owner of one service signs there',
      by('local'),
      'standing.sign',
      { kind: 'service', service: other },
      team,
      'allow',
    ],
    [
      'an owner takes the token of a person',
      by('boss'),
      'token.issue',
      { kind: 'token', of: id('second') },
      team,
      'token.other_person',
    ],
    [
      'an owner issues the token of any agent',
      by('boss'),
      'token.issue',
      { kind: 'token', of: id('codex') },
      team,
      'allow',
    ],
    [
      'a sponsor issues the token of the own agent',
      by('second'),
      'token.issue',
      { kind: 'token', of: id('codex') },
      team,
      'allow',
    ],
    [
      'and of no other',
      by('second'),
      'token.issue',
      { kind: 'token', of: id('claude') },
      team,
      'may.role_missing',
    ],
    [
      'a viewer asks for a change',
      by('reader'),
      'change.create',
      { kind: 'service', service: mirai },
      team,
      'may.role_missing',
    ],
    [
      'a name that was removed',
      { kind: 'person', id: id('gone') },
      'status.read',
      { kind: 'whole' },
      team,
      'actor.unknown',
    ],
    [
      'an agent that calls itself a person',
      { kind: 'person', id: id('claude') },
      'change.approve',
      changeOf('second'),
      team,
      'actor.unknown',
    ],
    [
      'an agent with another sponsor than the rules say',
      { kind: 'agent', id: id('claude'), sponsor: id('second') },
      'change.read',
      changeOf('claude'),
      team,
      'actor.unknown',
    ],
  ])('%s: %#', (_, actor, operation, subject, rules, wanted) => {
    expect(code(may(actor, operation, subject, rules))).toBe(wanted)
  })

  test('the author is an editor also where nobody says who edited', () => {
    const subject: Subject = { kind: 'change', service: mirai, requester: id('boss'), author: id('second') }
    expect(code(may(by('second'), 'change.approve', subject, team))).toBe('approval.own_change')
    expect(code(may(by('second'), 'change.waive', subject, team))).toBe('approval.own_waiver')
  })

  test('the refusal of an agent names who can approve', () => {
    const answer = may(by('claude'), 'change.approve', changeOf('claude'), team)
    expect(answer).toMatchObject({
      verdict: 'deny',
      detail: { agent: 'claude', approvers: ['boss', 'second'] },
    })
  })

  test('every refusal has a sentence without holes, in both languages', () => {
    for (const operation of PERMISSIONS)
      for (const name of ['boss', 'second', 'reader', 'claude', 'paused']) {
        const answer = may(by(name), operation, subjectOf(operation, by('codex'), true), team)
        if (answer.verdict === 'allow') continue
        for (const language of LANGUAGES) {
          const sentence = ERROR_WORDS[answer.code][language](reader(answer.detail))
          expect(JSON.stringify(sentence)).not.toMatch(/undefined|: …"/)
          expect(sentence.what).not.toBe('')
        }
      }
  })
})

// --- properties -----------------------------------------------------------------------------------------------------------

const DECISIONS: readonly PermissionName[] = [
  'change.approve',
  'change.reject',
  'change.waive',
  'change.keep',
  'change.continue',
  'standing.sign',
  'fork.accept',
]
const roleSet = fc.subarray([...ROLES], { minLength: 0 })
const anyPolicy = fc
  .record({
    roles: fc.array(roleSet, { minLength: 1, maxLength: 5 }),
    sponsors: fc.array(fc.nat(4), { maxLength: 5 }),
  })
  .map(({ roles, sponsors }) => {
    const people = roles.map((held, i) => person(`p${i}`, held))
    const working = sponsors.map((sponsor, i) => ({
      id: id(`a${i}`),
      name: `a${i}`,
      sponsor: id(`p${sponsor % people.length}`),
      paused: false,
    }))
    return policy(people, working)
  })

describe('properties', () => {
  test('I8: whatever the roles, no agent and no timer decides anything', () => {
    fc.assert(
      fc.property(anyPolicy, fc.constantFrom(...DECISIONS), fc.nat(9), (rules, operation, author) => {
        const names = [...rules.people, ...rules.agents].map(({ id: name }) => name)
        const writer = names[author % names.length] ?? id('p0')
        const subject: Subject = { kind: 'change', service: mirai, requester: writer, author: writer }
        for (const agent of rules.agents)
          expect(
            may({ kind: 'agent', id: agent.id, sponsor: agent.sponsor }, operation, subject, rules).verdict,
          ).toBe('deny')
        expect(may({ kind: 'timer', name: 't' }, operation, subject, rules).verdict).toBe('deny')
      }),
      { numRuns: 2000 },
    )
  })

  test('in a team nobody approves what they edited, and somebody can approve what any one person wrote', () => {
    fc.assert(
      fc.property(anyPolicy, (rules) => {
        const able = rules.people.filter(({ roles }) => roles.includes('approver') || roles.includes('owner'))
        for (const { id: author } of [...rules.people, ...rules.agents]) {
          const subject: Subject = {
            kind: 'change',
            service: mirai,
            requester: author,
            author,
            editors: [author],
          }
          const approvers = rules.people.filter(
            ({ id: one }) =>
              may({ kind: 'person', id: one }, 'change.approve', subject, rules).verdict === 'allow',
          )
          if (able.length >= 2) expect(approvers.map(({ id: one }) => one)).not.toContain(author)
          expect(approvers.length > 0).toBe(able.length > 0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('lineage is the agent and its sponsor, whichever is asked', () => {
    expect(lineageOf(id('claude'), team)).toEqual(['boss', 'claude'])
    expect(lineageOf(id('second'), team)).toEqual(['second'])
    expect(sameLineage(id('claude'), id('paused'), team)).toBe(true)
    expect(sameLineage(id('claude'), id('codex'), team)).toBe(false)
    expect(sameLineage(id('codex'), id('second'), team)).toBe(true)
  })
})
