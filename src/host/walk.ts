// The one way to a path of the inventory: its links are named as facts, then the directory at their end is held by descriptor, through
// components that are no links. Whoever exchanges a directory for a link meanwhile leads neither a reading nor a write elsewhere.
// Node has neither openat2 nor renameat: each component is opened below /proc/self/fd/<n>/ with O_NOFOLLOW.
import { closeSync, constants, openSync, readlinkSync, type Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readlink, realpath, rmdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { type Link } from '../plans/file-state.ts'
import { fileError, fileType, untrustedComponent } from '../sys/files.ts'

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

/** Bytes of the regular file that stands under the held name, with the stat of the descriptor that was read. Never through a link. */
export async function readHeld(
  held: Held,
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly stat: Stats }> {
  const path = `${held.path === '/' ? '' : held.path}/${held.name}`
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(held.at(held.name), flags).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ELOOP') throw new SekishoError('file.not_regular', { path, type: 'link' }, { cause })
    throw fileError(path, cause)
  })
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new SekishoError('file.not_regular', { path, type: fileType(stat) })
    if (stat.size > limit) throw new SekishoError('file.too_large', { path, limit })
    const bytes = Buffer.alloc(Math.min(stat.size, limit) + 1)
    let size = 0
    while (size < bytes.length) {
      const { bytesRead } = await handle.read(bytes, size, bytes.length - size, size)
      size += bytesRead
      // One byte more was asked for: where it ends as it said, it has been seen to end.
      if (bytesRead === 0 || size === stat.size) break
    }
    if (size > stat.size)
      throw new SekishoError('file.unreadable', { path, why: 'it grew while it was read' })
    return { bytes: bytes.subarray(0, size), stat }
  } finally {
    await handle.close()
  }
}

/**
 * The bytes at the end of the links of a path whose bytes go to nobody (they are hashed, masked or compared). Undefined where there is
 * nothing. A path that is exchanged during the reading is read again from its links on, a few times.
 */
export async function readThroughLinks(path: string, limit: number): Promise<Buffer | undefined> {
  for (let left = READ_AGAIN; ; left--) {
    const { real } = await resolveLinks(path)
    try {
      await using held = await holdDirectory(real)
      return (await readHeld(held, limit)).bytes
    } catch (cause) {
      if (!(cause instanceof SekishoError)) throw cause
      if (cause.code === 'file.unreadable' && cause.detail['why'] === 'ENOENT') return undefined
      if (left === 0 || cause.code !== 'file.not_regular' || cause.detail['type'] !== 'link') throw cause
    }
  }
}
const READ_AGAIN = 5

/**
 * Opens what stands at exactly this path; undefined where a link stands in it (the kernel names what is open by another path then).
 * The caller closes.
 */
export function openExact(path: string, flags: number): number | undefined {
  const descriptor = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (readlinkSync(`/proc/self/fd/${descriptor}`) === path) return descriptor
  } catch (cause) {
    closeSync(descriptor)
    throw cause
  }
  closeSync(descriptor)
  return undefined
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

/**
 * `mkdir -p` by descriptors: every component is opened or made below the one before. A link on the way is followed only where nobody but
 * root and we could have put it. The topmost directory that was made; undefined where all were there.
 */
export async function makeDirectories(path: string, mode: number): Promise<string | undefined> {
  const { real, links } = await resolveLinks(path)
  for (const link of links)
    if ((await untrustedComponent(link.path, process.geteuid?.() ?? 0)) !== undefined)
      throw new SekishoError('file.not_regular', { path: link.path, type: 'link' })
  let made: string | undefined
  let handle = await open('/', DIRECTORY)
  let at = ''
  try {
    for (const name of parts(real)) {
      const below = `/proc/self/fd/${handle.fd}/${name}`
      at += `/${name}`
      const next = await openOrMake(below, mode).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ELOOP' || cause.code === 'ENOTDIR')
          throw new SekishoError('file.not_regular', { path: at, type: 'link' }, { cause })
        throw fileError(at, cause)
      })
      await handle.close()
      handle = next.handle
      if (next.made) made ??= at
    }
    return made
  } finally {
    await handle.close()
  }
}

async function openOrMake(path: string, mode: number): Promise<{ handle: FileHandle; made: boolean }> {
  try {
    return { handle: await open(path, DIRECTORY), made: false }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
  const made = await mkdir(path, { mode }).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return false
      throw cause
    },
  )
  return { handle: await open(path, DIRECTORY), made }
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
