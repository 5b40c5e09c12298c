import { describe, expect, test } from 'vitest'
import { after, type Instant } from '../base/time.ts'
import { ErrorScan } from './error-scan.ts'
import {
  isLostUpstream,
  isOwnRequest,
  LOOPBACK,
  spansOf,
  spansText,
  withoutOwnRestarts,
} from './lost-upstream.ts'
import type { CheckId, CheckResult } from './result.ts'

const line = (said: string) =>
  `2026/11/25 10:00:00 [error] 12#12: *7 ${said}, client: 10.0.0.9, server: a, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8000/"`

test.each([
  'connect() failed (111: Connection refused) while connecting to upstream',
  'connect() to unix:/run/mirai.sock failed (2: No such file or directory) while connecting to upstream',
  'upstream prematurely closed connection while reading response header from upstream',
  'recv() failed (104: Connection reset by peer) while reading response header from upstream',
  'no live upstreams while connecting to upstream',
])('says that a service was not there: %s', (said) => {
  expect(isLostUpstream(line(said))).toBe(true)
})

test.each([
  'open() "/srv/www/connect() failed (111: x) while connecting to upstream" failed (2: No such file or directory)',
  'upstream timed out (110: Connection timed out) while reading response header from upstream',
  'connect() failed (113: No route to host) while connecting to upstream',
  'access forbidden by rule',
])('is an error like any other: %s', (said) => {
  expect(isLostUpstream(line(said))).toBe(false)
  // Nor where a client asks for such an address.
  expect(isLostUpstream(`${line(said)} connect() failed (111: x) while connecting to upstream`)).toBe(false)
})

test('a count keeps them apart by second', () => {
  const scan = new ErrorScan(0, Date.parse('2026-11-25T10:01:00'))
  const refused = line('connect() failed (111: Connection refused) while connecting to upstream')
  scan.add(`${refused}\n${refused}\n${line('access forbidden by rule')}\n`)
  expect([...scan.counts.values()]).toEqual([3])
  expect([...scan.lost.values()]).toEqual([2])
})

test('what nginx says of a request of Sekisho itself is kept apart; of a request of anybody else it counts', () => {
  const own = ', host: "localhost", referrer: "https://sekisho.invalid/"'
  const refused = 'connect() failed (111: Connection refused) while connecting to upstream'
  const from = (client: string, end = own, said = refused) =>
    `2026/11/25 10:00:00 [error] 12#12: *7 ${said}, client: ${client}, server: localhost, request: "GET /health HTTP/1.1", upstream: "http://127.0.0.1:8000/health"${end}`
  const clients = new Set([...LOOPBACK, '192.0.2.7'])
  for (const client of ['127.0.0.1', '::1', 'unix:', '192.0.2.7'])
    expect(isOwnRequest(from(client), clients)).toBe(true)
  expect(
    isOwnRequest(
      from(
        '127.0.0.1',
        own,
        'upstream timed out (110: Connection timed out) while reading response header from upstream',
      ),
      clients,
    ),
  ).toBe(true)
  // Another program of this machine, and somebody far away who writes what we write.
  expect(isOwnRequest(from('127.0.0.1', ', host: "localhost"'), clients)).toBe(false)
  expect(isOwnRequest(from('203.0.113.9'), clients)).toBe(false)
  const forged = 'open() "/srv/www/x, client: 127.0.0.1, server: a" failed (2: No such file or directory)'
  expect(isOwnRequest(from('203.0.113.9', own, forged), clients)).toBe(false)
  const scan = new ErrorScan(0, Date.parse('2026-11-25T10:01:00'), ['192.0.2.7'])
  scan.add(`${from('127.0.0.1')}\n${from('192.0.2.7')}\n${from('203.0.113.9')}\n${from('127.0.0.1', '')}\n`)
  expect([...scan.counts.values()]).toEqual([2])
  expect([...scan.own.values()]).toEqual([2])
})

const AT = '2026-11-25T10:00:00.000Z' as Instant
const second = Date.parse(AT) / 1000
const counted = (count: number, lost: readonly (readonly [number, number])[], more = {}): CheckResult => ({
  check: 'web/errors' as CheckId,
  at: after(AT, 60_000),
  state: count >= 100 ? 'red' : 'warning',
  code: 'check.errors',
  values: {
    path: '/var/log/nginx/error.log',
    count,
    limit: 100,
    atLeast: false,
    lost: spansText(spansOf(lost, 0)),
    ...more,
  },
  value: count,
})
const seen = ({ state, code, values: { count, ofChanges, changes, lost }, value }: CheckResult) => ({
  state,
  code,
  count,
  ofChanges,
  changes,
  lost,
  value,
})

describe('with the changes that ran', () => {
  const windows = [{ change: 'CHG-2026-0007', from: AT, until: after(AT, 10_000) }]
  test('lines of their time belong to them, and are no alarm', () => {
    const found = withoutOwnRestarts(
      counted(150, [
        [second + 1, 100],
        [second + 2, 50],
      ]),
      windows,
    )
    expect(seen(found)).toEqual({
      state: 'good',
      code: 'check.errors_of_changes',
      count: 0,
      ofChanges: 150,
      changes: 'CHG-2026-0007',
      lost: undefined,
      value: 0,
    })
  })
  test('changes that are not named are counted', () => {
    const many = Array.from({ length: 8 }, (_, i) => ({
      change: `CHG-2026-000${i}`,
      from: after(AT, i * 10_000),
      until: after(AT, i * 10_000 + 4000),
    }))
    const found = withoutOwnRestarts(
      counted(
        8,
        many.map((_, i) => [second + i * 10 + 1, 1]),
      ),
      many,
    )
    expect(String(found.values['changes'])).toMatch(/^CHG-2026-0003, .*CHG-2026-0007 \(\+3\)$/)
  })
  test('what is left counts as ever', () => {
    const found = withoutOwnRestarts(counted(151, [[second + 1, 150]]), windows)
    expect(seen(found)).toMatchObject({
      state: 'warning',
      code: 'check.errors_besides',
      count: 1,
      ofChanges: 150,
    })
    expect(withoutOwnRestarts(counted(300, [[second + 1, 150]]), windows).state).toBe('red')
  })
  test.each([
    ['before', -60],
    ['after', 60],
  ])('lines %s them are errors', (_, away) => {
    const found = withoutOwnRestarts(counted(150, [[second + away, 150]]), windows)
    expect(seen(found)).toMatchObject({
      state: 'red',
      code: 'check.errors',
      count: 150,
      ofChanges: undefined,
    })
  })
  test('lines that go on long after a change has ended are not taken for its own', () => {
    const lost = Array.from({ length: 60 }, (_, i) => [second + i, 10] as const)
    expect(seen(withoutOwnRestarts(counted(600, lost), windows))).toMatchObject({ state: 'red', count: 600 })
  })
  test('an execution that is open explains what was written since it began', () => {
    const open = [{ change: 'CHG-2026-0008', from: AT }]
    expect(withoutOwnRestarts(counted(9, [[second + 900, 9]]), open).state).toBe('good')
  })
  test('a log that was read in part is never good', () => {
    const found = withoutOwnRestarts(counted(9, [[second + 1, 9]], { atLeast: true }), windows)
    expect(seen(found)).toMatchObject({ state: 'no_data', code: 'check.log_in_part' })
  })
  test('a result without such lines is left as it is', () => {
    const { lost: _, ...values } = counted(3, []).values
    const plain = { ...counted(3, []), values }
    expect(withoutOwnRestarts(plain, windows)).toBe(plain)
  })
})
