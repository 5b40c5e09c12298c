import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import { receipt } from '../plans/receipt.ts'
import { SECRET, type TestService, testService } from './fixtures/service.ts'
import { rehearse } from './rehearse.ts'
import type { RehearsalSpec } from './spec.ts'

const isRoot = process.getuid?.() === 0
const open: TestService[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.remove()
})

function service(changes: Parameters<typeof testService>[0] = {}): TestService {
  const one = testService(changes)
  open.push(one)
  return one
}

async function played(one: TestService, more: Partial<RehearsalSpec> = {}) {
  const answer = await rehearse(one.ports, { ...one.spec, ...more })
  expect(decode(receipt, JSON.parse(JSON.stringify(answer.receipt)))).toMatchObject({ ok: true })
  expect(readdirSync(one.ports.scratch).filter((name) => name.startsWith('room-'))).toEqual([])
  return answer
}

describe.runIf(isRoot)('a rehearsal', () => {
  test('part of N01, N25 and S05: plays deploy and way back on a clone, measures both, and leaves production as it was', async () => {
    const one = service()
    const steps: string[] = []
    const { receipt: found, output } = await played(one, {
      runs: 2,
      perSecond: 100,
      smoke: {
        argv: [
          'node',
          '-e',
          'fetch("http://127.0.0.1:8080").then(a=>a.json()).then(a=>process.exit(a.version==="2"?0:1))',
        ],
        cwd: '/',
        withinMs: 20_000,
      },
      progress: (step) => steps.push(step),
    })
    expect([found.fault, output]).toEqual([undefined, expect.any(String)])
    expect(found).toMatchObject({ verdict: 'green', runs: 2, differences: [], differencesInAll: 0 })
    expect(found.compared).toBeGreaterThan(5)
    expect(found.deployMs?.least).toBeGreaterThan(50)
    expect(found.backMs?.most).toBeGreaterThanOrEqual(found.backMs?.least ?? Number.POSITIVE_INFINITY)
    // The service is stopped and started: whoever connects meanwhile is refused.
    expect(found.lost?.deploy.most).toBeGreaterThan(0)
    expect(found.secrets).toEqual({ made: ['API_TOKEN'], real: [], stayed: ['PORT'] })
    expect(found.notCompared).toContainEqual({ what: '/var/lib/shop', why: 'live' })
    expect(output).toMatch(/serving 1 with (?!correct)[a-z]{7}-[a-z]{5}-[a-z]{7}-[a-z]{6}/)
    expect(output).toContain('serving 2')
    expect(output).not.toContain(SECRET)
    expect(steps).toEqual(expect.arrayContaining(['clone', 'boot', 'deploy', 'smoke', 'back', 'back-health']))
    expect(readFileSync(join(one.root, 'data/records.json'), 'utf8')).toBe('[]')
    expect(readdirSync(join(one.root, 'data'))).toEqual(['records.json'])
  })

  test('part of N25: with a socket unit nobody is refused while the service is replaced', async () => {
    const activated = (version: string) => `
const server = require('node:http').createServer((ask, answer) =>
  answer.end(JSON.stringify({ status: 'healthy', version: '${version}', fds: process.env.LISTEN_FDS })))
if (process.env.LISTEN_PID !== String(process.pid)) process.exit(7)
server.listen({ fd: 3 })
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`
    const one = service()
    one.write('releases/old/server.js', activated('1'))
    one.write('releases/new/server.js', activated('2'))
    const sockets = [{ name: 'shop.socket', host: '127.0.0.1', port: 8080 }]
    const { receipt: found, output } = await played(one, {
      unit: { ...one.spec.unit, sockets },
      runs: 1,
      perSecond: 200,
    })
    expect([found.fault, output]).toEqual([undefined, expect.any(String)])
    expect(found).toMatchObject({ sockets: ['shop.socket'], backHealthy: 1 })
    expect(found.lost).toEqual({
      deploy: { least: 0, most: 0 },
      back: { least: 0, most: 0 },
      perSecond: 200,
    })
  })

  test('a clone for which the machine has no room is refused by that name', async () => {
    const one = service()
    const path = join(one.root, 'data/large')
    // A hole of eight terabytes: nothing is written.
    writeFileSync(path, '')
    truncateSync(path, 2 ** 43)
    const answer = await played(one, { limits: { diskBytes: 2 ** 50 } })
    expect(answer.receipt).toMatchObject({
      verdict: 'unknown',
      fault: { step: 'clone', code: 'no_space', what: '/var/lib/shop' },
    })
  })

  test('a clone that does not start says nothing of the change, and a caller may give up', async () => {
    const one = service({ old: 'process.exit(9)' })
    expect((await played(one)).receipt).toMatchObject({
      verdict: 'unknown',
      fault: { step: 'boot', code: 'ended', exit: 9 },
    })
    const giving = new AbortController()
    const two = service()
    const given = played(two, {
      signal: giving.signal,
      progress: (step) => step === 'deploy' && giving.abort(),
    })
    expect((await given).receipt).toMatchObject({ verdict: 'unknown', fault: { code: 'cancelled' } })
  })
})
