// One change of two plain files, sealed and approved, as plain values: what the judge's table and the fakes of the loop start from.
import { sha256 } from '../../src/base/hash.ts'
import {
  type ActorId,
  type ChangeId,
  type ExecutionId,
  fileTarget,
  type ServiceName,
  type TargetId,
  unitTarget,
} from '../../src/base/id.ts'
import { canonical, type Json } from '../../src/base/json.ts'
import { after, type Instant } from '../../src/base/time.ts'
import { type FileChange } from '../../src/plans/file-state.ts'
import { baselineDigest, fingerprint, type TargetFacts } from '../../src/plans/fingerprint.ts'
import { type Plan, planDigest } from '../../src/plans/plan.ts'
import { type ConfigWork, configPlan } from '../../src/plans/playbooks/config.ts'
import {
  type Agent,
  type CompiledPolicy,
  type ConfigFile,
  decidingPart,
  type Health,
  type Person,
  type Rules,
  type Service,
} from '../../src/plans/policy.ts'
import type { Body } from '../../src/runner/journal/index.ts'
import type { JournalView, JudgeInput } from '../../src/runner/judge/input.ts'
import type { VerifySignature } from '../../src/seal/enough.ts'
import { type Envelope, envelopeDigest } from '../../src/seal/envelope.ts'
import { evidenceDigest } from '../../src/seal/journal.ts'
import { type AuthorStatement, type Signed, type Statement, statementText } from '../../src/seal/statement.ts'

export const NOW = '2026-11-25T14:00:00.000Z' as Instant
export const HOST = 'web1'
export const SERVICE = 'mirai' as ServiceName
export const UNIT = 'mirai.service'
export const CHANGE = 'CHG-2026-0001' as ChangeId
export const EXECUTION = 'CHG-2026-0001/1' as ExecutionId

/** What the application answers where a change of its files is in effect. */
export const PROBE: Health = {
  url: 'http://127.0.0.1:8080/config',
  status: 200,
  json: {},
  withinMs: 1000,
  good: 1,
  of: 1,
  everyMs: 0,
}

const text = { old: 'old\n', new: 'new\n' }

export function person(id: string, roles: Person['roles'], over: Partial<Person> = {}): Person {
  return {
    id: id as ActorId,
    name: id,
    roles,
    services: [],
    keys: [
      {
        fingerprint: `SHA256:${id}`,
        public: `ssh-ed25519 ${id}`,
        class: 'file',
        revoked: false,
        demo: false,
      },
    ],
    ...over,
  }
}

export const RULES: Rules = {
  tier1: { approvals: 1, roles: ['approver', 'owner'], keys: ['file', 'device', 'hardware'] },
  tier2: { approvals: 1, roles: ['approver', 'owner'], keys: ['file', 'device', 'hardware'] },
  standingPerHour: 3,
  windows: [],
  freezes: [],
  notification: { config: 'not_needed', service: 'not_needed' },
  keepSeconds: 60,
  approvalSeconds: 86_400,
  floorBytes: 0,
  agentUser: 'own',
  level: 'guard',
}

function plain(path: string): ConfigFile {
  return { path, kind: 'file', secret: false, activation: 'none', keep: 'proof', probe: PROBE }
}

export function policyOf(
  over: {
    readonly rules?: Partial<Rules>
    readonly people?: readonly Person[]
    readonly agents?: readonly Agent[]
  } = {},
) {
  const service: Service = {
    name: SERVICE,
    host: HOST,
    unit: UNIT,
    files: [
      { ...plain('/etc/mirai/a.conf'), activation: 'restart' },
      { ...plain('/etc/mirai/b.conf'), activation: 'restart' },
      { ...plain('/etc/mirai/ssh.conf'), keep: 'person' },
      { ...plain('/etc/mirai/env'), kind: 'dotenv', secret: true, activation: 'restart' },
    ],
    logs: {},
  }
  const policy: CompiledPolicy = {
    v: 1,
    version: sha256('policy'),
    name: 'test',
    language: 'en',
    zone: 'Asia/Tokyo',
    people: over.people ?? [
      person('author', ['requester']),
      person('ops1', ['approver', 'operator']),
      person('ops2', ['approver', 'operator']),
      person('boss', ['owner', 'approver']),
      person('gone', ['approver'], {
        keys: [
          {
            fingerprint: 'SHA256:gone',
            public: 'ssh-ed25519 gone',
            class: 'file',
            revoked: true,
            demo: false,
          },
        ],
      }),
    ],
    agents: over.agents ?? [
      {
        id: 'claude' as ActorId,
        name: 'claude',
        sponsor: 'ops2' as ActorId,
        paused: false,
        keys: person('claude', []).keys,
      },
    ],
    services: [service],
    rules: { ...RULES, ...over.rules },
  }
  return policy
}

