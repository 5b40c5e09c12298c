// Code that nobody has read.
import type { Rules } from './rule.ts'

export const CODE_RULES: Rules = {
  'exec.downloaded': { rule: 'exec.downloaded', verdict: 'ask' },
  'exec.decoded': { rule: 'exec.decoded', verdict: 'ask' },
  'exec.option': { rule: 'exec.option', verdict: 'ask' },
  'exec.script': { rule: 'script.destroy', verdict: 'ask' },
  'exec.shell-server': { rule: 'exec.shell-server', verdict: 'deny' },
  'exec.bomb': { rule: 'exec.bomb', verdict: 'deny' },
}
