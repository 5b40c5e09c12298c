// Takes over archives of a data directory that somebody else's job has left: unpacked once into a copy of the guide's layout, which is then adopted as any
// other. The archive itself is not altered, and a broken one is a verdict about it.
import { fstatSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { momentIn, nextId } from '../../backup/archive-moment.ts'
import { CLOCK_TOLERANCE_MS } from '../../backup/backed-up.ts'
import { type BackupId, backupId } from '../../backup/level.ts'
import type { CopyRule } from '../../backup/set.ts'
import { TarError } from '../../backup/tar.ts'
import { SekishoError } from '../../base/error.ts'
import { instant, milliseconds } from '../../base/time.ts'
import { below, close, lookFor, makeFile, openTree, shown, telling } from '../../tree/openat.ts'
import { readOwners } from '../../tree/owners.ts'
import { isSame, openRegular } from '../../tree/read.ts'
import { yielding } from '../../tree/yield.ts'
import { type Held, holdPlace, sweep } from '../directory/layout.ts'
import { askForRoom } from '../room.ts'
import { rulesOf } from '../set-of.ts'
import { takenAt } from '../taken-at.ts'
import type { WorkContext } from '../work.ts'
import {
  type Archive,
  type ArchiveRead,
  archivesIn,
  archivesRead,
  keepArchivesRead,
  readOf,
} from './archives.ts'
import { gunzip } from './gunzip.ts'
import { scan, tarSource } from './scan.ts'
import { UnpackError, unpack } from './unpack.ts'

/** Each takes the room of the data once more, and nothing takes it away again: of many only the newest that can be read; the others wait until a person asks for all. */
const NEWEST = 3
/** One that ends in the middle may still be written. */
const GROWING_MS = 3_600_000

export type Adopt = (rule: CopyRule, id: BackupId, context: WorkContext) => Promise<void>

/** Answers the first of what stood in the way of one. What is wrong with an archive itself is kept, and said by `backup list`. */
export async function adoptArchives(
  rule: CopyRule,
  context: WorkContext,
  adopt: Adopt,
): Promise<SekishoError | undefined> {
  const { parts, service, all } = context
  const { name: copy, to } = rule
  const reads = { ...archivesRead(parts.place.state, service.name, copy) }
  const isTaken = ({ backup }: ArchiveRead) => backup !== undefined && isThere(context, copy, backup)
  let failed: SekishoError | undefined
  const archives = listed(to)
  /** Of those that were looked at, which are newer than the next. */
  let taken = 0
  const tell = async (archive: Archive, found: Omit<ArchiveRead, 'size' | 'mtime'>) => {
    const names = new Set(archives.map(({ name }) => name))
    for (const name of Object.keys(reads)) if (!names.has(name)) delete reads[name]
    reads[archive.name] = { size: String(archive.size), mtime: String(archive.mtimeNs), ...found }
    await keepArchivesRead(parts.place.state, service.name, copy, reads)
  }
  for (const archive of archives) {
    if (!archive.isRead) continue
    if (taken >= NEWEST && all === undefined) break
    const known = readOf(reads, archive)
    if (known !== undefined && isTaken(known)) {
      taken += 1
      continue
    }
    if (known?.why !== undefined && known.why !== 'growing') continue
    context.progress({ copy, step: 'unpacking', entries: 0, bytes: 0 })
    try {
      const found = await unpackOne(rule, archive, context, (id) => tell(archive, { backup: id }))
      if ('why' in found) {
        const why = isGrowing(archive, found.why, parts.clock.now()) ? 'growing' : found.why
        const member = shown(found.member ?? Buffer.alloc(0)).slice(0, 1000)
        await tell(archive, { why, ...(member === '' ? {} : { member }) })
        continue
      }
      await adopt(rule, found.id, context)
      taken += 1
    } catch (cause) {
      if (!(cause instanceof SekishoError) || cause.code === 'backup.aborted') throw cause
      failed ??= cause
    }
  }
  return failed
}

/** A place that is away says nothing: its own failure is told where it is written to. */
function listed(to: string): readonly Archive[] {
  try {
    return archivesIn(to)
  } catch (cause) {
    if (!(cause instanceof SekishoError) && (cause as NodeJS.ErrnoException).code === undefined) throw cause
    return []
  }
}

/** The journal knows it: taken over once, also where somebody has removed it since. */
function isThere({ known }: WorkContext, copy: string, id: BackupId): boolean {
  return known().copies.some((one) => one.copy === copy && one.backup === id)
}

function isGrowing({ mtimeNs }: Archive, why: string, now: number): boolean {
  return (why === 'truncated' || why === 'damaged') && now - Number(mtimeNs / 1_000_000n) < GROWING_MS
}

type Fault = { readonly why: string; readonly member?: Buffer }

async function unpackOne(
  rule: CopyRule,
  archive: Archive,
  context: WorkContext,
  named: (id: BackupId) => Promise<void>,
): Promise<Fault | { readonly id: BackupId }> {
  const { parts, service, signal, progress } = context
  const turns = yielding(signal)
  using held = await holdPlace(rule.to, parts.process, process.geteuid?.() ?? 0)
  await sweep(held, turns)
  const moment = momentIn(archive.name) ?? backupId(instant(Number(archive.mtimeNs / 1_000_000n)))
  if (milliseconds(takenAt(moment, rulesOf(service).zone)) > parts.clock.now() + CLOCK_TOLERANCE_MS)
    return { why: 'future' }
  const opened = openArchive(rule.to, archive.name)
  try {
    const isPlain = /\.tar$/i.test(archive.name)
    const fd = isPlain ? opened.fd : unnamed(held)
    try {
      const why = isPlain
        ? undefined
        : await gunzip({ fd: opened.fd, size: archive.size }, fd, rule.to, context)
      if (why !== undefined) return { why }
      const source = tarSource(fd, fstatSync(fd).size)
      const found = await scan(source, service, turns)
      if (typeof found === 'string') return { why: found }
      using _room = await askForRoom(rule.to, found, parts)
      const id = freeId(moment, rule.name, held, context)
      await named(id)
      await unpack(source, found.items, id, held, {
        run: parts.process,
        owners: readOwners(),
        turns,
        root: parts.root,
        assertUnchanged: () => {
          if (!isSame(opened.stat, fstatSync(opened.fd, { bigint: true })))
            throw new SekishoError('backup.changed_while_read', { path: `${rule.to}/${archive.name}` })
        },
        progress: (entries, bytes) =>
          progress({
            step: 'unpacking',
            entries,
            bytes,
            totalEntries: found.entries,
            totalBytes: found.bytes,
          }),
      })
      return { id }
    } finally {
      if (!isPlain) close(fd)
    }
  } catch (cause) {
    if (cause instanceof TarError || cause instanceof UnpackError)
      return { why: cause.why, member: cause.member }
    throw cause
  } finally {
    close(opened.fd)
  }
}

function openArchive(to: string, name: string): ReturnType<typeof openRegular> {
  const above = dirname(name)
  const parent = openTree(above === '.' ? to : `${to}/${above}`)
  try {
    return openRegular(parent, Buffer.from(name.slice(above === '.' ? 0 : above.length + 1)))
  } finally {
    close(parent)
  }
}

/** A file on the volume of the copies without a name: what is decoded goes when it is closed, also by a kill. */
function unnamed(held: Held): number {
  const name = Buffer.from('archive')
  const fd = makeFile(held.partial, name)
  telling(held.partial, name, () => unlinkSync(below(held.partial, name)))
  return fd
}

function freeId(moment: BackupId, copy: string, held: Held, context: WorkContext): BackupId {
  let id = moment
  while (isThere(context, copy, id) || lookFor(held.daily, Buffer.from(id)) !== undefined) id = nextId(id)
  return id
}