export function fileChange(path: string): FileChange {
  const of = (content: string) =>
    ({ kind: 'file', digest: sha256(content), size: content.length, mode: 0o644, uid: 0, gid: 0 }) as const
  return { path, real: path, links: [], before: of(text.old), after: of(text.new) }
}

export function factsOf(change: FileChange): TargetFacts {
  return {
    kind: 'file',
    path: change.path,
    real: change.real,
    links: change.links,
    state: change.before,
  }
}

/** The plan that the playbook makes of both plain files, or of other work, by this policy. */
export function playbookPlan(policy: CompiledPolicy = policyOf(), work: Partial<ConfigWork> = {}): Plan {
  const [service] = policy.services
  if (service === undefined) throw new TypeError('no service')
  return configPlan(policy, service, {
    change: CHANGE,
    revision: 1,
    files: [fileChange('/etc/mirai/a.conf'), fileChange('/etc/mirai/b.conf')],
    env: [],
    reals: [],
    stopTimeoutMs: {},
    down: false,
    inactive: [],
    keepByPerson: false,
    ...work,
  })
}

/** The same, with parts that the playbook did not make. */
export function planOf(over: Partial<Plan> = {}): Plan {
  return { ...playbookPlan(), ...over }
}

export const UNIT_FACTS: TargetFacts = { kind: 'unit', unit: UNIT, loaded: true, files: [] }

export function servicePlan(over: Partial<Plan> = {}): Plan {
  return planOf({
    pattern: 'service',
    playbook: 'service/1',
    targets: [unitTarget(HOST, UNIT)],
    actions: [
      { id: '1', action: { kind: 'unit', verb: 'restart', unit: UNIT }, undo: [], timeoutMs: 190_000 },
    ],
    pre: [],
    proof: [{ kind: 'running', unit: UNIT, active: true, newer: true, stableMs: 2000 }],
    diagnostics: true,
    ...over,
  })
}

/** A signature of the tests: says who signed which text. Real ones are in tests/crash. */
export function sign(statement: Statement, by: string = statement.approver): Signed {
  const body = statementText(statement)
  return { text: body, signature: `${by} ${sha256(body)}` }
}
export const verifyTest: VerifySignature = (signature, message) => {
  const [by, digest] = signature.split(' ')
  return digest === sha256(message)
    ? { ok: true, publicKey: `ssh-ed25519 ${by}`, fingerprint: `SHA256:${by}` }
    : { ok: false, why: 'signature' }
}

export function trialOf(plan: Plan, over: Partial<Body<'trial'>> = {}): Body<'trial'> {
  return {
    kind: 'trial',
    plan: planDigest(plan),
    checks: (['validation', 'trial', 'undo'] as const).map((check) => ({
      check,
      verdict: 'green',
      facts: {},
      problems: [],
    })),
    baseline: baselineDigest(baselineFor(plan)),
    expires: after(NOW, 3_600_000),
    ...over,
  }
}

export function factsFor(plan: Plan): ReadonlyMap<TargetId, TargetFacts> {
  const facts = new Map<TargetId, TargetFacts>()
  for (const { action } of plan.actions) {
    if (action.kind === 'replaceFiles')
      for (const change of action.files) facts.set(fileTarget(HOST, change.path), factsOf(change))
    if (action.kind === 'editEnv') {
      const { path, real, links, before } = action
      facts.set(fileTarget(HOST, path), { kind: 'file', path, real, links, state: before })
    }
    if (action.kind === 'unit') facts.set(unitTarget(HOST, action.unit), UNIT_FACTS)
  }
  return facts
}

function baselineFor(plan: Plan): Envelope['baseline'] {
  const facts = factsFor(plan)
  return plan.targets.map((target) => {
    const found = facts.get(target)
    if (found === undefined) throw new TypeError(`no facts of ${target}`)
    return { target, digest: fingerprint(target, found) }
  })
}

