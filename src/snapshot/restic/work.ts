// Copies of kind restic as the works of playbook `backup/1` need them: made of the sealed snapshot, read again, brought back, let go.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupId, CopyPlace, KnownCopy } from '../../backup/level.ts'
import { CHECKSUMS, MANIFEST, type ManifestHeader } from '../../backup/manifest.ts'
import type { CopyRule } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import type { Service } from '../../plans/policy.ts'
import { privateDirectory } from '../../sys/files.ts'
import { yielding } from '../../tree/yield.ts'
import type { SnapshotPorts } from '../ports.ts'
import { withScratch } from '../scratch.ts'
import { readSnapshot } from '../snapshot.ts'
import { sourcesOf } from '../sources.ts'
import type { WorkContext } from '../work.ts'
import { type Access, longMs, removeIn, resticPlace, SECRETS, sweepRestic, withAccess } from './access.ts'
import { checkAll } from './check.ts'
import { fetchSnapshot } from './fetch.ts'
import { forgetSnapshots, listRepository, openRepository, pruneCommand, pruneRepository } from './keep.ts'
import { sweepParts } from './left-packs.ts'
import { adoptOrphans, isOf, mayHaveOrphans } from './orphans.ts'
import { placeOfRepository, requireThere } from './place.ts'
import { writeToRepository } from './write.ts'

type Reading = Pick<WorkContext, 'parts' | 'service' | 'signal'>

export function repositories(copies: readonly CopyRule[]): readonly CopyRule[] {
  return copies.filter(({ kind }) => kind === 'restic')
}

/** A place for the bytes of secrets while one backup is made: private, at a path that stays the same, gone afterwards whatever happens. */
export async function withSecrets<T>(
  { parts }: Reading,
  isWanted: boolean,
  work: (secretsInto: number | undefined) => Promise<T>,
): Promise<T> {
  if (!isWanted) return work(undefined)
  const { state } = parts.place
  await sweepRestic(state)
  const place = resticPlace(state)
  await privateDirectory(place.base)
  mkdirSync(place.secrets, { mode: 0o700 })
  const fd = openSync(place.secrets, 'r')
  try {
    return await work(fd)
  } finally {
    closeSync(fd)
    await removeIn(place.base, SECRETS)
  }
}

export interface ToCopy {
  readonly id: BackupId
  readonly bytes: number
  /** `<to>/daily/<id>` of the first copy. */
  readonly snapshot: string
  readonly hasSecrets: boolean
}

/** Answers restic's id of it and where it lies; nothing was read again yet. */
export async function copyToRepository(
  rule: CopyRule,
  copy: ToCopy,
  context: WorkContext,
): Promise<{ readonly where: string; readonly place: CopyPlace }> {
  const { parts, known, signal, service, progress } = context
  return withRule(rule, context, async (access) => {
    progress({ backup: copy.id, copy: rule.name, step: 'place', entries: 0, bytes: 0 })
    const { isHere } = await requireThere(access, rule.name)
    await openRepository(access, !known().copies.some((one) => isOf(one, rule)))
    const place = await findPlace(rule, access, isHere, context)
    if (mayHaveOrphans(known(), rule)) await adoptOrphans(rule, access, context)
    progress({ step: 'copying', totalBytes: copy.bytes })
    const where = await writeToRepository(
      access,
      {
        snapshot: copy.snapshot,
        bytes: copy.bytes,
        ...(copy.hasSecrets ? { secrets: resticPlace(parts.place.state).secrets } : {}),
      },
      yielding(signal),
    )
    parts.log('a backup is in its repository', { service: service.name, backup: copy.id, copy: rule.name })
    return { where, place }
  })
}

async function findPlace(
  rule: CopyRule,
  access: Access,
  isHere: boolean,
  { parts, service, signal, tell }: WorkContext,
): Promise<CopyPlace> {
  const sources = await sourcesOf(service, parts, signal)
  const { place, seen } = await placeOfRepository(access, isHere, sources)
  const { name: copy, to } = rule
  await tell({ kind: 'backup', event: 'place', service: service.name, copy, to, place, seen })
  return place
}

/** By repository: whether everything in it was read in this run and is whole. */
export type CheckedRepositories = Map<string, ReadonlySet<string> | 'bad'>

/**
 * Only all of the data, read, is *digest* (backup.md §4, trap 3). Where that finds damage, each copy is brought back and compared: one that is not
 * what was sealed is suspect by name, and the others stay what they were, without having earned anything.
 */
export async function earnDigestThere(
  copy: KnownCopy,
  context: WorkContext,
  checked: CheckedRepositories = new Map(),
): Promise<boolean> {
  const { parts, service, progress, tell } = context
  const started = parts.clock.uptime()
  const base = { kind: 'backup', service: service.name, backup: copy.backup, copy: copy.copy } as const
  progress({
    backup: copy.backup,
    copy: copy.copy,
    step: 'verifying',
    entries: 0,
    bytes: 0,
    totalEntries: copy.entries,
    totalBytes: copy.bytes,
  })
  return withCopy(copy, context, async (access) => {
    await requireThere(access, copy.copy)
    const found = checked.get(copy.to) ?? (await checkAll(access, copy.bytes))
    checked.set(copy.to, found)
    if (found === 'bad') {
      const why = await damageOf(copy, access, context)
      if (why !== undefined) await tell({ ...base, event: 'suspect', ...why })
      return false
    }
    if (!found.has(copy.where)) {
      await tell({ ...base, event: 'suspect', why: 'gone' })
      return false
    }
    const read = { bytes: copy.bytes, entries: copy.entries }
    const ms = Math.round(parts.clock.uptime() - started)
    await tell({ ...base, event: 'level', level: 'digest', read, ms })
    return true
  })
}

