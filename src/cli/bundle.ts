// Makes a git bundle of one commit, in a working directory, without touching it: where the deployed commit is known here, only what is new.
import { SekishoError } from '../base/error.ts'
import { BUNDLE_MAX } from '../seal/protocol.ts'
import type { run } from '../sys/process.ts'

const HEAD_MAX = 1000
const TIMEOUT_MS = 300_000

export interface CandidateBundle {
  /** The whole id. */
  readonly commit: string
  readonly bytes: Buffer
}

/** Throws code.commit_unknown, code.not_based, code.bundle_too_large, process.*. */
export async function bundleOf(
  process: typeof run,
  directory: string,
  commit: string,
  { commit: deployed, branch }: { readonly commit?: string | undefined; readonly branch: string },
  limit = BUNDLE_MAX,
): Promise<CandidateBundle> {
  const git = (args: readonly string[], input?: string, maxOutput = 65_536) =>
    process(['git', '-C', directory, ...args], {
      timeoutMs: TIMEOUT_MS,
      maxOutput,
      killOnOverflow: true,
      env: { GIT_NO_REPLACE_OBJECTS: '1', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' },
      ...(input === undefined ? {} : { input }),
    })
  const found = await git([
    '-c',
    'safe.directory=*',
    'rev-parse',
    '--verify',
    '--quiet',
    `${commit}^{commit}`,
  ])
  const id = found.stdout.trim()
  if (found.notStarted !== undefined)
    throw new SekishoError('process.missing', { program: 'git', why: found.notStarted })
  if (found.code !== 0) throw new SekishoError('code.commit_unknown', { commit })
  const isKnown =
    deployed !== undefined &&
    (await git(['-c', 'safe.directory=*', 'cat-file', '-e', `${deployed}^{commit}`])).code === 0
  // Without it in its past the commit is refused there, too: here nothing is sent for that.
  if (
    isKnown &&
    (await git(['-c', 'safe.directory=*', 'merge-base', '--is-ancestor', deployed, id])).code === 1
  )
    throw new SekishoError('code.not_based', {
      commit: id.slice(0, 12),
      branch,
      deployed: deployed.slice(0, 12),
    })
  const revisions = isKnown ? `${id}\n^${deployed}\n` : `${id}\n`
  const packed = await git(
    [
      '-c',
      'safe.directory=*',
      'pack-objects',
      '--stdout',
      // The same bytes each time: a transfer that broke goes on by their digest.
      '--threads=1',
      '--revs',
      '--thin',
      '--delta-base-offset',
      '--quiet',
    ],
    revisions,
    limit - HEAD_MAX,
  )
  if (packed.overflowed) throw new SekishoError('code.bundle_too_large', { limit })
  if (packed.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'git pack-objects',
      why: packed.stderr.trim().slice(0, 300),
    })
  const head = `# v2 git bundle\n${isKnown ? `-${deployed}\n` : ''}${id} refs/heads/candidate\n\n`
  return { commit: id, bytes: Buffer.concat([Buffer.from(head), packed.stdoutBytes]) }
}
