// Brings commits of a quarantine into the repository of production, as its owner: objects as a pack, the branch by comparing and moving it in one
// transaction, the index without a look at any live file. Everything here can be repeated.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Answer, type Refused, refused } from '../base/error.ts'
import type { RepositoryState } from '../code/repository-state.ts'
import { GATE, identity } from './commit.ts'
import { type GitParts, git, gitSaid } from './git.ts'
import { ownerOf, type View, withView } from './production.ts'
import type { Quarantine } from './quarantine.ts'

export type RepositoryOfProduction = Pick<RepositoryState, 'path' | 'gitDir' | 'bare' | 'branch'>

/** A commit that stays reachable after the branch has moved. */
export interface Kept {
  /** Below refs/sekisho/. */
  readonly ref: string
  readonly commit: string
}

interface Move {
  readonly repository: RepositoryOfProduction
  readonly from: string
  readonly to: string
  readonly keep?: Kept
  readonly atSeconds: number
  /** A directory of ours through which everybody can pass. */
  readonly scratch: string
}

/** `stale`: the branch has moved, and the index could not be read by git. */
export type Moved = Answer<{ readonly index: 'updated' | 'stale' | 'none' }>

const PACK_BYTES_MAX = 1_073_741_824

/** Moves the branch forward to a commit of the quarantine. */
export async function deliver(parts: GitParts, quarantine: Quarantine, move: Move): Promise<Moved> {
  const base = [move.from, ...(await quarantine.shallowCommits())]
  // What is kept may lie in production already.
  const kept = move.keep?.commit
  const isHere = kept !== undefined && (await quarantine.git(['cat-file', '-e', kept])).code === 0
  const wanted = [move.to, ...(isHere ? [kept] : [])]
  const packed = await quarantine.git(
    ['pack-objects', '--stdout', '--revs', '--quiet', '--delta-base-offset'],
    {
      input: [...wanted, ...base.map((commit) => `^${commit}`)].map((line) => `${line}\n`).join(''),
      maxOutput: PACK_BYTES_MAX,
    },
  )
  if (packed.code !== 0) return refused('code.object_unreadable', { why: gitSaid(packed) })
  return withView(parts, move.repository.gitDir, move.scratch, async (view) => {
    const received = await view.git(['index-pack', '--stdin', '--strict'], {
      input: packed.stdoutBytes,
      config: await sharing(move.repository.gitDir),
    })
    if (received.code !== 0)
      return refused('code.delivery_failed', { path: move.repository.path, why: gitSaid(received) })
    return moveIn(parts, view, move)
  })
}

/** Moves the branch to a commit that production has: back, where nothing was pushed. */
export function moveBranch(parts: GitParts, move: Move): Promise<Moved> {
  return withView(parts, move.repository.gitDir, move.scratch, (view) => moveIn(parts, view, move))
}

/** Is the commit part of the branch of production, or of another commit that lies there? */
export async function holds(
  parts: GitParts,
  repository: RepositoryOfProduction,
  commit: string,
  at = `refs/heads/${repository.branch}`,
): Promise<boolean> {
  const own = { gitDir: repository.gitDir, as: await ownerOf(parts, repository.gitDir) }
  return (await git(parts, ['merge-base', '--is-ancestor', commit, at], own)).code === 0
}

async function moveIn(parts: GitParts, view: View, move: Move): Promise<Moved> {
  const { repository, from, to, keep } = move
  const branch = `refs/heads/${repository.branch}`
  const own = { gitDir: repository.gitDir, as: await ownerOf(parts, repository.gitDir) }
  const tipOf = async () =>
    (await git(parts, ['rev-parse', '--verify', '--quiet', branch], own)).stdout.trim()
  if (keep !== undefined && !/^refs\/sekisho\/[A-Za-z0-9._/-]+$/.test(keep.ref))
    return refused('code.delivery_failed', { path: repository.path, why: keep.ref })
  const moved = (await tipOf()) === to
  const lines = [
    'start',
    ...(moved ? [] : [`update ${branch} ${to} ${from}`]),
    ...(keep === undefined ? [] : [`update ${keep.ref} ${keep.commit}`]),
    'prepare',
    'commit',
  ]
  const set = await git(parts, ['update-ref', '--no-deref', '-m', 'sekisho', '--stdin'], {
    ...own,
    input: lines.map((line) => `${line}\n`).join(''),
    env: identity('COMMITTER', GATE, move.atSeconds),
  })
  if (set.code !== 0) {
    const found = await tipOf()
    return found === from || found === to
      ? refused('code.delivery_failed', { path: repository.path, why: gitSaid(set) })
      : refused('code.branch_moved', {
          branch: repository.branch,
          expected: from,
          found: found === '' ? '–' : found,
          path: repository.path,
        })
  }
  if (repository.bare) return { ok: true, index: 'none' }
  const read = await view.git(['read-tree', '--reset', to], { index: join(repository.gitDir, 'index') })
  return { ok: true, index: read.code === 0 ? 'updated' : 'stale' }
}

/** A repository that everybody can read stays so, whatever our mask is. */
async function sharing(gitDir: string): Promise<readonly string[]> {
  const { mode } = await lstat(join(gitDir, 'objects'))
  const open = (mode & 0o005) === 0o005 ? 'all' : (mode & 0o020) === 0o020 ? 'group' : undefined
  return open === undefined ? [] : [`core.sharedRepository=${open === 'all' ? '0644' : 'group'}`]
}

/**
 * A way back is judged by the tree that it leaves: a commit that is called a rollback and holds the tree from before the rollback is refused.
 */
export async function backRefused(
  parts: GitParts,
  repository: RepositoryOfProduction,
  tree: string,
): Promise<Refused | undefined> {
  const own = { gitDir: repository.gitDir, as: await ownerOf(parts, repository.gitDir) }
  const found = await git(
    parts,
    ['rev-parse', '--verify', '--quiet', `refs/heads/${repository.branch}^{tree}`],
    own,
  )
  const is = found.stdout.trim()
  return is === tree
    ? undefined
    : refused('code.back_tree', { branch: repository.branch, intended: tree, found: is === '' ? '–' : is })
}
