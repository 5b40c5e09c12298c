// One part of a staged restore: what people see of it, and what is exchanged.
import type { RestoreWish, Staged, StagedPart } from '../plans/restore.ts'
import type { StageContext } from './stage-context.ts'
import type { ExchangePlace, SwapPlace } from './stage-record.ts'
import type { StoredStage } from './stage-store.ts'

export interface StagedItem {
  readonly part: StagedPart
  readonly exchange?: ExchangePlace
  readonly swap?: SwapPlace
  /** The directory of the stage that holds it. */
  readonly place?: string
}

/** The first damaged files are listed. */
export const DAMAGED_SHOWN = 1000

type Seen = Pick<
  Staged,
  'at' | 'loss' | 'lists' | 'passedOver' | 'damaged' | 'damagedThen' | 'newestGood' | 'oldestBad'
>

/** The stage made of these parts, as an approver sees it. */
export function stageFrom(
  laid: readonly StagedItem[],
  {
    stage,
    service,
    wish,
    expires,
  }: Pick<StageContext<RestoreWish>, 'stage' | 'service' | 'wish' | 'expires'>,
  seen: Seen,
): StoredStage {
  const parts = laid.map(({ part }) => part)
  return {
    staged: { v: 1, stage, service: service.name, wish, expires, parts, ...seen },
    exchanges: laid.flatMap(({ exchange }) => exchange ?? []),
    swaps: laid.flatMap(({ swap }) => swap ?? []),
    places: [...new Set(laid.flatMap(({ place }) => place ?? []))],
  }
}
