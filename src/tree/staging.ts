// Finds the place of a restored tree beside its target: a root-only directory below the nearest ancestor on the same file system that nobody else
// can write (backup.md §0). Inside a directory of the service everything could be swapped meanwhile. A place outside of any git work tree is
// preferred, because `git status` shows the directory and `git clean` removes it; else the directory is added to git's exclude file.
import { closeSync, constants, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { fileError, untrustedComponent } from '../sys/files.ts'
import { below, lookFor, openDirectory, openTree, statOf } from './openat.ts'

export const STAGING = '.sekisho-staging'

export interface StagingPlace {
  /** The private directory, absolute. */
  readonly path: string
  /** Held open; the caller closes. */
  readonly fd: number
}

/** `owner`: the user of the runner. Throws backup.no_staging_place. */
export async function stagingPlace(target: string, owner = 0): Promise<StagingPlace> {
  const nearest = await nearestClosed(target, owner)
  const ancestor = (await outsideOfGit(nearest, owner)) ?? nearest
  excludeFromGit(ancestor, owner)
  const fd = openTree(ancestor)
  try {
    return { path: `${ancestor === '/' ? '' : ancestor}/${STAGING}`, fd: openPrivate(fd, target, owner) }
  } finally {
    closeSync(fd)
  }
}

/** Where the target does not exist, it would be on the file system of its parent. */
async function nearestClosed(target: string, owner: number): Promise<string> {
  const dev = deviceOf(isThere(target) ? target : dirname(target))
  let isMount = true
  for (let at = dirname(target); ; at = dirname(at)) {
    if (deviceOf(at) !== dev) throw refused(target, isMount ? 'mount' : 'writable')
    isMount = false
    if ((await untrustedComponent(at, owner)) === undefined && isClosed(at)) return at
    if (at === '/') throw refused(target, 'writable')
  }
}

/** The nearest such ancestor outside of a work tree, on the same mount: an exchange works within one mount only. */
async function outsideOfGit(nearest: string, owner: number): Promise<string | undefined> {
  const mount = mountOf(nearest)
  for (let at = nearest; ; at = dirname(at)) {
    if (mountOf(at) !== mount) return undefined
    const isOurs = (await untrustedComponent(at, owner)) === undefined && isClosed(at)
    if (isOurs && workTreeOf(at) === undefined) return at
    if (at === '/') return undefined
  }
}

/** The innermost work tree that contains a directory. In a submodule or a second work tree `.git` is a file. */
function workTreeOf(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    const fd = openTree(at)
    try {
      if (lookFor(fd, GIT) !== undefined) return at
    } finally {
      closeSync(fd)
    }
    if (at === '/') return undefined
  }
}

const GIT = Buffer.from('.git')
const EXCLUDE_MAX = 1_048_576

/** Nothing is written into a repository of somebody else; then git shows the directory. */
function excludeFromGit(ancestor: string, owner: number): void {
  const tree = workTreeOf(ancestor)
  if (tree === undefined) return
  const open: number[] = []
  try {
    open.push(openTree(tree))
    for (const name of ['.git', 'info']) {
      const parent = open.at(-1) ?? -1
      const bytes = Buffer.from(name)
      if (name === 'info' && lookFor(parent, bytes) === undefined) mkdirSync(below(parent, bytes), 0o755)
      if (lookFor(parent, bytes)?.isDirectory() !== true) return
      open.push(openDirectory(parent, bytes))
      if (!isOwn(open.at(-1) ?? -1, owner)) return
    }
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
    const file = openSync(
      below(open.at(-1) ?? -1, Buffer.from('exclude')),
      flags | constants.O_NONBLOCK,
      0o644,
    )
    open.push(file)
    const stat = statOf(file)
    if (!stat.isFile() || !isOwn(file, owner) || stat.size > EXCLUDE_MAX) return
    const text = readFileSync(file, 'utf8')
    const line = `${ancestor.slice(tree === '/' ? 0 : tree.length)}/${STAGING}/`
    if (text.split('\n').includes(line)) return
    writeSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
  } catch (cause) {
    // A repository on a full or read-only volume must not stop a restore.
    if ((cause as NodeJS.ErrnoException).syscall === undefined && !(cause instanceof SekishoError))
      throw cause
  } finally {
    for (const fd of open.toReversed()) closeSync(fd)
  }
}

/** Only the runner's own user can write there. */
function isOwn(fd: number, owner: number): boolean {
  const { uid, mode } = statOf(fd)
  return Number(uid) === owner && (mode & 0o022n) === 0n
}

function mountOf(path: string): string | undefined {
  const fd = openTree(path)
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
  } finally {
    closeSync(fd)
  }
}

function isThere(path: string): boolean {
  const fd = openTree(dirname(path))
  try {
    return lookFor(fd, Buffer.from(basename(path)))?.isDirectory() === true
  } finally {
    closeSync(fd)
  }
}

function deviceOf(path: string): bigint {
  const fd = openTree(path)
  try {
    return statOf(fd).dev
  } finally {
    closeSync(fd)
  }
}

/** A sticky directory such as /tmp is safe on the way, but not for a new entry: somebody may take the name first. */
function isClosed(path: string): boolean {
  const fd = openTree(path)
  try {
    return (statOf(fd).mode & 0o022n) === 0n
  } finally {
    closeSync(fd)
  }
}

function openPrivate(parent: number, target: string, owner: number): number {
  const name = Buffer.from(STAGING)
  try {
    if (lookFor(parent, name) === undefined) mkdirSync(below(parent, name), 0o700)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(target, cause)
  }
  if (lookFor(parent, name)?.isDirectory() !== true) throw refused(target, 'taken')
  const fd = openDirectory(parent, name)
  const stat = statOf(fd)
  if (stat.dev === statOf(parent).dev && Number(stat.uid) === owner && (stat.mode & 0o777n) === 0o700n)
    return fd
  closeSync(fd)
  throw refused(target, 'taken')
}

function refused(path: string, why: 'mount' | 'writable' | 'taken'): SekishoError {
  return new SekishoError('backup.no_staging_place', { path, why })
}
