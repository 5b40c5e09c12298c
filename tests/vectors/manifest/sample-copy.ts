// A copy as the runner's journal would know it, for tests that need one: sound, on another disk, its content read.
import { sha256 } from '../../../src/base/hash.ts'
import { type Instant, isInstant } from '../../../src/base/time.ts'
import { backupId, type KnownCopy, LEVELS } from '../../../src/backup/level.ts'

export function sampleCopy(over: Partial<Omit<KnownCopy, 'taken'>> & { readonly taken?: string } = {}): KnownCopy {
  const taken = over.taken ?? '2026-11-25T03:00:00.000Z'
  if (!isInstant(taken)) throw new TypeError(`no instant: ${taken}`)
  const level = over.level ?? 'content'
  const earned = LEVELS.slice(0, LEVELS.indexOf(level) + 1).map((one) => [one, taken as Instant])
  return {
    backup: backupId(taken),
    copy: 'near',
    kind: 'directory',
    to: '/mnt/backup/mirai',
    where: `/mnt/backup/mirai/daily/${backupId(taken)}`,
    place: 'other-disk',
    state: 'sound',
    earned: Object.fromEntries(earned),
    manifest: sha256(taken),
    bytes: 1000,
    entries: 10,
    heldBy: [],
    imported: false,
    ...over,
    level,
    taken,
  }
}
