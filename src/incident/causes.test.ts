// Planted causes as fixtures of evidence: exactly those are named, two at once too, and none where there is none.
import { describe, expect, test } from 'vitest'
import { changeId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import type { DatabaseItem, DiskItem, MemoryItem, SignsItem } from '../seal/evidence-facts.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import {
  CAUSE_CODES,
  causeSentence,
  isNearOnly,
  NOT_LOOKED_CODES,
  notLookedSentence,
} from '../words/incident-causes.ts'
import { causesOf, type Looked } from './causes.ts'

const AT = '2026-12-01T03:00:00.000Z' as Instant
const MIB = 1_048_576
const process = {
  pid: 812,
  name: 'python3',
  state: 'S',
  resident: 80 * MIB,
  descriptors: 40,
  descriptorLimit: 1024,
}
const unit = {
  unit: 'mirai.service',
  active: 'active',
  invocation: 'a'.repeat(32),
  restarts: 0,
  result: 'success',
  current: 90 * MIB,
  limit: 512 * MIB,
  processes: [process],
}
const memory = (over: Partial<typeof unit> = {}, available = 3000 * MIB): MemoryItem => ({
  at: AT,
  machine: { total: 4000 * MIB, available },
  unit: { ...unit, ...over },
})
const disk = (used = 50): DiskItem => ({
  at: AT,
  volumes: [{ path: '/', used, total: 100, inodesUsed: 10, inodesTotal: 100 }],
  notRead: [],
})
const health = (why?: string): HealthFacts => ({
  verdict: why === undefined ? 'green' : 'red',
  attempts: [{ ok: why === undefined, milliseconds: 3000, ...(why === undefined ? {} : { why }) }],
})
const database = (connections = 20, waiting = 0): DatabaseItem => ({
  at: AT,
  databases: [
    { state: 'read', name: 'mirai', port: 5432, connections, limit: 97, idleInTransaction: waiting, waiting },
  ],
})
const log = (
  name: string,
  found: SignsItem['logs'][number]['found'] = [],
  state: SignsItem['logs'][number]['state'] = 'read',
): SignsItem['logs'][number] => ({ log: name, state, lines: 5, whole: true, found })
const signs = (...logs: SignsItem['logs']): SignsItem => ({ at: AT, sinceMs: 3_600_000, logs })
const quiet = signs(log('kernel', [], 'silent'), log('journal'), log('errorLog'))
/** After a restart the same service in a new run. */
const restarted = (resident: number): MemoryItem =>
  memory({ invocation: 'b'.repeat(32), processes: [{ ...process, resident }] })
const healthy: Looked = {
  before: { memory: memory(), disk: disk(), database: database(), signs: quiet, health: health() },
  after: { memory: restarted(75 * MIB) },
  since: AT,
  changes: [],
  edited: [],
  url: 'https://localhost/health',
  level: 1,
  hasDatabase: true,
}
const change = {
  change: changeId(2026, 7),
  pattern: 'config',
  what: '/etc/mirai.conf',
  startedAt: after(AT, -610_000),
  endedAt: after(AT, -600_000),
  outcome: 'kept' as const,
  undoMs: 400,
}

const PLANTED: Readonly<Record<string, Partial<Looked>>> = {
  process: {
    before: { ...healthy.before, memory: memory({ processes: [{ ...process, state: 'T' }] }) },
  },
  memory: {
    before: { ...healthy.before, memory: memory({ processes: [{ ...process, resident: 430 * MIB }] }) },
  },
  answer: { before: { ...healthy.before, health: health('timeout ETIMEDOUT') } },
  disk: { before: { ...healthy.before, disk: disk(99) } },
  descriptors: {
    before: { ...healthy.before, memory: memory({ processes: [{ ...process, descriptors: 1020 }] }) },
  },
  database: { before: { ...healthy.before, database: database(96) } },
  change: { changes: [change] },
}
const kinds = (looked: Looked) => [...new Set(causesOf(looked).causes.map(({ kind }) => kind))]

