// sekisho.yaml of this release, as written: which keys exist, which come later, and what each value may be. What was left out stays
// out; the defaults are given in compile.ts, where they can be read in one place.

import { ADDRESS } from '../backup/set.ts'
import { isActorId, isServiceName } from '../base/id.ts'
import type { PolicyProblem, Position } from '../base/policy-problem.ts'
import { isGuardRule, RULE_IDS } from '../guard/rule-ids.ts'
import { CALL_NAME } from '../plans/actions/request.ts'
import { CALL_PATH, METHODS } from '../plans/api-rules.ts'
import { COMMAND_MS, COMMAND_NAME, WRITES_MAX } from '../plans/command-rules.ts'
import { CONFIG_KINDS } from '../plans/config-kinds/registry.ts'
import { type KeyClass, ROLES } from '../plans/policy.ts'
import { backup, invariants, isPathBelow, isTable } from './backup-document.ts'
import { argv, code } from './code-document.ts'
import { incidents } from './incident-rules.ts'
import { notify } from './notify-document.ts'
import { ownChecks } from './own-checks.ts'
import { type Field, fields, list, named, openText, orText, type Place, type Reading } from './reading.ts'
import {
  choice,
  days,
  duration,
  formed,
  isPlain,
  minuteOfDay,
  plainPath,
  size,
  text,
  url,
  whole,
  writtenTime,
  yesNo,
  zone,
} from './values.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 86_400_000
const UNIT = /^[A-Za-z0-9:_.\\@-]{1,240}\.(service|socket|timer|target|path|mount)$/

const unitName = formed((value, place, reading) =>
  UNIT.test(value) ? value : reading.wrong(place, 'value.unit', { value }),
)
const serviceName = formed((value, place, reading) =>
  isServiceName(value) ? value : reading.wrong(place, 'value.name', { value }),
)
const actorName = formed((value, place, reading) =>
  isActorId(value) ? value : reading.wrong(place, 'value.name', { value }),
)
const hostName = formed((value, place, reading) =>
  /^[a-z0-9][a-z0-9._-]{0,62}$/.test(value) ? value : reading.wrong(place, 'value.name', { value }),
)

/** A text that stands for the long form is that form's field, where it stands. */
function short(place: Place, field: string, reading: Reading): Place {
  const at = { ...place, path: `${place.path}.${field}` }
  reading.remember(at)
  return at
}

/** A value that a field of a JSON answer must have, as its text. */
const jsonValue: Field<string> = (place, reading) => {
  const node = place.node
  const value = node !== null && 'value' in node ? node.value : undefined
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : text(1000)(place, reading)
}

const longHealth = fields(
  {
    url,
    status: whole(100, 599),
    json: named(jsonValue, (name) => /^[A-Za-z0-9_.-]{1,100}$/.test(name)),
    within: duration(1, 600 * SECOND),
    ca: plainPath,
    good: whole(1, 100),
    of: whole(1, 100),
    every: duration(0, 600 * SECOND),
  },
  { required: ['url'] },
)
const shortHealth: Field<HealthDocument> = (place, reading) => {
  const read = url(short(place, 'url', reading), reading)
  return read === undefined ? undefined : { url: read }
}
export type HealthDocument = NonNullable<ReturnType<typeof longHealth>>
const health = orText<HealthDocument>(longHealth, shortHealth)

/** Also the one pattern there is: the drop-ins of a unit. */
const configPath = formed((value, place, reading) => {
  const directory = dropInDirectory(value)
  if (/[*?[\]{}]/.test(directory ?? value)) return reading.wrong(place, 'path.pattern', { value })
  return isPlain(directory ?? value) ? value : reading.wrong(place, 'path.not_plain', { value })
})

/** `…/NAME.service.d/*.conf` → `…/NAME.service.d`. */
export function dropInDirectory(path: string): string | undefined {
  return /^(\/.*\/[^/]+\.(?:service|socket|timer|target|path|mount)\.d)\/\*\.conf$/.exec(path)?.[1]
}

const longConfig = fields({
  path: configPath,
  kind: choice(CONFIG_KINDS),
  secret: yesNo,
  activation: choice(['none', 'reload', 'restart']),
  unit: unitName,
  keep: choice(['proof', 'person']),
  probe: health,
})
export type ConfigDocument = NonNullable<ReturnType<typeof longConfig>>
const shortConfig: Field<ConfigDocument> = (place, reading) => {
  const path = short(place, 'path', reading)
  const read = configPath(path, reading)
  return read === undefined ? undefined : { path: read }
}

