import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_LIMIT, parseProperties, parseSpan, unitState } from './unit-facts.ts'

const SHOWN = `LoadState=loaded
ActiveState=active
SubState=running
InvocationID=87c4423d4b154e198a81dda40e551f78
MainPID=126
NeedDaemonReload=no
TimeoutStartUSec=1min 30s
TimeoutStopUSec=5s
NRestarts=2
Result=success
FragmentPath=/etc/systemd/system/mirai.service
DropInPaths=/etc/systemd/system/mirai.service.d/a.conf /etc/systemd/system/mirai.service.d/b.conf
CanReload=yes
StateChangeTimestampMonotonic=2950180123
ActiveEnterTimestampMonotonic=2950180000
InactiveExitTimestampMonotonic=0
`

test('a unit as systemctl show prints it', () => {
  expect(unitState('mirai.service', parseProperties(SHOWN))).toMatchObject({
    loaded: true,
    active: 'active',
    mainPid: 126,
    needDaemonReload: false,
    startTimeoutMs: 90_000,
    stopTimeoutMs: 5000,
    job: false,
    restarts: 2,
    canReload: true,
    changedAt: 2_950_180.123,
    startedAt: 0,
    files: [
      '/etc/systemd/system/mirai.service',
      '/etc/systemd/system/mirai.service.d/a.conf',
      '/etc/systemd/system/mirai.service.d/b.conf',
    ],
  })
})

test('a job of PID 1 is seen, and absent when no line speaks of one', () => {
  expect(unitState('a.service', parseProperties('Job=1234')).job).toBe(true)
  expect(unitState('a.service', parseProperties('')).job).toBe(false)
  expect(unitState('a.service', parseProperties('')).loaded).toBe(false)
})

test('values may hold equals signs; a property of several lines keeps them', () => {
  const shown = parseProperties(
    'Environment=A=1 B=2\nExecStart={ one }\nExecStart={ two }\n\nnot a line\n=x\n',
  )
  expect(shown.get('Environment')).toBe('A=1 B=2')
  expect(shown.get('ExecStart')).toBe('{ one }\n{ two }')
  expect(shown.size).toBe(2)
})

test.each([
  ['90s', 90_000],
  ['1min 30s', 90_000],
  ['1h 2min 3s', 3_723_000],
  ['500ms', 500],
  ['1.5s', 1500],
  ['100us', 0],
  ['2d', 172_800_000],
  ['0', 0],
  ['infinity', NO_LIMIT],
  ['', NO_LIMIT],
  ['soon', NO_LIMIT],
  ['5 parsecs', NO_LIMIT],
])('the span %j is %d ms', (text, ms) => {
  expect(parseSpan(text)).toBe(ms)
})

test('the parsers are total', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(typeof unitState('u', parseProperties(text)).job).toBe('boolean')
      expect(parseSpan(text)).toBeGreaterThanOrEqual(0)
    }),
  )
})
