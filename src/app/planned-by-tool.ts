// Whether an entry of the ledger tells of a plan that is done by a migration tool: its difference holds texts of that tool's files.
import { isDigest } from '../base/hash.ts'
import { isObject, type Json } from '../base/json.ts'
import type { Entry } from '../ledger/entry.ts'
import { getBlob } from '../record/store.ts'
import type { Gate } from './gate.ts'

/** Plans of every release, so that none is read by the shape of today. */
export async function isPlannedByTool(gate: Pick<Gate, 'db'>, { kind, payload }: Entry): Promise<boolean> {
  const { planBlob } = payload
  if (kind !== 'change.planned' || !isDigest(planBlob)) return false
  const blob = await getBlob(gate.db, planBlob)
  if (blob?.state !== 'present') return true
  const plan = JSON.parse(Buffer.from(blob.bytes).toString('utf8')) as Json
  const actions = isObject(plan) && Array.isArray(plan['actions']) ? plan['actions'] : []
  return actions.some(
    (one) => isObject(one) && isObject(one['action']) && one['action']['kind'] === 'migrateByTool',
  )
}
