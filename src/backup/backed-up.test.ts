// S06, S08: the check of a change, and the two figures that are measured.
import { describe, expect, test } from 'vitest'
import { sampleCopy } from '../../tests/vectors/manifest/sample-copy.ts'
import { after, type Instant } from '../base/time.ts'
import { backedUp, backupStanding, levelAges, rtoMs, worstLoss } from './backed-up.ts'
import type { KnownCopy } from './level.ts'

const NOW = '2026-11-25T12:00:00.000Z' as Instant
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const aged = (ms: number, over: Parameters<typeof sampleCopy>[0] = {}): KnownCopy =>
  sampleCopy({ taken: after(NOW, -ms), ...over })
const standing = (copies: readonly KnownCopy[], options = {}) => {
  const { standing: is, reasons } = backupStanding(copies, NOW, options)
  return [is, reasons.map((one) => one.code)]
}

describe('part of S06 and S08: backed up', () => {
  test.each<[string, readonly KnownCopy[], string, readonly string[]]>([
    ['part of S08: 23:59 passes', [aged(24 * HOUR - MINUTE)], 'fine', []],
    ['part of S08: the limit itself passes', [aged(24 * HOUR)], 'fine', []],
    ['part of S08: 24:01 is stale', [aged(24 * HOUR + MINUTE)], 'stale', ['too_old']],
    ['part of S06: none', [], 'missing', ['none']],
    ['part of S06: 25 hours old', [aged(25 * HOUR)], 'stale', ['too_old']],
    [
      'part of S06: young, and only its bytes were read',
      [aged(HOUR, { level: 'digest' })],
      'too_low',
      ['level'],
    ],
    [
      'young and low beside old and read',
      [aged(HOUR, { level: 'written' }), aged(30 * HOUR)],
      'too_low',
      ['level', 'too_old'],
    ],
    ['old and low', [aged(30 * HOUR, { level: 'digest' })], 'stale', ['too_old']],
    ['all on the disk of the data', [aged(HOUR, { place: 'same-disk' })], 'missing', ['same_disk_only']],
    ['suspect', [aged(HOUR, { state: 'suspect' })], 'missing', ['not_sound']],
    ['pruned is none', [aged(HOUR, { state: 'pruned' })], 'missing', ['none']],
    [
      'a low copy off-host does not take the level of the one on this disk',
      [aged(HOUR, { place: 'same-disk' }), aged(HOUR, { copy: 'far', place: 'off-host', level: 'written' })],
      'too_low',
      ['level'],
    ],
    [
      'the newer one is suspect, the older one counts',
      [aged(HOUR, { state: 'suspect' }), aged(5 * HOUR)],
      'fine',
      [],
    ],
    ['from the future', [aged(-2 * HOUR)], 'missing', ['from_the_future']],
    ['clocks differ by less than a minute', [aged(-30_000)], 'fine', []],
  ])('%s', (_, copies, is, reasons) => {
    expect(standing(copies)).toEqual([is, reasons])
  })

  test('the tier may ask for more than content, and for less time', () => {
    const copies = [aged(2 * HOUR), aged(30 * HOUR, { level: 'restored' })]
    expect(standing(copies, { level: 'restored' })).toEqual(['too_low', ['level', 'too_old']])
    expect(standing(copies, { limitMs: HOUR })).toEqual(['stale', ['too_old']])
    expect(standing([aged(2 * HOUR, { level: 'restored' })], { level: 'restored' })).toEqual(['fine', []])
  })

  test('reasons carry what a person asks next', () => {
    const [low] = backupStanding([aged(HOUR, { level: 'digest' })], NOW).reasons
    expect(low).toMatchObject({ code: 'level', copy: 'near', level: 'digest', wanted: 'content' })
    const [old] = backupStanding([aged(25 * HOUR)], NOW).reasons
    expect(old).toMatchObject({ code: 'too_old', ageMs: 25 * HOUR, limitMs: 24 * HOUR })
  })
})

test('RPO is the worst of the last intervals between copies that count, the one until now among them; RTO the worst of the last drills', () => {
  const copies = [aged(HOUR, { level: 'digest' }), aged(7 * HOUR), aged(9 * HOUR), aged(-3 * HOUR)]
  expect(worstLoss(copies, NOW)).toEqual({ ms: 7 * HOUR, of: 2 })
  expect(worstLoss([aged(HOUR), aged(9 * HOUR), aged(9 * HOUR, { copy: 'far' })], NOW)).toEqual({
    ms: 8 * HOUR,
    of: 2,
  })
  // A gap that lies further back than the last ten is past.
  const often = Array.from({ length: 11 }, (_, i) => aged((i + 1) * HOUR))
  expect(worstLoss([...often, aged(500 * HOUR)], NOW)).toEqual({ ms: HOUR, of: 10 })
  expect(worstLoss([aged(HOUR, { place: 'same-disk' })], NOW)).toBeUndefined()
  expect(backedUp([aged(9 * HOUR), aged(7 * HOUR)])?.taken).toBe(after(NOW, -7 * HOUR))
  const drill = (day: number, ms: number) => ({
    at: after(NOW, -day * 24 * HOUR),
    backup: aged(0).backup,
    copy: 'near',
    ms,
  })
  const drills = [drill(1, 500), drill(9, 9000), drill(2, 700), drill(3, 600)]
  expect(rtoMs(drills, 3)).toBe(700)
  expect(rtoMs(drills)).toBe(9000)
  expect(rtoMs([])).toBeUndefined()
})

test('levels age, each by itself', () => {
  const copy = sampleCopy({ earned: { written: after(NOW, -90 * 24 * HOUR), digest: after(NOW, -HOUR) } })
  expect(levelAges(copy, NOW).map(({ level, ageMs }) => [level, ageMs])).toEqual([
    ['written', 90 * 24 * HOUR],
    ['digest', HOUR],
  ])
})
