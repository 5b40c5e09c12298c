// What each playbook produces from fixed inputs. A standing statement names the digest of that: a release whose playbook produces something
// else ends the statement, and the owner signs again. The judge compares with the digest that this very code computes.
import { limitFor } from '../backup/backed-up.ts'
import { againMs, dueWork, lateMs } from '../backup/due.ts'
import { WORKS, type Work } from '../backup/events.ts'
import type { BackupId, KnownCopy, Level } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import { keepInForce, type RetentionInput, retain } from '../backup/retention.ts'
import { type Digest, labelledDigest, sha256 } from '../base/hash.ts'
import type { ChangeId, ServiceName } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Instant, instant, milliseconds } from '../base/time.ts'
import type { CodeStaged } from '../plans/code.ts'
import { type Admission, isolationRules, KEEP_SECONDS } from '../plans/isolation.ts'
import { codePlan } from '../plans/playbooks/code.ts'
import { commandPlan } from '../plans/playbooks/command.ts'
import { configPlan } from '../plans/playbooks/config.ts'
import { servicePlan, serviceTimeoutMs } from '../plans/playbooks/service.ts'
import type { CompiledPolicy, ConfigFile, Service } from '../plans/policy.ts'
import type { PlaybookName, StandingVerb } from './statement.ts'

/** The verbs that an owner may sign for once; start and stop are never covered (tier.ts). */
const STANDING_VERBS = ['restart', 'reload'] as const
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What it would do, as canonical JSON: the whole plans of `service/1`, the decisions of `backup/1`, the rules that `isolate/1` loads. */
export function playbookOutput(name: PlaybookName): Json {
  switch (name) {
    case 'service/1':
      return serviceOutput()
    case 'backup/1':
      return backupOutput()
    case 'isolate/1':
      return isolateOutput()
    case 'config/1':
      return keysOutput()
    case 'code/1':
      return releaseOutput()
    case 'command/1':
      return commandOutput()
  }
}

/** What `config/1` makes of one variable that is set, with a declared health and without, and where the file makes a unit start again. */
function keysOutput(): Json {
  const file: ConfigFile = {
    path: '/srv/service/.env',
    kind: 'dotenv',
    secret: true,
    activation: 'none',
    keep: 'proof',
    probe: PROBE,
  }
  const bare = { name: 'service' as ServiceName, host: 'host', logs: {}, files: [file] }
  const services: readonly Service[] = [
    bare,
    { ...bare, health: PROBE },
    { ...bare, unit: 'unit.service', files: [{ ...file, activation: 'restart' }] },
  ]
  const plans = services.map((service) =>
    configPlan({ rules: { keepSeconds: 300 } }, service, {
      change: 'CHG-2026-0001' as ChangeId,
      revision: 1,
      files: [],
      env: [
        {
          kind: 'editEnv',
          path: file.path,
          real: file.path,
          links: [],
          before: { kind: 'secret', keyed: '0'.repeat(64), mode: 0o600, uid: 0, gid: 0 },
          set: [{ key: 'KEY', to: { kind: 'text', value: 'value' } }],
          unset: [],
        },
      ],
      reals: [{ path: file.path, real: file.path }],
      stopTimeoutMs: {},
      down: false,
      inactive: [],
      keepByPerson: false,
    }),
  )
  return { playbook: 'config/1', plans } as unknown as Json
}

/** What `code/1` makes of a release that is gone back to, with a smoke test and without, with a health and without. */
function releaseOutput(): Json {
  const staged = {
    kind: 'code',
    stage: '0'.repeat(32),
    commit: '1'.repeat(40),
    back: true,
    before: { branch: 'main', commit: '2'.repeat(40), subject: 'x', status: [] },
    deploy: 'releases',
    path: '/srv/service',
    release: { path: '/srv/service/releases/r', link: '/srv/service/current', leads: 'releases/q' },
    artefact: { digest: sha256('artefact'), entries: 1, bytes: 1 },
    files: [],
  } as unknown as CodeStaged
  const test = { argv: ['test'], withinMs: 1000, results: { format: 'junit', files: 'r.xml' } } as const
  const repo = { path: '/srv/service', branch: 'main', deploy: 'releases', shared: [], keep: 5 } as const
  const code = { repo, test, rehearse: { withinMs: 1000, realSecrets: [] }, oneConcern: false } as const
  const bare = {
    name: 'service' as ServiceName,
    host: 'host',
    unit: 'unit.service',
    logs: {},
    files: [],
    code,
  }
  const smoke = { argv: ['smoke'], withinMs: 1000 }
  const services: readonly Service[] = [bare, { ...bare, health: PROBE, code: { ...code, smoke } }]
  const plans = services.map((service) =>
    codePlan({ rules: { keepSeconds: 300 } as CompiledPolicy['rules'] }, service, {
      change: 'CHG-2026-0001' as ChangeId,
      revision: 1,
      staged,
      message: 'message',
    }),
  )
  return { playbook: 'code/1', plans } as unknown as Json
}

