// What the gate knows of the whole at a glance: status, doctor, services, rules. A hung or dead runner is a fact here, never a wait.
import { hostname } from 'node:os'
import { type ErrorCode, SekishoError } from '../base/error.ts'
import { outdatedFacts } from '../change/outdated.ts'
import { listChanges, listStanding, type StoredChange } from '../change/store.ts'
import { waitsFor } from '../change/view.ts'
import type { ChangeLine } from '../contract/change.ts'
import type { DoctorFact, Status } from '../contract/gate.ts'
import type { Actor } from '../identity/actor.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import { UNNAMED } from '../policy/compile.ts'
import { openExecutions } from '../run/store.ts'
import type { RunnerStatus } from '../seal/protocol.ts'
import { mineLater, whenAlone } from './alone.ts'
import { allow, declaredService, WHOLE } from './authorize.ts'
import { backupWatch } from './backup-watch.ts'
import { type Gate, now } from './gate.ts'
import { pausedFacts } from './guard-paused.ts'
import { selfTestFacts } from './guard-self-test.ts'
import { guardFacts } from './guard-watch.ts'
import { seenBy } from './health-seen.ts'
import { seeLedger } from './ledger-facts.ts'
import { type Pending, pendingRules } from './pending-rules.ts'
import { portHolder } from './port-holder.ts'
import { untrustedRules, whatToMend } from './rules-trust.ts'
import { type Seen, seeRunner } from './see-runner.ts'
import { NEEDS, REVISE, RUNNING, readLedger, readStatus, SHOWN } from './status-read.ts'
import { lineOf } from './view.ts'
import { readWatch } from './watch.ts'
import { fileFacts, healthFacts, healthNow, redBackups } from './watch-facts.ts'

/** Longer than the runner looks at a service for somebody who glances. */
const GLANCE_MS = 6000

/** What has become of it in production is known. */
const CARRIED_OUT = ['succeeded', 'rolled_back', 'failed', 'closed'] as const
/** Nobody knows what has become of it in production. */
const UNCERTAIN = ['stuck', 'lost'] as const

