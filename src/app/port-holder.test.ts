import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { connectionOwner, listenerIn, portHolder } from './port-holder.ts'

test('the kernel names the user who listens, and nobody for a port that is only connected to', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(await portHolder(port)).toBe(userInfo().username)
  await new Promise((resolve) => server.close(resolve))
  expect(await portHolder(port)).toBe('?')
})
test('a listener of another uid is told by its number', () => {
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  const line = (state: string) =>
    `   0: 0100007F:1D10 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1001        0 4242`
  expect(listenerIn(`${head}\n${line('0A')}`, 7440)).toBe(1001)
  expect(listenerIn(`${head}\n${line('01')}`, 7440)).toBeUndefined()
})

test('the kernel names the account at the other end of a loopback connection', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const ours = typeof address === 'object' && address !== null ? address.port : 0
  const client = connect(ours, '127.0.0.1')
  await new Promise<void>((resolve) => client.once('connect', () => resolve()))
  const port = client.localPort ?? 0
  expect(await connectionOwner(port, ours)).toBe(userInfo().uid)
  expect(await connectionOwner(port, ours === 1 ? 2 : 1)).toBeUndefined()
  client.destroy()
  await new Promise((resolve) => server.close(resolve))
})
