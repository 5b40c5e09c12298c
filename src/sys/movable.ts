// Whether a path can be made to lead elsewhere by somebody else: what is bound or run by it would then be another thing than what was looked at.
import { lstat } from 'node:fs/promises'
import { fileError } from './files.ts'

export interface Movable {
  readonly path: string
  /** `link`: it leads elsewhere. `owner`, `writable`: others can put another thing in its place, or in the place of what lies in it. */
  readonly why: 'link' | 'owner' | 'writable'
}

/**
 * The first component of an absolute path that is a link, or in which somebody else than `owner` and root may exchange entries. The last one may be anybody's:
 * who owns a directory can change what lies in it, and not which directory stands there. What is missing counts as it is where nobody else can make it.
 * Undefined when the path leads where it led as long as we leave it. Throws SekishoError file.*.
 */
export async function movableComponent(path: string, owner = 0): Promise<Movable | undefined> {
  const names = path.split('/').filter((part) => part !== '')
  let isShared = false
  for (let i = 0; i <= names.length; i++) {
    const current = `/${names.slice(0, i).join('/')}`
    const stat = await lstat(current).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined
      throw fileError(current, cause)
    })
    if (stat === undefined) return isShared ? { path: current, why: 'writable' } : undefined
    if (stat.isSymbolicLink()) return { path: current, why: 'link' }
    const isForeign = stat.uid !== 0 && stat.uid !== owner
    // In a sticky directory an entry stays where it is as long as its owner leaves it.
    if (isForeign && (isShared || i < names.length)) return { path: current, why: 'owner' }
    const isWritable = (stat.mode & 0o022) !== 0
    isShared = isWritable && (stat.mode & 0o1000) !== 0
    if (isWritable && !isShared && i < names.length) return { path: current, why: 'writable' }
  }
  return undefined
}
