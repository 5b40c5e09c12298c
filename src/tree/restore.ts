// Builds one item of a backup beside its target, in a private directory, from what the manifest says and what the copy holds (security.md §6.2).
// Where manifest and copy differ, the restore is refused: the result is the tree of the manifest or nothing.
import { closeSync, ftruncateSync, linkSync, mkdirSync, symlinkSync } from 'node:fs'
import type { ManifestEntry } from '../backup/manifest.ts'
import { hasSetId } from '../backup/manifest-lines.ts'
import { pathBytes, pathFault } from '../backup/manifest-path.ts'
import { SekishoError } from '../base/error.ts'
import type { run } from '../sys/process.ts'
import { BATCH } from './attributes.ts'
import { type Chain, openChain, parted } from './chain.ts'
import { finish, finishLink, ownerHere, type ToFinish } from './metadata.ts'
import { below, errorAt, makeFile, openDirectory, ROOT_NAME, shown, statOf, telling } from './openat.ts'
import type { Owners } from './owners.ts'
import { openRegular, readOnce } from './read.ts'
import type { Yielding } from './yield.ts'

/** Readings of a given file that changes while it is read. */
const AGAIN = 4

type FileEntry = Extract<ManifestEntry, { type: 'file' }>
type SecretEntry = Extract<ManifestEntry, { type: 'secret' }>

export interface RestoreOptions {
  readonly run: typeof run
  readonly owners: Owners
  readonly turns: Yielding
  /** The limit from the manifest's header: no more than this is restored. */
  readonly limit: { readonly entries: number; readonly bytes: number }
  /**
   * An open file with the bytes of a secret (from an encrypted copy, or the live one), which we close. Undefined: it is left out and named.
   */
  readonly secret?: (entry: SecretEntry) => number | undefined
  /** True where the given bytes of a secret are the ones that were backed up. */
  readonly key?: Uint8Array
  readonly progress?: (entries: number, bytes: number) => void
}

export interface Restored {
  readonly entries: number
  readonly bytes: number
  /** Secrets that were given, and whether they are the ones of the backup. */
  readonly secrets: readonly { readonly path: string; readonly same: boolean }[]
  /** Secrets without bytes from anywhere. */
  readonly without: readonly string[]
  /** Entries whose owner's name has another number here. */
  readonly otherOwner: number
}

/**
 * `from`: the copy's directory that holds the item (of a single file, the directory it stands in), `source` its name there; `into`: a private
 * directory that has no `name` yet. Entries as `manifestReader` let them through. Throws backup.restore_refused, backup.snapshot_damaged, file.*;
 * what was built until then is the caller's to remove.
 */
export async function restoreTree(
  from: { readonly fd: number; readonly name: Buffer },
  into: { readonly fd: number; readonly name: Buffer },
  entries: Iterable<ManifestEntry> | AsyncIterable<ManifestEntry>,
  options: RestoreOptions,
): Promise<Restored> {
  await using work = openWork(from, into, options)
  for await (const entry of entries) {
    await work.one(entry)
    await options.turns.next()
  }
  return await work.end()
}

interface Work extends AsyncDisposable {
  one(entry: ManifestEntry): Promise<void>
  end(): Promise<Restored>
}

function refused(path: Uint8Array, why: string): SekishoError {
  return new SekishoError('backup.restore_refused', { path: shown(path), why })
}