describe('planted causes', () => {
  test.each(Object.entries(PLANTED))('%s alone is named, and the others are clear', (kind, planted) => {
    const looked = { ...healthy, ...planted }
    expect(kinds(looked)).toEqual([kind])
    expect(causesOf(looked).clear).toHaveLength(6)
    expect(causesOf(looked).notLooked).toEqual([])
  })

  test('a suspect that was taken back before health came back is the first cause; what is near in time stays near', () => {
    const takenBack = { change: changeId(2026, 6), what: '/etc/nginx/x', by: changeId(2026, 8) }
    const { causes } = causesOf({
      ...healthy,
      before: { ...healthy.before, disk: disk(99) },
      changes: [change],
      takenBack,
    })
    expect(causes.map(({ code }) => code)).toEqual(['change.taken_back', 'disk.full', 'change.before'])
    expect(causes.map(isNearOnly)).toEqual([false, false, true])
  })

  test('of a break-in no change is suspected for its time', () => {
    const found = causesOf({ ...healthy, level: 3, changes: [change] })
    expect(found.causes).toEqual([])
    expect(found.clear).not.toContain('change')
  })

  test('that there was no answer is the cause where nothing else is, and follows from it where something is', () => {
    const line = 'upstream timed out (110: Connection timed out)'
    const proxy = log('errorLog nginx', [{ sign: 'upstream', count: 3, line }])
    const before = {
      ...healthy.before,
      health: health('timeout ETIMEDOUT'),
      signs: signs(...quiet.logs, proxy),
    }
    const alone = causesOf({ ...healthy, before })
    expect(alone.causes.map(({ code }) => code)).toEqual(['answer.health', 'answer.log'])
    expect(alone.seen).toBeUndefined()
    const full = causesOf({ ...healthy, before: { ...before, disk: disk(99) } })
    expect(full.causes.map(({ code }) => code)).toEqual(['disk.full'])
    expect(full.seen?.map(({ code }) => code)).toEqual(['answer.health', 'answer.log'])
    // A proxy that got no answer says so; any other wrong answer is no cause, and not clear either.
    const gateway: HealthFacts = {
      verdict: 'red',
      attempts: [{ ok: false, status: 504, milliseconds: 9, why: 'status' }],
    }
    expect(kinds({ ...healthy, before: { ...before, health: gateway } })).toEqual(['answer'])
    const wrong: HealthFacts = {
      verdict: 'red',
      attempts: [{ ok: false, status: 503, milliseconds: 9, why: 'status' }],
    }
    const sick = causesOf({ ...healthy, before: { ...before, health: wrong } })
    expect(sick.causes).toEqual([])
    expect(sick.clear).not.toContain('answer')
    // Lines of earlier troubles say nothing of a service that answers.
    expect(causesOf({ ...healthy, before: { ...before, health: health() } }).causes).toEqual([])
  })

  test('a file that was changed outside of Sekisho: changes are not clear', () => {
    const found = causesOf({ ...healthy, edited: [{ path: '/srv/.env', since: AT }] })
    expect([found.causes, found.clear.includes('change')]).toEqual([[], false])
  })

  test('two at once: both, and no third', () => {
    const both = { ...healthy, before: { ...healthy.before, disk: disk(99), database: database(96) } }
    expect(kinds(both)).toEqual(['disk', 'database'])
  })

  test('none: no cause, and all is clear', () => {
    expect(causesOf(healthy)).toEqual({
      causes: [],
      notLooked: [],
      clear: ['process', 'answer', 'memory', 'disk', 'descriptors', 'database', 'change'],
    })
  })

  test.each([
    ['a limit of the unit', { memory: memory({ current: 500 * MIB }) }, 'memory.limit'],
    ['a machine without memory', { memory: memory({}, 100 * MIB) }, 'memory.machine'],
    ['the kernel ended it', { memory: memory({ result: 'oom-kill' }) }, 'memory.killed'],
    [
      'no inodes',
      {
        disk: { ...disk(), volumes: [{ path: '/', used: 1, total: 100, inodesUsed: 99, inodesTotal: 100 }] },
      },
      'disk.inodes',
    ],
    ['locks', { database: database(20, 3) }, 'database.locks'],
    [
      'no session is let in',
      { database: { at: AT, databases: [{ state: 'full', name: 'mirai', port: 5432 }] } },
      'database.full',
    ],
    [
      'a line of the kernel',
      { signs: signs(log('kernel', [{ sign: 'memory', count: 1, line: 'Out of memory' }]), log('journal')) },
      'memory.log',
    ],
    [
      'a line of the error log',
      { signs: signs(log('errorLog', [{ sign: 'descriptors', count: 4, line: 'Too many open files' }])) },
      'descriptors.log',
    ],
  ] as const)('%s', (_, before, code) => {
    const { causes } = causesOf({ ...healthy, before: { ...healthy.before, ...before } })
    expect(causes.map((one) => one.code)).toEqual([code])
  })
})