/** What `command/1` makes of a command with a way back, of a service with a health, and with data. */
function commandOutput(): Json {
  const digest = sha256('files')
  const bare = { name: 'service' as ServiceName, host: 'host', unit: 'unit.service', health: PROBE }
  const services = [bare, { ...bare, backup: {}, data: [{}] } as unknown as typeof bare]
  const command = {
    name: 'command',
    directory: '/srv/service/commands',
    argv: ['./run'],
    back: ['./run', 'back'],
    writes: ['/srv/service/state'],
    withinMs: 1000,
  }
  const plans = services.map((service) =>
    commandPlan({ rules: { keepSeconds: 300 } }, service, command, {
      change: 'CHG-2026-0001' as ChangeId,
      revision: 1,
      files: digest,
      changed: [],
    }),
  )
  return { playbook: 'command/1', plans } as unknown as Json
}

const PROBE = {
  url: 'http://127.0.0.1/',
  status: 200,
  json: {},
  withinMs: 1000,
  good: 1,
  of: 1,
  everyMs: 0,
}

/** The packet filter of a host, for an administrator of either family, with and without addresses of notices, and for nobody. */
function isolateOutput(): Json {
  const notices = [
    { address: '192.0.2.9', port: 587 },
    { address: '2001:db8::9', port: 443 },
  ]
  const admissions: readonly Admission[] = [
    { notices: [] },
    { administrator: { address: '192.0.2.1', ports: [22, 2222] }, notices: [] },
    { administrator: { address: '2001:db8::1', ports: [22] }, notices },
    { administrator: { address: 'fe80::1', device: 'eth0', ports: [22] }, notices },
  ]
  return { playbook: 'isolate/1', keepSeconds: KEEP_SECONDS, rules: admissions.map(isolationRules) }
}

/** The playbook that a verb is signed for under. */
export function playbookOf(verb: StandingVerb): PlaybookName {
  if (verb === 'keys') return 'config/1'
  if (verb === 'release') return 'code/1'
  if (verb === 'command') return 'command/1'
  if (verb === 'backup') return 'backup/1'
  return verb === 'isolate' ? 'isolate/1' : 'service/1'
}

const digests = new Map<PlaybookName, Digest>()
export function playbookDigest(name: PlaybookName): Digest {
  const known = digests.get(name)
  if (known !== undefined) return known
  const made = labelledDigest('sekisho-playbook-v1', playbookOutput(name))
  digests.set(name, made)
  return made
}

/** Each verb, with a declared health and without, and the shortest, usual and longest time that it may take. */
function serviceOutput(): Json {
  const bare = { name: 'service' as ServiceName, host: 'host' }
  const plans = STANDING_VERBS.flatMap((verb) =>
    [bare, { ...bare, health: {} }].map((service) =>
      servicePlan(
        { rules: { keepSeconds: 300 } },
        service,
        { change: 'CHG-2026-0001' as ChangeId, revision: 1, verb, unit: 'unit.service' },
        serviceTimeoutMs(verb),
      ),
    ),
  )
  const timeouts = STANDING_VERBS.map((verb) => ({
    verb,
    ms: [serviceTimeoutMs(verb, 0), serviceTimeoutMs(verb), serviceTimeoutMs(verb, DAY)],
  }))
  return { playbook: 'service/1', plans, timeouts } as unknown as Json
}

const NOW = '2026-03-31T12:00:00.000Z' as Instant
const daysAgo = (days: number) => instant(milliseconds(NOW) - days * DAY)

