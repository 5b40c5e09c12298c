// The rehearsal of a migration by a declared tool: up and down on a clone of the real data, compared as any other. Nobody looks between its statements: locks
// are seen from beside, and what its `status` says is part of what must go there and back.
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import type { Clock } from '../base/time.ts'
import type { MigrateByTool } from '../plans/actions/migrate-by-tool.ts'
import type { CatalogueEntry } from '../plans/catalogue.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import type { TrialCheck } from '../seal/journal.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { type TakenFiles, takeFiles } from '../tree/take-files.ts'
import { type Clone, withClone } from './clone.ts'
import { asPlanned } from './live.ts'
import { Names } from './names.ts'
import { onClone, type SqlText } from './on-clone.ts'
import { OWN_PLACES, withOwnPlace } from './own-place.ts'
import { markerFact, notTried, sqlText, verdictOf } from './rehearse.ts'
import { lineOf, TOOL_WORDS, type ToolHands, textsOf } from './tool.ts'
import { readToolFiles, type ToolCounts, type ToolFilesHands } from './tool-files.ts'
import { ToolPlay } from './tool-play.ts'

const REHEARSAL_MS = 3_600_000

export interface ToolRehearsal {
  readonly parts: SnapshotPorts
  readonly hands: ToolHands
  readonly shown: ShownFiles
}

export type ShownFiles = ToolFilesHands & {
  /** The last kept change by the tool. */
  readonly since?: string
}

/** As they are declared, whichever tree is read in the place of the directory. */
export function asDeclared(directory: string, tree: string, shown: ShownFiles): ShownFiles {
  const declared = (path: string) => join(directory, relative(tree, path))
  return {
    ...shown,
    leave: (path) => shown.leave(declared(path)),
    withhold: (path) => shown.withhold(declared(path)),
  }
}

export async function rehearseTool(
  action: MigrateByTool,
  { parts, hands, shown }: ToolRehearsal,
): Promise<readonly TrialCheck[]> {
  const limits: Limits = { timeoutMs: REHEARSAL_MS }
  const { live, searchPath, now } = await asPlanned(action, limits)
  return withOwnPlace(join(parts.place.state, OWN_PLACES.tool), async (tree) => {
    const files = await takeFiles(action.directory, { to: tree, leave: shown.leave })
    // INVARIANT: what approvers are shown of the files is what this host finds changed in them, whoever made the plan.
    const { changed, counts } = await readToolFiles(tree, asDeclared(action.directory, tree, shown))
    if (files.digest !== action.files || !isDeepStrictEqual(changed, action.changed))
      throw new SekishoError('schema.tool_files_moved', { directory: action.directory })
    const began = parts.clock.uptime()
    const of = { action, tree, files, counts, live, searchPath, now, limits, hands, shown, parts, began }
    const { checks } = await withClone(live, action, parts, limits, (clone) => playedOn(clone, of))
    return checks
  })
}

export interface PlayedOn {
  readonly action: MigrateByTool
  /** A copy of its files that only we write, and what lies in it. */
  readonly tree: string
  readonly files: TakenFiles
  readonly counts: ToolCounts
  readonly live: Cluster
  readonly searchPath: string
  /** The catalogue of production. */
  readonly now: readonly CatalogueEntry[]
  readonly limits: Limits
  readonly hands: ToolHands
  readonly shown: Pick<ShownFiles, 'since'>
  readonly parts: { readonly clock: Pick<Clock, 'uptime'> }
  /** When the clone was begun. */
  readonly began: number
}

/** There and back on the clone, which is as it was afterwards where every check is green. The play may go on. */
export async function playedOn(
  clone: Clone,
  { action, tree, files, counts, live, searchPath, now, limits, hands, shown, parts, began }: PlayedOn,
): Promise<{ readonly checks: readonly TrialCheck[]; readonly play: ToolPlay }> {
  const texts = [...textsOf(tree, files), ...TOOL_WORDS]
  const play = new ToolPlay({ ...action, tree }, action, { clone, searchPath, limits, hands })
  const validation: TrialCheck = {
    check: 'validation',
    verdict: 'green',
    facts: {
      validator: 'status',
      files: files.entries.filter(({ kind }) => kind !== 'directory').length,
      changed: { ...counts, ...(shown.since === undefined ? {} : { since: shown.since }) },
    },
    problems: [],
  }
  const begun = await play.begin(new Names(texts, now))
  if (begun.length > 0)
    return {
      checks: [validation, { check: 'trial', verdict: 'red', facts: {}, problems: begun }, notTried('undo')],
      play,
    }
  const { trial, undo } = await onClone({
    action,
    play: { run: play.run, texts, own: play.own },
    up: named(action.argv),
    down: named(action.back),
    clone,
    searchPath,
    live: now,
    limits,
    hands: { uptime: () => parts.clock.uptime(), pause: (ms) => delay(ms) },
  })
  const problems = [...trial.problems, ...play.problems]
  const { status } = play
  const facts: JsonObject = {
    ...trial.facts,
    milliseconds: Math.round(parts.clock.uptime() - began),
    ...(await markerFact(live, action.database, limits)),
    ...(status === undefined ? {} : { status }),
  }
  return {
    checks: [
      validation,
      { check: 'trial', verdict: verdictOf(problems), facts, problems },
      { check: 'undo', verdict: verdictOf(undo.problems), facts: undo.facts, problems: undo.problems },
    ],
    play,
  }
}

const named = (argv: readonly string[]): SqlText => ({ ...sqlText({ name: lineOf(argv), sql: '' }) })
