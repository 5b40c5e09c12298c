import { describe, expect, test } from 'vitest'
import { type Instant, instant } from '../base/time.ts'
import { dueWork } from './due.ts'
import type { BackupId, KnownCopy } from './level.ts'
import type { Backups } from './levels.ts'
import type { BackupRules } from './set.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 25, 12)
const now = instant(NOW)
const ago = (ms: number): Instant => instant(NOW - ms)
const rules: BackupRules = {
  everyMs: DAY / 4,
  copies: [],
  keep: { daily: 30, weekly: 12, monthly: 12 },
  zone: 'UTC',
  drillEveryMs: 7 * DAY,
}
const copy = (digestAgo: number): KnownCopy =>
  ({
    backup: '20261125_000000Z' as BackupId,
    state: 'sound',
    earned: { digest: ago(digestAgo) },
  }) as unknown as KnownCopy
const known = (over: Partial<Backups>): Backups => ({
  copies: [copy(0)],
  failures: [],
  places: [],
  drills: [],
  begun: [],
  lastDone: { backup: ago(0), drill: ago(0), verify: ago(0), prune: ago(0) },
  ...over,
})
const done = (over: Partial<Backups['lastDone']>) => ({
  lastDone: { backup: ago(0), drill: ago(0), verify: ago(0), prune: ago(0), ...over },
})

describe('due', () => {
  test.each([
    ['nothing', known({}), undefined],
    [
      'the rules have changed since the newest copy was judged',
      known({ copies: [{ ...copy(0), isStale: true }], ...done({ verify: ago(DAY / 12) }) }),
      'verify',
    ],
    ['never backed up', known({ copies: [], lastDone: {} }), 'backup'],
    ['a minute before', known(done({ backup: ago(DAY / 4 - 60_000) })), undefined],
    ['just now', known(done({ backup: ago(DAY / 4) })), 'backup'],
    ['a drill of a week ago', known(done({ drill: ago(7 * DAY) })), 'drill'],
    [
      'a copy not read for a month',
      known({ ...done({ verify: ago(DAY) }), copies: [copy(0), copy(30 * DAY)] }),
      'verify',
    ],
    [
      'read again yesterday',
      known({ copies: [copy(30 * DAY)], ...done({ verify: ago(DAY - 1) }) }),
      undefined,
    ],
    ['a day since the last prune', known(done({ prune: ago(DAY) })), 'prune'],
    [
      'nothing sound: neither drill nor prune',
      known({ copies: [], ...done({ drill: ago(9 * DAY), prune: ago(9 * DAY) }) }),
      undefined,
    ],
  ] as const)('%s', (_, of, wanted) => {
    expect(dueWork(rules, of, now)).toBe(wanted)
  })

  test('what failed is not tried again within the hour, and the next thing is not held up by it', () => {
    const failed = (minutes: number) =>
      ({ at: ago(minutes * 60_000), work: 'backup', why: 'file.no_space', detail: {} }) as const
    const old = done({ backup: ago(DAY), drill: ago(8 * DAY) })
    expect(dueWork(rules, known({ ...old, failures: [failed(59)] }), now)).toBe('drill')
    expect(dueWork(rules, known({ ...old, failures: [failed(60)] }), now)).toBe('backup')
  })
})
