// Does a plan do nothing but what was typed? Who signs a plan as its author signs what they asked for: a gate that was broken into must
// not be able to get the author's signature under a plan of somebody else.
import { sha256 } from '../base/hash.ts'
import type { StageWish } from '../contract/backup.ts'
import type { EnvWish, FileWish, NewChange } from '../contract/change.ts'
import type { EnvSetting } from '../plans/actions/edit-env.ts'
import type { Migrate, SqlFile } from '../plans/actions/migrate.ts'
import type { Request } from '../plans/actions/request.ts'
import type { Action } from '../plans/actions.ts'
import { kindOfPath, kindRow } from '../plans/config-kinds/registry.ts'
import { type FileChange, NEW_FILE } from '../plans/file-state.ts'
import type { Plan } from '../plans/plan.ts'
import { isFromBackup, type RestoreAction } from '../plans/restore.ts'

/**
 * What the plan does beyond the wish makes it false; what it leaves out (it is so already) does not. `restore`: what was typed of a
 * restore; the stage that the wish names is the gate's own answer to it and tells nothing.
 */
export function doesWhatWasAsked(plan: Plan, wish: NewChange, restore?: StageWish): boolean {
  const { from, until } = plan.window ?? {}
  return (
    plan.service === wish.service &&
    plan.pattern === wish.pattern &&
    from === wish.window?.from &&
    until === wish.window?.until &&
    (wish.keep === undefined || plan.keep.by === wish.keep) &&
    plan.actions.every(({ action }) => isAsked(action, wish, restore))
  )
}

function isAsked(action: Action, wish: NewChange, restore: StageWish | undefined): boolean {
  switch (action.kind) {
    case 'replaceFiles':
      return action.files.every((one) => isAskedFile(one, wish.files ?? []))
    case 'editEnv':
      return wish.env !== undefined && isAskedEnv(action, wish.env)
    case 'unit':
      // Which units follow a changed file the rules say, and the runner holds the plan against them.
      return wish.pattern === 'service'
        ? action.verb === wish.verb
        : wish.pattern === 'data' || action.verb === 'restart' || action.verb === 'reload'
    case 'daemonReload':
      return wish.pattern === 'config'
    case 'maintenance':
      return wish.pattern === 'schema' || wish.pattern === 'code'
    case 'migrate':
      // Of code the runner takes the migrations out of the commit that was typed.
      return wish.pattern === 'code' || isAskedMigration(action, wish)
    case 'migrateByTool':
      // What it runs the rules say, and the runner holds the plan against them. Of code its files are those of the commit that was typed.
      if (action.stage !== undefined) return wish.pattern === 'code' && action.stage === wish.stage
      return (
        wish.migration?.tool !== undefined && (wish.migration.database ?? action.database) === action.database
      )
    // The stage is the gate's own answer; the commit is what was typed.
    case 'layRelease':
    case 'placeTree':
    case 'commit':
      return (
        wish.stage !== undefined &&
        action.stage === wish.stage &&
        restore?.kind === 'code' &&
        action.commit === restore.commit
      )
    case 'exec':
      // What it runs the rules say, and the runner holds the plan against them.
      return action.own === undefined
        ? wish.pattern === 'code'
        : wish.command?.name === action.name && action.own.turned !== true
    case 'request':
      return wish.request !== undefined && isAskedRequest(action, wish.request)
    case 'endIsolation':
      return wish.pattern === 'isolation' && action.incident === wish.incident
    case 'assertLoss':
    case 'exchange':
    case 'renameDatabase':
      return (
        wish.stage !== undefined &&
        action.stage === wish.stage &&
        restore !== undefined &&
        isAskedRestore(action, restore)
      )
  }
}

/** Where it goes the rules say, and the runner holds the plan against them. */
function isAskedRequest(
  { call, params, body, inverse, turned }: Request,
  asked: NonNullable<NewChange['request']>,
): boolean {
  return (
    call === asked.call &&
    turned !== true &&
    body === asked.body &&
    inverse?.body === asked.inverseBody &&
    params.length === Object.keys(asked.params).length &&
    params.every(({ key, value }) => asked.params[key] === value)
  )
}

function isAskedMigration({ database, up, down, back }: Migrate, { migration }: NewChange): boolean {
  if (migration === undefined || (migration.database ?? database) !== database || back === true) return false
  const isSame = (file: SqlFile | undefined, asked: { name: string; base64: string } | undefined) =>
    file === undefined || asked === undefined
      ? file === asked
      : file.name === asked.name && file.digest === sha256(Buffer.from(asked.base64, 'base64'))
  return isSame(up, migration.up) && isSame(down, migration.down)
}

/**
 * Only of a backup that was typed by its id: which one is the last known good the gate says, and so it does of what a change has put
 * aside. Nor does a plan tell a salvaged file from one of the backup alone.
 */
function isAskedRestore(action: RestoreAction, restore: StageWish): boolean {
  if (
    restore.kind === 'rollback' ||
    restore.kind === 'code' ||
    restore.kind === 'salvage' ||
    restore.from === 'last-known-good'
  )
    return false
  if (action.kind === 'assertLoss') return true
  const { from } = action
  if (!isFromBackup(from) || from.backup !== restore.from) return false
  if (restore.copy !== undefined && from.copy !== restore.copy) return false
  switch (restore.kind) {
    case 'full':
      return action.kind === 'renameDatabase' || action.of === 'directory'
    case 'file':
      return action.kind === 'exchange' && action.of === 'file' && action.path === restore.what
    case 'database':
      return action.kind === 'renameDatabase' && action.database === restore.what
  }
}

function isAskedFile({ path, before, after }: FileChange, wishes: readonly FileWish[]): boolean {
  const wish = wishes.find((one) => one.path === path)
  switch (wish?.kind) {
    case undefined:
      return false
    case 'delete':
      return after.kind === 'absent'
    case 'link':
      return after.kind === 'link' && after.target === wish.target && after.uid === 0 && after.gid === 0
    case 'write': {
      if (after.kind !== 'file' || after.digest !== sha256(Buffer.from(wish.base64, 'base64'))) return false
      // A file that stands there stays its owner's; a new one gets what the playbook gives it.
      const { mode, uid, gid } =
        before.kind === 'file' ? before : (kindRow(kindOfPath(path)).owned ?? NEW_FILE)
      return after.mode === mode && after.uid === uid && after.gid === gid
    }
  }
}

function isAskedEnv(
  { path, set, unset }: Extract<Action, { readonly kind: 'editEnv' }>,
  wish: EnvWish,
): boolean {
  return (
    (wish.path === undefined || wish.path === path) &&
    unset.every((key) => wish.unset.includes(key)) &&
    set.every((one) => isAskedSetting(one, wish))
  )
}

function isAskedSetting({ key, to }: EnvSetting, wish: EnvWish): boolean {
  return to.kind === 'text'
    ? wish.set.some((one) => one.key === key && one.value === to.value)
    : wish.secret.some((one) => one.key === key && one.reference === to.reference)
}
