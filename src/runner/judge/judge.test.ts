// The judge as a table: what passes, and for each rule one world in which only that rule does not hold.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  approval,
  authored,
  CHANGE,
  envelopeOf,
  factsFor,
  fileChange,
  HOST,
  NOW,
  PROBE,
  planOf,
  playbookPlan,
  policyOf,
  type Scene,
  SERVICE,
  sceneOf,
  servicePlan,
  sign,
  trialOf,
  UNIT,
} from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import { type ActorId, type ExecutionId, fileTarget, type TargetId, unitTarget } from '../../base/id.ts'
import { canonical, type Json, parseJson } from '../../base/json.ts'
import { after } from '../../base/time.ts'
import { type FileChange } from '../../plans/file-state.ts'
import type { TargetFacts } from '../../plans/fingerprint.ts'
import { isPictureOf } from '../../plans/picture.ts'
import { type Plan, planDigest } from '../../plans/plan.ts'
import type { CompiledPolicy, ConfigFile, Service } from '../../plans/policy.ts'
import { planService } from '../../playbook/service.ts'
import { type Envelope, envelopeDigest } from '../../seal/envelope.ts'
import type { Glass } from '../../seal/glass.ts'
import { evidenceDigest } from '../../seal/journal.ts'
import { playbookDigest } from '../../seal/playbooks.ts'
import { type Statement, statementDigest } from '../../seal/statement.ts'
import { judgeInventory } from './inventory.ts'
import { judge } from './judge.ts'

const actor = (id: string) => id as ActorId
const KEYED = 'd'.repeat(64)
const A = fileTarget(HOST, '/etc/mirai/a.conf')
const stopping: Plan['actions'] = servicePlan().actions.map((one) => ({
  ...one,
  undo: [{ kind: 'unit', verb: 'stop', unit: UNIT }],
}))
const ssh = playbookPlan(policyOf(), { files: [fileChange('/etc/mirai/ssh.conf')] })
const reloading = serviceOf({ activation: 'reload' })
const healthy = serviceOf({}, { health: PROBE })

test('a sealed and approved change passes, and the accepting line says under what', () => {
  const answer = judge(sceneOf())
  expect(answer).toMatchObject({
    ok: true,
    accepted: {
      kind: 'accepted',
      change: CHANGE,
      approvers: ['ops1'],
      nonces: ['a'.repeat(32), 'c'.repeat(32)],
      solo: false,
      demo: false,
    },
  })
})

