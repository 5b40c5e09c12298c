// What restic 0.18 and OpenSSH 10 said on a host of ours, and what lies behind it; and that damage is none of it.
import { expect, test } from 'vitest'
import { causeOf, isNotTrusted, isRefusal, listen } from './cause.ts'

test.each([
  [
    '@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@\nHost key verification failed.',
    'host_key_changed',
  ],
  [
    'No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\nHost key verification failed.',
    'host_key_unknown',
  ],
  ['root@127.0.0.1: Permission denied (publickey).', 'key_refused'],
  [
    'Fatal: unable to open config file: Head "https://h/config": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'certificate',
  ],
  ['x509: certificate is valid for far, not near', 'certificate_name'],
  ['x509: certificate has expired or is not yet valid: current time 2026-11-25', 'certificate_time'],
  ['Fatal: unexpected HTTP response (401): 401 Unauthorized', 'login'],
  ['server response unexpected: 403 Forbidden (403)', 'forbidden'],
  ['dial tcp 127.0.0.1:8000: connect: connection refused', 'refused'],
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['ssh: Could not resolve hostname nowhere: Name or service not known', 'no_name'],
  ['Connection timed out during banner exchange', 'silent'],
  ['write /srv/x: no space left on device', 'full'],
])('%s', (text, cause) => {
  expect(causeOf(text)).toBe(cause)
})

test.each([
  'pack 4040abcd: ciphertext verification failed',
  'Load(<data/403f2e1d>, 0, 0) failed: unexpected EOF',
  'error for tree 401a: decrypting blob failed',
  'pack 40351234 contains 403 errors',
  '<data/405f> does not exist: 404 Not Found',
])('damage is no cause: %s', (text) => {
  expect(causeOf(text)).toBeUndefined()
})

test('nobody tries again what is not trusted or refused', () => {
  expect(['host_key_changed', 'certificate_time'].every(isNotTrusted)).toBe(true)
  expect(['key_refused', 'login', 'forbidden'].every(isRefusal)).toBe(true)
  expect([undefined, 'silent', 'closed', 'full'].some((one) => isNotTrusted(one) || isRefusal(one))).toBe(
    false,
  )
})

test.each([
  ['open /r/locks/5e-tmp-1: read-only file system', true],
  ['unexpected HTTP response (403): 403 Forbidden', true],
  ['Head "http://h/config": dial tcp 127.0.0.1:9: connect: connection refused', false],
  ['write /r/data/40: no space left on device', false],
])('after two tries: %s', (why, isHopeless) => {
  const hears = listen()
  const line = `Save(<lock/5ec8fb0839>) returned error, retrying after 1.37s: ${why}\n`
  const text = `${line}${line.slice(0, 20)}`
  expect(hears(Buffer.from(text)), 'the first').toBe(false)
  expect(hears(Buffer.from(line.slice(20, -1))), 'no whole line').toBe(false)
  expect(hears(Buffer.from('\n'))).toBe(isHopeless)
})
