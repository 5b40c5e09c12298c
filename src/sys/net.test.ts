import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { greetingOf } from './net.ts'

/** What whoever connects hears first. */
async function greeted(parts: readonly string[], timeoutMs = 5000): Promise<string | undefined> {
  const server = createServer((socket) => {
    for (const part of parts) socket.write(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await greetingOf({ host: '127.0.0.1', port, bytes: 8, timeoutMs })
  } finally {
    server.close()
  }
}

test('the first characters of a server, and not more', async () => {
  expect(await greeted(['SSH-2.0-OpenSSH_10.0\r\n'])).toBe('SSH-2.0-')
  expect(await greeted(['SSH-', '2.0-OpenSSH_10.0\r\n'])).toBe('SSH-2.0-')
})

test('of a server that says less there is what it said when the time is over, and of a silent one nothing', async () => {
  expect(await greeted(['HTTP'], 200)).toBe('HTTP')
  expect(await greeted([], 200)).toBeUndefined()
})

test('where nobody listens there is no greeting', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  expect(await greetingOf({ host: '127.0.0.1', port, bytes: 8, timeoutMs: 5000 })).toBeUndefined()
})
