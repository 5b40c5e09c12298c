// Reads a snapshot again: every byte of every file, the set of names, the checksums and the manifest against the sealed digest (backup.md §6, L1).
// By inode: a file that several snapshots share is read once, and where it is bad each of them is named (backup.md §3, rule 3).
import type { BackupId } from '../../backup/level.ts'
import { CHECKSUMS, MANIFEST, type ManifestHeader } from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { fileError } from '../../sys/files.ts'
import { type Chain, openChain, parted } from '../../tree/chain.ts'
import { close, errorAt, lookFor, openDirectory, shown, targetOf } from '../../tree/openat.ts'
import { MANY_BYTES, MANY_ENTRIES } from '../../tree/threads.ts'
import { type Seen, walk } from '../../tree/walk.ts'
import { type Yielding, yielding } from '../../tree/yield.ts'
import { requireDaily, snapshotNames } from './layout.ts'
import { digestOf, itemsOf, openManifest, openNamed } from './manifest-file.ts'
import { openReadInodes, type ReadInodes } from './read-inodes.ts'
import { type Reading, readHere, readOnThreads } from './verify-read.ts'
import { type Wanted, wantedIn } from './wanted.ts'

export const PROBLEMS = [
  'missing',
  'extra',
  'type',
  'size',
  'digest',
  'mode',
  'owner',
  'unreadable',
  'checksums',
  'manifest',
] as const
export type ProblemKind = (typeof PROBLEMS)[number]

export interface Problem {
  /** In the copy. */
  readonly path: string
  readonly kind: ProblemKind
  readonly why?: string
}

export interface Verified {
  readonly id: BackupId
  readonly ok: boolean
  /** The first thousand. */
  readonly problems: readonly Problem[]
  readonly count: number
  readonly entries: number
  readonly bytes: number
  /** Other snapshots that hold one of the bad files: they share its inode. */
  readonly shared: readonly BackupId[]
}

export interface VerifyRequest {
  readonly to: string
  readonly id: BackupId
  /** What was sealed: the one thing that is not read here. */
  readonly manifest: Digest
  /** Whom the files belong to. Default 0. */
  readonly owner?: number
  /** Group `sekisho-backup`, where it exists. */
  readonly gid?: number
  readonly signal?: AbortSignal
  readonly progress?: (entries: number, bytes: number) => void
  /** Of an imported one: where its manifest is kept. Whom its files belong to and who may write is its maker's. */
  readonly kept?: string
  /** Threads that hash, where there is enough to read. Default: none but our own. */
  readonly threads?: number
  /** What this job has read already: hand the same in for several snapshots, and no inode is read twice. */
  readonly read?: ReadInodes
}

const SHOWN_MAX = 1000

/** Answers what was found. Throws backup.snapshot_missing, backup.target_missing where there is no place of copies at all, backup.aborted. */
export async function verifySnapshot(request: VerifyRequest): Promise<Verified> {
  try {
    return await verifyHeld(request)
  } catch (cause) {
    throw errorAt(request.to, cause)
  }
}

async function verifyHeld(request: VerifyRequest): Promise<Verified> {
  const { to, id, manifest } = request
  const turns = yielding(request.signal)
  const daily = requireDaily(to)
  try {
    const name = Buffer.from(id)
    if (lookFor(daily, name)?.isDirectory() !== true)
      throw new SekishoError('backup.snapshot_missing', { id, to })
    const fd = openDirectory(daily, name)
    try {
      const finding = openFinding(request)
      const file = await sealedManifest(fd, manifest, turns, finding, request.kept)
      if (file !== undefined)
        try {
          await compare(request, fd, file, turns, finding)
        } finally {
          close(file)
        }
      const shared = finding.bad.size === 0 ? [] : sharedWith(daily, id, finding.bad)
      const { count, problems, entries, bytes } = finding
      return { id, ok: count === 0, problems, count, entries, bytes, shared }
    } finally {
      close(fd)
    }
  } finally {
    if (daily !== undefined) close(daily)
  }
}

interface Finding {
  readonly owner: number
  readonly gid: number
  readonly imported: boolean
  readonly problems: Problem[]
  count: number
  entries: number
  bytes: number
  /** Inodes of files whose bytes are wrong, with their path in the copy. */
  readonly bad: Map<string, Buffer>
  add(path: Buffer, kind: ProblemKind, why?: string): void
}

function openFinding({ owner = 0, gid = 0, kept }: VerifyRequest): Finding {
  const problems: Problem[] = []
  const finding = {
    problems,
    count: 0,
    entries: 0,
    bytes: 0,
    owner,
    gid,
    imported: kept !== undefined,
    bad: new Map<string, Buffer>(),
    add: (path: Buffer, kind: ProblemKind, why?: string) => {
      finding.count += 1
      if (problems.length < SHOWN_MAX)
        problems.push({ path: shown(path), kind, ...(why === undefined ? {} : { why }) })
    },
  }
  return finding
}

/** Nothing of a manifest that is not the sealed one is believed, and nothing can be compared without one. */
async function sealedManifest(
  fd: number,
  sealed: Digest,
  turns: Yielding,
  finding: Finding,
  kept: string | undefined,
): Promise<number | undefined> {
  const path = Buffer.from(MANIFEST)
  let file: number | undefined
  try {
    file = openManifest(fd, kept)
    if (file === undefined) finding.add(path, 'missing')
    else if ((await digestOf(file, turns)) === sealed) return file
    else finding.add(path, 'manifest', 'digest')
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'backup.aborted') throw cause
    finding.add(path, 'unreadable', fileError(MANIFEST, cause).code)
  }
  if (file !== undefined) close(file)
  return undefined
}

