// Two databases change names in one transaction: whoever connects finds the one or the other under its name, whole.
// INVARIANT B5: the names are told by object ids before and after; a swap that was interrupted is *applied* or *not applied*, or the original stands aside
// (*parted*) and `joinAgain` gives it its name back: nobody was let in by the live name yet.
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import { databaseOid } from './facts.ts'
import { ask, identifier, literal, tell } from './query.ts'
import type { Cluster, Limits, SwapPair, SwapState } from './types.ts'

/** The object id of none (InvalidOid): of a name that no database has. */
export const NO_DATABASE = 0

const TRIES = 4
/** Somebody came in between, and is put out again. A prepared transaction stays whoever is put out. */
const BUSY = /being accessed by other users(?!.*prepared transaction)|lock timeout/is

export interface Probed {
  readonly state: SwapState
  /** Both take connections, but an original that took none before. A swap that was killed between two of its steps leaves them closed: `openDatabases`. */
  readonly open: boolean
}

/** Which of the names has which object id now. Throws backup.db_query_failed. */
export async function probeSwap(cluster: Cluster, pair: SwapPair, limits: Limits): Promise<Probed> {
  const found = await ask(
    cluster,
    away(pair),
    `SELECT coalesce(json_object_agg(datname, json_build_array(oid::bigint, datallowconn)), '{}') FROM pg_database
     WHERE datname IN (${[pair.live, pair.beside, asideName(pair)].map(literal).join(', ')})`,
    limits,
  )
  const of = (name: string): readonly unknown[] => {
    const row = (found as Readonly<Record<string, unknown>>)[name]
    return Array.isArray(row) ? row : []
  }
  const [live = NO_DATABASE, liveOpen = true] = of(pair.live)
  const [beside = NO_DATABASE, besideOpen = true] = of(pair.beside)
  const [aside = NO_DATABASE, asideOpen = true] = of(asideName(pair))
  const isAsItWas = (oid: unknown, isOpen: unknown) => isOpen === true || oid === pair.closed
  const open = isAsItWas(live, liveOpen) && besideOpen === true && isAsItWas(aside, asideOpen)
  if (live === NO_DATABASE && aside !== NO_DATABASE)
    return { state: aside === pair.liveOid && beside === pair.besideOid ? 'parted' : 'mixed', open }
  if (live === pair.liveOid && beside === pair.besideOid) return { state: 'not_applied', open }
  if (live === pair.besideOid && beside === pair.liveOid) return { state: 'applied', open }
  return { state: 'mixed', open }
}

/**
 * Where no database has the live name, the loaded one gets it; the other way round it gets its own name again.
 * After it the live name is the other database, and the old one has the other name: the same call with the answer undoes it.
 *
 * `look`: asked while nobody can come in by the live name, when everybody is out who was in: what it sees of the original is its last word. Where it
 * throws, the original has its name again.
 * Throws backup.db_moved when the names are not what was looked at, backup.db_swap_failed; then nothing has changed and both are open.
 */
export async function swapDatabases(
  cluster: Cluster,
  pair: SwapPair,
  limits: Limits,
  look?: () => Promise<void>,
): Promise<SwapPair> {
  if ((await probeSwap(cluster, pair, limits)).state === 'parted') await joinAgain(cluster, pair, limits)
  const before = await probeSwap(cluster, pair, limits)
  if (before.state !== 'not_applied') {
    const found = await databaseOid(cluster, pair.live, limits)
    throw new SekishoError('backup.db_moved', {
      database: pair.live,
      found: String(found ?? 'none'),
      wanted: String(pair.liveOid),
    })
  }
  const parts = look !== undefined && pair.liveOid !== NO_DATABASE
  if (look !== undefined && parts) {
    await reach(cluster, pair, 'parted', () => part(cluster, pair, limits), limits)
    await look().catch(async (cause: unknown) => {
      await joinAgain(cluster, pair, { timeoutMs: limits.timeoutMs })
      throw cause
    })
  }
  try {
    await reach(cluster, pair, 'applied', () => once(cluster, pair, parts, limits), limits)
  } catch (cause) {
    if (parts) await joinAgain(cluster, pair, { timeoutMs: limits.timeoutMs })
    throw cause
  }
  return turned(pair)
}