test.each<[string, string, Scene]>([
  ['a damaged journal', 'runner.journal_damaged', { journal: { damage: { path: '/j', why: 'x' } } }],
  ['an unsound clock', 'runner.clock_unsound', { input: { clock: { sound: false, why: 'jump' } } }],
  ['plan text that is not canonical', 'judge.plan_malformed', { input: { planText: '{ }' } }],
  ['plan text with an unknown field', 'judge.plan_malformed', { input: { planText: '{"x":1}' } }],
  [
    'another plan under this digest',
    'judge.digest_wrong',
    { input: { planText: canonical(planOf({ revision: 2 }) as unknown as Json) } },
  ],
  ['envelope text that is not one', 'judge.envelope_malformed', { input: { envelopeText: '[]' } }],
  ['another envelope under this digest', 'judge.digest_wrong', { order: { envelope: sha256('x') } }],
  [
    'an execution of another change',
    'judge.envelope_differs',
    { order: { execution: 'CHG-2026-0002/1' as ExecutionId } },
  ],
  ['an order for another change', 'judge.envelope_differs', { order: { change: 'CHG-2026-0002' as never } }],
  ['an envelope of another revision', 'judge.envelope_differs', { envelope: { revision: 2 } }],
  ['an envelope of another host', 'judge.envelope_differs', { envelope: { host: 'web2' } }],
  ['a tier that is not the plan’s', 'judge.envelope_differs', { envelope: { tier: 1 } }],
  ['another playbook', 'judge.envelope_differs', { envelope: { playbook: 'config/2' } }],
  [
    'a window that the plan has not',
    'judge.envelope_differs',
    { envelope: { window: { from: NOW, until: after(NOW, 1000) } } },
  ],
  ['a lineage without the author', 'approval.lineage_wrong', { envelope: { lineage: [] } }],
  ['editors without the author', 'approval.lineage_wrong', { envelope: { editors: [actor('ops2')] } }],
  [
    'an approver who edited it',
    'approval.own_change',
    { envelope: { editors: [actor('author'), actor('ops1')] } },
  ],
  [
    'fewer approvals than the policy wants',
    'judge.envelope_differs',
    { envelope: { approvals: { count: 0, roles: [] } } },
  ],
  [
    'a person with a sponsor',
    'approval.lineage_wrong',
    { envelope: { sponsor: actor('ops2'), lineage: [actor('author'), actor('ops2')] } },
  ],
  [
    'an author who does not exist, where the real one approves',
    'approval.unknown_author',
    {
      envelope: {
        author: actor('nobody'),
        requester: actor('nobody'),
        lineage: [actor('nobody')],
        editors: [actor('nobody')],
      },
    },
  ],
  ['a requester who does not exist', 'approval.unknown_author', { envelope: { requester: actor('nobody') } }],
  [
    'an editor who does not exist',
    'approval.unknown_author',
    { envelope: { editors: [actor('author'), actor('nobody')] } },
  ],
  [
    'an agent under the sponsor that the gate names',
    'approval.lineage_wrong',
    {
      envelope: {
        author: actor('claude'),
        sponsor: actor('ops1'),
        lineage: [actor('claude'), actor('ops1')],
        editors: [actor('claude')],
      },
    },
  ],
  [
    'baseline evidence over other fingerprints',
    'judge.envelope_differs',
    {
      envelope: {
        evidence: evidence((one) => (one.check === 'baseline' ? { ...one, digest: sha256('x') } : one)),
      },
    },
  ],
  ['a target missing in the baseline', 'judge.envelope_differs', { envelope: { baseline: [] } }],
  ['an expired envelope', 'judge.envelope_expired', { envelope: { expires: after(NOW, -1) } }],
  ['a policy that moved', 'judge.policy_moved', { envelope: { policy: sha256('other') } }],
  ['no statement', 'approval.not_enough', { statements: () => [] }],
  ['a plan that its author has not signed', 'approval.author_unsigned', { authored: () => [] }],
  [
    'an author’s signature over another plan',
    'statement.other_plan',
    { authored: (e) => [sign(authored(e, { plan: sha256('x') }))] },
  ],
  [
    'an author’s signature that was used',
    'statement.nonce_used',
    { journal: { nonces: new Set(['c'.repeat(32)]) } },
  ],
  [
    'an author’s signature that was revoked',
    'judge.statement_revoked',
    { journal: { revoked: new Set([statementDigest(authored(envelopeOf(planOf(), policyOf())))]) } },
  ],
  [
    'one approver where two are sealed and the rule asks for one',
    'approval.not_enough',
    { envelope: { approvals: { count: 2, roles: ['approver', 'owner'] } } },
  ],
  [
    'one approver where two are wanted',
    'approval.not_enough',
    {
      policy: policyOf({ rules: { tier2: { approvals: 2, roles: ['approver'], keys: ['file'] } } }),
      envelope: { approvals: { count: 2, roles: ['approver'] } },
    },
  ],
  [
    'a statement over another envelope',
    'statement.other_envelope',
    { statements: (e) => [sign(approval(e, { envelope: sha256('x') }))] },
  ],
  [
    'a statement of another person’s key',
    'statement.foreign_key',
    { statements: (e) => [sign(approval(e), 'ops2')] },
  ],
  [
    'a revoked key',
    'statement.key_revoked',
    { statements: (e) => [sign(approval(e, { approver: actor('gone') }))] },
  ],
  [
    'the author’s own approval',
    'approval.own_change',
    { envelope: { author: actor('ops1'), lineage: [actor('ops1')], editors: [actor('ops1')] } },
  ],
  [
    'an expired statement',
    'statement.expired',
    { statements: (e) => [sign(approval(e, { expires: after(NOW, -1) }))] },
  ],
  [
    'a statement from the future',
    'statement.from_the_future',
    { statements: (e) => [sign(approval(e, { at: after(NOW, 61_000), expires: after(NOW, 90_000) }))] },
  ],
  [
    'a reject beside it',
    'statement.wrong_type',
    {
      statements: (e) => [
        sign(approval(e)),
        sign({ ...base('ops2'), type: 'reject', change: CHANGE, envelope: envelopeDigest(e), reason: 'no' }),
      ],
    },
  ],
  ['a used nonce', 'statement.nonce_used', { journal: { nonces: new Set(['a'.repeat(32)]) } }],
  [
    'a missing trial',
    'judge.evidence_missing',
    { envelope: { evidence: evidence((one) => (one.check === 'trial' ? undefined : one)) } },
  ],
  [
    'a trial that was made on other files',
    'judge.trial_moved',
    trialScene({ baseline: sha256('another nginx file') }),
  ],
  [
    'two pieces of evidence for one check',
    'judge.evidence_missing',
    {
      envelope: {
        evidence: [
          ...evidence((one) => one),
          ...evidence((one) => (one.check === 'trial' ? one : undefined)),
        ],
      },
    },
  ],
  [
    'stale evidence',
    'judge.evidence_stale',
    { envelope: { evidence: evidence((one) => ({ ...one, expires: after(NOW, -1) })) } },
  ],
  [
    'a trial that this runner has not journalled',
    'judge.evidence_unknown',
    { journal: { trials: new Map() } },
  ],
  ['a trial of another plan', 'judge.evidence_unknown', trialScene({ plan: sha256('other') })],
  ['a trial whose own expiry has passed', 'judge.evidence_stale', trialScene({ expires: after(NOW, -1) })],
  [
    'a red trial',
    'judge.evidence_red',
    trialScene({ checks: trialOf(planOf()).checks.map((one) => ({ ...one, verdict: 'red' as const })) }),
  ],
  [
    'a trial that the gate claims',
    'judge.evidence_unknown',
    { envelope: { evidence: evidence((one) => ({ ...one, collector: 'gate' as const })) } },
  ],
  [
    'a notification that nobody decided',
    'judge.evidence_missing',
    { envelope: { evidence: evidence((one) => (one.check === 'notification' ? undefined : one)) } },
  ],
  ['a waiver whose statement is not here', 'judge.waiver_wrong', { envelope: { waivers: [sha256('w')] } }],
  ['a fence below the mark', 'judge.fence_low', { journal: { fences: new Map([[A, 8]]) } }],
  [
    'a fence that leaves no number for those that follow',
    'judge.fence_high',
    { order: { fences: [{ target: A, token: Number.MAX_SAFE_INTEGER }] } },
  ],
  ['a missing fence', 'judge.fences_wrong', { order: { fences: [{ target: A, token: 7 }] } }],
  [
    'a fence of another target',
    'judge.fences_wrong',
    { order: { fences: [{ target: 'web1/nginx' as TargetId, token: 7 }] } },
  ],
  [
    'a target that another execution holds',
    'runner.target_held',
    { journal: { holder: () => 'CHG-2026-0009/1' as ExecutionId } },
  ],
  ['a file that moved', 'judge.baseline_moved', { input: { facts: moved() } }],
  [
    'a unit whose own files moved',
    'judge.baseline_moved',
    {
      input: {
        facts: new Map([
          ...factsFor(planOf()),
          [
            unitTarget(HOST, UNIT),
            { kind: 'unit', unit: UNIT, loaded: true, files: [{ path: '/u', digest: sha256('u') }] },
          ],
        ]),
      },
    },
  ],
  [
    'a revoked approval',
    'judge.statement_revoked',
    { journal: { revoked: new Set([statementDigest(approval(envelopeOf(planOf(), policyOf())))]) } },
  ],
  ['a file that cannot be read now', 'judge.baseline_moved', { input: { facts: new Map() } }],
  [
    'a unit that is not active',
    'judge.pre_fails',
    {
      policy: reloading,
      plan: playbookPlan(reloading),
      input: { pre: { units: new Map([[UNIT, { active: false, state: 'failed' }]]) } },
    },
  ],
  [
    'unknown health',
    'judge.pre_fails',
    { policy: healthy, plan: playbookPlan(healthy), input: { pre: { units: new Map() } } },
  ],
  [
    'a freeze',
    'judge.frozen',
    {
      policy: policyOf({
        rules: {
          freezes: [
            {
              services: [],
              from: after(NOW, -1000),
              until: after(NOW, 1000),
              reason: 'new year',
              passes: [],
            },
          ],
        },
      }),
    },
  ],
  [
    'outside the window of the policy',
    'judge.outside_window',
    {
      policy: policyOf({
        rules: {
          windows: [{ services: [SERVICE], days: [3], fromMinute: 60, untilMinute: 120, zone: 'UTC' }],
        },
      }),
    },
  ],
  ['a file that is not declared', 'judge.action_outside', outsidePlan('/etc/shadow')],
  ['a secret file as a whole', 'judge.action_outside', outsidePlan('/etc/mirai/env')],
  ['a unit of another service', 'judge.action_outside', { plan: withUnit('sshd.service') }],
  [
    'a target that the plan should name',
    'judge.action_outside',
    { plan: planOf({ targets: [fileTarget(HOST, '/etc/mirai/a.conf'), unitTarget(HOST, UNIT)] }) },
  ],
  [
    'a write without its way back',
    'judge.action_outside',
    { plan: planOf({ actions: planOf().actions.map((one) => ({ ...one, undo: [] })) }) },
  ],
  [
    'a way back that restarts the service and puts nothing back',
    'judge.action_outside',
    {
      plan: planOf({
        actions: planOf().actions.map((one) =>
          one.id === '1' ? { ...one, undo: [{ kind: 'unit', verb: 'restart', unit: UNIT }] } : one,
        ),
      }),
    },
  ],
  [
    'a way back that stops the service',
    'judge.action_outside',
    {
      plan: planOf({
        actions: planOf().actions.map((one) => ({
          ...one,
          undo: one.id === '1' ? [{ kind: 'putBack' }, { kind: 'unit', verb: 'stop', unit: UNIT }] : one.undo,
        })),
      }),
    },
  ],
  [
    'a restart with a way back of its own',
    'judge.action_outside',
    {
      plan: planOf({
        actions: planOf().actions.map((one) => ({
          ...one,
          undo: one.id === '2' ? [{ kind: 'unit', verb: 'restart', unit: UNIT }] : one.undo,
        })),
      }),
    },
  ],
  [
    'a change of files that stops the service',
    'judge.action_outside',
    {
      plan: planOf({
        actions: planOf().actions.map((one) =>
          one.id === '2' ? { ...one, action: { kind: 'unit', verb: 'stop', unit: UNIT } } : one,
        ),
      }),
    },
  ],
  [
    'an approved restart whose undo stops the service',
    'judge.action_outside',
    { plan: servicePlan({ actions: stopping }) },
  ],
  ['a secret that was put for another service', 'judge.action_outside', secretScene('other/TOKEN')],
  ['a secret of a service with a longer name', 'judge.action_outside', secretScene(`${SERVICE}2/TOKEN`)],
  [
    'a secret that the runner has not',
    'judge.secret_missing',
    secretScene(`${SERVICE}/TOKEN`, 'e'.repeat(64)),
  ],
  ['no proof at all', 'judge.action_outside', { plan: planOf({ proof: [] }) }],
  [
    'the administrator’s path kept by proof',
    'judge.action_outside',
    { plan: { ...ssh, keep: { ...ssh.keep, by: 'proof' } } },
  ],
  [
    'a longer keep than the policy has',
    'judge.action_outside',
    { plan: planOf({ keep: { by: 'proof', seconds: 61 } }) },
  ],
  [
    'an action out of order',
    'judge.action_outside',
    { plan: planOf({ actions: planOf().actions.toReversed() }) },
  ],
])('refused: %s → %s', (_, code, scene) => {
  expect(judge(sceneOf(scene))).toMatchObject({ ok: false, code })
})