async function compare(
  request: VerifyRequest,
  fd: number,
  manifest: number,
  turns: Yielding,
  finding: Finding,
): Promise<void> {
  const { header, offsets } = itemsOf(manifest, request.id)
  await checkChecksums(fd, header, turns, finding)
  const wanted = wantedIn(manifest, header, offsets)
  const known = request.read ?? openReadInodes()
  await using reading = worthThreads(header, request)
    ? readOnThreads(fd, request.threads ?? 1, known)
    : readHere(turns, known)
  const tree = walk(fd, {
    failed: (path, cause) => finding.add(path, 'unreadable', fileError('', cause).code),
  })
  let want = wanted.next()
  for (const seen of tree) {
    while (!want.done && Buffer.compare(want.value.path, seen.path) < 0) {
      finding.add(want.value.path, 'missing')
      want = wanted.next()
    }
    if (want.done || !want.value.path.equals(seen.path)) {
      if (!isOwnFile(seen) && isOfItem(seen, header, finding)) finding.add(seen.path, 'extra')
      else closedToOthers(seen, finding)
      continue
    }
    await one(want.value, seen, reading, finding)
    want = wanted.next()
    request.progress?.(finding.entries, finding.bytes)
    await turns.next()
  }
  for (; !want.done; want = wanted.next()) finding.add(want.value.path, 'missing')
  await reading.end()
  // Threads answer when they are done.
  finding.problems.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** A thread takes longer to start than a small snapshot to read. */
function worthThreads({ items }: ManifestHeader, { threads = 1 }: VerifyRequest): boolean {
  const entries = items.reduce((sum, item) => sum + item.entries, 0)
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0)
  return threads > 1 && (entries > MANY_ENTRIES || bytes > MANY_BYTES)
}

/** What somebody else's backup holds beside what was taken over is not ours to judge. */
function isOfItem({ path }: Seen, { items }: ManifestHeader, { imported }: Finding): boolean {
  if (!imported) return true
  const at = `${path.toString('latin1')}/`
  return items.some(
    ({ root, kind }) => at.startsWith(`${Buffer.from(root).toString('latin1')}/`) && kind !== 'config',
  )
}

function isOwnFile(seen: Seen): boolean {
  if (seen.depth === 0) return true
  return seen.depth === 1 && seen.type === 'file' && [CHECKSUMS, MANIFEST].includes(seen.name.toString())
}

async function one({ path, entry }: Wanted, seen: Seen, reading: Reading, finding: Finding): Promise<void> {
  // Directories that only lead to the root of an item stand in no manifest, and are not counted in its entries.
  if (entry !== undefined) finding.entries += 1
  const type = entry?.type ?? 'directory'
  if (seen.type !== type) {
    finding.add(path, 'type', seen.type)
    return
  }
  if (entry?.type === 'link') {
    const target = targetOf(seen.parent, seen.name)
    if (!target.equals(pathBytes(entry.target))) finding.add(path, 'digest', 'target')
    return
  }
  closedToOthers(seen, finding)
  if (entry?.type !== 'file') return
  finding.bytes += entry.size
  const { size, digest } = entry
  const { dev, ino } = seen.stat
  await reading.file(seen, (read) => {
    if ('failed' in read) finding.add(path, 'unreadable', read.failed)
    else if (read.size !== size) finding.add(path, 'size', String(read.size))
    else if (read.digest !== digest) finding.add(path, 'digest')
    else return
    finding.bad.set(`${dev}:${ino}`, path)
  })
}

/** What somebody else could have written to proves nothing. */
function closedToOthers({ path, stat }: Seen, finding: Finding): void {
  if (finding.imported) return
  if (Number(stat.uid) !== finding.owner) finding.add(path, 'owner', String(stat.uid))
  // Read for the owner and perhaps the group: nobody writes, and others do not even read.
  if ((stat.mode & 0o7227n) !== 0n) finding.add(path, 'mode', (stat.mode & 0o7777n).toString(8))
  else if ((stat.mode & 0o070n) !== 0n && Number(stat.gid) !== finding.gid)
    finding.add(path, 'owner', `group ${stat.gid}`)
}

/** `checksums.sha256` must be the one that the header knows. */
async function checkChecksums(
  fd: number,
  header: ManifestHeader,
  turns: Yielding,
  finding: Finding,
): Promise<void> {
  const path = Buffer.from(CHECKSUMS)
  try {
    const file = openNamed(fd, CHECKSUMS)
    if (file === undefined) {
      // An imported one need not have any.
      if (!finding.imported) finding.add(path, 'missing')
    } else
      try {
        if ((await digestOf(file, turns)) !== header.checksums) finding.add(path, 'checksums', 'digest')
      } finally {
        close(file)
      }
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'backup.aborted') throw cause
    finding.add(path, 'unreadable', fileError(CHECKSUMS, cause).code)
  }
}

/** Every other snapshot in which one of the bad inodes stands at its path: links are only ever made to the same path. */
function sharedWith(daily: number, id: BackupId, bad: ReadonlyMap<string, Buffer>): readonly BackupId[] {
  return snapshotNames(daily).filter((other) => {
    if (other === id) return false
    const fd = openDirectory(daily, Buffer.from(other))
    const chain = openChain(fd)
    try {
      return [...bad].some(([inode, path]) => inode === inodeAt(chain, path))
    } finally {
      chain.close()
      close(fd)
    }
  })
}

function inodeAt(chain: Chain, path: Buffer): string | undefined {
  const { directory, name } = parted(path)
  try {
    const stat = lookFor(chain.at(directory), name)
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
  } catch {
    // The directory is not in that one, or is no directory there.
    return undefined
  }
}