/** The same two the other way round. */
export function turned(pair: SwapPair): SwapPair {
  return { ...pair, liveOid: pair.besideOid, besideOid: pair.liveOid }
}

/** Whether the live one lets nobody in, as a pair says it. Throws backup.db_query_failed. */
export async function closedOf(
  cluster: Cluster,
  liveOid: number,
  limits: Limits,
): Promise<Pick<SwapPair, 'closed'>> {
  const select = `SELECT coalesce((SELECT NOT datallowconn FROM pg_database WHERE oid = ${liveOid}), false)`
  return (await tell(cluster, 'postgres', [select], limits)) === 't' ? { closed: liveOid } : {}
}

/** The original that was set aside has its name again, and is open. May run twice. Throws backup.db_swap_failed. */
export async function joinAgain(cluster: Cluster, pair: SwapPair, limits: Limits): Promise<void> {
  if ((await probeSwap(cluster, pair, limits)).state === 'parted')
    await reach(
      cluster,
      pair,
      'not_applied',
      () => rename(cluster, pair, [asideName(pair), pair.live], limits),
      limits,
    )
  await openDatabases(cluster, pair, limits)
}

/** Tries until the names are so; else both are open again, and it throws backup.db_swap_failed. */
async function reach(
  cluster: Cluster,
  pair: SwapPair,
  wanted: SwapState,
  work: () => Promise<void>,
  limits: Limits,
): Promise<void> {
  let why = ''
  for (let i = 0; i < TRIES; i++) {
    try {
      await work()
      return
    } catch (cause) {
      // The answer may have been lost on its way: the names tell.
      const { state } = await probeSwap(cluster, pair, { timeoutMs: limits.timeoutMs })
      if (state === wanted) {
        await openDatabases(cluster, pair, { timeoutMs: limits.timeoutMs })
        return
      }
      why = cause instanceof SekishoError ? String(cause.detail['why']) : String(cause)
      if (!BUSY.test(why) || limits.signal?.aborted === true) break
    }
  }
  await openDatabases(cluster, pair, { timeoutMs: limits.timeoutMs })
  throw new SekishoError('backup.db_swap_failed', { database: pair.live, why })
}

/** The original under a name that nobody knows: under its own there is none, and everybody is out. */
function part(cluster: Cluster, pair: SwapPair, limits: Limits): Promise<void> {
  return rename(cluster, pair, [pair.live, asideName(pair)], limits)
}

