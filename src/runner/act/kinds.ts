// How the runner does each kind of action: the twin of plans/actions.ts. A new kind is one file with its acts, and its row here.

import type { DaemonReload } from '../../plans/actions/daemon-reload.ts'
import type { EndIsolation } from '../../plans/actions/end-isolation.ts'
import type { LayRelease } from '../../plans/actions/lay-release.ts'
import type { Maintenance } from '../../plans/actions/maintenance.ts'
import type { Migrate } from '../../plans/actions/migrate.ts'
import type { MigrateByTool } from '../../plans/actions/migrate-by-tool.ts'
import type { PlaceTree } from '../../plans/actions/place-tree.ts'
import type { UnitAction } from '../../plans/actions/unit.ts'
import type { Action } from '../../plans/actions.ts'
import type { PlannedFile } from '../../plans/file-state.ts'
import type { RestoreAction } from '../../plans/restore.ts'
import type { ExchangePlace, SwapPlace } from '../../restore/stage-record.ts'
import type { Migration } from '../../schema/migrate.ts'
import { applyCommit, applyPlacing, armedPlacing, probeCommit, probePlacing, putPlacingBack } from './code.ts'
import type { ActContext, ActResult, ProbeResult, Since } from './context.ts'
import type { CopiedFile } from './copies.ts'
import { applyEndIsolation, probeEndIsolation } from './end-isolation.ts'
import { applyExec, probeExec, probeExecBack, putExecBack } from './exec.ts'
import {
  applyFiles,
  type FileAction,
  movedFiles,
  oldFiles,
  probeFiles,
  probeFilesUndone,
  putBack,
} from './files.ts'
import { turnMaintenance, turnMaintenanceBack } from './maintenance.ts'
import {
  applyMigration,
  migrationOf,
  probeMigration,
  probeMigrationBack,
  putMigrationBack,
} from './migrate.ts'
import { applyByTool, probeByTool, probeByToolBack, putBackByTool } from './migrate-by-tool.ts'
import type { OldFile } from './put-back.ts'
import { applyRequest, probeRequest, putRequestBack } from './request.ts'
import { applyRestore, armedRestore, probeRestore, putRestoreBack, settleRestore } from './restore.ts'
import { applyUnit, probeUnit } from './unit.ts'

/** What goes wrong is an answer with facts; only bugs are thrown. */
export interface Acts<Of> {
  readonly apply: (action: Of, c: ActContext, timeoutMs: number) => Promise<ActResult>
  /** Did it take effect? Changes nothing but what was left half done: that is as it was before, then. */
  readonly probe: (action: Of, c: ActContext, since: Since) => Promise<ProbeResult>
  /** The undo step `putBack`. May be run again after a kill. Absent: nothing lies anywhere to be put back. */
  readonly putBack?: (action: Of, c: ActContext, timeoutMs: number) => Promise<ActResult>
  /** Is what stands there equal to what was kept? Absent: there is nothing to compare. */
  readonly probeUndone?: (action: Of, c: ActContext) => Promise<ProbeResult>
  /** Of a way back that is run or sent (`runsBack`): was it, since its intent? */
  readonly probeBack?: (action: Of, c: ActContext, since: Since) => Promise<ProbeResult>
  /** What the armed record says of it, so that its way back needs no runner. `copied`: files whose copies were just made. */
  readonly armed?: (action: Of, c: ActContext, copied: readonly CopiedFile[]) => Promise<ArmedParts>
  /** The same action on copies below another root, for the trial. Absent: it cannot be tried on copies. */
  readonly movedTo?: (action: Of, move: <File extends PlannedFile>(file: File) => File) => Of
}

/** A question to a cluster that does not answer is no answer. */
const PROBE_MS = 30_000

/** One of: files with what stood there, places that change back, SQL that takes SQL back, that it only asked, or that it waits for the runner. */
export interface ArmedParts {
  readonly files?: readonly OldFile[]
  readonly exchange?: ExchangePlace
  readonly exchanges?: readonly ExchangePlace[]
  readonly swap?: SwapPlace
  readonly migration?: Migration
  /** What is run to take it back. */
  readonly command?: { readonly argv: readonly string[]; readonly directory: string }
  readonly asks?: true
  /** The runner alone takes it back: it needs a room. */
  readonly waits?: true
}