test('the administrator’s path passes where a person keeps it', () => {
  expect(ssh.keep.by).toBe('person')
  expect(judge(sceneOf({ plan: ssh }))).toMatchObject({ ok: true })
})

test('a secret of the service itself passes', () => {
  expect(judge(sceneOf(secretScene(`${SERVICE}/TOKEN`)))).toMatchObject({ ok: true })
})

test('a freeze lets a passing role through, but never an agent', () => {
  const rules = {
    freezes: [
      {
        services: [],
        from: after(NOW, -1000),
        until: after(NOW, 1000),
        reason: 'x',
        passes: ['approver' as const],
      },
    ],
  }
  expect(judge(sceneOf({ policy: policyOf({ rules }) })).ok).toBe(true)
  const agent = {
    author: actor('claude'),
    requester: actor('claude'),
    sponsor: actor('ops2'),
    lineage: [actor('claude'), actor('ops2')],
    editors: [actor('claude')],
  }
  expect(judge(sceneOf({ policy: policyOf({ rules }), envelope: agent }))).toMatchObject({
    code: 'judge.frozen',
  })
})

describe('files under several names', () => {
  const writing = (...files: readonly FileChange[]): Plan => playbookPlan(policyOf(), { files })
  const inside = (plan: Plan) => {
    const answer = judgeInventory(plan, policyOf(), () => undefined)
    return answer.ok ? 'ok' : String(answer.detail['what'])
  }
  const first = fileChange('/etc/mirai/a.conf')

  test('one file twice in a plan is refused', () => {
    expect(inside(writing(first))).toBe('ok')
    expect(inside(writing(first, first))).toBe('one file twice')
    expect(inside(writing(first, { ...fileChange('/etc/mirai/b.conf'), real: first.real }))).toBe(
      'one file twice',
    )
  })
  test('I4 a file behind a link is held under its real name too', () => {
    const links = [{ path: first.path, target: '/srv/a.conf' }]
    const linked = writing({ ...first, real: '/srv/a.conf', links })
    expect(inside(linked)).toBe(`targets ${HOST}/file:/srv/a.conf`)
    const held = [...linked.targets, fileTarget(HOST, '/srv/a.conf')]
    expect(inside({ ...linked, targets: held })).toBe('ok')
  })
  test('a secret is never the new content of a whole file', () => {
    const after = { kind: 'secret', keyed: 'f'.repeat(64), mode: 0o600, uid: 0, gid: 0 } as const
    expect(inside(writing({ ...first, after }))).toBe(first.path)
  })
  test('what is deleted is the declared name, and never a link on the way to it', () => {
    const link = { kind: 'link', uid: 0, gid: 0 } as const
    const facts = (...links: readonly { path: string; target: string }[]): TargetFacts => ({
      kind: 'file',
      path: '/lib/app/a.conf',
      real: '/usr/lib/app/b.conf',
      links,
      state: first.before,
      link: { uid: 0, gid: 0 },
    })
    const wanted = (real: string, target: string) => ({
      path: '/lib/app/a.conf',
      real,
      links: [],
      before: { ...link, target },
    })
    const directory = { path: '/lib', target: 'usr/lib' }
    const own = { path: '/usr/lib/app/a.conf', target: 'b.conf' }
    expect(isPictureOf(wanted('/lib', 'usr/lib'), facts(directory))).toBe(false)
    expect(isPictureOf(wanted('/lib', 'usr/lib'), facts(directory, own))).toBe(false)
    expect(isPictureOf(wanted('/usr/lib/app/a.conf', 'b.conf'), facts(directory, own))).toBe(true)
    expect(isPictureOf(wanted('/usr/lib/app/a.conf', 'c.conf'), facts(directory, own))).toBe(false)
    // Whose the link is, counts; whose the file at its end is, does not.
    const other = { ...facts(directory, own), link: { uid: 33, gid: 33 } } as TargetFacts
    expect(isPictureOf(wanted('/usr/lib/app/a.conf', 'b.conf'), other)).toBe(false)
  })
})

