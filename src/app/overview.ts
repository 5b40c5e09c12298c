// What the gate knows of the whole at a glance. A hung or dead runner is a fact here, never a wait.
import { outdatedFacts } from '../change/outdated.ts'
import { type StoredChange } from '../change/store.ts'
import { waitsFor } from '../change/view.ts'
import type { ChangeLine, ChangeState } from '../contract/change.ts'
import type { Status } from '../contract/gate.ts'
import type { Actor } from '../identity/actor.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'
import { aloneOpen, mineLater, waitsForPause, whenAlone } from './alone.ts'
import { allow, WHOLE } from './authorize.ts'
import { channelFacts } from './channel-health.ts'
import { checkSummary, checksOf, doubted } from './check-summary.ts'
import { failedFact } from './doctor-facts.ts'
import { type Gate, now } from './gate.ts'
import { isolationFacts } from './isolation-facts.ts'
import { seeLedger } from './ledger-facts.ts'
import { type Seen, seeRunner } from './see-runner.ts'
import { NEEDS, REVISE, RUNNING, readStatus, SHOWN } from './status-read.ts'
import { lineOf } from './view.ts'
import { fileFacts, healthNow, redBackups } from './watch-facts.ts'

/** Nobody knows what has become of it in production. */
const UNCERTAIN = ['stuck', 'lost'] as const
/** A person says how it goes on. */
const ANSWERS = ['paused', 'awaiting_keep'] as const

/** The first few, and of each kind at least the first: each has a row of its own. */
function firstOfEach(needs: readonly StoredChange[]): readonly StoredChange[] {
  const kinds: readonly (readonly ChangeState[])[] = [UNCERTAIN, ANSWERS, ['failed']]
  const firsts = kinds.map((states) => needs.find(({ change }) => states.includes(change.state)))
  return needs.filter((one, i) => i < SHOWN || firsts.includes(one))
}

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
    incidents,
    undelivered,
    channels,
  } = await readStatus(gate, actor, runner)
  const { waiting, approved, running, needs, revise } = changes.lists
  const alone = await whenAlone(gate, waiting, policy)
  const isAloneOpen = (change: StoredChange['change']) => {
    return aloneOpen(change, alone.get(change.id), now(gate))
  }
  const mine = (list: readonly StoredChange[]) =>
    'id' in actor
      ? list.filter(
          ({ change }) =>
            waitsFor(change, policy, now(gate), isAloneOpen(change)).includes(actor.id) &&
            !waitsForPause(change, actor.id, alone.get(change.id), now(gate)),
        )
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
    Promise.all(firstOfEach(needs).map(line)),
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
  const checkLines = await checksOf(gate, policy, at)
  const health = doubted(healthNow(policy, watch, at), checkLines ?? [])
  const red = [
    ...(ledger.trouble === undefined && ledger.fact.state === 'bad' ? [ledger.fact] : []),
    ...needs
      .filter(({ change }) => change.state === 'failed')
      .map(({ change }) => failedFact(change.id, change.service)),
    ...redBackups(watch, at),
    ...fileFacts(policy, watch, at).filter(({ state }) => state === 'bad'),
    ...isolationFacts(runner),
    ...incidents.filter(({ state }) => state === 'bad'),
    ...undelivered.filter(({ state }) => state === 'bad'),
    ...outdatedFacts(standing).filter(({ state }) => state === 'bad'),
  ]
  const open = [
    ...incidents.filter(({ state }) => state === 'warn'),
    ...channelFacts(policy.notify, channels, at).filter(({ state }) => state === 'warn'),
  ]
  const sickServices = new Set(
    health.filter(({ verdict }) => verdict === 'red').map(({ service }) => service),
  )
  const checks =
    checkLines === undefined
      ? undefined
      : await checkSummary(gate, checkLines, at, {
          health: sickServices,
          backup: new Set(redBackups(watch, at).map(({ values }) => String(values['service'] ?? ''))),
          guard: guardTest?.red === true,
        })
  const sick = health.find(({ verdict }) => verdict === 'red')
  const reds =
    red.length +
    health.filter(({ verdict }) => verdict === 'red').length +
    (runner.reachable && trouble === undefined ? 0 : 1) +
    (guardTest?.red === true ? 1 : 0) +
    (checks?.countedRed ?? 0)
  const uncertain =
    count(...UNCERTAIN) +
    health.filter(({ verdict }) => verdict === 'not_looked_at' || verdict === 'no_data').length +
    (checks?.countedUnknown ?? 0)
  return {
    name: policy.name,
    at,
    calm: [reds, uncertain, waiting.length, needs.length, paused.length, open.length].every((n) => n === 0),
    health: [...health],
    ...(checks === undefined ? {} : { checks: checks.shown }),
    waitsFor: await Promise.all(
      waiting.slice(0, SHOWN).map(async (one) => ({
        change: await line(one),
        people: [...waitsFor(one.change, policy, now(gate), isAloneOpen(one.change))],
      })),
    ),
    red,
    ...(open.length === 0 ? {} : { open }),
    reds,
    uncertain,
    ...maintenanceOf(runner),
    waitsForYou: forYou.length > 0 || (actor.kind === 'person' && paused.length > 0),
    waiting: count('awaiting_approval'),
    running: count(...RUNNING),
    needsPerson: count(...NEEDS),
    toAnswer: count(...ANSWERS),
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
            : urgent === undefined && red.length === 0 && checks?.first !== undefined
              ? [`sekisho check show ${checks.first}`]
              : urgent === undefined && red.length + open.length > 0
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

/** The banner: what the runner keeps under maintenance, until it ends by itself. */
function maintenanceOf(runner: Seen): Pick<Status, 'maintenance'> {
  const on = (runner.reachable ? (runner.status.leases ?? []) : []).filter(({ phase }) => phase !== 'off')
  if (on.length === 0) return {}
  return {
    maintenance: on.map(({ service, until, reason, why }) => ({
      service,
      until,
      reason,
      ...(why === undefined ? {} : { why }),
    })),
  }
}
