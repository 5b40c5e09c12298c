// What each playbook does, as data. A standing statement names the digest of its playbook, so a release that changes the procedure
// ends the statement; the judge compares with the digest that this very code carries.
import { type Digest, labelledDigest } from '../base/hash.ts'

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

export function servicePlaybookDigest(): Digest {
  return labelledDigest('sekisho-playbook-v1', SERVICE)
}
