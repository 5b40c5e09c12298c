import { expect, test } from 'vitest'
import type { CompiledPolicy } from '../plans/policy.ts'
import { allowedAddresses, reachOf } from './reach.ts'

const rules = (health: string, more: object = {}) =>
  ({ services: [{ health: { url: health } }], ...more }) as unknown as CompiledPolicy
const HOSTS =
  '127.0.0.1 localhost mirai.example.jp\n10.0.0.7 mail.example.org mail # the relay\n::1 ip6-localhost\n'
const channels = (...some: readonly object[]) => ({ notify: { channels: some, pingsOut: [] } })

test('this machine alone, where nothing else is declared', () => {
  for (const url of [
    'https://localhost/health',
    'http://127.0.0.1:8000/',
    'http://[::1]/',
    'https://mirai.example.jp/',
  ]) {
    expect(reachOf(rules(url), HOSTS), url).toEqual({ addresses: [], names: [] })
    expect(allowedAddresses(reachOf(rules(url), HOSTS))).toEqual(['127.0.0.0/8', '::1/128'])
  }
})

test('addresses of health, checks, channels, pings, advisories and databases', () => {
  const reach = reachOf(
    rules('https://10.0.0.1/', {
      checks: [
        { look: { kind: 'url', url: 'http://10.0.0.2:81/x' } },
        { look: { kind: 'locks', advisories: ['/srv/a.zip', 'https://10.0.0.3/all.zip'] } },
        { look: { kind: 'sql', database: 'host=10.0.0.4 dbname=x' } },
        { look: { kind: 'sql', database: 'postgresql://a:b@10.0.0.5:5432/x' } },
        { look: { kind: 'sql', database: 'mirai' } },
        { look: { kind: 'file', path: '/x' } },
      ],
      notify: {
        channels: [
          { kind: 'mail', host: 'MAIL' },
          { kind: 'webhook', url: 'https://[2001:db8::1]/hook' },
        ],
        pingsOut: [{ url: 'https://10.0.0.6/ping' }],
      },
    }),
    HOSTS,
  )
  expect(reach).toEqual({
    addresses: [
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
      '10.0.0.4',
      '10.0.0.5',
      '10.0.0.6',
      '10.0.0.7',
      '2001:db8::1',
    ],
    names: [],
  })
})

test('of a name that only a name server knows nothing is let through, and it is named; resolved by root it has its addresses', () => {
  const reach = reachOf(
    rules('https://localhost/', channels({ kind: 'ntfy', url: 'https://ntfy.example.org/x' })),
    HOSTS,
  )
  expect(reach).toEqual({ addresses: [], names: ['ntfy.example.org'] })
  expect(allowedAddresses(reach)).toEqual(['127.0.0.0/8', '::1/128'])
  const resolved = reachOf(
    rules('https://localhost/', channels({ kind: 'ntfy', url: 'https://ntfy.example.org/x' })),
    `${HOSTS}\n192.0.2.7 ntfy.example.org\n2001:db8::7 ntfy.example.org\n`,
  )
  expect(resolved).toEqual({ addresses: ['192.0.2.7', '2001:db8::7'], names: [] })
})
