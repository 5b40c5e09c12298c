// Histories and working trees.
import type { Effect } from '../effect.ts'
import { isInside as liesIn, nameOf, type Path } from '../path.ts'
import { type Compiled, pattern } from '../policy.ts'
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

/** For branches that the policy protects. */
export const GIT_PROTECTED: Readonly<Record<string, Rule>> = {
  force: { rule: 'git.force-push-protected', verdict: 'deny' },
  delete: { rule: 'git.delete-protected', verdict: 'deny' },
  lease: { rule: 'git.force-push', verdict: 'ask' },
  repository: { rule: 'git.repository', verdict: 'ask' },
  push: { rule: 'git.push-protected', verdict: 'ask' },
  live: { rule: 'git.live-data', verdict: 'ask' },
  deployed: { rule: 'git.deployed-tree', verdict: 'deny' },
}

/** What puts files of the history in the place of those in the working tree. */
const WRITES_TREE: ReadonlySet<string> = new Set([
  'vcs.checkout',
  'vcs.discard',
  'vcs.integrate',
  'vcs.rewrite',
])

const holdsLiveData = (at: Path, { policy }: Compiled): boolean =>
  policy.protect.some(({ tree }) => tree !== undefined && liesIn(at, pattern(`${tree}/**`)))

/** What moves the branch of a repository. */
const MOVES_BRANCH: ReadonlySet<string> = new Set(['vcs.commit', 'vcs.integrate', 'vcs.rewrite'])

/** A commit, or a step back of the branch (`git reset --soft HEAD~1`), where the code of a service is deployed: only a change makes one. */
function movesDeployed({ verb, on }: Pick<Effect, 'verb' | 'on'>, { policy }: Compiled): boolean {
  if (on.kind !== 'repository' || on.at === undefined) return false
  if (!MOVES_BRANCH.has(verb) && !(verb === 'vcs.unstage' && on.ref !== undefined)) return false
  // Of a place that is not known nothing is said here.
  const names = on.at.loose ? [undefined] : on.at.segments.map(nameOf)
  if (names.includes(undefined)) return false
  const place = `/${names.join('/')}/`
  return policy.services.some(({ repo }) => repo !== undefined && place.startsWith(`${repo}/`))
}

/** The rule where more than the verb decides; undefined where the verb does. */
export function gitRule({ verb, on }: Effect, compiled: Compiled): Rule | undefined {
  const { policy } = compiled
  if (on.kind === 'path')
    return WRITES.has(verb) && isInside(on.path) ? GIT_PROTECTED['repository'] : undefined
  if (on.kind !== 'repository') return undefined
  if (movesDeployed({ verb, on }, compiled)) return GIT_PROTECTED['deployed']
  if (on.at !== undefined && WRITES_TREE.has(verb) && holdsLiveData(on.at, compiled))
    return GIT_PROTECTED['live']
  const isProtected = on.what === 'mirror' || on.what === 'all' || names(on.ref, policy.branches)
  if (!isProtected) return undefined
  if (verb === 'vcs.force-push') return GIT_PROTECTED['force']
  if (verb === 'vcs.delete-remote-ref') return GIT_PROTECTED['delete']
  if (verb !== 'vcs.push') return undefined
  // Over what others have, even where nobody has pushed since.
  if (on.what === 'lease') return GIT_PROTECTED['lease']
  // An ordinary push adds; a policy that wants to be asked says so.
  return policy.rules['git.push-protected'] === undefined ? undefined : GIT_PROTECTED['push']
}

function names(ref: Value | undefined, branches: readonly string[]): boolean {
  const plain = ref === undefined ? undefined : literal(ref)
  return plain !== undefined && branches.includes(plain.replace(/^(refs\/)?heads\//, ''))
}

const WRITES: ReadonlySet<string> = new Set(['path.write', 'path.append', 'path.create', 'path.link'])
/** What nobody reads but the one who writes it. */
const NOTES = /^(description|COMMIT_EDITMSG|MERGE_MSG|.*\.lock)$/

/** A repository's own files are written by git alone: a reference or an object put there by hand is a history of somebody's making. */
function isInside({ segments }: Path): boolean {
  const at = segments.findIndex((segment) => segment.length === 1 && segment[0] === '.git')
  if (at === -1) return false
  const next = segments[at + 1]
  return next === undefined || next === 'tree' || !NOTES.test(literal(next) ?? '')
}
