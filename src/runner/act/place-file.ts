// Puts one file, link or absence in the place of another: a private directory beside it, contents, fsync, rename, fsync of the directory.
// INVARIANT A1: at every moment the path shows wholly the old or wholly the new.
// INVARIANT A2: nothing is written through a name that somebody else could have put there.
import { constants, type Stats } from 'node:fs'
import {
  type FileHandle,
  lchown,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import { type Held, holdChild, lookAt } from '../../host/walk.ts'
import { fileError } from '../../sys/files.ts'
import type { run } from '../../sys/process.ts'

export interface Owner {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** What shall stand there. `like`: a path whose ACL, attributes and times are taken over (the old file, or its copy). */
export type Wanted =
  | { readonly kind: 'absent' }
  | { readonly kind: 'link'; readonly target: string; readonly uid: number; readonly gid: number }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly owner: Owner; readonly like?: Held }
  /** Exactly the copy: bytes, owner, mode, ACL, attributes, times. */
  | { readonly kind: 'copy'; readonly from: Held }

export interface PlaceContext {
  readonly run: typeof run
  readonly killPoint: (name: string) => void
}

/**
 * `still` is asked at the last moment, through the same descriptor, whether what stands there is still what was approved.
 * Throws SekishoError file.*; then nothing has changed.
 */
export async function placeFile(
  held: Held,
  wanted: Wanted,
  c: PlaceContext,
  still: () => Promise<boolean>,
): Promise<void> {
  const path = `${held.path}/${held.name}`
  try {
    if (wanted.kind === 'absent') {
      await refuseChanged(path, still)
      c.killPoint('place.remove.before')
      await unlink(held.at(held.name))
    } else {
      await using stage = await makeStage(held)
      await prepare(stage, wanted, c)
      c.killPoint('place.written.after')
      await refuseChanged(path, still)
      c.killPoint('place.rename.before')
      await rename(stage.at(stage.name), held.at(held.name))
    }
    c.killPoint('place.rename.after')
    await removeStage(held)
    await held.sync()
    c.killPoint('place.sync.after')
  } catch (cause) {
    await removeStage(held).catch(() => {})
    throw fileError(path, cause)
  }
}

async function refuseChanged(path: string, still: () => Promise<boolean>): Promise<void> {
  if (!(await still()))
    throw new SekishoError('file.changed', { path, why: 'it changed while it was being replaced' })
}

/** A name that no include pattern takes, the same for the same file, so that what a kill leaves is found again. */
export function stageName(name: string): string {
  return `.sekisho-${sha256(name).slice(0, 16)}`
}

/**
 * A private directory: whoever owns the parent may move it, but not put a link into it. What is written in it has our name and no other:
 * a directory of root's that is moved into its place on the way holds nothing that would be written over or taken out.
 */
async function makeStage(held: Held): Promise<Held> {
  const name = stageName(held.name)
  await removeStage(held)
  const path = `${held.path}/${name}`
  await mkdir(held.at(name), { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause
    throw new SekishoError('file.changed', { path, why: 'something else has this name' }, { cause })
  })
  const stage = await holdChild(held, name, name)
  const stat = await stage.handle.stat()
  if (isOurs(stat)) {
    await letUsIn(stage, stat)
    return stage
  }
  await stage[Symbol.asyncDispose]()
  throw new SekishoError('file.changed', { path, why: 'somebody else made it' })
}

/** Nobody else may have put anything in. A umask may take from what we may; the set-group bit may come from the parent. */
function isOurs(stat: Stats): boolean {
  return stat.uid === process.geteuid?.() && (stat.mode & 0o077) === 0
}

async function letUsIn({ handle }: Held, { mode }: Stats): Promise<void> {
  if ((mode & 0o700) !== 0o700) await handle.chmod(0o700)
}

/** Removes what an earlier attempt left, by descriptor, never following a link. A directory that is not as we make it is left as it is. */
export async function removeStage(held: Held): Promise<void> {
  const name = stageName(held.name)
  const seen = await lookAt(held.at(name))
  if (seen === undefined) return
  if (!seen.isDirectory()) {
    await unlink(held.at(name))
    return
  }
  await using stage = await holdChild(held, name, name)
  const stat = await stage.handle.stat()
  if (!isOurs(stat)) return
  await letUsIn(stage, stat)
  const children = await readdir(`/proc/self/fd/${stage.handle.fd}`)
  if (children.some((child) => child !== name)) return
  for (const child of children) await unlink(stage.at(child))
  const now = await lookAt(held.at(name))
  if (now?.ino === stat.ino && now.dev === stat.dev) await rmdir(held.at(name))
}

async function prepare(
  stage: Held,
  wanted: Exclude<Wanted, { kind: 'absent' }>,
  c: PlaceContext,
): Promise<void> {
  switch (wanted.kind) {
    case 'link':
      await symlink(wanted.target, stage.at(stage.name))
      await lchown(stage.at(stage.name), wanted.uid, wanted.gid)
      return
    case 'copy': {
      await copyInto(stage, wanted.from, c)
      await using file = await openFile(stage, constants.O_RDONLY)
      await file.sync()
      return
    }
    case 'file': {
      if (wanted.like !== undefined) await copyInto(stage, wanted.like, c)
      const flags = wanted.like === undefined ? constants.O_CREAT | constants.O_EXCL : constants.O_TRUNC
      await using file = await openFile(stage, constants.O_WRONLY | flags)
      c.killPoint('place.write.before')
      await writeWhole(file, wanted.bytes)
      await giveTo(file, wanted.owner)
      await file.sync()
    }
  }
}

async function openFile(stage: Held, flags: number): Promise<FileHandle> {
  return open(stage.at(stage.name), flags | constants.O_NOFOLLOW, 0o600)
}

/** chmod only where it differs: on a file with an ACL it would set the ACL's mask. chown first, for it clears setuid. */
async function giveTo(file: FileHandle, owner: Owner): Promise<void> {
  const now = await file.stat()
  const moved = now.uid !== owner.uid || now.gid !== owner.gid
  if (moved) await file.chown(owner.uid, owner.gid)
  if (moved || (now.mode & 0o7777) !== owner.mode) await file.chmod(owner.mode)
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0
  while (at < bytes.length) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, at)
    at += bytesWritten
  }
}

async function copyInto(stage: Held, from: Held, c: PlaceContext): Promise<void> {
  const result = await c.run(
    [
      'cp',
      '--preserve=all',
      '--no-dereference',
      '--',
      `/proc/self/fd/3/${from.name}`,
      `/proc/self/fd/4/${stage.name}`,
    ],
    { descriptors: [from.handle.fd, stage.handle.fd], timeoutMs: 30_000 },
  )
  if (result.code === 0) return
  const path = `${from.path}/${from.name}`
  if (result.stderr.includes('No space left'))
    throw new SekishoError('file.no_space', { path, why: 'ENOSPC' })
  const why = result.notStarted ?? (result.timedOut ? 'cp did not end' : result.stderr.trim().slice(0, 500))
  throw new SekishoError('file.unreadable', { path, why })
}
