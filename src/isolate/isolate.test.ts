// The rules of an isolation: who is admitted, which login is new, and what comes next.
import { expect, test } from 'vitest'
import type { IncidentId, ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Channel } from '../notify/rules.ts'
import { plainAddress, sshConnection } from './address.ts'
import { admit } from './admit.ts'
import { acceptedIn, newSession } from './logins.ts'
import { asksDirectory, networkDisks, unitOfGroup } from './look-around.ts'
import { noticeAddresses } from './notices.ts'
import { type IsolationPhase, type IsolationRecord, leftToKeep, noted } from './record.ts'
import { nextStep } from './settle.ts'
import { parseTcp } from './sockets.ts'

const AT = '2026-12-01T03:00:00.000Z' as Instant
const NOW = { boot: 'b', uptime: 20_000 }
const record = (phase: IsolationPhase, more: Partial<IsolationRecord> = {}): IsolationRecord => ({
  v: 1,
  incident: 'INC-2026-0001' as IncidentId,
  service: 'shop' as ServiceName,
  by: 'ops1',
  phase,
  admission: { administrator: { address: '192.0.2.7', ports: [22] }, notices: [] },
  keepSeconds: 60,
  at: AT,
  boot: 'b',
  uptime: 10_000,
  listing: 'the table',
  notes: [],
  ...more,
})
const STANDS = { state: 'present', listing: 'the table' } as const
const LOGIN = { user: 'ops1', address: '192.0.2.7', seen: 'session' } as const

test.each([
  ['a trial that stands waits', 'trial', STANDS, undefined, NOW, { do: 'nothing' }],
  ['a new login keeps it', 'trial', STANDS, LOGIN, NOW, { do: 'keep', login: LOGIN }],
  [
    'nobody in time',
    'trial',
    STANDS,
    undefined,
    { boot: 'b', uptime: 70_000 },
    { do: 'undo', why: 'no_login' },
  ],
  [
    'another boot',
    'trial',
    { state: 'absent' },
    LOGIN,
    { boot: 'c', uptime: 5 },
    { do: 'undo', why: 'reboot' },
  ],
  ['flushed while it is tried', 'trial', { state: 'absent' }, undefined, NOW, { do: 'load', why: 'missing' }],
  ['flushed when it is kept', 'kept', { state: 'absent' }, undefined, NOW, { do: 'load', why: 'missing' }],
  [
    'kept in another boot',
    'kept',
    { state: 'absent' },
    undefined,
    { boot: 'c', uptime: 5 },
    { do: 'load', why: 'missing' },
  ],
  [
    'a rule more in the table',
    'kept',
    { state: 'present', listing: 'other' },
    undefined,
    NOW,
    { do: 'load', why: 'changed' },
  ],
  ['a kept one stands', 'kept', STANDS, undefined, { boot: 'b', uptime: 9_000_000 }, { do: 'nothing' }],
  ['nft does not answer', 'kept', { state: 'unknown', why: 'x' }, undefined, NOW, { do: 'nothing' }],
  ['undone, and the table is still there', 'undone', STANDS, LOGIN, NOW, { do: 'drop' }],
  ['ended, and the table is gone', 'ended', { state: 'absent' }, LOGIN, NOW, { do: 'nothing' }],
  ['ended, and nft does not answer', 'ended', { state: 'unknown', why: 'x' }, undefined, NOW, { do: 'drop' }],
] as const)('what comes next: %s', (_, phase, table, login, now, step) => {
  expect(nextStep(record(phase), table, login, now)).toEqual(step)
})

test('a record keeps its first and its newest notes, and numbers never come twice', () => {
  let of = record('kept')
  for (let i = 0; i < 300; i++)
    of = noted(of, i === 0 ? 'applied' : 'restored', { at: AT, boot: 'b', uptime: i })
  expect(of.notes.length).toBe(200)
  expect(of.notes[0]?.event).toBe('applied')
  expect(of.notes.at(-1)?.number).toBe(300)
  expect(leftToKeep(record('trial'), { boot: 'b', uptime: 30_000 })).toBe(40_000)
})

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1 0 100 0 0 10 0
   1: 0A0200C0:0016 070200C0:D431 01 00000000:00000000 02:00000000 00000000     0        0 200 4 0 20 4 30 10 -1
   2: 0A0200C0:0016 090200C0:D431 01 00000000:00000000 02:00000000 00000000     0        0 300 4 0 20 4 30 10 -1
