// Nothing starts when a volume is under its floor: 2 × what is written + what the policy keeps free (spine §6). Undo never asks.
import { type Answer, refused } from '../../base/error.ts'
import { freeOf } from '../../host/volume-free.ts'
import type { Plan } from '../../plans/plan.ts'
import type { CompiledPolicy } from '../../plans/policy.ts'
import { freesSpace, neededBytes, writesOf } from '../../plans/room.ts'

/** A plan that only deletes frees space and passes. */
export async function judgeFreeSpace(
  plan: Plan,
  policy: CompiledPolicy,
  state: string,
): Promise<Answer<object>> {
  if (freesSpace(plan)) return { ok: true }
  const floor = policy.rules.floorBytes
  for (const [path, bytes] of new Map([...writesOf(plan), [state, 0]])) {
    const free = await freeOf(path)
    const needed = neededBytes(bytes, floor)
    if (free !== undefined && free.bytes < needed)
      return refused('runner.low_space', { path, free: free.bytes, needed })
  }
  return { ok: true }
}
