// The spool as it lies there: files that every account of the machine can put in, under any name. Only what looks exactly like a hook's
// own is read; everything else is left alone and counted.
import { constants } from 'node:fs'
import { lstat, open, opendir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ENTRY_LIMIT, type Entry, readEntry } from '../guard/spool-entry.ts'

/** Names of one look; more are seen by the next. */
const LOOK_LIMIT = 200_000
const BLOCK = 4096

export interface SpoolFile {
  readonly name: string
  readonly uid: number
  /** On the disk. */
  readonly bytes: number
  readonly mtimeMs: number
}
export interface Spool {
  readonly entries: readonly SpoolFile[]
  /** Counts of calls, by day. */
  readonly counts: readonly (SpoolFile & { readonly day: string; readonly calls: number })[]
  /** Marks and temporary files that a hook makes and the gate takes away in time. */
  readonly marks: readonly SpoolFile[]
  /** What no hook makes, or what is not its who it says: left alone. */
  readonly foreign: number
}

const ENTRY = /^(\d{1,10})-[0-9a-f]{24}\.json$/
const COUNT = /^(\d{1,10})-(\d{4}-\d{2}-\d{2})\.count$/
const MARK = /^\.?(\d{1,10})-(?:[0-9a-f]{24}|[0-9a-f]{32}\.intent|pending)$/

/** An absent spool is an empty one. Throws what the system says of another. */
export async function lookAtSpool(directory: string): Promise<Spool> {
  const entries: SpoolFile[] = []
  const counts: (SpoolFile & { day: string; calls: number })[] = []
  const marks: SpoolFile[] = []
  let foreign = 0
  let seen = 0
  const listing = await opendir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (listing === undefined) return { entries, counts, marks, foreign }
  for await (const { name } of listing) {
    if (++seen > LOOK_LIMIT) break
    const found = ENTRY.exec(name) ?? COUNT.exec(name) ?? MARK.exec(name)
    const stat = found === null ? undefined : await lstat(join(directory, name)).catch(() => undefined)
    // The owner is who tells it; the name only says for whom it wants to be taken.
    if (found === null || stat?.isFile() !== true || stat.uid !== Number(found[1]) || stat.nlink !== 1) {
      foreign++
      continue
    }
    const file = {
      name,
      uid: stat.uid,
      bytes: Math.max(stat.size, stat.blocks * 512, BLOCK),
      mtimeMs: stat.mtimeMs,
    }
    if (ENTRY.test(name)) entries.push(file)
    else if (COUNT.test(name)) counts.push({ ...file, day: found[2] ?? '', calls: stat.size })
    else marks.push(file)
  }
  return { entries, counts, marks, foreign }
}

/** Undefined where it is gone, or no hook wrote this. The owner is asked again of what was opened. */
export async function readSpoolFile(
  directory: string,
  file: SpoolFile,
): Promise<{ readonly entry: Entry; readonly uid: number; readonly mtimeMs: number } | undefined> {
  const handle = await open(
    join(directory, file.name),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.uid !== file.uid || stat.nlink !== 1 || stat.size > ENTRY_LIMIT)
      return undefined
    const bytes = Buffer.alloc(ENTRY_LIMIT + 1)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    const entry = bytesRead > ENTRY_LIMIT ? undefined : readEntry(bytes.subarray(0, bytesRead))
    return entry === undefined ? undefined : { entry, uid: stat.uid, mtimeMs: stat.mtimeMs }
  } finally {
    await handle.close()
  }
}

export async function removeSpoolFiles(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    await unlink(join(directory, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
}