describe('waivers', () => {
  const waive = (over: Partial<Statement> = {}) =>
    ({
      ...base('ops2'),
      type: 'waive',
      change: CHANGE,
      plan: planDigest(planOf()),
      check: 'trial',
      reason: 'no sandbox here',
      ...over,
    }) as Statement
  const scene = (statement: Statement): Scene => ({
    envelope: {
      waivers: [statementDigest(statement)],
      evidence: evidence((one) => (one.check === 'trial' ? undefined : one)),
    },
    input: { waivers: [sign(statement)] },
  })

  test('a signed waiver stands for the check, and its nonce is used up too', () => {
    const answer = judge(sceneOf(scene(waive())))
    expect(answer).toMatchObject({
      ok: true,
      accepted: { nonces: ['a', 'c', 'b'].map((one) => one.repeat(32)) },
    })
  })
  test.each<[string, Partial<Statement>]>([
    ['of another plan', { plan: sha256('x') } as Partial<Statement>],
    ['of a check that cannot be waived', { check: 'baseline' } as Partial<Statement>],
    ['of somebody without the role', { approver: actor('author'), role: 'requester' }],
  ])('a waiver %s does not count', (_, over) => {
    expect(judge(sceneOf(scene(waive(over))))).toMatchObject({ ok: false })
  })
  test('a used or revoked waiver does not count', () => {
    const statement = waive()
    expect(
      judge(sceneOf({ ...scene(statement), journal: { nonces: new Set(['b'.repeat(32)]) } })),
    ).toMatchObject({
      code: 'statement.nonce_used',
    })
    expect(
      judge(sceneOf({ ...scene(statement), journal: { revoked: new Set([statementDigest(statement)]) } })),
    ).toMatchObject({ code: 'judge.waiver_wrong' })
  })
})

