// One text that is a secret as a whole and never a file of ours: its keyed hash stands in the manifest, its bytes go to the encrypted copy alone.
import type { ManifestItem } from '../../backup/manifest.ts'
import { entryPath } from '../../backup/manifest-path.ts'
import { keyedHash } from '../../base/hash.ts'
import { parted } from '../../tree/chain.ts'
import { close, makeFile, ROOT_NAME } from '../../tree/openat.ts'
import { writeAll } from '../../tree/read.ts'
import { entryLine, type ItemLines, type Making, settleFile } from './making.ts'
import type { BackupItem, SecretSource } from './request.ts'

/** Throws what the reader throws. */
export async function takeSecret(
  making: Making,
  item: BackupItem,
  source: SecretSource,
  lines: ItemLines,
): Promise<ManifestItem> {
  const bytes = await source.read()
  const mtimeNs = BigInt(making.request.clock.now()) * 1_000_000n
  if (making.secrets !== undefined) {
    const { directory, name } = parted(Buffer.from(item.root))
    const into = makeFile(making.secrets.at(directory), name)
    try {
      writeAll(into, bytes, 0)
      settleFile(making, into, mtimeNs)
    } finally {
      close(into)
    }
  }
  const line = entryLine({
    item: item.name,
    at: entryPath(ROOT_NAME),
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtime: String(mtimeNs),
    type: 'secret',
    size: bytes.length,
    keyed: keyedHash(making.request.key, bytes),
    // It was never a file.
    source: '0:0:0',
  })
  lines.manifest.add(line)
  lines.entries += 1
  making.counts.entries += 1
  making.told()
  const { name, kind, root } = item
  return { name, kind, source: source.source, root, entries: 1, bytes: 0, oneMoment: true }
}
