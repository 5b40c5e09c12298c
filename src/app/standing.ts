// Standing statements: an owner signs once that a declared unit may be restarted or reloaded so often an hour (spine §4.6).

import { failureOf, SekishoError } from '../base/error.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import { verifySshSignature } from '../base/sign.ts'
import { after, randomHex } from '../base/time.ts'
import { isOutdated } from '../change/outdated.ts'
import { endStanding, insertStanding, listStanding, type Standing } from '../change/store.ts'
import type { PermissionName } from '../contract/operations.ts'
import type { Actor } from '../identity/actor.ts'
import { actorOf } from '../identity/actor.ts'
import { may } from '../identity/permission.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import { verifyStatement } from '../seal/enough.ts'
import { playbookDigest, playbookOf } from '../seal/playbooks.ts'
import type { PlaybookName, Signed, StandingVerb } from '../seal/statement.ts'
import { administering, allow, declaredService, nameOf } from './authorize.ts'
import { factsOf } from './backup.ts'
import { giveToRunner } from './decide.ts'
import { act, type Gate, now, plain } from './gate.ts'
import { must } from './must.ts'
import { consumeRequest, signedBlob } from './signing-request.ts'
import { bytesIn, cleanCommand, cleanRuns, limitsIn } from './standard.ts'
import { perHourOf, usesLastHour } from './standing-uses.ts'
import { giveOut, SIGNING_LIFE_MS, type ToSign } from './statement.ts'

/** A standing statement has no end of its own: it ends by revocation, by misbehaviour, or by a release that changes the procedure. */
const NEVER_MS = 50 * 365 * 86_400_000

export interface StandingWish {
  readonly service: string
  readonly verb: StandingVerb
  readonly perHour?: number | undefined
  /** Of `keys`. */
  readonly path?: string | undefined
  readonly keys?: readonly string[] | undefined
  /** Of `command`: its name. */
  readonly command?: string | undefined
}

export async function askStanding(gate: Gate, actor: Actor, wish: StandingWish): Promise<ToSign> {
  const service = declaredService(gate.policy(), wish.service)
  const policy = allow(gate, actor, 'standing.sign', { kind: 'service', service: service.name })
  if (actor.kind !== 'person')
    throw new SekishoError('agent.never_approves', { agent: nameOf(actor), operation: 'standing.sign' })
  const playbook = playbookOf(wish.verb)
  const clean = wish.verb === 'keys' ? await cleanRuns(gate, service.name, wish) : undefined
  const command =
    wish.verb === 'command' ? await cleanCommand(gate, service.name, wish.command ?? '') : undefined
  const unit = command?.name ?? clean?.limits.path ?? unitOf(playbook, service)
  const at = now(gate)
  return giveOut(gate, 'standing', actor.id, {
    v: 1,
    approver: actor.id,
    role: 'owner',
    nonce: randomHex(gate.random, 16),
    at,
    expires: after(at, NEVER_MS),
    type: 'standing',
    playbook,
    playbookDigest: playbookDigest(playbook),
    service: service.name,
    verb: wish.verb,
    unit,
    perHour: perHourSigned(wish.perHour, policy),
    ...clean,
    ...(command === undefined ? {} : { bytes: command.bytes, runs: command.runs }),
  })
}

/** The limit of the rules where none was given; a given one is never above it. */
export function perHourSigned(wished: number | undefined, { rules }: Pick<CompiledPolicy, 'rules'>): number {
  const most = Math.max(rules.standingPerHour, 1)
  return Math.min(wished ?? most, most)
}

/** Signed from what has run clean: the runner counts by itself. */
const PROPOSED: ReadonlySet<string> = new Set(['keys', 'command'])

/** The work that the statement covers. Throws plan.no_unit, backup.not_declared. */
function unitOf(playbook: PlaybookName, service: Service): string {
  if (playbook === 'backup/1') {
    if (service.backup === undefined) throw new SekishoError('backup.not_declared', { service: service.name })
    return service.name
  }
  if (playbook === 'isolate/1') return service.host
  if (playbook === 'code/1') {
    if (service.code?.repo.deploy !== 'releases')
      throw new SekishoError('deploy.not_declared', { service: service.name })
    return service.code.repo.path
  }
  if (service.unit === undefined) throw new SekishoError('plan.no_unit', { service: service.name })
  return service.unit
}

