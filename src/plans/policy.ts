// The compiled policy: what `sekisho config apply` makes of sekisho.yaml and what runner and gate both read.
// The runner takes no target, key or rule from anywhere else.
import {
  type BackupRules,
  backupRules,
  type Database,
  type DataDirectory,
  database,
  dataDirectory,
} from '../backup/set.ts'
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  record,
  text,
} from '../base/decode.ts'
import { type Digest, isDigest, labelledDigest } from '../base/hash.ts'
import { type ActorId, isActorId, isServiceName, type ServiceName } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import { type NotifyRules, notifyRules } from '../notify/rules.ts'
import { type ApiCall, apiCall } from './api-rules.ts'
import { type CodeRules, codeRules } from './code-rules.ts'
import { type DeclaredCommand, declaredCommand } from './command-rules.ts'
import type { Activation } from './config-kinds/kind.ts'
import { CONFIG_KINDS, type ConfigKind } from './config-kinds/registry.ts'
import { type IncidentRules, incidentRules } from './incident-rules.ts'
import { type MaintenanceRules, maintenanceRules } from './maintenance-rules.ts'
import { type OwnCheck, ownCheck } from './own-check.ts'

/** Agents have no roles: what they may do is fixed (domain.md §7). `owner` may do what the file's owner may: policy, people, standing. */
export type Role = 'viewer' | 'requester' | 'approver' | 'operator' | 'owner' | 'auditor'
export const ROLES: readonly Role[] = ['viewer', 'requester', 'approver', 'operator', 'owner', 'auditor']

/** Where the private key lives, as the owner said at enrolment. */
export type KeyClass = 'file' | 'device' | 'hardware'

export interface PersonKey {
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string
  /** `ssh-ed25519 AAAA…`, no comment. */
  readonly public: string
  readonly class: KeyClass
  /** Revoked keys stay listed: a key revoked since never counts. */
  readonly revoked: boolean
  /** A key that `sekisho` made for a demonstration; whatever it signs is stamped DEMO. */
  readonly demo: boolean
}

export interface Person {
  readonly id: ActorId
  readonly name: string
  readonly roles: readonly Role[]
  /** Services the roles hold for; empty means all. */
  readonly services: readonly ServiceName[]
  readonly keys: readonly PersonKey[]
  /** What cannot be undone is approved by two people of different groups. Absent: a group of their own. */
  readonly group?: string
}

export interface Agent {
  readonly id: ActorId
  readonly name: string
  readonly model?: string
  /** The person it works for; author and sponsor are one lineage. */
  readonly sponsor: ActorId
  readonly paused: boolean
  /** Keys with which it signs what it has written, and nothing else. Absent where it has none. */
  readonly keys?: readonly PersonKey[]
}

export interface Health {
  readonly url: string
  readonly status: number
  /** Fields of a JSON answer that must have these values. */
  readonly json: Readonly<Record<string, string>>
  readonly withinMs: number
  /** PEM file with the only CA (or self-signed certificate) that counts. */
  readonly ca?: string
  /** `good` of `of` attempts, `everyMs` apart, must be green. */
  readonly good: number
  readonly of: number
  readonly everyMs: number
}

export interface ConfigFile {
  /** Absolute, normal path as declared. For `systemd`: the unit file, or a drop-in directory entry `…/NAME.service.d/*.conf`. */
  readonly path: string
  readonly kind: ConfigKind
  /** Its bytes never leave the runner, no plain hash of it is written anywhere (spine §8). Always true for dotenv. */
  readonly secret: boolean
  readonly activation: Activation
  /** The unit to reload or restart: nginx.service for nginx, else the service's own. */
  readonly unit?: string
  /** How a change of this file is kept: by its own proof, or because a person says so (the administrator's path). */
  readonly keep: 'proof' | 'person'
  /** A probe of the application that shows that this file is in effect (dotenv, file). */
  readonly probe?: Health
}

export interface Service {
  readonly name: ServiceName
  readonly host: string
  readonly unit?: string
  readonly health?: Health
  readonly files: readonly ConfigFile[]
  readonly logs: { readonly error?: string; readonly auth?: string; readonly access?: string }
  readonly journal?: boolean // Errors are counted in what the unit has said to journald.
  /** So many errors in a day are red; fewer are a warning. */
  readonly errorsPerDay?: number
  /** Absent where nothing is declared. */
  readonly data?: readonly DataDirectory[]
  readonly databases?: readonly Database[]
  readonly backup?: BackupRules
  readonly code?: CodeRules
  /** Declared calls of its own interface. */
  readonly calls?: readonly ApiCall[]
  /** Commands that turn the maintenance of the service on and off. */
  readonly maintenance?: MaintenanceRules
  /** Commands that may be run as changes of their own. */
  readonly commands?: readonly DeclaredCommand[]
}

