// What a run will read and write, and whether there is room for it, before the first byte is written: twice the estimate and a floor, in bytes and
// in inodes (backup.md §3).
import { statfsSync } from 'node:fs'
import { SekishoError } from '../../base/error.ts'
import { below, close, ROOT_NAME } from '../../tree/openat.ts'
import { walk } from '../../tree/walk.ts'
import type { Yielding } from '../../tree/yield.ts'
import { FEW } from './hints.ts'
import type { Previous } from './manifest-file.ts'
import type { BackupItem, TreeSource, WriteRequest } from './request.ts'
import { openSource } from './tree-source.ts'
import { isUnchanged } from './unchanged.ts'

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
}

/** `hinted`: is told of a tree that is not small, with its directory, open until it returns. */
export async function estimate(
  request: WriteRequest,
  previous: Previous | undefined,
  turns: Yielding,
  hinted: (item: string, root: number) => void = () => {},
): Promise<Estimate> {
  let entries = 0
  let bytes = 0
  let newBytes = 0
  let newInodes = 0
  const tree = async (item: BackupItem, source: TreeSource) => {
    const root = openSource(item, source)
    try {
      let looked = 0
      // What cannot be read is named by the run itself.
      for (const seen of walk(root, { failed: () => {} })) {
        entries += 1
        looked += 1
        if (looked === FEW) hinted(item.name, root)
        await turns.next()
        if (seen.type === 'directory') newInodes += 1
        if (seen.type !== 'file') continue
        const size = Number(seen.stat.size)
        bytes += size
        newBytes += ENTRY_BYTES
        if (previous !== undefined && isUnchanged(seen.stat, previous.find(item.name, seen.path), previous))
          continue
        newInodes += 1
        newBytes += Math.min(Math.ceil(size / BLOCK) * BLOCK, Number(seen.stat.blocks) * 512 + BLOCK)
      }
    } finally {
      close(root)
    }
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
  return { entries, bytes, newBytes, newInodes }
}

/**
 * Where there is room for twice the last backup, twice over, nobody looks through all of it first: a tree that has more than doubled meets a
 * full disk as a failed backup, no worse. Undefined: it must be looked through.
 */
export function quickEstimate(
  fd: number,
  previous: Previous | undefined,
  floorBytes: number,
): Estimate | undefined {
  if (previous === undefined) return undefined
  const { entries, bytes } = previous.totals
  const need = { newBytes: 2 * (bytes + entries * (ENTRY_BYTES + BLOCK)), newInodes: 2 * entries }
  return shortage(fd, need, floorBytes) === undefined ? { entries, bytes, ...need } : undefined
}

/** Byte order of names, which is the manifest's. */
export function inOrder(items: readonly BackupItem[]): readonly BackupItem[] {
  return [...items].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

interface Need {
  readonly newBytes: number
  readonly newInodes: number
}

/** Throws backup.no_space or backup.no_inodes. `fd`: a directory on the file system that is written to. */
export function requireRoom(fd: number, path: string, need: Need, floorBytes: number): void {
  const short = shortage(fd, need, floorBytes)
  if (short !== undefined) throw new SekishoError(short.code, { path, need: short.need, free: short.free })
}

function shortage(
  fd: number,
  { newBytes, newInodes }: Need,
  floorBytes: number,
): { code: 'backup.no_space' | 'backup.no_inodes'; need: number; free: number } | undefined {
  const { bavail, bsize, files, ffree } = statfsSync(below(fd, ROOT_NAME))
  const bytes = 2 * newBytes + floorBytes
  if (bavail * bsize < bytes) return { code: 'backup.no_space', need: bytes, free: bavail * bsize }
  // Where inodes are made as they are needed, the file system counts none.
  const inodes = newInodes + 1000
  return files > 0 && ffree < inodes ? { code: 'backup.no_inodes', need: inodes, free: ffree } : undefined
}
