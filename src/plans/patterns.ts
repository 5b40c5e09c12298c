// The registry of patterns: what any room asks of a pattern of change is asked here. A new pattern is its name in words/plan.ts, its row here, its
// playbook in plans/playbooks/, and its branches where plans are made (app/plan-change.ts) and judged (runner/judge/inventory.ts).
import type { Pattern } from '../words/plan.ts'

export type { Pattern } from '../words/plan.ts'
/** The number rises when the same wish makes another plan. */
export type Playbook = `${Pattern}/1`

export interface PatternRow {
  /** What a request names: files and variables, an act on the unit, a restore that is laid out, SQL files, a declared call or command, or the incident whose isolation ends. */
  readonly wish: 'files' | 'verb' | 'stage' | 'migration' | 'incident' | 'request' | 'command'
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
  // Its trial starts the deployed release in a room and sends it there.
  request: { wish: 'request', isTried: true, asksHealth: true },
  // Its trial starts the deployed release in a room, and runs the command and its way back beside it.
  command: { wish: 'command', isTried: true, asksHealth: true },
  // Cut off from its users a service is not well, and nothing of the isolation can be tried on a copy.
  isolation: { wish: 'incident', isTried: false, asksHealth: false },
}

/** It acts and writes no file: its difference is what it does. */
export function actsOnly(pattern: Pattern): boolean {
  const { wish } = PATTERNS[pattern]
  return wish === 'verb' || wish === 'incident' || wish === 'request' || wish === 'command'
}

export const PATTERN_LIST = Object.keys(PATTERNS) as readonly Pattern[]
export const PLAYBOOKS: readonly Playbook[] = PATTERN_LIST.map((pattern) => `${pattern}/1` as const)
