// The registry of actions: a closed union, no free argv. What any room asks of an action is asked here; a new kind is one file in
// plans/actions/, its row below, and its twin in the runner (runner/act/kinds/).
import { type Decoder, union } from '../base/decode.ts'
import type { Digest } from '../base/hash.ts'
import type { JsonObject } from '../base/json.ts'
import type { PlanWords } from '../words/plan.ts'
import type { ActionKind, NamedBlob, NamedSecret, WrittenBytes } from './actions/action-kind.ts'
import { type AssertLoss, assertLoss } from './actions/assert-loss.ts'
import { type Commit, commit } from './actions/commit.ts'
import { type DaemonReload, daemonReload } from './actions/daemon-reload.ts'
import { type EditEnv, editEnv } from './actions/edit-env.ts'
import { type EndIsolation, endIsolation } from './actions/end-isolation.ts'
import { type Exchange, exchange } from './actions/exchange.ts'
import { type Exec, exec } from './actions/exec.ts'
import { type LayRelease, layRelease } from './actions/lay-release.ts'
import { type Maintenance, maintenance } from './actions/maintenance.ts'
import { type Migrate, migrate } from './actions/migrate.ts'
import { type MigrateByTool, migrateByTool } from './actions/migrate-by-tool.ts'
import { type PlaceTree, placeTree } from './actions/place-tree.ts'
import { type RenameDatabase, renameDatabase } from './actions/rename-database.ts'
import { type ReplaceFiles, replaceFiles } from './actions/replace-files.ts'
import { type Request, request } from './actions/request.ts'
import { type UnitAction, unit } from './actions/unit.ts'
import type { FileChange, PlannedFile } from './file-state.ts'

export type Action =
  | ReplaceFiles
  | EditEnv
  | UnitAction
  | DaemonReload
  | AssertLoss
  | Exchange
  | RenameDatabase
  | Migrate
  | MigrateByTool
  | Maintenance
  | LayRelease
  | PlaceTree
  | Exec
  | Commit
  | EndIsolation
  | Request

type Kinds = { readonly [Kind in Action['kind']]: ActionKind<Extract<Action, { readonly kind: Kind }>> }

const ACTIONS: Kinds = {
  replaceFiles,
  editEnv,
  unit,
  daemonReload,
  assertLoss,
  exchange,
  renameDatabase,
  migrate,
  migrateByTool,
  maintenance,
  layRelease,
  placeTree,
  exec,
  commit,
  endIsolation,
  request,
}

/** The row of an action's own kind: it takes exactly that action. */
function kindOf(action: Action): ActionKind<Action> {
  return ACTIONS[action.kind] as ActionKind<Action>
}

const decoders = Object.fromEntries(Object.entries(ACTIONS).map(([kind, { decode }]) => [kind, decode]))
export const actionDecoder: Decoder<Action> = union<'kind', Action>(
  'kind',
  decoders as { readonly [Kind in Action['kind']]: Decoder<Extract<Action, { readonly kind: Kind }>> },
)

/** The declared files that it writes; of a restore, of units, none. */
export function plannedFiles(action: Action): readonly PlannedFile[] {
  return kindOf(action).files?.(action) ?? []
}

export function writesFiles(action: Action): boolean {
  return kindOf(action).files !== undefined
}

/** The files that it replaces whole, whose bytes are blobs. */
export function replacedBy(action: Action): readonly FileChange[] {
  return kindOf(action).replaced?.(action) ?? []
}

/** Bytes that the runner must hold before it is done: of replaced files, and of SQL. */
export function blobsOf(action: Action): readonly NamedBlob[] {
  const files = replacedBy(action).flatMap(({ path, after }) =>
    after.kind === 'file' ? [{ path, digest: after.digest, size: after.size }] : [],
  )
  return [...files, ...(kindOf(action).blobs?.(action) ?? [])]
}

/** What it changes, by the names that people read: files `as` they are declared or as they really lie, databases. */
export function placesOf(action: Action, as: 'declared' | 'real'): readonly string[] {
  const files = plannedFiles(action).map((file) => (as === 'declared' ? file.path : file.real))
  return [...files, ...(kindOf(action).places?.(action) ?? [])]
}

/** What is put back by its place can be looked at there; units and questions have nothing to compare. */
export function canBeCompared(action: Action): boolean {
  return kindOf(action).putBackLines !== undefined
}

/** What takes it back is run or sent, and cannot be looked at: whether it was done its own result says, or nobody. */
export function runsBack(action: Action): boolean {
  if (action.kind === 'request') return action.inverse !== undefined
  return action.kind === 'exec' && action.own?.back !== undefined
}

export function onlyLooks(action: Action): boolean {
  return kindOf(action).onlyLooks === true
}

/** What will be run, as lines. */
export function actionLines(action: Action, words: PlanWords): readonly string[] {
  return kindOf(action).lines(action, words)
}

/** In the difference of a change that acts and writes no file. */
export function differenceLines(action: Action): readonly string[] {
  return kindOf(action).difference?.(action) ?? []
}

export function putBackLines(action: Action, words: PlanWords): readonly string[] {
  return kindOf(action).putBackLines?.(action, words) ?? []
}

export function actionSummary(action: Action, undo: number): JsonObject {
  return kindOf(action).summary(action, undo)
}

export function settingsOf(action: Action): readonly string[] {
  return kindOf(action).settings?.(action) ?? []
}

export function secretsIn(action: Action): readonly NamedSecret[] {
  return kindOf(action).secrets?.(action) ?? []
}

/** Texts that its difference shows, beside those that it writes. */
export function shownTexts(action: Action): readonly Digest[] {
  return kindOf(action).shown?.(action) ?? []
}

export function writtenBy(action: Action): readonly WrittenBytes[] {
  return kindOf(action).written?.(action) ?? []
}

/** It writes files, and only takes them away. */
export function onlyDeletes(action: Action): boolean {
  return kindOf(action).onlyDeletes?.(action) ?? false
}

export function isLight(action: Action): boolean {
  return kindOf(action).isLight?.(action) ?? false
}
