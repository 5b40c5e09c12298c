// Where a restored tree may lie beside its target: a directory of root's alone, under the nearest ancestor on the same file system that nobody
// else can write (backup.md §0). Below a directory of the service's own, everything could be exchanged under our hands.
import { closeSync, mkdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { fileError, untrustedComponent } from '../../sys/files.ts'
import { below, lookFor, openDirectory, openTree, statOf } from './beneath.ts'

export const STAGING = '.sekisho-staging'

export interface StagingPlace {
  /** The private directory, absolute. */
  readonly path: string
  /** Held open; the caller closes. */
  readonly fd: number
}

/** `owner`: whom the runner runs as. Throws backup.no_staging_place. */
export async function stagingPlace(target: string, owner = 0): Promise<StagingPlace> {
  const ancestor = await nearestClosed(target, owner)
  const fd = openTree(ancestor)
  try {
    return { path: `${ancestor === '/' ? '' : ancestor}/${STAGING}`, fd: openPrivate(fd, target, owner) }
  } finally {
    closeSync(fd)
  }
}

/** Where nothing stands at the target, it would stand on the file system of its parent. */
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

/** A sticky directory such as /tmp is safe to pass through, and no place to make something that must be ours: the name may be taken first. */
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
