import { expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import { admissionDecoder, isolationRules } from './isolation.ts'

test('the table of an isolated host, to the letter', () => {
  const rules = isolationRules({
    administrator: { address: '192.0.2.7', ports: [2222, 22, 22] },
    notices: [{ address: '2001:db8::5', port: 587 }],
  })
  const neighbours =
    'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept'
  expect(rules).toBe(`table inet sekisho_isolation
delete table inet sekisho_isolation
table inet sekisho_isolation {
  chain input {
    type filter hook input priority -310; policy drop;
    iif lo accept
    ${neighbours}
    meta nfproto ipv4 udp sport 67 udp dport 68 accept
    meta nfproto ipv6 udp sport 547 udp dport 546 accept
    ip saddr 192.0.2.7 tcp dport { 22, 2222 } accept
    ip6 saddr 2001:db8::5 tcp sport 587 tcp flags & (fin | syn | rst | ack) != syn accept
  }
  chain output {
    type filter hook output priority -310; policy drop;
    oif lo accept
    ${neighbours}
    meta nfproto ipv4 udp sport 68 udp dport 67 accept
    meta nfproto ipv6 udp sport 546 udp dport 547 accept
    ip daddr 192.0.2.7 tcp sport { 22, 2222 } tcp flags & (fin | syn | rst | ack) != syn accept
    ip6 daddr 2001:db8::5 tcp dport 587 accept
  }
  chain forward {
    type filter hook forward priority -310; policy drop;
  }
}
`)
})

test('an administrator of one link is admitted on its device alone, and nobody where nobody came by SSH', () => {
  const linked = isolationRules({
    administrator: { address: 'fe80::1', device: 'eth0', ports: [22] },
    notices: [],
  })
  expect(linked).toContain('iifname "eth0" ip6 saddr fe80::1 tcp dport { 22 } accept')
  expect(isolationRules({ notices: [] })).not.toMatch(/tcp (dport|sport)/)
})

test.each([
  { administrator: { address: '192.0.2.7; accept', ports: [22] }, notices: [] },
  { administrator: { address: '192.0.2.7', device: 'eth0" accept #', ports: [22] }, notices: [] },
  { administrator: { address: '192.0.2.7', ports: [0] }, notices: [] },
  { notices: [{ address: '192.0.2.9', port: 70_000 }] },
])('nothing that is no address, device or port gets into the text', (admission) => {
  expect(decode(admissionDecoder, admission).ok).toBe(false)
})
