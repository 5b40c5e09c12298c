// What a run will read and write, and whether there is room for it, before the first byte is written: twice the estimate and a floor, in bytes and
// in inodes (backup.md §3).
import { statfsSync } from 'node:fs'
import { SekishoError } from '../../../base/error.ts'
import { below, close, ROOT_NAME } from '../../tree/beneath.ts'
import type { Turns } from '../../tree/turns.ts'
import { walk } from '../../tree/walk.ts'
import type { Previous } from './manifest-file.ts'
import type { BackupItem, TreeSource, WriteRequest } from './request.ts'
import { openSource } from './tree-item.ts'
import { isUnchanged } from './unchanged.ts'

const GIB = 1_073_741_824
/** A name and its share of a directory: what a link or a small file takes beside its bytes. */
const ENTRY_BYTES = 300
const BLOCK = 4096

export interface Estimate {
  /** All there is to see. */
  readonly entries: number
  readonly bytes: number
  /** What will really be written. */
  readonly newBytes: number
  readonly newInodes: number
  /** Entries of each tree that must be looked at for extras. */
  readonly changed: ReadonlyMap<string, number>
}

export async function estimate(
  request: WriteRequest,
  previous: Previous | undefined,
  turns: Turns,
): Promise<Estimate> {
  let entries = 0
  let bytes = 0
  let newBytes = 0
  let newInodes = 0
  const changed = new Map<string, number>()
  const tree = async (item: BackupItem, source: TreeSource) => {
    const root = openSource(item, source)
    let looked = 0
    try {
      // What cannot be read is named by the run itself.
      for (const seen of walk(root, { failed: () => {} })) {
        entries += 1
        await turns.next()
        if (seen.type === 'directory') {
          newInodes += 1
          looked += 1
        }
        if (seen.type !== 'file') continue
        const size = Number(seen.stat.size)
        bytes += size
        newBytes += ENTRY_BYTES
        if (previous !== undefined && isUnchanged(seen.stat, previous.find(item.name, seen.path), previous))
          continue
        looked += 1
        newInodes += 1
        newBytes += Math.min(Math.ceil(size / BLOCK) * BLOCK, Number(seen.stat.blocks) * 512 + BLOCK)
      }
    } finally {
      close(root)
    }
    changed.set(item.name, looked)
  }
  for (const item of inOrder(request.items)) {
    if (item.source.kind === 'tree') await tree(item, item.source)
    else if (item.source.kind === 'files') {
      entries += item.source.files.length
      newInodes += 2 * item.source.files.length
      newBytes += 2 * BLOCK * item.source.files.length
    } else {
      entries += 1
      newInodes += 2
      bytes += item.source.bytes
      newBytes += item.source.bytes
    }
  }
  return { entries, bytes, newBytes, newInodes, changed }
}

/** Byte order of names, which is the manifest's. */
export function inOrder(items: readonly BackupItem[]): readonly BackupItem[] {
  return [...items].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

/** Throws backup.no_space or backup.no_inodes. `fd`: a directory on the file system that is written to. */
export function requireRoom(
  fd: number,
  path: string,
  need: { readonly newBytes: number; readonly newInodes: number },
  floorBytes = GIB,
): void {
  const { bavail, bsize, files, ffree } = statfsSync(below(fd, ROOT_NAME))
  const bytes = 2 * need.newBytes + floorBytes
  if (bavail * bsize < bytes)
    throw new SekishoError('backup.no_space', { path, need: bytes, free: bavail * bsize })
  // Where inodes are made as they are needed, the file system counts none.
  const inodes = need.newInodes + 1000
  if (files > 0 && ffree < inodes)
    throw new SekishoError('backup.no_inodes', { path, need: inodes, free: ffree })
}
