// All kinds of configuration files. A new kind is a file beside this one and its line here.
import { crontab } from './crontab.ts'
import { dotenv } from './dotenv.ts'
import { file } from './file.ts'
import type { Activation, KindRow } from './kind.ts'
import { logrotate } from './logrotate.ts'
import { nginx } from './nginx.ts'
import { sshd } from './sshd.ts'
import { sudoers } from './sudoers.ts'
import { systemd } from './systemd.ts'

const ROWS = { file, nginx, systemd, dotenv, logrotate, sshd, sudoers, crontab } as const satisfies Readonly<
  Record<string, KindRow>
>

export type ConfigKind = keyof typeof ROWS
export const CONFIG_KINDS = Object.keys(ROWS) as readonly ConfigKind[]

export function kindRow(kind: ConfigKind): KindRow {
  return ROWS[kind]
}

/** Of a name that comes from elsewhere: undefined where there is no such kind. */
export function kindNamed(name: string): KindRow | undefined {
  return CONFIG_KINDS.some((one) => one === name) ? kindRow(name as ConfigKind) : undefined
}

/** What the place says when the inventory does not. */
export function kindOfPath(path: string): ConfigKind {
  return CONFIG_KINDS.find((kind) => ROWS[kind].places.some((one) => one.test(path))) ?? 'file'
}

interface Declared {
  readonly kind: ConfigKind
  readonly activation: Activation
  readonly probe?: object
}

/**
 * INVARIANT I14: nothing can show that it is in effect, so a person keeps it: a file of which only a probe could tell and none is declared,
 * and an environment file that no restart reads.
 */
export function isUnproven({ kind, probe, activation }: Declared): boolean {
  const { shown } = kindRow(kind)
  return shown.by === 'probe' && (probe === undefined || (shown.afterRestart && activation !== 'restart'))
}
