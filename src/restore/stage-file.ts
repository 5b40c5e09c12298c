// Stages one file beside its target, with owner and mode of the manifest. For salvage: the records of the backup, replaced by those that can
// still be read of the damaged file (backup.md §8).
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
import type { KnownCopy } from '../backup/level.ts'
import type { ManifestEntry } from '../backup/manifest.ts'
import { shownPath } from '../backup/manifest-path.ts'
import type { DataDirectory, Invariants } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { childOf, isNotRead, judgeFiles, mendFile } from '../snapshot/content.ts'
import { digestOf } from '../snapshot/directory/manifest-file.ts'
import { restoreItem } from '../snapshot/directory/restore-item.ts'
import { openLive } from '../snapshot/live.ts'
import type { ScratchPlace } from '../snapshot/scratch.ts'
import { keptOf, readSnapshot } from '../snapshot/snapshot.ts'
import { readOwners } from '../tree/owners.ts'
import { readOnce } from '../tree/read.ts'
import { syncOne } from '../tree/sync.ts'
import { yielding } from '../tree/yield.ts'
import { itemUnknown } from './item-unknown.ts'
import type { StageContext } from './stage-context.ts'
import { type StagedFiles, secretsIn } from './stage-tree.ts'

export async function stageFile(
  directory: DataDirectory,
  path: string,
  copy: KnownCopy,
  place: ScratchPlace,
  context: StageContext,
): Promise<StagedFiles> {
  const { parts, wish, signal, service } = context
  const wanted = path.slice(directory.dir.length + 1)
  const entry = await entryOf(copy, directory.name, wanted, signal)
  if (entry === undefined) throw itemUnknown(service, path)
  if (entry.type !== 'file' && entry.type !== 'secret')
    throw new SekishoError('restore.not_file', { service: service.name, what: path, type: entry.type })
  const isSecret = entry.type === 'secret'
  const secret = isSecret ? await secretOf(copy, directory.name, wanted, signal) : undefined
  const restored = await restoreItem({
    run: parts.process,
    owners: readOwners(),
    turns: yielding(signal),
    key: parts.keys.keyed,
    to: copy.to,
    id: copy.backup,
    manifest: copy.manifest,
    ...keptOf(copy),
    item: directory.name,
    into: { fd: place.fd, name: Buffer.from('tree') },
    ...(secret === undefined ? {} : { secret }),
    only: (one) =>
      one.type === 'directory' ? isAbove(shownPath(one.at), wanted) : shownPath(one.at) === wanted,
  })
  if (restored.without.length > 0 || restored.secrets.some(({ same }) => !same))
    throw new SekishoError('backup.snapshot_damaged', { id: copy.backup, path: wanted, why: 'digest' })
  const laid = `${place.path}/tree/${wanted}`
  const rules = directory.invariants[wanted]
  // A secret is not salvaged: its bytes leave the runner for a verdict only.
  if (wish.kind === 'salvage' && !isSecret) await mend(directory, wanted, laid, place, rules, context)
  const fd = openSync(laid, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    // S38: content that breaks its rules is not offered.
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
      digest: await fileDigest(fd, isSecret, { parts, signal }),
      entries: 1,
      bytes: fstatSync(fd).size,
      carried: [],
      missing: [],
    }
  } finally {
    closeSync(fd)
  }
}

/** The bytes of one secret. Throws restore.secret_missing where the copy holds none. */
async function secretOf(copy: KnownCopy, item: string, path: string, signal: AbortSignal) {
  const secret = await secretsIn(copy, item, signal)
  if (secret === undefined) throw new SekishoError('restore.secret_missing', { path, item })
  return secret
}

/** SHA-256. For a secret an HMAC with the runner's own key: no plain digest of a secret is written anywhere. */
export async function fileDigest(
  fd: number,
  isSecret: boolean,
  { parts, signal }: Pick<StageContext, 'parts' | 'signal'>,
): Promise<string> {
  const turns = yielding(signal)
  if (!isSecret) return digestOf(fd, turns)
  const read = await readOnce(fd, fstatSync(fd, { bigint: true }), { turns, key: parts.keys.keyed })
  return read?.digest ?? 'changing'
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
 * The salvaged text replaces the backup's, with its owner and mode. Where the damaged file is gone, is no file, or makes the reader fail, nothing
 * is salvaged and the backup's own text stays.
 */
async function mend(
  directory: DataDirectory,
  wanted: string,
  laid: string,
  place: ScratchPlace,
  rules: Invariants | undefined,
  { parts, signal }: StageContext,
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