/** A copy of the fixed past; `more` says what is special about it. */
function copyOf(days: number, level: Level, more: Partial<KnownCopy> = {}): KnownCopy {
  const taken = daysAgo(days)
  return {
    backup:
      `${taken.slice(0, 10).replaceAll('-', '')}_${taken.slice(11, 19).replaceAll(':', '')}Z` as BackupId,
    copy: 'disk',
    kind: 'directory',
    to: '/copies',
    where: '/copies',
    place: 'other-disk',
    state: 'sound',
    level,
    taken,
    earned: {},
    manifest: sha256('manifest'),
    bytes: 1,
    entries: 1,
    heldBy: [],
    imported: false,
    ...more,
  }
}

/** A year of copies: daily ones, two on one day, several that were restored, a held, an imported, a suspect and a failed one. */
const PAST: readonly KnownCopy[] = [
  ...Array.from({ length: 60 }, (_, day) => copyOf(day + 0.5, 'content')),
  ...[0.25, 5.25].map((day) => copyOf(day, 'content')),
  ...[70, 80, 90, 100, 110].map((day) => copyOf(day, 'restored')),
  ...[120, 150, 200, 300, 365].map((day) => copyOf(day, 'digest')),
  copyOf(130, 'digest', { heldBy: ['CHG-2026-0001'] }),
  copyOf(140, 'digest', { imported: true }),
  copyOf(145, 'digest', { state: 'suspect' }),
  copyOf(147, 'written', { state: 'failed' }),
  copyOf(10.5, 'content', { copy: 'far', kind: 'restic', to: 'rest:x', place: 'off-host' }),
  copyOf(40.5, 'content', { copy: 'far', kind: 'restic', to: 'rest:x', place: 'off-host' }),
]

/** When each work begins by itself, and what is removed then. What a work reads and writes is written in its code, and no output of a rule. */
function backupOutput(): Json {
  return {
    playbook: 'backup/1',
    works: WORKS,
    due: dueOutput(),
    pruned: prunedOutput(),
  } as unknown as Json
}

function dueOutput(): Json {
  const rules = { everyMs: DAY, drillEveryMs: 30 * DAY }
  const never: Backups = { copies: [], failures: [], drills: [], places: [], begun: [], lastDone: {} }
  const after = (days: Partial<Record<Work, number>>): Backups => ({
    ...never,
    copies: PAST,
    lastDone: Object.fromEntries(Object.entries(days).map(([work, ago]) => [work, daysAgo(ago)])),
  })
  const failed: Backups = {
    ...never,
    failures: [{ at: daysAgo(0.02), work: 'backup', why: 'x', detail: {} }],
  }
  const cases = [
    never,
    failed,
    after({}),
    after({ backup: 0.5 }),
    after({ backup: 1 }),
    after({ backup: 0.5, drill: 29 }),
    after({ backup: 0.5, drill: 30 }),
    after({ backup: 0.5, drill: 1, verify: 0.5 }),
    after({ backup: 0.5, drill: 1, verify: 0.5, prune: 0.5 }),
  ]
  const intervals = [HOUR / 4, HOUR, DAY]
  return {
    next: cases.map((known) => dueWork(rules, known, NOW) ?? null),
    lateMs: intervals.map(lateMs),
    againMs: intervals.map(againMs),
    limitMs: intervals.map(limitFor),
  }
}

function prunedOutput(): Json {
  const usual: RetentionInput = {
    copies: PAST,
    keep: { daily: 7, weekly: 4, monthly: 3 },
    zone: 'UTC',
    now: NOW,
    clockJumpMs: 0,
    named: new Set(PAST.slice(55, 56).map(({ backup }) => backup)),
  }
  const cases: readonly RetentionInput[] = [
    usual,
    { ...usual, keep: { daily: 1, weekly: 0, monthly: 0 } },
    { ...usual, clockJumpMs: HOUR },
    { ...usual, copies: [copyOf(0.1, 'written'), ...PAST] },
  ]
  const removed = cases.map((input) =>
    retain(input)
      .verdicts.filter(({ keep }) => !keep)
      .map(({ copy }) => `${copy.copy} ${copy.backup}`),
  )
  const most = { daily: 30, weekly: 8, monthly: 12 }
  const least = { daily: 1, weekly: 1, monthly: 1 }
  const lowered = [3, 8].map((days) =>
    keepInForce(
      [
        { at: daysAgo(60), keep: most },
        { at: daysAgo(days), keep: least },
      ],
      NOW,
    ),
  )
  return { removed, lowered } as unknown as Json
}
