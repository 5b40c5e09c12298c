// Decodes a gzip file into an open file, in a child of its own: as nobody, without a network, bounded in bytes and in time.
import { statfsSync } from 'node:fs'
import { SekishoError } from '../../base/error.ts'
import { isObject, parseJson } from '../../base/json.ts'
import { codeOf, notStarted, withoutRights } from '../content.ts'
import type { SnapshotPorts } from '../ports.ts'

/** A directory of ordinary files packs to a tenth; what is packed so much smaller fills the disk and holds nothing. Of a small one nobody asks. */
const BOUNDS = { ratio: 200, small: 1_073_741_824 }
const TIMEOUT_MS = 3_600_000

export interface GunzipTask {
  /** More bytes than that are not written. */
  readonly limit: number
}
export interface GunzipAnswer {
  readonly bytes: number
  readonly why?: 'truncated' | 'damaged' | 'limit'
}

export type GunzipParts = Pick<SnapshotPorts, 'process' | 'command' | 'root'> & {
  readonly policies: { readonly current: { readonly rules: { readonly floorBytes: number } } }
}

/** Answers what is wrong with the file, if anything. `to`: the place that `into` lies in. Throws backup.no_space, backup.reader_failed, backup.aborted. */
export async function gunzip(
  from: { readonly fd: number; readonly size: number },
  into: number,
  to: string,
  { parts, signal }: { readonly parts: GunzipParts; readonly signal: AbortSignal },
  bounds: typeof BOUNDS = BOUNDS,
): Promise<'truncated' | 'damaged' | 'ratio' | 'time' | undefined> {
  const { bavail, bsize } = statfsSync(to)
  const free = Math.max(0, bavail * bsize - parts.policies.current.rules.floorBytes)
  const most = Math.max(bounds.small, from.size * bounds.ratio)
  const limit = Math.min(free, most)
  const [node = '', ...script] = parts.command
  using code = parts.root ? codeOf([...parts.command, 'gunzip']) : undefined
  const bounded = ['prlimit', `--fsize=${limit}`, '--core=0', '--']
  const result = await parts.process(
    code === undefined
      ? [...bounded, node, ...script, 'gunzip']
      : ['unshare', '--net', '--', ...bounded, ...withoutRights(code.argv(5, ['--max-old-space-size=256']))],
    {
      input: JSON.stringify({ limit } satisfies GunzipTask),
      descriptors: [from.fd, into, ...(code?.descriptors ?? [])],
      timeoutMs: TIMEOUT_MS,
      signal,
    },
  )
  if (signal.aborted) throw new SekishoError('backup.aborted')
  if (result.timedOut) return 'time'
  const answer = result.code === 0 ? parseJson(result.stdout) : undefined
  if (!isObject(answer)) throw notStarted(result)
  const { why } = answer
  if (why === 'truncated' || why === 'damaged') return why
  if (why !== 'limit') return undefined
  if (limit === most) return 'ratio'
  throw new SekishoError('backup.no_space', { path: to, free, need: limit + 1 })
}
