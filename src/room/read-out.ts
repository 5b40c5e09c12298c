// Reads what a run left in its tree. Nothing of the room runs any more. Names and links are the candidate's: each step goes by descriptors, no link is followed.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import { isComponent, openDirectory, openToRead, openTree } from '../tree/openat.ts'
import { walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'

const MATCHES_MAX = 1_000
const ENTRIES_MAX = 200_000

function openBelow(root: string, path: string): number | undefined {
  const names = path.split('/').map((name) => Buffer.from(name))
  if (names.some((name) => !isComponent(name))) return undefined
  const held = [openTree(root)]
  try {
    for (const [i, name] of names.entries()) {
      const parent = held.at(-1) as number
      held.push(i === names.length - 1 ? openToRead(parent, name) : openDirectory(parent, name))
    }
    return held.pop()
  } catch (cause) {
    if (
      ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? '')
    )
      return undefined
    throw cause
  } finally {
    for (const fd of held) closeSync(fd)
  }
}

/** Undefined where there is no regular file by this name. Throws room.too_large. */
export function readBelow(root: string, path: string, max: number): Buffer | undefined {
  const fd = openBelow(root, path)
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return undefined
    if (stat.size > max) throw new SekishoError('room.too_large', { path, limit: max })
    const bytes = Buffer.alloc(stat.size)
    let at = 0
    while (at < bytes.length) {
      const read = readSync(fd, bytes, at, bytes.length - at, at)
      if (read === 0) break
      at += read
    }
    return bytes.subarray(0, at)
  } finally {
    closeSync(fd)
  }
}

export interface Listed {
  /** Sorted; at most a thousand. */
  readonly paths: readonly string[]
  /** There is more in the tree than was looked at. */
  readonly cut: boolean
}

/** Regular files whose path below the root matches: `*` within a name, `**` over directories. */
export async function listBelow(root: string, glob: string): Promise<Listed> {
  const pattern = globPattern(glob)
  const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const turns = yielding()
  const found: string[] = []
  let entries = 0
  let cut = false
  try {
    for (const seen of walk(fd, { failed: () => {} })) {
      if (++entries > ENTRIES_MAX || found.length >= MATCHES_MAX) {
        cut = true
        break
      }
      await turns.next()
      if (seen.type !== 'file') continue
      const path = seen.path.toString('utf8')
      if (pattern.test(path)) found.push(path)
    }
  } finally {
    closeSync(fd)
  }
  return { paths: found.sort(), cut }
}

export function globPattern(glob: string): RegExp {
  const text = glob
    .split('/')
    .map((part) =>
      part === '**'
        ? '(?:[^/]+/)*'
        : `${part.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*/g, '[^/]*')}/`,
    )
    .join('')
  return new RegExp(`^${text.replace(/\/$/, '')}$`)
}
