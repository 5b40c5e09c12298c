// What staging code is handed, and how the steps of it are told.
import type { Instant } from '../../base/time.ts'
import type { CodeWish } from '../../plans/code.ts'
import type { CodeRules } from '../../plans/code-rules.ts'
import type { Service } from '../../plans/policy.ts'
import type { RunnerParts } from '../parts.ts'

export interface CodeContext {
  readonly parts: RunnerParts
  readonly service: Service
  readonly rules: CodeRules
  readonly stage: string
  readonly wish: CodeWish
  readonly expires: Instant
  /** Of this stage alone; others may pass through. */
  readonly directory: string
  /** Notes a directory durably before it is made, so that it is found and removed after a kill. */
  readonly note: (path: string) => Promise<void>
  readonly step: (name: CodeStep) => void
  readonly signal: AbortSignal
}

/** In the order in which they come. */
export type CodeStep =
  | 'reading'
  | 'importing'
  | 'building'
  | 'building_deployed'
  | 'testing_deployed'
  | 'testing'
  | 'testing_crossed'
  | 'placing'
  | 'impact'
  | 'cloning_database'
  | 'rehearsing'
  | 'clearing'
