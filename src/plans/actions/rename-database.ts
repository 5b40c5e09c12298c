// A database changes names with the one that was loaded beside it, in one transaction.
import { integer, literal, object } from '../../base/decode.ts'
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

export interface RenameDatabase {
  readonly kind: 'renameDatabase'
  readonly stage: string
  readonly item: string
  readonly database: string
  readonly port: number
  readonly beside: string
  readonly from: StagedFrom
  readonly digest: string
  readonly before?: 'absent'
  readonly after?: 'absent'
}

export const renameDatabase: ActionKind<RenameDatabase> = {
  decode: object({
    kind: literal('renameDatabase'),
    stage: stageId,
    item: itemName,
    database: itemName,
    port: integer(1, 65_535),
    beside: itemName,
    from: stagedFrom,
    digest: listsDigest,
    before: absentBefore,
    after: absentBefore,
  }),
  lines: ({ database, beside, from, digest, before, after }, words) => {
    const short = digest.slice(0, 12)
    if (isFromBackup(from))
      return [(before === 'absent' ? words.renameIn : words.rename)(database, beside, copyText(from), short)]
    const evidence = words.evidence(from.evidence)
    if (after === 'absent') return [words.renameOut(database, beside, evidence)]
    const renamed = before === 'absent' ? words.renameInEvidence : words.renameEvidence
    return [renamed(database, beside, evidence, short)]
  },
  putBackLines: ({ database, beside, before, after }, words) => {
    if (after === 'absent') return [words.renameInAgain(database, beside)]
    return [(before === 'absent' ? words.renameAway : words.renameBack)(database, beside)]
  },
  summary: ({ kind, database, beside, from }) => ({ kind, database, beside, ...sourceSummary(from) }),
  places: ({ port, database }) => [`postgresql:${port}/${database}`],
}
