// The code of a service as it stands: the tip of its branch, and what the link of its releases leads to. Read by descriptors, for the repository is its
// owner's and no root's.
import { closeSync, fstatSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { CodeRules } from '../plans/code-rules.ts'
import type { TargetFacts } from '../plans/fingerprint.ts'
import { errorAt, lookFor, openToRead, openTree, targetOf } from '../tree/openat.ts'

/** Below the path of `releases`. */
export const CURRENT = 'current'
export const RELEASES = 'releases'
const REFS_MAX = 16_777_216

/** Throws file.*, where no branch of that name is found. */
export function readCode({
  repo: { path, branch, deploy },
}: CodeRules): Extract<TargetFacts, { readonly kind: 'code' }> {
  const commit = tipOf(path, branch)
  if (commit === undefined) throw new SekishoError('file.unreadable', { path, why: `no branch ${branch}` })
  const leads = deploy === 'releases' ? leadsTo(`${path}/${CURRENT}`) : undefined
  return { kind: 'code', path, commit, ...(leads === undefined ? {} : { leads }) }
}

/** Undefined where no link of that name is there. */
export function leadsTo(link: string): string | undefined {
  const fd = openTree(dirname(link))
  try {
    const name = Buffer.from(basename(link))
    return lookFor(fd, name)?.isSymbolicLink() === true ? targetOf(fd, name).toString('utf8') : undefined
  } finally {
    closeSync(fd)
  }
}

function tipOf(path: string, branch: string): string | undefined {
  for (const gitDirectory of [`${path}/.git`, `${path}/repository.git`, path]) {
    const loose = textOf(`${gitDirectory}/refs/heads/${branch}`)?.trim()
    if (loose !== undefined && isCommit(loose)) return loose
    const packed = textOf(`${gitDirectory}/packed-refs`)
    const line = packed?.split('\n').find((one) => one.endsWith(` refs/heads/${branch}`))
    const commit = line?.split(' ')[0]
    if (commit !== undefined && isCommit(commit)) return commit
  }
  return undefined
}

const isCommit = (text: string) => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text)

/** Undefined where no regular file is there. */
function textOf(path: string): string | undefined {
  let directory: number
  try {
    directory = openTree(dirname(path))
  } catch (cause) {
    if (cause instanceof SekishoError && ['ENOENT', 'ENOTDIR'].includes(String(cause.detail['why'])))
      return undefined
    throw cause
  }
  try {
    const name = Buffer.from(basename(path))
    if (lookFor(directory, name)?.isFile() !== true) return undefined
    const fd = openToRead(directory, name)
    try {
      const { size } = fstatSync(fd)
      if (size > REFS_MAX) return undefined
      const bytes = Buffer.alloc(size)
      return bytes.subarray(0, readSync(fd, bytes, 0, size, 0)).toString('utf8')
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw errorAt(path, cause)
  } finally {
    closeSync(directory)
  }
}
