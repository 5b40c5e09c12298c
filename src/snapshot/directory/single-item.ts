// Single files: configuration of the host, each by its whole path, and what somebody else writes for us (a dump).
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseFacts, ManifestEntry, ManifestItem } from '../../backup/manifest.ts'
import { entryPath } from '../../backup/manifest-path.ts'
import { SekishoError } from '../../base/error.ts'
import { type Extra, readExtras } from '../../tree/attributes.ts'
import { parted } from '../../tree/chain.ts'
import { describe } from '../../tree/metadata.ts'
import {
  below,
  close,
  lookAt,
  openDirectory,
  openTree,
  ROOT_NAME,
  shown,
  targetOf,
  telling,
} from '../../tree/openat.ts'
import { type At, isSparse, openRegular, readOnce, readStable } from '../../tree/read.ts'
import {
  checksumOf,
  closeOff,
  copyNew,
  entryLine,
  type ItemLines,
  inCopy,
  linkOld,
  type Making,
  openFailures,
  putLink,
  settleFile,
  stageSecret,
} from './making.ts'
import type { BackupItem, FilesSource, MadeSource } from './request.ts'
import { sourceOf } from './unchanged.ts'

/** Throws backup.not_copied or what the one file threw. */
export async function copyFiles(
  making: Making,
  item: BackupItem,
  source: FilesSource,
  lines: ItemLines,
): Promise<ManifestItem> {
  const failures = openFailures(item.name)
  const files = source.files
    .map(({ path, secret }) => ({ path, secret, below: Buffer.from(path.replace(/^\/+/, '')) }))
    .sort((a, b) => Buffer.compare(a.below, b.below))
  for (const file of files) {
    try {
      await copyOne(making, item, file, lines)
      making.request.kill('snapshot.file.after')
    } catch (cause) {
      failures.add(Buffer.from(file.path), cause)
    }
    await making.turns.next()
  }
  failures.settle()
  const { entries, bytes } = lines
  return { name: item.name, kind: item.kind, source: '/', root: item.root, entries, bytes, oneMoment: false }
}

async function copyOne(
  making: Making,
  item: BackupItem,
  file: { readonly path: string; readonly secret: boolean; readonly below: Buffer },
  lines: ItemLines,
): Promise<void> {
  const parent = openTree(dirname(file.path))
  try {
    const name = parted(file.below).name
    const stat = lookAt(parent, name)
    const base = { item: item.name, at: entryPath(file.below) }
    const { owners, run, key } = making.request
    if (stat.isSymbolicLink()) {
      const target = targetOf(parent, name)
      putLink(making, inCopy(item.root, file.below), target)
      put(lines, making, { ...base, ...describe(stat, owners), type: 'link', target: entryPath(target) })
      return
    }
    let extra: Extra | undefined
    const first = async (fd: number) => {
      if (!making.extras) return
      const read = await readExtras(run, [fd])
      if (read === undefined) making.extras = false
      extra = read?.[0]
    }
    const at: At = { path: Buffer.from(file.path), dev: stat.dev, open: () => openRegular(parent, name) }
    const copyPath = inCopy(item.root, file.below)
    const read = file.secret
      ? await readStable(at, { turns: making.turns, first, key })
      : await readPlain(making, item, file.below, copyPath, at, first)
    try {
      if (read.stat.nlink !== 1n)
        throw new SekishoError('backup.links_outside', {
          path: file.path,
          links: Number(read.stat.nlink),
          found: 1,
        })
      if (file.secret) await stageSecret(making, copyPath, read.fd, read)
    } finally {
      close(read.fd)
    }
    const described = {
      ...base,
      ...describe(read.stat, owners),
      ...extra,
      size: read.size,
      source: sourceOf(read.stat),
    }
    if (file.secret) put(lines, making, { ...described, type: 'secret', keyed: read.digest })
    else {
      put(lines, making, { ...described, type: 'file', digest: read.digest, sparse: read.sparse })
      lines.checksums.add(checksumOf(read.digest, copyPath))
    }
  } finally {
    close(parent)
  }
}

/** Configuration is small: it is read each time, and linked where it is the same. */
async function readPlain(
  making: Making,
  item: BackupItem,
  path: Buffer,
  copyPath: Buffer,
  at: At,
  first: (fd: number) => Promise<void>,
) {
  const known = making.previous?.find(item.name, path)
  if (known?.entry.type === 'file') {
    const read = await readStable(at, { turns: making.turns, first })
    if (read.digest === known.entry.digest && linkOld(making, copyPath, read.size)) return read
    close(read.fd)
  }
  return await copyNew(making, copyPath, at, first)
}

function put(lines: ItemLines, making: Making, entry: ManifestEntry): void {
  lines.manifest.add(entryLine(entry))
  lines.entries += 1
  making.counts.entries += 1
  making.told()
  if (entry.type !== 'file') return
  lines.bytes += entry.size
  making.counts.bytes += entry.size
}

/** The maker writes into the unfinished snapshot; what it wrote is then read, for nobody takes a maker's word for its bytes. */
export async function takeMade(
  making: Making,
  item: BackupItem,
  source: MadeSource,
  lines: ItemLines,
): Promise<ManifestItem> {
  const { directory, name } = parted(Buffer.from(item.root))
  const fd = making.target.at(directory)
  const path = `${making.request.to}/.partial/${making.id}/${directory.toString()}`
  const facts = await source.make({ fd, path, name: name.toString() })
  const { fd: made, stat } = openRegular(fd, name)
  try {
    if (stat.nlink !== 1n)
      throw new SekishoError('backup.links_outside', { path, links: Number(stat.nlink), found: 1 })
    const described = describe(stat, making.request.owners)
    const read = await readOnce(made, stat, { turns: making.turns })
    if (read === undefined) throw new SekishoError('backup.changed_while_read', { path: shown(name) })
    settleFile(making, made, stat.mtimeNs)
    put(lines, making, {
      item: item.name,
      at: entryPath(ROOT_NAME),
      ...described,
      type: 'file',
      size: read.size,
      digest: read.digest,
      sparse: isSparse(stat),
      source: sourceOf(stat),
    })
    lines.checksums.add(checksumOf(read.digest, Buffer.from(item.root)))
    making.counts.copiedFiles += 1
    making.counts.copiedBytes += read.size
  } finally {
    close(made)
  }
  return itemOf(item, source, lines, facts)
}

function itemOf(
  item: BackupItem,
  source: MadeSource,
  { entries, bytes }: ItemLines,
  facts: DatabaseFacts | undefined,
): ManifestItem {
  const { name, kind, root } = item
  const database = facts === undefined ? {} : { database: facts }
  // A dump is one moment of one database (backup.md §5).
  return { name, kind, source: source.source, root, entries, bytes, oneMoment: true, ...database }
}

/** Directories above an item are the snapshot's own: made where missing, closed to writing when all is there. */
export function closeDirectory(parent: number, name: Buffer, making: Making): void {
  const fd = openDirectory(parent, name)
  try {
    closeOff(making, fd, 'directory')
  } finally {
    close(fd)
  }
}

export function makeDirectory(parent: number, name: Buffer): void {
  telling(parent, name, () => mkdirSync(below(parent, name), 0o700))
}
