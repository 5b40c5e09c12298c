// The acts of a restore: compare once more what would be lost, exchange a tree or a file with what was laid out beside, exchange the names of two
// databases. What stands where is told by inode and by object id, so a probe always knows (INVARIANT I10: wholly old or wholly new).
import { SekishoError } from '../../base/error.ts'
import type { RestoreAction } from '../../plans/restore.ts'
import { findCluster } from '../../postgres/cluster.ts'
import {
  joinAgain,
  NO_DATABASE,
  openDatabases,
  probeSwap,
  swapDatabases,
  turned,
} from '../../postgres/swap.ts'
import type { ExchangePlace, RestoreHands, StageRecord, SwapPlace } from '../../restore/stage-record.ts'
import type { run } from '../../sys/process.ts'
import { exchangePlaces, isLaidOut, isWrittenAnew, whatStands } from '../../tree/exchange-places.ts'
import {
  type ActContext,
  type ActResult,
  applied,
  failed,
  failedBy,
  failedOr,
  type ProbeResult,
} from './context.ts'

interface Context {
  readonly run: typeof run
  readonly signal: AbortSignal
  readonly killPoint: (name: string) => void
  readonly restore?: RestoreHands
}

export async function applyRestore(action: RestoreAction, c: Context, timeoutMs: number): Promise<ActResult> {
  try {
    const record = await recordOf(action, c)
    switch (action.kind) {
      case 'assertLoss': {
        // Another change with the same evidence may have come first: what has changed places already is nobody's to exchange, or to exchange back.
        if (!record.exchanges.every(isLaidOut)) return failed('restore.stage_gone', { stage: action.stage })
        const moved = await movedSince(record, c, action.lists)
        return moved === undefined
          ? applied({ lists: action.lists.slice(0, 12) })
          : failed(moved.code, moved.detail)
      }
      case 'exchange': {
        const place = placeOf(action, record)
        const done = await exchangeAt(place, 'new', c)
        if (done.result !== 'applied' || !isLast(action, record)) return done
        const moved = await movedSince(record, c)
        return moved === undefined ? done : await giveBack(place, moved, c)
      }
      case 'renameDatabase':
        return await swapAt(swapOf(action, record), 'new', c, timeoutMs, async () => {
          c.killPoint('swap.parted')
          const moved = await movedSince(record, c)
          if (moved !== undefined) throw moved
          c.killPoint('swap.looked')
        })
    }
  } catch (cause) {
    return failedOr(cause, action.kind === 'exchange' ? action.path : action.kind)
  }
}

export async function probeRestore(
  action: RestoreAction,
  c: Context,
  timeoutMs: number,
): Promise<ProbeResult> {
  // Nothing is changed by looking; whoever died while looking looks again.
  if (action.kind === 'assertLoss') return { found: 'not_applied', detail: {} }
  const record = await recordOf(action, c)
  if (action.kind === 'exchange') {
    const place = placeOf(action, record)
    const stands = whatStands(place)
    const since = isWrittenAnew(place) ? { since: 'written_anew' } : {}
    const found = stands === 'new' ? 'applied' : stands === 'old' ? 'not_applied' : 'unknown'
    return { found, detail: { path: action.path, stands, ...since } }
  }
  const { pair, port } = swapOf(action, record)
  const cluster = await findCluster({ port }, { timeoutMs })
  const { state, open } = await probeSwap(cluster, pair, { timeoutMs })
  if (!open && state !== 'mixed' && state !== 'parted') await openDatabases(cluster, pair, { timeoutMs })
  return {
    found: state === 'mixed' || state === 'parted' ? 'unknown' : state,
    detail: { database: pair.live, state },
  }
}

/**
 * The lists once more, when what was there is ours alone, and evidence that comes back: between the comparison before and the exchange somebody may have
 * written. Nobody was let in yet, by us. Where several parts change places, the last one asks for all.
 */
async function movedSince(
  record: StageRecord,
  c: Context,
  sealed = record.staged.lists,
): Promise<SekishoError | undefined> {
  const hands = handsOf(c)
  const altered = await hands.altered(record, c.signal)
  if (altered !== undefined) return new SekishoError('restore.stage_damaged', { path: altered })
  if ((await hands.lists(record, c.signal)) === sealed) return undefined
  return new SekishoError('restore.loss_grew', { service: record.staged.service })
}

function isLast(
  { path }: Extract<RestoreAction, { readonly kind: 'exchange' }>,
  { staged }: StageRecord,
): boolean {
  const last = staged.parts.at(-1)
  return last?.kind === 'exchange' && last.path === path
}

async function giveBack(
  place: ExchangePlace,
  { code, detail }: SekishoError,
  c: Context,
): Promise<ActResult> {
  c.killPoint('exchange.grew')
  const back = await exchangeAt(place, 'old', c)
  return failed(code, { ...detail, back: back.result })
}

