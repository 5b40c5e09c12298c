// Periodic work of the gate: hands over executions that nobody took, starts what may start now, ends what has expired, signs the head, deletes
// what is temporary. Each step reads the state and does what is due; twice has the effect of once.
import { SekishoError } from '../base/error.ts'
import { after } from '../base/time.ts'
import { liveApprovals } from '../change/change.ts'
import { forgetSigningRequests, listChanges, loadChange } from '../change/store.ts'
import { write } from '../db/tx.ts'
import type { Job } from '../run/schedule.ts'
import { openExecutions } from '../run/store.ts'
import { forgetAlerts } from './alert-store.ts'
import { orderWhatIsDue } from './backup.ts'
import { checkRounds, thinHistory } from './check-rounds.ts'
import { act, type Gate, now } from './gate.ts'
import { testGuardDaily } from './guard-self-test.ts'
import { drainSpool, forgetGuard, type LeftAlone } from './guard-spool.ts'
import { watchHooks } from './guard-watch.ts'
import { advanceIncidents } from './incident-advance.ts'
import { checkpoint } from './ledger.ts'
import { exchanging } from './notice-files.ts'
import { lookAtPings } from './pings.ts'
import { closeRefusals } from './refusals.ts'
import { expireChange, startWhenApproved } from './start.ts'
import { forgetEvents, forgetRequests } from './store.ts'
import { endUsersNotices } from './users-told.ts'
import { DUE_MS, watching } from './watch.ts'

const SWEEP_MS = 5000
const CHECKPOINT_MS = 60_000
const SPOOL_MS = 3000
const BACKUPS_MS = 30_000
/** A hook that was removed is recorded within a minute. */
const HOOKS_MS = 20_000
/** Checked each hour, done once a day. */
const SELF_TEST_MS = 3_600_000
/** A step that no person has to ask for is done within seconds. */
const INCIDENTS_MS = 3000
/** A red check is told within seconds of the look that found it. */
const CHECKS_MS = 3000
/** A red item reaches people within seconds. */
const NOTICES_MS = 1000
const PINGS_MS = 5000
const FORGET_MS = 3_600_000
const DAY_MS = 86_400_000
const EVENTS_KEPT = 20_000

export function jobs(gate: Gate): readonly Job[] {
  const leftAlone: LeftAlone = new Set()
  return [
    { name: 'sweep', everyMs: SWEEP_MS, run: () => sweep(gate) },
    { name: 'checkpoint', everyMs: CHECKPOINT_MS, run: () => heartbeat(gate) },
    { name: 'notices', everyMs: NOTICES_MS, run: exchanging(gate) },
    { name: 'pings', everyMs: PINGS_MS, run: () => lookAtPings(gate) },
    { name: 'hooks', everyMs: HOOKS_MS, run: () => watchHooks(gate) },
    { name: 'guard self-test', everyMs: SELF_TEST_MS, run: () => testGuardDaily(gate) },
    { name: 'watch', everyMs: DUE_MS, run: watching(gate) },
    { name: 'backups', everyMs: BACKUPS_MS, run: () => orderWhatIsDue(gate) },
    { name: 'checks', everyMs: CHECKS_MS, run: checkRounds(gate) },
    { name: 'history', everyMs: FORGET_MS, run: () => thinHistory(gate) },
    { name: 'spool', everyMs: SPOOL_MS, run: () => drainSpool(gate, leftAlone) },
    { name: 'incidents', everyMs: INCIDENTS_MS, run: () => advanceIncidents(gate) },
    { name: 'forget', everyMs: FORGET_MS, run: () => forget(gate) },
  ]
}

export async function sweep(gate: Gate): Promise<void> {
  for (const { id } of await openExecutions(gate.db)) await gate.startExecution(id)
  await expire(gate)
  await endUsersNotices(gate)
  const approved = await listChanges(gate.db, { states: ['approved'], limit: 200 })
  for (const { change } of [...approved].reverse()) {
    try {
      await startWhenApproved(gate, change.id)
    } catch (error) {
      // A change that cannot be read must not keep the others from starting.
      if (!(error instanceof SekishoError)) gate.log.error({ change: change.id, error }, 'a change broke')
      else gate.log.info({ change: change.id, code: error.code }, 'an approved change could not start yet')
    }
  }
}

/** A time-out never approves: it ends what was not decided or not started in time. */
async function expire(gate: Gate): Promise<void> {
  const waiting = await listChanges(gate.db, { states: ['awaiting_approval', 'approved'], limit: 1000 })
  for (const { change } of waiting) {
    if (!isOver(change.envelope?.expires, now(gate)) && !approvalsOver(change, now(gate))) continue
    await act(gate, 'system', async (step) => {
      const stored = await loadChange(step.tx, change.id)
      const { state, envelope } = stored.change
      if (state !== 'awaiting_approval' && state !== 'approved') return
      if (isOver(envelope?.expires, step.at) || approvalsOver(stored.change, step.at))
        await expireChange(step, stored)
    })
  }
}

const isOver = (expires: string | undefined, at: string) => expires !== undefined && expires < at

function approvalsOver(change: Parameters<typeof liveApprovals>[0], at: string): boolean {
  return change.state === 'approved' && liveApprovals(change).some(({ expires }) => expires < at)
}

async function heartbeat(gate: Gate): Promise<void> {
  const { size } = await checkpoint(gate)
  gate.log.debug({ size }, 'the head of the ledger was signed')
}

async function forget(gate: Gate): Promise<void> {
  const at = now(gate)
  await write(gate.db, async (tx) => {
    await forgetSigningRequests(tx, after(at, -DAY_MS))
    await forgetRequests(tx, after(at, -DAY_MS))
    await forgetGuard(tx, at)
    await forgetAlerts(tx, after(at, -30 * DAY_MS))
    await forgetEvents(tx, after(at, -7 * DAY_MS), EVENTS_KEPT)
  })
  await closeRefusals(gate)
}
