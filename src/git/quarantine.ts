// A bare repository of ours in which the objects of a candidate lie apart from every other: its configuration belongs to root, its objects to the
// unprivileged account that git runs as.
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isCommitId } from '../code/tree-entry.ts'
import { fileError, readRegular } from '../sys/files.ts'
import type { ProcessResult } from '../sys/process.ts'
import { type GitCall, type GitParts, git } from './git.ts'

export interface Quarantine {
  /** The directory of the repository. */
  readonly path: string
  /** Commits whose parents are not here. */
  shallow(commits: readonly string[]): Promise<void>
  shallowCommits(): Promise<readonly string[]>
  git(args: readonly string[], options?: Omit<GitCall, 'gitDir' | 'as'>): Promise<ProcessResult>
}

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfilemode = true\n'
const SHALLOW_BYTES_MAX = 1_048_576
const CLOSED = 0o711
const WRITABLE = ['objects', 'objects/pack', 'objects/info', 'refs', 'refs/heads', 'refs/sekisho']

/** `directory` is empty, and everybody can pass through what is above it. Throws file.*. */
export async function openQuarantine(parts: GitParts, directory: string): Promise<Quarantine> {
  try {
    await chmod(directory, CLOSED)
    for (const name of WRITABLE) {
      const path = join(directory, name)
      await mkdir(path, { mode: 0o700 })
      if (parts.as !== undefined) await chown(path, parts.as.uid, parts.as.gid)
    }
    await writeOpen(join(directory, 'HEAD'), 'ref: refs/heads/none\n')
    await writeOpen(join(directory, 'config'), CONFIG)
  } catch (cause) {
    throw fileError(directory, cause)
  }
  return reopenQuarantine(parts, directory)
}

/** One that `openQuarantine` made, also in an earlier life of this process. */
export function reopenQuarantine(parts: GitParts, directory: string): Quarantine {
  return {
    path: directory,
    shallow: async (commits) => {
      const path = join(directory, 'shallow')
      if (commits.length === 0) await rm(path, { force: true })
      else await writeOpen(path, commits.map((commit) => `${commit}\n`).join(''))
    },
    shallowCommits: async () => {
      const file = await readRegular(join(directory, 'shallow'), SHALLOW_BYTES_MAX)
      return file === undefined ? [] : file.bytes.toString('latin1').split('\n').filter(isCommitId)
    },
    git: (args, options = {}) => git(parts, args, { ...options, gitDir: directory, as: parts.as }),
  }
}

/** Whatever our mask is: git is another account. */
export async function writeOpen(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o644)
}