describe('standing statements', () => {
  const standing = (over: Partial<Statement> = {}) =>
    ({
      ...base('boss'),
      role: 'owner',
      type: 'standing',
      playbook: 'service/1',
      playbookDigest: playbookDigest('service/1'),
      service: SERVICE,
      verb: 'restart',
      unit: UNIT,
      perHour: 2,
      ...over,
    }) as Statement
  const scene = (over: Partial<Statement> = {}, more: Scene = {}): Scene => ({
    plan: servicePlan(),
    envelope: { class: 'standard', approvals: { count: 0, roles: [] } },
    statements: () => [sign(standing(over))],
    ...more,
  })
  const use = (ago: number, execution = 'CHG-2026-0007/1') => ({
    execution: execution as ExecutionId,
    at: after(NOW, -ago),
    statements: [statementDigest(standing())],
    standing: { unit: UNIT, verb: 'restart' as const, signedAt: standing().at },
  })

  test('it covers a restart, again and again: its nonce is not used up', () => {
    expect(judge(sceneOf(scene({}, { journal: { uses: [use(10)] } })))).toMatchObject({
      ok: true,
      accepted: { nonces: [], approvers: ['boss'] },
    })
  })
  test.each<[string, string, Partial<Statement>]>([
    ['another verb', 'judge.standing_covers_not', { verb: 'reload' } as Partial<Statement>],
    ['another unit', 'judge.standing_covers_not', { unit: 'other.service' } as Partial<Statement>],
    [
      'another procedure',
      'judge.standing_procedure_moved',
      { playbookDigest: sha256('x') } as Partial<Statement>,
    ],
    ['no owner', 'judge.standing_covers_not', { approver: actor('ops1'), role: 'approver' }],
  ])('it does not cover %s', (_, code, over) => {
    expect(judge(sceneOf(scene(over)))).toMatchObject({ ok: false, code })
  })
  test('a plan that the playbook itself makes, with the verb that was signed, is covered', () => {
    for (const verb of ['restart', 'reload'] as const) {
      const made = planService(policyOf(), service(policyOf()), { change: CHANGE, revision: 1, verb }, {})
      if (!made.ok) throw new Error(made.code)
      expect(judge(sceneOf(scene({ verb } as Partial<Statement>, { plan: made.plan })))).toMatchObject({
        ok: true,
      })
    }
  })
  test.each<[string, Partial<Plan>]>([
    ['a way back that stops the service', { actions: stopping }],
    ['no look at what runs', { proof: [{ kind: 'files' }] }],
    [
      'a proof that holds whatever happens',
      { proof: [{ kind: 'running', unit: UNIT, active: false, newer: false, stableMs: 0 }] },
    ],
    ['no diagnostics', { diagnostics: false }],
    ['a premise that it has not', { pre: [{ kind: 'unit', unit: UNIT, active: false }] }],
    ['a keep by a person', { keep: { by: 'person', seconds: 60 } }],
    ['a keep of its own length', { keep: { by: 'proof', seconds: 61 } }],
    [
      'a time-out that no restart can meet',
      { actions: servicePlan().actions.map((one) => ({ ...one, timeoutMs: 1 })) },
    ],
  ])('it does not cover a restart with %s', (_, over) => {
    expect(judge(sceneOf(scene({}, { plan: servicePlan(over) })))).toMatchObject({
      ok: false,
      code: 'judge.standing_covers_not',
    })
  })
  test('it passes no freeze, whoever signed it: nobody looks at this moment', () => {
    const freeze = { services: [], from: after(NOW, -1000), until: after(NOW, 1000), reason: 'x' }
    const rules = { freezes: [{ ...freeze, passes: ['owner' as const] }] }
    expect(judge(sceneOf(scene({}, { policy: policyOf({ rules }) })))).toMatchObject({ code: 'judge.frozen' })
  })
  test('its limit an hour holds', () => {
    const uses = [use(10), use(20)]
    expect(judge(sceneOf(scene({}, { journal: { uses } })))).toMatchObject({ code: 'judge.standing_limit' })
    const old = [use(10), use(3_600_001)]
    expect(judge(sceneOf(scene({}, { journal: { uses: old } }))).ok).toBe(true)
  })
  test('signing again gives no more starts an hour, and what is approved one by one does not count', () => {
    const other = { statements: [sha256('an older one')] }
    const older = { ...use(10).standing, signedAt: after(NOW, -5000) }
    const uses = [
      { ...use(10), ...other, standing: older },
      { ...use(20), ...other, standing: older },
    ]
    expect(judge(sceneOf(scene({}, { journal: { uses } })))).toMatchObject({ code: 'judge.standing_limit' })
    const approved = uses.map(({ execution, at, statements }) => ({ execution, at, statements }))
    expect(judge(sceneOf(scene({}, { journal: { uses: approved } }))).ok).toBe(true)
    const reload = uses.map((one) => ({ ...one, standing: { ...older, verb: 'reload' as const } }))
    expect(judge(sceneOf(scene({}, { journal: { uses: reload } }))).ok).toBe(true)
  })
  test('one that was signed later and used has taken its place', () => {
    const newer = { ...use(10), standing: { ...use(10).standing, signedAt: after(NOW, -500) } }
    expect(judge(sceneOf(scene({}, { journal: { uses: [newer] } })))).toMatchObject({
      code: 'judge.standing_covers_not',
    })
  })
  test('one that was signed later and given to the runner has taken its place, used or not', () => {
    const work = { service: SERVICE, unit: UNIT, verb: 'restart' }
    const newer = { ...work, digest: sha256('newer'), signedAt: after(standing().at, 1) }
    const judged = (...standings: readonly (typeof newer)[]) =>
      judge(sceneOf(scene({}, { journal: { standings } })))
    expect(judged(newer)).toMatchObject({ code: 'judge.standing_covers_not' })
    expect(judged({ ...newer, signedAt: standing().at })).toMatchObject({ code: 'judge.standing_covers_not' })
    expect(judged({ ...newer, signedAt: after(standing().at, -1) }).ok).toBe(true)
    expect(judged({ ...newer, verb: 'reload' }).ok).toBe(true)
    expect(judged({ ...newer, digest: statementDigest(standing()) }).ok).toBe(true)
  })
  test('the accepting line says what it was let in for', () => {
    expect(judge(sceneOf(scene()))).toMatchObject({
      ok: true,
      accepted: { standing: { unit: UNIT, verb: 'restart', signedAt: standing().at } },
    })
    const plain = judge(sceneOf())
    expect(plain.ok && 'standing' in plain.accepted).toBe(false)
  })
  test('it ends when the procedure went wrong under it, or when it is revoked', () => {
    const misbehaved = new Set(['CHG-2026-0007/1' as ExecutionId])
    expect(judge(sceneOf(scene({}, { journal: { uses: [use(4_000_000)], misbehaved } })))).toMatchObject({
      code: 'judge.standing_covers_not',
    })
    const revoked = new Set([statementDigest(standing())])
    expect(judge(sceneOf(scene({}, { journal: { revoked } })))).toMatchObject({
      code: 'judge.statement_revoked',
    })
  })
  test('it never covers a change of files', () => {
    expect(judge(sceneOf(scene({}, { plan: planOf() })))).toMatchObject({ code: 'judge.standing_covers_not' })
  })
})

