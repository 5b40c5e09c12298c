// When a service answered again, by a server that is not there at first and then is not well.
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../sys/clock.ts'
import { watchFirstAnswer } from './first-answer.ts'

const servers: Server[] = []
afterEach(() => {
  for (const one of servers.splice(0)) one.close()
})

async function listening(port: number, status: () => number): Promise<number> {
  const server = createServer((_, answer) => answer.writeHead(status()).end())
  servers.push(server)
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

const healthAt = (port: number) => ({
  url: `http://127.0.0.1:${port}/health`,
  status: 200,
  json: {},
  withinMs: 2000,
  good: 1,
  of: 1,
  everyMs: 0,
})

test('nobody there and a sick answer are no answer; the first good one is, as long as no other follows', async () => {
  const port = await listening(0, () => 200)
  await new Promise((done) => servers.pop()?.close(done))
  const watch = watchFirstAnswer(healthAt(port), { clock: systemClock })
  await systemClock.sleep(150)
  expect(watch.at()).toBeUndefined()
  let status = 503
  await listening(port, () => status)
  await systemClock.sleep(150)
  expect(watch.at()).toBeUndefined()
  const before = systemClock.uptime()
  status = 200
  await expect.poll(() => watch.at(), { timeout: 30_000 }).toBeGreaterThanOrEqual(Math.floor(before))
  const seen = watch.at()
  await systemClock.sleep(600)
  expect(watch.at()).toBe(seen)
  status = 503
  await expect.poll(() => watch.at(), { timeout: 30_000 }).toBeUndefined()
  status = 200
  await expect.poll(() => watch.at(), { timeout: 30_000 }).toBeGreaterThan(seen ?? 0)
  watch.stop()
})

test('one that was stopped sees nothing any more', async () => {
  const port = await listening(0, () => 200)
  const watch = watchFirstAnswer(healthAt(port), { clock: systemClock })
  watch.stop()
  await systemClock.sleep(150)
  expect(watch.at()).toBeUndefined()
})
