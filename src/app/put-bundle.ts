// A piece of a git bundle on its way to the runner, which holds it against the digest of the whole.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { BundlePiece } from '../contract/backup.ts'
import type { Actor } from '../identity/actor.ts'
import { CHUNK } from '../seal/protocol.ts'
import { allow, declaredService, nameOf } from './authorize.ts'
import type { Gate } from './gate.ts'

/** `stored`: the whole is there; `had`: where the next piece begins. Throws deploy.not_declared, runner.chunk_wrong, runner.quota, room.no_space. */
export async function putBundle(
  gate: Gate,
  actor: Actor,
  name: string,
  { digest, size, offset, base64 }: BundlePiece,
): Promise<{ readonly stored: boolean; readonly had: number }> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'restore.stage', { kind: 'service', service: service.name })
  if (service.code === undefined) throw new SekishoError('deploy.not_declared', { service: service.name })
  const bytes = Buffer.from(base64, 'base64')
  const by = nameOf(actor)
  let taken = { stored: false, had: 0 }
  for (let at = 0; at < bytes.length && !taken.stored; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK)
    // The runner has it from a transfer that broke.
    if (offset + at + chunk.length <= taken.had) continue
    const part = {
      kind: 'bundle',
      digest: digest as Digest,
      size,
      offset: offset + at,
      base64: chunk.toString('base64'),
      by,
    } as const
    const { stored, had = offset + at + chunk.length } = await gate.runner.ask('put', part)
    taken = { stored, had }
  }
  return taken
}
