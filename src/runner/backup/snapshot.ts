// One copy of one backup, opened to be read: its manifest (the sealed one, or it is not believed), its items, and single files of it.
import { closeSync } from 'node:fs'
import type { KnownCopy } from '../../backup/level.ts'
import {
  MANIFEST,
  type ManifestEntry,
  type ManifestHeader,
  type ManifestItem,
} from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import { SekishoError } from '../../base/error.ts'
import { openToRead } from '../tree/beneath.ts'
import { openChain, parted } from '../tree/chain.ts'
import { takeTurns } from '../tree/turns.ts'
import { openSnapshot } from './directory/list.ts'
import { digestOf, entriesOf, headerOf, openNamed } from './directory/manifest-file.ts'

export interface Snapshot {
  readonly header: ManifestHeader
  entries(item: string): Generator<ManifestEntry>
  /** A regular file of an item, open for reading; the caller closes. */
  openFile(item: ManifestItem, entry: ManifestEntry): number
  close(): void
}

/** Throws backup.snapshot_missing, backup.snapshot_damaged. */
export async function readSnapshot(
  copy: Pick<KnownCopy, 'backup' | 'to' | 'manifest'>,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const { backup, to, manifest } = copy
  const fd = openSnapshot(to, backup)
  let file: number | undefined
  const close = () => {
    if (file !== undefined) closeSync(file)
    closeSync(fd)
  }
  try {
    file = openNamed(fd, MANIFEST)
    if (file === undefined) throw damaged(backup, 'ENOENT')
    if ((await digestOf(file, takeTurns(signal))) !== manifest) throw damaged(backup, 'digest')
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
          return openToRead(chain.at(directory), name)
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

function damaged(id: string, why: string): SekishoError {
  return new SekishoError('backup.snapshot_damaged', { id, path: MANIFEST, why })
}
