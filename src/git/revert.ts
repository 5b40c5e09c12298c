// Trees that take a change back: the paths of the change as they were before it, everything that came later untouched. And a quarantine that is filled
// from production alone, for a way back after the one of the proposal is gone.
import { join } from 'node:path'
import { type Answer, type Refused, refused } from '../base/error.ts'
import { changesBetween, type FileChange } from '../code/file-change.ts'
import { visible } from '../code/path-rules.ts'
import type { RepositoryState } from '../code/repository-state.ts'
import { type CommitFacts, IMPORT_LIMITS, isCommitId } from '../code/tree-entry.ts'
import { makeCommit } from './commit.ts'
import { type GitParts, gitSaid } from './git.ts'
import { type Imported, readCommit, takeBase } from './import.ts'
import { openQuarantine, type Quarantine } from './quarantine.ts'

interface TakeRequest {
  readonly repository: Pick<RepositoryState, 'path' | 'gitDir'>
  readonly commits: readonly string[]
  /** An empty directory of ours that becomes the quarantine. */
  readonly directory: string
  readonly scratch: string
}

/** The commits with their trees, without their past. */
export async function takeFromProduction(
  parts: GitParts,
  { repository, commits, directory, scratch }: TakeRequest,
): Promise<Answer<{ readonly quarantine: Quarantine }>> {
  const quarantine = await openQuarantine(parts, directory)
  const wrong = await takeBase(
    parts,
    quarantine,
    { repository, commits, scratch, history: 'tips' },
    IMPORT_LIMITS,
  )
  return wrong ?? { ok: true, quarantine }
}

interface KnownRequest extends Omit<TakeRequest, 'repository' | 'commits'> {
  readonly repository: RepositoryState
  /** The whole id of a commit that production has: one to return to. It need not contain what is deployed. */
  readonly commit: string
}

/** As `importBundle`, for a commit that lies in production. */
export async function importKnown(
  parts: GitParts,
  { repository, commit, directory, scratch }: KnownRequest,
): Promise<Answer<{ readonly imported: Imported }>> {
  if (!isCommitId(commit)) return refused('code.commit_unknown', { commit: commit.slice(0, 80) })
  const commits = [...new Set([repository.commit, commit])]
  const taken = await takeFromProduction(parts, { repository, commits, directory, scratch })
  if (!taken.ok)
    return taken.code === 'code.bundle_needs' ? refused('code.commit_unknown', { commit }) : taken
  const { quarantine } = taken
  const deployed = await readCommit(quarantine, repository.commit, IMPORT_LIMITS, 'deployed')
  if (!deployed.ok) return deployed
  const candidate = await readCommit(quarantine, commit, IMPORT_LIMITS, 'deployed')
  if (!candidate.ok) return candidate
  if (deployed.facts.tree === candidate.facts.tree) return refused('code.nothing_changed', { commit })
  return {
    ok: true,
    imported: {
      quarantine,
      deployed: deployed.facts,
      candidate: candidate.facts,
      commits: 0,
      changes: changesBetween(deployed.facts.entries, candidate.facts.entries),
    },
  }
}

interface OlderRequest extends Omit<TakeRequest, 'repository' | 'commits'> {
  readonly repository: RepositoryState
  /** Before and after the change that is taken back. */
  readonly before: string
  readonly after: string
  readonly atSeconds: number
}

/**
 * As `importBundle`, for an older change that is taken back: a commit on the deployed one, without what the change did and with everything that came later.
 * A path that a later commit changed again is refused by name.
 */
export async function importReverted(
  parts: GitParts,
  { repository, before, after, directory, scratch, atSeconds }: OlderRequest,
): Promise<Answer<{ readonly imported: Imported }>> {
  const commits = [...new Set([repository.commit, before, after])]
  const taken = await takeFromProduction(parts, { repository, commits, directory, scratch })
  if (!taken.ok) return taken
  const { quarantine } = taken
  const sides: CommitFacts[] = []
  for (const commit of [repository.commit, before, after]) {
    const read = await readCommit(quarantine, commit, IMPORT_LIMITS, 'deployed')
    if (!read.ok) return read
    sides.push(read.facts)
  }
  const [tip, was, is] = sides as [CommitFacts, CommitFacts, CommitFacts]
  const reverted = await revertTree(quarantine, { tip, before: was, after: is })
  if (!reverted.ok) return reverted
  if (reverted.tree === tip.tree) return refused('code.nothing_changed', { commit: after })
  const said = await quarantine.git(['log', '-1', '--no-decorate', '--format=%an%x00%ae%x00%s', after])
  const [name = '', email = '', subject = ''] = said.stdout.trimEnd().split('\0')
  const made = await makeCommit(quarantine, {
    tree: reverted.tree,
    parent: tip.commit,
    message: `Revert: ${subject}\n`,
    author: { name, email },
    atSeconds,
  })
  if (!made.ok) return made
  const candidate = await readCommit(quarantine, made.commit, IMPORT_LIMITS, 'candidate')
  if (!candidate.ok) return candidate
  const changes = changesBetween(tip.entries, candidate.facts.entries)
  return {
    ok: true,
    imported: { quarantine, deployed: tip, candidate: candidate.facts, commits: 1, changes },
  }
}

interface RevertRequest {
  /** What the branch points to now. */
  readonly tip: CommitFacts
  /** Before and after the change that is taken back. */
  readonly before: CommitFacts
  readonly after: CommitFacts
}

/** The tree of `tip` without the change. A path that a later commit changed again is refused by name. */
export async function revertTree(
  quarantine: Quarantine,
  { tip, before, after }: RevertRequest,
): Promise<Answer<{ readonly tree: string }>> {
  if (tip.tree === after.tree) return { ok: true, tree: before.tree }
  const now = new Map(tip.entries.map((entry) => [entry.path, entry]))
  // First what goes away: a directory may stand where a file was.
  const gone: string[] = []
  const back: string[] = []
  for (const change of changesBetween(before.entries, after.entries)) {
    const wrong = changedAgain(change, now)
    if (wrong !== undefined) return wrong
    if (change.kind !== 'removed') gone.push(`0 ${'0'.repeat(40)}\t${change.path}`)
    if (change.kind !== 'added')
      back.push(
        `${change.modeBefore} ${change.blobBefore}\t${change.kind === 'renamed' ? change.from : change.path}`,
      )
  }
  const steps = [
    { args: ['read-tree', '--reset', tip.commit] },
    { args: ['update-index', '-z', '--index-info'], input: `${[...gone, ...back].join('\0')}\0` },
    { args: ['write-tree'] },
  ]
  let said = ''
  for (const { args, input } of steps) {
    const done = await quarantine.git(args, {
      index: join(quarantine.path, 'objects/index'),
      // `update-index` wants a work tree; of this one it reads nothing.
      workTree: join(quarantine.path, 'refs/heads'),
      config: ['core.bare=false'],
      ...(input === undefined ? {} : { input }),
    })
    if (done.code !== 0) return refused('code.object_unreadable', { why: gitSaid(done) })
    said = done.stdout.trim()
  }
  return { ok: true, tree: said }
}

function changedAgain(
  change: FileChange,
  now: ReadonlyMap<string, { readonly blob: string; readonly mode: string }>,
): Refused | undefined {
  const found = now.get(change.path)
  const same =
    change.kind === 'removed'
      ? found === undefined
      : found?.blob === change.blobAfter && found.mode === change.modeAfter
  const free = change.kind !== 'renamed' || !now.has(change.from)
  return same && free ? undefined : refused('code.changed_again', { path: visible(change.path) })
}
