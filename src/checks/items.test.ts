import { describe, expect, test } from 'vitest'
import type { Service } from '../plans/policy.ts'
import {
  judgeCertificate,
  judgeClock,
  judgeDisk,
  judgeErrors,
  judgeHealth,
  judgeInodes,
  judgeMemory,
  judgeUnit,
} from './items.ts'

const DAY_MS = 86_400_000
const MIRAI = { name: 'mirai', health: { url: 'https://localhost/health' } } as unknown as Service
const found = ({ state, code }: { readonly state: string; readonly code: string }) => [state, code]
const volume = (used: number, total: number) => ({
  path: '/',
  used,
  total,
  inodes: 100,
  inodesUsed: 91,
  services: [],
})

describe('part of S49: what is measured is judged, what is not is no data', () => {
  test('service', () => {
    expect(found(judgeUnit('mirai.service', { active: 'active', sub: 'running' }))).toEqual([
      'good',
      'check.running',
    ])
    for (const active of ['failed', 'inactive', 'activating'])
      expect(found(judgeUnit('mirai.service', { active, sub: '' }))).toEqual(['red', 'check.not_running'])
  })

  test('disk: over 80 % as df rounds; inodes: over 90 %, and none where a file system has none', () => {
    expect(found(judgeDisk(volume(80, 100)))).toEqual(['good', 'check.disk'])
    expect(found(judgeDisk(volume(801, 1000)))).toEqual(['red', 'check.disk_full'])
    expect(found(judgeDisk(volume(0, 0)))).toEqual(['red', 'check.disk_full'])
    expect(judgeInodes(volume(0, 1))?.code).toBe('check.inodes_full')
    expect(judgeInodes({ ...volume(0, 1), inodes: 0 })).toBeUndefined()
  })

  test('memory', () => {
    expect(found(judgeMemory({ total: 1000, available: 100 }))).toEqual(['good', 'check.memory'])
    expect(found(judgeMemory({ total: 1000, available: 99 }))).toEqual(['red', 'check.memory_full'])
    expect(found(judgeMemory(undefined))).toEqual(['no_data', 'check.no_memory'])
  })

  test('errors: a count in part is red or no data, and never good', () => {
    const counted = (errors: number, whole: boolean) => judgeErrors('/l', { state: 'counted', errors, whole })
    expect(found(counted(0, true))).toEqual(['good', 'check.no_errors'])
    expect(found(counted(1, true))).toEqual(['warning', 'check.errors'])
    expect(found(counted(100, true))).toEqual(['red', 'check.errors'])
    expect(judgeErrors('/l', { state: 'counted', errors: 3, whole: true }, 3).state).toBe('red')
    expect(found(counted(0, false))).toEqual(['no_data', 'check.log_in_part'])
    expect(counted(3, false)).toMatchObject({ state: 'warning', values: { atLeast: true, count: 3 } })
    for (const state of ['absent', 'unstamped'] as const)
      expect(judgeErrors('/l', { state }).state).toBe('no_data')
    expect(judgeErrors('/l', { state: 'unread', why: 'EACCES' }).state).toBe('no_data')
  })

  test('api', () => {
    const facts = (verdict: 'green' | 'red' | 'no_data') => ({
      verdict,
      attempts: [{ ok: false, milliseconds: 1 }],
    })
    for (const [verdict, state] of [
      ['green', 'good'],
      ['red', 'red'],
      ['no_data', 'no_data'],
    ] as const)
      expect(judgeHealth(MIRAI, facts(verdict)).state).toBe(state)
  })

  test('certificate and clock', () => {
    const left = (days: number) => judgeCertificate('h:443', { leftMs: days * DAY_MS, until: 'x' })
    expect([left(30), left(20), left(6), left(-1)].map(({ state }) => state)).toEqual([
      'good',
      'warning',
      'red',
      'red',
    ])
    expect(judgeCertificate('h:443', { why: 'ECONNREFUSED' }).state).toBe('no_data')
    expect(judgeClock({ synchronized: true, offMs: 12.4 })).toMatchObject({
      state: 'good',
      values: { offMs: 12 },
    })
    expect(judgeClock({ synchronized: true, offMs: 2500 }).state).toBe('red')
    // Nobody keeps it: how wrong it is, is not known.
    expect(judgeClock({ synchronized: false, offMs: undefined }).state).toBe('no_data')
    expect(judgeClock({ synchronized: true, offMs: undefined })).toMatchObject({
      state: 'no_data',
      code: 'check.clock_offset_unknown',
    })
    expect(judgeClock({ why: 'ENOENT' }).state).toBe('no_data')
  })
})