const files: Acts<FileAction> = {
  apply: applyFiles,
  probe: (action, c) => probeFiles(action, c),
  putBack: (action, c) => putBack(action, c),
  probeUndone: probeFilesUndone,
  movedTo: movedFiles,
  armed: async (action, c, copied) => ({ files: await oldFiles(action, c, copied) }),
}
const units: Acts<UnitAction | DaemonReload> = { apply: applyUnit, probe: probeUnit }
const restores: Acts<RestoreAction> = {
  apply: applyRestore,
  probe: (action, c) => settleRestore(action, c, PROBE_MS),
  putBack: putRestoreBack,
  probeUndone: (action, c) => probeRestore(action, c, PROBE_MS),
  armed: armedRestore,
}

const migrations: Acts<Migrate> = {
  apply: (action, c) => applyMigration(action, c),
  probe: (action, c) => probeMigration(action, c),
  putBack: (action, c) => putMigrationBack(action, c),
  probeUndone: probeMigrationBack,
  armed: async (action, c) => ({ migration: await migrationOf(action, c) }),
}
const byTool: Acts<MigrateByTool> = {
  apply: (action, c) => applyByTool(action, c),
  probe: (action, c) => probeByTool(action, c),
  putBack: (action, c) => putBackByTool(action, c),
  probeUndone: probeByToolBack,
  armed: async () => ({ waits: true }),
}
const placing: Acts<LayRelease | PlaceTree> = {
  apply: (action, c) => applyPlacing(action, c),
  probe: (action, c) => probePlacing(action, c),
  putBack: (action, c) => putPlacingBack(action, c),
  probeUndone: (action, c) => probePlacing(action, c),
  armed: (action, c) => armedPlacing(action, c),
}
const isolations: Acts<EndIsolation> = {
  apply: (action, c) => applyEndIsolation(action, c),
  probe: (action, c) => probeEndIsolation(action, c),
}

const maintenances: Acts<Maintenance> = {
  apply: turnMaintenance,
  probe: async () => ({ found: 'not_applied', detail: {} }),
  putBack: turnMaintenanceBack,
  armed: async ({ turn, on, off, directory }) => ({
    command: { argv: [...(turn === 'on' ? off : on)], directory },
  }),
}

type Kinds = { readonly [Kind in Action['kind']]: Acts<Extract<Action, { readonly kind: Kind }>> }

const ACTS: Kinds = {
  replaceFiles: files as Kinds['replaceFiles'],
  editEnv: files as Kinds['editEnv'],
  unit: units as Kinds['unit'],
  daemonReload: units as Kinds['daemonReload'],
  assertLoss: restores as Kinds['assertLoss'],
  exchange: restores as Kinds['exchange'],
  renameDatabase: restores as Kinds['renameDatabase'],
  migrate: migrations,
  migrateByTool: byTool,
  maintenance: maintenances,
  layRelease: placing as Kinds['layRelease'],
  placeTree: placing as Kinds['placeTree'],
  exec: {
    apply: (action, c, timeoutMs) => applyExec(action, c, timeoutMs),
    probe: probeExec,
    putBack: putExecBack,
    probeBack: probeExecBack,
    // A command that is a change of its own runs from its sealed files, which the runner alone finds.
    armed: async ({ own }) => (own === undefined ? {} : { waits: true }),
  },
  commit: { apply: (action, c) => applyCommit(action, c), probe: probeCommit },
  endIsolation: isolations,
  request: {
    apply: applyRequest,
    probe: (action, c) => probeRequest(action, c),
    putBack: putRequestBack,
    probeBack: (action, c) => probeRequest(action, c),
  },
}

/** The row of an action's own kind: it takes exactly that action. */
export function actsOf(action: Action): Acts<Action> {
  return ACTS[action.kind] as Acts<Action>
}
