// What a proof is given: the plan, what was seen before the first action, what the trial saw, and when each unit was told.
import type { Digest } from '../../base/hash.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Listener } from '../../host/nginx-listeners.ts'
import type { Plan } from '../../plans/plan.ts'
import type { Loss } from '../../schema/bound.ts'
import type { ActContext } from '../act/context.ts'
import type { ProofBaseline } from './baseline.ts'

/** What only the trial knows. */
export interface TrialFacts {
  /** Sockets that the trial's own nginx had. */
  readonly listeners?: readonly Listener[]
  /** The catalogue that a migration came to in its clone. */
  readonly schema?: { readonly catalogue: Digest; readonly hasOwners: boolean }
  /** What a way back was counted to lose. */
  readonly losses?: readonly Loss[]
  /** What `status` of a migration tool said before and after, by digest. */
  readonly status?: { readonly before: Digest; readonly after: Digest }
  /** The effective file set after the change. */
  readonly effective?: readonly { readonly path: string; readonly digest: Digest }[]
}

export interface ProofContext extends ActContext {
  readonly plan: Plan
  readonly before: ProofBaseline
  readonly trial?: TrialFacts
  /** When the last action on each unit was begun, of this boot. */
  readonly signals: Readonly<Record<string, Told>>
}

export interface Told {
  /** In ms: what processes are compared with. */
  readonly uptime: number
  /** By the wall clock as it was then: what files are compared with. Computed later it would be off by what the clock was set meanwhile. */
  readonly at: number
}

export type Verdict = 'green' | 'red' | 'not_proven'

export interface Proven {
  readonly verdict: Verdict
  readonly facts: JsonObject
}

/** Told while a proof watches, so that people see it move. */
export type Progress = (facts: JsonObject) => void

export function green(facts: JsonObject): Proven {
  return { verdict: 'green', facts }
}
/** `why` is a word that has a sentence in words/. */
export function red(why: string, facts: JsonObject): Proven {
  return { verdict: 'red', facts: { why, ...facts } }
}
export function notProven(why: string, facts: JsonObject): Proven {
  return { verdict: 'not_proven', facts: { why, ...facts } }
}

/** When this unit was told, else when the execution began to look: whatever is older is not of this change. */
export function toldAt(unit: string, c: ProofContext): number {
  return c.signals[unit]?.uptime ?? c.before.uptime
}
