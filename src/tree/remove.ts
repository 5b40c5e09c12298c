// Removes a tree by held descriptors: links are never followed, also when something is swapped meanwhile.
import { closeSync, fchmodSync, rmdirSync, unlinkSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import {
  below,
  errorAt,
  isComponent,
  joined,
  lookFor,
  namesIn,
  openDirectory,
  shown,
  telling,
} from './openat.ts'
import type { Yielding } from './yield.ts'

/** Deeper than any tree that is copied, because others may have nested deeper. Each level holds a descriptor. */
const DEPTH_MAX = 8192

/** Removes the tree or file `name` in an open directory. A missing name counts as removed. Throws file.*. */
export async function removeTree(parent: number, name: Uint8Array, turns: Yielding): Promise<void> {
  if (!isComponent(name)) throw new SekishoError('file.unreadable', { path: shown(name), why: 'EINVAL' })
  await removeBelow(parent, name, Buffer.from(name), 0, turns)
}

async function removeBelow(
  parent: number,
  name: Uint8Array,
  path: Buffer,
  depth: number,
  turns: Yielding,
): Promise<void> {
  try {
    const stat = lookFor(parent, name)
    if (stat === undefined) return
    if (!stat.isDirectory()) {
      telling(parent, name, () => unlinkSync(below(parent, name)))
      return
    }
    if (depth > DEPTH_MAX)
      throw new SekishoError('backup.too_deep', { path: shown(path.subarray(0, 200)), limit: DEPTH_MAX })
    await emptyDirectory(parent, name, path, depth, turns)
    telling(parent, name, () => rmdirSync(below(parent, name)))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw errorAt(shown(path), cause)
  }
}

async function emptyDirectory(
  parent: number,
  name: Uint8Array,
  path: Buffer,
  depth: number,
  turns: Yielding,
): Promise<void> {
  const fd = openDirectory(parent, name)
  try {
    // Directories of a snapshot are read-only, which stops anybody but root.
    if (process.getuid?.() !== 0) fchmodSync(fd, 0o700)
    for (const child of namesIn(fd)) {
      await removeBelow(fd, child, joined(path, child), depth + 1, turns)
      await turns.next()
    }
  } finally {
    closeSync(fd)
  }
}
