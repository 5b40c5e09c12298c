// Names what lies in a place of copies and is no copy that the journal knows, so that nobody relies on it. Only names are read, and nothing is
// changed.
import { type BackupId, isBackupId } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import { CHECKSUMS, MANIFEST } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import type { Service } from '../plans/policy.ts'
import type { FoundBeside } from '../seal/protocol.ts'
import { close, lookFor, namesIn, openDirectory, openTree } from '../tree/openat.ts'
import { type ArchivesRead, archivesIn, archivesRead, readOf } from './archive/archives.ts'
import { openDaily, snapshotNames } from './directory/layout.ts'

/** Files that a cron job writes of a database, in a form that cannot be restored. */
const DUMP = /\.(?:sql|dump|pgdump|bak|db|sqlite3?)(?:\.(?:gz|xz|zst|bz2|lz4))?$/i
/** Of one directory. */
const MOST = 1000
/** How many directories are looked into, one level down. */
const DIRECTORIES = 20

/** All of them; who shows or sends them cuts the list. */
export function foundBeside(
  { name: service, backup }: Service,
  { copies }: Pick<Backups, 'copies'>,
  state: string,
): readonly FoundBeside[] {
  const found: FoundBeside[] = []
  for (const { name, kind, to } of backup?.copies ?? []) {
    if (kind !== 'directory') continue
    const known = new Map(copies.filter((one) => one.copy === name).map((one) => [one.backup, one]))
    quietly(() => {
      for (const id of snapshotsIn(to)) {
        const one = known.get(id)
        if (one === undefined) found.push({ copy: name, name: `daily/${id}`, what: whatIs(to, id) })
        else if (!one.imported || one.state === 'pruned') continue
        // Dumps in another program's copy are not imported with it.
        found.push(...dumpsIn(to, id, name))
      }
    })
    quietly(() => {
      for (const other of otherNames(to)) found.push({ copy: name, name: `daily/${other}`, what: 'name' })
      found.push(...dumpsBeside(to, name))
      for (const id of misplacedIn(to)) found.push({ copy: name, name: id, what: 'above' })
    })
    quietly(() =>
      found.push(...archivesLeft(to, name, new Set(known.keys()), archivesRead(state, service, name))),
    )
  }
  return found
}

function snapshotsIn(to: string): readonly BackupId[] {
  const daily = openDaily(to)
  if (daily === undefined) return []
  try {
    return snapshotNames(daily)
  } finally {
    close(daily)
  }
}

/** Archives that are not taken over, with why where one was read. */
function archivesLeft(
  to: string,
  copy: string,
  known: ReadonlySet<BackupId>,
  reads: ArchivesRead,
): readonly FoundBeside[] {
  return archivesIn(to).flatMap((archive): readonly FoundBeside[] => {
    const read = readOf(reads, archive)
    if (read?.backup !== undefined && known.has(read.backup)) return []
    const why = archive.isRead ? read?.why : 'packer'
    return [
      {
        copy,
        name: archive.name,
        what: 'archive',
        ...(why === undefined ? {} : { why }),
        ...(read?.member === undefined ? {} : { member: read.member }),
      },
    ]
  })
}

/** Copies directly in the place and not in its `daily`: the path in the rules is one level too low, or the job's is one too high. */
function misplacedIn(to: string): readonly string[] {
  return inDirectory(to, (fd) =>
    namesIn(fd)
      .filter((name) => isBackupId(name.toString('utf8')) && lookFor(fd, name)?.isDirectory() === true)
      .map(String)
      .sort()
      .slice(0, MOST),
  )
}

/** Directories among the copies whose name has no time: `2026-11-25`, `latest`. */
function otherNames(to: string): readonly string[] {
  const daily = openDaily(to)
  if (daily === undefined) return []
  try {
    return namesIn(daily)
      .filter((name) => lookFor(daily, name)?.isDirectory() === true)
      .map((name) => name.toString('utf8'))
      .filter((name) => !isBackupId(name) && !name.startsWith('.'))
      .sort()
      .slice(0, MOST)
  } finally {
    close(daily)
  }
}

function whatIs(to: string, id: BackupId): FoundBeside['what'] {
  return inDirectory(`${to}/daily/${id}`, (fd) =>
    lookFor(fd, Buffer.from(MANIFEST)) !== undefined
      ? 'ours'
      : lookFor(fd, Buffer.from(CHECKSUMS)) === undefined
        ? 'unfinished'
        : 'foreign',
  )
}

/** `db/NAME.sql`, or directly beside the data. Copies with a manifest of ours are skipped. */
function dumpsIn(to: string, id: BackupId, copy: string): readonly FoundBeside[] {
  return inDirectory(`${to}/daily/${id}`, (fd) => {
    if (lookFor(fd, Buffer.from(MANIFEST)) !== undefined) return []
    const at = `daily/${id}`
    const below = lookFor(fd, Buffer.from('db'))?.isDirectory() === true ? [...dumpsAt(fd, 'db')] : []
    return [...dumpNames(fd), ...below.map((name) => `db/${name}`)].map((name) => dump(copy, `${at}/${name}`))
  })
}

function dumpsBeside(to: string, copy: string): readonly FoundBeside[] {
  return inDirectory(to, (fd) => {
    const names = namesIn(fd).map(String)
    const directories = names
      .filter((name) => !name.startsWith('.') && lookFor(fd, Buffer.from(name))?.isDirectory() === true)
      .slice(0, DIRECTORIES)
    const below = directories.flatMap((name) => dumpsAt(fd, name).map((one) => `${name}/${one}`))
    return [...dumpNames(fd), ...below].map((name) => dump(copy, name))
  })
}

function dumpsAt(parent: number, name: string): readonly string[] {
  const fd = openDirectory(parent, Buffer.from(name))
  try {
    return dumpNames(fd)
  } finally {
    close(fd)
  }
}

function dumpNames(fd: number): readonly string[] {
  return namesIn(fd)
    .map((name) => name.toString('utf8'))
    .filter((name) => DUMP.test(name) && lookFor(fd, Buffer.from(name))?.isFile() === true)
    .sort()
    .slice(0, MOST)
}

function dump(copy: string, name: string): FoundBeside {
  return { copy, name: name.slice(0, 1000), what: 'dump' }
}

function inDirectory<T>(path: string, work: (fd: number) => T): T {
  const fd = openTree(path)
  try {
    return work(fd)
  } finally {
    close(fd)
  }
}

/** A place that cannot be read gives nothing: the failure is reported where it is written to. */
function quietly(work: () => void): void {
  try {
    work()
  } catch (cause) {
    if (!(cause instanceof SekishoError) && (cause as NodeJS.ErrnoException).code === undefined) throw cause
  }
}
