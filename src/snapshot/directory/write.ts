// Writes one snapshot of a set (backup.md §3). INVARIANT D2: a directory has a name in `daily` only when all of its bytes, its checksums and its
// manifest are on disk: files, one sync of the file system, checksums and manifest each fsynced, the rename, and both parents fsynced.
import { readlinkSync, renameSync } from 'node:fs'
import { CHECKSUMS, MANIFEST, type ManifestHeader, type ManifestItem } from '../../backup/manifest.ts'
import { manifestReader } from '../../backup/manifest-lines.ts'
import { assert } from '../../base/assert.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { canonical, type Json } from '../../base/json.ts'
import { type Instant, instant } from '../../base/time.ts'
import { openChain, parted } from '../../tree/chain.ts'
import { type CopyThreads, openCopyThreads } from '../../tree/copy-threads.ts'
import {
  below,
  close,
  errorAt,
  lookFor,
  makeFile,
  openDirectory,
  openTree,
  telling,
} from '../../tree/openat.ts'
import { removeTree } from '../../tree/remove.ts'
import { syncFileSystem, syncOne } from '../../tree/sync.ts'
import { MANY_BYTES, MANY_ENTRIES } from '../../tree/threads.ts'
import { type Yielding, yielding } from '../../tree/yield.ts'
import { type Estimate, estimate, inOrder, quickEstimate, requireRoom } from './estimate.ts'
import { type Hints, openHints } from './hints.ts'
import { type Held, holdPlace, modesFor, sweep } from './layout.ts'
import { closeOff, type ItemLines, type Making } from './making.ts'
import { linesOf, openPrevious, type Previous } from './manifest-file.ts'
import { openProgress } from './progress.ts'
import type { BackupItem, WriteRequest, Written } from './request.ts'
import { takeSecret } from './secret-item.ts'
import { closeDirectory, copyFiles, makeDirectory, takeMade } from './single-item.ts'
import { openSpool, type Spool } from './spool.ts'
import { copyTree } from './tree-item.ts'

/** Throws backup.*, file.*, runner.untrusted_path. Whatever is thrown: nothing new is in `daily`, and what was half written is removed or swept. */
export async function writeSnapshot(request: WriteRequest): Promise<Written> {
  try {
    return await writeHeld(request)
  } catch (cause) {
    throw errorAt(request.to, cause)
  }
}

async function writeHeld(request: WriteRequest): Promise<Written> {
  const { to, id, kill, run, signal } = request
  const started = instant(request.clock.now())
  const turns = yielding(signal)
  using held = await holdPlace(to, run, request.owner ?? 0)
  refuseInside(request)
  const name = Buffer.from(id)
  if (lookFor(held.daily, name) !== undefined) throw new SekishoError('backup.snapshot_exists', { id })
  await sweep(held, turns)
  kill('snapshot.swept.after')
  const previous = await previousOf(request, held, turns)
  await using hints = openHints(request)
  try {
    const room =
      quickEstimate(held.root, previous, request.floorBytes) ??
      // After a last one, next to nothing is asked.
      (await estimate(request, previous, turns, previous === undefined ? hints.ask : undefined))
    requireRoom(held.root, to, room, request.floorBytes)
    previous?.rewind()
    makeDirectory(held.partial, name)
    kill('snapshot.partial.after')
    try {
      return await writeInto({ request, held, name, turns, previous, room, hints, started })
    } catch (cause) {
      // Best effort: what cannot be removed now, the next run sweeps.
      await removeTree(held.partial, name, yielding()).catch(() => {})
      await removeTree(held.partial, workName(name), yielding()).catch(() => {})
      await withdraw(held, name).catch(() => {})
      throw cause
    }
  } finally {
    previous?.close()
    if (previous !== undefined) close(previous.fd)
  }
}

/** It has its name, and nobody knows whether the disk has it too: a snapshot that was not told as written is none. */
async function withdraw(held: Held, name: Buffer): Promise<void> {
  if (lookFor(held.daily, name) === undefined) return
  renameSync(below(held.daily, name), below(held.removing, name))
  await removeTree(held.removing, name, yielding())
}

interface Writing {
  readonly request: WriteRequest
  readonly held: Held
  readonly name: Buffer
  readonly turns: Yielding
  readonly previous: Previous | undefined
  readonly room: Estimate
  readonly hints: Hints
  readonly started: Instant
}

function workName(name: Buffer): Buffer {
  return Buffer.concat([name, Buffer.from('.work')])
}

/** A copy inside of what it copies would copy itself. */
function refuseInside({ to, items }: WriteRequest): void {
  const real = openReal(to)
  for (const { source } of items) {
    if (source.kind !== 'tree') continue
    const from = openReal(source.path)
    if (from !== undefined && real !== undefined && `${real}/`.startsWith(`${from}/`))
      throw new SekishoError('backup.inside_source', { path: to, source: source.path })
  }
}

