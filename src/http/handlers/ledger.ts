// What holds for longer than one change: standing statements, and the ledger.

import { allow, WHOLE } from '../../app/authorize.ts'
import { acceptFork, askFork } from '../../app/fork.ts'
import { checkpoint, exportLedger, ledgerHead, verifyLedger } from '../../app/ledger.ts'
import { proposals } from '../../app/standard.ts'
import { askRevoke, askStanding, revokeStanding, showStanding, signStanding } from '../../app/standing.ts'
import { listStanding } from '../../change/store.ts'
import type { LEDGER_OPERATIONS } from '../../contract/operations/ledger.ts'
import { changeIdOf } from '../change-id.ts'
import type { Handlers } from '../handler.ts'
import { lineStream } from '../stream.ts'

export const LEDGER_HANDLERS: Handlers<typeof LEDGER_OPERATIONS> = {
  standingList: async ({ gate, actor }) => {
    const policy = allow(gate, actor, 'service.read', WHOLE)
    const all = await listStanding(gate.db)
    const standing = await Promise.all(all.map((one) => showStanding(gate, one, policy)))
    const proposed = await proposals(gate, all, policy)
    return { standing, ...(proposed === undefined ? {} : { proposed }) }
  },
  standingStatement: ({ gate, actor, input }) => askStanding(gate, actor, input),
  standingSign: async ({ gate, actor, input: { signed } }) =>
    showStanding(gate, await signStanding(gate, actor, signed), gate.policy()),
  standingRevokeStatement: ({ gate, actor, input: { digest } }) => askRevoke(gate, actor, digest),
  standingRevoke: async ({ gate, actor, input: { signed } }) =>
    showStanding(gate, await revokeStanding(gate, actor, signed), gate.policy()),
  ledgerHead: ({ gate, actor }) => {
    allow(gate, actor, 'ledger.read', WHOLE)
    return ledgerHead(gate)
  },
  ledgerExport: ({ gate, actor, input: { change } }) => {
    allow(gate, actor, 'ledger.export', WHOLE)
    return lineStream(exportLedger(gate, change === undefined ? undefined : changeIdOf(change)))
  },
  ledgerVerify: ({ gate, actor }) => {
    allow(gate, actor, 'ledger.read', WHOLE)
    return verifyLedger(gate)
  },
  forkStatement: ({ gate, actor }) => askFork(gate, actor),
  forkAccept: ({ gate, actor, input: { signed } }) => acceptFork(gate, actor, signed),
  ledgerCheckpoint: async ({ gate, actor }) => {
    allow(gate, actor, 'ledger.read', WHOLE)
    const { note, size, root, at } = await checkpoint(gate)
    return { note, size, root, at }
  },
}
