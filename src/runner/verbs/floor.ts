// Nothing starts when a volume is under its floor: 2 × what is written + what the policy keeps free (spine §6). Undo never asks.
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Answer, refused } from '../../base/error.ts'
import type { FileState, Plan } from '../../seal/plan.ts'
import type { CompiledPolicy } from '../../seal/policy.ts'

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

/** Bytes that an apply writes below each directory: the new file, and the copy of the old one. */
export function writesOf(plan: Plan): ReadonlyMap<string, number> {
  const writes = new Map<string, number>()
  const add = (path: string, bytes: number) =>
    writes.set(dirname(path), (writes.get(dirname(path)) ?? 0) + bytes)
  for (const { action } of plan.actions) {
    if (action.kind === 'replaceFiles')
      for (const { real, before, after } of action.files) add(real, sizeOf(before) + sizeOf(after))
    if (action.kind === 'editEnv') add(action.real, 65_536)
  }
  return writes
}

function sizeOf(state: FileState): number {
  return state.kind === 'file' ? state.size : 0
}

/** A plan that only deletes frees space and passes. */
export async function judgeFloor(plan: Plan, policy: CompiledPolicy, state: string): Promise<Answer<object>> {
  const frees =
    plan.actions.some(({ action }) => action.kind === 'replaceFiles') &&
    plan.actions.every(
      ({ action }) =>
        action.kind !== 'editEnv' &&
        (action.kind !== 'replaceFiles' || action.files.every(({ after }) => after.kind === 'absent')),
    )
  if (frees) return { ok: true }
  const floor = policy.rules.floorBytes
  for (const [path, bytes] of new Map([...writesOf(plan), [state, 0]])) {
    const free = await freeOf(path)
    const needed = 2 * bytes + floor
    if (free !== undefined && free.bytes < needed)
      return refused('runner.low_space', { path, free: free.bytes, needed })
  }
  return { ok: true }
}
