// Brings a tree into a room: a copy of its own, given to the id inside. Blocks are shared where the file system can (reflink); no file is the same inode as one
// outside, so nothing that the candidate writes can reach what it was copied from.
import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { RunProcess } from '../sandbox/sandbox.ts'

const COPY_MS = 600_000
const COPY = [
  'cp',
  '--recursive',
  '--no-dereference',
  '--preserve=mode,timestamps',
  '--reflink=auto',
] as const

/** `from`: a directory that only we write. `only`: these paths below it and nothing else; one that is not there is left out. */
export async function copyIn(
  process: RunProcess,
  from: string,
  into: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
  only?: readonly string[],
): Promise<void> {
  await mkdir(into, { mode: 0o755 })
  if (only === undefined) await copy(process, join(from, '.'), into)
  else
    for (const path of only) {
      if ((await lstat(join(from, path)).catch(() => undefined)) === undefined) continue
      await mkdir(dirname(join(into, path)), { recursive: true })
      await copy(process, join(from, path), join(into, path))
    }
  if (owner !== undefined) await give(process, into, owner)
}

async function copy(process: RunProcess, from: string, to: string): Promise<void> {
  await must(process, [...COPY, '--no-target-directory', '--', from, to], to)
}

/** All of a tree to one id. Links themselves, never what they point to. */
export async function give(
  process: RunProcess,
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<void> {
  await must(process, ['chown', '--recursive', '--no-dereference', `${uid}:${gid}`, '--', path], path)
  // What nobody may write outside is written by its owner inside: a build changes its own tree.
  await must(process, ['chmod', '--recursive', 'u+rwX', '--', path], path)
}

async function must(process: RunProcess, argv: readonly string[], path: string): Promise<void> {
  const result = await process(argv, { timeoutMs: COPY_MS })
  if (result.code === 0) return
  const why = result.notStarted ?? (result.timedOut ? 'time' : result.stderr.trim().split('\n')[0])
  throw new SekishoError('room.not_made', { path, why: `${argv[0]}: ${why}` })
}
