// The approved tree becomes one commit on the deployed one, made beside. The branch moves only after the change is kept.
import { literal, object, optional, text } from '../../base/decode.ts'
import { commitName } from '../code.ts'
import { absolutePath } from '../file-state.ts'
import { stageId } from '../restore.ts'
import type { ActionKind } from './action-kind.ts'

export interface Commit {
  readonly kind: 'commit'
  readonly stage: string
  readonly path: string
  readonly branch: string
  readonly commit: string
  readonly deployed: string
  /** In the form of the guide; who asked and who approved is added when it is made. */
  readonly message: string
  /** Fast-forward only, after the change is kept. */
  readonly push?: string
}

export const commit: ActionKind<Commit> = {
  decode: object({
    kind: literal('commit'),
    stage: stageId,
    path: absolutePath,
    branch: text({ max: 200 }),
    commit: commitName,
    deployed: commitName,
    message: text({ max: 65_536 }),
    push: optional(text({ max: 2048 })),
  }),
  lines: ({ branch, commit: of, deployed, message, push }, words) => [
    words.commit(branch, of.slice(0, 12), deployed.slice(0, 12)),
    ...message.split('\n').map((line) => `| ${line}`),
    ...(push === undefined ? [] : [words.push(push)]),
  ],
  summary: ({ kind, branch, commit: of, deployed }) => ({ kind, branch, commit: of, deployed }),
}
