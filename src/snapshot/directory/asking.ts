// Which entries of a tree are asked for attributes and ACLs: the few all of them; of many those that somebody has named, and those that have changed
// since. What a directory had for the last run it has still while its ctime is what it was.
import { type Extra, readExtras } from '../../tree/attributes.ts'
import type { Seen } from '../../tree/walk.ts'
import { FEW, type Hint } from './hints.ts'
import type { Making } from './making.ts'

const GRAIN_NS = 1_000_000_000n

export interface Asking {
  /** Counts an entry that may have to be asked. To be awaited before `mayHave` of it. */
  looked(): Promise<void>
  mayHave(seen: Seen): boolean
  /** Of an open file. Undefined where nothing can be read here. */
  of(fd: number): Promise<Extra | undefined>
  /** What a directory had for the last run, and has still if this is the same file system; undefined where it has to be asked. */
  ofLast(seen: Seen): Extra | undefined
  /** A file was met that is what it was, on the device that it was on: the walk never leaves it. */
  sawLastFileSystem(): void
  isLastFileSystem(): boolean
}

export function openAsking(making: Making, item: string, root: number): Asking {
  const { previous } = making
  const { run, hashAll } = making.request
  let looked = 0
  let hint: Hint | undefined
  let isLast = false
  return {
    looked: async () => {
      looked += 1
      if (hint !== undefined || !making.extras) return
      if (looked > FEW || making.hints.has(item)) hint = await making.hints.of(item, root)
    },
    mayHave: ({ path, stat }) => {
      if (!making.extras) return false
      if (hint?.names === undefined) return true
      return hint.names.has(path.toString('latin1')) || stat.ctimeNs + GRAIN_NS > hint.fromNs
    },
    of: async (fd) => {
      if (!making.extras) return undefined
      const read = await readExtras(run, [fd])
      if (read === undefined) making.extras = false
      return read?.[0]
    },
    ofLast: ({ path, stat }) => {
      if (previous === undefined || hashAll === true) return undefined
      const known = previous.find(item, path)?.entry
      if (known?.type !== 'directory' || known.attributes === undefined) return undefined
      if (stat.ctimeNs + GRAIN_NS > previous.startedNs) return undefined
      const { attributes, acl } = known
      return acl === undefined ? { attributes } : { attributes, acl }
    },
    sawLastFileSystem: () => {
      isLast = true
    },
    isLastFileSystem: () => isLast,
  }
}