function openWork(
  from: { readonly fd: number; readonly name: Buffer },
  into: { readonly fd: number; readonly name: Buffer },
  options: RestoreOptions,
): Work {
  const source = openChain(from.fd)
  /** Of single files the manifest need not name the directories above. */
  const target = openChain(into.fd, 0o700)
  const directories: { path: Buffer; entry: ManifestEntry }[] = []
  const leaders = new Map<string, Buffer>()
  let pending: ToFinish[] = []
  const done = { entries: 0, bytes: 0, otherOwner: 0 }
  const secrets: { path: string; same: boolean }[] = []
  const without: string[] = []
  const at = (chain: Chain, base: Buffer, path: Buffer) => {
    const whole = path.length === 0 ? base : Buffer.concat([base, Buffer.from('/'), path])
    const { directory, name } = parted(whole)
    return { fd: chain.at(directory), name }
  }
  const flush = async () => {
    const files = pending
    pending = []
    await finish(options.run, files, options.owners)
  }

  const file = async (path: Buffer, entry: FileEntry): Promise<void> => {
    if (entry.hardLink !== undefined) {
      const leader = Buffer.from(pathBytes(entry.hardLink))
      if (!leader.equals(path)) {
        const first = leaders.get(leader.toString('latin1'))
        if (first === undefined) throw refused(path, 'hard link')
        const held = at(target, into.name, path)
        linkBetween(into, first, held)
        return
      }
      leaders.set(path.toString('latin1'), path)
    }
    done.bytes += entry.size
    if (done.bytes > options.limit.bytes) throw refused(path, 'size')
    const there = at(source, from.name, path)
    const held = at(target, into.name, path)
    const made = makeFile(held.fd, held.name)
    pending.push({ fd: made, entry })
    const { fd, stat } = openRegular(there.fd, there.name)
    try {
      if (Number(stat.size) !== entry.size) throw refused(path, 'size')
      // The entry records whether the file was sparse. Its copy need not be.
      const read = await readOnce(fd, stat, {
        turns: options.turns,
        into: made,
        limit: entry.size,
        holes: entry.sparse,
      })
      if (read?.digest !== entry.digest) throw refused(path, 'digest')
    } finally {
      closeSync(fd)
    }
  }

  const secret = async (path: Buffer, entry: SecretEntry): Promise<void> => {
    const given = options.secret?.(entry)
    if (given === undefined) {
      without.push(shown(path))
      return
    }
    try {
      const held = at(target, into.name, path)
      const made = makeFile(held.fd, held.name)
      pending.push({ fd: made, entry })
      secrets.push({ path: shown(path), same: await copySecret(given, made, entry, options) })
    } finally {
      closeSync(given)
    }
  }

  const one = async (entry: ManifestEntry): Promise<void> => {
    const path = Buffer.from(pathBytes(entry.at))
    if (pathFault(path) !== undefined) throw refused(path, 'absolute')
    if (hasSetId(entry)) throw refused(path, 'setuid')
    done.entries += 1
    if (done.entries > options.limit.entries) throw refused(path, 'order')
    try {
      const { uid, gid } = ownerHere(entry, options.owners)
      if (uid !== entry.uid || gid !== entry.gid) done.otherOwner += 1
      if (entry.type === 'directory') {
        const held = at(target, into.name, path)
        telling(held.fd, held.name, () => mkdirSync(below(held.fd, held.name), 0o700))
        directories.push({ path, entry })
      } else if (entry.type === 'link') {
        const held = at(target, into.name, path)
        const to = Buffer.from(pathBytes(entry.target))
        telling(held.fd, held.name, () => symlinkSync(to, below(held.fd, held.name)))
        finishLink(held.fd, held.name, entry, options.owners)
      } else if (entry.type === 'file') await file(path, entry)
      else await secret(path, entry)
    } catch (cause) {
      throw failure(path, cause)
    }
    options.progress?.(done.entries, done.bytes)
    if (pending.length >= BATCH) await flush()
  }

  const end = async (): Promise<Restored> => {
    await flush()
    // Creating entries changes the times of a directory, so times are set from the deepest upwards.
    for (let entry = directories.pop(); entry !== undefined; entry = directories.pop()) {
      const held = at(target, into.name, entry.path)
      pending.push({ fd: openDirectory(held.fd, held.name), entry: entry.entry })
      if (pending.length >= BATCH) await flush()
      await options.turns.next()
    }
    await flush()
    return { ...done, secrets, without }
  }
  return {
    one,
    end,
    [Symbol.asyncDispose]: async () => {
      for (const { fd } of pending) closeSync(fd)
      source.close()
      target.close()
      await Promise.resolve()
    },
  }
}

/** Uses a chain of its own, because the first name of the group may be anywhere in the tree. */
function linkBetween(
  into: { readonly fd: number; readonly name: Buffer },
  leader: Buffer,
  to: { readonly fd: number; readonly name: Buffer },
): void {
  const chain = openChain(into.fd)
  try {
    const { directory, name } = parted(Buffer.concat([into.name, Buffer.from('/'), leader]))
    const from = below(chain.at(directory), name)
    telling(to.fd, to.name, () => linkSync(from, below(to.fd, to.name)))
  } finally {
    chain.close()
  }
}

async function copySecret(
  given: number,
  made: number,
  entry: SecretEntry,
  options: RestoreOptions,
): Promise<boolean> {
  // The live file may be written right now, which is no fault of the copy.
  for (let left = AGAIN; left > 0; left--) {
    const read = await readOnce(given, statOf(given), {
      turns: options.turns,
      into: made,
      ...(options.key === undefined ? {} : { key: options.key }),
    })
    if (read !== undefined) return options.key !== undefined && String(read.digest) === entry.keyed
    telling(made, ROOT_NAME, () => ftruncateSync(made, 0))
    await options.turns.next()
  }
  throw new SekishoError('backup.changed_while_read', { path: shown(Buffer.from(pathBytes(entry.at))) })
}

function failure(path: Buffer, cause: unknown): unknown {
  const code = String((cause as NodeJS.ErrnoException).code)
  if (code === 'file.not_regular')
    return new SekishoError('backup.restore_refused', { path: shown(path), why: 'device' }, { cause })
  // The copy lacks the file, or has something else there: opening a socket gives ENXIO.
  if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(code))
    return new SekishoError('backup.restore_refused', { path: shown(path), why: code }, { cause })
  return errorAt(shown(path), cause)
}
