// One part of a restore as it was laid out: what people see of it, and what changes places.
import type { StagedPart } from '../../seal/restore.ts'
import type { ExchangePlace, SwapPlace } from '../act/restore.ts'

export interface Laid {
  readonly part: StagedPart
  readonly exchange?: ExchangePlace
  readonly swap?: SwapPlace
  /** The directory of the stage's own that it lies in. */
  readonly place?: string
}
