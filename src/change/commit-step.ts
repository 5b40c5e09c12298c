// What the plan of a change of code says of its commit, read out of its rendered step (plans/actions/commit.ts).
import type { ChangeView } from '../contract/change.ts'

export interface CommitStep {
  /** What is deployed, or gone back to. */
  readonly commit: string
  readonly branch: string
  /** What runs now. */
  readonly on: string
}

const LINE = /^make one commit on (\S+) of the content of (\S+); (\S+) moves /

export function commitStep(steps: ChangeView['steps']): CommitStep | undefined {
  const said = steps.find(({ kind }) => kind === 'commit')?.lines[0]
  const [, on, commit, branch] = LINE.exec(said ?? '') ?? []
  return on === undefined || commit === undefined || branch === undefined ? undefined : { commit, branch, on }
}