export function envelopeOf(plan: Plan, policy: CompiledPolicy, over: Partial<Envelope> = {}): Envelope {
  const baseline = baselineFor(plan)
  const trial = evidenceDigest(trialOf(plan))
  const expires = after(NOW, 3_600_000)
  const checks = plan.pattern === 'config' ? (['validation', 'trial', 'undo'] as const) : []
  return {
    v: 1,
    change: plan.change,
    revision: plan.revision,
    host: plan.host,
    service: plan.service,
    class: 'normal',
    tier: plan.pattern === 'config' ? 2 : 1,
    plan: planDigest(plan),
    diff: sha256('diff'),
    baseline,
    evidence: [
      { check: 'baseline', digest: baselineDigest(baseline), expires, collector: 'runner' },
      ...checks.map((check) => ({ check, digest: trial, expires, collector: 'runner' as const })),
      { check: 'notification', digest: sha256('no'), expires, collector: 'gate' },
    ],
    waivers: [],
    policy: decidingPart(policy, plan.service),
    playbook: plan.playbook,
    approvals: { count: 1, roles: ['approver', 'owner'] },
    requester: 'author' as ActorId,
    author: 'author' as ActorId,
    lineage: ['author' as ActorId],
    editors: ['author' as ActorId],
    instruction: sha256('instruction'),
    notification: 'not_needed',
    sealedAt: after(NOW, -60_000),
    expires,
    ...over,
  }
}

export function approval(
  envelope: Envelope,
  over: Partial<Extract<Statement, { type: 'approve' }>> = {},
): Statement {
  return {
    v: 1,
    type: 'approve',
    approver: 'ops1' as ActorId,
    role: 'approver',
    nonce: 'a'.repeat(32),
    at: after(NOW, -30_000),
    expires: after(NOW, 3_600_000),
    change: CHANGE,
    envelope: envelopeDigest(envelope),
    shown: sha256('card'),
    ...over,
  }
}

/** What the author of the envelope says of its plan. */
export function authored(
  { author, change, plan }: Envelope,
  over: Partial<AuthorStatement> = {},
): AuthorStatement {
  return {
    v: 1,
    type: 'author',
    approver: author,
    role: 'author',
    nonce: 'c'.repeat(32),
    at: after(NOW, -60_000),
    expires: after(NOW, 3_600_000),
    change,
    plan,
    ...over,
  }
}

export interface Scene {
  readonly policy?: CompiledPolicy
  readonly plan?: Plan
  /** Changes of the sealed envelope; what is signed is the changed one. */
  readonly envelope?: Partial<Envelope>
  readonly statements?: (envelope: Envelope) => readonly Signed[]
  /** What the author has signed; a normal envelope's plan, unless it is said otherwise. */
  readonly authored?: (envelope: Envelope) => readonly Signed[]
  readonly input?: Partial<JudgeInput>
  readonly journal?: Partial<JournalView>
  readonly order?: Partial<JudgeInput['order']>
}

/** A scene in which everything holds, unless it is changed. */
export function sceneOf(scene: Scene = {}): JudgeInput {
  const policy = scene.policy ?? policyOf()
  const plan = scene.plan ?? planOf()
  const envelope = envelopeOf(plan, policy, scene.envelope)
  const trial = trialOf(plan)
  const byAuthor =
    scene.authored?.(envelope) ?? (envelope.class === 'normal' ? [sign(authored(envelope))] : [])
  const statements = [...(scene.statements?.(envelope) ?? [sign(approval(envelope))]), ...byAuthor]
  return {
    order: {
      verb: 'run',
      execution: EXECUTION,
      change: CHANGE,
      plan: planDigest(plan),
      envelope: envelopeDigest(envelope),
      statements,
      fences: plan.targets.map((target) => ({ target, token: 7 })),
      ...scene.order,
    },
    planText: canonical(plan as unknown as Json),
    envelopeText: canonical(envelope as unknown as Json),
    waivers: [],
    policy,
    now: NOW,
    clock: { sound: true },
    journal: {
      damage: undefined,
      nonces: new Set(),
      fences: new Map(),
      revoked: new Set(),
      stored: new Map(),
      rejected: new Set(),
      trials: new Map([[evidenceDigest(trial), trial]]),
      uses: [],
      voided: new Set(),
      misbehaved: new Set(),
      glasses: [],
      holder: () => undefined,
      standings: [],
      ...scene.journal,
    },
    facts: factsFor(plan),
    pre: { health: 'green', units: new Map([[UNIT, { active: true, state: 'active (running)' }]]) },
    secret: () => undefined,
    verify: verifyTest,
    ...scene.input,
  }
}
