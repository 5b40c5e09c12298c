// Is the content of a copy good, read now? Every data file that is JSON is parsed, every declared rule asked, every dump read to its end in a
// throw-away cluster or at least to the end of its data (backup.md §6, *content*).
import { closeSync } from 'node:fs'
import type { ItemVerdict } from '../backup/choose.ts'
import type { KnownCopy } from '../backup/level.ts'
import { type Baseline, heldBefore } from '../backup/levels.ts'
import type { ManifestEntry, ManifestItem } from '../backup/manifest.ts'
import { shownPath } from '../backup/manifest-path.ts'
import type { Root } from '../backup/records.ts'
import { isSecretName } from '../backup/set.ts'
import type { Service } from '../plans/policy.ts'
import { type ContentChild, JUDGED_AT_ONCE, judgeFiles, type ToJudge } from './content.ts'
import { judgeDump } from './judge-dump.ts'
import { faultOfSqlite } from './judge-sqlite.ts'
import { isDatabaseFile, mayBeDatabase } from './magic.ts'
import type { SnapshotPorts } from './ports.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'

export interface CopyVerdict {
  readonly items: Readonly<Record<string, ItemVerdict>>
  /** Of the first fault, by item. */
  readonly faults: Readonly<Record<string, string>>
  /** By item: the first database file in it that was copied as a file. What is around it may be good; *content* is not to be said. */
  readonly capped: Readonly<Record<string, string>>
  /** By `ITEM/path`, of files that were parsed; of SQLite databases by `ITEM//path` their bytes. */
  readonly records: Readonly<Record<string, number>>
  /** By `ITEM/path`, of those that are no list. */
  readonly roots: Readonly<Record<string, Root>>
  readonly judged: number
  /** `ITEM/path` of secret files that have rules and whose bytes were not at hand. */
  readonly unjudged: readonly string[]
  readonly bytes: number
  readonly entries: number
}

export type SecretEntry = Extract<ManifestEntry, { readonly type: 'secret' }>

export interface JudgeCopy {
  readonly parts: SnapshotPorts
  readonly child: ContentChild
  /** What the last good one held. */
  readonly before: Baseline
  /** Opens the bytes of a secret that the copy itself does not hold; undefined where there are none that equal what was sealed. The caller closes. */
  readonly secret?: (item: ManifestItem, entry: SecretEntry) => number | undefined
  readonly progress?: (entries: number, bytes: number) => void
  /** Nothing else is wanted of the copy: what is wrong beside it is no reason to take an older one. `path`: one file, as the manifest names it. */
  readonly only?: { readonly item: string; readonly path?: string }
}

/** Throws backup.snapshot_missing, backup.snapshot_damaged, backup.content_not_read, file.* of the copy. */
export async function judgeCopy(copy: KnownCopy, service: Service, c: JudgeCopy): Promise<CopyVerdict> {
  const snapshot = await readSnapshot(copy, c.child.signal)
  try {
    const items: Record<string, ItemVerdict> = {}
    const faults: Record<string, string> = {}
    const capped: Record<string, string> = {}
    const records: Record<string, number> = {}
    const roots: Record<string, Root> = {}
    const unjudged: string[] = []
    const total = { judged: 0, bytes: 0, entries: 0 }
    for (const item of snapshot.header.items) {
      // What a person alone may bring back is judged by nobody else.
      if (item.kind === 'globals' || (c.only !== undefined && item.name !== c.only.item)) continue
      const found =
        item.kind === 'database'
          ? await judgeDump({ copy, snapshot, item }, service, c)
          : await judgeTree({ item, copy, snapshot }, service, c)
      items[item.name] = found.verdict
      if (found.fault !== undefined) faults[item.name] = found.fault
      if (found.capped !== undefined) capped[item.name] = `${found.capped}: ${DATABASE_INSIDE}`
      Object.assign(records, found.records)
      Object.assign(roots, found.roots)
      unjudged.push(...(found.unjudged ?? []))
      total.judged += found.judged
      total.bytes += item.bytes
      total.entries += item.entries
      c.progress?.(total.entries, total.bytes)
    }
    return { items: withAccepted(items, copy, service), faults, capped, records, roots, unjudged, ...total }
  } finally {
    snapshot.close()
  }
}

/** A size out of trend is a question, and whoever may change the rules answers it: this backup, by its name (`backup.accepted`). */
function withAccepted(
  items: Readonly<Record<string, ItemVerdict>>,
  { backup }: KnownCopy,
  { backup: rules }: Service,
): Readonly<Record<string, ItemVerdict>> {
  if (rules?.accepted?.includes(backup) !== true) return items
  return Object.fromEntries(
    Object.entries(items).map(([name, verdict]) => [name, verdict === 'question' ? 'good' : verdict]),
  )
}

/** Of one item. */
export interface Found {
  readonly verdict: ItemVerdict
  readonly fault?: string
  readonly capped?: string
  readonly records: Readonly<Record<string, number>>
  readonly roots?: Readonly<Record<string, Root>>
  readonly judged: number
  readonly unjudged?: readonly string[]
}

export const DATABASE_INSIDE = 'database_inside'

