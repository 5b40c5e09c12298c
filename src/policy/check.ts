// What can be wrong although every single value is right: two claims on one file, a sponsor who is not there, a rule that nobody can
// fulfil. Checks name a path of the document; where it stands is looked up by the caller.
import type { PolicyProblemCode } from '../base/policy-problem.ts'
import { parsePublicKey, type SignatureFault } from '../base/sign.ts'
import { isOwnRule } from '../guard/rules/rule.ts'
import { kindRow } from '../plans/config-kinds/registry.ts'
import { checkBackup } from './backup-check.ts'
import { checkCode } from './code-check.ts'
import { checkCommands } from './command-rules.ts'
import { zoneOf } from './compile.ts'
import {
  dropInDirectory,
  type HealthDocument,
  type KeyDocument,
  type PolicyDocument,
  type ServiceDocument,
} from './document.ts'
import { declaredFiles } from './expand.ts'
import { checkIncidents } from './incident-rules.ts'
import { checkMigrations } from './migration-check.ts'
import type { Note } from './note.ts'
import { checkNotify } from './notify-check.ts'
import { checkOwnChecks } from './own-checks.ts'
import { isAdminPath, isKernelPath, isOwnPath, isUnitPath } from './places.ts'
import { toInstant } from './wall-time.ts'

/** Does the key stand in the file, readable or not? What could not be read is not called missing as well. */
type IsWritten = (path: string) => boolean

/** What can be asked of a document that could be read in part too. */
export function checkDocument(document: PolicyDocument, isWritten: IsWritten, note: Note): void {
  checkServices(document, isWritten, note)
  checkActors(document, isWritten, note)
  checkRules(document, note)
  checkNotify(document, isWritten, note)
  checkIncidents(document.incidents, document.checks ?? [], note)
  checkOwnChecks(
    document.checks ?? [],
    (document.services ?? []).map(({ id }) => id),
    note,
  )
}

// --- services -----------------------------------------------------------------------------------------------------------

function checkServices(document: PolicyDocument, isWritten: IsWritten, note: Note): void {
  const claims = new Map<string, { readonly service: string; readonly real: string }>()
  const units = new Map<string, string>()
  const repositories = new Map<string, string>()
  const host = document.services?.[0]?.value.host ?? 'local'
  for (const { id, value: service } of document.services ?? []) {
    const at = `services.${id}`
    if ((service.host ?? 'local') !== host)
      note(service.host === undefined ? at : `${at}.host`, 'service.hosts', {
        host: service.host ?? 'local',
        other: host,
      })
    const unit = service.manager?.systemd
    if (unit !== undefined) {
      const other = units.get(unit)
      if (other !== undefined) note(`${at}.manager.systemd`, 'service.unit_twice', { unit, other })
      else units.set(unit, id)
    }
    if (service.logs?.journal === true && unit === undefined)
      note(`${at}.logs.journal`, 'key.missing', { key: 'manager', in: at })
    if (service.health !== undefined) checkHealth(service.health, `${at}.health`, note)
    checkConfigs(id, service, claims, isWritten, note)
    checkBackup(service, at, note)
    checkCode(id, service, repositories, isWritten, note)
    checkMigrations(service, at, isWritten, note)
    checkCommands(service, at, note)
  }
}

function checkHealth(health: HealthDocument, at: string, note: Note): void {
  const { good, of } = health
  if (good !== undefined && of !== undefined && good > of) note(`${at}.good`, 'health.good_of', { good, of })
  if (health.ca !== undefined && health.url?.startsWith('http:')) note(`${at}.ca`, 'health.ca_without_tls')
}

function checkConfigs(
  id: string,
  service: ServiceDocument,
  claims: Map<string, { readonly service: string; readonly real: string }>,
  isWritten: IsWritten,
  note: Note,
): void {
  for (const [index, config] of (service.configs ?? []).entries()) {
    const at = `services.${id}.configs[${index}]`
    if (!isWritten(`${at}.path`)) {
      if (config.kind === undefined || !kindRow(config.kind).unitFile)
        note(at, 'key.missing', { key: 'path', in: at })
      else if (config.unit === undefined && service.manager?.systemd === undefined)
        note(at, 'config.unit_needed', { kind: 'systemd' })
    }
    if (config.probe !== undefined) checkHealth(config.probe, `${at}.probe`, note)
  }
  for (const { index, file } of declaredFiles(service)) {
    const at = `services.${id}.configs[${index}]`
    const config = service.configs?.[index]
    const pathAt = config?.path === undefined ? at : `${at}.path`
    const { unitFile, byKey, mustActivate } = kindRow(file.kind)
    if (isOwnPath(file.path)) note(pathAt, 'path.own', { value: file.path })
    if (isKernelPath(file.path)) note(pathAt, 'path.kernel', { value: file.path })
    if (unitFile && !isUnitPath(file.path)) note(pathAt, 'path.not_a_unit', { value: file.path })
    if (!unitFile && dropInDirectory(file.path) !== undefined)
      note(pathAt, 'path.pattern', { value: file.path })
    if (config?.kind !== undefined && byKey && config.secret === false)
      note(`${at}.secret`, 'config.secret_fixed', { value: file.path })
    if (config?.keep === 'proof' && isAdminPath(file.path))
      note(`${at}.keep`, 'config.keep_person', { value: file.path })
    if (file.activation !== 'none' && file.unit === undefined)
      note(at, 'config.unit_needed', { kind: file.kind })
    if (file.activation === 'none' && mustActivate)
      note(`${at}.activation`, 'config.no_activation', { kind: file.kind })
    const claim = claimOf(file.path, claims)
    if (claim !== undefined)
      note(pathAt, 'config.twice', { value: file.path, service: id, other: claim.service, as: claim.real })
    else claims.set(file.path, { service: id, real: file.path })
  }
}