export async function statusOf(gate: Gate, actor: Actor): Promise<Status> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const runner = await seeRunner(gate)
  const {
    changes,
    standing,
    paused,
    watch,
    guardTest,
    ledger: glance,
  } = await readStatus(gate, actor, runner)
  const { waiting, approved, running, needs, revise } = changes.lists
  const alone = await whenAlone(gate, waiting, policy)
  const isAloneOpen = ({ id }: StoredChange['change']) => {
    const from = alone.get(id)
    return from !== undefined && from <= now(gate)
  }
  const mine = (list: readonly StoredChange[]) =>
    'id' in actor
      ? list.filter(({ change }) => waitsFor(change, policy, isAloneOpen(change)).includes(actor.id))
      : []
  const later = mineLater(actor, waiting, policy, alone, now(gate))
  const { count } = changes
  // A change that waits stands in more than one list.
  const lines = new Map<string, Promise<ChangeLine>>()
  const line = (one: StoredChange) => {
    const { id } = one.change
    const made = lines.get(id) ?? lineOf(gate, one, changes.written.get(id) ?? '', policy)
    lines.set(id, made)
    return made
  }
  const show = (list: readonly StoredChange[]) => Promise.all(list.slice(0, SHOWN).map(line))
  const [forYou, attention, toRevise, lastLines, underWay, queue] = await Promise.all([
    show(mine([...needs, ...waiting])),
    show(needs),
    show(revise),
    show(changes.closed === undefined ? [] : [changes.closed]),
    show(running),
    show(approved),
  ])
  const urgent = forYou[0] ?? attention[0]
  const [stopped] = paused
  const first = urgent ?? underWay[0] ?? toRevise[0] ?? lastLines[0]
  const ledger = seeLedger(gate, runner, glance)
  const trouble = runner.reachable ? (troubleOf(runner.status) ?? ledger.trouble) : undefined
  const at = now(gate)
  const health = healthNow(policy, watch, at)
  const red = [
    ...(ledger.trouble === undefined && ledger.fact.state === 'bad' ? [ledger.fact] : []),
    ...needs
      .filter(({ change }) => change.state === 'failed')
      .map(({ change }) => failedFact(change.id, change.service)),
    ...redBackups(watch, at),
    ...fileFacts(policy, watch, at).filter(({ state }) => state === 'bad'),
    ...outdatedFacts(standing).filter(({ state }) => state === 'bad'),
  ]
  const sick = health.find(({ verdict }) => verdict === 'red')
  const reds =
    red.length +
    health.filter(({ verdict }) => verdict === 'red').length +
    (runner.reachable && trouble === undefined ? 0 : 1) +
    (guardTest?.red === true ? 1 : 0)
  const uncertain =
    count(...UNCERTAIN) +
    health.filter(({ verdict }) => verdict === 'not_looked_at' || verdict === 'no_data').length
  return {
    name: policy.name,
    at,
    calm: reds === 0 && uncertain === 0 && waiting.length === 0 && needs.length === 0 && paused.length === 0,
    health: [...health],
    waitsFor: await Promise.all(
      waiting.slice(0, SHOWN).map(async (one) => ({
        change: await line(one),
        people: [...waitsFor(one.change, policy, isAloneOpen(one.change))],
      })),
    ),
    red,
    reds,
    uncertain,
    waitsForYou: forYou.length > 0 || (actor.kind === 'person' && paused.length > 0),
    waiting: count('awaiting_approval'),
    running: count(...RUNNING),
    needsPerson: count(...NEEDS),
    forYou,
    ...(later.length === 0 ? {} : { aloneLater: later }),
    attention,
    underWay,
    queued: count('approved'),
    queue,
    toRevise: count(...REVISE),
    revise: toRevise,
    ...(lastLines[0] === undefined ? {} : { last: lastLines[0] }),
    ledger: {
      size: ledger.size,
      ...(ledger.checkpointAt === undefined ? {} : { checkpointAt: ledger.checkpointAt }),
      witness: false,
    },
    runner: runner.reachable
      ? { reachable: true, ...(trouble === undefined ? {} : { trouble }) }
      : { reachable: false, why: runner.why },
    paused: [...paused],
    ...(guardTest === undefined ? {} : { guardTest }),
    next:
      !runner.reachable || trouble !== undefined || guardTest?.red === true
        ? ['sekisho doctor']
        : urgent === undefined && stopped !== undefined
          ? [`sekisho agent resume ${stopped.account ?? stopped.uid}`]
          : urgent === undefined && sick !== undefined
            ? [`sekisho service status ${sick.service}`]
            : urgent === undefined && red.length > 0
              ? ['sekisho doctor']
              : first === undefined
                ? ['sekisho help do']
                : [`sekisho change show ${first.id}`],
  }
}

/** What keeps it from starting anything; `doctor` says it at length. */
function troubleOf({ diskFree, journal, clock, untrusted }: RunnerStatus): Status['runner']['trouble'] {
  if (!journal.sound) return 'journal'
  if (!clock.sound) return 'clock'
  if (untrusted.length > 0) return 'untrusted'
  return diskFree.some(({ bytes, floor }) => bytes < floor) ? 'disk' : undefined
}

