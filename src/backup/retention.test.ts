// What goes and what stays. The calendar's oracle is Python's zoneinfo and isocalendar; the rules' is the sentence of backup.md §7 written
// out the slow way.
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampleCopy } from '../../tests/vectors/manifest/sample-copy.ts'
import { seedOf } from '../../tests/vectors/manifest/seed.ts'
import { after, type Instant, instant, milliseconds } from '../base/time.ts'
import { bucketsOf } from './calendar-buckets.ts'
import { atLeast, type BackupId, type KnownCopy, type Level } from './level.ts'
import { type Keep, keepInForce, type RetentionInput, retain } from './retention.ts'

const NOW = '2026-11-25T12:00:00.000Z' as Instant
const HOUR = 3_600_000
const DAY = 24 * HOUR
const KEEP: Keep = { daily: 30, weekly: 12, monthly: 12 }
const ago = (ms: number, over: Parameters<typeof sampleCopy>[0] = {}) =>
  sampleCopy({ taken: after(NOW, -ms), ...over })
const input = (copies: readonly KnownCopy[], over: Partial<RetentionInput> = {}): RetentionInput => ({
  copies,
  keep: KEEP,
  zone: 'Asia/Tokyo',
  now: NOW,
  clockJumpMs: 0,
  named: new Set(),
  ...over,
})
const kept = (of: RetentionInput) =>
  retain(of)
    .verdicts.filter((one) => one.keep)
    .map(({ copy }) => copy)
const whyOf = (of: RetentionInput, copy: KnownCopy) => {
  const verdict = retain(of).verdicts.find((one) => one.copy === copy)
  return verdict?.keep === true ? verdict.because.map(({ why }) => why) : verdict?.because.why
}

