// What was laid out for a restore: which path changes places with which, and which database with which. The acts of a restore go by it.
import type { DatabaseFacts } from '../backup/manifest.ts'
import type { Staged } from '../plans/restore.ts'
import type { SwapPair } from '../postgres/types.ts'
import type { Places } from '../tree/exchange-places.ts'

/** One path, and what lies beside it. Everything to exchange them, or to move it there and away, in either direction and by anybody. */
export type ExchangePlace = Places
export interface SwapPlace {
  readonly port: number
  readonly pair: SwapPair
  /** Settings and rights that a rename does not carry over. */
  readonly facts?: DatabaseFacts
}
export interface StageRecord {
  readonly staged: Staged
  readonly exchanges: readonly ExchangePlace[]
  readonly swaps: readonly SwapPlace[]
}

export interface RestoreHands {
  /** Throws restore.stage_gone. */
  record(stage: string): Promise<StageRecord>
  /** The lists computed anew, as they were for the preview. */
  lists(record: StageRecord, signal: AbortSignal): Promise<string>
  /** The path of the first evidence that is not what was sealed, wherever it stands by now: whoever held it open may have written. */
  altered(record: StageRecord, signal: AbortSignal): Promise<string | undefined>
}