export async function signStanding(gate: Gate, actor: Actor, signed: Signed): Promise<Standing> {
  const verified = verifiedFor(gate, actor, 'standing.sign', signed)
  const { statement, person, key, digest } = verified
  if (statement.type !== 'standing')
    throw new SekishoError('statement.wrong_type', { type: statement.type, wanted: 'standing' })
  const service = declaredService(gate.policy(), statement.service)
  if (!PROPOSED.has(statement.verb) && unitOf(statement.playbook, service) !== statement.unit)
    throw new SekishoError('plan.no_unit', { service: service.name })
  const one: Standing = {
    digest,
    service: statement.service,
    unit: statement.unit,
    verb: statement.verb,
    perHour: statement.perHour,
    person: person.id,
    fingerprint: key.fingerprint,
    demo: key.demo,
    playbookDigest: statement.playbookDigest,
    state: 'live',
    signed,
    at: statement.at,
  }
  // INVARIANT S3: a statement counts as replaced when the runner has journalled that. So the runner is told before the record is written.
  await giveToRunner(gate, signed)
  await act(gate, person.id, async (step) => {
    await consumeRequest(step, 'standing', signed, verified)
    // The newer signature for the same work replaces the older one.
    for (const old of await listStanding(step.tx))
      if (
        old.state === 'live' &&
        old.service === one.service &&
        old.unit === one.unit &&
        old.verb === one.verb
      )
        if (await endStanding(step.tx, old.digest, 'revoked', 'replaced'))
          await step.record('standing.revoked', 'standing', payloadOf(old, 'replaced'))
    await insertStanding(step.tx, one)
    const blob = await step.blob('statement', signedBlob(signed))
    await step.record(
      'standing.signed',
      'standing',
      plain({
        statement: digest,
        service: one.service,
        verb: one.verb,
        unit: one.unit,
        perHour: one.perHour,
        ...(statement.limits === undefined ? {} : { limits: statement.limits, runs: statement.runs }),
        ...(statement.bytes === undefined ? {} : { bytes: statement.bytes, runs: statement.runs }),
        approver: person.id,
        role: statement.role,
        fingerprint: key.fingerprint,
        keyClass: key.class,
        demo: key.demo,
        at: statement.at,
      }),
      [blob],
    )
  })
  return one
}

export const payloadOf = (one: Standing, why: string) =>
  plain({ statement: one.digest, service: one.service, verb: one.verb, unit: one.unit, why })

export async function askRevoke(gate: Gate, actor: Actor, digest: string): Promise<ToSign> {
  const one = await known(gate, digest)
  const service = declaredService(gate.policy(), one.service)
  const policy = allow(gate, actor, 'standing.revoke', { kind: 'service', service: service.name })
  if (actor.kind !== 'person')
    throw new SekishoError('agent.never_administers', administering(actor, 'standing.revoke'))
  const at = now(gate)
  // The runner accepts a revocation from an owner, or from the signer of a statement that it has (INVARIANT S3).
  const held = policy.people.find(({ id }) => id === actor.id)?.roles ?? []
  const role = CARING.find((one) => held.includes(one))
  if (role === undefined || (role !== 'owner' && one.person !== actor.id))
    throw new SekishoError('approval.role_missing', { approver: actor.id, roles: ['owner'] })
  return giveOut(gate, 'standing', actor.id, {
    v: 1,
    approver: actor.id,
    role,
    nonce: randomHex(gate.random, 16),
    at,
    expires: after(at, SIGNING_LIFE_MS),
    type: 'revoke',
    statement: one.digest,
  })
}

/** `owner` where the person has that role: the runner accepts it for every statement. */
const CARING = ['owner', 'approver', 'operator'] as const

