// The data that a rehearsal plays on: each data directory as the newest copy that counts has it, laid out beside, with what differs from what is there now.
// Without a copy that counts it is the directory itself, and the receipt says that.
import { closeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ageMs, backedUp } from '../../backup/backed-up.ts'
import type { KnownCopy } from '../../backup/level.ts'
import type { ManifestEntry } from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import type { DataDirectory } from '../../backup/set.ts'
import { instant } from '../../base/time.ts'
import type { ClonedData } from '../../plans/code.ts'
import { BACKUP_LEVEL } from '../../plans/data-directory.ts'
import { restoreItem } from '../../snapshot/directory/restore-item.ts'
import { openLiveBelow } from '../../snapshot/live.ts'
import { secretsOf } from '../../snapshot/restic/fetch.ts'
import { withFetched } from '../../snapshot/restic/work.ts'
import { keptOf, readSnapshot } from '../../snapshot/snapshot.ts'
import { openTree } from '../../tree/openat.ts'
import { readOwners } from '../../tree/owners.ts'
import { walk } from '../../tree/walk.ts'
import { yielding } from '../../tree/yield.ts'
import { copiesKnown } from '../parts.ts'
import type { CodeContext } from './context.ts'

export interface DataClone {
  /** Where a clone of a data directory is copied from. Undefined: from the directory itself. */
  readonly from: (directory: string) => string | undefined
  readonly told: readonly ClonedData[]
}

/** Of this stage alone, removed with it. Throws backup.*, file.*. */
type DataContext = Pick<CodeContext, 'parts' | 'service' | 'directory' | 'note' | 'signal'>

export async function layOutData(context: DataContext): Promise<DataClone> {
  const { parts, service } = context
  const { data = [] } = service
  const copy =
    service.backup === undefined ? undefined : backedUp(copiesKnown(service.name, parts), BACKUP_LEVEL)
  if (copy === undefined || data.length === 0)
    return { from: () => undefined, told: data.map(({ dir }) => ({ path: dir })) }
  return layOutCopy(copy, context)
}

/** Of this very copy, whatever others there are. */
export async function layOutCopy(copy: KnownCopy, context: DataContext): Promise<DataClone> {
  const { service, directory } = context
  const { data = [] } = service
  const into = join(directory, 'data')
  await context.note(into)
  await mkdir(into, { mode: 0o700 })
  const told =
    copy.kind === 'restic'
      ? await withFetched(copy, context, (fetched) => layOutAll(data, fetched, into, context))
      : await layOutAll(data, copy, into, context)
  const laid = new Set(told.flatMap(({ path, backup }) => (backup === undefined ? [] : [path])))
  return {
    from: (dir) => {
      const found = data.find((one) => one.dir === dir && laid.has(dir))
      return found === undefined ? undefined : join(into, found.name)
    },
    told,
  }
}

async function layOutAll(
  data: readonly DataDirectory[],
  copy: KnownCopy,
  into: string,
  { parts, signal }: DataContext,
): Promise<readonly ClonedData[]> {
  const snapshot = await readSnapshot(copy, signal)
  const holder = openTree(into)
  const told: ClonedData[] = []
  try {
    for (const one of data) {
      const item = snapshot.header.items.find(({ name }) => name === one.name)
      if (item === undefined) {
        // Declared after the copy was made.
        told.push({ path: one.dir })
        continue
      }
      const live = openTree(one.dir)
      try {
        const sealed = secretsOf(copy, item)
        const given = (path: Buffer) => {
          const found = openLiveBelow(live, path)
          return found.kind === 'file' ? found.fd : undefined
        }
        await restoreItem({
          run: parts.process,
          owners: readOwners(),
          turns: yielding(signal),
          key: parts.keys.keyed,
          to: copy.to,
          id: copy.backup,
          manifest: copy.manifest,
          ...keptOf(copy),
          item: one.name,
          into: { fd: holder, name: Buffer.from(one.name) },
          // The room gets made values of the same shape for them.
          secret: (entry) => sealed?.(entry) ?? given(Buffer.from(pathBytes(entry.at))),
        })
        const known = sizesOf(snapshot.entries(one.name))
        told.push({
          path: one.dir,
          backup: copy.backup,
          copy: copy.copy,
          ageMs: Math.max(0, ageMs(copy, instant(parts.clock.now()))),
          differs: await differing(live, known, signal),
        })
      } finally {
        closeSync(live)
      }
    }
    return told
  } finally {
    closeSync(holder)
    snapshot.close()
  }
}

type Sizes = Map<string, string>

function sizesOf(entries: Iterable<ManifestEntry>): Sizes {
  const known: Sizes = new Map()
  for (const entry of entries)
    if (entry.type === 'file' || entry.type === 'secret')
      known.set(Buffer.from(pathBytes(entry.at)).toString('latin1'), `${entry.size} ${entry.mtime}`)
  return known
}

/** Files of now that the copy has with another size or time, does not have, or has alone. */
async function differing(live: number, known: Sizes, signal: AbortSignal): Promise<number> {
  const turns = yielding(signal)
  let count = 0
  for (const seen of walk(live, { failed: () => {} })) {
    await turns.next()
    if (seen.type !== 'file') continue
    const path = seen.path.toString('latin1')
    if (known.get(path) !== `${seen.stat.size} ${seen.stat.mtimeNs}`) count += 1
    known.delete(path)
  }
  return count + known.size
}