describe('the wall of a zone', () => {
  const ZONES = [
    'Asia/Tokyo',
    'Europe/Berlin',
    'America/New_York',
    'Pacific/Apia',
    'Asia/Kathmandu',
    'America/Santiago',
    'UTC',
  ]
  test('days, ISO weeks and months are Python’s, over days that are short, long or missing, and ends of years', () => {
    const seed = seedOf('calendar')
    const moments = fc.sample(fc.integer({ min: Date.UTC(2008, 0), max: Date.UTC(2040, 0) }), {
      numRuns: 400,
      seed,
    })
    // Around every end of a year and every change of a clock in Europe and America of that time.
    for (let year = 2009; year < 2040; year++)
      for (const [month, day] of [
        [11, 28],
        [11, 31],
        [0, 1],
        [0, 3],
        [2, 29],
        [9, 25],
      ] as const)
        for (const hour of [0, 1, 2, 12, 23]) moments.push(Date.UTC(year, month, day, hour, 59, 59, 999))
    moments.push(Date.UTC(2011, 11, 30, 9, 59, 59), Date.UTC(2011, 11, 30, 10)) // Samoa had no 30 December
    const script = `
import sys, json, datetime, zoneinfo
for line in sys.stdin:
    zone, ms = json.loads(line)
    at = datetime.datetime.fromtimestamp(ms // 1000, zoneinfo.ZoneInfo(zone))
    year, week, _ = at.isocalendar()
    print(json.dumps([at.strftime("%Y-%m-%d"), "%04d-W%02d" % (year, week), at.strftime("%Y-%m")]))
`
    const asked = ZONES.flatMap((zone) => moments.map((ms) => [zone, ms] as const))
    const answers = execFileSync('python3', ['-I', '-c', script], {
      input: asked.map((one) => `${JSON.stringify(one)}\n`).join(''),
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n')
    const ask = new Map(ZONES.map((zone) => [zone, bucketsOf(zone)]))
    for (const [i, [zone, ms]] of asked.entries()) {
      const found = ask.get(zone)?.(instant(ms))
      expect(
        JSON.stringify([found?.day, found?.week, found?.month]).replaceAll(',', ', '),
        `seed ${seed} ${zone} ${ms}`,
      ).toBe(answers[i])
    }
  })
})

describe('what stays', () => {
  test('every six hours for 150 days: days, weeks, months and the last 48 hours', () => {
    const copies = Array.from({ length: 600 }, (_, i) => ago(i * 6 * HOUR))
    const reasons = retain(input(copies)).verdicts.flatMap((one) => (one.keep ? one.because : []))
    const count = (why: string) => reasons.filter((one) => one.why === why).length
    expect([count('day'), count('week'), count('month'), count('recent')]).toEqual([30, 12, 6, 9])
    // By day alone one would be left of each of the last two; damage seen after eight hours needs the one between.
    expect(
      kept(input(copies)).filter(({ taken }) => milliseconds(NOW) - milliseconds(taken) <= 48 * HOUR),
    ).toHaveLength(9)
  })

  test('of a day the last, unless an earlier one is the last whose content holds', () => {
    const base = ago(0)
    const [early, noon, late] = [20, 14, 8].map((hour) => ago(10 * DAY + hour * HOUR)) as [
      KnownCopy,
      KnownCopy,
      KnownCopy,
    ]
    const one = { daily: 30, weekly: 0, monthly: 0 }
    const keepOf = (...list: readonly KnownCopy[]) =>
      kept(input([base, ...list], { keep: one })).filter((copy) => copy !== base)
    expect(keepOf(early, noon, late)).toEqual([late])
    const low = { ...late, level: 'digest' as const }
    expect(keepOf(early, noon, low)).toEqual([noon])
    const suspectNoon = { ...noon, state: 'suspect' as const }
    expect(keepOf(early, suspectNoon, low)).toEqual([early])
    const lowEarly = { ...early, level: 'written' as const }
    expect(keepOf(lowEarly, suspectNoon, low)).toEqual([low])
    expect(whyOf(input([base, early, noon, late], { keep: one }), early)).toBe('replaced')
  })

  test('each target by what was read of its own copies', () => {
    const near = ago(10 * DAY, { copy: 'near' })
    const far = ago(10 * DAY, { copy: 'far', level: 'written' })
    const farEarlier = ago(10 * DAY + HOUR, { copy: 'far' })
    const nearEarlier = ago(10 * DAY + HOUR, { copy: 'near' })
    const all = [ago(0), ago(0, { copy: 'far' }), near, far, farEarlier, nearEarlier]
    expect(kept(input(all, { keep: { daily: 5, weekly: 0, monthly: 0 } }))).toEqual(
      expect.arrayContaining([near, farEarlier]),
    )
    expect(kept(input(all, { keep: { daily: 5, weekly: 0, monthly: 0 } }))).toHaveLength(4)
  })
})

describe('guards', () => {
  const old = [400, 401, 402, 403, 404].map((days) => ago(days * DAY))
  const none: Keep = { daily: 0, weekly: 0, monthly: 0 }
  test('the newest, and the newest whose content holds, whatever the rules say', () => {
    const low = ago(399 * DAY, { level: 'digest' })
    expect(kept(input(old, { keep: none }))).toEqual([old[0]])
    // (With a newest that is not known to be good nothing is removed at all.)
    expect(kept(input([low, ...old], { keep: none }))).toHaveLength(6)
  })
  test('the last three that were restored', () => {
    const restored = [500, 501, 502, 503].map((days) => ago(days * DAY, { level: 'restored' }))
    expect(kept(input([...old, ...restored], { keep: none }))).toEqual([old[0], ...restored.slice(0, 3)])
    expect(whyOf(input([...old, ...restored], { keep: none }), restored[2] as KnownCopy)).toEqual([
      'restored',
    ])
  })
  test('what is held, named or was made by somebody else; and that stands for no day of ours', () => {
    const held = { ...(old[2] as KnownCopy), heldBy: ['CHG-2026-0001'] }
    const named = old[3] as KnownCopy
    const imported = ago(401 * DAY - HOUR, { imported: true, copy: 'guide' })
    const of = input([old[0], old[1], held, named, imported] as KnownCopy[], {
      keep: none,
      named: new Set([named.backup]),
    })
    expect(kept(of)).toEqual([old[0], imported, held, named])
    expect([held, named, imported].map((copy) => whyOf(of, copy))).toEqual([
      ['held'],
      ['named'],
      ['imported'],
    ])
    const sameDay = input([ago(0), ago(10 * DAY), ago(10 * DAY - HOUR, { imported: true })], {
      keep: { ...none, daily: 5 },
    })
    expect(kept(sameDay)).toHaveLength(3)
  })
  test('nothing goes while what was taken last is not known to be good', () => {
    const low = ago(HOUR, { level: 'digest' })
    const plan = retain(input([low, ...old], { keep: none }))
    expect(plan.blocked).toBe('newest_below_content')
    expect(plan.verdicts.every(({ keep }) => keep)).toBe(true)
    // Another copy of the same backup was read: that is the backup.
    expect(retain(input([low, ago(HOUR, { copy: 'far' }), ...old], { keep: none })).blocked).toBeUndefined()
    expect(
      retain(input([{ ...(old[0] as KnownCopy), state: 'suspect' }, ...old.slice(1)], { keep: none }))
        .blocked,
    ).toBe('newest_below_content')
  })
  test.each([
    ['a jump ahead', 60_001, 0],
    ['a jump back', -60_001, 0],
    ['a backup from the future', 0, -61_000],
  ])('nothing goes after %s', (_, clockJumpMs, age) => {
    const plan = retain(input([ago(age), ...old], { keep: none, clockJumpMs }))
    expect(plan.blocked).toBe('clock')
    expect(plan.verdicts.filter(({ keep }) => !keep)).toEqual([])
  })
  test('a minute is no jump', () => {
    expect(retain(input([ago(-60_000), ...old], { keep: none, clockJumpMs: 60_000 })).blocked).toBeUndefined()
  })
})

describe('a lowered keep waits seven days', () => {
  const high: Keep = { daily: 30, weekly: 12, monthly: 0 }
  const low: Keep = { daily: 7, weekly: 20, monthly: 0 }
  const at = (days: number) => after(NOW, -days * DAY)
  test('each number as high as any that held within the week', () => {
    const changed = (days: number) =>
      keepInForce(
        [
          { at: at(100), keep: high },
          { at: at(days), keep: low },
        ],
        NOW,
      )
    expect(changed(1)).toEqual({ daily: 30, weekly: 20, monthly: 0 })
    expect(changed(6.99)).toEqual({ daily: 30, weekly: 20, monthly: 0 })
    expect(changed(7.01)).toEqual(low)
    // Raised: at once. Of what is not yet in force: nothing.
    expect(
      keepInForce(
        [
          { at: at(1), keep: low },
          { at: at(0.5), keep: high },
        ],
        NOW,
      ),
    ).toEqual({ daily: 30, weekly: 20, monthly: 0 })
    expect(
      keepInForce(
        [
          { at: at(-1), keep: high },
          { at: at(9), keep: low },
        ],
        NOW,
      ),
    ).toEqual(low)
    expect(keepInForce([], NOW)).toBeUndefined()
  })
  test('lowered for an hour and back is never in force', () => {
    const history = [
      { at: at(100), keep: high },
      { at: at(20), keep: low },
      { at: at(19.9), keep: high },
    ]
    for (let days = 0; days < 30; days++)
      expect(
        keepInForce(
          history.filter(({ at: since }) => since <= at(days)),
          at(days),
        )?.daily,
      ).toBe(30)
  })
})

describe('properties', () => {
  const level = fc.constantFrom<Level[]>('written', 'digest', 'content', 'content', 'restored')
  const copy = fc.record({
    hours: fc.oneof(fc.integer({ min: 0, max: 96 }), fc.integer({ min: 0, max: 24 * 800 })),
    level,
    state: fc.constantFrom<KnownCopy['state'][]>('sound', 'sound', 'sound', 'sound', 'suspect', 'failed'),
    target: fc.constantFrom('near', 'far'),
    held: fc.integer({ min: 0, max: 19 }).map((n) => (n === 0 ? ['CHG-2026-0001'] : [])),
    imported: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  })
  const copies = fc
    .uniqueArray(copy, { minLength: 1, maxLength: 60, selector: (one) => `${one.hours}/${one.target}` })
    .map((list) =>
      list.map(({ hours, target, held, ...one }) =>
        ago(hours * HOUR + 1, { ...one, copy: target, heldBy: held }),
      ),
    )
  const number = fc.integer({ min: 0, max: 14 })
  const keep: fc.Arbitrary<Keep> = fc.record({ daily: number, weekly: number, monthly: number })
  const zone = fc.constantFrom('Asia/Tokyo', 'America/New_York', 'Pacific/Apia')

  test('never empties a target; keeps three restored where there are; every copy has one verdict and a reason', () => {
    fc.assert(
      fc.property(copies, keep, zone, (list, rules, where) => {
        const of = input(list, { keep: rules, zone: where })
        const { verdicts } = retain(of)
        expect(new Set(verdicts.map((one) => one.copy))).toEqual(new Set(list))
        expect(verdicts).toHaveLength(list.length)
        for (const one of verdicts) if (one.keep) expect(one.because.length).toBeGreaterThan(0)
        const left = kept(of)
        for (const target of new Set(list.map((one) => one.copy)))
          expect(left.some((one) => one.copy === target)).toBe(true)
        const restored = (of: readonly KnownCopy[]) =>
          new Set(
            of.filter((one) => one.level === 'restored' && one.state === 'sound').map((one) => one.backup),
          ).size
        expect(restored(left)).toBeGreaterThanOrEqual(Math.min(3, restored(list)))
        for (const one of list) if (one.heldBy.length > 0 || one.imported) expect(left).toContain(one)
      }),
    )
  })

  test('is monotone: more kept by the rules is never less kept', () => {
    fc.assert(
      fc.property(copies, keep, keep, (list, one, other) => {
        const most = {
          daily: Math.max(one.daily, other.daily),
          weekly: Math.max(one.weekly, other.weekly),
          monthly: Math.max(one.monthly, other.monthly),
        }
        const more = new Set(kept(input(list, { keep: most })))
        for (const copy of kept(input(list, { keep: one }))) expect(more).toContain(copy)
      }),
    )
  })

  test('is what the sentence says, computed the slow way', () => {
    fc.assert(
      fc.property(copies, keep, zone, (list, rules, where) => {
        const of = input(list, { keep: rules, zone: where })
        const plan = retain(of)
        if (plan.blocked !== undefined) {
          expect(kept(of)).toHaveLength(list.length)
          return
        }
        const at = bucketsOf(where)
        const good = (one: KnownCopy) => one.state === 'sound' && atLeast(one.level, 'content')
        const newest = (some: readonly KnownCopy[]) =>
          some.toSorted((a, b) => milliseconds(b.taken) - milliseconds(a.taken))[0]
        const own = new Set<KnownCopy | undefined>()
        for (const target of ['near', 'far']) {
          const mine = list.filter((one) => one.copy === target && !one.imported)
          own.add(newest(mine)).add(newest(mine.filter(good)))
          for (const [kind, count] of [
            ['day', rules.daily],
            ['week', rules.weekly],
            ['month', rules.monthly],
          ] as const) {
            const names = [...new Set(mine.map((one) => at(one.taken)[kind]))].sort((a, b) =>
              a < b ? 1 : -1,
            )
            for (const name of names.slice(0, count)) {
              const within = mine.filter((one) => at(one.taken)[kind] === name)
              own.add(
                newest(within.filter(good)) ??
                  newest(within.filter((one) => one.state === 'sound')) ??
                  newest(within),
              )
            }
          }
        }
        const restored = list.filter(
          (one) => one.state === 'sound' && one.level === 'restored' && !one.imported,
        )
        const three = [...new Set(restored.map((one) => one.backup))]
          .sort((a, b) => (a < b ? 1 : -1))
          .slice(0, 3)
        const expected = list.filter(
          (one) =>
            own.has(one) ||
            milliseconds(NOW) - milliseconds(one.taken) <= 48 * HOUR ||
            one.heldBy.length > 0 ||
            one.imported ||
            (restored.includes(one) && three.includes(one.backup)),
        )
        expect(new Set(kept(of))).toEqual(new Set(expected))
      }),
      { numRuns: 300 },
    )
  })

  test('what is pruned already is passed over', () => {
    const gone = ago(0, { state: 'pruned' })
    expect(retain(input([gone])).verdicts).toEqual([])
    const named = new Set<BackupId>([gone.backup])
    expect(retain(input([gone, ago(DAY)], { named })).verdicts).toHaveLength(1)
  })
})
