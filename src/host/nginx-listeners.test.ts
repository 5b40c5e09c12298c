import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { listenersOf, parseListeners } from './nginx-listeners.ts'

// Lines as Linux 6.18 prints them.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
   1: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0
   2: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0 100 0 0 10 0
   3: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 14 1 0 100 0 0 10 0
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15 1 0 100 0 0 10 0
   1: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16 1 0 100 0 0 10 0
   2: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0 100 0 0 10 0
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  107: 00000000:01BB 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18 2 0000000000000000 0
`
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 19 /run/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 20 /run/c.sock
0000000000000000: 00000003 00000000 00000000 0001 03 21
`

test('the kernel tables become one sorted list without repetitions', () => {
  expect(
    parseListeners(TCP + TCP6 + UDP + UNIX).map(({ proto, address, port }) => `${proto} ${address} ${port}`),
  ).toEqual([
    'tcp 0.0.0.0 443',
    'tcp 127.0.0.1 8080',
    'tcp 2001:db8::1 80',
    'tcp :: 80',
    'tcp ::1 81',
    'udp 0.0.0.0 443',
    'unix /run/a b.sock 0',
  ])
  expect(parseListeners(TCP + UNIX, new Set(['11'])).length).toBe(1)
})

test('the sockets of a live process are its own only', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(listenersOf(process.pid)).toContainEqual({ proto: 'tcp', address: '127.0.0.1', port })
  expect(listenersOf(process.ppid) ?? []).not.toContainEqual({ proto: 'tcp', address: '127.0.0.1', port })
  await new Promise((resolve) => server.close(resolve))
  expect(listenersOf(4_000_000)).toBeUndefined()
})
