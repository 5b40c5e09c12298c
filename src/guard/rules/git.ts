// Histories and working trees.
import type { Effect } from '../effect.ts'
import type { Path } from '../path.ts'
import type { Compiled } from '../policy.ts'
import { literal, type Value } from '../value.ts'
import type { Rule, Rules } from './rule.ts'

export const GIT_RULES: Rules = {
  'vcs.discard': { rule: 'git.discard', verdict: 'ask' },
  'vcs.clean': { rule: 'git.clean', verdict: 'ask' },
  'vcs.rewrite': { rule: 'git.rewrite', verdict: 'ask' },
  'vcs.integrate': { rule: 'git.integrate', verdict: 'ask' },
  'vcs.force-push': { rule: 'git.force-push', verdict: 'ask' },
  'vcs.delete-ref': { rule: 'git.delete-ref', verdict: 'ask' },
  'vcs.delete-remote-ref': { rule: 'git.delete-remote-ref', verdict: 'ask' },
  'vcs.drop-stash': { rule: 'git.drop-stash', verdict: 'ask' },
  'vcs.expire': { rule: 'git.expire', verdict: 'ask' },
  'vcs.configure-code': { rule: 'git.configure-code', verdict: 'ask' },
}

/** For branches that the policy protects, and for files that are a repository's own. */
export const GIT_PROTECTED: Readonly<Record<string, Rule>> = {
  force: { rule: 'git.force-push-protected', verdict: 'deny' },
  delete: { rule: 'git.delete-protected', verdict: 'deny' },
  push: { rule: 'git.push-protected', verdict: 'ask' },
  repository: { rule: 'git.repository', verdict: 'ask' },
  code: { rule: 'git.configure-code', verdict: 'ask' },
}

/** The rule where more than the verb decides; undefined where the verb does. */
export function gitRule({ verb, on, recursive }: Effect, { policy }: Compiled): Rule | undefined {
  if (on.kind === 'path') return insideRepository(verb, on.path, recursive === true)
  if (on.kind !== 'repository') return undefined
  const isProtected = on.what === 'mirror' || on.what === 'all' || names(on.ref, policy.branches)
  if (!isProtected) return undefined
  if (verb === 'vcs.force-push') return GIT_PROTECTED['force']
  if (verb === 'vcs.delete-remote-ref') return GIT_PROTECTED['delete']
  return verb === 'vcs.push' ? GIT_PROTECTED['push'] : undefined
}

function names(ref: Value | undefined, branches: readonly string[]): boolean {
  const plain = ref === undefined ? undefined : literal(ref)
  return plain !== undefined && branches.includes(plain.replace(/^(refs\/)?heads\//, ''))
}

const CHANGES = new Set(['path.write', 'path.append', 'path.create', 'path.move', 'path.chmod', 'path.link'])
/** What git runs or obeys of its own directory. */
const OBEYED = new Set(['hooks', 'config', 'config.worktree', 'info'])
/** What holds the history; the rest (locks, the index) can be made again. */
const HISTORY = new Set(['objects', 'refs', 'logs', 'packed-refs', 'HEAD', 'modules', 'worktrees'])

function insideRepository(verb: string, { segments }: Path, recursive: boolean): Rule | undefined {
  const removes = verb === 'path.delete' || verb === 'path.move'
  if (!removes && !CHANGES.has(verb)) return undefined
  const at = segments.findIndex((segment) => segment.length === 1 && segment[0] === '.git')
  if (at === -1) return undefined
  const next = segments[at + 1]
  if (next === undefined)
    return removes && (recursive || verb === 'path.move') ? GIT_PROTECTED['repository'] : undefined
  const name = next === 'tree' ? undefined : literal(next)
  if (name !== undefined && OBEYED.has(name) && !removes) return GIT_PROTECTED['code']
  return removes && (name === undefined || HISTORY.has(name)) ? GIT_PROTECTED['repository'] : undefined
}
