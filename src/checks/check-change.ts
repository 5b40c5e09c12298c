// What is told when a check changes its state, is acknowledged or muted: the value that findings, notices and incidents are made from.
import type { ActorId, ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { CheckId, CheckState, CheckValues } from './result.ts'

/** `FND-2026-0001` */
export type FindingId = string & { readonly finding: unique symbol }
export function findingId(year: number, number: number): FindingId {
  return `FND-${year}-${String(number).padStart(4, '0')}` as FindingId
}

export interface CheckChange {
  readonly check: CheckId
  readonly service?: ServiceName
  readonly item: string
  readonly finding: FindingId
  readonly kind: 'opened' | 'changed' | 'resolved' | 'acknowledged' | 'muted' | 'unmuted'
  readonly from: CheckState
  readonly to: CheckState
  readonly at: Instant
  readonly since: Instant
  /** Of words/check.ts. */
  readonly code: string
  readonly values: CheckValues
  /** It follows from that one, which has a finding of its own. */
  readonly causedBy?: CheckId
  /** Until when it was muted: nobody is told. */
  readonly mutedUntil?: Instant
  readonly by?: ActorId
  readonly reason?: string
}