/** A name inside the data directory: no slash, no way out. */
const fileName = formed((value, place, reading) =>
  /^[^/\0]{1,255}$/.test(value) && value !== '.' && value !== '..'
    ? value
    : reading.wrong(place, 'value.file_name', {
        value,
        name: value.split('/').findLast((one) => !/^\.{0,2}$/.test(one)) ?? '',
      }),
)
const callPath = formed((value, place, reading) =>
  CALL_PATH.test(value) ? value : reading.wrong(place, 'value.call_path', { value }),
)
const apiCall = fields(
  {
    method: choice(METHODS),
    path: callPath,
    read: callPath,
    inverse: fields({ method: choice(METHODS), path: callPath }, { required: ['method', 'path'] }),
    credential: text(100),
    within: duration(SECOND, 600 * SECOND),
    differs: list(text(200), 50),
  },
  { required: ['method', 'path', 'read'] },
)
const isCallName = (name: string) => CALL_NAME.test(name)
const dataDirectory = fields(
  {
    dir: plainPath,
    change: choice(['api-only', 'gate']),
    api: fields(
      { base: url, docs: url, rehearse: url, calls: named(apiCall, isCallName, 'value.call_name') },
      { required: ['base'] },
    ),
    format: choice(['json', 'files', 'sqlite']),
    secret: list(fileName, 100),
    invariants: named(invariants, isPathBelow, 'value.path_below'),
  },
  { required: ['dir'], later: ['read'] },
)
export type DataDocument = NonNullable<ReturnType<typeof dataDirectory>>
const shortData: Field<DataDocument> = (place, reading) => {
  const dir = short(place, 'dir', reading)
  const read = plainPath(dir, reading)
  return read === undefined ? undefined : { dir: read }
}

const tableName = formed((value, place, reading) =>
  isTable(value) ? value : reading.wrong(place, 'value.table_name', { value }),
)
const roleName = formed((value, place, reading) =>
  /^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/.test(value) ? value : reading.wrong(place, 'value.role_name', { value }),
)
const relativeDirectory = formed((value, place, reading) =>
  isPathBelow(value) ? value : reading.wrong(place, 'repo.path_below', { value }),
)
const variableName = formed((value, place, reading) =>
  ADDRESS.test(value) ? value : reading.wrong(place, 'value.name', { value }),
)
const migrations = fields(
  {
    role: roleName,
    dir: relativeDirectory,
    tool: choice(['sql', 'argv']),
    directory: plainPath,
    up: argv,
    down: argv,
    status: argv,
    address: variableName,
    lock_timeout: duration(1, HOUR),
    within: duration(SECOND, 55 * MINUTE),
  },
  { required: ['role'] },
)
const database = fields(
  {
    name: text(63),
    engine: choice(['postgresql', 'mysql', 'sqlite', 'mongodb', 'redis']),
    port: whole(1, 65_535),
    invariants: named(invariants, isTable, 'value.table_name'),
    secret: list(tableName, 200),
    migrations,
  },
  { required: ['name'], later: ['url'] },
)

const isCommandName = (name: string) => COMMAND_NAME.test(name)
const ownCommand = fields(
  {
    directory: plainPath,
    argv,
    back: argv,
    writes: list(plainPath, WRITES_MAX),
    within: duration(SECOND, COMMAND_MS),
  },
  { required: ['directory', 'argv'] },
)

const service = fields(
  {
    host: hostName,
    manager: fields({ systemd: unitName }, { required: ['systemd'], later: ['process'] }),
    health,
    configs: list(orText<ConfigDocument>(longConfig, shortConfig), 500, {}),
    logs: fields({
      error: plainPath,
      auth: plainPath,
      access: plainPath,
      /** Instead of an error log: what the unit has said to the journal of systemd. */
      journal: yesNo,
      errors_per_day: whole(1, 10_000_000),
    }),
    data: list(orText<DataDocument>(dataDirectory, shortData), 100, {}),
    databases: list(database, 50, {}),
    processes: list(text(63), 50),
    ports: list(whole(1, 65_535), 50),
    containers: list(text(127), 50),
    backup,
    maintenance: fields(
      {
        on: argv,
        off: argv,
        probe: argv,
        mutes: list(text(1200), 50),
        status: plainPath,
        longest: duration(60 * SECOND, 7 * DAY),
      },
      { required: ['on', 'off'] },
    ),
    commands: named(ownCommand, isCommandName, 'value.command_name'),
    ...code,
  },
  {},
)
export type ServiceDocument = NonNullable<ReturnType<typeof service>>