describe('part of X13: whoever owes the review of a break-glass', () => {
  const glass = (person: string, hours: number, more: Partial<Glass> = {}): Glass => ({
    glass: sha256('glass'),
    person,
    at: after(NOW, -hours * 3_600_000),
    expires: NOW,
    verbs: ['restart'],
    services: [SERVICE],
    reason: 'it hung',
    acts: [],
    ...more,
  })
  const judged = (one: Glass) => judge(sceneOf({ journal: { glasses: [one] } }))
  test('for more than 72 hours: nothing starts that they asked for or wrote, whatever the gate says', () => {
    expect(judged(glass('author', 73))).toMatchObject({
      code: 'glass.review_overdue',
      detail: { person: 'author', glass: sha256('glass').slice(0, 12), at: after(NOW, -73 * 3_600_000) },
    })
    const asked = { requester: actor('ops2'), lineage: [actor('author')] }
    expect(judge(sceneOf({ envelope: asked, journal: { glasses: [glass('ops2', 73)] } }))).toMatchObject({
      code: 'glass.review_overdue',
    })
  })
  test('for less, reviewed, or of somebody else: it starts', () => {
    expect(judged(glass('author', 71)).ok).toBe(true)
    expect(judged(glass('author', 73, { reviewed: { person: 'ops1', at: NOW, text: 'x' } })).ok).toBe(true)
    expect(judged(glass('somebody', 73)).ok).toBe(true)
  })
})

