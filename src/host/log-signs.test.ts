import { expect, test } from 'vitest'
import { signsIn } from './log-signs.ts'

const UNTIL = Date.parse('2026-12-01T03:00:00.000Z')
const WINDOW = { from: UNTIL - 3_600_000, until: UNTIL }

test('only lines of the last hour before the sealing count, by the time that they bear', () => {
  const read = signsIn(
    'errorLog',
    [
      '2026-12-01T01:00:00Z ERROR too many open files',
      '2026-12-01T02:30:00Z ERROR write failed',
      '  OSError: [Errno 28] No space left on device',
      '2026-12-01T04:00:00Z ERROR Out of memory',
    ],
    WINDOW,
  )
  expect(read).toEqual({
    log: 'errorLog',
    state: 'read',
    lines: 2,
    whole: true,
    found: [{ sign: 'disk', count: 1, line: '  OSError: [Errno 28] No space left on device' }],
  })
})

test('a log that was not read, is silent, or bears no time says so, and has no signs', () => {
  expect(signsIn('kernel', undefined, WINDOW).state).toBe('unread')
  expect(signsIn('kernel', [], WINDOW).state).toBe('silent')
  expect(signsIn('kernel', ['2026-11-30T03:00:00Z Out of memory'], WINDOW).state).toBe('silent')
  expect(signsIn('app', ['Out of memory', 'EMFILE'], WINDOW)).toMatchObject({ state: 'unstamped', found: [] })
})

test.each([
  ['memory', 'kernel: Out of memory: Killed process 812 (python3) total-vm:2097152kB'],
  ['memory', "systemd[1]: mirai.service: Failed with result 'oom-kill'."],
  ['descriptors', 'accept4() failed (24: Too many open files)'],
  ['database', 'FATAL:  sorry, too many clients already'],
  ['database', 'ERROR:  deadlock detected'],
])('%s is read out of: %s', (sign, line) => {
  const { found } = signsIn('journal', [`2026-12-01T02:59:00.000000+00:00 web1 ${line}`], WINDOW)
  expect(found.map((one) => one.sign)).toEqual([sign])
})
