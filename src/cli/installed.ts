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

/** What to type when the gate is not running; one of the user's own, which `up` made in `data`, is no service of systemd. */
export function startLine(uid: number, data = SYSTEM_DATA): string {
  const isOwn = data !== SYSTEM_DATA && existsSync(join(data, 'gate.json'))
  return isInstalled() && !isOwn ? systemctl('start', uid) : 'sekisho up'
}

/** The command of systemd that stands for `up` or `down` of the system's own gate; undefined where those are right. */
export function insteadOf(verb: 'up' | 'down', data: string, uid: number): string | undefined {
  // Whoever is not root may have an `up` of their own; to end what is not theirs, systemd is meant.
  if ((data !== SYSTEM_DATA && verb === 'up') || !isInstalled()) return undefined
  return systemctl(verb === 'up' ? 'start' : 'stop', uid)
}

/** The release of this command. */
export function versionHere(): string {
  // Two up from the sources, one up from a bundle.
  for (const path of ['../../package.json', '../package.json'])
    try {
      const version = /"version":\s*"([^"]{1,50})"/.exec(
        readFileSync(join(import.meta.dirname, path), 'utf8'),
      )?.[1]
      if (version !== undefined) return version
    } catch {
      // Not there: the other one.
    }
  return 'unknown'
}