describe('every sealed part counts', () => {
  // The approver signed one envelope. Whatever leaf of plan or envelope is changed afterwards, and however the gate hashes it
  // anew, the approval does not cover it.
  const input = sceneOf()
  test.each(['planText', 'envelopeText'] as const)('a changed leaf of %s is refused', (which) => {
    const value = parseJson(input[which])
    const leaves = leavesOf(value)
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.string(), fc.integer(), (path, text, number) => {
        const changed = canonical(replaced(value, path, text, number))
        fc.pre(changed !== input[which])
        const plan =
          which === 'planText' ? rehash(() => planDigest(parseJson(changed) as never)) : input.order.plan
        const envelope =
          which === 'envelopeText'
            ? rehash(() => envelopeDigest(parseJson(changed) as never))
            : input.order.envelope
        const answer = judge({ ...input, [which]: changed, order: { ...input.order, plan, envelope } })
        expect(answer.ok).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })
})

function service(policy: CompiledPolicy): Service {
  const [only] = policy.services
  if (only === undefined) throw new TypeError('no service')
  return only
}

function base(approver: string) {
  return {
    v: 1 as const,
    approver: actor(approver),
    role: 'approver' as const,
    nonce: 'b'.repeat(32),
    at: after(NOW, -1000),
    expires: after(NOW, 3_600_000),
  }
}

function evidence(
  map: (one: Envelope['evidence'][number]) => Envelope['evidence'][number] | undefined,
): Envelope['evidence'] {
  return envelopeOf(planOf(), policyOf()).evidence.flatMap((one) => map(one) ?? [])
}

/** The envelope seals exactly this trial, and the journal holds it. */
function trialScene(over: Parameters<typeof trialOf>[1]): Scene {
  const trial = trialOf(planOf(), over)
  const digest = evidenceDigest(trial)
  const own = new Set(['validation', 'trial', 'undo'])
  return {
    envelope: { evidence: evidence((one) => (own.has(one.check) ? { ...one, digest } : one)) },
    journal: { trials: new Map([[digest, trial]]) },
  }
}

function moved() {
  const facts = new Map(factsFor(planOf()))
  const changed = facts.get(A)
  if (changed?.kind === 'file' && changed.state.kind === 'file')
    facts.set(A, { ...changed, state: { ...changed.state, mode: 0o600 } })
  return facts
}

function outsidePlan(path: string): Scene {
  return { plan: playbookPlan(policyOf(), { files: [fileChange(path)] }) }
}

/** A dotenv file takes a secret by its reference, which this runner has under any name. */
function secretScene(reference: string, keyed = KEYED): Scene {
  const path = '/etc/mirai/env'
  const before = { kind: 'secret', keyed: 'c'.repeat(64), mode: 0o600, uid: 0, gid: 0 } as const
  const plan = playbookPlan(policyOf(), {
    files: [],
    env: [
      {
        kind: 'editEnv',
        path,
        real: path,
        links: [],
        before,
        set: [{ key: 'TOKEN', to: { kind: 'secret', reference, version: 1, keyed } }],
        unset: [],
      },
    ],
  })
  return { plan, input: { secret: () => KEYED } }
}

/** Both files are restarted by this unit, which the policy does not name. */
function withUnit(unit: string) {
  return playbookPlan(serviceOf({ unit }))
}

/** The policy of the scene, with other declarations of its files and of its service. */
function serviceOf(file: Partial<ConfigFile>, more: Partial<Service> = {}): CompiledPolicy {
  const policy = policyOf()
  return {
    ...policy,
    services: policy.services.map((one) => ({
      ...one,
      ...more,
      files: one.files.map((of) => ({ ...of, ...file })),
    })),
  }
}

type Path = readonly (string | number)[]
function leavesOf(value: Json, at: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((one, i) => leavesOf(one, [...at, i]))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...at, key]))
  return [at]
}
function replaced(value: Json, path: Path, text: string, number: number): Json {
  const [head, ...rest] = path
  if (head === undefined) {
    if (typeof value === 'string') return text.toWellFormed()
    return typeof value === 'number' ? number : value === true ? false : true
  }
  if (Array.isArray(value))
    return value.map((one: Json, i) => (i === head ? replaced(one, rest, text, number) : one))
  return Object.fromEntries(
    Object.entries(value as object).map(([key, one]) => [
      key,
      key === head ? replaced(one as Json, rest, text, number) : (one as Json),
    ]),
  )
}
function rehash<T>(work: () => T): T {
  return work()
}