const KEY_CLASSES: readonly KeyClass[] = ['file', 'device']
/** Asked first of all: a private key has line breaks too, and what matters about it is something else. */
const publicLine: Field<string> = (place, reading) => {
  const value = place.node !== null && 'value' in place.node ? place.node.value : undefined
  return typeof value === 'string' && value.includes('PRIVATE KEY')
    ? reading.wrong(place, 'person_key.private')
    : text(16_384)(place, reading)
}
const longKey = fields(
  {
    public: publicLine,
    class: choice(KEY_CLASSES, ['hardware']),
    revoked: yesNo,
    demo: yesNo,
  },
  { required: ['public'] },
)
export type KeyDocument = NonNullable<ReturnType<typeof longKey>>
const shortKey: Field<KeyDocument> = (place, reading) => {
  const read = publicLine(short(place, 'public', reading), reading)
  return read === undefined ? undefined : { public: read }
}
const roles = list(choice(ROLES), 20)
const services = list(serviceName)

const publicKeys = list(orText<KeyDocument>(longKey, shortKey), 50, {})
const person = fields({ name: text(), roles, services, keys: publicKeys, group: text() })
export type PersonDocument = NonNullable<ReturnType<typeof person>>

const agent = fields({ name: text(), model: text(), sponsor: actorName, paused: yesNo, keys: publicKeys })

const tier = fields({ approvals: whole(1, 20), roles, keys: list(choice(KEY_CLASSES, ['hardware']), 10) })
const window = fields(
  { services, days: list(days, 7), from: minuteOfDay, until: minuteOfDay, zone },
  { required: ['from', 'until'] },
)
const freeze = fields(
  { services, from: writtenTime, until: writtenTime, reason: text(), passes: roles },
  { required: ['from', 'until', 'reason'] },
)

const notification = choice(['not_needed', 'needed', 'ask'])
const rules = fields(
  {
    level: choice(['observe', 'guard', 'enforce']),
    agent_user: choice(['shared', 'own']),
    tiers: fields({ '1': tier, '2': tier }, { later: ['3'] }),
    alone: fields({ after: duration(SECOND, DAY), tiers: list(whole(1, 3), 3) }, { required: ['after'] }),
    one_concern: choice(['show', 'block']),
    standing: fields({ per_hour: whole(0, 1000) }),
    windows: list(window, 100, {}),
    freezes: list(freeze, 100, {}),
    notification: fields({ config: notification, service: notification }),
    keep: duration(10 * SECOND, DAY),
    approval: duration(60 * SECOND, 7 * DAY),
    floor: size,
  },
  { later: ['classes', 'solo', 'emergency', 'breakGlass', 'break_glass', 'grants'] },
)
export type RulesDocument = NonNullable<ReturnType<typeof rules>>

const answer = choice(['allow', 'ask', 'deny'])
const secretPattern = formed((value, place, reading) =>
  value.startsWith('/') && !value.includes('\0') ? value : reading.wrong(place, 'path.not_plain', { value }),
)
const guard = fields({
  rules: named(answer, isGuardRule, 'policy.guard_rule', [...RULE_IDS]),
  secrets: list(secretPattern, 500),
  branches: list(text(200), 50),
  ask: text(200),
  pause_after: whole(1, 1000),
  strict: yesNo,
})

const document = fields(
  {
    lang: choice(['ja', 'en']),
    name: text(63),
    zone,
    services: named(service, isServiceName),
    people: named(person, isActorId),
    agents: named(agent, isActorId),
    policy: rules,
    guard,
    notify,
    checks: ownChecks,
    incidents,
  },
  {
    required: ['services', 'people'],
    later: ['witness', 'witnesses', 'hosts', 'environments', 'playbooks'],
  },
)
export type PolicyDocument = NonNullable<ReturnType<typeof document>>

export interface ReadDocument {
  /** As far as it could be read; whole only where there are no problems. */
  readonly document: PolicyDocument | undefined
  readonly problems: readonly PolicyProblem[]
  /** Where a path such as `services.mirai.health.url` stands. */
  readonly positionOf: (path: string) => Position
  /** Does the key stand in the file, readable or not? */
  readonly isWritten: (path: string) => boolean
}

/** Reads the text. Total: whatever the text is, it answers. */
export function readDocument(source: string): ReadDocument {
  const { reading, root }: { reading: Reading; root?: Place } = openText(source)
  const read = root === undefined ? undefined : document(root, reading)
  return {
    document: read,
    problems: reading.problems,
    positionOf: (path) => reading.positionOf(path),
    isWritten: (path) => reading.isWritten(path),
  }
}
