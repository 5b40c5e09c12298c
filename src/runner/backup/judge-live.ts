// Which files of the live data are damaged now, by the same rules as copies are judged by: named one by one, with the place of the first fault
// (guide, level 2: find the corrupted files).
import { closeSync } from 'node:fs'
import { entryPath, shownPath } from '../../backup/manifest-path.ts'
import type { DataDirectory } from '../../backup/set.ts'
import type { DamagedNow } from '../../seal/restore.ts'
import { openTree } from '../tree/beneath.ts'
import { openRegular } from '../tree/read.ts'
import { takeTurns } from '../tree/turns.ts'
import { walk } from '../tree/walk.ts'
import { type ContentChild, JUDGED_AT_ONCE, judgeFiles, type ToJudge } from './content.ts'

/** `before`: records of the last good backup by `ITEM/path`, so that an emptied file is seen to be one. */
export async function damagedIn(
  directory: DataDirectory,
  before: Readonly<Record<string, number>>,
  child: ContentChild,
): Promise<readonly DamagedNow[]> {
  if (directory.format !== 'json') return []
  const damaged: DamagedNow[] = []
  const missing = new Set(Object.keys(directory.invariants))
  const turns = takeTurns(child.signal)
  let batch: ToJudge[] = []
  const flush = async () => {
    const files = batch
    batch = []
    try {
      for (const [i, { verdict, fault }] of (await judgeFiles(files, child)).entries())
        if (verdict === 'rubbish')
          damaged.push({
            part: `${directory.name}/${files[i]?.path ?? ''}`,
            why: `${fault?.code ?? ''} ${fault?.where ?? ''}`.trim(),
          })
    } finally {
      for (const { fd } of files) closeSync(fd)
    }
  }
  const root = openTree(directory.dir)
  try {
    for (const seen of walk(root)) {
      const path = shownPath(entryPath(seen.path))
      missing.delete(path)
      const rules = Object.hasOwn(directory.invariants, path) ? directory.invariants[path] : undefined
      if (seen.type !== 'file' || !(path.endsWith('.json') || rules !== undefined)) continue
      const known = before[`${directory.name}/${path}`]
      batch.push({
        fd: openRegular(seen.parent, seen.name).fd,
        path,
        ...(rules === undefined ? {} : { rules }),
        ...(known === undefined ? {} : { before: known }),
      })
      if (batch.length >= JUDGED_AT_ONCE) await flush()
      await turns.next()
    }
    await flush()
  } finally {
    for (const { fd } of batch) closeSync(fd)
    closeSync(root)
  }
  for (const path of missing) damaged.push({ part: `${directory.name}/${path}`, why: 'absent' })
  return damaged
}
