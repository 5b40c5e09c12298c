// What each playbook does, as data. A standing statement names the digest of its playbook, so a release that changes the procedure
// ends the statement; the judge compares with the digest that this very code carries.
import { type Digest, labelledDigest } from '../base/hash.ts'
import type { PlaybookName } from './statement.ts'

/** How long a unit must stay as it is before it counts as running. */
export const SERVICE_STABLE_MS = 2000

const SERVICE = {
  name: 'service/1',
  restart: ['diagnostics', 'unit restart', 'proof running newer', 'proof health'],
  reload: ['diagnostics', 'unit reload', 'proof running', 'proof health'],
  start: ['diagnostics', 'unit start', 'proof running newer', 'proof health', 'undo stop'],
  stop: ['diagnostics', 'unit stop', 'proof stopped', 'undo start'],
  stableMs: SERVICE_STABLE_MS,
} as const

/** Everything but the service's name is computed by the runner from its own rules and its own journal (backup.md §0). */
const BACKUP = {
  name: 'backup/1',
  backup: [
    'place tried',
    'set read stably',
    'dump',
    'write beside',
    'sync',
    'rename',
    'verify',
    'other copies',
  ],
  verify: ['every byte of the copy', 'names as sets', 'content', 'level'],
  drill: [
    'restore to scratch',
    'compare with manifest',
    'load dumps apart',
    'query',
    'level',
    'scratch removed',
  ],
  prune: [
    'retention of the rules',
    'three restored kept',
    'held kept',
    'nothing while the newest is not read',
    'remove',
  ],
} as const

export function backupPlaybookDigest(): Digest {
  return labelledDigest('sekisho-playbook-v1', BACKUP)
}

export function playbookDigest(name: PlaybookName): Digest {
  return name === 'service/1' ? servicePlaybookDigest() : backupPlaybookDigest()
}

export function servicePlaybookDigest(): Digest {
  return labelledDigest('sekisho-playbook-v1', SERVICE)
}
