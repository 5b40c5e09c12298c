// The registry of patterns: what any room asks of a pattern of change is asked here. A new pattern is its name in words/plan.ts, its row here, its
// playbook in plans/playbooks/, and its branches where plans are made (app/plan-change.ts) and judged (runner/judge/inventory.ts).
import type { Pattern } from '../words/plan.ts'

export type { Pattern } from '../words/plan.ts'
/** The number rises when the same wish makes another plan. */
export type Playbook = `${Pattern}/1`

export interface PatternRow {
  /** What a request names: files and variables, an act on the unit, or a restore that is laid out, or SQL files. */
  readonly wish: 'files' | 'verb' | 'stage' | 'migration'
  /** Built, tested and rehearsed in rooms before anybody is asked: its receipt is evidence. */
  readonly isRehearsed?: true
  /** Validated, rehearsed on copies or laid out beside, and taken back there, before anybody is asked. */
  readonly isTried: boolean
  /** The service must be well before it begins. */
  readonly asksHealth: boolean
  /** The rule of the policy that answers for the author, where there is one. */
  readonly notification?: 'config' | 'service'
}

export const PATTERNS: Readonly<Record<Pattern, PatternRow>> = {
  config: { wish: 'files', isTried: true, asksHealth: true, notification: 'config' },
  service: { wish: 'verb', isTried: false, asksHealth: false, notification: 'service' },
  // After a restore the users find other records: they are notified, or the author gives the reason why not.
  data: { wish: 'stage', isTried: true, asksHealth: false },
  schema: { wish: 'migration', isTried: true, asksHealth: true },
  code: { wish: 'stage', isTried: true, isRehearsed: true, asksHealth: true },
}

export const PATTERN_LIST = Object.keys(PATTERNS) as readonly Pattern[]
export const PLAYBOOKS: readonly Playbook[] = PATTERN_LIST.map((pattern) => `${pattern}/1` as const)
