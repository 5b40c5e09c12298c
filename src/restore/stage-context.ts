// What staging a restore is handed, and what does it or takes it away.
import type { instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import type { BackupWish, RestoreWish } from '../plans/restore.ts'
import type { StageProgress } from '../seal/protocol.ts'
import type { RestorePorts } from './ports.ts'
import type { StageMade } from './stage-made.ts'
import type { StoredStage } from './stage-store.ts'

export interface StageContext<Wish extends RestoreWish = BackupWish> {
  readonly parts: RestorePorts
  readonly service: Service
  readonly stage: string
  readonly wish: Wish
  readonly expires: ReturnType<typeof instant>
  readonly made: StageMade
  readonly progress: (now: Partial<StageProgress>) => void
  readonly signal: AbortSignal
}
/** Stages, verifies, salvages and compares. After a throw nothing of it is left. */
export type StageRestore = (context: StageContext<RestoreWish>) => Promise<StoredStage>
/** Removes a stage. False: what an exchange put there is evidence, and stays. */
export type Clear = (stage: StoredStage, parts: RestorePorts) => Promise<boolean>
