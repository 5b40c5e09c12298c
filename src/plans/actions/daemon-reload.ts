// systemd reads its unit files anew.
import { type Decoder, literal, object } from '../../base/decode.ts'
import type { ActionKind } from './action-kind.ts'
import { SYSTEMCTL } from './unit.ts'

export interface DaemonReload {
  readonly kind: 'daemonReload'
}

export const DAEMON_RELOAD_ARGV: readonly string[] = [SYSTEMCTL, '--no-ask-password', 'daemon-reload']

export const daemonReloadDecoder: Decoder<DaemonReload> = object({ kind: literal('daemonReload') })

export const daemonReload: ActionKind<DaemonReload> = {
  decode: daemonReloadDecoder,
  lines: () => [DAEMON_RELOAD_ARGV.join(' ')],
  summary: ({ kind }) => ({ kind }),
}