export async function doctorFacts(gate: Gate, actor: Actor): Promise<readonly DoctorFact[]> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const [runner, open, standing, failed, waiting, watch] = await Promise.all([
    seeRunner(gate),
    openExecutions(gate.db),
    listStanding(gate.db),
    listChanges(gate.db, { states: ['failed'], limit: 200 }),
    listChanges(gate.db, { states: ['awaiting_approval'], limit: 200 }),
    readWatch(gate.db),
  ])
  const at = now(gate)
  const fact = (
    name: string,
    state: DoctorFact['state'],
    code: string,
    values: DoctorFact['values'] = {},
  ): DoctorFact => ({ name, state, code, values })
  // Root's rules are root's alone; without a wall they are whose the runner is.
  const owner = runner.reachable && runner.status.root ? 0 : (process.getuid?.() ?? 0)
  const untrusted = gate.rulesFile === undefined ? undefined : await untrustedRules(gate.rulesFile, owner)
  const pending =
    gate.rulesFile === undefined ? undefined : await pendingRules(gate.rulesFile, policy.version)
  const { portTaken: port } = gate
  const ledger = seeLedger(gate, runner, await readLedger(gate, runner))
  return [
    ...(port === undefined
      ? []
      : [fact('gate', 'warn', 'doctor.port_taken', { port, holder: await portHolder(port) })]),
    fact('store', 'good', 'doctor.store', await gate.storeFacts()),
    ledger.fact,
    fact('witness', 'warn', 'doctor.no_witness'),
    ...runnerFacts(runner, policy, fact),
    fact('policy', 'good', 'doctor.policy', {
      version: policy.version,
      people: policy.people.length,
      agents: policy.agents.length,
      services: policy.services.length,
    }),
    ...(untrusted === undefined
      ? []
      : [fact('policy', 'bad', 'doctor.rules_untrusted', await whatToMend(untrusted, owner))]),
    ...(pending === undefined ? [] : [pendingFact(pending, gate.rulesFile ?? '', fact)]),
    ...keyFacts(policy, fact),
    ...(runner.reachable ? guardFacts(runner.status.guard, policy) : []),
    ...(await selfTestFacts(gate)),
    ...(await pausedFacts(gate)),
    ...(runner.reachable && runner.status.policy !== undefined && runner.status.policy !== policy.version
      ? [
          fact('policy', 'bad', 'doctor.policy_differs', {
            runner: runner.status.policy,
            gate: policy.version,
          }),
        ]
      : []),
    ...gate.wall().map((code) => fact('wall', code === 'wall.runner' ? 'good' : 'warn', code)),
    fact(
      'open',
      open.length === 0 ? 'good' : 'warn',
      open.length === 0 ? 'doctor.nothing_open' : 'doctor.open',
      {
        executions: open.map(({ id }) => id),
      },
    ),
    ...failed.map(({ change }) => failedFact(change.id, change.service)),
    ...waiting.map(({ change }) =>
      fact('open', 'warn', 'doctor.waits', { change: change.id, people: waitsFor(change, policy) }),
    ),
    ...standing
      .filter(({ state }) => state === 'demoted')
      .map((one) =>
        fact('standing', 'warn', 'doctor.standing_demoted', {
          service: one.service,
          verb: one.verb,
          why: one.why ?? '',
        }),
      ),
    ...healthFacts(healthNow(policy, watch, at), at),
    ...fileFacts(policy, watch, at),
    ...outdatedFacts(standing),
    ...(await backupWatch(gate, policy, runner.reachable)),
  ]
}

function failedFact(change: string, service: string): DoctorFact {
  return { name: 'open', state: 'bad', code: 'doctor.failed', values: { change, service } }
}

function pendingFact(pending: Pending, path: string, fact: Fact): DoctorFact {
  switch (pending.state) {
    case 'edited':
      return fact('policy', 'warn', 'doctor.rules_pending', { path })
    case 'missing':
      return fact('policy', 'warn', 'doctor.rules_missing', { path })
    case 'broken':
      return fact('policy', 'bad', 'doctor.rules_broken', { path, count: pending.problems })
  }
}

type Fact = (
  name: string,
  state: DoctorFact['state'],
  code: string,
  values?: DoctorFact['values'],
) => DoctorFact

/** `local` is a word of the rules and no name: the rules' own name stands for it, else the machine's, as on the card. */
function hostOf(host: string, { name }: CompiledPolicy): string {
  if (host !== 'local') return host
  return name === UNNAMED ? hostname() : name
}

function runnerFacts(runner: Seen, policy: CompiledPolicy, fact: Fact): readonly DoctorFact[] {
  if (!runner.reachable) return [fact('runner', 'bad', 'doctor.runner_unreachable', { why: runner.why })]
  const { status } = runner
  return [
    fact('runner', 'good', status.root ? 'doctor.runner_root' : 'doctor.runner_user', {
      milliseconds: runner.milliseconds,
      version: status.version,
      host: hostOf(status.host, policy),
    }),
    ...(status.untrusted.length === 0
      ? []
      : [fact('runner', 'bad', 'doctor.untrusted', { paths: status.untrusted })]),
    fact(
      'journal',
      status.journal.sound ? 'good' : 'bad',
      status.journal.sound ? 'doctor.journal' : 'doctor.journal_bad',
      {
        why: status.journal.why ?? '',
      },
    ),
    fact(
      'clock',
      status.clock.sound ? 'good' : 'bad',
      status.clock.sound ? 'doctor.clock' : 'doctor.clock_frozen',
      {
        why: status.clock.why ?? '',
      },
    ),
    fact(
      'sandbox',
      status.sandbox.available ? 'good' : 'warn',
      status.sandbox.available ? 'doctor.sandbox' : 'doctor.no_sandbox',
      { why: status.sandbox.why ?? '', limits: status.sandbox.limits ?? '' },
    ),
    ...status.diskFree.map((one) =>
      fact(
        'disk',
        one.bytes < one.floor ? 'bad' : 'good',
        one.bytes < one.floor ? 'doctor.disk_low' : 'doctor.disk',
        {
          path: one.path,
          bytes: one.bytes,
          floor: one.floor,
        },
      ),
    ),
  ]
}

