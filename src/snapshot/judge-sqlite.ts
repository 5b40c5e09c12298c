// Is a copied SQLite database sound? The sealed bytes, taken to a private place while they are compared, and read whole by SQLite's own check, as an
// account that owns nothing.
import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, fchmodSync, fchownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ManifestEntry } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import { powerless } from '../postgres/role.ts'
import { checkSqlite } from '../sqlite/sqlite.ts'
import { passableDirectory } from '../sys/files.ts'
import { makeFile, openTree, statOf } from '../tree/openat.ts'
import { readOnce } from '../tree/read.ts'
import { yielding } from '../tree/yield.ts'
import { removeMade, sqlitePlace } from './live-sqlite.ts'
import type { SnapshotPorts } from './ports.ts'
import { needFree } from './room.ts'

const CHECK_MS = 3_600_000
const NAME = 'copy'

/** Answers what is wrong with it. `fd`: the file in the copy. Throws backup.no_space, backup.snapshot_damaged where its bytes are not the sealed ones. */
export async function faultOfSqlite(
  fd: number,
  { size, digest }: Pick<Extract<ManifestEntry, { type: 'file' }>, 'size' | 'digest'>,
  of: { readonly id: string; readonly path: string },
  { parts, signal }: { readonly parts: SnapshotPorts; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const place = sqlitePlace(parts)
  await passableDirectory(place)
  await needFree(place, size, parts)
  const as = await powerless()
  // A copy may be verified while another is read for a restore.
  const name = `check-${randomBytes(8).toString('hex')}`
  const directory = join(place, name)
  mkdirSync(directory, { mode: 0o700 })
  try {
    const parent = openTree(directory)
    try {
      const into = makeFile(parent, Buffer.from(NAME))
      try {
        const read = await readOnce(fd, statOf(fd), { turns: yielding(signal), into })
        if (read?.digest !== digest)
          throw new SekishoError('backup.snapshot_damaged', { ...of, why: 'digest' })
        // The file alone is theirs, to read: what an evil database makes of its reader can put nothing beside it.
        if (process.geteuid?.() === 0) {
          fchownSync(into, as.uid, as.gid)
          fchmodSync(into, 0o400)
          chmodSync(directory, 0o711)
        }
      } finally {
        closeSync(into)
      }
    } finally {
      closeSync(parent)
    }
    const answer = await checkSqlite(join(directory, NAME), as, { timeoutMs: CHECK_MS, signal })
    if (answer.ok) return undefined
    // That the check could not be done says nothing of the copy.
    if (/did not end in time|was stopped|ended by|could not be started/.test(answer.why))
      throw new SekishoError('backup.content_not_read', { path: of.path, why: 'time' })
    return 'not_sound'
  } finally {
    await removeMade(place, name)
  }
}
