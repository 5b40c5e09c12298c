// The facts of any target of the runner's own inventory, for its baseline: one switch over the kinds of target.
import { SekishoError } from '../../base/error.ts'
import type { TargetId } from '../../base/id.ts'
import type { TargetFacts } from '../../seal/fingerprint.ts'
import type { ReadContext } from '../act/context.ts'
import { isSecret, readFileFacts } from './file-facts.ts'
import { effectiveNginx, NGINX_MAIN } from './nginx-live.ts'
import { readUnitTarget } from './unit-facts.ts'

/** Throws SekishoError file.* and process.* where it cannot be read or must not be changed. */
export async function readTarget(target: TargetId, c: ReadContext): Promise<TargetFacts> {
  const { kind, name } = partsOf(target)
  switch (kind) {
    case 'file':
      return readFileFacts(name, c)
    case 'nginx':
      return { kind: 'nginx', files: effectiveNginx(NGINX_MAIN, c) }
    case 'unit': {
      if (!isUnitOfInventory(name, c)) throw new SekishoError('file.not_declared', { path: name })
      if (!c.systemctl) return { kind: 'unit', unit: name, loaded: false, files: [] }
      return readUnitTarget(name, c, (path) => isSecret(c.policy, path), c.keyed)
    }
  }
}

function isUnitOfInventory(unit: string, c: ReadContext): boolean {
  return c.policy.services.some((one) => one.unit === unit || one.files.some((file) => file.unit === unit))
}

/** `web1/file:/etc/hosts`, `web1/unit:mirai.service`, `web1/nginx`. */
export function partsOf(target: TargetId): {
  readonly kind: 'file' | 'unit' | 'nginx'
  readonly name: string
} {
  const rest = target.slice(target.indexOf('/') + 1)
  if (rest.startsWith('file:')) return { kind: 'file', name: rest.slice('file:'.length) }
  if (rest.startsWith('unit:')) return { kind: 'unit', name: rest.slice('unit:'.length) }
  return { kind: 'nginx', name: 'nginx' }
}
