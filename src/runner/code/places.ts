// Prepares what changes with each other: of `releases` one link, of `in-place` every changed path, each beside and on the same volume. Nothing of the
// service is touched.
import { closeSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import { CURRENT, leadsTo, RELEASES } from '../../host/code-facts.ts'
import type { CodeFile } from '../../plans/code.ts'
import { untrustedComponent } from '../../sys/files.ts'
import type { Places } from '../../tree/exchange-places.ts'
import { identityOf } from '../../tree/identity.ts'
import { lookFor, openTree, targetOf } from '../../tree/openat.ts'
import { openRegular, readStable } from '../../tree/read.ts'
import { yielding } from '../../tree/yield.ts'
import type { CodeContext } from './context.ts'

const CLOSED = 0o700

/** Of this stage: the release is built where it will run. Throws deploy.not_laid_out, deploy.place_open. */
export async function releasePlace({ rules, stage, wish, parts }: CodeContext) {
  const { path } = rules.repo
  const releases = `${path}/${RELEASES}`
  if (identityOf(releases) === undefined) throw new SekishoError('deploy.not_laid_out', { path: releases })
  if (parts.root)
    for (const one of [path, releases]) {
      const open = await untrustedComponent(one)
      if (open !== undefined) throw new SekishoError('deploy.place_open', { path: open.path })
    }
  const link = `${path}/${CURRENT}`
  const leads = leadsTo(link)
  if (leads === undefined && identityOf(link) !== undefined)
    throw new SekishoError('deploy.not_laid_out', { path: link })
  return { path: `${releases}/${wish.commit.slice(0, 12)}-${stage.slice(0, 8)}`, link, leads }
}

/** Links to what belongs to no release, and nobody enters before it is approved. */
export async function closeRelease(release: string, context: CodeContext): Promise<void> {
  const { path, shared } = context.rules.repo
  for (const one of shared) {
    const at = join(release, one)
    if ((await lstat(at).catch(() => undefined)) !== undefined)
      throw new SekishoError('deploy.declared_path', { path: `${path}/shared/${one}` })
    await mkdir(dirname(at), { recursive: true, mode: 0o755 })
    await symlink(relative(dirname(at), `${path}/shared/${one}`), at)
  }
  await chmod(release, CLOSED)
}

/** The new link, beside the one that it will change places with. */
export async function linkPlace(
  { link, path }: { readonly link: string; readonly path: string },
  context: CodeContext,
): Promise<Places> {
  const beside = `${dirname(link)}/.${basename(link)}.sekisho-${context.stage}`
  await context.note(beside)
  await symlink(relative(dirname(link), path), beside)
  return placeOf(link, beside)
}

/** Bytes of a path as the candidate has it; of a link its target. */
export type BytesOf = (path: string) => Promise<Uint8Array>

/**
 * The nearest directory above the work tree, on its volume, in which root alone may rename: whoever owns a directory can exchange what root
 * prepares in it. Throws deploy.place_open.
 */
export async function rootsPlace(tree: string): Promise<string> {
  const { dev } = await lstat(tree)
  for (let at = dirname(tree); ; at = dirname(at)) {
    if ((await lstat(at)).dev !== dev) break
    if ((await untrustedComponent(at)) === undefined) return at
    if (at === '/') break
  }
  throw new SekishoError('deploy.place_open', { path: dirname(tree) })
}

/**
 * Every changed path of the work tree: what comes lies beside, with the owner and the rights of what stands there. Throws deploy.kind_changes,
 * deploy.place_open.
 */
export async function treePlaces(
  files: readonly CodeFile[],
  bytesOf: BytesOf,
  context: CodeContext,
): Promise<readonly Places[]> {
  const root = context.rules.repo.path
  for (const { path, mode } of changedPaths(files))
    if (mode !== undefined && (await changesKind(root, path)))
      throw new SekishoError('deploy.kind_changes', { path })
  const parent = context.parts.root ? await rootsPlace(root) : dirname(root)
  const beside = join(parent, `.${basename(root)}.sekisho-${context.stage}`)
  await context.note(beside)
  await mkdir(beside, { mode: CLOSED })
  const owner = await lstat(root)
  const places: Places[] = []
  const made = new Map<string, string>()
  const next = () => join(beside, String(places.length + made.size))
  for (const file of changedPaths(files)) {
    const path = join(root, file.path)
    if (file.mode === undefined) {
      places.push(placeOf(path, next()))
      continue
    }
    const missing = topMissing(root, file.path)
    if (missing === undefined) {
      const at = next()
      await write(at, file.mode, await bytesOf(file.path), ownerAt(path) ?? owner)
      places.push(placeOf(path, at))
      continue
    }
    // A new directory comes as one, with all that is new in it.
    const known = made.get(missing) ?? join(beside, `d${made.size}`)
    if (!made.has(missing)) {
      made.set(missing, known)
      await mkdir(known)
      await give(known, 0o755, owner)
    }
    await below(known, relative(missing, file.path), owner)
    await write(join(known, relative(missing, file.path)), file.mode, await bytesOf(file.path), owner)
  }
  for (const [missing, at] of made) places.push(placeOf(join(root, missing), at))
  return places
}

interface Changed {
  readonly path: string
  /** Absent: it goes away. */
  readonly mode?: string
}

/** A directory stands where the file is to come, or a file where one of its directories is to be. */
export async function changesKind(root: string, path: string): Promise<boolean> {
  const parts = path.split('/')
  for (let count = 1; count <= parts.length; count++) {
    const there = await lstat(join(root, ...parts.slice(0, count))).catch(() => undefined)
    if (there === undefined) return false
    if (there.isDirectory() === (count === parts.length)) return true
  }
  return false
}

/** What goes away first: a file may stand where a directory is to come. */
function changedPaths(files: readonly CodeFile[]): readonly Changed[] {
  const gone = files.flatMap(({ path, kind, from }): Changed[] =>
    kind === 'removed' ? [{ path }] : from === undefined ? [] : [{ path: from }],
  )
  const come = files.flatMap(({ path, after }): Changed[] =>
    after === undefined ? [] : [{ path, mode: after.mode }],
  )
  return [...gone, ...come]
}

function placeOf(path: string, beside: string): Places {
  const staged = identityOf(beside)
  const live = identityOf(path)
  return {
    path,
    beside,
    ...(staged === undefined ? {} : { staged }),
    ...(live === undefined ? {} : { live }),
  }
}

/** Owner and rights of what stands at the path; no link on the way to it is followed, since the path is not root's. */
function ownerAt(path: string): (Owner & { readonly isFile: () => boolean }) | undefined {
  const directory = openTree(dirname(path))
  try {
    const found = lookFor(directory, Buffer.from(basename(path)))
    if (found === undefined) return undefined
    const { uid, gid, mode } = found
    return { uid: Number(uid), gid: Number(gid), mode: Number(mode), isFile: () => found.isFile() }
  } finally {
    closeSync(directory)
  }
}

/** The outermost directory above the path that is not there. */
function topMissing(root: string, path: string): string | undefined {
  const parts = path.split('/').slice(0, -1)
  for (let i = 1; i <= parts.length; i++) {
    const directory = parts.slice(0, i).join('/')
    if (identityOf(join(root, directory)) === undefined) return directory
  }
  return undefined
}

interface Owner {
  readonly uid: number
  readonly gid: number
  readonly mode?: number
}

async function below(directory: string, path: string, owner: Owner): Promise<void> {
  const parts = path.split('/').slice(0, -1)
  for (let i = 1; i <= parts.length; i++) {
    const one = join(directory, ...parts.slice(0, i))
    if ((await lstat(one).catch(() => undefined)) !== undefined) continue
    await mkdir(one)
    await give(one, 0o755, owner)
  }
}

async function write(
  at: string,
  mode: string,
  bytes: Uint8Array,
  owner: Owner & { isFile?: () => boolean },
): Promise<void> {
  if (mode === '120000') {
    await symlink(Buffer.from(bytes).toString('utf8'), at)
    return
  }
  await writeFile(at, bytes, { mode: 0o600, flag: 'wx', flush: true })
  await give(at, rightsOf(mode, owner), owner)
}

/** What git says of a file is whether it is a program; who may read it the file that stands there says. */
function rightsOf(mode: string, owner: Owner & { isFile?: () => boolean }): number {
  const isProgram = mode === '100755'
  const { mode: live } = owner
  if (live === undefined || owner.isFile?.() !== true) return isProgram ? 0o755 : 0o644
  const rights = live & 0o1666
  return isProgram ? rights | ((rights & 0o444) >> 2) : rights
}

async function give(path: string, mode: number, { uid, gid }: Owner): Promise<void> {
  await chmod(path, mode)
  if (process.geteuid?.() === 0) await chown(path, uid, gid)
}

/** SHA-256 of a regular file, or of the target of a link; undefined where nothing is. By descriptors: the path is not root's. */
export async function digestAt(path: string): Promise<string | undefined> {
  if (identityOf(path) === undefined) return undefined
  const directory = openTree(dirname(path))
  try {
    const name = Buffer.from(basename(path))
    const stat = lookFor(directory, name)
    if (stat === undefined) return undefined
    if (stat.isSymbolicLink()) return sha256(targetOf(directory, name))
    if (!stat.isFile()) return 'other'
    const open = () => openRegular(directory, name)
    const read = await readStable({ open, path: Buffer.from(path), dev: stat.dev }, { turns: yielding() })
    closeSync(read.fd)
    return read.digest
  } finally {
    closeSync(directory)
  }
}
