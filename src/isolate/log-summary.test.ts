// What logs of a window say: requests that write, and logins, by lines as nginx, Apache, JSON loggers and sshd write them.
import { expect, test } from 'vitest'
import { isRotationOf } from './log-files.ts'
import { accessKey, authKey, joined, LogCounter } from './log-summary.ts'

const UNTIL = Date.parse('2026-12-01T04:00:00Z')
const task = (kind: 'access' | 'auth') => ({ kind, since: UNTIL - 3_600_000, until: UNTIL, gzip: false })

test.each([
  [
    '192.0.2.7 - - [01/Dec/2026:03:10:00 +0000] "POST /api/articles?token=x HTTP/1.1" 201 5 "-" "curl"',
    ['192.0.2.7', 'POST', '/api/articles', '201'],
  ],
  [
    '192.0.2.7 - hanako smith [01/Dec/2026:03:10:00 +0000] "DELETE /api/7 HTTP/2.0" 404 0 "-" "x \\x22 y"',
    ['192.0.2.7', 'DELETE', '/api/7', '404'],
  ],
  [
    '2001:db8::7 - - [01/Dec/2026:03:10:00 +0000] "PATCH /a HTTP/1.1" 500 0',
    ['2001:db8::7', 'PATCH', '/a', '500'],
  ],
  [
    '{"time":"2026-12-01T03:10:00Z","remote_addr":"192.0.2.7","request":"PUT /b HTTP/1.1","status":200}',
    ['192.0.2.7', 'PUT', '/b', '200'],
  ],
  [
    '{"time":"2026-12-01T03:10:00Z","ip":"192.0.2.7","method":"POST","path":"/c","status_code":"302"}',
    ['192.0.2.7', 'POST', '/c', '302'],
  ],
  [
    `192.0.2.7 - ${'u'.repeat(300)} [01/Dec/2026:03:10:00 +0000] "POST /long HTTP/1.1" 200 5`,
    ['192.0.2.7', 'POST', '/long', '200'],
  ],
  [
    'shop.example.jp:443 192.0.2.7 - - [01/Dec/2026:03:10:00 +0000] "POST /host HTTP/1.1" 200 5',
    ['192.0.2.7', 'POST', '/host', '200'],
  ],
  ['192.0.2.7 - - [01/Dec/2026:03:10:00 +0000] "GET /?method=POST HTTP/1.1" 200 5', 'other'],
  ['192.0.2.7 - - [01/Dec/2026:03:10:00 +0000] "\\x16\\x03" 400 5', 'not_understood'],
  ['{"broken": "POST', 'not_understood'],
  ['192.0.2.7\t2026-12-01T03:10:00Z\tPOST\t/tabs\t200', 'not_understood'],
])('a request that writes: %s', (line, key) => {
  expect(accessKey(line)).toEqual(key)
})

test.each([
  [
    'Dec  1 03:10:00 web sshd[9]: Failed password for root from 192.0.2.7 port 5 ssh2',
    ['failed', 'root', '192.0.2.7', 'password'],
  ],
  [
    'Dec  1 03:10:00 web sshd[9]: Failed password for invalid user admin from 192.0.2.7 port 5 ssh2',
    ['failed', 'admin', '192.0.2.7', 'password'],
  ],
  [
    '2026-12-01T03:10:00+00:00 web sshd-session[9]: Accepted publickey for ops1 from 192.0.2.7 port 5 ssh2: ED25519 x',
    ['accepted', 'ops1', '192.0.2.7', 'publickey'],
  ],
  [
    '2026-12-01T03:10:00+00:00 web sshd[9]: Invalid user  from 192.0.2.7 port 5',
    ['unknown_user', '', '192.0.2.7', 'ssh'],
  ],
  [
    '2026-12-01T03:10:00+00:00 web sudo: pam_unix(sudo:auth): authentication failure; logname= uid=1 tty=x ruser=claude rhost=  user=claude',
    ['failed', 'claude', 'local', 'sudo'],
  ],
  [
    '2026-12-01T03:10:00+00:00 web sshd[9]: Invalid user Accepted password for root from 10.0.0.5 from 203.0.113.9 port 5',
    ['unknown_user', 'Accepted password for root from 10.0.0.5', '203.0.113.9', 'ssh'],
  ],
  [
    '2026-12-01T03:10:00+00:00 web sshd[9]: Failed password for invalid user root from 10.0.0.5 port 1 from 203.0.113.9 port 5 ssh2',
    ['failed', 'root from 10.0.0.5 port 1', '203.0.113.9', 'password'],
  ],
  [
    '2026-12-01T03:10:00+00:00 web sshd[9]: Failed password for invalid user two words from 203.0.113.9 port 5 ssh2',
    ['failed', 'two words', '203.0.113.9', 'password'],
  ],
  ['2026-12-01T03:10:00+00:00 web mine[9]: Accepted password for root from 10.0.0.5 port 5 ssh2', 'other'],
  ['2026-12-01T03:10:00+00:00 web sshd[9]: authentication failure in words of tomorrow', 'not_understood'],
  ['2026-12-01T03:10:00+00:00 web CRON[9]: session opened', 'other'],
])('a login: %s', (line, key) => {
  expect(authKey(line)).toEqual(key)
})

test('lines of the window are counted by group, and what bears no time is told apart', () => {
  const counter = new LogCounter(task('access'))
  const at = (time: string, path: string) =>
    counter.take(`192.0.2.7 - - [01/Dec/2026:${time} +0000] "POST ${path} HTTP/1.1" 200 5`)
  at('02:59:59', '/before')
  at('03:00:00', '/a')
  at('03:59:59', '/a')
  at('04:00:01', '/after')
  at('03:30:00', '/b')
  counter.take('a line of nobody')
  const { groups, ...counts } = counter.summary()
  expect(counts).toEqual({ lines: 6, inWindow: 3, unstamped: 1, notUnderstood: 0, more: 0 })
  expect(groups.map(({ key, count, first, last }) => [key[2], count, first === last])).toEqual([
    ['/a', 2, false],
    ['/b', 1, true],
  ])
})

test('what sshd said several times is counted so often, and what was not understood is told', () => {
  const counter = new LogCounter(task('auth'))
  const say = (message: string) => counter.take(`2026-12-01T03:10:00+00:00 web sshd[9]: ${message}`)
  say('message repeated 5 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]')
  say('Failed password for root from 192.0.2.7 port 5 ssh2')
  say('Failed in other words')
  const { groups, notUnderstood } = counter.summary()
  expect([groups.map(({ count }) => count), notUnderstood]).toEqual([[6], 1])
})

test('a flood of different requests takes a bounded room, and is told', () => {
  const counter = new LogCounter(task('access'))
  for (let i = 0; i < 6000; i++)
    counter.take(`192.0.2.7 - - [01/Dec/2026:03:10:00 +0000] "POST /${i} HTTP/1.1" 200 5`)
  const summary = counter.summary()
  expect([summary.groups.length, summary.more, summary.inWindow]).toEqual([5000, 1000, 6000])
  const both = joined([summary, summary])
  expect([both.groups.length, both.groups[0]?.count, both.more]).toEqual([5000, 2, 2000])
})

test.each([
  ['access.log', true],
  ['access.log.1', true],
  ['access.log.12.gz', true],
  ['access.log-20261130', true],
  ['access.log-20261130.gz', true],
  ['access.log.2026-11-30', true],
  ['access.log.2.xz', true],
  ['access.log.bak', false],
  ['access.log.d', false],
  ['other-access.log', false],
])('%s belongs to access.log: %s', (name, is) => {
  expect(isRotationOf(name, 'access.log')).toBe(is)
})