async function previousOf(request: WriteRequest, held: Held, turns: Yielding): Promise<Previous | undefined> {
  const { previous } = request
  if (previous === undefined) return undefined
  const name = Buffer.from(previous.id)
  if (lookFor(held.daily, name)?.isDirectory() !== true) return undefined
  const fd = openDirectory(held.daily, name)
  try {
    return await openPrevious(fd, previous.id, previous.manifest, turns)
  } catch (cause) {
    close(fd)
    // A damaged one is nothing to link from. It is found by its own verification; this backup is whole without it.
    if (cause instanceof SekishoError && cause.code === 'backup.snapshot_damaged') return undefined
    throw cause
  }
}

async function writeInto(writing: Writing): Promise<Written> {
  const { request, held, name, turns, previous, room, hints } = writing
  const { to, id, kill, run } = request
  const directory = openDirectory(held.partial, name)
  makeDirectory(held.partial, workName(name))
  const work = openDirectory(held.partial, workName(name))
  const counts = { entries: 0, bytes: 0, copiedFiles: 0, copiedBytes: 0, linkedFiles: 0, linkedBytes: 0 }
  const making: Making = {
    request,
    id,
    turns,
    modes: modesFor(request.gid),
    target: openChain(directory, 0o700),
    ...(request.secretsInto === undefined ? {} : { secrets: openChain(request.secretsInto, 0o700) }),
    ...(previous === undefined ? {} : { previous, old: openChain(previous.fd) }),
    skipped: [],
    extras: true,
    counts,
    told: openProgress(request.clock, room, () => counts, request.progress),
    hints,
    // With a last one, most lines are its own, and each new one is asked about when it is written.
    isAsked: previous === undefined || request.hashAll === true,
    ...handsFor(writing, directory),
  }
  const parts: Part[] = []
  try {
    for (const item of inOrder(request.items)) {
      parts.push(await copyItem(making, item, work, parts.length))
      kill('snapshot.item.after')
    }
    closeParents(making, request.items)
    kill('snapshot.sync.before')
    await both(
      syncFileSystem(run, held.root, to),
      making.isAsked ? requireReadable(headerOf(writing, making, parts, NO_DIGEST), parts, turns) : undefined,
    )
    kill('snapshot.sync.after')
    const checksums = writeChecksums(making, directory, parts)
    kill('snapshot.checksums.after')
    const manifest = writeManifest(headerOf(writing, making, parts, checksums), making, directory, parts)
    kill('snapshot.manifest.after')
    for (const part of parts.splice(0)) closePart(part)
    await removeTree(held.partial, workName(name), turns)
    closeDirectory(held.partial, name, making)
    syncOne(directory, to)
    kill('snapshot.rename.before')
    telling(held.partial, name, () => renameSync(below(held.partial, name), below(held.daily, name)))
    kill('snapshot.rename.after')
    syncOne(held.daily, to)
    syncOne(held.partial, to)
    kill('snapshot.settled.after')
    return {
      id,
      manifest,
      checksums,
      entries: counts.entries,
      bytes: counts.bytes,
      copied: { files: counts.copiedFiles, bytes: counts.copiedBytes },
      linked: { files: counts.linkedFiles, bytes: counts.linkedBytes },
      withExtras: making.extras,
    }
  } finally {
    // Nothing that they have a number of is closed before they have ended.
    await making.hands?.[Symbol.asyncDispose]()
    for (const part of parts) closePart(part)
    making.target.close()
    making.secrets?.close()
    making.old?.close()
    close(work)
    close(directory)
  }
}

interface Part {
  /** Its root is a file and not a directory. */
  readonly isFile: boolean
  readonly item: ManifestItem
  readonly lines: ItemLines
}

function closePart({ lines }: Part): void {
  closeLines(lines)
}

function closeLines({ manifest, checksums }: ItemLines): void {
  manifest.close()
  checksums.close()
}

async function copyItem(making: Making, item: BackupItem, work: number, number: number): Promise<Part> {
  const lines: ItemLines = {
    manifest: openSpool(makeFile(work, Buffer.from(`${number}.manifest`))),
    checksums: openSpool(makeFile(work, Buffer.from(`${number}.checksums`))),
    entries: 0,
    bytes: 0,
  }
  try {
    const { source } = item
    if (source.kind === 'tree') {
      return { item: await copyTree({ making, item, source, lines }), lines, isFile: false }
    }
    if (source.kind === 'files')
      return { item: await copyFiles(making, item, source, lines), lines, isFile: false }
    if (source.kind === 'secret')
      return { item: await takeSecret(making, item, source, lines), lines, isFile: true }
    return { item: await takeMade(making, item, source, lines), lines, isFile: true }
  } catch (cause) {
    closeLines(lines)
    throw cause
  }
}

