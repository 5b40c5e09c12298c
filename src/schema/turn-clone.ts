// A declared tool and the code that needs it on one clone: the tool is rehearsed as a change of its own is, and goes up and down while releases of the service run
// against the clone.
import type { Clock } from '../base/time.ts'
import { catalogueDifference, withoutRights } from '../plans/catalogue.ts'
import type { StagedTurn } from '../plans/code-schema.ts'
import { type Migrated, toolAction } from '../plans/playbooks/schema.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import type { Limits } from '../postgres/types.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import type { TakenFiles } from '../tree/take-files.ts'
import { type Clone, withClone } from './clone.ts'
import { ALL_MS, asMet, CLONE_USE, type CodeClone, staged } from './pairs.ts'
import { clusterOf, roleOf } from './target.ts'
import { lineOf, type ToolHands } from './tool.ts'
import type { ToolCounts } from './tool-files.ts'
import type { ToolPlay } from './tool-play.ts'
import { playedOn } from './tool-rehearse.ts'

/** A turn of the tool with the files that a stage has laid aside. */
export interface LaidTurn extends Omit<StagedTurn, 'catalogue'> {
  /** The copy of the stage, and what lies in it. */
  readonly tree: string
  readonly taken: TakenFiles
  readonly counts: ToolCounts
  /** The last kept change by the tool. */
  readonly since?: string
}

/** Throws backup.db_* and schema.*. */
export async function withTurnClone<T>(
  database: Migrated,
  turn: LaidTurn,
  parts: SnapshotPorts & { readonly clock: Clock },
  hands: ToolHands,
  signal: AbortSignal,
  work: (clone: CodeClone) => Promise<T>,
): Promise<T> {
  const { name, port, migrations } = database
  const limits: Limits = { timeoutMs: ALL_MS, signal }
  const target = { database: name, port, role: migrations.role }
  const live = await clusterOf(target, limits)
  const searchPath = await roleOf(live, target, limits)
  const now = await catalogueOf(live, name, limits)
  const catalogue = catalogueDigest(now)
  const action = toolAction(database, turn, catalogue)
  const { tree, taken, counts, since } = turn
  const began = parts.clock.uptime()
  const shown = since === undefined ? {} : { since }
  const of = { action, tree, files: taken, counts, live, searchPath, now, limits, hands, shown, parts, began }
  const played = async (clone: Clone) => {
    const { checks, play } = await playedOn(clone, of)
    const found = {
      pairs: [],
      catalogue,
      checks: checks.flatMap((one) =>
        one.check === 'validation' || one.check === 'trial' || one.check === 'undo'
          ? [staged(one.check, one)]
          : [],
      ),
      isSound: checks.every(({ verdict }) => verdict === 'green'),
    }
    return work({ ...asMet(clone, name, limits), found, change: changer(clone, play, action, limits) })
  }
  return withClone(live, target, parts, limits, played, CLONE_USE)
}

/** Up and down by turns; after down the catalogue must be what it was. What the tool prints may hold what the code has written: its command alone is named. */
function changer(
  clone: Clone,
  play: ToolPlay,
  action: ReturnType<typeof toolAction>,
  limits: Limits,
): CodeClone['change'] {
  const now = async () => {
    const found = await catalogueOf(clone.restorer, clone.database, limits)
    return clone.hasOwners ? found : withoutRights(found)
  }
  let before: Awaited<ReturnType<typeof now>> | undefined
  return async (back) => {
    if (!back) before = await now()
    const ran = await play.run(back ? 'down' : 'up', action)
    if (ran.why !== undefined) return lineOf(back ? action.back : action.argv)
    const [noted] = play.problems
    if (noted !== undefined) return noted.code
    if (!back || before === undefined) return undefined
    const [left] = catalogueDifference(before, await now())
    return left === undefined ? undefined : `${left.how} ${left.at}`
  }
}
