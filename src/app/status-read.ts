// What `status` reads from the store: one statement, so that all of it is of one moment, and documents only where they were written since.
import { ChangesRead, type ChangesSeen } from '../change/lists.ts'
import { STANDING_STATES, type StandingState } from '../change/store.ts'
import type { DoctorFact, Status } from '../contract/gate.ts'
import type { Actor } from '../identity/actor.ts'
import { type LedgerGlance, ledgerGlance } from '../record/glance.ts'
import { CHANNEL_ANSWERS } from './channel-health.ts'
import type { Gate } from './gate.ts'
import { SELF_TEST, selfTestStatus } from './guard-self-test.ts'
import { type ShownPause, withAccounts } from './guard-spool.ts'
import { PAUSES, pausesOfFound } from './guard-store.ts'
import { INCIDENT_PARTS, incidentFacts } from './incident-facts.ts'
import { UNDELIVERED, undeliveredFacts } from './joined-code.ts'
import type { Seen } from './see-runner.ts'
import { readTogether, settingValue } from './store.ts'
import { WATCH, type Watch, watchOf } from './watch.ts'

/** Of a list no more than this is shown. */
export const SHOWN = 5
/** Those of whom it must be known for whom they wait. */
const ALL = 200
export const RUNNING = ['scheduled', 'executing', 'verifying', 'rolling_back'] as const
export const NEEDS = ['paused', 'stuck', 'lost', 'awaiting_keep', 'failed'] as const
export const REVISE = ['blocked', 'void'] as const
const LISTS = {
  waiting: { states: ['awaiting_approval'], limit: ALL },
  approved: { states: ['approved'], oldestFirst: true, limit: SHOWN },
  running: { states: RUNNING, limit: SHOWN },
  needs: { states: NEEDS, limit: ALL },
  revise: { states: REVISE, limit: SHOWN },
} as const

export interface StatusRead {
  readonly changes: ChangesSeen<keyof typeof LISTS>
  readonly standing: readonly StandingState[]
  readonly paused: readonly ShownPause[]
  readonly watch: Watch
  readonly guardTest: Status['guardTest']
  readonly ledger: LedgerGlance
  readonly incidents: readonly DoctorFact[]
  readonly undelivered: readonly DoctorFact[]
  /** What each channel answered last: `channelFacts` reads it. */
  readonly channels: unknown
}

const readers = new WeakMap<Gate, ChangesRead<keyof typeof LISTS>>()

/** The runner must have been asked before: what it has signed is then in the ledger that is read. */
export async function readStatus(gate: Gate, actor: Actor, runner: Seen): Promise<StatusRead> {
  const reader = readers.get(gate) ?? new ChangesRead<keyof typeof LISTS>(LISTS)
  readers.set(gate, reader)
  const reading = reader.begin('id' in actor ? { list: 'revise', of: actor.id } : undefined)
  const ledger = ledgerGlance(signedBy(runner))
  const found = await readTogether(gate.db, {
    changes: reading.query,
    standing: STANDING_STATES,
    paused: PAUSES,
    watch: settingValue(WATCH),
    guardTest: settingValue(SELF_TEST),
    ledger: ledger.query,
    ...INCIDENT_PARTS,
    undelivered: UNDELIVERED,
    channels: CHANNEL_ANSWERS,
  })
  return {
    incidents: await incidentFacts(gate, found),
    undelivered: undeliveredFacts(found.undelivered),
    channels: found.channels,
    changes: reading.take(found.changes),
    standing: found.standing,
    paused: await withAccounts(pausesOfFound(found.paused)),
    watch: watchOf(found.watch),
    guardTest: selfTestStatus(found.guardTest),
    ledger: ledger.take(found.ledger),
  }
}

/** The same of the ledger alone. */
export async function readLedger(gate: Gate, runner: Seen): Promise<LedgerGlance> {
  const { query, take } = ledgerGlance(signedBy(runner))
  return take((await readTogether(gate.db, { ledger: query })).ledger)
}

const signedBy = (runner: Seen) => (runner.reachable ? runner.status.signer.size : 0)
