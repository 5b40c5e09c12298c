// Walks to a file by descriptor, so that a swapped parent cannot lead a write elsewhere, and resolves links as facts.
// Node has neither openat2 nor renameat: each component is opened below /proc/self/fd/<n>/ with O_NOFOLLOW.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readlink, realpath, rmdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { Link } from '../../seal/plan.ts'
import { fileError } from '../../sys/files.ts'

const LINKS_MAX = 40
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

export interface Resolved {
  /** The path at the end of the chain, with no link in any component. It need not exist. */
  readonly real: string
  /** Every link on the way, in the order in which the kernel meets them. */
  readonly links: readonly Link[]
}

/** Follows links as the kernel does and names each. What does not exist yet is no link. */
export async function resolveLinks(path: string): Promise<Resolved> {
  // Most paths have no link: the kernel's own answer is the same path then, in one step instead of one for each component.
  if ((await realpath(path).catch(() => undefined)) === path) return { real: path, links: [] }
  const links: Link[] = []
  let rest = parts(path)
  let at = ''
  while (rest.length > 0) {
    const [name = '', ...after] = rest
    if (name === '..') {
      // Up from where we really are: `at` holds no link.
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')))
      rest = after
      continue
    }
    const here = `${at}/${name}`
    const target = await linkTarget(here)
    if (target === undefined) {
      at = here
      rest = after
      continue
    }
    links.push({ path: here, target })
    if (links.length > LINKS_MAX) throw new SekishoError('file.unreadable', { path, why: 'ELOOP' })
    rest = [...parts(target), ...after]
    if (target.startsWith('/')) at = ''
  }
  return { real: at === '' ? '/' : at, links }
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

/** Undefined where it is no link, or nothing. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(path, cause)
  }
}

/** The directory of a real path, held open. All that is done in it goes through `at(name)`. */
export interface Held extends AsyncDisposable {
  readonly path: string
  /** The name of the file in the directory. */
  readonly name: string
  readonly handle: FileHandle
  /** A path to a child that goes through the descriptor. */
  at(name: string): string
  sync(): Promise<void>
}

/**
 * Holds the directory of `real`; a link in any component is refused. Opened in one go and believed only when the kernel names what
 * is held by exactly this path, which holds no link then; else walked, which says where the link is.
 */
export async function holdDirectory(real: string): Promise<Held> {
  const directory = dirname(real)
  const handle = await openNamed(directory)
  return held(handle ?? (await walkTo(directory)), directory, basename(real))
}

async function openNamed(directory: string): Promise<FileHandle | undefined> {
  const handle = await open(directory, DIRECTORY).catch(() => undefined)
  const name =
    handle === undefined ? undefined : await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined)
  if (name === directory) return handle
  await handle?.close()
  return undefined
}

async function walkTo(directory: string): Promise<FileHandle> {
  let handle = await open('/', DIRECTORY)
  let at = ''
  for (const name of parts(directory)) {
    const parent = handle
    at += `/${name}`
    try {
      handle = await open(`/proc/self/fd/${parent.fd}/${name}`, DIRECTORY)
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code
      // O_DIRECTORY with O_NOFOLLOW says ENOTDIR for a link.
      if (code === 'ELOOP' || code === 'ENOTDIR')
        throw new SekishoError('file.not_regular', { path: at, type: 'link' }, { cause })
      throw fileError(at, cause)
    } finally {
      await parent.close()
    }
  }
  return handle
}

function held(handle: FileHandle, path: string, name: string): Held {
  return {
    path,
    name,
    handle,
    at: (child) => `/proc/self/fd/${handle.fd}/${child}`,
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** Opens a child directory of a held one. */
export async function holdChild(parent: Held, name: string, within: string): Promise<Held> {
  return held(await open(parent.at(name), DIRECTORY), `${parent.path}/${name}`, within)
}

/** lstat that answers undefined where there is nothing. */
export async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(path, cause)
  }
}

/** Is there a directory in which the path could stand? Its own directory may be missing (a unit's first drop-in), no more than that. */
export async function directoryMissing(real: string): Promise<boolean> {
  return (await lookAt(dirname(real))) === undefined
}

/** Makes the one missing directory of a new file, through its held parent. True when it was made. */
export async function makeDirectory(real: string, mode: number): Promise<boolean> {
  await using parent = await holdDirectory(dirname(real))
  try {
    await mkdir(parent.at(parent.name), { mode })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fileError(dirname(real), cause)
  }
  await parent.sync()
  return true
}

/** Takes a directory away that we made, unless somebody has put something into it. */
export async function removeDirectory(real: string): Promise<void> {
  await using parent = await holdDirectory(dirname(real))
  try {
    await rmdir(parent.at(parent.name))
    await parent.sync()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? ''
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw fileError(dirname(real), cause)
  }
}
