// Files as they must be written to survive: temporary, fsync, rename, fsync of the directory; opens that follow no link.
import { constants, type Stats } from 'node:fs'
import { chmod, type FileHandle, lstat, mkdir, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'

export interface WriteOptions {
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
}

let writes = 0

/** Replaces or makes a file so that after a power cut it is wholly old or wholly new. Throws SekishoError file.*. */
export async function writeDurable(
  path: string,
  bytes: string | Uint8Array,
  options: WriteOptions,
): Promise<void> {
  // A name for each write: two writers of one file must not take each other's bytes away.
  writes += 1
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${writes}.sekisho`)
  try {
    // What lies there under our own number is of a process that died; nobody alive has it.
    await unlink(temporary).catch(() => {})
    const handle = await open(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    try {
      await handle.writeFile(bytes)
      if (options.uid !== undefined && options.gid !== undefined) await handle.chown(options.uid, options.gid)
      await handle.chmod(options.mode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await unlink(temporary).catch(() => {})
    throw fileError(path, cause)
  }
}

/** Throws file.*, with the directory's name. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    await handle.sync()
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/**
 * Reads a regular file whose last component is no link, at most `limit` bytes. Returns the bytes with the stat of the
 * descriptor that was read. Undefined where there is no file.
 */
export async function readRegular(
  path: string,
  limit: number,
): Promise<{ bytes: Buffer; stat: Stats } | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP')
      throw new SekishoError('file.not_regular', { path, type: 'link' }, { cause })
    throw fileError(path, cause)
  }
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new SekishoError('file.not_regular', { path, type: fileType(stat) })
    if (stat.size > limit) throw new SekishoError('file.too_large', { path, limit })
    // As much as it says it holds, and more only where it grows or says nothing (/proc): a mebibyte for each small file is felt.
    let bytes = Buffer.alloc(Math.min(stat.size, limit) + 1)
    let size = 0
    for (;;) {
      const { bytesRead } = await handle.read(bytes, size, bytes.length - size, size)
      size += bytesRead
      if (bytesRead === 0 || (size === stat.size && size < bytes.length)) break
      if (size > limit) throw new SekishoError('file.too_large', { path, limit })
      if (size === bytes.length) bytes = Buffer.concat([bytes], Math.min(limit + 1, size * 2 + 4096))
    }
    return { bytes: bytes.subarray(0, size), stat }
  } finally {
    await handle.close()
  }
}

export function fileType(stat: Stats): string {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'link'
  if (stat.isFIFO()) return 'pipe'
  if (stat.isSocket()) return 'socket'
  return 'device'
}

/** Makes a directory (and its parents) that belongs to us alone. */
export async function privateDirectory(path: string, mode = 0o700): Promise<void> {
  await mkdir(path, { recursive: true, mode })
}

/** Makes a directory that every account may pass and only we may read, also where one of an earlier release stands closed. */
export async function passableDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o711)
}

/** A root process may only trust a path that nobody else can change, at any component (spine §1). */
export interface Untrusted {
  readonly path: string
  readonly why: 'owner' | 'writable'
}

/**
 * Every component of an absolute path must belong to `owner` or root and not be writable by group or others; sticky
 * root-owned directories such as /tmp count as safe. Undefined when it may be trusted.
 */
export async function untrustedComponent(path: string, owner = 0): Promise<Untrusted | undefined> {
  const names = path.split('/').filter((part) => part !== '')
  const components = Array.from({ length: names.length + 1 }, (_, i) => `/${names.slice(0, i).join('/')}`)
  // Looked at side by side, judged from the root: what is first decides, be it untrusted or not to be seen.
  const seen = await Promise.allSettled(components.map((one) => lstat(one)))
  for (const [i, one] of seen.entries()) {
    const current = components[i] ?? '/'
    if (one.status === 'rejected') throw one.reason
    const stat = one.value
    if (stat.uid !== 0 && stat.uid !== owner) return { path: current, why: 'owner' }
    const writable = (stat.mode & 0o022) !== 0 && !stat.isSymbolicLink()
    const sticky = stat.isDirectory() && (stat.mode & 0o1000) !== 0 && stat.uid === 0
    if (writable && !sticky) return { path: current, why: 'writable' }
  }
  return undefined
}

/** Turns an errno into the sentence's code. */
export function fileError(path: string, cause: unknown): SekishoError {
  if (cause instanceof SekishoError) return cause
  const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SekishoError('file.no_space', { path, why: code }, { cause })
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new SekishoError('file.no_permission', { path, why: code }, { cause })
  return new SekishoError('file.unreadable', { path, why: code }, { cause })
}

/** Which file it is, and in which state: no copy, no archive and no `touch` sets the time back. Equal while nothing of it has changed. */
export function stateOfFile({ dev, ino, ctimeMs }: Stats): string {
  return `${dev} ${ino} ${ctimeMs}`
}
