// One file laid out beside: with owner and mode of the manifest, never a fixed 644; or, for salvage, the backup's records with what can still be read
// of the damaged file over them (backup.md §8).
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs'
import type { KnownCopy } from '../../backup/level.ts'
import type { ManifestEntry } from '../../backup/manifest.ts'
import { shownPath } from '../../backup/manifest-path.ts'
import type { DataDirectory, Invariants } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import { readOwners } from '../tree/owners.ts'
import { syncOne } from '../tree/settle.ts'
import { takeTurns } from '../tree/turns.ts'
import { judgeFiles, mendFile } from './content.ts'
import { digestOf } from './directory/manifest-file.ts'
import { restoreItem } from './directory/restore-item.ts'
import type { LaidOut } from './lay-tree.ts'
import { openLive } from './live.ts'
import type { ScratchPlace } from './scratch.ts'
import { keptOf, readSnapshot } from './snapshot.ts'
import type { LayContext } from './stages.ts'
import { isNotRead } from './tree-loss.ts'
import { childOf } from './work-backup.ts'

export async function layFile(
  directory: DataDirectory,
  path: string,
  copy: KnownCopy,
  place: ScratchPlace,
  context: LayContext,
): Promise<LaidOut> {
  const { parts, wish, signal, service } = context
  const wanted = path.slice(directory.dir.length + 1)
  const entry = await entryOf(copy, directory.name, wanted, signal)
  if (entry === undefined)
    throw new SekishoError('restore.item_unknown', { service: service.name, what: path })
  if (entry.type !== 'file')
    throw new SekishoError('restore.secret_missing', { path: wanted, item: directory.name })
  await restoreItem({
    run: parts.process,
    owners: readOwners(),
    turns: takeTurns(signal),
    key: parts.keys.keyed,
    to: copy.to,
    id: copy.backup,
    manifest: copy.manifest,
    ...keptOf(copy),
    item: directory.name,
    into: { fd: place.fd, name: Buffer.from('tree') },
    only: (one) =>
      one.type === 'directory' ? isAbove(shownPath(one.at), wanted) : shownPath(one.at) === wanted,
  })
  const laid = `${place.path}/tree/${wanted}`
  const rules = directory.invariants[wanted]
  if (wish.kind === 'salvage') await mend(directory, wanted, laid, place, rules, context)
  const fd = openSync(laid, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    // S38: what does not hold the rules of its content is not offered.
    if (rules !== undefined) {
      const [judged] = await judgeFiles([{ fd, path: wanted, rules }], childOf(parts, signal))
      if (judged?.verdict === 'rubbish')
        throw new SekishoError('restore.no_good_backup', {
          service: service.name,
          why: `${wanted}: ${judged.fault?.code ?? ''} ${judged.fault?.where ?? ''}`,
        })
    }
    syncOne(fd, laid)
    return {
      of: 'file',
      path: laid,
      digest: await digestOf(fd, takeTurns(signal)),
      entries: 1,
      bytes: fstatSync(fd).size,
      carried: [],
    }
  } finally {
    closeSync(fd)
  }
}

function isAbove(directory: string, path: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`)
}

async function entryOf(
  copy: KnownCopy,
  item: string,
  path: string,
  signal: AbortSignal,
): Promise<ManifestEntry | undefined> {
  const snapshot = await readSnapshot(copy, signal)
  try {
    for (const one of snapshot.entries(item)) if (shownPath(one.at) === path) return one
    return undefined
  } finally {
    snapshot.close()
  }
}

/**
 * The mended text takes the place of the backup's, with its owner and mode. Of what is gone, is no file, or brings the reader down nothing can be
 * saved: the backup's own text stays.
 */
async function mend(
  directory: DataDirectory,
  wanted: string,
  laid: string,
  place: ScratchPlace,
  rules: Invariants | undefined,
  { parts, signal }: LayContext,
): Promise<void> {
  const now = openLive(`${directory.dir}/${wanted}`)
  if (now.kind !== 'file') return
  const then = openSync(laid, constants.O_RDONLY | constants.O_NOFOLLOW)
  const made = `${place.path}/mended`
  const into = openSync(made, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    const of = { path: wanted, ...(rules === undefined ? {} : { rules }) }
    await mendFile(now.fd, then, into, of, childOf(parts, signal))
    const { uid, gid, mode } = fstatSync(then)
    fchownSync(into, uid, gid)
    fchmodSync(into, mode & 0o777)
    syncOne(into, made)
    renameSync(made, laid)
  } catch (cause) {
    if (signal.aborted || !isNotRead(cause)) throw cause
    unlinkSync(made)
  } finally {
    for (const fd of [now.fd, then, into]) closeSync(fd)
  }
}