`
const sessions = (started: number, title: string, inode: string) => ({
  processes: [{ pid: 9, started, name: 'sshd-session', title }],
  sockets: parseTcp(TCP),
  inodesOf: () => new Set([inode]),
})

test.each([
  ['a session after the isolation', sessions(11_000, 'sshd-session: ops1@pts/0', '200'), 'ops1'],
  ['an older sshd', sessions(11_000, 'sshd: ops1@notty', '200'), 'ops1'],
  ['the session that was there', sessions(10_000, 'sshd-session: ops1@pts/0', '200'), undefined],
  ['somebody who has not logged in', sessions(11_000, 'sshd-session: ops1 [net]', '200'), undefined],
  [
    'the listener',
    sessions(11_000, 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups', '200'),
    undefined,
  ],
  ['another address', sessions(11_000, 'sshd-session: ops1@pts/0', '300'), undefined],
] as const)('a new login: %s', (_, seen, user) => {
  expect(newSession('192.0.2.7', [22], 10_000, seen)?.user).toBe(user)
})

test('the entries of sshd: only an accepted login from this very address, after the isolation by the clock of the boot, counts', () => {
  const entry = (message: string, ms: number) =>
    JSON.stringify({ MESSAGE: message, __MONOTONIC_TIMESTAMP: String(ms * 1000), _BOOT_ID: 'x' })
  const accepted = 'Accepted publickey for ops1 from ::ffff:192.0.2.7 port 5 ssh2'
  const lines = [
    entry('Failed password for ops1 from 192.0.2.7 port 5 ssh2', 60_000),
    entry('Accepted publickey for ops1 from 192.0.2.70 port 5 ssh2: ED25519 SHA256:x', 60_000),
    entry('x Accepted publickey for ops1 from 192.0.2.7 port 5 ssh2', 60_000),
    // Whatever the clock on the wall said then.
    entry(accepted, 49_000),
    JSON.stringify({ MESSAGE: [1, 2], __MONOTONIC_TIMESTAMP: '60000000' }),
    JSON.stringify({ MESSAGE: accepted, __MONOTONIC_TIMESTAMP: 'soon' }),
    accepted,
    '',
  ]
  expect(acceptedIn(lines, '192.0.2.7', 50_000)).toBeUndefined()
  expect(acceptedIn([...lines, entry(accepted, 50_001)], '192.0.2.7', 50_000)).toMatchObject({ user: 'ops1' })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['192.0.2', undefined],
  ['evil; flush ruleset', undefined],
])('an address has one spelling: %s', (given, plain) => {
  expect(plainAddress(given)).toBe(plain)
})

test('SSH_CONNECTION as sshd writes it, and nothing else', () => {
  expect(sshConnection('192.0.2.7 50112 192.0.2.10 2222')).toEqual({ address: '192.0.2.7', port: 2222 })
  expect(sshConnection('fe80::1%eth0 50112 fe80::2%eth0 22')).toEqual({
    address: 'fe80::1',
    device: 'eth0',
    port: 22,
  })
  for (const text of ['', '192.0.2.7', '192.0.2.7 1 2 99999', '192.0.2.7 1 2 22 x'])
    expect(sshConnection(text)).toBeUndefined()
})

test('who is admitted: a typed address before the connection, and every port of sshd', () => {
  const ssh = '192.0.2.7 50112 192.0.2.10 2222'
  const admitted = (comes: Parameters<typeof admit>[0], ports: readonly number[] = [22]) => {
    const answer = admit(comes, ports, [])
    return answer.ok ? answer.admitted : answer.code
  }
  expect(admitted({ ssh })).toMatchObject({
    keepBy: 'login',
    admission: { administrator: { address: '192.0.2.7', ports: [22, 2222] } },
  })
  expect(admitted({ ssh, from: '2001:db8::1' })).toMatchObject({
    admission: { administrator: { address: '2001:db8::1' } },
  })
  expect(admitted({ terminal: '/dev/tty1' })).toMatchObject({
    keepBy: 'terminal',
    admission: { notices: [] },
  })
  expect(admitted({ from: '127.0.0.1' }, [])).toMatchObject({
    warnings: [{ code: 'loopback' }, { code: 'no_ssh_port' }],
  })
  expect(admitted({})).toBe('isolation.nobody_admitted')
  expect(admitted({ from: 'bastion' })).toBe('isolation.address_wrong')
  expect(admitted({ ssh: 'x', from: '192.0.2.7' })).toBe('isolation.address_wrong')
})

test('what is said before: names over the network, disks of other machines, units that listen', () => {
  expect(asksDirectory('passwd: files sss\ngroup: files')).toBe('sss')
  expect(asksDirectory('passwd: files systemd # ldap\nhosts: files dns')).toBeUndefined()
  expect(networkDisks('s:/x /srv/my\\040data nfs4 rw 0 0\n/dev/vda1 / ext4 rw 0 0\n')).toEqual([
    '/srv/my data',
  ])
  expect(unitOfGroup('0::/system.slice/nginx.service\n')).toBe('nginx.service')
})

test('notices go to the hosts and ports of the declared channels, each once', async () => {
  const common = { name: 'a', private: false } as const
  const channels = [
    { ...common, kind: 'mail', host: 'mail.example.jp', port: 587 },
    { ...common, kind: 'webhook', url: 'https://[2001:db8::5]/x' },
    { ...common, kind: 'ntfy', url: 'http://192.0.2.9:8080/t' },
    { ...common, kind: 'ntfy', url: 'http://192.0.2.9:8080/other' },
    { ...common, kind: 'webhook', url: 'https://gone.example.jp/x' },
  ] as unknown as readonly Channel[]
  const run = (async (argv: readonly string[]) => ({
    stdout:
      argv[2] === 'mail.example.jp' ? '198.51.100.7 STREAM\n198.51.100.7 DGRAM\n127.0.0.1 STREAM\n' : '',
  })) as never
  expect(await noticeAddresses(channels, run)).toEqual({
    notices: [
      { address: '198.51.100.7', port: 587 },
      { address: '2001:db8::5', port: 443 },
      { address: '192.0.2.9', port: 8080 },
    ],
    unresolved: ['gone.example.jp'],
  })
})