/** Minutes of a week in a zone, or a span of time. `services` empty means all. */
export interface Window {
  readonly services: readonly ServiceName[]
  /** 0 = Sunday. */
  readonly days: readonly number[]
  readonly fromMinute: number
  readonly untilMinute: number
  /** IANA zone, such as Asia/Tokyo. */
  readonly zone: string
}
export interface Freeze {
  readonly services: readonly ServiceName[]
  readonly from: Instant
  readonly until: Instant
  readonly reason: string
  /** Roles that may pass. Agents and tokens never do. */
  readonly passes: readonly Role[]
}

/** Tier 1: restart, reload. Tier 2: what is undone by what was tried. Tier 3: what only a restore takes back. */
export type Tier = 1 | 2 | 3
export interface TierRule {
  /** How many distinct persons must approve. */
  readonly approvals: number
  readonly roles: readonly Role[]
  /** Key classes that count. */
  readonly keys: readonly KeyClass[]
}

export interface Rules {
  readonly tier1: TierRule
  readonly tier2: TierRule
  /** One person may approve alone, their own change too, when the runner has held the envelope for so long and nobody has rejected it. */
  readonly alone?: { readonly afterSeconds: number; readonly tiers: readonly Tier[] }
  readonly oneConcern?: true // A plan over unrelated configuration files is refused without a reason.
  /** Standing statements may start at most this many runs an hour. */
  readonly standingPerHour: number
  readonly windows: readonly Window[]
  readonly freezes: readonly Freeze[]
  /** Default of the notification decision of a pattern; `ask` means the author must decide. */
  readonly notification: { readonly config: NotificationDefault; readonly service: NotificationDefault }
  /** Time in which a change must have proved itself or been kept. */
  readonly keepSeconds: number
  readonly approvalSeconds: number
  readonly floorBytes: number // Free space that must remain on a volume.
  /** What the agent's Unix user is here: `shared` with the operator, or its `own`. Decides what card and record may claim. */
  readonly agentUser: 'shared' | 'own'
  readonly level: 'observe' | 'guard' | 'enforce'
}
export type NotificationDefault = 'not_needed' | 'needed' | 'ask'

export interface CompiledPolicy {
  readonly v: 1
  /** The policy version: one digest over everything compiled. */
  readonly version: Digest
  /** Name of this installation: the ledger's origin and the title of `status`. */
  readonly name: string
  readonly language: 'ja' | 'en'
  readonly zone: string
  readonly people: readonly Person[]
  readonly agents: readonly Agent[]
  readonly services: readonly Service[]
  readonly rules: Rules
  /** The owner's own checks. Absent where none are declared. */
  readonly checks?: readonly OwnCheck[]
  /** Absent where nobody is told anything. */
  readonly notify?: NotifyRules
  /** Absent where only people and alerts open incidents. */
  readonly incidents?: IncidentRules
}

const name = text({ max: 200 })
const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const role: Decoder<Role> = literal('viewer', 'requester', 'approver', 'operator', 'owner', 'auditor')
const keyClass: Decoder<KeyClass> = literal('file', 'device', 'hardware')
const actor: Decoder<ActorId> = matching(isActorId, 'an actor name')
const serviceName: Decoder<ServiceName> = matching(isServiceName, 'a service name')
const at: Decoder<Instant> = matching(isInstant, 'an instant')

