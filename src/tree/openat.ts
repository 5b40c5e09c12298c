// The basic calls of this room. Each names one component below a directory that is held open, so that a parent which is swapped for a link
// does not lead elsewhere (security.md §6.2). Names are bytes. The calls are synchronous: a walk makes ten of them for each file, and a
// promise costs more than the call. Long loops give way to others with `yield.ts`.
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
} from 'node:fs'
import { SekishoError } from '../base/error.ts'
import { fileError } from '../sys/files.ts'

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Without O_NONBLOCK, opening a FIFO would hang. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
const MAKE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const LINKS_MAX = 40

export const ROOT_NAME: Buffer = Buffer.alloc(0)

/** Formatted paths by descriptor: there are few descriptors, and each is used ten times a file. */
const prefixes: Buffer[] = []

/** The path of one component below an open directory. An empty name gives the directory itself. */
export function below(fd: number, name: Uint8Array): Buffer {
  const prefix = (prefixes[fd] ??= Buffer.from(`/proc/self/fd/${fd}/`))
  const path = Buffer.allocUnsafe(prefix.length + name.length)
  path.set(prefix)
  path.set(name, prefix.length)
  return path
}

/** Exactly one component: not empty, no slash, no NUL, neither `.` nor `..`. */
export function isComponent(name: Uint8Array): boolean {
  const length = name.length
  if (length === 0 || length > 255 || name.includes(0x2f) || name.includes(0)) return false
  return !(length <= 2 && name[0] === 0x2e && name[length - 1] === 0x2e)
}

function component(name: Uint8Array): Uint8Array {
  if (!isComponent(name))
    throw new SekishoError('backup.restore_refused', { path: shown(name), why: 'absolute' })
  return name
}

export function lookAt(fd: number, name: Uint8Array): BigIntStats {
  return telling(fd, name, () => lstatSync(below(fd, component(name)), { bigint: true }))
}

/** Undefined where nothing exists. */
export function lookFor(fd: number, name: Uint8Array): BigIntStats | undefined {
  return telling(fd, name, () =>
    lstatSync(below(fd, component(name)), { bigint: true, throwIfNoEntry: false }),
  )
}

export function openDirectory(fd: number, name: Uint8Array): number {
  return open(fd, name, DIRECTORY)
}

/** Another descriptor of an open directory. */
export function openAgain(fd: number): number {
  return telling(fd, ROOT_NAME, () => openSync(`/proc/self/fd/${fd}/.`, DIRECTORY))
}

export function openToRead(fd: number, name: Uint8Array): number {
  return open(fd, name, READ)
}

/** Creates a new file that only its owner can read. */
export function makeFile(fd: number, name: Uint8Array): number {
  return open(fd, name, MAKE)
}

function open(fd: number, name: Uint8Array, flags: number): number {
  return telling(fd, name, () => openSync(below(fd, component(name)), flags, 0o600))
}

export function targetOf(fd: number, name: Uint8Array): Buffer {
  return telling(fd, name, () => readlinkSync(below(fd, component(name)), { encoding: 'buffer' }))
}

/** Names in byte order. */
export function namesIn(fd: number): Buffer[] {
  return telling(fd, ROOT_NAME, () =>
    readdirSync(below(fd, ROOT_NAME), { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b)),
  )
}

export function statOf(fd: number): BigIntStats {
  return telling(fd, ROOT_NAME, () => fstatSync(fd, { bigint: true }))
}

/** The path of the file that an error of the kernel was about. */
const places = new WeakMap<object, string>()

/**
 * Attaches the path to an error of the kernel while the descriptor is open: `/proc/self/fd/21/a` is useless in a message, and errors of
 * descriptors name no file. Returns the error itself.
 */
export function told(cause: unknown, fd: number, name: Uint8Array = ROOT_NAME): unknown {
  if (!isErrno(cause) || places.has(cause)) return cause
  const path = realPath(fd, name)
  if (path !== undefined) places.set(cause, path)
  return cause
}

/** The current path of an open descriptor, or of a name below it. Undefined where it is closed. */
export function realPath(fd: number, name: Uint8Array = ROOT_NAME): string | undefined {
  try {
    const at = readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' })
    return shown(name.length === 0 ? at : joined(at, name))
  } catch {
    return undefined
  }
}

/** Wraps a call that has no function here; `name` is below the open directory, or empty for the open file itself. */
export function telling<T>(fd: number, name: Uint8Array, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw told(cause, fd, name)
  }
}

/** Turns an error of the kernel into a SekishoError with its path, else `otherwise`. Any other error is returned unchanged. */
export function errorAt(otherwise: string, cause: unknown): unknown {
  return isErrno(cause) ? fileError(places.get(cause) ?? otherwise, cause) : cause
}

const MACHINES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'])

/** Errors that the machine causes (full disk, I/O error) are no bug of ours: a SekishoError with the path. Undefined for any other error. */
export function machineRefused(cause: unknown): SekishoError | undefined {
  if (!isErrno(cause) || !MACHINES.has(cause.code ?? '')) return undefined
  return fileError(places.get(cause) ?? cause.path ?? '', cause)
}

function isErrno(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && typeof (cause as NodeJS.ErrnoException).syscall === 'string'
}

/**
 * Opens a directory by an absolute path, one component after the other. A link is followed only where it stands in a directory of root's
 * that others cannot write. Any other link is refused. The caller closes the descriptor.
 */
export function openTree(path: string): number {
  let rest = path.split('/').filter((part) => part !== '' && part !== '.')
  const held = [openSync('/', DIRECTORY)]
  let links = 0
  try {
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      const parent = held.at(-1) as number
      if (name === '..') {
        if (held.length > 1) closeSync(held.pop() as number)
        continue
      }
      const bytes = Buffer.from(name)
      const target = linkTarget(parent, bytes)
      if (target === undefined) {
        held.push(openDirectory(parent, bytes))
        continue
      }
      links += 1
      if (links > LINKS_MAX || !isRootsOwn(statOf(parent)))
        throw new SekishoError('backup.path_link', { path })
      rest = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...rest]
      if (target.startsWith('/')) while (held.length > 1) closeSync(held.pop() as number)
    }
    return held.pop() as number
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP')
      throw new SekishoError('backup.path_link', { path }, { cause })
    throw errorAt(path, cause)
  } finally {
    for (const fd of held) closeSync(fd)
  }
}

function linkTarget(parent: number, name: Buffer): string | undefined {
  return lookAt(parent, name).isSymbolicLink() ? targetOf(parent, name).toString() : undefined
}

function isRootsOwn(stat: BigIntStats): boolean {
  return stat.uid === 0n && (stat.mode & 0o022n) === 0n
}

export function joined(directory: Uint8Array, name: Uint8Array): Buffer {
  return directory.length === 0 ? Buffer.from(name) : Buffer.concat([directory, Buffer.from('/'), name])
}

/** For messages: bytes that are not printable ASCII or UTF-8 are shown as escapes. */
export function shown(path: Uint8Array): string {
  const text = Buffer.from(path).toString('utf8')
  const known = Buffer.from(text).equals(path) ? text : Buffer.from(path).toString('latin1')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
  return known.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

export { closeSync as close }
