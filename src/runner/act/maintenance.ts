// Maintenance on and off: the declared commands may run twice, so after a kill they are simply run again.
import type { Exec } from '../../plans/actions/exec.ts'
import type { Maintenance } from '../../plans/actions/maintenance.ts'
import type { ActContext, ActResult } from './context.ts'
import { applyExec } from './exec.ts'

const commandOf = ({ on, off, directory, unit }: Maintenance, turn: Maintenance['turn']): Exec => ({
  kind: 'exec',
  name: 'smoke',
  argv: turn === 'on' ? on : off,
  directory,
  ...(unit === undefined ? {} : { unit }),
})

/** With a lease it ends by itself, mutes and shows a banner; without one (a keeper without a runner) the command alone is run. */
function turned(
  action: Maintenance,
  turn: Maintenance['turn'],
  c: ActContext,
  timeoutMs: number,
): Promise<ActResult> {
  if (c.lease === undefined) return applyExec(commandOf(action, turn), c, timeoutMs, 'own')
  return turn === 'on' ? c.lease.hold(action) : c.lease.release(action)
}

export const turnMaintenance = (action: Maintenance, c: ActContext, timeoutMs: number): Promise<ActResult> =>
  turned(action, action.turn, c, timeoutMs)

export const turnMaintenanceBack = (
  action: Maintenance,
  c: ActContext,
  timeoutMs: number,
): Promise<ActResult> => turned(action, action.turn === 'on' ? 'off' : 'on', c, timeoutMs)