async function damageOf(
  copy: KnownCopy,
  access: Access,
  { parts }: Reading,
): Promise<{ readonly why: 'digest' | 'unreadable'; readonly path?: string } | undefined> {
  try {
    await withScratch(parts, scratchName(copy), copy.bytes, ({ path }) => fetchSnapshot(access, copy, path))
    return undefined
  } catch (cause) {
    if (!(cause instanceof SekishoError)) throw cause
    const { code, detail } = cause
    if (code === 'backup.snapshot_damaged') return { why: 'digest', path: String(detail['path'] ?? '') }
    if (code === 'backup.repository_failed') return { why: 'unreadable' }
    throw cause
  }
}

/** All of it, in a private directory, equal to its manifest: a directory copy to whoever reads it. Removed afterwards. */
export function withFetched<T>(
  copy: KnownCopy,
  context: Reading,
  work: (fetched: KnownCopy) => Promise<T>,
): Promise<T> {
  return withScratch(context.parts, scratchName(copy), copy.bytes, async ({ path }) => {
    await fetchTo(copy, path, context)
    return work({ ...copy, to: path })
  })
}

/** `into`: a private directory. */
export async function fetchTo(copy: KnownCopy, into: string, context: Reading): Promise<void> {
  await withCopy(copy, context, async (access) => {
    await requireThere(access, copy.copy)
    await fetchSnapshot(access, copy, into)
  })
}

/** As much of it as is judged: data files that are JSON and dumps, and not gigabytes of pictures. */
export function withJudgedPart<T>(
  copy: KnownCopy,
  context: Reading,
  work: (fetched: KnownCopy) => Promise<T>,
): Promise<T> {
  const { parts, service, signal } = context
  return withCopy(copy, context, async (access) => {
    await requireThere(access, copy.copy)
    const header = await withScratch(parts, scratchName(copy), 0, async ({ path }) => {
      await fetchSnapshot(access, copy, path, [MANIFEST, CHECKSUMS])
      const snapshot = await readSnapshot({ ...copy, to: path }, signal)
      snapshot.close()
      return snapshot.header
    })
    const items = judged(header, service)
    const bytes = items.reduce((sum, one) => sum + one.bytes, 0)
    return withScratch(parts, scratchName(copy), bytes, async ({ path }) => {
      await fetchSnapshot(access, copy, path, [MANIFEST, ...items.map(({ root }) => root)])
      return work({ ...copy, to: path })
    })
  })
}

function judged({ items }: ManifestHeader, { data = [] }: Service): ManifestHeader['items'] {
  const read = new Set(data.filter(({ format }) => format !== 'files').map(({ name }) => name))
  return items.filter(({ name, kind }) => kind === 'database' || read.has(name))
}

/** Lets these go. Answers those that the listing has no more, and, where some are still there, what somebody else would have to run. */
export async function forgetCopies(
  rule: CopyRule,
  copies: readonly KnownCopy[],
  context: WorkContext,
): Promise<{ readonly gone: ReadonlySet<string>; readonly elsewhere?: string }> {
  return withRule(rule, context, async (access) => {
    const { isHere } = await requireThere(access, rule.name)
    const place = await findPlace(rule, access, isHere, context)
    const ids = copies.map(({ where }) => where)
    if (place === 'off-host-append-only') {
      const there = await listRepository(access)
      const left = ids.filter((id) => there.has(id))
      const gone = new Set(ids.filter((id) => !there.has(id)))
      return left.length === 0 ? { gone } : { gone, elsewhere: pruneCommand(access, left) }
    }
    const gone = await forgetSnapshots(access, ids)
    const left = ids.filter((id) => !gone.has(id))
    const bytes = copies.reduce((sum, one) => sum + one.bytes, 0)
    if (gone.size > 0) {
      await pruneRepository(access, longMs(access, bytes))
      sweepParts(access, context.parts.clock.now())
    }
    return left.length === 0 ? { gone } : { gone, elsewhere: pruneCommand(access, left) }
  })
}

/** Where a restore that was laid out keeps what it needs of a repository's copy, until its time is over. */
export function fetchedPlace({ place }: Pick<SnapshotPorts, 'place'>, stage: string): string {
  return join(place.state, 'fetched', stage)
}

/** In it each copy has its own: of a mix several are needed until all items are laid out. */
export function fetchedCopy(
  parts: Pick<SnapshotPorts, 'place'>,
  stage: string,
  { backup, copy }: Pick<KnownCopy, 'backup' | 'copy'>,
): string {
  return join(fetchedPlace(parts, stage), `${backup}-${copy}`)
}

function scratchName({ backup, copy }: KnownCopy): string {
  return `fetched-${backup}-${copy}`
}

function withCopy<T>(copy: KnownCopy, context: Reading, work: (access: Access) => Promise<T>): Promise<T> {
  const rule = context.service.backup?.copies.find((one) => isOf(copy, one))
  if (rule === undefined) throw new SekishoError('backup.target_undeclared', { copy: copy.copy, to: copy.to })
  return withRule(rule, context, work)
}

function withRule<T>(
  rule: CopyRule,
  { parts, service, signal }: Reading,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  return withAccess(rule, { parts, service: service.name, signal }, work)
}
