// A change of code was kept: what was built and rehearsed on the tree before it waits for an approval that could start nothing any more.
import { type Change, next } from '../change/change.ts'
import { nameOfTarget } from '../change/sealing.ts'
import { listChanges } from '../change/store.ts'
import { type Act } from './gate.ts'
import { voidChange } from './start.ts'

const LIMIT = 200

/** In the transaction that closes the kept change. One that a standing statement started is left to its own start. */
export async function voidOnSameTree(step: Act, kept: Change): Promise<void> {
  const trees = (kept.plan?.targets ?? []).filter((target) => nameOfTarget(target).startsWith('code:'))
  if (trees.length === 0) return
  const waiting = await listChanges(step.tx, {
    states: ['awaiting_approval', 'approved'],
    service: kept.service,
    limit: LIMIT,
  })
  for (const stored of waiting) {
    const { change } = stored
    const tree = trees.find((one) => change.plan?.targets.includes(one))
    if (tree === undefined || change.id === kept.id || change.standing !== undefined) continue
    if (!next(change.state, 'void').ok) continue
    const moved = { what: nameOfTarget(tree), code: 'moved.target', at: step.at, by: kept.id, detail: {} }
    await voidChange(step, stored, [moved])
  }
}
