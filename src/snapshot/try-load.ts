// What the bytes of a dump are when they are loaded: in a throw-away cluster, every row counted, every declared rule asked. Equal bytes under equal rules
// answer the same: they are read and compared each time, and loaded once in the life of this process.
import type { DatabaseFacts } from '../backup/manifest.ts'
import type { Database } from '../backup/set.ts'
import { type Digest, labelledDigest } from '../base/hash.ts'
import type { Json } from '../base/json.ts'
import { checkDatabase } from '../postgres/content.ts'
import { loadInto } from '../postgres/load.ts'
import { clientFor, findPrograms } from '../postgres/programs.ts'
import { readDump } from '../postgres/read-dump.ts'
import { powerless } from '../postgres/role.ts'
import { withScratchCluster } from '../postgres/scratch.ts'
import type { Account, Programs, ReadDump, Violation } from '../postgres/types.ts'
import { holdFree } from './room.ts'
import { clusterPlace } from './scratch.ts'
import type { DumpContext, TakenDump } from './sealed-dump.ts'

export const DATABASE_MS = 3_600_000
/** What a cluster takes before anything is in it, its log included. */
const EMPTY_CLUSTER = 134_217_728
const REMEMBERED = 32

export interface TriedLoad {
  readonly schema: Digest
  /** Rows of each table, as they were loaded. */
  readonly tables: Readonly<Record<string, number>>
  readonly violations: readonly Violation[]
}

const tried = new Map<string, TriedLoad>()

/** Throws backup.db_not_a_dump, backup.db_dump_damaged, backup.db_dump_refused, backup.db_load_failed, backup.no_space. */
export async function tryLoad(
  { path, digest }: TakenDump,
  of: { readonly facts?: DatabaseFacts; readonly invariants: Database['invariants'] },
  { parts, signal }: DumpContext,
): Promise<TriedLoad & { readonly dump: ReadDump }> {
  const { facts, invariants } = of
  const reading = await readers(facts?.server)
  const limits = { timeoutMs: DATABASE_MS, signal }
  const dump = await readDump(path, reading, limits)
  const key = labelledDigest('sekisho-load-v1', [
    digest,
    reading.programs.version,
    (facts ?? null) as Json,
    invariants as unknown as Json,
  ])
  const before = tried.get(key)
  if (before !== undefined) return { ...before, dump }
  const scratch = { ...reading, directory: await clusterPlace(parts) }
  // Rows take about as much again with their indexes: what is being served must not run out of room because of us.
  using _room = await holdFree(scratch.directory, dump.text * 2 + EMPTY_CLUSTER, parts)
  const found = await withScratchCluster(scratch, limits, async (cluster): Promise<TriedLoad> => {
    const loaded = await loadInto(cluster, path, { dump, ...(facts === undefined ? {} : { facts }) }, limits)
    const violations = await checkDatabase(loaded.restorer, loaded.database, invariants, limits)
    return { schema: loaded.schema, tables: loaded.tables, violations }
  })
  for (const oldest of tried.keys()) if (tried.size >= REMEMBERED) tried.delete(oldest)
  tried.set(key, found)
  return { ...found, dump }
}

/** Programs of the server's own major or newer, and an account that owns nothing. */
export async function readers(server = '0'): Promise<{ readonly programs: Programs; readonly as: Account }> {
  const programs = clientFor(await findPrograms(), Number(server.split('.')[0]))
  return { programs, as: await powerless() }
}
