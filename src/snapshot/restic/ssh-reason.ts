// Why ssh did not come through. restic relays what ssh says only if it reads it before it ends itself: where the reason is missing, ssh is asked alone.
import { SekishoError } from '../../base/error.ts'
import type { Access } from './access.ts'
import { notReached } from './call.ts'
import { causeOf } from './cause.ts'

const ASK_MS = 30_000

/** The same failure, or the same with its reason. `argv`: the ssh that restic was told to start. */
export async function withReason(cause: unknown, access: Access, argv: readonly string[]): Promise<unknown> {
  if (!(cause instanceof SekishoError) || cause.code !== 'backup.repository_unreachable') return cause
  const { cause: known, why } = cause.detail
  if (access.repository.kind !== 'sftp' || (known !== undefined && known !== 'closed')) return cause
  const { stderr } = await access.run(argv, { env: access.env, timeoutMs: ASK_MS })
  const found = causeOf(stderr)
  return found === undefined ? cause : notReached(access, found, String(why))
}
