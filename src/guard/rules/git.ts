// Histories and working trees.
import type { Rules } from './rule.ts'

export const GIT_RULES: Rules = {
  'vcs.discard': { rule: 'git.discard', verdict: 'ask' },
  'vcs.clean': { rule: 'git.clean', verdict: 'ask' },
  'vcs.rewrite': { rule: 'git.rewrite', verdict: 'ask' },
  'vcs.force-push': { rule: 'git.force-push', verdict: 'deny' },
  'vcs.delete-ref': { rule: 'git.delete-ref', verdict: 'ask' },
  'vcs.delete-remote-ref': { rule: 'git.delete-remote-ref', verdict: 'ask' },
  'vcs.drop-stash': { rule: 'git.drop-stash', verdict: 'ask' },
  'vcs.expire': { rule: 'git.expire', verdict: 'ask' },
  'vcs.configure-code': { rule: 'git.configure-code', verdict: 'ask' },
}
