// Does a plan do nothing but what was typed? Who signs a plan as its author signs what they asked for: a gate that was broken into must
// not be able to get the author's signature under a plan of somebody else.
import { sha256 } from '../base/hash.ts'
import type { EnvWish, FileWish, NewChange } from '../contract/change.ts'
import type { EnvSetting } from '../plans/actions/edit-env.ts'
import type { Action } from '../plans/actions.ts'
import type { FileChange } from '../plans/file-state.ts'
import type { Plan } from '../plans/plan.ts'

/** What the plan does beyond the wish makes it false; what it leaves out (it is so already) does not. */
export function doesWhatWasAsked(plan: Plan, wish: NewChange): boolean {
  const { from, until } = plan.window ?? {}
  return (
    plan.service === wish.service &&
    plan.pattern === wish.pattern &&
    from === wish.window?.from &&
    until === wish.window?.until &&
    (wish.keep === undefined || plan.keep.by === wish.keep) &&
    plan.actions.every(({ action }) => isAsked(action, wish))
  )
}

function isAsked(action: Action, wish: NewChange): boolean {
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
    case 'assertLoss':
    case 'exchange':
    case 'renameDatabase':
      return wish.stage !== undefined && action.stage === wish.stage
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
      return after.kind === 'link' && after.target === wish.target
    case 'write': {
      if (after.kind !== 'file' || after.digest !== sha256(Buffer.from(wish.base64, 'base64'))) return false
      // A file that stands there stays its owner's.
      if (before.kind !== 'file') return true
      return before.mode === after.mode && before.uid === after.uid && before.gid === after.gid
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
