// Where a repository lies, and whether what is in it can be erased from here: found by connecting and by trying (backup.md §0).
import { existsSync } from 'node:fs'
import { SekishoError } from '../../../base/error.ts'
import { untrustedComponent } from '../../../sys/files.ts'
import { reach } from '../../../sys/net.ts'
import { type FoundPlace, placeOfDirectory } from '../place-of.ts'
import type { Access } from './access.ts'
import { isErasable } from './keep.ts'

const CONNECT_MS = 20_000

/**
 * Before anything is said to it: a directory that is not mounted or that others may write to, a server that does not answer. Throws
 * backup.target_missing, runner.untrusted_path, backup.repository_unreachable.
 */
export async function requireThere({ repository, to }: Access, copy: string): Promise<{ isHere: boolean }> {
  if (repository.kind === 'local') {
    if (!existsSync(repository.path))
      throw new SekishoError('backup.target_missing', { path: repository.path, copy })
    const bad = await untrustedComponent(repository.path, process.geteuid?.() ?? 0)
    if (bad !== undefined)
      throw new SekishoError('runner.untrusted_path', {
        path: bad.path,
        why: bad.why === 'owner' ? 'it belongs to another user' : 'others may write to it',
      })
    return { isHere: true }
  }
  const found = await reach(repository.host, repository.port, CONNECT_MS)
  if (!found.reached) throw new SekishoError('backup.repository_unreachable', { to, why: found.why })
  return { isHere: found.isHere }
}

/** The repository is there and open to us. */
export async function placeOfRepository(
  access: Access,
  isHere: boolean,
  sources: readonly string[],
): Promise<FoundPlace> {
  const { repository } = access
  if (repository.kind === 'local') return placeOfDirectory(repository.path, sources, access.run)
  const seen = { server: `${repository.host}:${repository.port}` }
  // A server on this machine is lost with it.
  if (isHere) return { place: 'same-disk', seen: { ...seen, address: 'this machine' } }
  return (await isErasable(access))
    ? { place: 'off-host', seen: { ...seen, forget: 'done' } }
    : { place: 'off-host-append-only', seen: { ...seen, forget: 'refused' } }
}
