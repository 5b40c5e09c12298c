// The live nginx: its effective files by our own reader (never by running nginx on anything), its children, its sockets.
import type { Digest } from '../../base/hash.ts'
import { liveFiles, remembered } from '../try/live-files.ts'
import { effectiveSet, type NginxConfig, type NginxPaths, readNginx } from './nginx-config.ts'

/** Debian's places; the ones the trial stages too. */
export const NGINX_MAIN: NginxPaths = { main: '/etc/nginx/nginx.conf', prefix: '/usr/share/nginx' }

export function liveNginx(paths: NginxPaths): NginxConfig {
  return readNginx(remembered(liveFiles), paths)
}

/** Digest of each effective file by real path; keys are left out. */
export function effectiveNginx(
  paths: NginxPaths,
): readonly { readonly path: string; readonly digest: Digest }[] {
  const view = remembered(liveFiles)
  return effectiveSet(readNginx(view, paths), view)
}
