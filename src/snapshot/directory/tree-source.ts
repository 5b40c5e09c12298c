// The directory of a service that is read: opened by its path, and its files once more after the walk has gone on.
import { SekishoError } from '../../base/error.ts'
import { type Chain, parted } from '../../tree/chain.ts'
import { errorAt, lookFor, openTree } from '../../tree/openat.ts'
import { type At, type Opened, openRegular } from '../../tree/read.ts'
import type { Seen } from '../../tree/walk.ts'
import type { BackupItem, TreeSource } from './request.ts'

export function openSource(item: BackupItem, source: TreeSource): number {
  try {
    return openTree(source.path)
  } catch (cause) {
    const error = errorAt(source.path, cause)
    if (!(error instanceof SekishoError) || error.code === 'backup.path_link') throw error
    throw new SekishoError(
      'backup.source_missing',
      { item: item.name, path: source.path, why: String(error.detail['why'] ?? error.code) },
      { cause },
    )
  }
}

/** The kernel said ENOENT, and it was of this file and of nothing else. */
export function isGone(root: Chain, { path, type }: Seen, cause: unknown): boolean {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || type !== 'file') return false
  const { directory, name } = parted(path)
  return lookFor(root.at(directory), name) === undefined
}

/** The directory that the walk held is closed by then: opened again from the root, should one reading not do. */
export function laterAt(root: Chain, { path, stat }: Seen, opened: Opened | undefined): At {
  let given = opened
  return {
    path,
    dev: stat.dev,
    open: () => {
      const first = given
      given = undefined
      const { directory, name } = parted(path)
      return first ?? openRegular(root.at(directory), name)
    },
  }
}
