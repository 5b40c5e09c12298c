// How much room a plan needs on a volume before it starts: 2 × what it writes there + what the rules keep free (spine §6). Shared by gate and
// runner; undo never asks. Pure.
import { onlyDeletes, writesFiles, writtenBy } from './actions.ts'
import type { Plan } from './plan.ts'

const directoryOf = (path: string) => path.slice(0, Math.max(1, path.lastIndexOf('/')))

/** Bytes that an apply writes below each directory: the new file, and the copy of the old one. */
export function writesOf(plan: Plan): ReadonlyMap<string, number> {
  const writes = new Map<string, number>()
  const add = (path: string, bytes: number) =>
    writes.set(directoryOf(path), (writes.get(directoryOf(path)) ?? 0) + bytes)
  for (const { action } of plan.actions) for (const { path, bytes } of writtenBy(action)) add(path, bytes)
  return writes
}

/** A plan that only deletes frees space: it needs none. */
export function freesSpace({ actions }: Plan): boolean {
  const writing = actions.filter(({ action }) => writesFiles(action))
  return writing.length > 0 && writing.every(({ action }) => onlyDeletes(action))
}

export const neededBytes = (written: number, floor: number): number => 2 * written + floor

export interface FreeSpace {
  readonly path: string
  readonly bytes: number
  readonly floor: number
}

/**
 * The first volume without room for this plan. `free`: as the runner measured it, its own state first, then declared files or the
 * nearest directory above each. Undefined: there is room wherever it is known.
 */
export function volumeWithoutRoom(
  plan: Plan,
  free: readonly FreeSpace[],
): { readonly path: string; readonly free: number; readonly needed: number } | undefined {
  if (freesSpace(plan)) return undefined
  const [own] = free
  const asked = [
    ...(own === undefined ? [] : [{ volume: own, written: 0 }]),
    ...[...writesOf(plan)].flatMap(([directory, written]) => {
      const volume = free
        .filter(({ path }) => directoryOf(path) === directory || isAtOrAbove(path, directory))
        .sort((a, b) => b.path.length - a.path.length)[0]
      return volume === undefined ? [] : [{ volume, written }]
    }),
  ]
  for (const { volume, written } of asked) {
    const needed = neededBytes(written, volume.floor)
    if (volume.bytes < needed) return { path: volume.path, free: volume.bytes, needed }
  }
  return undefined
}

const isAtOrAbove = (above: string, path: string) =>
  above === path || path.startsWith(above === '/' ? '/' : `${above}/`)
