import { expect, test } from 'vitest'
import type { Instant } from '../base/time.ts'
import { backedUp } from './backed-up.ts'
import type { KnownCopy, Level } from './level.ts'
import { rulesDigest, underRules } from './rules-digest.ts'
import type { DataDirectory } from './set.ts'

const AT = '2026-11-25T12:00:00.000Z' as Instant
const directory = (more: Partial<DataDirectory> = {}): DataDirectory => ({
  name: 'data',
  dir: '/srv/data',
  change: 'api-only',
  format: 'json',
  secret: [],
  invariants: {},
  ...more,
})
const RULES = { require: [], types: {}, minRecords: 1, shrink: 20, growth: 100 }
const before = rulesDigest({ data: [directory()] })
const after = rulesDigest({ data: [directory({ invariants: { 'articles.json': RULES } })] })
const copy = (level: Level, more: Partial<KnownCopy> = {}): KnownCopy =>
  ({
    copy: 'local',
    place: 'other-disk',
    state: 'sound',
    level,
    taken: AT,
    earned: Object.fromEntries(
      (['written', 'digest', 'content', 'restored'] as const)
        .slice(0, ['written', 'digest', 'content', 'restored'].indexOf(level) + 1)
        .map((one) => [one, AT]),
    ),
    rules: before,
    ...more,
  }) as KnownCopy

test('content that was judged by the rules in force stands as it is', () => {
  const all = [copy('content'), copy('digest'), copy('digest', { why: 'data.rubbish' })]
  expect(underRules(all, before)).toEqual(all)
})

test('after the rules have changed no copy counts, and none is called bad', () => {
  expect(after).not.toBe(before)
  for (const one of [copy('content'), copy('restored')]) {
    const [found] = underRules([one], after)
    expect(found).toMatchObject({ level: 'digest', isStale: true })
    expect(backedUp(found === undefined ? [] : [found])).toBeUndefined()
  }
  const bad = { item: 'data', fault: 'articles.json: emptied' }
  const [refused] = underRules([copy('digest', { why: 'data.rubbish', bad })], after)
  expect(refused).toMatchObject({ level: 'digest', isStale: true })
  expect(refused?.why).toBeUndefined()
  expect(refused?.bad).toBeUndefined()
})

test('what does not rest on the rules stays: bytes that are not what was sealed, a drill that failed', () => {
  const suspect = copy('digest', { state: 'suspect', why: 'digest' })
  const drill = copy('digest', { why: 'drill.failed' })
  expect(underRules([suspect, drill, copy('written')], after)).toEqual([suspect, drill, copy('written')])
})

test('content judged by a version that noted no rules was not judged by those in force', () => {
  const { rules: _rules, ...older } = copy('content')
  expect(underRules([older], before)[0]).toMatchObject({ level: 'digest', isStale: true })
})
