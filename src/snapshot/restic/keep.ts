// What a repository lists, and what of it can be taken away from here. `forget` says ok where a server refused it (backup.md §4, trap 2): only the
// listing afterwards is believed.
import { readdir } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import type { Access } from './access.ts'
import { type Listed, snapshotsIn } from './answers.ts'
import { attempt, need, needJson } from './call.ts'
import { TAG, tagOf } from './write.ts'

const CANARY = 'sekisho-canary'

/** Ids of this service's snapshots. */
export async function listRepository(access: Access): Promise<ReadonlySet<string>> {
  const found = await listed(access, tagOf(access))
  return new Set(found.map(({ id }) => id))
}

async function listed(access: Access, tag: string): Promise<readonly Listed[]> {
  return snapshotsIn(await needJson(access, ['snapshots', '--tag', tag]), access.to)
}

/** Asks for these to be forgotten; answers those that are not there any more. */
export async function forgetSnapshots(access: Access, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const before = await listRepository(access)
  const there = ids.filter((id) => before.has(id))
  // Its exit code says nothing either way.
  if (there.length > 0) await attempt(access, ['forget', ...there])
  const after = there.length > 0 ? await listRepository(access) : before
  return new Set(ids.filter((id) => !after.has(id)))
}

/** Bytes that no snapshot needs any more. */
export async function pruneRepository(access: Access, timeoutMs: number): Promise<void> {
  await need(access, ['prune'], { timeoutMs })
}

/** For the identity that may delete there: what it would have to run, without any credential in it. */
export function pruneCommand({ to }: Pick<Access, 'to'>, ids: readonly string[]): string {
  return `restic -r ${to} forget --prune ${ids.map((id) => id.slice(0, 16)).join(' ')}`
}

/**
 * Can what was written be erased from here? Tried with a snapshot of our own that holds one word. One that could not be forgotten stays and is
 * tried again the next time, so that an append-only repository holds one and no more.
 */
export async function isErasable(access: Access): Promise<boolean> {
  const canaries = async () =>
    (await listed(access, CANARY)).filter(({ hostname }) => hostname === access.host).map(({ id }) => id)
  if ((await canaries()).length === 0)
    await need(
      access,
      [
        'backup',
        '--quiet',
        '--host',
        access.host,
        '--tag',
        CANARY,
        '--group-by',
        'host,tags',
        '--stdin',
        '--stdin-filename',
        CANARY,
      ],
      { input: `${CANARY}\n` },
    )
  const there = await canaries()
  await attempt(access, ['forget', ...there])
  return (await canaries()).length === 0
}

/**
 * Makes the repository where nothing of ours was ever written to it. Throws backup.repository_missing where something was: then it is gone; and
 * backup.repository_foreign where somebody else keeps things: their pruning would be ours, and ours theirs.
 */
export async function openRepository(access: Access, isFirst: boolean): Promise<void> {
  if (!isFirst) return
  const known = await attempt(access, ['cat', 'config']).catch((cause: unknown) => {
    if ((cause as { code?: unknown }).code === 'backup.repository_missing') return undefined
    throw cause
  })
  if (known === undefined) {
    await requireEmpty(access)
    await need(access, ['init'])
  } else if (known.code !== 0) await need(access, ['cat', 'config'])
  else await requireOurs(access)
}

async function requireEmpty({ repository, to }: Access): Promise<void> {
  if (repository.kind !== 'local') return
  const [first] = await readdir(repository.path)
  if (first !== undefined) throw new SekishoError('backup.repository_foreign', { to, found: first })
}

/** Every snapshot of this product has a tag of it, whatever service it is of. */
async function requireOurs(access: Access): Promise<void> {
  const all = snapshotsIn(await needJson(access, ['snapshots']), access.to)
  const foreign = all.find(({ tags }) => !tags.some((tag) => tag === CANARY || tag.startsWith(TAG)))
  if (foreign === undefined) return
  const { hostname, id } = foreign
  throw new SekishoError('backup.repository_foreign', {
    to: access.to,
    found: `${id.slice(0, 8)} (${hostname})`,
  })
}
