// The work `backup`: where the copies lie is tried, the set is written beside and renamed, read again, its content judged, and the other copies made of
// it. A swallowed error would be a lie: whatever fails is thrown (backup.md §0, §3).
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type BackupId, backupId, type CopyPlace } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import type { CopyRule } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { instant } from '../base/time.ts'
import { readOwners } from '../tree/owners.ts'
import { copySnapshot } from './copy-snapshot.ts'
import { gidOf } from './directory/layout.ts'
import { requirePlace } from './directory/list.ts'
import { writeSnapshot } from './directory/write.ts'
import { openLiveSqlite } from './live-sqlite.ts'
import { openNoted, seenOf } from './noted.ts'
import { type FoundPlace, placeOfDirectory, requireDirectory } from './place-of.ts'
import { readBack } from './read-back.ts'
import { copyToRepository, repositories, withSecrets } from './restic/work.ts'
import { hasJudgedSecrets } from './secret-bytes.ts'
import { itemsOf, rulesOf } from './set-of.ts'
import { sourcesOf } from './sources.ts'
import type { WorkContext } from './work.ts'

/** Once in so many backups everything is hashed, whatever the times say (backup.md §3 rule 2: once a month). */
const HASH_ALL_MS = 30 * 86_400_000

export async function workBackup(context: WorkContext): Promise<void> {
  const far = repositories(rulesOf(context.service).copies)
  await withSecrets(context, far.length > 0 || hasJudgedSecrets(context.service), (secretsInto) =>
    backUp(far, secretsInto, context),
  )
}

async function backUp(
  far: readonly CopyRule[],
  secretsInto: number | undefined,
  context: WorkContext,
): Promise<void> {
  const { parts, service, signal, progress } = context
  const [first, ...others] = directories(rulesOf(service).copies)
  if (first === undefined) throw new SekishoError('backup.not_declared', { service: service.name })
  const id = freeId([first, ...others], context)
  progress({ backup: id, copy: first.name, step: 'place' })
  const { place, seen } = await findPlace(first, context)
  const taken = instant(parts.clock.now())
  progress({ step: 'reading' })
  const noted = openNoted()
  await using sqlite = openLiveSqlite(parts, signal)
  const written = await writeSnapshot({
    to: first.to,
    id,
    service: service.name,
    host: parts.host,
    version: parts.version,
    items: itemsOf(service, signal, { noted, sqlite }),
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
    floorBytes: parts.policies.current.rules.floorBytes,
    threads: availableParallelism(),
  })
  const { manifest, bytes, entries } = written
  const more = {
    ...(written.withExtras ? {} : { attributes: 'not recorded' }),
    ...seenOf(noted),
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
  const tellWritten = ({ name: copy, kind: engine, to }: CopyRule, where: string, at: CopyPlace) =>
    context.tell({ ...there, event: 'written', copy, engine, to, where, place: at })
  await tellWritten(first, `${first.to}/daily/${id}`, place)
  // Where it cannot be read now (no room to load a dump), the other copies are made all the same; the first failure is the work's.
  let failed: { readonly copy: string; readonly cause: unknown } | undefined
  const readNow = async (rule: CopyRule) => {
    await readBack(id, rule, context, secretsInto).catch((cause: unknown) => {
      if (signal.aborted) throw cause
      failed ??= { copy: rule.name, cause }
    })
  }
  await readNow(first)
  for (const other of others) {
    progress({ copy: other.name, step: 'copying', entries: 0, bytes: 0 })
    const { place: found } = await findPlace(other, context)
    await copySnapshot(first.to, other.to, id, parts, signal)
    await tellWritten(other, `${other.to}/daily/${id}`, found)
    await readNow(other)
  }
  const hasSecrets = secretsInto !== undefined && readdirSync(`/proc/self/fd/${secretsInto}`).length > 0
  const copy = { id, bytes, snapshot: `${first.to}/daily/${id}`, hasSecrets }
  // A server that is away takes nothing from the others: each is tried.
  for (const rule of far)
    try {
      const { where, place: found } = await copyToRepository(rule, copy, context)
      await tellWritten(rule, where, found)
      await readBack(id, rule, context, secretsInto).catch((cause: unknown) =>
        notReadBack(id, rule.name, cause, context),
      )
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

function directories(copies: readonly CopyRule[]): readonly CopyRule[] {
  return copies.filter(({ kind }) => kind === 'directory')
}

async function findPlace(rule: CopyRule, context: WorkContext): Promise<FoundPlace> {
  const { parts, service } = context
  requireDirectory(rule.to, rule.name)
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

/** Ids are seconds: two within one wait for the next. What lies there already, known to us or not, keeps its name. */
function freeId(copies: readonly CopyRule[], { parts, known }: WorkContext): BackupId {
  const taken = new Set(known().copies.map(({ backup }) => backup))
  for (let at = parts.clock.now(); ; at += 1000) {
    const id = backupId(instant(at))
    if (!taken.has(id) && !copies.some(({ to }) => existsSync(join(to, 'daily', id)))) return id
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
