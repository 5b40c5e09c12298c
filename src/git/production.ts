// Reads the repository of production as its owner, through a directory of ours: configuration, hooks, filters and attributes of that repository have no
// effect, and nothing is written there.
import { chmod, chown, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Answer, type Refused, refused } from '../base/error.ts'
import { visible } from '../code/path-rules.ts'
import type { ChangedPath, RepositoryState } from '../code/repository-state.ts'
import { fileError } from '../sys/files.ts'
import type { ProcessResult } from '../sys/process.ts'
import { type GitCall, type GitParts, git, gitSaid, type Owner } from './git.ts'
import { writeOpen } from './quarantine.ts'

export interface RepositoryPlace {
  /** A work tree, a bare repository, or a directory that holds `repository.git`. */
  readonly path: string
  readonly branch: string
}

/** A directory of git that holds our configuration and the objects of production. */
export interface View {
  readonly gitDir: string
  readonly owner: Owner | undefined
  git(args: readonly string[], options?: Omit<GitCall, 'gitDir' | 'as' | 'objects'>): Promise<ProcessResult>
}

/** `scratch`: a directory of ours through which everybody can pass; what is made in it is removed again. */
export async function withView<T>(
  parts: GitParts,
  gitDir: string,
  scratch: string,
  work: (view: View) => Promise<T>,
): Promise<T> {
  const owner = await ownerOf(parts, gitDir)
  const directory = await mkdtemp(join(scratch, 'view-')).catch((cause: unknown) => {
    throw fileError(scratch, cause)
  })
  try {
    await mkdir(join(directory, 'refs'))
    await chmod(join(directory, 'refs'), 0o755)
    await writeOpen(join(directory, 'HEAD'), 'ref: refs/heads/none\n')
    await writeOpen(join(directory, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = false\n')
    if (owner !== undefined) await chown(directory, owner.uid, owner.gid)
    const objects = join(gitDir, 'objects')
    return await work({
      gitDir: directory,
      owner,
      git: (args, options = {}) => git(parts, args, { ...options, gitDir: directory, objects, as: owner }),
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Commit, branch and status before a change (S17). */
export async function readRepository(
  parts: GitParts,
  place: RepositoryPlace,
  scratch: string,
): Promise<Answer<{ readonly state: RepositoryState }>> {
  const found = await findGitDir(place.path)
  if ('ok' in found) return found
  const { gitDir, bare } = found
  const owner = await ownerOf(parts, gitDir)
  const own = { gitDir, as: owner }
  const head = await git(parts, ['symbolic-ref', '--quiet', 'HEAD'], own)
  const tip = await git(
    parts,
    ['rev-parse', '--verify', '--quiet', `refs/heads/${place.branch}^{commit}`],
    own,
  )
  if (tip.code === 128) return unreadable(place.path, gitSaid(tip))
  const commit = tip.stdout.trim()
  if (tip.code !== 0 || commit === '')
    return refused('code.branch_missing', { branch: place.branch, path: place.path })
  const current = head.stdout.trim().replace(/^refs\/heads\//, '')
  if (!bare && current !== place.branch)
    return refused('code.branch_not_checked_out', {
      path: place.path,
      branch: place.branch,
      found: current === '' ? commitOf(head) : current,
    })
  return withView(parts, gitDir, scratch, async (view) => {
    const said = await view.git(['log', '-1', '--no-decorate', '--format=%T%x00%at%x00%s', commit])
    if (said.code !== 0) return unreadable(place.path, gitSaid(said))
    const [tree = '', at = '', subject = ''] = said.stdout.trimEnd().split('\0')
    const status = bare ? NOTHING : await statusOf(parts, view, gitDir, place.path, commit)
    if ('ok' in status) return status
    return {
      ok: true,
      state: {
        path: place.path,
        gitDir,
        bare,
        branch: place.branch,
        commit,
        tree,
        committedAt: Number(at),
        subject: visible(subject).slice(0, 200),
        ...(owner === undefined ? {} : { owner }),
        ...status,
      },
    }
  })
}

const NOTHING: Status = { changed: [], untracked: 0 }
interface Status {
  readonly changed: readonly ChangedPath[]
  readonly untracked: number
}

/** A bare repository beside the releases. */
const BARE_NAME = 'repository.git'

async function findGitDir(
  path: string,
): Promise<Refused | { readonly gitDir: string; readonly bare: boolean }> {
  const inside = await lstat(join(path, '.git')).catch(() => undefined)
  if (inside?.isDirectory()) return withoutAlternates(path, join(path, '.git'), false)
  if (inside !== undefined) return unreadable(path, '.git is no directory')
  const beside = await lstat(join(path, BARE_NAME)).catch(() => undefined)
  if (beside?.isDirectory()) return withoutAlternates(path, join(path, BARE_NAME), true)
  const objects = await lstat(join(path, 'objects')).catch(() => undefined)
  if (objects?.isDirectory() && (await lstat(join(path, 'HEAD')).catch(() => undefined))?.isFile())
    return withoutAlternates(path, path, true)
  return unreadable(path, 'no repository')
}

async function withoutAlternates(path: string, gitDir: string, bare: boolean) {
  const alternates = await lstat(join(gitDir, 'objects/info/alternates')).catch(() => undefined)
  return alternates === undefined ? { gitDir, bare } : unreadable(path, 'objects/info/alternates')
}

/** The index is copied with its time, by which git knows what may have changed since: git writes into none of theirs. A missing or split one is read anew from the commit. */
async function statusOf(
  parts: GitParts,
  view: View,
  gitDir: string,
  path: string,
  commit: string,
): Promise<Refused | Status> {
  const index = join(view.gitDir, 'index')
  const as = view.owner ?? {}
  await parts.process(['cp', '--preserve=timestamps', '--', join(gitDir, 'index'), index], {
    cwd: '/',
    ...as,
  })
  const inTree = { index, workTree: path, cwd: path, maxOutput: STATUS_BYTES }
  const pointed = await view.git(['update-ref', '--no-deref', 'HEAD', commit])
  if (pointed.code !== 0) return unreadable(path, gitSaid(pointed))
  const args = [
    'status',
    '--porcelain=v1',
    '-z',
    '--no-renames',
    '--untracked-files=normal',
    '--ignore-submodules=all',
  ]
  const config = [`core.excludesFile=${join(gitDir, 'info/exclude')}`]
  let said = await view.git(args, { ...inTree, config })
  if (said.code !== 0) {
    await view.git(['read-tree', commit], { ...inTree })
    said = await view.git(args, { ...inTree, config })
  }
  if (said.code !== 0) return unreadable(path, gitSaid(said))
  const lines = said.stdout.split('\0').filter((line) => line !== '')
  return {
    changed: lines
      .filter((line) => !line.startsWith('?? '))
      .map((line) => ({ status: line.slice(0, 2), path: line.slice(3) })),
    untracked: lines.filter((line) => line.startsWith('?? ')).length,
  }
}

const STATUS_BYTES = 8_388_608
const commitOf = (head: ProcessResult) => (head.code === 1 ? 'HEAD' : gitSaid(head))
const unreadable = (path: string, why: string) => refused('code.repository_unreadable', { path, why })

/** Git runs as whoever owns the repository; where this process is not root it cannot be anybody else. */
export async function ownerOf(parts: GitParts, gitDir: string): Promise<Owner | undefined> {
  if (parts.as === undefined) return undefined
  const { uid, gid } = await lstat(gitDir)
  return { uid, gid }
}
