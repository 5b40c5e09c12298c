// Stages one item of a restore: a tree or file in a private directory on the target's own file system, a database in its own cluster under
// another name.
import { closeSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { KnownCopy } from '../backup/level.ts'
import { shownPath } from '../backup/manifest-path.ts'
import type { DataDirectory } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { StagedFrom } from '../plans/restore.ts'
import { NO_DATABASE } from '../postgres/swap.ts'
import { askForRoom, type Room } from '../snapshot/room.ts'
import { databaseItem } from '../snapshot/set-of.ts'
import { readSnapshot } from '../snapshot/snapshot.ts'
import { identityOf } from '../tree/identity.ts'
import { below, lookFor, openDirectory, telling } from '../tree/openat.ts'
import { stagingPlace } from '../tree/staging.ts'
import { itemUnknown } from './item-unknown.ts'
import type { StageContext } from './stage-context.ts'
import { stageDatabase, stagedDatabaseId } from './stage-database.ts'
import { stageFile } from './stage-file.ts'
import { type SecretsElsewhere, stageTree } from './stage-tree.ts'
import type { StagedItem } from './staged-item.ts'

/** Throws restore.*, backup.*, file.*. `context.made` knows what was made until then. */
export async function stageItem(
  item: string,
  copy: KnownCopy,
  context: StageContext,
  secrets: SecretsElsewhere,
): Promise<StagedItem> {
  const { service, stage, made } = context
  const { backup, copy: name, manifest, taken } = copy
  const from: StagedFrom = { backup, copy: name, manifest, taken }
  const database = service.databases?.find((one) => databaseItem(one) === item)
  if (database !== undefined) {
    await made.database({ port: database.port, database: database.name, id: stagedDatabaseId(backup, stage) })
    return absentOr(await stageDatabase(database, copy, from, context))
  }
  const directory = service.data?.find((one) => one.name === item)
  if (directory === undefined) throw itemUnknown(service, item)
  return stageBeside(directory, copy, from, context, secrets)
}

async function stageBeside(
  directory: DataDirectory,
  copy: KnownCopy,
  from: StagedFrom,
  context: StageContext,
  secrets: SecretsElsewhere,
): Promise<StagedItem> {
  const { wish, stage, made } = context
  const path = wish.kind === 'full' ? directory.dir : (wish.what ?? '')
  // No backup holds owner and mode of the directory above the item.
  if (identityOf(dirname(path)) === undefined)
    throw new SekishoError('restore.parent_missing', { path, parent: dirname(path) })
  const staging = await stagingPlace(directory.dir, process.geteuid?.() ?? 0)
  try {
    const name = Buffer.from(stage)
    const place = join(staging.path, stage)
    using _room = await askForRoom(staging.path, await roomOf(directory, path, copy, context), context.parts)
    await made.place(place)
    if (lookFor(staging.fd, name) === undefined)
      telling(staging.fd, name, () => mkdirSync(below(staging.fd, name), 0o700))
    const fd = openDirectory(staging.fd, name)
    try {
      const laid =
        wish.kind === 'full'
          ? await stageTree(directory, copy, { fd, path: place }, context, secrets)
          : await stageFile(directory, path, copy, { fd, path: place }, context)
      const live = identityOf(path)
      const staged = identityOf(laid.path)
      if (staged === undefined) throw new SekishoError('file.unreadable', { path: laid.path, why: 'ENOENT' })
      const { of, digest, entries, bytes, carried, missing } = laid
      return {
        part: {
          kind: 'exchange',
          of,
          item: directory.name,
          path,
          from,
          digest,
          entries,
          bytes,
          carried,
          ...(missing.length === 0 ? {} : { missing }),
          ...(live === undefined ? { before: 'absent' } : {}),
        },
        exchange: { path, beside: laid.path, staged, ...(live === undefined ? {} : { live }) },
        place,
      }
    } finally {
      closeSync(fd)
    }
  } finally {
    closeSync(staging.fd)
  }
}

/** Twice the size of a file for salvage: the salvaged text is written beside the copy's. */
async function roomOf(
  { name, dir }: DataDirectory,
  path: string,
  copy: KnownCopy,
  { wish, signal }: StageContext,
): Promise<Room> {
  const snapshot = await readSnapshot(copy, signal)
  try {
    const item = snapshot.header.items.find((one) => one.name === name)
    if (wish.kind === 'full') return { bytes: item?.bytes ?? 0, entries: item?.entries ?? 0 }
    const wanted = path.slice(dir.length + 1)
    for (const one of snapshot.entries(name))
      if (shownPath(one.at) === wanted) return { bytes: one.type === 'file' ? 2 * one.size : 0, entries: 10 }
    return { bytes: 0, entries: 0 }
  } finally {
    snapshot.close()
  }
}

/** No database has the name: the loaded one gets it, and the plan says so. */
function absentOr(laid: StagedItem): StagedItem {
  const { part, swap } = laid
  if (part.kind !== 'database' || swap?.pair.liveOid !== NO_DATABASE) return laid
  return { ...laid, part: { ...part, before: 'absent' } }
}
