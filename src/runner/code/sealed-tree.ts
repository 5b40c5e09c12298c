// Of a work tree the service may write its own files, so what a declared command executes there could be exchanged after it was read. It runs on a copy that only root
// writes: the tree as it was built, closed by its digest, and seen at the place of the work tree. Declared data and files of the service stay the live ones.
import { lstat, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { failureOf, SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { artefactOf } from '../../git/artefact.ts'
import { isAtOrBelow } from '../../plans/data-directory.ts'
import type { Plan } from '../../plans/plan.ts'
import type { Service } from '../../plans/policy.ts'
import type { CodeRecord } from './record.ts'

export interface SealedTree {
  readonly path: string
  readonly digest: Digest
  /** Paths of the service below the work tree that are seen as they are: declared data and files. */
  readonly live: readonly string[]
}

/** Makes the places of what stays live, and closes the copy. `built`: ours alone. Throws code.artefact_kind, file.*. */
export async function sealTree(
  built: string,
  root: string,
  service: Pick<Service, 'data' | 'files'>,
): Promise<SealedTree> {
  const { data = [], files } = service
  const live: string[] = []
  for (const { path, isDirectory } of [
    ...data.map(({ dir }) => ({ path: dir, isDirectory: true })),
    ...files.map(({ path }) => ({ path, isDirectory: false })),
  ]) {
    if (path === root || !isAtOrBelow(path, root)) continue
    const at = join(built, relative(root, path))
    if ((await lstat(at).catch(() => undefined)) === undefined) {
      await mkdir(isDirectory ? at : dirname(at), { recursive: true, mode: 0o755 })
      if (!isDirectory) await writeFile(at, '', { mode: 0o644 })
    }
    live.push(path)
  }
  return { path: built, digest: await digestOf(built), live }
}

/** The copy for commands in this directory, read again whole. Undefined: the directory is root's own. Throws deploy.artefact_other. */
export async function sealedFor(
  directory: string,
  plan: Plan,
  record: (stage: string) => Promise<CodeRecord>,
): Promise<SealedTree | undefined> {
  const placed = plan.actions.flatMap(({ action }) => (action.kind === 'placeTree' ? [action] : []))
  const found = placed.find(({ path }) => path === directory)
  if (found === undefined) return undefined
  const { sealed } = await record(found.stage)
  if (sealed === undefined) return undefined
  if ((await digestOf(sealed.path)) !== sealed.digest)
    throw new SekishoError('deploy.artefact_other', { path: sealed.path })
  return sealed
}

async function digestOf(path: string): Promise<Digest> {
  const answer = await artefactOf(path)
  if (!answer.ok) throw failureOf(answer)
  return answer.artefact.digest
}
