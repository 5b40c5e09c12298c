// Removes a stage that was never used. Where the exchange was done, the directory holds the original, which is kept as evidence for a month
// (backup.md §8.5) and then removed.
import { closeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { milliseconds } from '../base/time.ts'
import { findCluster } from '../postgres/cluster.ts'
import { dropKept } from '../postgres/stage-load.ts'
import { probeSwap } from '../postgres/swap.ts'
import { whatStands } from '../tree/exchange-places.ts'
import { identityOf } from '../tree/identity.ts'
import { lookFor, openTree } from '../tree/openat.ts'
import { removeTree } from '../tree/remove.ts'
import { yielding } from '../tree/yield.ts'
import type { RestorePorts } from './ports.ts'
import type { StoredStage } from './stage-store.ts'

export const EVIDENCE_MS = 30 * 86_400_000
const DATABASE_MS = 60_000

/** False: it is still evidence. */
export async function clearStage(stage: StoredStage, { clock }: RestorePorts): Promise<boolean> {
  const isYoung = clock.now() - milliseconds(stage.staged.at) < EVIDENCE_MS
  if (isYoung && (await isUsed(stage))) return false
  // The stage of a rollback has made nothing: everything is removed with the stage of its restore.
  if (stage.staged.wish.kind === 'rollback') return true
  for (const path of stage.places ?? []) await removePlace(path)
  for (const swap of stage.swaps) await clearDatabase(swap)
  return true
}

/** While the staged files are beside, nothing was exchanged, whatever the service has done to its own files. */
export async function isUsed(stage: StoredStage): Promise<boolean> {
  return stage.exchanges.some((place) => whatStands(place) !== 'old') || (await isSwapped(stage))
}

/** The database that was never exchanged, or the original that an exchange kept: by object id, never by name alone. */
async function clearDatabase({ port, pair }: StoredStage['swaps'][number]): Promise<void> {
  const limits = { timeoutMs: DATABASE_MS }
  const cluster = await findCluster({ port }, limits)
  const { state } = await probeSwap(cluster, pair, limits)
  // After an exchange that was undone it has the comment of one that is kept. The object id tells which one it is.
  await dropKept(cluster, pair.beside, state === 'applied' ? pair.liveOid : pair.besideOid, limits)
}

async function isSwapped({ swaps }: StoredStage): Promise<boolean> {
  for (const { port, pair } of swaps) {
    const limits = { timeoutMs: DATABASE_MS }
    const { state } = await probeSwap(await findCluster({ port }, limits), pair, limits)
    if (state !== 'not_applied') return true
  }
  return false
}

/** A directory of this stage, below a staging place that nobody else can write. */
export async function removePlace(path: string): Promise<void> {
  // Where nothing was made, the staging place may not exist either.
  if (identityOf(path) === undefined) return
  const parent = openTree(dirname(path))
  try {
    const name = Buffer.from(basename(path))
    if (lookFor(parent, name) !== undefined) await removeTree(parent, name, yielding())
  } finally {
    closeSync(parent)
  }
}
