import { expect, test } from 'vitest'
import type { ServiceName } from '../base/id.ts'
import { instant } from '../base/time.ts'
import { afterReboot, isLeaseOver, type Lease } from './lease.ts'

const T = 1_796_000_000_000
const one: Lease = {
  v: 1,
  service: 'shop' as ServiceName,
  number: 1,
  phase: 'on',
  by: 'ops1',
  reason: 'disk',
  since: instant(T),
  until: instant(T + 1_800_000),
  seconds: 1800,
  boot: 'a',
  endUptime: 5_000_000,
}
const now = (ms: number, uptime: number, boot = 'a') => ({ at: instant(T + ms), uptime, boot })

test('part of N16: in its own boot the time since boot ends it, wherever the clock on the wall was set', () => {
  expect(isLeaseOver(one, now(1_700_000, 4_900_000))).toBe(false)
  expect(isLeaseOver(one, now(1_800_000, 5_000_000))).toBe(true)
  expect(isLeaseOver(one, now(99_000_000, 4_999_999))).toBe(false)
  expect(isLeaseOver(one, now(-99_000_000, 5_000_000))).toBe(true)
})

test('part of N16: after a reboot the wall clock ends it, and it never lasts longer than the whole', () => {
  expect(isLeaseOver(one, now(1_800_000, 10, 'b'))).toBe(true)
  const left = afterReboot(one, now(600_000, 10_000, 'b'))
  expect(left).toMatchObject({ boot: 'b', endUptime: 10_000 + 1_200_000 })
  expect(isLeaseOver(left, now(600_001, 10_001, 'b'))).toBe(false)
  expect(afterReboot(one, now(-86_400_000, 10_000, 'b')).endUptime).toBe(10_000 + 1_800_000)
  expect(afterReboot(one, now(0, 0))).toBe(one)
})

test('part of N16: what a kill left half turned on or off is turned off', () => {
  expect(isLeaseOver({ ...one, phase: 'turning_on' }, now(0, 0))).toBe(true)
  expect(isLeaseOver({ ...one, phase: 'turning_off' }, now(0, 0))).toBe(true)
  expect(isLeaseOver({ ...one, phase: 'off' }, now(99_000_000, 99_000_000))).toBe(false)
})