const health: Decoder<Health> = object({
  url: text({ max: 2048, pattern: /^https?:\/\//, what: 'an http(s) URL' }),
  status: integer(100, 599),
  json: record(text({ max: 1000 }), /^[A-Za-z0-9_.-]{1,100}$/),
  withinMs: integer(1, 600_000),
  ca: optional(path),
  good: integer(1, 100),
  of: integer(1, 100),
  everyMs: integer(0, 600_000),
})
const configFile: Decoder<ConfigFile> = object({
  path,
  kind: literal(...CONFIG_KINDS),
  secret: boolean,
  activation: literal('none', 'reload', 'restart'),
  unit: optional(name),
  keep: literal('proof', 'person'),
  probe: optional(health),
})
const service: Decoder<Service> = object({
  name: serviceName,
  host: name,
  unit: optional(name),
  health: optional(health),
  files: list(configFile),
  logs: object({ error: optional(path), auth: optional(path), access: optional(path) }),
  journal: optional(boolean),
  errorsPerDay: optional(integer(1)),
  data: optional(list(dataDirectory, 100)),
  databases: optional(list(database, 50)),
  backup: optional(backupRules),
  code: optional(codeRules),
  calls: optional(list(apiCall, 100)),
  maintenance: optional(maintenanceRules),
  commands: optional(list(declaredCommand, 100)),
})
const key: Decoder<PersonKey> = object({
  fingerprint: name,
  public: text({ max: 4096 }),
  class: keyClass,
  revoked: boolean,
  demo: boolean,
})
const person: Decoder<Person> = object({
  id: actor,
  name,
  roles: list(role),
  services: list(serviceName),
  keys: list(key),
  group: optional(name),
})
const agent: Decoder<Agent> = object({
  id: actor,
  name,
  model: optional(name),
  sponsor: actor,
  paused: boolean,
  keys: optional(list(key)),
})
const tierRule: Decoder<TierRule> = object({
  approvals: integer(1, 20),
  roles: list(role),
  keys: list(keyClass),
})
const tier: Decoder<Tier> = literal(1, 2, 3)
const notification: Decoder<NotificationDefault> = literal('not_needed', 'needed', 'ask')
const rules: Decoder<Rules> = object({
  tier1: tierRule,
  tier2: tierRule,
  alone: optional(object({ afterSeconds: integer(1, 86_400), tiers: list(tier, 3) })),
  oneConcern: optional(literal(true)),
  standingPerHour: integer(0, 1000),
  windows: list(
    object({
      services: list(serviceName),
      days: list(integer(0, 6), 7),
      fromMinute: integer(0, 1440),
      untilMinute: integer(0, 1440),
      zone: name,
    }),
  ),
  freezes: list(
    object({ services: list(serviceName), from: at, until: at, reason: name, passes: list(role) }),
  ),
  notification: object({ config: notification, service: notification }),
  keepSeconds: integer(10, 86_400),
  approvalSeconds: integer(60, 604_800),
  floorBytes: integer(0),
  agentUser: literal('shared', 'own'),
  level: literal('observe', 'guard', 'enforce'),
})

/** Total decoder of runner.json. */
export const compiledPolicy: Decoder<CompiledPolicy> = object({
  v: literal(1),
  version: matching(isDigest, 'a digest'),
  name,
  language: literal('ja', 'en'),
  zone: name,
  people: list(person),
  agents: list(agent),
  services: list(service),
  rules,
  checks: optional(list(ownCheck, 500)),
  notify: optional(notifyRules),
  incidents: optional(incidentRules),
})

/** The policy version is a digest over everything but itself. `guard` is the digest of guard.json, compiled under the same version. */
export function policyVersion(policy: Omit<CompiledPolicy, 'version'>, guard: Digest): Digest {
  return labelledDigest('sekisho-policy-v1', { policy, guard } as unknown as Json)
}

export function serviceOf(policy: CompiledPolicy, wanted: ServiceName): Service | undefined {
  return policy.services.find((one) => one.name === wanted)
}

export function personOf(policy: CompiledPolicy, wanted: ActorId): Person | undefined {
  return policy.people.find((one) => one.id === wanted)
}

export function agentOf(policy: CompiledPolicy, wanted: ActorId): Agent | undefined {
  return policy.agents.find((one) => one.id === wanted)
}

/** Does this person hold one of these roles for this service? */
export function holdsRole(who: Person, wanted: readonly Role[], on: ServiceName): boolean {
  return (
    who.roles.some((one) => wanted.includes(one)) && (who.services.length === 0 || who.services.includes(on))
  )
}

/** Persons who can approve on this service. One alone means solo mode (domain.md §6.8). */
export function approversOf(policy: CompiledPolicy, on: ServiceName): readonly Person[] {
  return policy.people.filter(
    (one) => holdsRole(one, ['approver', 'owner'], on) && one.keys.some((key) => !key.revoked),
  )
}

export function isSolo(policy: CompiledPolicy, on: ServiceName): boolean {
  return approversOf(policy, on).length === 1
}

/** Exactly the part that decides a change of this service: enrolling somebody for another service voids nothing. */
export function decidingPart(policy: CompiledPolicy, on: ServiceName): Digest {
  const part = {
    service: serviceOf(policy, on) ?? null,
    people: approversOf(policy, on),
    agents: policy.agents.map(({ id, sponsor }) => ({ id, sponsor })),
    rules: {
      ...policy.rules,
      windows: policy.rules.windows.filter((one) => one.services.length === 0 || one.services.includes(on)),
      freezes: policy.rules.freezes.filter((one) => one.services.length === 0 || one.services.includes(on)),
    },
  }
  return labelledDigest('sekisho-deciding-policy-v1', part as unknown as Json)
}

/** The declared file of a service that a path names: exactly, or as a `.conf` in a declared drop-in directory `…/*.conf`. */
export function declaredFile(on: Service, path: string): ConfigFile | undefined {
  const exact = on.files.find((one) => one.path === path)
  if (exact !== undefined) return exact
  return on.files.find((one) => {
    if (!one.path.endsWith('/*.conf')) return false
    const directory = one.path.slice(0, -'*.conf'.length)
    return path.startsWith(directory) && /^[A-Za-z0-9_.@-]+\.conf$/.test(path.slice(directory.length))
  })
}

/** Who approves a change of this tier, and how many: of tier 3 two people at least. */
export function ruleOfTier({ rules: { tier1, tier2 } }: CompiledPolicy, of: Tier): TierRule {
  if (of === 1) return tier1
  return of === 2 ? tier2 : { ...tier2, approvals: Math.max(2, tier2.approvals) }
}
