// What changes, as the difference of a plan shows it: from the plan and what was read of the world for it.
import { join } from 'node:path'
import { actsDiff, type FileDiff, fileDiff, requestDiff, sqlDiff, toolDiff } from '../change/diff.ts'
import type { EditEnv } from '../plans/actions/edit-env.ts'
import type { ToolFile } from '../plans/actions/tool-file.ts'
import { replacedBy } from '../plans/actions.ts'
import { isCodeStaged } from '../plans/code.ts'
import { actsOnly } from '../plans/patterns.ts'
import type { Plan } from '../plans/plan.ts'
import { codeDiffs } from './code-sides.ts'
import type { Contents, Gathered } from './plan-change.ts'

export function differences(plan: Plan, gathered: Gathered, contents: Contents): FileDiff[] {
  if (gathered.staged !== undefined && !isCodeStaged(gathered.staged))
    return [{ kind: 'restore', staged: gathered.staged }]
  if (gathered.staged !== undefined)
    return [
      ...codeDiffs(gathered.staged, gathered.sides ?? new Map()),
      ...turnDiffs(plan, gathered),
      ...replacedDiffs(plan, gathered, contents),
    ]
  return plan.actions.flatMap(({ action }): FileDiff[] => {
    if (action.kind === 'editEnv') return [envDiff(action, gathered.keys.get(action.path) ?? [])]
    if (action.kind === 'migrate')
      return sqlDiff(action, (digest) => contents.get(digest) ?? new Uint8Array())
    if (action.kind === 'migrateByTool')
      return toolDiff(action, (digest) => gathered.schema?.texts?.get(digest))
    if (action.kind === 'request') return requestDiff(action)
    if (action.kind === 'exec') return toolDiff(action, (digest) => gathered.command?.texts.get(digest))
    const replaced = replacedDiffs({ actions: [{ action }] }, gathered, contents)
    return actsOnly(plan.pattern) ? [...replaced, ...actsDiff(action)] : replaced
  })
}

/** Beside the files of the commit: what else is new in those of the tool since its last kept change. */
function turnDiffs({ actions }: Plan, { migrations, staged }: Gathered): FileDiff[] {
  if (staged === undefined || !isCodeStaged(staged)) return []
  const root = staged.release?.link ?? staged.path
  return actions.flatMap(({ action }) => {
    if (action.kind !== 'migrateByTool') return []
    const isShown = (one: ToolFile) =>
      staged.files.some(
        ({ path, before, after }) =>
          join(root, path) === join(action.directory, one.path) &&
          before?.digest === one.before?.digest &&
          after?.digest === one.after?.digest,
      )
    const changed = (action.changed ?? []).filter((one) => !isShown(one))
    return changed.length === 0 ? [] : toolDiff({ ...action, changed }, (digest) => migrations?.get(digest))
  })
}

function replacedDiffs(
  { actions }: { readonly actions: readonly Pick<Plan['actions'][number], 'action'>[] },
  { before }: Gathered,
  contents: Contents,
): FileDiff[] {
  return actions
    .flatMap(({ action }) => replacedBy(action))
    .map((file) =>
      fileDiff(file, {
        before: before.get(file.path),
        after: file.after.kind === 'file' ? contents.get(file.after.digest) : undefined,
      }),
    )
}

function envDiff({ path, set, unset }: EditEnv, keys: readonly string[]): FileDiff {
  const names = set.map(({ key }) => key)
  return {
    kind: 'env',
    path,
    added: names.filter((key) => !keys.includes(key)),
    changed: names.filter((key) => keys.includes(key)),
    removed: unset.filter((key) => keys.includes(key)),
  }
}
