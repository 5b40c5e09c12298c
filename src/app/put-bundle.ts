// A piece of a git bundle on its way to the runner, which holds it against the digest of the whole.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { BundlePiece } from '../contract/backup.ts'
import type { Actor } from '../identity/actor.ts'
import { CHUNK } from '../seal/protocol.ts'
import { allow, declaredService } from './authorize.ts'
import type { Gate } from './gate.ts'

/** `stored`: the whole is there. Throws deploy.not_declared, runner.chunk_wrong, runner.quota, room.no_space. */
export async function putBundle(
  gate: Gate,
  actor: Actor,
  name: string,
  { digest, size, offset, base64 }: BundlePiece,
): Promise<{ readonly stored: boolean }> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'restore.stage', { kind: 'service', service: service.name })
  if (service.code === undefined) throw new SekishoError('deploy.not_declared', { service: service.name })
  const bytes = Buffer.from(base64, 'base64')
  let stored = false
  for (let at = 0; at < bytes.length && !stored; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK).toString('base64')
    const part = {
      kind: 'bundle',
      digest: digest as Digest,
      size,
      offset: offset + at,
      base64: chunk,
    } as const
    stored = (await gate.runner.ask('put', part)).stored
  }
  return { stored }
}
