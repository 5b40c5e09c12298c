// As who git works on what nobody has approved.
import type { GitParts } from '../../git/git.ts'
import { FIRST_UID } from '../../sandbox/sandbox-ids.ts'
import type { RunnerParts } from '../parts.ts'

export function gitParts({ process, root }: Pick<RunnerParts, 'process' | 'root'>): GitParts {
  return { process, ...(root ? { as: { uid: FIRST_UID, gid: FIRST_UID } } : {}) }
}