describe('what was not measured is listed, and is never clear', () => {
  const gaps = (looked: Looked) => causesOf(looked).notLooked.map(({ kind, code }) => `${kind} ${code}`)
  const clear = (looked: Looked) => causesOf(looked).clear

  test('nothing was collected at all', () => {
    const looked: Looked = { before: {}, since: AT, changes: [], edited: [], hasDatabase: true, level: 1 }
    expect(causesOf(looked).causes).toEqual([])
    expect(clear(looked)).toEqual(['change'])
    expect(gaps(looked)).toEqual([
      'process not_collected',
      'answer no_health',
      'memory not_collected',
      'disk not_collected',
      'descriptors not_collected',
      'database not_collected',
      'memory log_unread',
      'disk log_unread',
      'descriptors log_unread',
      'database log_unread',
    ])
  })

  test.each<readonly [string, Partial<Looked['before']>, string]>([
    ['no process', { memory: memory({ processes: [] }) }, 'memory no_process'],
    ['no unit', { memory: { at: AT, machine: { total: 10, available: 9 } } }, 'descriptors no_unit'],
    [
      'a missing limit',
      { memory: { ...memory(), unit: { ...unit, limit: undefined as never } } },
      'memory no_limit',
    ],
    ['a failed statfs', { disk: { ...disk(), notRead: ['/var/lib/mirai'] } }, 'disk statfs_failed'],
    [
      'unread descriptors',
      { memory: memory({ processes: [{ ...process, descriptors: undefined as never }] }) },
      'descriptors descriptors_unread',
    ],
    ['a missing log', { signs: signs(log('errorLog', [], 'unread')) }, 'disk log_unread'],
    ['a silent program', { signs: signs(log('errorLog', [], 'silent')) }, 'memory log_silent'],
    ['lines without a time', { signs: signs(log('errorLog', [], 'unstamped')) }, 'database log_unstamped'],
    [
      'a database that does not answer',
      { database: { at: AT, databases: [{ state: 'failed', name: 'm', port: 5432, why: 'refused' }] } },
      'database database_failed',
    ],
  ])('%s', (_, before, gap) => {
    const looked = { ...healthy, before: { ...healthy.before, ...before } }
    expect(gaps(looked)).toContain(gap)
    expect(clear(looked)).not.toContain(gap.split(' ')[0])
  })

  test('memory grew only where a restart shows it: the same run, or nothing after it, is no measure', () => {
    const leak = memory({ processes: [{ ...process, resident: 430 * MIB }] })
    const before = { ...healthy.before, memory: leak }
    const { after: _, ...unrestarted } = { ...healthy, before }
    expect(kinds(unrestarted)).toEqual([])
    expect(gaps(unrestarted)).toContain('memory not_restarted')
    const sameRun = { ...healthy, before, after: { memory: memory() } }
    expect(kinds(sameRun)).toEqual([])
    expect(gaps(sameRun)).toContain('memory not_restarted')
    expect(kinds({ ...healthy, before })).toEqual(['memory'])
  })

  test.each([
    ['ended long before', { startedAt: -3_800_000, endedAt: -3_700_000 }, false],
    ['begun after it', { startedAt: 70_000, endedAt: 90_000 }, false],
    ['begun seconds before it, and kept by a person after it', { startedAt: -5000, endedAt: 65_000 }, true],
    ['it runs', { startedAt: -600_000 }, true],
    ['taken back before it', { startedAt: -900_000, endedAt: -600_000, outcome: 'taken_back' }, false],
    ['taken back while it was seen', { startedAt: -60_000, endedAt: 5000, outcome: 'taken_back' }, true],
  ] as const)('a change: %s', (_, { startedAt, ...more }, isCause) => {
    const { endedAt, outcome = 'kept' } = { endedAt: undefined, ...more } as {
      endedAt?: number
      outcome?: 'kept' | 'taken_back'
    }
    const { endedAt: _ended, ...bare } = change
    const one = {
      ...bare,
      startedAt: after(AT, startedAt),
      ...(endedAt === undefined ? { outcome: 'open' as const } : { endedAt: after(AT, endedAt), outcome }),
    }
    const found = { ...healthy, changes: [one] }
    expect(kinds(found)).toEqual(isCause ? ['change'] : [])
    // A change of the last day that is no cause by its time is not called clear.
    expect(clear(found)).not.toContain('change')
    if (!isCause) expect(gaps(found)).toContain('change changes_earlier')
  })
})

test('each cause and each gap has a sentence in both languages, with nothing left open', () => {
  const values = {
    unit: 'u',
    used: 1,
    limit: 2,
    available: 1,
    total: 2,
    log: 'journal',
    count: 1,
    line: 'x',
    before: 2,
    after: 1,
    path: '/',
    free: 1,
    pid: 1,
    name: 'n',
    open: 1,
    port: 1,
    waiting: 1,
    idle: 0,
    change: 'CHG-2026-0001',
    by: 'CHG-2026-0002',
    state: 'T',
    what: 'x',
    minutes: 1,
    url: 'https://x/health',
    seen: 'timeout ETIMEDOUT',
    ms: 3000,
    why: 'x',
  }
  for (const language of ['ja', 'en'] as const) {
    for (const code of CAUSE_CODES)
      expect(causeSentence({ kind: 'memory', code, values }, language)).not.toMatch(/undefined|…|NaN/)
    for (const code of NOT_LOOKED_CODES)
      expect(notLookedSentence({ kind: 'disk', code, values }, language)).not.toMatch(/undefined|…|NaN/)
  }
})