/** The same path, or a drop-in and the pattern that takes it. */
function claimOf<T extends { readonly real: string }>(
  path: string,
  claims: ReadonlyMap<string, T>,
): T | undefined {
  const same = claims.get(path)
  if (same !== undefined) return same
  const parent = path.slice(0, path.lastIndexOf('/'))
  if (path.endsWith('.conf')) {
    const pattern = claims.get(`${parent}/*.conf`)
    if (pattern !== undefined) return pattern
  }
  const directory = dropInDirectory(path)
  if (directory === undefined) return undefined
  for (const [claimed, claim] of claims)
    if (claimed.startsWith(`${directory}/`) && claimed.endsWith('.conf')) return claim
  return undefined
}

// --- people and agents --------------------------------------------------------------------------------------------------

function checkActors(document: PolicyDocument, isWritten: IsWritten, note: Note): void {
  const people = document.people ?? []
  const known = new Set((document.services ?? []).map(({ id }) => id))
  const keys = new Map<string, string>()
  for (const { id, value: person } of people) {
    const at = `people.${id}`
    if (!isWritten(`${at}.roles`) && people.length > 1) note(at, 'person.roles_needed', { person: id })
    checkServiceNames(person.services, `${at}.services`, known, note)
    checkKeys(id, at, person.keys, keys, note)
  }
  // A key of an agent that is a person's too would sign approvals: each key says one name.
  for (const { id, value } of document.agents ?? []) checkKeys(id, `agents.${id}`, value.keys, keys, note)
  const persons = new Set(people.map(({ id }) => id))
  const agents = new Set((document.agents ?? []).map(({ id }) => id))
  for (const { id, value: agent } of document.agents ?? []) {
    const at = `agents.${id}`
    if (persons.has(id)) note(at, 'actor.twice', { actor: id })
    const { sponsor } = agent
    if (sponsor === undefined) {
      if (persons.size !== 1 && !isWritten(`${at}.sponsor`)) note(at, 'agent.sponsor_needed', { agent: id })
    } else if (!persons.has(sponsor))
      note(`${at}.sponsor`, agents.has(sponsor) ? 'agent.sponsor_agent' : 'agent.sponsor_unknown', {
        agent: id,
        sponsor,
        people: [...persons],
      })
  }
}

/** `owners`: whose each key is, by its fingerprint; it grows. */
function checkKeys(
  id: string,
  at: string,
  keys: readonly KeyDocument[] | undefined,
  owners: Map<string, string>,
  note: Note,
): void {
  for (const [index, key] of (keys ?? []).entries()) {
    const publicAt = `${at}.keys[${index}].public`
    if (key.public === undefined) continue
    const read = parsePublicKey(key.public)
    if (!read.ok) {
      note(publicAt, keyCode(read.why), { why: read.why, type: read.type ?? '' })
      continue
    }
    const other = owners.get(read.key.fingerprint)
    if (other !== undefined) note(publicAt, 'person_key.twice', { person: id, other })
    else owners.set(read.key.fingerprint, id)
  }
}

function keyCode(why: SignatureFault): PolicyProblemCode {
  if (why === 'hardware_key') return 'person_key.hardware'
  return why === 'rsa_too_short' || why === 'rsa_exponent' || why === 'key_type'
    ? 'person_key.weak'
    : 'person_key.unreadable'
}

function checkServiceNames(
  names: readonly string[] | undefined,
  at: string,
  known: ReadonlySet<string>,
  note: Note,
): void {
  for (const [index, name] of (names ?? []).entries())
    if (!known.has(name)) note(`${at}[${index}]`, 'service.unknown', { value: name, known: [...known] })
}

// --- rules ----------------------------------------------------------------------------------------------------------------

function checkRules(document: PolicyDocument, note: Note): void {
  const known = new Set((document.services ?? []).map(({ id }) => id))
  const { policy, guard } = document
  for (const { id, value } of guard?.rules ?? [])
    if (isOwnRule(id) && value !== 'deny') note(`guard.rules.${id}`, 'policy.self_rule', { rule: id })
  for (const [index, window] of (policy?.windows ?? []).entries()) {
    const at = `policy.windows[${index}]`
    checkServiceNames(window.services, `${at}.services`, known, note)
    if (window.from !== undefined && window.from === window.until) note(`${at}.until`, 'policy.window_empty')
  }
  for (const [index, freeze] of (policy?.freezes ?? []).entries()) {
    const at = `policy.freezes[${index}]`
    checkServiceNames(freeze.services, `${at}.services`, known, note)
    if (freeze.from === undefined || freeze.until === undefined) continue
    const zone = zoneOf(document)
    if (toInstant(freeze.from, zone, false) >= toInstant(freeze.until, zone, true))
      note(`${at}.until`, 'policy.freeze_order')
  }
  if (policy?.level === 'enforce' && policy.agent_user !== 'own')
    for (const tier of ['1', '2'] as const)
      if (policy.tiers?.[tier]?.keys?.includes('file'))
        note(`policy.tiers.${tier}.keys`, 'policy.file_keys', { tier })
}