async function judgeTree(
  of: { readonly item: ManifestItem; readonly copy: KnownCopy; readonly snapshot: Snapshot },
  service: Service,
  c: JudgeCopy,
): Promise<Found> {
  const { item, copy, snapshot } = of
  const declared = service.data?.find(({ name }) => name === item.name)
  const rules = declared?.invariants ?? {}
  const isJson = declared?.format === 'json'
  let capped: string | undefined
  let verdict: ItemVerdict = 'good'
  let fault: string | undefined
  const records: Record<string, number> = {}
  const roots: Record<string, Root> = {}
  const unjudged: string[] = []
  const isAccepted = service.backup?.accepted?.includes(copy.backup) === true
  let counted = 0
  const isWanted = (path: string) => c.only?.path === undefined || path === c.only.path
  const missing = new Set(Object.keys(rules).filter(isWanted))
  let judged = 0
  const worsen = (next: ItemVerdict, why: string) => {
    if (verdict === 'rubbish' || (verdict === 'question' && next === 'question')) return
    verdict = next
    fault = why
  }
  let batch: (ToJudge & { readonly key: string })[] = []
  const flush = async () => {
    const files = batch
    batch = []
    try {
      for (const [i, one] of (await judgeFiles(files, c.child)).entries()) {
        const { key = '', path = '' } = files[i] ?? {}
        judged += 1
        if (Object.hasOwn(rules, path) || (one.verdict !== 'rubbish' && counted++ < COUNTED_MAX)) {
          records[key] = one.records
          if (one.root !== 'list') roots[key] = one.root
        }
        if (one.verdict !== 'good')
          worsen(one.verdict, `${path}: ${one.fault?.code ?? ''} ${one.fault?.where ?? ''}`.trim())
      }
    } finally {
      for (const { fd } of files) closeSync(fd)
    }
  }
  const isSqlite = declared?.format === 'sqlite'
  const databases = new Set(isSqlite ? databasesBefore(item.name, c.before.records).filter(isWanted) : [])
  try {
    for (const entry of snapshot.entries(item.name)) {
      const path = shownPath(entry.at)
      missing.delete(path)
      const wasDatabase = (entry.type === 'file' || entry.type === 'secret') && databases.delete(path)
      let isDatabase = false
      if (!isWanted(path)) continue
      if (entry.type === 'file' && mayBeDatabase(path, entry.size)) {
        const database = await databaseIn(entry, path, item, snapshot, isSqlite, c)
        if (database === 'copied') capped ??= path
        else if (database !== undefined) {
          judged += 1
          isDatabase = true
          if (database !== 'sound') worsen('rubbish', `${path}: ${database}`)
          else if (Object.keys(records).length < DATABASES_MAX && NAMED.test(path))
            records[databaseKey(item.name, path)] = entry.size
        }
      }
      if (
        isSqlite &&
        entry.type === 'file' &&
        !isDatabase &&
        (wasDatabase || isNamedDatabase(path, entry.size))
      )
        worsen('rubbish', `${path}: no_database`)
      // A link or a directory in its place holds no record.
      if (Object.hasOwn(rules, path) && entry.type !== 'file' && entry.type !== 'secret')
        worsen('rubbish', `${path}: not_file`)
      if (!isJson || !(path.endsWith('.json') || Object.hasOwn(rules, path))) continue
      const key = `${item.name}/${path}`
      const fileRules = Object.hasOwn(rules, path) ? rules[path] : undefined
      let fd: number | undefined
      if (entry.type === 'file') fd = snapshot.openFile(item, entry)
      else if (entry.type === 'secret' && c.secret !== undefined) {
        fd = c.secret(item, entry)
        if (fd === undefined && fileRules !== undefined) unjudged.push(key)
      }
      if (fd === undefined) continue
      batch.push({
        fd,
        path,
        key,
        ...(fileRules === undefined ? {} : { rules: fileRules }),
        // Without rules a person has no other way to say that the change is meant than to accept the backup by its name.
        ...(fileRules === undefined && isAccepted ? {} : heldBefore(c.before, key)),
      })
      if (batch.length >= JUDGED_AT_ONCE) await flush()
    }
    await flush()
  } finally {
    // Of a copy that is damaged some are left that nobody has judged.
    for (const { fd } of batch) closeSync(fd)
  }
  // What has rules and is not there is not empty: it is gone.
  for (const path of missing)
    if (!isSecretName(declared?.secret ?? [], path)) worsen('rubbish', `${path}: absent`)
  // A database may have been taken away on purpose: whoever may change the rules says so.
  for (const path of databases)
    if (!isSecretName(declared?.secret ?? [], path)) worsen('question', `${path}: database_gone`)
  return {
    verdict,
    ...(fault === undefined ? {} : { fault }),
    ...(capped === undefined ? {} : { capped }),
    records,
    roots,
    judged,
    unjudged,
  }
}

/** Of files without rules in one directory: what the next backup is compared with. The journal holds it for every copy. */
const COUNTED_MAX = 1000
const DATABASES_MAX = 1000
/** As the journal takes it. */
const NAMED = /^[^\0\n]{1,4000}$/

/** Beside the records of files, which have one slash: a path does not begin with one. */
function databaseKey(item: string, path: string): string {
  return `${item}//${path}`
}

function databasesBefore(item: string, before: Baseline['records']): readonly string[] {
  const prefix = databaseKey(item, '')
  return Object.keys(before).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
}

/** Called one, and with bytes in it: SQLite makes a file when it is opened, and writes to it later. */
function isNamedDatabase(path: string, size: number): boolean {
  return size > 0 && /\.(?:db|sqlite3?)$/i.test(path)
}

/** `copied`: a database, and nobody has said that it is one. Undefined: none. Anything else is what is wrong with it. */
async function databaseIn(
  entry: Extract<ManifestEntry, { type: 'file' }>,
  path: string,
  item: ManifestItem,
  snapshot: Snapshot,
  isDeclared: boolean,
  { parts, child }: JudgeCopy,
): Promise<string | undefined> {
  const fd = snapshot.openFile(item, entry)
  try {
    if (!isDatabaseFile(path, fd)) return undefined
    if (!isDeclared) return 'copied'
    const of = { id: snapshot.header.id, path: `${item.root}/${path}` }
    return (await faultOfSqlite(fd, entry, of, { parts, signal: child.signal })) ?? 'sound'
  } finally {
    closeSync(fd)
  }
}
