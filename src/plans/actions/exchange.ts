// A directory or file changes places with what was laid out beside it, in one step of the kernel.
import { literal, object } from '../../base/decode.ts'
import { absolutePath } from '../file-state.ts'
import {
  absentBefore,
  copyText,
  isFromBackup,
  itemName,
  listsDigest,
  type StagedFrom,
  sourceSummary,
  stagedFrom,
  stageId,
} from '../restore.ts'
import type { ActionKind } from './action-kind.ts'

export interface Exchange {
  readonly kind: 'exchange'
  readonly stage: string
  readonly of: 'directory' | 'file'
  readonly item: string
  readonly path: string
  readonly from: StagedFrom
  readonly digest: string
  readonly before?: 'absent'
  readonly after?: 'absent'
}

export const exchange: ActionKind<Exchange> = {
  decode: object({
    kind: literal('exchange'),
    stage: stageId,
    of: literal('directory', 'file'),
    item: itemName,
    path: absolutePath,
    from: stagedFrom,
    digest: listsDigest,
    before: absentBefore,
    after: absentBefore,
  }),
  lines: ({ path, from, digest, before, after }, words) => {
    const short = digest.slice(0, 12)
    if (isFromBackup(from))
      return [(before === 'absent' ? words.moveIn : words.exchange)(path, copyText(from), short)]
    const evidence = words.evidence(from.evidence)
    if (after === 'absent') return [words.moveOut(path, evidence)]
    return [(before === 'absent' ? words.moveInEvidence : words.exchangeEvidence)(path, evidence, short)]
  },
  putBackLines: ({ path, before, after }, words) => {
    if (after === 'absent') return [words.moveInAgain(path)]
    return [before === 'absent' ? words.moveAway(path) : words.exchangeBack(path)]
  },
  summary: ({ kind, path, from }) => ({ kind, path, ...sourceSummary(from) }),
  places: ({ path }) => [path],
}
