// Whether an entry of the ledger tells of a plan whose difference holds texts of files that the runner read for approvers: those of a migration tool, or of a
// command that is a change of its own.
import { isDigest } from '../base/hash.ts'
import { isObject, type Json } from '../base/json.ts'
import type { Entry } from '../ledger/entry.ts'
import { getBlob } from '../record/store.ts'
import type { Gate } from './gate.ts'

/** Plans of every release, so that none is read by the shape of today. */
export async function isPlannedWithTexts(gate: Pick<Gate, 'db'>, { kind, payload }: Entry): Promise<boolean> {
  const { planBlob } = payload
  if (kind !== 'change.planned' || !isDigest(planBlob)) return false
  const blob = await getBlob(gate.db, planBlob)
  if (blob?.state !== 'present') return true
  const plan = JSON.parse(Buffer.from(blob.bytes).toString('utf8')) as Json
  const actions = isObject(plan) && Array.isArray(plan['actions']) ? plan['actions'] : []
  return actions.some((one) => {
    const action = isObject(one) ? one['action'] : undefined
    if (!isObject(action)) return false
    return action['kind'] === 'migrateByTool' || (action['kind'] === 'exec' && isObject(action['own']))
  })
}
