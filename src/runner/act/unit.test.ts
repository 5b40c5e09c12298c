import { expect, test } from 'vitest'
import { NO_LIMIT, parseProperties, type UnitState, unitState } from '../../host/unit-facts.ts'
import { systemClock } from '../../sys/clock.ts'
import type { ProcessResult } from '../../sys/process.ts'
import { applyBack, applyUnit, unitTimeoutMs, verbFound } from './unit.ts'

const state = (more: Partial<UnitState>): UnitState => ({
  ...unitState('a.service', parseProperties('LoadState=loaded\nActiveState=active\n')),
  ...more,
})
const FROM = 1000

test.each([
  ['start', {}, 'applied'],
  ['start', { active: 'inactive' }, 'not_applied'],
  ['start', { active: 'failed', startedAt: 1500 }, 'applied'],
  ['start', { active: 'failed', startedAt: 500 }, 'not_applied'],
  ['stop', { active: 'inactive' }, 'applied'],
  ['stop', { active: 'failed' }, 'applied'],
  ['stop', {}, 'not_applied'],
  ['restart', { startedAt: 1500 }, 'applied'],
  ['restart', { startedAt: 500 }, 'not_applied'],
  ['restart', { active: 'inactive', startedAt: 500, stoppedAt: 1500 }, 'unknown'],
  ['reload', { changedAt: 1500 }, 'applied'],
  ['reload', { changedAt: 500 }, 'not_applied'],
  ['reload', { active: 'failed', changedAt: 1500 }, 'unknown'],
  // PID 1 ended it after its time-out: the unit was reloading, and the old settings are in effect.
  ['reload', { changedAt: 1500, reloadResult: 'timeout' }, 'mixed'],
  ['reload', { changedAt: 500, reloadResult: 'timeout' }, 'not_applied'],
  ['reload', { changedAt: 1500, reloadResult: 'success' }, 'applied'],
] as const)('%s of %j is %s', (verb, more, found) => {
  expect(verbFound(verb, state(more), FROM)).toBe(found)
})

test.each(['start', 'stop', 'restart', 'reload'] as const)(
  'nothing is concluded about a %s while PID 1 has a job',
  (verb) => {
    expect(verbFound(verb, state({ job: true, startedAt: 1500, changedAt: 1500 }), FROM)).toBe('unknown')
    expect(verbFound(verb, state({ loaded: false }), FROM)).toBe('unknown')
  },
)

test('a restart may take the stop time-out twice and the start time-out, and no more than an hour', () => {
  const limits = { startTimeoutMs: 90_000, stopTimeoutMs: 5000 }
  expect(unitTimeoutMs('restart', limits)).toBe(2 * 5000 + 90_000 + 5000)
  expect(unitTimeoutMs('stop', limits)).toBe(2 * 5000 + 5000)
  expect(unitTimeoutMs('reload', limits)).toBe(90_000 + 5000)
  expect(unitTimeoutMs('restart', { startTimeoutMs: NO_LIMIT, stopTimeoutMs: NO_LIMIT })).toBeLessThanOrEqual(
    3_600_000,
  )
})

/** PID 1 shows this, and these verbs fail; what it was told is noted. */
function contextOf(shown: string, fails: readonly string[] = []) {
  const told: string[] = []
  const run = async (argv: readonly string[]): Promise<ProcessResult> => {
    const verb = argv.find((word) => ['start', 'stop', 'restart', 'reload'].includes(word))
    if (verb !== undefined) told.push(verb)
    return {
      code: verb !== undefined && fails.includes(verb) ? 1 : 0,
      argv,
      overflowed: false,
      stdoutBytes: new Uint8Array(),
      extra: [],
      stdout: argv.includes('show') ? shown : '',
      stderr: verb !== undefined && fails.includes(verb) ? 'Job for mirai.service failed' : '',
      timedOut: false,
      milliseconds: 1,
    }
  }
  const signal = new AbortController().signal
  const context = { run, clock: systemClock, signal, systemctl: true, killPoint: () => {} }
  return { told, context: context as unknown as Parameters<typeof applyUnit>[1] }
}

test.each([
  ['active', 'reload'],
  ['failed', 'start'],
  ['inactive', 'start'],
])('on the way back a unit that is %s is told to %s', async (active, verb) => {
  const { told, context } = contextOf(`LoadState=loaded\nActiveState=${active}\n`)
  const reload = { kind: 'unit', verb: 'reload', unit: 'mirai.service' } as const
  await applyBack(reload, context, 2000)
  expect(told).toEqual([verb])
})

test('what a unit answers names it and its verb: of an undo nothing else does', async () => {
  // As systemctl tells of a unit whose program ended with 1 while Restart= is set.
  const shown = 'LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=exit-code\n'
  const { context } = contextOf(shown, ['start'])
  const told = { kind: 'unit', verb: 'start', unit: 'mirai.service' } as const
  expect(await applyUnit(told, context, 2000)).toMatchObject({
    result: 'failed',
    detail: {
      why: 'systemctl',
      unit: 'mirai.service',
      verb: 'start',
      result: 'exit-code',
      sub: 'auto-restart',
    },
  })
})
