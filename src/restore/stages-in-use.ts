// Which stages belong to open executions, which exchange or undo with what is beside.
import { decode } from '../base/decode.ts'
import type { Digest } from '../base/hash.ts'
import { parseJson } from '../base/json.ts'
import { plan } from '../plans/plan.ts'
import { stageOf } from '../plans/playbooks/data.ts'
import type { RestorePorts } from './ports.ts'

/** The stage that a stored plan exchanges. Undefined where it exchanges none; throws where the plan cannot be read. */
export async function stageIn(
  planDigest: Digest,
  { objects }: Pick<RestorePorts, 'objects'>,
): Promise<string | undefined> {
  const read = decode(plan, parseJson((await objects.read('plan', planDigest)).toString('utf8')))
  return read.ok ? stageOf(read.value) : undefined
}

/** Undefined where a plan of an open execution cannot be read: then nothing is known to be free. */
export async function stagesInUse({
  journal: { index },
  objects,
}: Pick<RestorePorts, 'journal' | 'objects'>): Promise<ReadonlySet<string> | undefined> {
  const inUse = new Set<string>()
  for (const execution of index.open()) {
    const accepted = index.accepted.get(execution)
    try {
      const stage = accepted === undefined ? undefined : await stageIn(accepted.plan, { objects })
      if (stage !== undefined) inUse.add(stage)
    } catch {
      return undefined
    }
  }
  return inUse
}
