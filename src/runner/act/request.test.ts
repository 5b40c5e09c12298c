// What an answer of the service means for a declared call and for what takes it back, on a real server.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Request, Sent } from '../../plans/actions/request.ts'
import type { ActContext } from './context.ts'
import { applyRequest, putRequestBack } from './request.ts'

let base = ''
/** Each address answers with the status in its name. */
const server = createServer((request, response) =>
  response.writeHead(Number(request.url?.slice(1) ?? 500)).end(),
)
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const context = {
  execution: 'CHG-2026-0001/1',
  killPoint: () => {},
  signal: AbortSignal.timeout(60_000),
} as unknown as ActContext
const sent = (method: Sent['method'], status: number): Sent => ({ method, url: `${base}/${status}` })
const action = (call: Sent, inverse: Sent): Request => ({
  kind: 'request',
  ...call,
  call: 'one',
  dir: '/data',
  params: [],
  read: `${base}/200`,
  inverse,
  withinMs: 5000,
})

test.each([
  ['PUT', 200, 'applied'],
  ['PUT', 404, 'failed'],
  ['DELETE', 404, 'applied'],
  ['DELETE', 410, 'applied'],
  ['DELETE', 500, 'failed'],
] as const)('%s that is answered by %i is %s', async (method, status, result) => {
  const one = action(sent(method, status), sent('PUT', 200))
  expect((await applyRequest(one, context, 5000)).result).toBe(result)
})

test.each([
  ['PUT', 'PUT', 404, 'applied'],
  ['POST', 'DELETE', 404, 'applied'],
  ['DELETE', 'PUT', 404, 'failed'],
  ['DELETE', 'POST', 410, 'failed'],
  ['DELETE', 'PUT', 201, 'applied'],
] as const)(
  'what takes %s back by %s and is answered by %i is %s',
  async (method, inverse, status, result) => {
    const one = action(sent(method, 200), sent(inverse, status))
    expect((await putRequestBack(one, context, 5000)).result).toBe(result)
  },
)
