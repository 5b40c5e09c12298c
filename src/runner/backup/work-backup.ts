// The work `backup`: where the copies lie is tried, the set is written beside and renamed, read again, its content judged, and the other copies made of
// it. A swallowed error would be a lie: whatever fails is thrown (backup.md §0, §3).
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { type BackupId, backupId, type KnownCopy } from '../../backup/level.ts'
import type { Backups } from '../../backup/levels.ts'
import type { BackupRules, CopyRule } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import { instant } from '../../base/time.ts'
import type { Service } from '../../seal/policy.ts'
import type { RunnerParts } from '../parts.ts'
import { readOwners } from '../tree/owners.ts'
import type { ContentChild } from './content.ts'
import { copySnapshot } from './copy-snapshot.ts'
import { requirePlace } from './directory/list.ts'
import { verifySnapshot } from './directory/verify.ts'
import { writeSnapshot } from './directory/write.ts'
import type { WorkContext } from './jobs.ts'
import { type CopyVerdict, DATABASE_INSIDE, judgeCopy } from './judge-copy.ts'
import { openLiveSqlite } from './live-sqlite.ts'
import { type FoundPlace, placeOfDirectory } from './place-of.ts'
import {
  type CheckedRepositories,
  copyToRepository,
  earnDigestThere,
  repositories,
  withJudgedPart,
  withSecrets,
} from './restic/work.ts'
import { itemsOf } from './set-of.ts'
import { keptOf } from './snapshot.ts'
import { sourcesOf } from './sources.ts'

/** Once in so many backups everything is hashed, whatever the times say (backup.md §3 rule 2: once a month). */
const HASH_ALL_MS = 30 * 86_400_000

export function childOf(parts: RunnerParts, signal: AbortSignal): ContentChild {
  return { run: parts.process, command: parts.command, root: parts.root, signal }
}

