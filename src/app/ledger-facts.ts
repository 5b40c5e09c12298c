// The ledger at a glance, for `status` and `doctor`: is it the one that was signed, and can its head be signed now?
import { milliseconds } from '../base/time.ts'
import type { DoctorFact, Status } from '../contract/gate.ts'
import type { LedgerGlance } from '../record/glance.ts'
import type { Gate } from './gate.ts'
import { isCheckpointRefused } from './ledger.ts'
import type { Seen } from './see-runner.ts'
import { divergenceOf } from './signed-head.ts'

const STALE_MS = 10 * 60_000

export interface LedgerSeen {
  /** Why nothing starts. */
  readonly trouble?: Extract<Status['runner']['trouble'], 'ledger' | 'fork'>
  readonly fact: DoctorFact
  readonly size: number
  readonly checkpointAt?: string
}

/** `read` for the head that this runner named: then what is signed just now is there. */
export function seeLedger(gate: Gate, runner: Seen, read: LedgerGlance): LedgerSeen {
  const { size, checkpoint: note } = read
  const other = runner.reachable ? divergenceOf(runner.status.signer, read) : undefined
  const seen = { size, ...(note === undefined ? {} : { checkpointAt: note.at }) }
  const fact = (state: DoctorFact['state'], code: string, values: DoctorFact['values']): DoctorFact => ({
    name: 'ledger',
    state,
    code,
    values,
  })
  if (other !== undefined) {
    const isBehind = other.kind === 'behind'
    return {
      ...seen,
      trouble: isBehind ? 'ledger' : 'fork',
      fact: fact('bad', isBehind ? 'doctor.ledger_behind' : 'doctor.ledger_forked', other.detail),
    }
  }
  const isFresh = note !== undefined && gate.clock.now() - milliseconds(note.at) < STALE_MS
  if (isCheckpointRefused(gate, !isFresh))
    return { ...seen, fact: fact('bad', 'doctor.checkpoint_refused', { size, checkpoint: note?.at ?? '-' }) }
  if (note === undefined) return { ...seen, fact: fact('warn', 'doctor.no_checkpoint', { size }) }
  const values = { size, checkpoint: note.at, behind: size - note.size }
  return {
    ...seen,
    fact: isFresh ? fact('good', 'doctor.ledger', values) : fact('warn', 'doctor.checkpoint_old', values),
  }
}
