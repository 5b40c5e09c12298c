// What of the policy decides: declared files, who holds what, solo, windows and freezes in their own zones.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ALONE, FINGERPRINTS, makePolicy, TEAM } from '../../tests/vectors/seal/sample.ts'
import { sha256 } from '../base/hash.ts'
import { isServiceName, type ServiceName } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import { frozenBy, inWindows, windowsOf } from '../seal/calendar.ts'
import {
  approversOf,
  type ConfigFile,
  declaredFile,
  holdsRole,
  isSolo,
  policyVersion,
  type Role,
  type Rules,
  type Service,
  type Window,
} from './policy.ts'

const named = (name: string): ServiceName => {
  if (!isServiceName(name)) throw new Error(name)
  return name
}
const mirai = named('mirai')
const other = named('other')

describe('who approves', () => {
  const keys = [{ fingerprint: FINGERPRINTS.hanako }]
  const hanako = { id: 'hanako', roles: ['owner'], keys }
  test.each([
    ['one owner', [hanako], ['hanako'], true],
    ['an operator beside her', [hanako, { id: 'taro', roles: ['operator'], keys }], ['hanako'], true],
    ['an approver beside her', [hanako, { id: 'taro', keys }], ['hanako', 'taro'], false],
    ['one of another service', [hanako, { id: 'taro', services: ['other'], keys }], ['hanako'], true],
    ['one without a key', [hanako, { id: 'taro', keys: [] }], ['hanako'], true],
    [
      'one whose keys are revoked',
      [hanako, { id: 'taro', keys: [{ fingerprint: FINGERPRINTS.taro, revoked: true }] }],
      ['hanako'],
      true,
    ],
    ['nobody', [{ ...hanako, roles: ['viewer'] }], [], false],
  ] as const)('%s', (_, people, wanted, solo) => {
    const policy = makePolicy(people)
    expect(approversOf(policy, mirai).map(({ id }) => id)).toEqual(wanted)
    expect(isSolo(policy, mirai)).toBe(solo)
  })
  test('a role holds for the services it was given for, and none means all', () => {
    const [, taro] = TEAM.people
    if (taro === undefined) throw new Error('no second person')
    const holds = (services: readonly ServiceName[], role: Role) =>
      holdsRole({ ...taro, services }, [role], mirai)
    expect([holds([], 'approver'), holds([mirai], 'approver'), holds([other], 'approver')]).toEqual([
      true,
      true,
      false,
    ])
    expect(holds([], 'owner')).toBe(false)
  })
  test('the version moves with each part of the policy and with the guard', () => {
    const { version, ...policy } = TEAM
    const guard = sha256('guard')
    expect(policyVersion(policy, guard)).toBe(version)
    expect(policyVersion(policy, sha256('other'))).not.toBe(version)
    expect(policyVersion({ ...policy, name: 'x' }, guard)).not.toBe(version)
    expect(ALONE.version).not.toBe(version)
  })
})

describe('declared files', () => {
  const file = (path: string): ConfigFile => ({
    path,
    kind: 'systemd',
    secret: false,
    activation: 'restart',
    keep: 'proof',
  })
  const on: Service = {
    name: mirai,
    host: 'web1',
    files: [file('/etc/systemd/system/mirai.service'), file('/etc/systemd/system/mirai.service.d/*.conf')],
    logs: {},
  }
  test.each([
    ['/etc/systemd/system/mirai.service', true],
    ['/etc/systemd/system/mirai.service.d/10-limits.conf', true],
    ['/etc/systemd/system/mirai.service.d/*.conf', true],
    ['/etc/systemd/system/mirai.service.d/.conf', false],
    ['/etc/systemd/system/mirai.service.d/a.txt', false],
    ['/etc/systemd/system/mirai.service.d/sub/a.conf', false],
    ['/etc/systemd/system/mirai.service.d/../evil.service.d/a.conf', false],
    ['/etc/systemd/system/mirai.service.d/a.conf\n', false],
    ['/etc/systemd/system/other.service', false],
    ['/etc/systemd/system//mirai.service', false],
    ['/etc/systemd/system/./mirai.service', false],
    ['', false],
  ])('%j: %s', (path, declared) => {
    expect(declaredFile(on, path) !== undefined).toBe(declared)
  })
})

