// The directory of the store, which belongs to the store's own account: made by root, who gives the gate its way in. Root works in it only
// by descriptors that lead through no link, because the account could put one there.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { type Random, randomHex } from '../../base/time.ts'
import { layout } from '../../db/layout.ts'
import { fileError } from '../../sys/files.ts'
import { run } from '../../sys/process.ts'
import type { Accounts } from './accounts.ts'

/**
 * Twice is once. What root started in earlier releases, and what came from a machine where the account had another number, is given to the
 * account. The password of the gate is the gate's, and the store reads it. Throws file.*, process.failed.
 */
export async function makeStorePlaces(
  data: string,
  { gate, store }: Pick<Accounts, 'gate' | 'store'>,
  random: Random,
): Promise<void> {
  const place = layout(data)
  await ownedDirectory(place.directory, 0o711, store)
  for (const name of await readdir(place.directory)) {
    const path = join(place.directory, name)
    if (path === place.socket || path === place.gatePassword) continue
    const seen = await lstat(path)
    if (seen.uid !== store.uid || seen.gid !== store.gid) await giveTree(path, store)
  }
  // The socket gets the group of its directory (INVARIANT D5).
  await ownedDirectory(place.socket, 0o2750, { uid: store.uid, gid: gate.gid })
  await gatePassword(place.gatePassword, { uid: gate.uid, gid: store.gid }, random)
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

async function ownedDirectory(path: string, mode: number, owner: Owner): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await withHandle(path, constants.O_RDONLY | constants.O_DIRECTORY, (handle) => give(handle, mode, owner))
  } catch (cause) {
    throw fileError(path, cause)
  }
}

async function gatePassword(path: string, owner: Owner, random: Random): Promise<void> {
  try {
    await withHandle(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, async (handle) => {
      const { nlink, size } = await handle.stat()
      const isPlain = (await handle.stat()).isFile() && nlink === 1
      if (!isPlain) throw new SekishoError('file.unreadable', { path, why: 'EMLINK' })
      if (size === 0) {
        await handle.writeFile(`${randomHex(random, 24)}\n`)
        await handle.sync()
      }
      await give(handle, 0o640, owner)
    })
  } catch (cause) {
    throw fileError(path, cause)
  }
}

async function give(handle: FileHandle, mode: number, { uid, gid }: Owner): Promise<void> {
  const seen = await handle.stat()
  if (seen.uid !== uid || seen.gid !== gid) await handle.chown(uid, gid)
  if ((seen.mode & 0o7777) !== mode || seen.uid !== uid || seen.gid !== gid) await handle.chmod(mode)
}

async function withHandle(
  path: string,
  flags: number,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags | constants.O_NOFOLLOW, 0o600)
  try {
    await work(handle)
  } finally {
    await handle.close()
  }
}

async function giveTree(path: string, { uid, gid }: Owner): Promise<void> {
  const owned = await run(['chown', '-R', '-h', '--', `${uid}:${gid}`, path], { timeoutMs: 600_000 })
  if (owned.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'chown',
      why: (owned.notStarted ?? owned.stderr).trim().slice(0, 300),
    })
}
