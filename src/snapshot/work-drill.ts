// The work `drill`: the newest copy whose content is known is brought back to scratch by the documented way, compared with its manifest field by
// field, its databases loaded apart and asked, and the time taken: that is the RTO that people are shown (backup.md §6, *restored*).
import { readFileSync } from 'node:fs'
import type { WhatWasRead } from '../backup/events.ts'
import { atLeast, type KnownCopy } from '../backup/level.ts'
import type { ManifestItem } from '../backup/manifest.ts'
import type { BackupRules } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { keyedHash } from '../base/hash.ts'
import { findCluster } from '../postgres/cluster.ts'
import { checkDatabase, drillQuery } from '../postgres/content.ts'
import { type LoadedDatabase, loadInto } from '../postgres/load.ts'
import { collatedAs, localeMissing } from '../postgres/locale.ts'
import { readDump } from '../postgres/read-dump.ts'
import { withScratchCluster } from '../postgres/scratch.ts'
import { refuseForPerson } from '../postgres/stage-load.ts'
import type { Limits } from '../postgres/types.ts'
import { compareTree } from '../tree/compare.ts'
import { close, openDirectory } from '../tree/openat.ts'
import { readOwners } from '../tree/owners.ts'
import { yielding } from '../tree/yield.ts'
import { restoreItem } from './directory/restore-item.ts'
import { readBackContent, readBackDigest } from './read-back.ts'
import { secretsOf } from './restic/fetch.ts'
import { withFetched } from './restic/work.ts'
import { clusterPlace, type ScratchPlace, withScratch } from './scratch.ts'
import { type SealedDump, withSealedDump } from './sealed-dump.ts'
import { databaseItem, rulesOf } from './set-of.ts'
import { keptOf, readSnapshot, type Snapshot } from './snapshot.ts'
import { DATABASE_MS, readers } from './try-load.ts'
import type { WorkContext } from './work.ts'

const NOT_RESTORED: ReadonlySet<string> = new Set([
  'backup.drill_failed',
  'backup.drill_query',
  'backup.db_needs_person',
  'backup.db_locale_missing',
])

export async function workDrill(context: WorkContext): Promise<void> {
  const { service, parts, known } = context
  const copy = chooseCopy(known().copies.filter((one) => isNamed(one, rulesOf(service))))
  if (copy === undefined) throw new SekishoError('backup.nothing_sound', { service: service.name })
  const base = { kind: 'backup', service: service.name, backup: copy.backup, copy: copy.copy } as const
  // *restored* says that everything below holds too: it is read, and not remembered.
  const requireContent = async (readable?: KnownCopy) => {
    if (!(await readBackContent(copy, context, readable === undefined ? {} : { readable })))
      throw tooLow(copy)
  }
  if (!(await readBackDigest(copy, context))) throw tooLow(copy)
  if (copy.kind === 'directory') await requireContent()
  const started = parts.clock.uptime()
  const restore = (readable: KnownCopy) =>
    withScratch(parts, `${service.name}-${copy.backup}`, copy.bytes * 2, (place) =>
      restoreAll(readable, place, context),
    )
  let judgedMs = 0
  try {
    // What lies elsewhere is brought here first: that time is part of what a restore takes, judging it is not.
    const read =
      copy.kind === 'directory'
        ? await restore(copy)
        : await withFetched(copy, context, async (readable) => {
            const before = parts.clock.uptime()
            await requireContent(readable)
            judgedMs = parts.clock.uptime() - before
            return restore(readable)
          })
    await context.tell({
      ...base,
      event: 'level',
      level: 'restored',
      read,
      ms: Math.max(1, Math.round(parts.clock.uptime() - started - judgedMs)),
    })
    await tellBooted(copy, read, context)
  } catch (cause) {
    if (cause instanceof SekishoError && NOT_RESTORED.has(cause.code))
      await context.tell({ ...base, event: 'refused', level: 'restored', why: 'drill.failed' })
    throw cause
  }
}

