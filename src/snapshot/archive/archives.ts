// Archives in a place of copies (`backup-2026-11-01.tar.gz`), and what was found when each was last read. The answer is kept in the runner's state: a
// broken one is not read again at each verification, and where the file is lost each archive is read once more.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BackupId, isBackupId } from '../../backup/level.ts'
import { MANIFEST } from '../../backup/manifest.ts'
import { decode, matching, object, optional, record, text } from '../../base/decode.ts'
import { canonical, type Json } from '../../base/json.ts'
import { privateDirectory, writeDurable } from '../../sys/files.ts'
import { close, lookFor, namesIn, openDirectory, openTree } from '../../tree/openat.ts'

/** A directory packed into one file. */
const ARCHIVE = /\.(?:tar|tgz|tar\.\w{2,4})$/i
/** Those that we read. */
const READ = /\.(?:tar|tgz|tar\.gz)$/i
/** So many directories beside `daily` are looked into, one level down. */
const DIRECTORIES = 20

export interface Archive {
  /** Below the place of the copies: `daily/x.tar.gz`. */
  readonly name: string
  readonly size: number
  readonly mtimeNs: bigint
  /** A kind that we unpack. */
  readonly isRead: boolean
}

/** Newest first, by the time that the file system says. Throws what the place throws. */
export function archivesIn(to: string): readonly Archive[] {
  const found: Archive[] = []
  const root = openTree(to)
  try {
    found.push(...archivesAt(root, ''))
    const directories = namesIn(root)
      .map(String)
      .filter((name) => !name.startsWith('.') && lookFor(root, Buffer.from(name))?.isDirectory() === true)
    for (const name of directories.slice(0, DIRECTORIES)) {
      const fd = openDirectory(root, Buffer.from(name))
      try {
        found.push(...archivesAt(fd, `${name}/`))
        if (name === 'daily') found.push(...archivesInCopies(fd))
      } finally {
        close(fd)
      }
    }
  } finally {
    close(root)
  }
  return found.sort((a, b) =>
    a.mtimeNs < b.mtimeNs ? 1 : a.mtimeNs > b.mtimeNs ? -1 : a.name < b.name ? 1 : -1,
  )
}

/** In copies of somebody else's: an archive in one of ours is a file of the data. */
function archivesInCopies(daily: number): readonly Archive[] {
  return namesIn(daily)
    .map(String)
    .filter((name) => isBackupId(name) && lookFor(daily, Buffer.from(name))?.isDirectory() === true)
    .flatMap((name) => {
      const fd = openDirectory(daily, Buffer.from(name))
      try {
        return lookFor(fd, Buffer.from(MANIFEST)) === undefined ? archivesAt(fd, `daily/${name}/`) : []
      } finally {
        close(fd)
      }
    })
}

function archivesAt(fd: number, above: string): readonly Archive[] {
  return namesIn(fd).flatMap((bytes) => {
    const name = bytes.toString('utf8')
    const stat = ARCHIVE.test(name) ? lookFor(fd, bytes) : undefined
    if (stat?.isFile() !== true || name.length > 500) return []
    return [
      { name: `${above}${name}`, size: Number(stat.size), mtimeNs: stat.mtimeNs, isRead: READ.test(name) },
    ]
  })
}

/** What was found when it was last read; it holds while size and time of the file are the same. */
export interface ArchiveRead {
  readonly size: string
  readonly mtime: string
  /** Taken over as this backup. */
  readonly backup?: BackupId
  /** Not taken over: a code of words/archive-why.ts, and the member that it is about. */
  readonly why?: string
  readonly member?: string
}
export type ArchivesRead = Readonly<Record<string, ArchiveRead>>

const reads = record(
  object({
    size: text({ max: 20 }),
    mtime: text({ max: 30 }),
    backup: optional(matching(isBackupId, 'a backup')),
    why: optional(text({ max: 40 })),
    member: optional(text({ max: 1000 })),
  }),
  /^[^\0]{1,1100}$/s,
  100_000,
)

/** `state`: the runner's own. */
export function archivesRead(state: string, service: string, copy: string): ArchivesRead {
  try {
    const answer = decode(reads, JSON.parse(readFileSync(pathOf(state, service, copy), 'utf8')))
    return answer.ok ? (answer.value as ArchivesRead) : {}
  } catch {
    // None yet, or cut: each archive is read once more.
    return {}
  }
}

/** Throws file.*. */
export async function keepArchivesRead(
  state: string,
  service: string,
  copy: string,
  all: ArchivesRead,
): Promise<void> {
  await privateDirectory(join(state, 'imported'))
  const bytes = `${canonical(all as unknown as Json)}\n`
  await writeDurable(pathOf(state, service, copy), bytes, { mode: 0o600 })
}

/** What is known of this very file. */
export function readOf(all: ArchivesRead, { name, size, mtimeNs }: Archive): ArchiveRead | undefined {
  const found = Object.hasOwn(all, name) ? all[name] : undefined
  return found?.size === String(size) && found.mtime === String(mtimeNs) ? found : undefined
}

function pathOf(state: string, service: string, copy: string): string {
  return join(state, 'imported', `${service}.${copy}.archives.json`)
}