function keyFacts(policy: CompiledPolicy, fact: Fact): readonly DoctorFact[] {
  const without = policy.people.filter(({ keys }) => !keys.some((key) => !key.revoked)).map(({ id }) => id)
  const demo = policy.people.flatMap(({ id, keys }) =>
    keys.some((key) => key.demo && !key.revoked) ? [id] : [],
  )
  return [
    without.length === 0
      ? fact('keys', 'good', 'doctor.keys', { people: policy.people.length })
      : fact('keys', 'warn', 'doctor.no_key', { people: without }),
    ...(demo.length === 0 ? [] : [fact('keys', 'warn', 'doctor.demo_key', { people: demo })]),
  ]
}

export function policyOf(gate: Gate, actor: Actor) {
  const policy = allow(gate, actor, 'policy.read', WHOLE)
  return {
    version: policy.version,
    name: policy.name,
    language: policy.language,
    zone: policy.zone,
    level: policy.rules.level,
    people: policy.people.map(({ id, name, roles, keys }) => ({
      id,
      name,
      roles: [...roles],
      keys: keys.map((key) => ({ fingerprint: key.fingerprint, class: key.class, revoked: key.revoked })),
    })),
    agents: policy.agents.map(({ id, name, model, sponsor, paused }) => ({
      id,
      name,
      ...(model === undefined ? {} : { model }),
      sponsor,
      paused,
    })),
  }
}

export async function servicesOf(gate: Gate, actor: Actor) {
  const policy = allow(gate, actor, 'service.read', WHOLE)
  return Promise.all(policy.services.map((one) => shown(gate, one)))
}

/** One service with its health and its unit as they are now. */
export async function serviceShown(gate: Gate, actor: Actor, name: string) {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'service.read', { kind: 'service', service: service.name })
  let failed: ErrorCode | undefined
  const ask = async <T>(probe: Promise<T>): Promise<T | undefined> => {
    try {
      return await probe
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      failed ??= error.code
      return undefined // Not measured; said as such.
    }
  }
  const [view, health, unit] = await Promise.all([
    shown(gate, service),
    service.health === undefined
      ? undefined
      : ask(gate.runner.read({ kind: 'health', service: service.name, glance: true }, GLANCE_MS)),
    service.unit === undefined
      ? undefined
      : ask(gate.runner.read({ kind: 'unit', unit: service.unit }, GLANCE_MS)),
  ])
  const first = health?.facts.attempts.find(({ ok }) => !ok) ?? health?.facts.attempts[0]
  return {
    ...view,
    ...(service.health === undefined
      ? {}
      : {
          health: {
            verdict: health?.facts.verdict ?? ('no_data' as const),
            detail: first === undefined ? (failed ?? '') : seenBy(first),
            ...(first === undefined ? {} : { milliseconds: first.milliseconds }),
          },
        }),
    ...(unit === undefined ? {} : { active: `${unit.facts.active} (${unit.facts.sub})` }),
  }
}

async function shown(gate: Gate, service: Service) {
  const [last] = await listChanges(gate.db, {
    service: service.name,
    states: CARRIED_OUT,
    lately: true,
    limit: 1,
  })
  return {
    name: service.name,
    host: service.host,
    ...(service.unit === undefined ? {} : { unit: service.unit }),
    files: service.files.map(({ path, kind, secret, activation, keep }) => ({
      path,
      kind,
      secret,
      activation,
      keep,
    })),
    ...(last === undefined ? {} : { lastChange: last.change.id }),
  }
}
