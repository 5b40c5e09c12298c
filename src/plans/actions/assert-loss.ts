// The lists of what a restore would lose are computed anew and must be the approved ones: what was written in between is lost to nobody.
import { literal, object } from '../../base/decode.ts'
import { listsDigest, stageId } from '../restore.ts'
import type { ActionKind } from './action-kind.ts'

export interface AssertLoss {
  readonly kind: 'assertLoss'
  readonly stage: string
  readonly lists: string
}

export const assertLoss: ActionKind<AssertLoss> = {
  decode: object({ kind: literal('assertLoss'), stage: stageId, lists: listsDigest }),
  lines: ({ lists }, words) => [words.assertLoss(lists.slice(0, 12))],
  summary: ({ kind, stage }) => ({ kind, stage }),
  onlyLooks: true,
}
