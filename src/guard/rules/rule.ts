// What a verb is answered with, as data.
import type { Verb } from '../effect.ts'
import type { Answer, Compiled } from '../policy.ts'
import type { Span } from '../tree.ts'

/** The default answer for a verb, whatever it is on. `kind` is approval for ask and forbidden for deny, where it is not said. */
export interface Rule {
  readonly rule: string
  readonly verdict: Exclude<Answer, 'allow'>
  readonly kind?: 'unclear'
}
export type Rules = Partial<Record<Verb, Rule>>

/** One answer to one effect. */
export interface Judged {
  readonly rule: string
  readonly kind: 'forbidden' | 'approval' | 'unclear' | 'limit'
  readonly verdict: Answer
  readonly params: Readonly<Record<string, string>>
  readonly span?: Span
}

/** Rules that keep the guard itself: no policy changes their answer, whoever wrote it. */
export const isOwnRule = (name: string): boolean => name.startsWith('self.')

/** The answer of a rule, as the policy may have changed it. */
export function verdictOf(rule: Rule, { policy }: Compiled, params: Judged['params'] = {}): Judged {
  const verdict = (isOwnRule(rule.rule) ? undefined : policy.rules[rule.rule]) ?? rule.verdict
  return {
    rule: rule.rule,
    kind: rule.kind ?? (verdict === 'deny' ? 'forbidden' : 'approval'),
    verdict,
    params,
  }
}
