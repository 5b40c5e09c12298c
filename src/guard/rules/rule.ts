// What a verb is answered with, as data.
import type { Verb } from '../effect.ts'
import type { Answer } from '../policy.ts'

/** The default answer for a verb, whatever it is on. `kind` is approval for ask and forbidden for deny, where it is not said. */
export interface Rule {
  readonly rule: string
  readonly verdict: Exclude<Answer, 'allow'>
  readonly kind?: 'unclear'
}
export type Rules = Partial<Record<Verb, Rule>>
