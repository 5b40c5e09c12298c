// One copy of one backup, opened to be read: its manifest (the sealed one, or it is not believed), its items, and single files of it.
import { closeSync } from 'node:fs'
import type { KnownCopy } from '../backup/level.ts'
import type { ManifestEntry, ManifestHeader, ManifestItem } from '../backup/manifest.ts'
import { pathBytes, shownPath } from '../backup/manifest-path.ts'
import { openChain, parted } from '../tree/chain.ts'
import { openRegular } from '../tree/read.ts'
import { yielding } from '../tree/yield.ts'
import { openSnapshot } from './directory/list.ts'
import { entriesOf, headerOf, ofCopy, openSealed } from './directory/manifest-file.ts'

export interface Snapshot {
  readonly header: ManifestHeader
  entries(item: string): Generator<ManifestEntry>
  /** A regular file of an item, open for reading; the caller closes. Throws backup.snapshot_damaged where there is none, file.*. */
  openFile(item: ManifestItem, entry: ManifestEntry): number
  close(): void
}

/** What of a copy says how to open it; of an imported one `kept` as well. */
export type OpenedCopy = Pick<KnownCopy, 'backup' | 'to' | 'manifest' | 'kept'>

export function keptOf({ kept }: Pick<KnownCopy, 'kept'>): Pick<KnownCopy, 'kept'> {
  return kept === undefined ? {} : { kept }
}

/** Throws backup.snapshot_missing, backup.snapshot_damaged, file.*. */
export async function readSnapshot(copy: OpenedCopy, signal?: AbortSignal): Promise<Snapshot> {
  const { backup, to, manifest } = copy
  const fd = openSnapshot(to, backup)
  let file: number | undefined
  const close = () => {
    if (file !== undefined) closeSync(file)
    closeSync(fd)
  }
  try {
    const sealed = { id: backup, manifest, ...keptOf(copy) }
    file = await openSealed(fd, sealed, yielding(signal))
    const held = file
    return {
      header: headerOf(held, backup),
      entries: (item) => entriesOf(held, backup, item),
      openFile: ({ root, kind }, { at }) => {
        const below =
          kind === 'database'
            ? Buffer.from(root)
            : Buffer.from(`${root}/${Buffer.from(pathBytes(at)).toString('latin1')}`, 'latin1')
        const chain = openChain(fd)
        try {
          const { directory, name } = parted(below)
          const path = kind === 'database' ? root : shownPath(at)
          return ofCopy(backup, path, () => openRegular(chain.at(directory), name).fd)
        } finally {
          chain.close()
        }
      },
      close,
    }
  } catch (cause) {
    close()
    throw cause
  }
}
