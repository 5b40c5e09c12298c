// Stages the rollback of a restore that was kept: the original is still beside, and is exchanged again with what stands at the path now. Nothing
// is copied; both are identified by inode and object id, read as they are, and compared like any other restore (decision 0044).
import { closeSync } from 'node:fs'
import { dirname } from 'node:path'
import { NO_BASELINE } from '../backup/levels.ts'
import type { Database, DataDirectory } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import { instant } from '../base/time.ts'
import { isAtOrBelow } from '../plans/data-directory.ts'
import { targetsOf } from '../plans/playbooks/data.ts'
import type { DamagedNow, EvidenceWish, FromEvidence, StagedPart } from '../plans/restore.ts'
import { findCluster } from '../postgres/cluster.ts'
import { checkDatabase, schemaDigest } from '../postgres/content.ts'
import { databaseOid, tableRows } from '../postgres/facts.ts'
import { withReader } from '../postgres/reader.ts'
import { closedOf, NO_DATABASE } from '../postgres/swap.ts'
import type { Cluster, SwapPair } from '../postgres/types.ts'
import { childOf, isNotRead, judgeFiles } from '../snapshot/content.ts'
import { faultOf } from '../snapshot/judge-dump.ts'
import { openLive } from '../snapshot/live.ts'
import { DATABASE_MS } from '../snapshot/try-load.ts'
import { whatStands } from '../tree/exchange-places.ts'
import { identityOf } from '../tree/identity.ts'
import { isUsed } from './clear-stage.ts'
import { noEvidence, seeEvidence } from './evidence.ts'
import { itemUnknown } from './item-unknown.ts'
import { damagedIn } from './judge-live.ts'
import { listsOf } from './loss.ts'
import type { StageContext } from './stage-context.ts'
import type { ExchangePlace, SwapPlace } from './stage-record.ts'
import type { StoredStage } from './stage-store.ts'
import { DAMAGED_SHOWN, type StagedItem, stageFrom } from './staged-item.ts'
import { stageIn } from './stages-in-use.ts'

export type RollbackContext = StageContext<EvidenceWish>

interface StagedBack extends StagedItem {
  readonly damaged: readonly DamagedNow[]
}

/** Throws restore.evidence_gone, restore.taken_back, restore.*, backup.*, file.*. */
export async function stageRollback(context: RollbackContext): Promise<StoredStage> {
  try {
    return await lay(context)
  } catch (cause) {
    if (!isTakenBack(cause)) throw cause
    throw takenBack(context, await takenBackBy(context))
  }
}

async function lay(context: RollbackContext): Promise<StoredStage> {
  const { parts, wish, progress } = context
  const used = await usedStage(context)
  const from: FromEvidence = { evidence: wish.change, stage: wish.stage, taken: used.staged.at }
  progress({ step: 'reading' })
  // Everything is looked up before any of it is read.
  const found: (() => Promise<StagedBack>)[] = []
  const back: unknown[] = []
  for (const part of used.staged.parts)
    try {
      found.push(
        part.kind === 'exchange'
          ? findPath(part, used, from, context)
          : await findName(part, used, from, context),
      )
    } catch (cause) {
      // Parts that were undone at that time are back already and are left out.
      if (!used.isLeft || !isTakenBack(cause)) throw cause
      back.push(cause)
    }
  if (found.length === 0) throw back[0]
  await assertNotTakenBack(context)
  const laid: StagedBack[] = []
  for (const layPart of found) laid.push(await layPart())
  progress({ step: 'comparing' })
  const lists = await listsOf(laid, context, 'evidence')
  const damagedThen = laid.flatMap(({ damaged }) => damaged).slice(0, DAMAGED_SHOWN)
  // A rollback has no directory of its own: the stage that it takes back holds everything, and is removed with it.
  return stageFrom(laid, context, {
    at: instant(parts.clock.now()),
    loss: lists.loss,
    lists: lists.digest,
    passedOver: [],
    damaged: [],
    ...(damagedThen.length === 0 ? {} : { damagedThen }),
  })
}

interface Used extends StoredStage {
  /** A person left parts of the undo undone: those parts, and no others, have their original beside. */
  readonly isLeft: boolean
}

/** The stage of the change, by this runner's own journal: the change was kept or left as it is, and its original is still there. */
async function usedStage(context: RollbackContext): Promise<Used> {
  const { parts, service, wish } = context
  const { stages, journal } = parts
  const used = await stages.load(wish.stage, journal.index).catch((error: unknown) => {
    if (error instanceof SekishoError) return undefined
    throw error
  })
  const ended = await endOf(context)
  if (used?.staged.service !== service.name || ended === undefined) throw gone(context)
  for (const target of targetsOf(service, used.staged.parts)) {
    const by = journal.index.holder(target)
    if (by !== undefined)
      throw new SekishoError('run.target_held', {
        target,
        by,
        change: journal.index.accepted.get(by)?.change ?? '',
      })
  }
  return { ...used, isLeft: ended === 'left' }
}

