// The compiled policy: every default given, every list in one order, so that comments, order and spelling of the file change nothing.

import { assert } from '../base/assert.ts'
import { labelledDigest } from '../base/hash.ts'
import { type ActorId, byteOrder, isActorId, isServiceName, type ServiceName } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { parsePublicKey } from '../base/sign.ts'
import type { GuardPolicy } from '../guard/policy.ts'
import type { MaintenanceRules } from '../plans/maintenance-rules.ts'
import {
  type Agent,
  type CompiledPolicy,
  type Freeze,
  type KeyClass,
  type Person,
  type PersonKey,
  policyVersion,
  ROLES,
  type Role,
  type Rules,
  type Service,
  type TierRule,
  type Window,
} from '../plans/policy.ts'
import { compileBackup, compileCalls, compileData, compileDatabases } from './backup-compile.ts'
import { compileCode } from './code-compile.ts'
import { compileCommands } from './command-rules.ts'
import { compileGuard } from './compile-guard.ts'
import type {
  KeyDocument,
  PersonDocument,
  PolicyDocument,
  RulesDocument,
  ServiceDocument,
} from './document.ts'
import { declaredFiles, filledHealth } from './expand.ts'
import { compileIncidents } from './incident-rules.ts'
import { compileNotify } from './notify-compile.ts'
import { compileOwnChecks } from './own-checks.ts'
import { toInstant } from './wall-time.ts'

/** What these rules are called where they say no name. */
export const UNNAMED = 'sekisho'

export interface Compiled {
  readonly runner: CompiledPolicy
  readonly guard: GuardPolicy
}

const ALL_KEYS: readonly KeyClass[] = ['file', 'device', 'hardware']
const APPROVERS: readonly Role[] = ['approver', 'owner']

/** Takes a document without problems. */
export function compile(document: PolicyDocument): Compiled {
  const language = document.lang ?? 'ja'
  const zone = zoneOf(document)
  const services = sorted(
    (document.services ?? []).map(({ id, value }) => compileService(id, value, zone)),
    (one) => one.name,
  )
  const people = compilePeople(document)
  const rules = compileRules(document.policy ?? {}, zone)
  const body = {
    v: 1,
    name: document.name ?? UNNAMED,
    language,
    zone,
    people,
    agents: compileAgents(document, people),
    services,
    rules,
    ...(document.notify === undefined ? {} : { notify: compileNotify(document.notify, language, zone) }),
    ...(document.checks === undefined ? {} : { checks: compileOwnChecks(document.checks) }),
    ...(document.incidents === undefined ? {} : { incidents: compileIncidents(document.incidents) }),
  } as const
  const guard = compileGuard(document, services, rules)
  const version = policyVersion(body, labelledDigest('sekisho-guard-v1', guard as unknown as Json))
  return { runner: { ...body, version }, guard: { ...guard, version } }
}

/** What the guard reads, of a document whose people and approvals are not asked about. Its version is nobody's. */
export function compileForGuard(document: PolicyDocument): GuardPolicy {
  const services = sorted(
    (document.services ?? []).map(({ id, value }) => compileService(id, value, zoneOf(document))),
    (one) => one.name,
  )
  const rules = compileRules(document.policy ?? {}, zoneOf(document))
  return { ...compileGuard(document, services, rules), version: 'file' }
}

export function zoneOf(document: PolicyDocument): string {
  return document.zone ?? (document.lang === 'en' ? 'UTC' : 'Asia/Tokyo')
}

