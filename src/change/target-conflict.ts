// What to type while another change holds the target: that change has to end first. A restore has nothing to revise.
import { type ChangeId, changeOf, isExecutionId } from '../base/id.ts'
import { type Change, typable } from './change.ts'

/** Undefined where no other change holds a target. */
export function targetConflict(change: Change): ReturnType<typeof typable> | undefined {
  const holders = holdersIn(change)
  if (change.state !== 'blocked' || holders.length === 0) return undefined
  const own = typable(change.state, change.id).filter(
    ({ command }) => change.pattern !== 'data' || !command.startsWith('sekisho change revise '),
  )
  // `change show` of the other change says what ends it, and who may do that.
  const theirs = holders.flatMap((id) => [`sekisho change wait ${id}`, `sekisho change show ${id}`])
  return [...theirs.map((command) => ({ command, who: ['author'] as const })), ...own]
}

function holdersIn({ checks }: Change): readonly ChangeId[] {
  const found = checks.flatMap(({ problems }) =>
    problems.flatMap(({ code, text }) => {
      const execution = text.split(' ').at(-1)
      return code === 'conflict.held' && isExecutionId(execution) ? [changeOf(execution)] : []
    }),
  )
  return [...new Set(found)]
}