/**
 * INVARIANT S3: a statement counts as revoked when the runner has journalled that. Where the runner is not reached or refuses, the statement
 * stays live and the person is told so. Throws runner.*, approval.role_missing.
 */
export async function revokeStanding(gate: Gate, actor: Actor, signed: Signed): Promise<Standing> {
  const verified = verifiedFor(gate, actor, 'standing.revoke', signed)
  const { statement, person } = verified
  if (statement.type !== 'revoke')
    throw new SekishoError('statement.wrong_type', { type: statement.type, wanted: 'revoke' })
  const one = await known(gate, statement.statement)
  await giveToRunner(gate, signed)
  await act(gate, person.id, async (step) => {
    await consumeRequest(step, 'standing', signed, verified)
    if (!(await endStanding(step.tx, one.digest, 'revoked', 'revoked'))) return
    const blob = await step.blob('statement', signedBlob(signed))
    await step.record('standing.revoked', 'standing', payloadOf(one, 'revoked'), [blob])
  })
  return known(gate, one.digest)
}

function verifiedFor(gate: Gate, actor: Actor, operation: PermissionName, signed: Signed) {
  const policy = allow(gate, actor, operation, { kind: 'whole' })
  const { verified } = must(verifyStatement(signed, policy, now(gate), verifySshSignature))
  const signer = actorOf(verified.person.id, policy)
  if (signer === undefined)
    throw new SekishoError('statement.unknown_person', { approver: verified.person.id })
  const subject =
    verified.statement.type === 'standing'
      ? ({ kind: 'service', service: verified.statement.service } as const)
      : ({ kind: 'whole' } as const)
  const answer = may(signer, operation, subject, policy)
  if (answer.verdict === 'deny') throw failureOf(answer)
  return verified
}

/** Throws `standing.unknown`. */
async function known(gate: Gate, digest: string): Promise<Standing> {
  const one = isDigest(digest)
    ? (await listStanding(gate.db)).find((each) => each.digest === digest)
    : undefined
  if (one === undefined) throw new SekishoError('standing.unknown', { digest })
  return one
}

export interface StandingShown {
  readonly digest: Digest
  readonly service: ServiceName
  readonly unit: string
  readonly verb: StandingVerb
  readonly limits?: { path: string; set: { key: string; values: string[] }[] }
  readonly bytes?: Digest
  readonly perHour: number
  readonly by: string
  readonly at: string
  readonly state: 'live' | 'revoked' | 'demoted' | 'outdated'
  readonly why?: string
  readonly usedThisHour: number
  readonly demo: boolean
}

export async function showStanding(
  gate: Gate,
  one: Standing,
  policy: CompiledPolicy,
): Promise<StandingShown> {
  const outdated = isOutdated(one)
  const limits = limitsIn(one)
  const bytes = bytesIn(one)
  return {
    digest: one.digest,
    service: one.service as ServiceName, // Declared when it was signed.
    unit: one.unit,
    verb: one.verb,
    ...(limits === undefined
      ? {}
      : { limits: { ...limits, set: limits.set.map(({ key, values }) => ({ key, values: [...values] })) } }),
    ...(bytes === undefined ? {} : { bytes }),
    perHour: perHourOf(one, policy),
    by: one.person,
    at: one.at,
    state: outdated ? 'outdated' : one.state,
    ...(one.why === undefined ? {} : { why: one.why }),
    usedThisHour: await usedThisHour(gate, one, policy),
    demo: one.demo,
  }
}

/** For backups the runner counts by its journal: the work that was done most often. Absent where the runner does not answer. */
async function usedThisHour(gate: Gate, one: Standing, policy: CompiledPolicy): Promise<number> {
  if (one.verb !== 'backup') return usesLastHour(gate.db, one, now(gate))
  const service = policy.services.find(({ name }) => name === one.service)
  if (service?.backup === undefined || one.state !== 'live') return 0
  const { usedThisHour: used = {} } = await factsOf(gate, service)
  return Math.max(0, ...Object.values(used))
}
