// Parts of packs that a restic which was killed has left in a repository on a disk of ours: `prune` knows nothing of them, and they stay for ever
// (backup.md §4, trap 6). Their name is restic's own, and nobody writes to one for a day.
import { closeSync, unlinkSync } from 'node:fs'
import { below, lookFor, namesIn, openDirectory, openTree, telling } from '../../tree/openat.ts'
import type { Access } from './access.ts'

const PART = /^[0-9a-f]{64}-tmp-\d+$/
const PREFIX = /^[0-9a-f]{2}$/
const AGE_MS = 86_400_000

/** Answers how many were taken away. Of a server's disk we know nothing. */
export function sweepParts({ repository }: Pick<Access, 'repository'>, now: number): number {
  if (repository.kind !== 'local') return 0
  let swept = 0
  const root = openTree(repository.path)
  try {
    within(root, Buffer.from('data'), (data) => {
      for (const name of namesIn(data))
        if (PREFIX.test(name.toString('latin1'))) within(data, name, (fd) => (swept += sweepIn(fd, now)))
    })
    return swept
  } finally {
    closeSync(root)
  }
}

function sweepIn(fd: number, now: number): number {
  let swept = 0
  for (const name of namesIn(fd)) {
    if (!PART.test(name.toString('latin1'))) continue
    const stat = lookFor(fd, name)
    if (stat?.isFile() !== true || now - Number(stat.mtimeMs) < AGE_MS) continue
    telling(fd, name, () => unlinkSync(below(fd, name)))
    swept += 1
  }
  return swept
}

function within(parent: number, name: Buffer, work: (fd: number) => void): void {
  if (lookFor(parent, name)?.isDirectory() !== true) return
  const fd = openDirectory(parent, name)
  try {
    work(fd)
  } finally {
    closeSync(fd)
  }
}
