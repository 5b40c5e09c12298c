// Nothing starts when a volume is under its floor: 2 × what is written + what the policy keeps free (spine §6). Undo never asks.
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Answer, refused } from '../../base/error.ts'
import type { Plan } from '../../plans/plan.ts'
import type { CompiledPolicy } from '../../plans/policy.ts'
import { freesSpace, neededBytes, writesOf } from '../../plans/room.ts'

export interface VolumeFree {
  readonly path: string
  readonly bytes: number
}

export async function freeOf(path: string): Promise<VolumeFree | undefined> {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined)
    if (found !== undefined) return { path: at, bytes: Number(found.bavail) * Number(found.bsize) }
    if (at === '/') return undefined
  }
}

/** A plan that only deletes frees space and passes. */
export async function judgeFloor(plan: Plan, policy: CompiledPolicy, state: string): Promise<Answer<object>> {
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