function compileService(id: string, service: ServiceDocument, zone: string): Service {
  const data = compileData(service)
  const calls = compileCalls(service)
  const databases = compileDatabases(service)
  const code = compileCode(service)
  const commands = compileCommands(service)
  const health = service.health === undefined ? undefined : filledHealth(service.health)
  const { error, auth, access, journal, errors_per_day: errorsPerDay } = service.logs ?? {}
  return {
    name: nameOfService(id),
    host: service.host ?? 'local',
    ...(service.manager?.systemd === undefined ? {} : { unit: service.manager.systemd }),
    ...(health === undefined ? {} : { health }),
    files: sorted(
      declaredFiles(service).map(({ file }) => file),
      (one) => one.path,
    ),
    logs: {
      ...(error === undefined ? {} : { error }),
      ...(auth === undefined ? {} : { auth }),
      ...(access === undefined ? {} : { access }),
    },
    ...(journal === true && error === undefined ? { journal } : {}),
    ...(errorsPerDay === undefined ? {} : { errorsPerDay }),
    ...(data.length === 0 ? {} : { data }),
    ...(databases.length === 0 ? {} : { databases }),
    ...(calls.length === 0 ? {} : { calls }),
    ...(service.backup === undefined ? {} : { backup: compileBackup(service.backup, zone) }),
    ...(service.maintenance === undefined ? {} : { maintenance: compileMaintenance(service.maintenance) }),
    ...(code === undefined ? {} : { code }),
    ...(commands.length === 0 ? {} : { commands }),
  }
}

function compileMaintenance({
  on = [],
  off = [],
  probe,
  mutes,
  status,
  longest,
}: NonNullable<ServiceDocument['maintenance']>): MaintenanceRules {
  return {
    on,
    off,
    ...(probe === undefined ? {} : { probe }),
    ...(mutes === undefined ? {} : { mutes: [...new Set(mutes)].sort(byteOrder) }),
    ...(status === undefined ? {} : { status }),
    ...(longest === undefined ? {} : { longestSeconds: Math.floor(longest / 1000) }),
  }
}

function compilePeople(document: PolicyDocument): readonly Person[] {
  const alone = (document.people ?? []).length === 1
  return sorted(
    (document.people ?? []).map(({ id, value }) => compilePerson(id, value, alone)),
    (one) => one.id,
  )
}

/** The only person of a file is its owner; with more, roles are written. */
function compilePerson(id: string, person: PersonDocument, alone: boolean): Person {
  return {
    id: nameOfActor(id),
    name: person.name ?? id,
    roles: rolesInOrder(person.roles ?? (alone ? ['owner'] : [])),
    services: serviceNames(person.services),
    keys: compileKeys(person.keys ?? []),
    ...(person.group === undefined ? {} : { group: person.group }),
  }
}

function compileKeys(keys: readonly KeyDocument[]): readonly PersonKey[] {
  return sorted(keys.map(compileKey), (one) => one.fingerprint)
}

function compileKey(key: KeyDocument): PersonKey {
  const read = parsePublicKey(key.public ?? '')
  assert(read.ok, 'a checked document has readable keys')
  return {
    fingerprint: read.key.fingerprint,
    public: `${read.key.type} ${Buffer.from(read.key.blob).toString('base64')}`,
    class: key.class ?? 'file',
    revoked: key.revoked ?? false,
    demo: key.demo ?? false,
  }
}

function compileAgents(document: PolicyDocument, people: readonly Person[]): readonly Agent[] {
  return sorted(
    (document.agents ?? []).map(({ id, value }) => ({
      id: nameOfActor(id),
      name: value.name ?? id,
      ...(value.model === undefined ? {} : { model: value.model }),
      sponsor: nameOfActor(value.sponsor ?? people[0]?.id ?? ''),
      paused: value.paused ?? false,
      ...(value.keys === undefined ? {} : { keys: compileKeys(value.keys) }),
    })),
    (one) => one.id,
  )
}

