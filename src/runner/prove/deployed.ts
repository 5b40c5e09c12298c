// Does what was staged stand there now? Told by inode of every place; its bytes were read right before, and root alone writes them since.
import type { Proof } from '../../plans/proofs.ts'
import { probePlacing } from '../act/code.ts'
import { green, type ProofContext, type Proven, red } from './context.ts'

export async function proveDeployed(
  proof: Extract<Proof, { readonly kind: 'deployed' }>,
  c: ProofContext,
): Promise<Proven> {
  const action = c.plan.actions.find(
    ({ action: one }) =>
      (one.kind === 'layRelease' && one.link === proof.path) ||
      (one.kind === 'placeTree' && one.path === proof.path),
  )?.action
  if (action?.kind !== 'layRelease' && action?.kind !== 'placeTree')
    return red('not_in_plan', { what: proof.path })
  const { found, detail } = await probePlacing(action, c)
  return found === 'applied' ? green({ path: proof.path, ...detail }) : red('not_deployed', detail)
}
