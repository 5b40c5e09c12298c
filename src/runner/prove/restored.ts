// Does what was laid out stand there now? Told by inode and object id: the service has begun to write in it, so bytes say nothing any more. One
// that writes by rename has put its own file there since: what stood before lies beside, and the facts say so.
import type { Proof } from '../../plans/proofs.ts'
import { probeRestore } from '../act/restore.ts'
import { green, type ProofContext, type Proven, red } from './context.ts'

const PROBE_MS = 30_000

export async function proveRestored(
  proof: Extract<Proof, { readonly kind: 'restored' }>,
  c: ProofContext,
): Promise<Proven> {
  const action = c.plan.actions.find(
    ({ action: one }) =>
      (one.kind === 'exchange' && one.path === proof.what) ||
      (one.kind === 'renameDatabase' && one.database === proof.what),
  )?.action
  if (action?.kind !== 'exchange' && action?.kind !== 'renameDatabase')
    return red('not_in_plan', { what: proof.what })
  const { found, detail } = await probeRestore(action, c, PROBE_MS)
  return found === 'applied' ? green(detail) : red('not_restored', detail)
}