function compileRules(rules: RulesDocument, zone: string): Rules {
  const level = rules.level ?? 'observe'
  const agentUser = rules.agent_user ?? 'shared'
  const keys = defaultKeys(level, agentUser)
  return {
    tier1: compileTier(rules.tiers?.['1'], keys),
    tier2: compileTier(rules.tiers?.['2'], keys),
    ...(rules.alone === undefined ? {} : { alone: compileAlone(rules.alone) }),
    ...(rules.one_concern === 'block' ? { oneConcern: true } : {}),
    standingPerHour: rules.standing?.per_hour ?? 6,
    windows: (rules.windows ?? []).flatMap((one) => compileWindow(one, zone)),
    freezes: (rules.freezes ?? []).map((one) => compileFreeze(one, zone)),
    notification: {
      config: rules.notification?.config ?? 'not_needed',
      service: rules.notification?.service ?? 'not_needed',
    },
    keepSeconds: Math.floor((rules.keep ?? 300_000) / 1000),
    approvalSeconds: Math.floor((rules.approval ?? 86_400_000) / 1000),
    floorBytes: rules.floor ?? 64 * 1024 * 1024,
    agentUser,
    level,
  }
}

/** Where an agent shares the operator's account and the wall is claimed, a key that lies in a file proves nobody (spine §1). */
export function defaultKeys(level: Rules['level'], agentUser: Rules['agentUser']): readonly KeyClass[] {
  return level === 'enforce' && agentUser === 'shared' ? ['device', 'hardware'] : ALL_KEYS
}

/** What cannot be undone is approved alone only where the rules say so. */
const UNDOABLE: readonly number[] = [1, 2]

function compileAlone({
  after = 0,
  tiers,
}: NonNullable<RulesDocument['alone']>): NonNullable<Rules['alone']> {
  const all = [1, 2, 3] as const
  return {
    afterSeconds: Math.floor(after / 1000),
    tiers: all.filter((one) => (tiers ?? UNDOABLE).includes(one)),
  }
}

function compileTier(tier: NonNullable<RulesDocument['tiers']>['1'], keys: readonly KeyClass[]): TierRule {
  return {
    approvals: tier?.approvals ?? 1,
    roles: rolesInOrder(tier?.roles ?? APPROVERS),
    keys: ALL_KEYS.filter((one) => (tier?.keys ?? keys).includes(one)),
  }
}

/** A window over midnight becomes two, so that who asks compares minutes of one day. */
function compileWindow(
  window: NonNullable<RulesDocument['windows']>[number],
  zone: string,
): readonly Window[] {
  const { from = 0, until = 1440 } = window
  const days = [...new Set((window.days ?? [[0, 1, 2, 3, 4, 5, 6]]).flat())].sort((a, b) => a - b)
  const common = { services: serviceNames(window.services), zone: window.zone ?? zone }
  if (from < until) return [{ ...common, days, fromMinute: from, untilMinute: until }]
  const next = days.map((day) => (day + 1) % 7).sort((a, b) => a - b)
  return [
    { ...common, days, fromMinute: from, untilMinute: 1440 },
    ...(until === 0 ? [] : [{ ...common, days: next, fromMinute: 0, untilMinute: until }]),
  ]
}

function compileFreeze(freeze: NonNullable<RulesDocument['freezes']>[number], zone: string): Freeze {
  assert(freeze.from !== undefined && freeze.until !== undefined, 'a checked freeze has its span')
  return {
    services: serviceNames(freeze.services),
    from: toInstant(freeze.from, zone, false),
    until: toInstant(freeze.until, zone, true),
    reason: freeze.reason ?? '',
    passes: rolesInOrder(freeze.passes ?? []),
  }
}

function sorted<T>(items: readonly T[], by: (item: T) => string): readonly T[] {
  return [...items].sort((a, b) => byteOrder(by(a), by(b)))
}

function rolesInOrder(roles: readonly Role[]): readonly Role[] {
  return ROLES.filter((one) => roles.includes(one))
}

function serviceNames(names: readonly string[] | undefined): readonly ServiceName[] {
  return sorted([...new Set(names ?? [])].map(nameOfService), (one) => one)
}

function nameOfService(name: string): ServiceName {
  assert(isServiceName(name), 'a checked document has service names')
  return name
}

function nameOfActor(name: string): ActorId {
  assert(isActorId(name), 'a checked document has actor names')
  return name
}