describe('windows', () => {
  const window = (more: Partial<Window>): Window => ({
    services: [],
    days: [3],
    fromMinute: 120,
    untilMinute: 240,
    zone: 'Asia/Tokyo',
    ...more,
  })
  // Wednesday 25 November 2026 02:00 in Tokyo is Tuesday 17:00 UTC.
  test.each([
    ['before', {}, '2026-11-24T16:59:59.999Z', false],
    ['its first minute', {}, '2026-11-24T17:00:00.000Z', true],
    ['its last minute', {}, '2026-11-24T18:59:59.999Z', true],
    ['the minute after', {}, '2026-11-24T19:00:00.000Z', false],
    ['the same hour in UTC', {}, '2026-11-25T02:00:00.000Z', false],
    ['over midnight, the evening', { fromMinute: 1320, untilMinute: 60 }, '2026-11-25T13:30:00.000Z', true],
    [
      'over midnight, the small hours of the next day',
      { fromMinute: 1320, untilMinute: 60 },
      '2026-11-25T15:30:00.000Z',
      true,
    ],
    [
      'over midnight, the small hours of its own day',
      { fromMinute: 1320, untilMinute: 60 },
      '2026-11-24T15:30:00.000Z',
      false,
    ],
    [
      'Saturday into Sunday',
      { days: [6], fromMinute: 1320, untilMinute: 60 },
      '2026-11-28T15:30:00.000Z',
      true,
    ],
    ['to the end of the day', { fromMinute: 1380, untilMinute: 1440 }, '2026-11-25T14:59:00.000Z', true],
    ['02:30 in New York in winter', { zone: 'America/New_York' }, '2026-11-25T07:30:00.000Z', true],
    ['02:30 in New York in summer', { zone: 'America/New_York' }, '2026-07-01T06:30:00.000Z', true],
    [
      '03:30 in New York in summer is no 04:30',
      { zone: 'America/New_York' },
      '2026-07-01T08:30:00.000Z',
      false,
    ],
  ])('%s', (_, more, at, wanted) => {
    expect(inWindows([window(more)], at as Instant)).toBe(wanted)
  })
  test('none means always; one of several is enough', () => {
    const at = '2026-11-24T17:00:00.000Z' as Instant
    expect(inWindows([], at)).toBe(true)
    expect(inWindows([window({ days: [5] }), window({})], at)).toBe(true)
    expect(inWindows([window({ days: [5] })], at)).toBe(false)
  })
  test('a window over midnight is the same as its two halves', () => {
    const minute = fc.integer({ min: 1, max: 1438 })
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
        fc.nat(2_000_000),
        (a, b, days, at) => {
          const [untilMinute, fromMinute] = a < b ? [a, b] : [b, a + 1]
          const now = instant(1_795_000_000_000 + at * 1000)
          const halves = [
            window({ days, fromMinute, untilMinute: 1440 }),
            window({ days: days.map((day) => (day + 1) % 7), fromMinute: 0, untilMinute }),
          ]
          expect(inWindows([window({ days, fromMinute, untilMinute })], now)).toBe(inWindows(halves, now))
        },
      ),
    )
  })
})

describe('freezes', () => {
  const rules: Rules = TEAM.rules
  test('hold from their first to before their last instant, for whom they do not let pass', () => {
    const frozen = (at: string, roles: readonly Role[] = []) =>
      frozenBy(rules, mirai, at as Instant, roles)?.reason
    expect(frozen('2026-12-28T14:59:59.999Z')).toBeUndefined()
    expect(frozen('2026-12-28T15:00:00.000Z')).toBe('年末年始')
    expect(frozen('2027-01-04T14:59:59.999Z')).toBe('年末年始')
    expect(frozen('2027-01-04T15:00:00.000Z')).toBeUndefined()
    expect(frozen('2026-12-30T00:00:00.000Z', ['approver', 'operator'])).toBe('年末年始')
    expect(frozen('2026-12-30T00:00:00.000Z', ['owner'])).toBeUndefined()
  })
  test('of another service do not count, nor do its windows', () => {
    const only: Rules = { ...rules, freezes: rules.freezes.map((one) => ({ ...one, services: [other] })) }
    expect(frozenBy(only, mirai, '2026-12-30T00:00:00.000Z' as Instant, [])).toBeUndefined()
    expect(frozenBy(only, other, '2026-12-30T00:00:00.000Z' as Instant, [])?.reason).toBe('年末年始')
    expect(windowsOf(rules, mirai)).toEqual([])
    expect(windowsOf(rules, other)).toHaveLength(1)
  })
})
