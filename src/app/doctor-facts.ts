// What `doctor` says of the gate, its store, the runner, the rules and what they watch over. A runner that hangs or is dead is a fact here, never a wait.
import { hostname } from 'node:os'
import { outdatedFacts } from '../change/outdated.ts'
import { listChanges, listStanding } from '../change/store.ts'
import { waitsFor } from '../change/view.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { Actor } from '../identity/actor.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { UNNAMED } from '../policy/compile.ts'
import { openExecutions } from '../run/store.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'
import { allow, WHOLE } from './authorize.ts'
import { backupWatch } from './backup-watch.ts'
import { CHANNEL_ANSWERS, channelFacts } from './channel-health.ts'
import { careFacts } from './check-care.ts'
import { checksOf, doubted } from './check-summary.ts'
import { type Gate, now } from './gate.ts'
import { watchProcessFacts } from './gate-checks.ts'
import { pausedFacts } from './guard-paused.ts'
import { selfTestFacts } from './guard-self-test.ts'
import { guardFacts } from './guard-watch.ts'
import { INCIDENT_PARTS, incidentFacts } from './incident-facts.ts'
import { isolationFacts, unsignedIsolation } from './isolation-facts.ts'
import { UNDELIVERED, undeliveredFacts } from './joined-code.ts'
import { seeLedger } from './ledger-facts.ts'
import { type Pending, pendingRules } from './pending-rules.ts'
import { portHolder } from './port-holder.ts'
import { untrustedRules, whatToMend } from './rules-trust.ts'
import { type Seen, seeRunner } from './see-runner.ts'
import { readLedger } from './status-read.ts'
import { readTogether } from './store.ts'
import { readWatch } from './watch.ts'
import { fileFacts, healthFacts, healthNow } from './watch-facts.ts'

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
  const emergencies = await readTogether(gate.db, {
    ...INCIDENT_PARTS,
    undelivered: UNDELIVERED,
    channels: CHANNEL_ANSWERS,
  })
  return [
    ...(port === undefined
      ? []
      : [fact('gate', 'warn', 'doctor.port_taken', { port, holder: await portHolder(port) })]),
    fact('store', 'good', 'doctor.store', await gate.storeFacts()),
    ledger.fact,
    fact('witness', 'warn', 'doctor.no_witness'),
    ...runnerFacts(runner, policy, fact),
    ...isolationFacts(runner),
    ...unsignedIsolation(runner, policy, standing),
    ...(await incidentFacts(gate, emergencies)),
    ...undeliveredFacts(emergencies.undelivered),
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
      fact('open', 'warn', 'doctor.waits', { change: change.id, people: waitsFor(change, policy, at) }),
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
    ...(await watchProcessFacts(gate)),
    ...channelFacts(policy.notify, emergencies.channels, at),
    ...(await careFacts(gate, policy, at)),
    ...healthFacts(doubted(healthNow(policy, watch, at), (await checksOf(gate, policy, at)) ?? []), at),
    ...fileFacts(policy, watch, at),
    ...outdatedFacts(standing),
    ...(await backupWatch(gate, policy, runner.reachable)),
  ]
}

export function failedFact(change: string, service: string): DoctorFact {
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
    ...roomFacts(status, fact),
    ...unlimitedRooms(status, policy, fact),
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

/** What was left behind is a fault to be looked at; that nothing was is said where rooms are used. */
function roomFacts({ rooms }: RunnerStatus, fact: Fact): readonly DoctorFact[] {
  if (rooms === undefined) return []
  const isClean = rooms.directories + rooms.groups + rooms.processes === 0
  return [
    fact('sandbox', isClean ? 'good' : 'warn', isClean ? 'doctor.rooms' : 'doctor.rooms_left', { ...rooms }),
  ]
}

/** Code that nobody has approved is tested and rehearsed only where its groups have limits. */
function unlimitedRooms({ sandbox }: RunnerStatus, { services }: CompiledPolicy, fact: Fact) {
  const named = services.flatMap(({ name, code }) => (code === undefined ? [] : [name]))
  const isLimited = sandbox.limits === 'cgroup2' || sandbox.limits === 'cgroup1'
  return named.length === 0 || (sandbox.available && isLimited)
    ? []
    : [fact('sandbox', 'bad', 'doctor.rooms_unlimited', { services: named })]
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