export function rulesOf({ name, backup }: Service): BackupRules {
  if (backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
  return backup
}

export async function workBackup(context: WorkContext): Promise<void> {
  const far = repositories(rulesOf(context.service).copies)
  await withSecrets(context, far.length > 0, (secretsInto) => backUp(far, secretsInto, context))
}

async function backUp(
  far: readonly CopyRule[],
  secretsInto: number | undefined,
  context: WorkContext,
): Promise<void> {
  const { parts, service, signal, progress } = context
  const [first, ...others] = directories(rulesOf(service).copies)
  if (first === undefined) throw new SekishoError('backup.not_declared', { service: service.name })
  const id = freeId(context)
  progress({ backup: id, copy: first.name, step: 'place' })
  const { place, seen } = await findPlace(first, context)
  const taken = instant(parts.clock.now())
  progress({ step: 'reading' })
  const passwords: string[] = []
  await using sqlite = openLiveSqlite(parts, signal)
  const written = await writeSnapshot({
    to: first.to,
    id,
    service: service.name,
    host: parts.host,
    version: parts.version,
    items: itemsOf(service, signal, { noted: passwords, sqlite }),
    ...previousOf(context.known(), first),
    hashAll: isHashAllDue(context),
    key: parts.keys.keyed,
    ...(secretsInto === undefined ? {} : { secretsInto }),
    ...gidOf(),
    run: parts.process,
    clock: parts.clock,
    owners: readOwners(),
    kill: parts.killPoint,
    signal,
    progress: ({ entries, bytes, entriesTotal, bytesTotal }) =>
      progress({ step: 'writing', entries, bytes, totalEntries: entriesTotal, totalBytes: bytesTotal }),
    owner: process.geteuid?.() ?? 0,
    threads: availableParallelism(),
  })
  const { manifest, bytes, entries } = written
  const more = {
    ...(written.withExtras ? {} : { attributes: 'not recorded' }),
    ...(passwords.length === 0 ? {} : { passwords: passwords.join(', ').slice(0, 1000) }),
  }
  if (Object.keys(more).length > 0) await tellPlace(first, { place, seen: { ...seen, ...more } }, context)
  const there = {
    kind: 'backup',
    service: service.name,
    backup: id,
    manifest,
    bytes,
    entries,
    taken,
  } as const
  await context.tell({
    ...there,
    event: 'written',
    copy: first.name,
    engine: 'directory',
    to: first.to,
    where: `${first.to}/daily/${id}`,
    place,
  })
  // Where it cannot be read now (no room to load a dump), the other copies are made all the same; the first failure is the work's.
  let failed: { readonly copy: string; readonly cause: unknown } | undefined
  const readNow = async (rule: CopyRule) => {
    await readBack(id, rule, context).catch((cause: unknown) => {
      if (signal.aborted) throw cause
      failed ??= { copy: rule.name, cause }
    })
  }
  await readNow(first)
  for (const other of others) {
    progress({ copy: other.name, step: 'copying', entries: 0, bytes: 0 })
    const { place: found } = await findPlace(other, context)
    await copySnapshot(first.to, other.to, id, parts, signal)
    await context.tell({
      ...there,
      event: 'written',
      copy: other.name,
      engine: 'directory',
      to: other.to,
      where: `${other.to}/daily/${id}`,
      place: found,
    })
    await readNow(other)
  }
  const hasSecrets = secretsInto !== undefined && readdirSync(`/proc/self/fd/${secretsInto}`).length > 0
  const copy = { id, bytes, snapshot: `${first.to}/daily/${id}`, hasSecrets }
  // A server that is away takes nothing from the others: each is tried.
  for (const rule of far)
    try {
      const { where, place: found } = await copyToRepository(rule, copy, context)
      const { name, to } = rule
      await context.tell({
        ...there,
        event: 'written',
        copy: name,
        engine: 'restic',
        to,
        where,
        place: found,
      })
      await readBack(id, rule, context).catch((cause: unknown) => notReadBack(id, name, cause, context))
    } catch (cause) {
      if (signal.aborted) throw cause
      failed ??= { copy: rule.name, cause }
    }
  if (failed === undefined) return
  progress({ backup: id, copy: failed.copy })
  throw failed.cause
}

/** The copy is there: that it could not be read now says nothing of it, and leaves it *written*. */
async function notReadBack(
  backup: BackupId,
  copy: string,
  cause: unknown,
  { service, tell, signal }: WorkContext,
): Promise<void> {
  if (!(cause instanceof SekishoError) || signal.aborted) throw cause
  const { code, detail } = cause
  const text = (key: string) => String(detail[key] ?? '').slice(0, 1000)
  await tell({
    kind: 'backup',
    event: 'failed',
    service: service.name,
    work: 'verify',
    backup,
    copy,
    why: code,
    detail: { to: text('to'), path: text('path'), why: text('why') },
  })
}

/** Every byte of it, and its content: what is called *content* was read, and not only written. */
async function readBack(id: BackupId, rule: CopyRule, context: WorkContext): Promise<void> {
  const copy = context.known().copies.find((one) => one.backup === id && one.copy === rule.name)
  if (copy === undefined)
    throw new SekishoError('backup.unknown', { backup: id, service: context.service.name })
  // *content* says that the level below it holds: of bytes that are not the sealed ones nothing more is claimed.
  if (await earnDigest(copy, context)) await earnContent(copy, context)
}

/** Throws nothing for a bad copy: that is a finding, and it is told. Answers whether it is what was sealed. */
export async function earnDigest(
  copy: KnownCopy,
  context: WorkContext,
  read?: Parameters<typeof verifySnapshot>[0]['read'],
  checked?: CheckedRepositories,
): Promise<boolean> {
  if (copy.kind === 'restic') return earnDigestThere(copy, context, checked)
  const { parts, service, progress, signal } = context
  const { backup, copy: name, to, manifest } = copy
  const started = parts.clock.uptime()
  const base = { kind: 'backup', service: service.name, backup, copy: name } as const
  progress({
    backup,
    copy: name,
    step: 'verifying',
    entries: 0,
    bytes: 0,
    totalEntries: copy.entries,
    totalBytes: copy.bytes,
  })
  const found = await verifySnapshot({
    to,
    id: backup,
    manifest,
    ...keptOf(copy),
    owner: process.geteuid?.() ?? 0,
    ...gidOf(),
    signal,
    threads: availableParallelism(),
    progress: (entries, bytes) => progress({ entries, bytes }),
    ...(read === undefined ? {} : { read }),
  }).catch((cause: unknown) => {
    if (cause instanceof SekishoError && cause.code === 'backup.snapshot_missing') return undefined
    throw cause
  })
  if (found === undefined) {
    await context.tell({ ...base, event: 'suspect', why: 'gone' })
    return false
  }
  if (!found.ok) {
    const [first] = found.problems
    const why = first?.kind === 'unreadable' ? 'unreadable' : isOfNames(first?.kind) ? 'names' : 'digest'
    await context.tell({
      ...base,
      event: 'suspect',
      why,
      ...(first === undefined ? {} : { path: first.path }),
    })
    // One damaged inode damages that file in every snapshot that links to it (backup.md §3 rule 3).
    for (const other of found.shared)
      await context.tell({
        ...base,
        backup: other,
        event: 'suspect',
        why: 'shared',
        ...(first === undefined ? {} : { path: first.path }),
      })
    return false
  }
  await context.tell({
    ...base,
    event: 'level',
    level: 'digest',
    read: { bytes: found.bytes, entries: found.entries },
    ms: Math.round(parts.clock.uptime() - started),
  })
  return true
}

function isOfNames(kind: string | undefined): boolean {
  return kind === 'missing' || kind === 'extra' || kind === 'type'
}

/** `readable`: a copy of a repository that was brought here already. */
export async function earnContent(
  copy: KnownCopy,
  context: WorkContext,
  readable?: KnownCopy,
): Promise<boolean> {
  const { parts, service, progress, signal } = context
  const { backup, copy: name } = copy
  const started = parts.clock.uptime()
  progress({ backup, copy: name, step: 'content', entries: 0, bytes: 0 })
  const judge = (one: KnownCopy) =>
    judgeCopy(one, service, {
      parts,
      child: childOf(parts, signal),
      before: recordsBefore(context.known(), copy),
      progress: (entries, bytes) => progress({ entries, bytes }),
    })
  const isFar = copy.kind === 'restic' && readable === undefined
  const base = { kind: 'backup', service: service.name, backup, copy: name } as const
  const verdict = await (isFar ? withJudgedPart(copy, context, judge) : judge(readable ?? copy)).catch(
    (cause: unknown) => {
      if (!(cause instanceof SekishoError) || cause.code !== 'backup.content_not_read') throw cause
      return cause
    },
  )
  if (verdict instanceof SekishoError) {
    // Over a bound nothing is known of its content: a level that is missing, and no fault of the copy (backup.md §0, bounds).
    const { path, why } = verdict.detail
    const fault = `${String(path ?? '')}: ${String(why ?? '')}`.slice(0, 4000)
    await context.tell({ ...base, event: 'refused', level: 'content', why: 'content.not_read', fault })
    return false
  }
  const [bad = cappedIn(verdict, copy, context)] = Object.entries(verdict.items).filter(
    ([, one]) => one !== 'good',
  )
  if (bad !== undefined) {
    const [item, what] = bad
    const fault = verdict.faults[item] ?? verdict.capped[item] ?? `${item}: ${DATABASE_INSIDE}`
    await context.tell({
      ...base,
      event: 'refused',
      level: 'content',
      why: codeOf(item, what),
      ...(fault === undefined ? {} : { item: item.slice(0, 200), fault: fault.slice(0, 4000) }),
    })
    return false
  }
  await context.tell({
    ...base,
    event: 'level',
    level: 'content',
    read: { bytes: verdict.bytes, entries: verdict.entries, judged: verdict.judged },
    ms: Math.round(parts.clock.uptime() - started),
    records: verdict.records,
  })
  return true
}

/**
 * A database that was copied as a file may be of two moments: what is around it may be good and brought back, and nobody calls it *content*. Of a copy
 * in a repository only what is judged was brought here: what was found of the same backup here holds there.
 */
function cappedIn(
  { capped }: CopyVerdict,
  { backup, manifest }: KnownCopy,
  { known }: WorkContext,
): readonly [item: string, what: string] | undefined {
  const [own] = Object.keys(capped)
  if (own !== undefined) return [own, 'database']
  const like = known().copies.find(
    (one) => one.backup === backup && one.manifest === manifest && one.bad?.fault.endsWith(DATABASE_INSIDE),
  )
  return like?.bad === undefined ? undefined : [like.bad.item, 'database']
}

/** `articles.rubbish`: item and verdict, as the journal takes them. */
function codeOf(item: string, verdict: string): string {
  return `${
    item
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '-')
      .replace(/^[^a-z]+/, '') || 'item'
  }.${verdict}`
}

/** Of the newest older copy whose content held: growth is measured against what was good. */
export function recordsBefore(
  known: Backups,
  than: Pick<KnownCopy, 'taken'>,
): Readonly<Record<string, number>> {
  return (
    known.copies.find(
      (one) =>
        one.taken < than.taken &&
        one.state === 'sound' &&
        one.records !== undefined &&
        (one.level === 'content' || one.level === 'restored'),
    )?.records ?? {}
  )
}

export function directories(copies: readonly CopyRule[]): readonly CopyRule[] {
  return copies.filter(({ kind }) => kind === 'directory')
}

async function findPlace(rule: CopyRule, context: WorkContext): Promise<FoundPlace> {
  const { parts, service } = context
  const there = statSync(rule.to, { throwIfNoEntry: false })
  if (there?.isDirectory() !== true)
    throw new SekishoError(there === undefined ? 'backup.target_missing' : 'backup.target_not_directory', {
      path: rule.to,
      copy: rule.name,
    })
  const { copies } = context.known()
  if (copies.some(({ kind, to, state }) => kind === 'directory' && to === rule.to && state !== 'pruned'))
    requirePlace(rule.to, rule.name)
  const found = await placeOfDirectory(
    rule.to,
    await sourcesOf(service, parts, context.signal),
    parts.process,
  )
  await tellPlace(rule, found, context)
  return found
}

async function tellPlace(
  { name: copy, to }: CopyRule,
  { place, seen }: FoundPlace,
  { service, tell }: WorkContext,
): Promise<void> {
  await tell({ kind: 'backup', event: 'place', service: service.name, copy, to, place, seen })
}

/** Ids are seconds: two within one wait for the next. */
function freeId({ parts, known }: WorkContext): BackupId {
  const taken = new Set(known().copies.map(({ backup }) => backup))
  for (let at = parts.clock.now(); ; at += 1000) {
    const id = backupId(instant(at))
    if (!taken.has(id)) return id
  }
}

/** What is linked from: sound, and read since it was written. */
function previousOf({ copies }: Backups, { name }: CopyRule) {
  const found = copies.find(
    (one) => one.copy === name && one.state === 'sound' && one.level !== 'written' && !one.imported,
  )
  return found === undefined ? {} : { previous: { id: found.backup, manifest: found.manifest } }
}

function isHashAllDue({ known, parts }: WorkContext): boolean {
  const oldest = known()
    .copies.filter(({ imported }) => !imported)
    .at(-1)
  if (oldest === undefined) return false
  const month = Math.floor(parts.clock.now() / HASH_ALL_MS)
  const newest = known().copies.find(({ imported }) => !imported)
  return newest !== undefined && Math.floor(Date.parse(newest.taken) / HASH_ALL_MS) !== month
}

/** Group `sekisho-backup`, where it exists: it may read snapshots. */
export function gidOf(): { readonly gid?: number } {
  const gid = readOwners().gid('sekisho-backup')
  return gid === undefined ? {} : { gid }
}
