// The way on where data has moved under a restore: what was laid out is of the moment before, so it is laid out anew, and no revision of the change
// helps. Said as whole lines, made of what is in the plan and never of anybody's words.
import { shellWord } from '../base/shell-word.ts'
import type { Change } from './change.ts'

const GREW = 'restore.loss_grew'
const MOVED: ReadonlySet<string> = new Set([GREW, 'restore.stage_damaged', 'restore.stage_gone'])

/** Undefined where something else stands in its way. */
export function restoreAgain(change: Change): readonly string[] | undefined {
  if (change.pattern !== 'data') return undefined
  const codes = [
    ...change.checks.flatMap(({ problems }) => problems.map(({ code }) => code)),
    ...change.moved.map(({ detail }) => String(detail['why'])),
  ].filter((code) => MOVED.has(code))
  if (codes.length === 0) return undefined
  const line =
    change.takesBack === undefined
      ? `sekisho restore ${whatOf(change)} --last-known-good --service ${change.service}`
      : `sekisho change rollback ${change.takesBack}`
  return codes.includes(GREW) ? [line, `${line} --stop-first`] : [line]
}

function whatOf({ plan }: Change): string {
  const parts = (plan?.actions ?? []).flatMap(({ action }) =>
    action.kind === 'exchange'
      ? [action.of === 'file' ? `file ${shellWord(action.path)}` : 'full']
      : action.kind === 'renameDatabase'
        ? [`database ${shellWord(action.database)}`]
        : [],
  )
  return parts.length === 1 ? (parts[0] ?? 'full') : 'full'
}