/** What is beside now was put there by the later change. */
async function assertNotTakenBack(context: RollbackContext): Promise<void> {
  const { parts, wish } = context
  const { stages, journal } = parts
  for (const stage of await stages.list()) {
    const other = await stages.load(stage, journal.index).catch(() => undefined)
    const isBack = other?.staged.wish.kind === 'rollback' && other.staged.wish.stage === wish.stage
    if (isBack && (await isUsed(other))) throw takenBack(context)
  }
}

/** Undefined: it did not use the stage, or everything was put back. */
async function endOf({ parts, wish }: RollbackContext): Promise<'kept' | 'left' | undefined> {
  const { index } = parts.journal
  for (const [execution, { change, plan: digest }] of index.accepted) {
    const { outcome, detail } = index.closed.get(execution) ?? {}
    const isLeft = outcome === 'failed' && detail?.['why'] === 'undo_skipped'
    if (change !== wish.change || !(outcome === 'kept' || isLeft)) continue
    if ((await stageIn(digest, parts)) === wish.stage) return isLeft ? 'left' : 'kept'
  }
  return undefined
}

/** The newest change that restored what stood there before. Undefined where this runner has none. */
async function takenBackBy({ parts, wish }: RollbackContext): Promise<ChangeId | undefined> {
  const { accepted, closed } = parts.journal.index
  for (const [execution, { change, plan: digest }] of [...accepted].reverse()) {
    if (closed.get(execution)?.outcome !== 'kept') continue
    const stage = await stageIn(digest, parts).catch(() => undefined)
    if (stage === undefined) continue
    const used = await parts.stages.load(stage, parts.journal.index).catch(() => undefined)
    if (used?.staged.wish.kind === 'rollback' && used.staged.wish.stage === wish.stage) return change
  }
  return undefined
}

function gone({ service, wish }: RollbackContext, path = ''): SekishoError {
  return new SekishoError('restore.evidence_gone', { change: wish.change, service: service.name, path })
}
function takenBack({ service, wish }: RollbackContext, by: ChangeId | '' = ''): SekishoError {
  return new SekishoError('restore.taken_back', { change: wish.change, service: service.name, by })
}

function isTakenBack(cause: unknown): cause is SekishoError {
  return cause instanceof SekishoError && cause.code === 'restore.taken_back'
}

type PathPart = Extract<StagedPart, { readonly kind: 'exchange' }>

function findPath(
  part: PathPart,
  { exchanges }: StoredStage,
  from: FromEvidence,
  context: RollbackContext,
): () => Promise<StagedBack> {
  const { service } = context
  const { item, path } = part
  const directory = service.data?.find(({ name }) => name === item)
  if (directory === undefined || !isAtOrBelow(path, directory.dir)) throw itemUnknown(service, path)
  const before = exchanges.find((one) => one.path === path)
  if (before === undefined) throw gone(context, path)
  const exchange = placesNow(before, context)
  return () => stagePath(part, exchange, { from, directory }, context)
}

async function stagePath(
  part: PathPart,
  exchange: ExchangePlace,
  { from, directory }: { readonly from: FromEvidence; readonly directory: DataDirectory },
  context: RollbackContext,
): Promise<StagedBack> {
  const { progress } = context
  const { item, path } = part
  const { beside, live, staged } = exchange
  const seen =
    staged === undefined
      ? noEvidence(context)
      : await seeEvidence(beside, context, (entries, bytes) => progress({ entries, bytes }))
  const damaged = staged === undefined ? [] : await damagedBeside(part, beside, directory, context)
  return {
    part: {
      kind: 'exchange',
      of: part.of,
      item,
      path,
      from,
      ...seen,
      carried: [],
      ...(live === undefined ? { before: 'absent' } : {}),
      ...(staged === undefined ? { after: 'absent' } : {}),
    },
    exchange,
    damaged,
  }
}

/** The pair to exchange. What is beside is the original, unless that is at the path: nobody else can write there. */
function placesNow(of: ExchangePlace, context: RollbackContext): ExchangePlace {
  const { path, beside } = of
  const [at, away] = [identityOf(path), identityOf(beside)]
  if (whatStands(of) === 'old' || (at === undefined && away === undefined)) throw takenBack(context)
  const [here, there] = [identityOf(dirname(path)), identityOf(dirname(beside))]
  if (here === undefined) throw new SekishoError('restore.parent_missing', { path, parent: dirname(path) })
  if (there === undefined || (away === undefined) !== (of.live === undefined)) throw gone(context, path)
  if (deviceIn(here) !== deviceIn(there)) throw new SekishoError('backup.exchange_other_volume', { path })
  return {
    path,
    beside,
    ...(away === undefined ? {} : { staged: away }),
    ...(at === undefined ? {} : { live: at }),
  }
}

