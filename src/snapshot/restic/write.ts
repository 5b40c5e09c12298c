// A sealed snapshot becomes a snapshot of a repository. INVARIANT R1: an id is answered only when the repository itself lists as many names and bytes
// as a walk of ours over the source counted; restic says `ok` to less (backup.md §4, traps 1 and 3).
import { closeSync, lstatSync } from 'node:fs'
import { SekishoError } from '../../base/error.ts'
import { openTree } from '../../tree/openat.ts'
import { walk } from '../../tree/walk.ts'
import type { Yielding } from '../../tree/yield.ts'
import { type Access, longMs } from './access.ts'
import { type Counted, countedIn, madeIn } from './answers.ts'
import { attempt, failure, need, needJson } from './call.ts'

export interface Source {
  /** `<to>/daily/<id>`: what stands in it stands at the root of the repository's snapshot, so that its path never changes. */
  readonly snapshot: string
  /** A directory with the bytes of secrets, absolute. */
  readonly secrets?: string
  readonly bytes: number
}

export const TAG = 'sekisho:'

export function tagOf({ service }: Pick<Access, 'service'>): string {
  return `${TAG}${service}`
}

/** Answers the id of a snapshot that was listed and counted. Throws backup.source_missing, backup.repository_*, backup.aborted. */
export async function writeToRepository(access: Access, source: Source, turns: Yielding): Promise<string> {
  requireThere(source)
  // The snapshot is sealed and stands still: it is counted while restic reads it.
  const [ran, counted] = await Promise.allSettled([write(access, source), countSources(source, turns)])
  if (ran.status === 'rejected') throw ran.reason
  const result = ran.value
  if (result.code !== 0) throw failure(access, result)
  const id = madeIn(result.stdout, access.to)
  const found = await countInRepository(access, id)
  const expected = counted.status === 'fulfilled' ? counted.value : undefined
  if (found.entries === expected?.entries && found.bytes === expected.bytes) return id
  await need(access, ['forget', id]).catch(() => {})
  if (counted.status === 'rejected') throw counted.reason
  throw new SekishoError('backup.repository_incomplete', {
    to: access.to,
    why: `${found.entries} of ${expected?.entries ?? 0}, ${found.bytes} of ${expected?.bytes ?? 0} B`,
  })
}

function write(access: Access, { snapshot, secrets, bytes }: Source) {
  const argv = [
    'backup',
    '--json',
    '--quiet',
    '--no-scan',
    '--ignore-ctime',
    '--host',
    access.host,
    '--tag',
    tagOf(access),
    '--group-by',
    'host,tags',
    '--',
    '.',
    ...(secrets === undefined ? [] : [secrets]),
  ]
  return attempt(access, argv, { cwd: snapshot, timeoutMs: longMs(access, bytes) })
}

export async function countInRepository(access: Access, id: string): Promise<Counted> {
  return countedIn(await needJson(access, ['stats', '--mode', 'restore-size', id]), access.to)
}

/** One that is not there is left out by restic without a word. */
function requireThere({ snapshot, secrets }: Source): void {
  for (const path of [snapshot, ...(secrets === undefined ? [] : [secrets])])
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new SekishoError('backup.source_missing', { path, why: 'ENOENT' })
}

export async function countSources({ snapshot, secrets }: Source, turns: Yielding): Promise<Counted> {
  const first = await count(snapshot, turns)
  if (secrets === undefined) return first
  const second = await count(secrets, turns)
  // The directories above it get nodes of their own, and it too.
  const above = secrets.split('/').filter((part) => part !== '').length
  return { entries: first.entries + second.entries + above, bytes: first.bytes + second.bytes }
}

async function count(path: string, turns: Yielding): Promise<Counted> {
  const root = openTree(path)
  const seen = new Set<string>()
  let [entries, bytes] = [0, 0]
  try {
    for (const { depth, type, stat } of walk(root)) {
      await turns.next()
      if (depth === 0) continue
      entries += 1
      if (type !== 'file') continue
      const inode = `${stat.dev}:${stat.ino}`
      if (stat.nlink > 1n && seen.has(inode)) continue
      if (stat.nlink > 1n) seen.add(inode)
      bytes += Number(stat.size)
    }
    return { entries, bytes }
  } finally {
    closeSync(root)
  }
}
