// Writes the members of an archive that are the service's into a new directory of the guide's layout: bytes, owner, mode and time as the archive has them.
// It gets its name in `daily` when all of it is on the disk; the archive is not altered.
import { createHash } from 'node:crypto'
import { fsyncSync, lchownSync, linkSync, lutimesSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { checksumsText } from '../../backup/checksums.ts'
import type { BackupId } from '../../backup/level.ts'
import { CHECKSUMS } from '../../backup/manifest.ts'
import { leaves, readTar, type TarMember, type TarSource } from '../../backup/tar.ts'
import type { Digest } from '../../base/hash.ts'
import type { run } from '../../sys/process.ts'
import { openChain, parted } from '../../tree/chain.ts'
import { setOwnerAndMode } from '../../tree/metadata.ts'
import { below, close, makeFile, openDirectory, telling } from '../../tree/openat.ts'
import type { Owners } from '../../tree/owners.ts'
import { setTimes, writeAll } from '../../tree/read.ts'
import { removeTree } from '../../tree/remove.ts'
import { syncFileSystem, syncOne } from '../../tree/sync.ts'
import { type Yielding, yielding } from '../../tree/yield.ts'
import { gidOf, type Held, modesFor } from '../directory/layout.ts'
import { type PackedItem, placeOf } from './scan.ts'

export type UnpackFault = 'hard_link' | 'link_out' | 'no_directory' | 'through' | 'twice'

export class UnpackError extends Error {
  readonly why: UnpackFault
  readonly member: Buffer

  constructor(why: UnpackFault, member: Buffer) {
    super(why)
    this.why = why
    this.member = member
  }
}

export interface UnpackOptions {
  readonly run: typeof run
  readonly owners: Owners
  readonly turns: Yielding
  /** We are root, and may give files away. */
  readonly root: boolean
  /** Throws where the archive is not what it was. */
  readonly assertUnchanged: () => void
  readonly progress: (entries: number, bytes: number) => void
}

/** Throws UnpackError, TarError, file.*, backup.sync_failed: then nothing is left in `daily`. */
export async function unpack(
  source: TarSource,
  items: readonly PackedItem[],
  id: BackupId,
  held: Held,
  options: UnpackOptions,
): Promise<void> {
  const name = Buffer.from(id)
  const modes = modesFor(gidOf().gid)
  // As around a copy of ours: nobody else comes to the files, whoever owns them.
  const closeOff = (fd: number, kind: 'file' | 'directory') =>
    setOwnerAndMode(
      fd,
      modes[kind],
      modes.gid === undefined || !options.root ? undefined : { uid: 0, gid: modes.gid },
    )
  telling(held.partial, name, () => mkdirSync(below(held.partial, name), 0o700))
  try {
    const directory = openDirectory(held.partial, name)
    try {
      const checksums = await writeMembers(source, items, directory, options)
      const list = makeFile(directory, Buffer.from(CHECKSUMS))
      try {
        writeAll(list, checksumsText(checksums), 0)
        closeOff(list, 'file')
        fsyncSync(list)
      } finally {
        close(list)
      }
      await syncFileSystem(options.run, held.root, held.path)
      closeOff(directory, 'directory')
      syncOne(directory, held.path)
    } finally {
      close(directory)
    }
    options.assertUnchanged()
    telling(held.partial, name, () => renameSync(below(held.partial, name), below(held.daily, name)))
    syncOne(held.daily, held.path)
    syncOne(held.partial, held.path)
  } catch (cause) {
    // What cannot be removed now, the next run sweeps.
    await removeTree(held.partial, name, yielding()).catch(() => {})
    throw cause
  }
}

const CHUNK = 1_048_576

async function writeMembers(
  source: TarSource,
  items: readonly PackedItem[],
  directory: number,
  { owners, turns, root: isRoot, progress }: UnpackOptions,
): Promise<readonly { readonly digest: Digest; readonly name: Buffer }[]> {
  const chain = openChain(directory, 0o700)
  const digests = new Map<string, Digest>()
  const directories = new Map<string, TarMember>()
  const needed = new Map<string, Buffer>()
  let [entries, bytes] = [0, 0]
  const ownerOf = ({ user, group, uid, gid }: TarMember) => ({
    uid: (user === undefined ? undefined : owners.uid(user)) ?? uid,
    gid: (group === undefined ? undefined : owners.gid(group)) ?? gid,
  })
  const settle = (fd: number, member: TarMember) => {
    setOwnerAndMode(fd, member.mode, isRoot ? ownerOf(member) : undefined)
    setTimes(fd, member.mtimeNs)
  }
  const file = async (there: number, name: Buffer, member: TarMember): Promise<Digest> => {
    const into = makeFile(there, name)
    try {
      const hash = createHash('sha256')
      for (let at = 0; at < member.size; ) {
        const chunk = source.read(member.dataAt + at, Math.min(CHUNK, member.size - at))
        if (chunk.length === 0) break
        hash.update(chunk)
        writeAll(into, chunk, at)
        at += chunk.length
        bytes += chunk.length
        progress(entries, bytes)
        await turns.next()
      }
      settle(into, member)
      return hash.digest('hex') as Digest
    } finally {
      close(into)
    }
  }
  const one = async (member: TarMember, root: string, path: Buffer): Promise<void> => {
    const copyPath = inCopy(root, path)
    const key = copyPath.toString('latin1')
    if (member.type === 'directory') {
      if (digests.has(key)) throw new UnpackError('twice', member.path)
      chain.at(copyPath)
      directories.set(key, member)
      // A part of the data is not the whole of it: each directory above has an entry too, up to the one that is packed.
      if (path.length > 0) needed.set(parted(copyPath).directory.toString('latin1'), member.path)
      return
    }
    if (path.length === 0) throw new UnpackError('no_directory', member.path)
    const { directory: above, name } = parted(copyPath)
    needed.set(above.toString('latin1'), member.path)
    const there = chain.at(above)
    switch (member.type) {
      case 'file':
        digests.set(key, await file(there, name, member))
        return
      case 'link': {
        if (leaves(path, member.target)) throw new UnpackError('link_out', member.path)
        telling(there, name, () => symlinkSync(member.target, below(there, name)))
        const { uid, gid } = ownerOf(member)
        const seconds = Number(member.mtimeNs) / 1e9
        telling(there, name, () => {
          if (isRoot) lchownSync(below(there, name), uid, gid)
          lutimesSync(below(there, name), seconds, seconds)
        })
        return
      }
      case 'hard link': {
        const target = placeOf(member.target, items)
        const first = target === undefined ? undefined : inCopy(target.root, target.path)
        const digest = first === undefined ? undefined : digests.get(first.toString('latin1'))
        if (first === undefined || digest === undefined) throw new UnpackError('hard_link', member.path)
        const from = parted(first)
        const source = openDirectoryOf(chain, from.directory)
        try {
          const at = chain.at(above)
          telling(at, name, () => linkSync(below(source, from.name), below(at, name)))
        } finally {
          close(source)
        }
        digests.set(key, digest)
      }
    }
  }
  try {
    for (const member of readTar(source)) {
      const place = placeOf(member.path, items)
      if (place === undefined) continue
      try {
        await one(member, place.root, place.path)
      } catch (cause) {
        throw faultOf(cause, member)
      }
      entries += 1
      await turns.next()
    }
    for (const [path, member] of needed)
      if (!directories.has(path)) throw new UnpackError('no_directory', member)
    // Deepest first: what is made in a directory moves its time.
    for (const [path, member] of [...directories].sort(([a], [b]) => (a < b ? 1 : -1))) {
      const fd = openDirectoryOf(chain, Buffer.from(path, 'latin1'))
      try {
        settle(fd, member)
      } finally {
        close(fd)
      }
    }
    return [...digests].map(([name, digest]) => ({ digest, name: Buffer.from(name, 'latin1') }))
  } finally {
    chain.close()
  }
}

function openDirectoryOf(chain: ReturnType<typeof openChain>, path: Buffer): number {
  const { directory, name } = parted(path)
  return openDirectory(chain.at(directory), name)
}

function inCopy(root: string, path: Buffer): Buffer {
  return path.length === 0 ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), path])
}

/** What the archive itself is to blame for: a name that stands in it twice, or below one that is no directory. */
function faultOf(cause: unknown, { path }: TarMember): unknown {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') return new UnpackError('twice', path)
  return code === 'ENOTDIR' || code === 'ELOOP' ? new UnpackError('through', path) : cause
}