function deviceIn(identity: string): string {
  return identity.split(':')[0] ?? ''
}

/** The content of the original is no condition: what breaks the rules is named. */
async function damagedBeside(
  { of, path }: PathPart,
  beside: string,
  directory: DataDirectory,
  { parts, signal }: RollbackContext,
): Promise<readonly DamagedNow[]> {
  const child = childOf(parts, signal)
  if (of === 'directory') return damagedIn({ ...directory, dir: beside }, NO_BASELINE, child)
  const below = path.slice(directory.dir.length + 1)
  const rules = directory.invariants[below]
  if (directory.format !== 'json' || !(below.endsWith('.json') || rules !== undefined)) return []
  const part = `${directory.name}/${below}`
  const found = openLive(beside)
  if (found.kind !== 'file')
    return [{ part, why: found.kind === 'absent' ? 'absent' : `not_file found ${found.why}` }]
  try {
    const file = { fd: found.fd, path: below, ...(rules === undefined ? {} : { rules }) }
    const [judged] = await judgeFiles([file], child)
    if (judged?.verdict !== 'rubbish') return []
    return [{ part, why: `${judged.fault?.code ?? ''} ${judged.fault?.where ?? ''}`.trim() }]
  } catch (cause) {
    if (signal.aborted || !isNotRead(cause)) throw cause
    return [{ part, why: 'not_read' }]
  } finally {
    closeSync(found.fd)
  }
}

type NamePart = Extract<StagedPart, { readonly kind: 'database' }>

async function findName(
  { item, database, port }: NamePart,
  { swaps }: StoredStage,
  from: FromEvidence,
  context: RollbackContext,
): Promise<() => Promise<StagedBack>> {
  const { service, signal } = context
  const declared = service.databases?.find((one) => one.name === database && one.port === port)
  if (declared === undefined) throw itemUnknown(service, database)
  const swap = swaps.find((one) => one.port === port && one.pair.live === database)
  if (swap === undefined) throw gone(context, database)
  const limits = { timeoutMs: DATABASE_MS, signal }
  const cluster = await findCluster({ port }, limits)
  const pair = await pairNow(swap, cluster, context)
  const { beside } = pair
  const part = { kind: 'database', item, database, port, beside, from } as const
  return () => stageDatabaseName(part, pair, { cluster, declared }, context)
}

async function stageDatabaseName(
  part: Pick<NamePart, 'kind' | 'item' | 'database' | 'port' | 'beside' | 'from'>,
  pair: SwapPair,
  { cluster, declared }: { readonly cluster: Cluster; readonly declared: Database },
  context: RollbackContext,
): Promise<StagedBack> {
  const { database, port, beside } = part
  const limits = { timeoutMs: DATABASE_MS, signal: context.signal }
  if (pair.besideOid === NO_DATABASE) {
    const { digest } = noEvidence(context)
    return { part: { ...part, digest, rows: 0, after: 'absent' }, swap: { port, pair }, damaged: [] }
  }
  return withReader(cluster, [beside], limits, async (reader) => {
    const rows = Object.values(await tableRows(reader, beside, limits)).reduce((sum, one) => sum + one, 0)
    const violations = await checkDatabase(reader, beside, declared.invariants, limits)
    return {
      part: {
        ...part,
        digest: await schemaDigest(reader, beside, limits),
        rows,
        ...(pair.liveOid === NO_DATABASE ? { before: 'absent' as const } : {}),
      },
      swap: { port, pair },
      damaged: violations.map((one) => ({ part: database, why: faultOf(one) })),
    }
  })
}

/** A database keeps its object id whatever is written: the original is the database with the id that was live then, or there was none. */
async function pairNow({ pair }: SwapPlace, cluster: Cluster, context: RollbackContext): Promise<SwapPair> {
  const limits = { timeoutMs: DATABASE_MS, signal: context.signal }
  const { live, beside } = pair
  const [liveOid = NO_DATABASE, besideOid = NO_DATABASE] = [
    await databaseOid(cluster, live, limits),
    await databaseOid(cluster, beside, limits),
  ]
  if (besideOid === pair.besideOid || (liveOid === NO_DATABASE && besideOid === NO_DATABASE))
    throw takenBack(context)
  if (besideOid !== pair.liveOid) throw gone(context, live)
  return { live, beside, liveOid, besideOid, ...(await closedOf(cluster, liveOid, limits)) }
}
