// Where a repository lies, and whether what is in it can be erased from here: found by connecting and by trying (backup.md §0).
import { SekishoError } from '../../base/error.ts'
import { untrustedComponent } from '../../sys/files.ts'
import { probeHttp, reach } from '../../sys/net.ts'
import { type FoundPlace, placeOfDirectory, requireDirectory } from '../place-of.ts'
import type { Sources } from '../sources.ts'
import type { Access } from './access.ts'
import { causeOf } from './cause.ts'
import { isErasable } from './keep.ts'

const CONNECT_MS = 20_000

/**
 * Before anything is said to it: a directory that is not mounted or that others may write to, a server that does not answer. Throws
 * backup.target_missing, backup.target_not_directory, runner.untrusted_path, backup.repository_unreachable, backup.repository_not_trusted.
 */
export async function requireThere(access: Access, copy: string): Promise<{ isHere: boolean }> {
  const { repository, to, service, key } = access
  if (repository.kind === 'local') {
    requireDirectory(repository.path, copy)
    const bad = await untrustedComponent(repository.path, process.geteuid?.() ?? 0)
    if (bad !== undefined)
      throw new SekishoError('runner.untrusted_path', {
        path: bad.path,
        why: bad.why === 'owner' ? 'it belongs to another user' : 'others may write to it',
      })
    return { isHere: true }
  }
  const found = await reach(repository.host, repository.port, CONNECT_MS)
  if (!found.reached) {
    const cause = causeOf(found.why)
    const why = { why: found.why, ...(cause === undefined ? {} : { cause }) }
    throw new SekishoError('backup.repository_unreachable', { to, service, key, ...why })
  }
  if (repository.kind === 'rest') await requireSpeaking(repository.url, access)
  return { isHere: found.isHere }
}

/** restic tries for minutes where nobody speaks, or where somebody else does: asked once by us, it is known at once. Nothing of ours is sent. */
async function requireSpeaking(url: string, { to, service, key, ca, signal }: Access): Promise<void> {
  const answer = await probeHttp(url, {
    timeoutMs: CONNECT_MS,
    ...(ca === undefined ? {} : { ca }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (answer.kind === 'answer') return
  const detail = { to, service, key, why: answer.code }
  if (answer.why === 'timeout')
    throw new SekishoError('backup.repository_unreachable', { ...detail, cause: 'silent' })
  // Without a pinned authority the system's own list counts, which restic reads and we do not.
  if (answer.why !== 'certificate' || ca === undefined) return
  const cause = /EXPIRED|NOT_YET_VALID/.test(answer.code)
    ? 'certificate_time'
    : /ALTNAME|HOSTNAME/.test(answer.code)
      ? 'certificate_name'
      : 'certificate'
  throw new SekishoError('backup.repository_not_trusted', { ...detail, cause })
}

/** The repository is there and open to us. */
export async function placeOfRepository(
  access: Access,
  isHere: boolean,
  sources: Sources,
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