async function rename(
  cluster: Cluster,
  pair: SwapPair,
  [from, to]: readonly [string, string],
  limits: Limits,
): Promise<void> {
  await tell(
    cluster,
    away(pair),
    [
      `ALTER DATABASE ${identifier(from)} ALLOW_CONNECTIONS false`,
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ${literal(from)} AND pid <> pg_backend_pid()`,
      'BEGIN',
      // Divides by zero when the name is another database's by now.
      `SELECT 1 / (SELECT count(*) FROM pg_database WHERE datname = ${literal(from)} AND oid = ${pair.liveOid})`,
      `ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)}`,
      ...(pair.closed === pair.liveOid ? [] : [`ALTER DATABASE ${identifier(to)} ALLOW_CONNECTIONS true`]),
      'COMMIT',
    ],
    limits,
    { settings: SWAP_SETTINGS },
  )
}

const SWAP_SETTINGS = ['lock_timeout=20s', 'synchronous_commit=on'] as const

/** What the two are called now, whoever of them has which name: by their ids. Throws backup.db_moved. */
export async function namesNow(
  cluster: Cluster,
  pair: SwapPair,
  limits: Limits,
): Promise<{ readonly live: string | undefined; readonly beside: string | undefined }> {
  const found = await ask(
    cluster,
    away(pair),
    `SELECT coalesce(json_object_agg(oid::bigint, datname), '{}') FROM pg_database WHERE oid IN (${pair.liveOid}, ${pair.besideOid})`,
    limits,
  )
  const name = (oid: number) => (found as Readonly<Record<string, string>>)[String(oid)]
  const [live, beside] = [name(pair.liveOid), name(pair.besideOid)]
  for (const [name, found, wanted] of [
    [pair.beside, beside, pair.besideOid],
    [pair.live, live, pair.liveOid],
  ] as const)
    if (found === undefined && wanted !== NO_DATABASE)
      throw new SekishoError('backup.db_moved', { database: name, found: 'none', wanted: String(wanted) })
  return { live, beside }
}

/** Both take connections again, whatever their names are, but an original that took none before. May run twice. */
export async function openDatabases(cluster: Cluster, pair: SwapPair, limits: Limits): Promise<void> {
  const found = await ask(
    cluster,
    away(pair),
    `SELECT coalesce(json_agg(datname), '[]') FROM pg_database WHERE oid IN (${pair.liveOid}, ${pair.besideOid}) AND NOT datallowconn
       AND NOT (oid = ${pair.closed ?? NO_DATABASE} AND datname <> ${literal(pair.beside)})`,
    limits,
  )
  const closed = Array.isArray(found) ? found.map(String) : []
  if (closed.length === 0) return
  await tell(
    cluster,
    away(pair),
    closed.map((name) => `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS true`),
    limits,
  )
}

/** The comment of the live name stays with the name; the other one says what it is kept for. */
const KEPT = 'sekisho kept'

/** `parted`: the original is aside already. */
async function once(cluster: Cluster, pair: SwapPair, parted: boolean, limits: Limits): Promise<void> {
  const isLive = pair.liveOid !== NO_DATABASE
  const isBeside = pair.besideOid !== NO_DATABASE
  const comment = await tell(
    cluster,
    away(pair),
    [
      `SELECT coalesce((SELECT quote_literal(shobj_description(oid, 'pg_database')) FROM pg_database WHERE oid = ${pair.liveOid}), 'NULL')`,
    ],
    limits,
  )
  const [live, beside] = [identifier(pair.live), identifier(pair.beside)]
  const aside = identifier(asideName(pair))
  const stands = parted ? asideName(pair) : pair.live
  const names = `${literal(stands)}, ${literal(pair.beside)}`
  const asked = `(SELECT count(*) FROM pg_database WHERE (datname = ${literal(stands)} AND oid = ${pair.liveOid}) OR (datname = ${literal(pair.beside)} AND oid = ${pair.besideOid}))`
  const there = Number(isLive) + Number(isBeside)
  // Afterwards: what was live stands beside, and what stood beside is live.
  const kept = isLive ? [beside] : []
  const wanted = isBeside ? [live] : []
  await tell(
    cluster,
    away(pair),
    [
      ...[...(isLive ? [identifier(stands)] : []), ...(isBeside ? [beside] : [])].map(
        (name) => `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
      ),
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname IN (${names}) AND pid <> pg_backend_pid()`,
      'BEGIN',
      // Divides by zero when a name is another database's by now.
      `SELECT 1 / (CASE WHEN ${asked} = ${there} THEN 1 ELSE 0 END)`,
      ...(isLive && !parted ? [`ALTER DATABASE ${live} RENAME TO ${aside}`] : []),
      ...(isBeside ? [`ALTER DATABASE ${beside} RENAME TO ${live}`] : []),
      ...(isLive ? [`ALTER DATABASE ${aside} RENAME TO ${beside}`] : []),
      ...wanted.map((name) => `COMMENT ON DATABASE ${name} IS ${comment}`),
      ...kept.map((name) => `COMMENT ON DATABASE ${name} IS ${literal(KEPT)}`),
      // As evidence it can be looked at.
      ...[...(pair.closed === pair.besideOid ? [] : wanted), ...kept].map(
        (name) => `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
      ),
      'COMMIT',
    ],
    limits,
    { settings: SWAP_SETTINGS },
  )
}

/** Where the original is while its name is nobody's. */
function asideName({ live, beside }: SwapPair): string {
  return `sekisho_${sha256(`${live} ${beside}`).slice(0, 24)}`
}

/** A database that is none of the two: from inside one it cannot be renamed. */
function away({ live, beside }: SwapPair): string {
  return live === 'postgres' || beside === 'postgres' ? 'template1' : 'postgres'
}
