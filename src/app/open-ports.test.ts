import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openPorts, portsIn } from './open-ports.ts'

test('ports that others reach are named once; those of the loopback and those of connections are not', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 00000000:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   2: 0B00580A:0016 0100580A:DC08 01 00000000:00000000 00:00000000 00000000     0
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A
   1: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A
   2: 00000000000000000000000000000000:115C 00000000000000000000000000000000:0000 0A`
  expect(portsIn(table)).toEqual(['*:22', '*:4444'])
})

test('a listener of this machine is found in the tables of its kernel', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const { port } = server.address() as AddressInfo
  expect(await openPorts()).toContain(`*:${port}`)
  server.close()
})
