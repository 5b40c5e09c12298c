// How this machine's gate is started and stopped: by systemd where it is installed, else in a terminal.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SYSTEM_DATA } from '../app/places.ts'

const UNIT = '/etc/systemd/system/sekisho-gate.service'

export function isInstalled(): boolean {
  return existsSync(UNIT)
}

const systemctl = (verb: string, uid: number) =>
  `${uid === 0 ? '' : 'sudo '}systemctl ${verb} sekisho-store sekisho-runner sekisho-gate`

/** What to type when the gate is not running. A user's own gate, which `up` made in `data`, is no systemd service. */
export function startLine(uid: number, data = SYSTEM_DATA): string {
  const isOwn = data !== SYSTEM_DATA && existsSync(join(data, 'gate.json'))
  return isInstalled() && !isOwn ? systemctl('start', uid) : 'sekisho up'
}

/** The systemd command that replaces `up` or `down` for the system's gate. Undefined where `up` and `down` are right. */
export function insteadOf(verb: 'up' | 'down', data: string, uid: number): string | undefined {
  // A user who is not root may run an own `up`. The system's gate is stopped by systemd.
  if ((data !== SYSTEM_DATA && verb === 'up') || !isInstalled()) return undefined
  return systemctl(verb === 'up' ? 'start' : 'stop', uid)
}

/** The release of this command. */
export function versionHere(): string {
  // Two levels above the source file, one above a bundle.
  for (const path of ['../../package.json', '../package.json'])
    try {
      const version = /"version":\s*"([^"]{1,50})"/.exec(
        readFileSync(join(import.meta.dirname, path), 'utf8'),
      )?.[1]
      if (version !== undefined) return version
    } catch {
      // Not there: the other path is tried.
    }
  return 'unknown'
}