/** *booted* is said of a copy that was brought back a moment ago, and only where its service was really started on it. */
async function tellBooted(copy: KnownCopy, read: WhatWasRead, context: WorkContext): Promise<void> {
  const { service, parts, boot } = context
  const base = { kind: 'backup', service: service.name, backup: copy.backup, copy: copy.copy } as const
  const found = await boot?.(copy)
  if (found === undefined) return
  if (found.found === 'healthy')
    await context.tell({ ...base, event: 'level', level: 'booted', read, ms: found.ms })
  else if (found.found === 'sick')
    await context.tell({ ...base, event: 'refused', level: 'booted', why: `boot ${found.why}` })
  else parts.log('no service was started on a copy', { service: service.name, why: found.why })
}

function tooLow({ backup }: KnownCopy): SekishoError {
  return new SekishoError('backup.drill_failed', { item: backup, why: 'digest or content' })
}

/** A repository that the rules name no more cannot be opened: nothing is handed over for it. */
function isNamed({ kind, copy, to }: KnownCopy, { copies }: BackupRules): boolean {
  return kind === 'directory' || copies.some((rule) => rule.name === copy && rule.to === to)
}

/** Of the target that nothing was brought back from for longest the newest: each has its turn. */
function chooseCopy(copies: readonly KnownCopy[]): KnownCopy | undefined {
  const sound = copies.filter(({ state }) => state === 'sound')
  const good = sound.filter(({ level }) => atLeast(level, 'content'))
  const usable = good.length > 0 ? good : sound
  const lastBack = (name: string) =>
    copies
      .flatMap((one) => (one.copy === name ? (one.earned.restored ?? []) : []))
      .sort()
      .at(-1) ?? ''
  const [target] = [...new Set(usable.map(({ copy }) => copy))]
    .map((name) => ({ name, at: lastBack(name) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return usable.find(({ copy }) => copy === target?.name)
}

export type DrillContext = Pick<WorkContext, 'parts' | 'service' | 'progress' | 'signal'>

/** Into a place of its own, compared with the manifest. Throws backup.drill_failed, backup.drill_query, backup.db_*. */
export async function restoreAll(copy: KnownCopy, place: ScratchPlace, context: DrillContext) {
  const { progress, signal } = context
  const snapshot = await readSnapshot(copy, signal)
  let entries = 0
  let bytes = 0
  let queries = 0
  let without = 0
  try {
    for (const item of snapshot.header.items) {
      progress({
        backup: copy.backup,
        copy: copy.copy,
        step: 'restoring',
        entries,
        bytes,
        totalEntries: copy.entries,
        totalBytes: copy.bytes,
      })
      if (item.kind === 'database') queries += await drillDatabase({ copy, snapshot, item }, context)
      else if (item.kind === 'globals') without += drillGlobals(item, copy, snapshot, context)
      else without += await drillTree(item, copy, snapshot, place, context)
      entries += item.entries
      bytes += item.bytes
    }
  } finally {
    snapshot.close()
  }
  return {
    bytes,
    entries,
    ...(queries === 0 ? {} : { queries }),
    ...(without === 0 ? {} : { without }),
  }
}

/** How many secrets are not in the copy. */
async function drillTree(
  item: ManifestItem,
  copy: KnownCopy,
  snapshot: Snapshot,
  place: ScratchPlace,
  { parts, progress, signal }: DrillContext,
): Promise<number> {
  const name = Buffer.from(item.name)
  const owners = readOwners()
  const common = { run: parts.process, owners, turns: yielding(signal), key: parts.keys.keyed }
  const secret = secretsOf(copy, item)
  const { without, secrets } = await restoreItem({
    ...common,
    ...(secret === undefined ? {} : { secret }),
    to: copy.to,
    id: copy.backup,
    manifest: copy.manifest,
    ...keptOf(copy),
    item: item.name,
    into: { fd: place.fd, name },
  })
  const other = secrets.find(({ same }) => !same)?.path ?? (secret === undefined ? undefined : without[0])
  if (other !== undefined)
    throw new SekishoError('backup.drill_failed', { item: item.name, why: `${other}: digest` })
  progress({ step: 'comparing' })
  const root = openDirectory(place.fd, name)
  try {
    const found = await compareTree(root, snapshot.entries(item.name), {
      ...common,
      without: new Set(without),
      ...(item.kind === 'config' ? { onlyFiles: true } : {}),
    })
    if (found.equal) return without.length
    const [first] = found.differences
    throw new SekishoError('backup.drill_failed', {
      item: item.name,
      why: `${first?.path ?? ''} ${first?.field ?? ''} (${found.count})`,
    })
  } finally {
    close(root)
  }
}

/** Never loaded: it is there, and what was taken, in a copy that holds the bytes of secrets. Answers how many are not. */
function drillGlobals(
  item: ManifestItem,
  copy: KnownCopy,
  snapshot: Snapshot,
  { parts }: DrillContext,
): number {
  const secret = secretsOf(copy, item)
  if (secret === undefined) return item.entries
  for (const entry of snapshot.entries(item.name)) {
    const fd = secret(entry)
    try {
      const same =
        fd !== undefined &&
        entry.type === 'secret' &&
        keyedHash(parts.keys.keyed, readFileSync(fd)) === entry.keyed
      if (!same)
        throw new SekishoError('backup.drill_failed', { item: item.name, why: `${item.root}: digest` })
    } finally {
      if (fd !== undefined) close(fd)
    }
  }
  return 0
}

/** Answers how many questions the loaded database was asked. */
async function drillDatabase(sealed: SealedDump, context: DrillContext): Promise<number> {
  const { item } = sealed
  const { parts, service, progress, signal } = context
  progress({ step: 'loading' })
  const { programs, as } = await readers(item.database?.server)
  const limits = { timeoutMs: DATABASE_MS, signal }
  const declared = service.databases?.find((one) => databaseItem(one) === item.name)
  const { drillQuery: query } = rulesOf(service)
  const failed = (why: string) => new SekishoError('backup.drill_failed', { item: item.name, why })
  const scratch = { programs, directory: await clusterPlace(parts), as }
  return withSealedDump(sealed, context, async ({ path }) => {
    const dump = await readDump(path, { programs, as }, limits)
    const facts = item.database === undefined ? {} : { facts: item.database }
    return withScratchCluster(scratch, limits, async (cluster) => {
      const loaded = await loadInto(cluster, path, { dump, ...facts }, limits)
      for (const [table, rows] of Object.entries(item.database?.tables ?? {}))
        if (loaded.tables[table] !== rows) throw failed(`${table}: ${loaded.tables[table] ?? 0} of ${rows}`)
      const [bad] = await checkDatabase(loaded.restorer, loaded.database, declared?.invariants ?? {}, limits)
      if (bad !== undefined) throw failed(`${bad.table} ${bad.rule} ${bad.column ?? ''} ${bad.count}`.trim())
      // The documented way ends in the live cluster: what it would refuse there at night is said by day.
      if (declared !== undefined && item.database !== undefined) {
        const live = await findCluster({ port: declared.port }, limits)
        await refuseForPerson(live, { database: declared.name, dump, facts: item.database }, limits)
        if (loaded.localeDiffers) throw localeMissing(declared.name, collatedAs(item.database, dump))
      }
      if (query === undefined) return 0
      await askIn(loaded, query, limits)
      return 1
    })
  })
}

/** Throws backup.drill_query: the question itself is wrong, or the answer is empty. */
async function askIn({ restorer, database }: LoadedDatabase, query: string, limits: Limits): Promise<void> {
  const rows = await drillQuery(restorer, database, query, limits).catch((cause: unknown) => {
    if (!(cause instanceof SekishoError) || cause.code !== 'backup.db_query_failed') throw cause
    throw new SekishoError('backup.drill_query', { query, why: String(cause.detail['why']) }, { cause })
  })
  if (rows === 0) throw new SekishoError('backup.drill_query', { query, why: 'none' })
}
