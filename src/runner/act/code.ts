// The acts of a change of code: a release is opened and linked, changed paths of a work tree are exchanged with what was laid out beside, the commit is
// made. What stands where is told by inode, so a probe always knows, and putting back needs no record of the stage.
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { Commit } from '../../plans/actions/commit.ts'
import type { LayRelease } from '../../plans/actions/lay-release.ts'
import type { PlaceTree } from '../../plans/actions/place-tree.ts'
import { type Places, whatStands } from '../../tree/exchange-places.ts'
import type { CodeRecord } from '../code/record.ts'
import type { SealedTree } from '../code/sealed-tree.ts'
import {
  type ActContext,
  type ActResult,
  applied,
  failed,
  failedBy,
  failedOr,
  type ProbeResult,
} from './context.ts'
import { exchangeAt } from './restore.ts'

/** What these acts work through besides the machine itself. */
export interface CodeHands {
  /** Throws deploy.stage_gone. */
  record(stage: string): Promise<CodeRecord>
  /** What was built or laid out, read again whole. */
  artefact(record: CodeRecord): Promise<Digest>
  /** Closed to everybody until it is approved. Durable when it returns. */
  open(release: string): Promise<void>
  /** Throws deploy.environment_moved: interpreter or packages are not those of the rehearsal. */
  environment(record: CodeRecord): Promise<void>
  /** The first path that is not any more what it was when it was staged. */
  moved(record: CodeRecord): Promise<string | undefined>
  /** What commands in this directory execute, read again. Undefined: the directory itself, which only root writes. Throws deploy.artefact_other. */
  sealed(directory: string): Promise<SealedTree | undefined>
  /** The copy of the files of a migration tool that the stage keeps. */
  toolFiles(record: CodeRecord): string
  /** In quarantine; the same id for the same execution. */
  commit(record: CodeRecord, execution: ExecutionId): Promise<string>
}

type Placing = LayRelease | PlaceTree

/** Nothing is touched before what comes, and what stands there, was read again. */
export async function applyPlacing(action: Placing, c: ActContext): Promise<ActResult> {
  const path = action.kind === 'layRelease' ? action.link : action.path
  try {
    const hands = handsOf(c)
    const record = await hands.record(action.stage)
    await hands.environment(record)
    const whole = await hands.artefact(record)
    if (whole !== action.artefact)
      return failedBy(new SekishoError('deploy.artefact_other', { path: builtAt(action) }))
    const moved = await hands.moved(record)
    if (moved !== undefined) return failedBy(new SekishoError('deploy.path_moved', { path: moved }))
    if (action.kind === 'layRelease') await hands.open(action.release)
    for (const place of record.places) {
      if (c.signal.aborted) return failed('aborted', { path })
      const done = await exchangeAt(place, 'new', c)
      if (done.result !== 'applied') return done
    }
    return applied({ path, places: record.places.length, artefact: action.artefact.slice(0, 12) })
  } catch (cause) {
    return failedOr(cause, path)
  }
}

export async function probePlacing(action: Placing, c: ActContext): Promise<ProbeResult> {
  const record = await handsOf(c).record(action.stage)
  return standing(record.places)
}

/** All new, all old, or some of each: then the old ones are put back. */
export function standing(places: readonly Places[]): ProbeResult {
  const seen = places.map((place) => ({ path: place.path, stands: whatStands(place) }))
  const of = (stands: string) => seen.filter((one) => one.stands === stands)
  const other = of('other')[0]
  const detail = { new: of('new').length, old: of('old').length }
  if (other !== undefined)
    return { found: 'unknown', detail: { ...detail, path: other.path, stands: 'other' } }
  if (of('old').length === 0) return { found: 'applied', detail }
  return { found: of('new').length === 0 ? 'not_applied' : 'mixed', detail }
}

export async function putPlacingBack(action: Placing, c: ActContext): Promise<ActResult> {
  const path = action.kind === 'layRelease' ? action.link : action.path
  try {
    return await placesBack((await handsOf(c).record(action.stage)).places, path, c)
  } catch (cause) {
    return failedOr(cause, path)
  }
}

/** In the other direction: a new directory is moved away before the file that stood in its place comes back. May be run again after a kill. */
export async function placesBack(
  places: readonly Places[],
  path: string,
  c: Parameters<typeof exchangeAt>[2],
): Promise<ActResult> {
  for (const place of places.toReversed()) {
    const done = await exchangeAt(place, 'old', c)
    if (done.result !== 'applied') return done
  }
  return applied({ path, places: places.length })
}

export async function armedPlacing(
  action: Placing,
  c: ActContext,
): Promise<{ readonly exchanges: readonly Places[] }> {
  return { exchanges: (await handsOf(c).record(action.stage)).places }
}

export async function applyCommit({ stage, branch }: Commit, c: ActContext): Promise<ActResult> {
  try {
    const hands = handsOf(c)
    const commit = await hands.commit(await hands.record(stage), c.execution)
    return applied({ commit, branch })
  } catch (cause) {
    return failedOr(cause, branch)
  }
}

/** A commit that nothing names is no effect: it is made again, and is the same one. */
export async function probeCommit(): Promise<ProbeResult> {
  return { found: 'not_applied', detail: {} }
}

function builtAt(action: Placing): string {
  return action.kind === 'layRelease' ? action.release : action.path
}

function handsOf({ code }: ActContext): CodeHands {
  if (code === undefined) throw new SekishoError('runner.not_available', { what: 'code', why: 'no hands' })
  return code
}
