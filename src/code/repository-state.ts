// What is known of the repository of production before a change of code (S17).
import { type Refused, refused } from '../base/error.ts'
import { visible } from './path-rules.ts'

export interface ChangedPath {
  /** Two letters as `git status` prints them: index, work tree. */
  readonly status: string
  readonly path: string
}

export interface RepositoryState {
  readonly path: string
  readonly gitDir: string
  readonly bare: boolean
  readonly branch: string
  readonly commit: string
  readonly tree: string
  /** Seconds since 1970. */
  readonly committedAt: number
  readonly subject: string
  /** Of the directory of git; absent where it was read by nobody but ourselves. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** Tracked paths that differ from the commit. */
  readonly changed: readonly ChangedPath[]
  /** Paths that git does not track and does not ignore. */
  readonly untracked: number
}

const SHOWN = 5

/** A dirty tree blocks: tracked paths that differ and are neither declared data nor secrets nor configuration. */
export function dirtyRefused(
  state: RepositoryState,
  isDeclared: (path: string) => boolean,
): Refused | undefined {
  const dirty = state.changed.filter(({ path }) => !isDeclared(path))
  if (dirty.length === 0) return undefined
  return refused('code.tree_dirty', {
    repository: state.path,
    count: dirty.length,
    paths: dirty.slice(0, SHOWN).map(({ path }) => visible(path)),
  })
}
