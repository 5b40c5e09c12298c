// Code that nobody has read.
import type { Effect } from '../effect.ts'
import type { GuardPolicy } from '../policy.ts'
import type { Rule, Rules } from './rule.ts'

export const CODE_RULES: Rules = {
  'exec.downloaded': { rule: 'exec.downloaded', verdict: 'ask' },
  'exec.decoded': { rule: 'exec.decoded', verdict: 'ask' },
  'exec.option': { rule: 'exec.option', verdict: 'ask' },
  'exec.script': { rule: 'script.destroy', verdict: 'ask' },
  'exec.shell-server': { rule: 'exec.shell-server', verdict: 'deny' },
  'exec.bomb': { rule: 'exec.bomb', verdict: 'deny' },
}

/** Where the policy is strict, a program of which nothing is known asks. */
export const STRICT: Rule = { rule: 'exec.unlisted', verdict: 'ask', kind: 'unclear' }

export const strictRule = ({ verb }: Effect, { strict }: GuardPolicy): Rule | undefined =>
  strict && verb === 'exec.known' ? STRICT : undefined