describe('policy.alone', () => {
  const policy = policyOf({ rules: { alone: { afterSeconds: 900, tiers: [1, 2] } } })
  const digest = envelopeDigest(
    envelopeOf(planOf(), policy, {
      author: actor('ops1'),
      lineage: [actor('ops1')],
      editors: [actor('ops1')],
    }),
  )
  /** The author's own approval, where the runner has stored the envelope so long ago. */
  const judged = (journal: Scene['journal']) => {
    const own = { author: actor('ops1'), lineage: [actor('ops1')], editors: [actor('ops1')] }
    const answer = judge(sceneOf({ policy, envelope: own, ...(journal === undefined ? {} : { journal }) }))
    return answer.ok ? `alone: ${answer.accepted.solo}` : answer.code
  }
  test('the pause counts from the runner’s own line, and a rejection in its journal ends it', () => {
    expect(judged({ stored: new Map([[digest, after(NOW, -3_600_000)]]) })).toBe('alone: true')
    expect(judged({ stored: new Map([[digest, after(NOW, -600_000)]]) })).toBe('approval.alone_later')
    expect(judged(undefined)).toBe('approval.own_change')
    expect(judged({ stored: new Map([[digest, after(NOW, -3_600_000)]]), rejected: new Set([digest]) })).toBe(
      'approval.own_change',
    )
  })
})
