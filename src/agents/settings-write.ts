// A settings file of somebody else's program, changed as its owner would: written whole, with a copy beside it of what was there.
import { lstat, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { asOwner, type Owner, plantedLink } from '../sys/as-owner.ts'
import { fileError, writeDurable } from '../sys/files.ts'
import { removeFile, type SettingsFile } from './settings-file.ts'

/** What was there the first time stays beside the file under this ending. */
export const BACKUP = '.sekisho.bak'

/**
 * Replaces the file; what was there stays beside it as `….sekisho.bak`, the copy of the first time being kept. Owner and mode stay; a new
 * file belongs to whom its directory belongs. Root does it with the rights of whoever owns the directory, and through no link on the way
 * to it. Throws file.*.
 */
export async function writeSettings(file: SettingsFile, text: string): Promise<string | undefined> {
  const { path } = file
  try {
    const owner = await ownerOf(dirname(path))
    return await asOwner(owner, () => replace(file, text))
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** Of the directory, or of the nearest one above it that is there. Where root writes, no link of somebody else leads to it. */
async function ownerOf(directory: string): Promise<Owner> {
  const found = await lstat(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw fileError(directory, cause)
    return undefined
  })
  if (found === undefined && dirname(directory) !== directory) return ownerOf(dirname(directory))
  const planted = await plantedLink(directory)
  if (planted !== undefined) throw new SekishoError('file.not_regular', { path: planted, type: 'link' })
  const real = await stat(directory)
  if (!real.isDirectory()) throw new SekishoError('file.not_regular', { path: directory, type: 'link' })
  return real
}

async function replace({ path, text: before }: SettingsFile, text: string): Promise<string | undefined> {
  const directory = dirname(path)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const home = await lstat(directory)
  if (!home.isDirectory()) throw new SekishoError('file.not_regular', { path: directory, type: 'link' })
  const there = before === undefined ? undefined : await lstat(path)
  const { uid, gid } = there ?? home
  const mode = there === undefined ? 0o644 : there.mode & 0o777
  const backup = before === undefined ? undefined : `${path}${BACKUP}`
  // What was read is what is kept: the file may be another one by now.
  if (backup !== undefined && (await lstat(backup).catch(() => undefined)) === undefined)
    await writeDurable(backup, before ?? '', { mode, uid, gid })
  await writeDurable(path, text, { mode, uid, gid })
  return backup
}

/** With the rights of whoever owns the directory, as `writeSettings` writes. Throws file.*. */
export async function removeSettings(path: string): Promise<void> {
  await asOwner(await ownerOf(dirname(path)), () => removeFile(path))
}
