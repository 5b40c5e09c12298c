// One restore that is being staged: who asked for it, how far it is, and how it is ended.
import { SekishoError } from '../base/error.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import { type Service } from '../plans/policy.ts'
import { type RestoreWish, whatOf } from '../plans/restore.ts'
import type { StageProgress } from '../seal/protocol.ts'

/** Who asks, as the gate reports it. */
export interface Asker {
  readonly by: string
  readonly isAgent: boolean
}

export interface Working extends Asker {
  readonly stage: string
  readonly service: Service['name']
  readonly wish: RestoreWish
  readonly since: Instant
  readonly stop: AbortController
  progress: StageProgress
  /** Who cancelled it: it is being removed. */
  endedBy?: string
  /** Too late to cancel: it is a stage now, with its own time. */
  isReady: boolean
  ended: Promise<void>
}

export function end(working: Working, by: string): void {
  if (working.isReady) return
  working.endedBy ??= by
  working.stop.abort()
}

export function busy(
  { service, stage, by, isAgent, wish, since, progress }: Working,
  now: number,
): SekishoError {
  const [kind, what] = [wish.kind, whatOf(wish) ?? '']
  const { step, bytes, totalBytes } = progress
  const percent = totalBytes > 0 ? Math.min(99, Math.floor((bytes / totalBytes) * 100)) : 0
  const agent = isAgent ? 'yes' : ''
  const forMs = Math.max(0, now - milliseconds(since))
  return new SekishoError('restore.busy', { service, stage, by, agent, kind, what, forMs, step, percent })
}