/** After a kill: what was exchanged and never compared again is compared now, or is as it was before and done anew. */
export async function settleRestore(
  action: RestoreAction,
  c: Context,
  timeoutMs: number,
): Promise<ProbeResult> {
  const record = await recordOf(action, c)
  if (action.kind === 'exchange' && isLast(action, record)) {
    const place = placeOf(action, record)
    const moved = whatStands(place) === 'new' ? await movedSince(record, c) : undefined
    if (moved !== undefined) await giveBack(place, moved, c)
  }
  if (action.kind === 'renameDatabase') {
    const { pair, port } = swapOf(action, record)
    // The names are exchanged only after the last look.
    await joinAgain(await findCluster({ port }, { timeoutMs }), pair, { timeoutMs })
  }
  return probeRestore(action, c, timeoutMs)
}

/** What was there comes back to its name. May be run again after a kill. */
export async function putRestoreBack(
  action: RestoreAction,
  c: Context,
  timeoutMs: number,
): Promise<ActResult> {
  if (action.kind === 'assertLoss') return applied({ nothing: 'only compared' })
  try {
    const record = await recordOf(action, c)
    return action.kind === 'exchange'
      ? await exchangeAt(placeOf(action, record), 'old', c)
      : await swapAt(swapOf(action, record), 'old', c, timeoutMs)
  } catch (cause) {
    return failedOr(cause, action.kind === 'exchange' ? action.path : action.database)
  }
}

/** Brings the wanted one to the path, whichever stands there now. */
export async function exchangeAt(
  place: ExchangePlace,
  wanted: 'old' | 'new',
  c: Pick<Context, 'run' | 'killPoint'>,
): Promise<ActResult> {
  const stands = whatStands(place)
  if (stands === wanted) return applied({ path: place.path, stood: stands })
  if (stands === 'other' || (wanted === 'new' && !isLaidOut(place)))
    return failedBy(new SekishoError('restore.foreign', { path: place.path, beside: place.beside }))
  c.killPoint('exchange.before')
  await exchangePlaces(place, c.run)
  c.killPoint('exchange.after')
  return applied({ path: place.path, stood: stands })
}

export async function swapAt(
  { port, pair }: SwapPlace,
  wanted: 'old' | 'new',
  c: Pick<Context, 'killPoint'>,
  timeoutMs: number,
  look?: () => Promise<void>,
): Promise<ActResult> {
  const limits = { timeoutMs }
  const cluster = await findCluster({ port }, limits)
  if ((await probeSwap(cluster, pair, limits)).state === 'parted') await joinAgain(cluster, pair, limits)
  const { state, open } = await probeSwap(cluster, pair, limits)
  const stands = state === 'applied' ? 'new' : state === 'not_applied' ? 'old' : 'other'
  if (stands === 'other')
    return failedBy(new SekishoError('restore.foreign', { path: pair.live, beside: pair.beside }))
  if (stands === wanted) {
    if (!open) await openDatabases(cluster, pair, limits)
    return applied({ database: pair.live, stood: stands })
  }
  c.killPoint('swap.before')
  const from = wanted === 'new' ? pair : turned(pair)
  await swapDatabases(cluster, from, limits, look)
  c.killPoint('swap.after')
  return applied({ database: pair.live, stood: stands })
}

function handsOf({ restore }: Context): RestoreHands {
  if (restore === undefined)
    throw new SekishoError('runner.not_available', { what: 'restore', why: 'no hands' })
  return restore
}

function recordOf({ stage }: RestoreAction, c: Context): Promise<StageRecord> {
  return handsOf(c).record(stage)
}

/** What changes back, told so that no record of the stage is needed for it. */
export async function armedRestore(
  action: RestoreAction,
  { restore }: ActContext,
): Promise<{ readonly exchange?: ExchangePlace; readonly swap?: SwapPlace; readonly asks?: true }> {
  if (action.kind === 'assertLoss') return { asks: true }
  if (restore === undefined)
    throw new SekishoError('runner.not_available', { what: 'restore', why: 'no hands' })
  const record = await restore.record(action.stage)
  if (action.kind === 'exchange') return { exchange: placeOf(action, record) }
  const { port, pair } = swapOf(action, record)
  return { swap: { port, pair } }
}

function placeOf(
  { path, stage, before, after }: Extract<RestoreAction, { readonly kind: 'exchange' }>,
  { exchanges }: StageRecord,
): ExchangePlace {
  const found = exchanges.find((one) => one.path === path)
  // What is done is what was sealed: moved in where nothing stood, moved away where nothing shall stand, else exchanged.
  if (
    found === undefined ||
    (found.live === undefined) !== (before === 'absent') ||
    (found.staged === undefined) !== (after === 'absent')
  )
    throw new SekishoError('restore.stage_gone', { stage })
  return found
}

function swapOf(
  { database, port, stage, before, after }: Extract<RestoreAction, { readonly kind: 'renameDatabase' }>,
  { swaps }: StageRecord,
): SwapPlace {
  const found = swaps.find((one) => one.port === port && one.pair.live === database)
  if (
    found === undefined ||
    (found.pair.liveOid === NO_DATABASE) !== (before === 'absent') ||
    (found.pair.besideOid === NO_DATABASE) !== (after === 'absent')
  )
    throw new SekishoError('restore.stage_gone', { stage })
  return found
}