/** In byte order of whole names, as `sort` would have them: one item's are together, for no root is in another. */
function writeChecksums(making: Making, directory: number, parts: readonly Part[]): Digest {
  const key = ({ item, isFile }: Part) => Buffer.from(isFile ? item.root : `${item.root}/`)
  const ordered = [...parts].sort((a, b) => Buffer.compare(key(a), key(b)))
  return writeLines(making, directory, CHECKSUMS, (spool) => {
    for (const { lines } of ordered) addPart(spool, lines.checksums)
  })
}

const NO_DIGEST = '0'.repeat(64) as Digest

function headerOf(
  { request, started, previous }: Writing,
  making: Making,
  parts: readonly Part[],
  checksums: Digest,
): ManifestHeader {
  return {
    v: 1,
    kind: 'manifest',
    service: request.service,
    host: request.host,
    id: request.id,
    started,
    ended: instant(request.clock.now()),
    engine: 'directory/1',
    version: request.version,
    ...(previous === undefined ? {} : { previous: previous.id }),
    items: parts.map(({ item }) => item),
    checksums,
    skipped: making.skipped,
  }
}

function writeManifest(
  header: ManifestHeader,
  making: Making,
  directory: number,
  parts: readonly Part[],
): Digest {
  return writeLines(making, directory, MANIFEST, (spool) => {
    spool.add(`${canonical(header as unknown as Json)}\n`)
    for (const { lines } of parts) addPart(spool, lines.manifest)
  })
}

function addPart(spool: Spool, part: Spool): void {
  part.end()
  spool.addAll(part)
}

function writeLines(making: Making, directory: number, name: string, fill: (spool: Spool) => void): Digest {
  const spool = openSpool(makeFile(directory, Buffer.from(name)))
  try {
    fill(spool)
    const digest = spool.end()
    closeOff(making, spool.fd, 'file')
    syncOne(spool.fd, name)
    return digest
  } finally {
    spool.close()
  }
}

/**
 * What its own reader would refuse is never sealed: a bug is found now, and not at three in the morning. Asked while the disk is waited for, so that
 * the header has no digest of the checksums yet.
 */
async function requireReadable(
  header: ManifestHeader,
  parts: readonly Part[],
  turns: Yielding,
): Promise<void> {
  const reader = manifestReader()
  const isSound = (answer: ReturnType<typeof reader.value>) =>
    assert(
      answer.ok,
      `a manifest that is sound (${answer.ok ? '' : `${answer.line} ${answer.why} ${answer.at}`})`,
    )
  isSound(reader.value(header))
  for (const { lines } of parts) {
    lines.manifest.end()
    for (const line of linesOf(lines.manifest.fd)) {
      isSound(reader.line(line))
      await turns.next()
    }
  }
  const end = reader.end()
  assert(end.ok, `a manifest whose counts hold (${end.ok ? '' : end.at})`)
}

/** What went wrong with the first is told first, and nothing of either is under way any more. */
async function both(one: Promise<void>, other: Promise<void> | undefined): Promise<void> {
  for (const settled of await Promise.allSettled([one, other]))
    if (settled.status === 'rejected') throw settled.reason
}

/** Of what was copied before, most is only linked. */
function handsFor({ request, previous, room }: Writing, root: number): { readonly hands?: CopyThreads } {
  const { threads: count = 0, owner = 0, gid, signal } = request
  const isMuch = room.entries > MANY_ENTRIES || (previous === undefined && room.bytes > MANY_BYTES)
  if (count === 0 || !isMuch) return {}
  const hands = openCopyThreads({
    // Links of one directory wait for each other in the kernel.
    count: previous === undefined ? count : 1,
    root,
    owner,
    mode: modesFor(gid).file,
    ...(previous === undefined ? {} : { old: previous.fd }),
    ...(gid === undefined ? {} : { gid }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { hands }
}

/** Directories above the items, deepest first: they were open to writing while the items were made. */
function closeParents(making: Making, items: readonly BackupItem[]): void {
  const paths = new Set<string>()
  for (const { root, source } of items) {
    const files = source.kind === 'files' ? source.files.map(({ path }) => `${root}${path}`) : [root]
    for (const file of files)
      for (let at = file.lastIndexOf('/'); at > 0; at = file.lastIndexOf('/', at - 1))
        paths.add(file.slice(0, at))
  }
  // Asked from the top: a directory above a secret alone is not there, and asking must not make it.
  const made = new Set<string>()
  for (const path of [...paths].sort((a, b) => a.length - b.length)) {
    const { directory, name } = parted(Buffer.from(path))
    if (directory.length > 0 && !made.has(directory.toString())) continue
    if (lookFor(making.target.at(directory), name) !== undefined) made.add(path)
  }
  for (const path of [...made].reverse()) {
    const { directory, name } = parted(Buffer.from(path))
    closeDirectory(making.target.at(directory), name, making)
  }
}

/** Where a path really leads. Undefined where there is nothing: whoever needs it says so. */
function openReal(path: string): string | undefined {
  let fd: number
  try {
    fd = openTree(path)
  } catch {
    return undefined
  }
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } finally {
    close(fd)
  }
}
