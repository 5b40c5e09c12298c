// The live nginx: its effective files by our own reader (never by running nginx on anything), its children, its sockets.
import type { Digest } from '../base/hash.ts'
import type { ReadContext } from './context.ts'
import { isSecret } from './file-facts.ts'
import { type FileView, resolvePath } from './file-view.ts'
import { liveFiles, remembered } from './live-files.ts'
import {
  effectiveSet,
  type NginxConfig,
  type NginxPaths,
  readNginx,
  type SecretFiles,
} from './nginx-config.ts'

/** Debian's places; the ones the trial stages too. */
export const NGINX_MAIN: NginxPaths = { main: '/etc/nginx/nginx.conf', prefix: '/usr/share/nginx' }

export function liveNginx(paths: NginxPaths): NginxConfig {
  return readNginx(remembered(liveFiles), paths)
}

/** What the inventory calls secret, under every name of it: as declared, and where the links of a declared path end in this view. */
export function secretFilesOf(
  { policy, keyed }: Pick<ReadContext, 'policy' | 'keyed'>,
  view: FileView,
): SecretFiles {
  const ends = new Set(
    policy.services.flatMap(({ files }) =>
      files
        .filter(({ path }) => isSecret(policy, path))
        .flatMap(({ path }) => resolvePath(view, path)?.real ?? []),
    ),
  )
  return { has: (real) => ends.has(real) || isSecret(policy, real), keyed }
}

/** Digest of each effective file by real path, keyed where it is secret; keys are left out. */
export function effectiveNginx(
  paths: NginxPaths,
  c: Pick<ReadContext, 'policy' | 'keyed'>,
): readonly { readonly path: string; readonly digest: Digest }[] {
  const view = remembered(liveFiles)
  return effectiveSet(readNginx(view, paths), view, secretFilesOf(c, view))
}
