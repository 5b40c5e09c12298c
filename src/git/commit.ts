// Makes commits in a quarantine. The same values give the same id, so that a run after a kill makes no second commit.
import { type Answer, refused } from '../base/error.ts'
import { gitSaid } from './git.ts'
import type { Quarantine } from './quarantine.ts'

export interface CommitRequest {
  readonly tree: string
  readonly parent: string
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  /** Seconds since 1970, of the approval. */
  readonly atSeconds: number
}

/** One parent: with two, a feature that was taken back stays away when its branch is merged again. */
export async function makeCommit(
  quarantine: Quarantine,
  { tree, parent, message, author, atSeconds }: CommitRequest,
): Promise<Answer<{ readonly commit: string }>> {
  const made = await quarantine.git(['commit-tree', '--no-gpg-sign', '-p', parent, '-F', '-', tree], {
    input: message,
    env: { ...identity('AUTHOR', author, atSeconds), ...identity('COMMITTER', GATE, atSeconds) },
  })
  if (made.code !== 0) return refused('code.object_unreadable', { why: gitSaid(made) })
  return { ok: true, commit: made.stdout.trim() }
}

/** Who writes the commit and moves the branch. */
export const GATE = { name: 'Sekisho', email: 'sekisho@localhost' } as const

export function identity(
  role: 'AUTHOR' | 'COMMITTER',
  { name, email }: { readonly name: string; readonly email: string },
  atSeconds: number,
): Readonly<Record<string, string>> {
  const plain = (text: string) => text.replace(/[\p{C}\p{Z}<>]+/gu, ' ').trim() || 'unknown'
  return {
    [`GIT_${role}_NAME`]: plain(name),
    [`GIT_${role}_EMAIL`]: plain(email),
    [`GIT_${role}_DATE`]: `${atSeconds} +0000`,
  }
}
