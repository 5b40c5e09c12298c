// The typed probe against real servers: what a shell's `curl` takes for health, and what it takes for a fault (E5).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { healthVerdict } from '../checks/health.ts'
import type { Health } from '../plans/policy.ts'
import { systemClock } from '../sys/clock.ts'
import { probeHttp } from '../sys/net.ts'
import { glanceAtHealth, readHealth } from './health.ts'

const healthy: RequestListener = (_, answer) =>
  answer.end('{"status":"healthy","checks":{"disk":true,"users":3}}')
const directory = mkdtempSync(join(tmpdir(), 'sekisho-health-'))
const at = (name: string) => join(directory, name)

function certificate(name: string, ...more: readonly string[]): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.pem`),
      ...more,
    ],
    { stdio: 'ignore' },
  )
}
const LEAF = [
  '-addext',
  'subjectAltName=DNS:localhost,IP:127.0.0.1',
  '-addext',
  'basicConstraints=critical,CA:FALSE',
]
const CA = ['-addext', 'keyUsage=critical,keyCertSign']

beforeAll(() => {
  certificate('ca', ...CA)
  certificate('foreign-ca', ...CA)
  certificate('site', '-CA', at('ca.pem'), '-CAkey', at('ca.key'), ...LEAF)
  certificate('foreign', '-CA', at('foreign-ca.pem'), '-CAkey', at('foreign-ca.key'), ...LEAF)
  certificate(
    'other-name',
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-addext',
    'subjectAltName=DNS:elsewhere.example',
  )
  certificate('self', ...LEAF)
})
afterAll(() => rmSync(directory, { recursive: true }))

const servers: (Server | ReturnType<typeof createTcp>)[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}
const tls = (name: string, listener: RequestListener = healthy) =>
  listen(
    createHttps({ key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.pem`)) }, listener),
  )

const spec = (url: string, more: Partial<Health> = {}): Health => ({
  url,
  status: 200,
  json: { status: 'healthy' },
  withinMs: 2000,
  good: 1,
  of: 1,
  everyMs: 1,
  ...more,
})
const c = { clock: systemClock }
const first = async (health: Health) => (await readHealth(health, c)).attempts[0]

describe('E5 health', () => {
  test('the right body behind the pinned authority is green', async () => {
    const port = await tls('site')
    const facts = await readHealth(spec(`https://localhost:${port}/`, { ca: at('ca.pem') }), c)
    expect(facts).toMatchObject({ verdict: 'green', attempts: [{ ok: true, status: 200 }] })
  })

  test('status 500 is red although the body is right', async () => {
    const port = await listen(createHttp((_, answer) => answer.writeHead(500).end('{"status":"healthy"}')))
    expect(await first(spec(`http://127.0.0.1:${port}/`))).toMatchObject({
      ok: false,
      status: 500,
      why: 'status',
    })
  })

  test.each(['foreign', 'self', 'other-name'])(
    'the certificate %s is red although the body is right',
    async (name) => {
      const port = await tls(name)
      const attempt = await first(spec(`https://localhost:${port}/`, { ca: at('ca.pem') }))
      expect(attempt).toMatchObject({ ok: false, why: expect.stringContaining('certificate') })
    },
  )

  test("a server's own certificate may be pinned, and then only it counts", async () => {
    const own = await tls('self')
    expect(await first(spec(`https://localhost:${own}/`, { ca: at('self.pem') }))).toMatchObject({ ok: true })
    const site = await tls('site')
    expect(await first(spec(`https://localhost:${site}/`, { ca: at('self.pem') }))).toMatchObject({
      ok: false,
    })
  })

  test('without a pinned authority a certificate of our own is red', async () => {
    const port = await tls('site')
    expect(await first(spec(`https://localhost:${port}/`))).toMatchObject({ ok: false })
  })

  test('a redirect is red and is not followed', async () => {
    let visited = 0
    const target = await listen(
      createHttp((_, answer) => {
        visited += 1
        answer.end('{"status":"healthy"}')
      }),
    )
    const port = await listen(
      createHttp((_, answer) => answer.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end()),
    )
    expect(await first(spec(`http://127.0.0.1:${port}/`))).toMatchObject({
      ok: false,
      status: 302,
      why: 'redirect',
    })
    expect(visited).toBe(0)
  })

  test.each([
    ['a field has another value', '{"status":"degraded"}', { status: 'healthy' }, false],
    ['a field is missing', '{}', { status: 'healthy' }, false],
    ['it is no JSON', 'healthy', { status: 'healthy' }, false],
    ['it is JSON of another kind', '[1]', { status: 'healthy' }, false],
    ['a nested field', '{"checks":{"disk":true}}', { 'checks.disk': 'true' }, true],
    ['a field with a dot in its name', '{"checks.disk":1}', { 'checks.disk': '1' }, true],
    ['an inherited name', '{}', { toString: 'function' }, false],
    ['no field asked', 'ok', {}, true],
  ])('%s', async (_, body, json, ok) => {
    const port = await listen(createHttp((__, answer) => answer.end(body)))
    expect((await first(spec(`http://127.0.0.1:${port}/`, { json })))?.ok).toBe(ok)
  })

  test('nobody there, a name that is not known, a connection that is cut: red, with the reason', async () => {
    const port = await listen(createTcp((socket) => socket.destroy()))
    expect(await first(spec(`http://127.0.0.1:${port}/`))).toMatchObject({
      ok: false,
      why: expect.stringContaining('broken'),
    })
    expect(await first(spec('http://127.0.0.1:1/'))).toMatchObject({ ok: false, why: 'refused ECONNREFUSED' })
  })

  test('an answer that comes late is red, and says how late', async () => {
    const port = await listen(
      createHttp((_, answer) => setTimeout(() => answer.end('{"status":"healthy"}'), 120)),
    )
    const attempt = await first(spec(`http://127.0.0.1:${port}/`, { withinMs: 50 }))
    expect(attempt).toMatchObject({ ok: false, why: 'late', status: 200 })
    expect(attempt?.milliseconds).toBeGreaterThanOrEqual(100)
  })

  test('a listen queue that nobody takes from ends at the limit', async () => {
    const port = await listen(createTcp(() => {}))
    const answer = await probeHttp(`http://127.0.0.1:${port}/`, { timeoutMs: 80 })
    expect(answer).toMatchObject({ kind: 'failed', why: 'timeout' })
  })

  test('a body without end is cut at the limit', async () => {
    const port = await listen(
      createHttp((_, answer) => {
        const more = () => {
          while (answer.write('x'.repeat(65_536)));
          answer.once('drain', more)
        }
        more()
      }),
    )
    const answer = await probeHttp(`http://127.0.0.1:${port}/`, { maxBytes: 1000 })
    expect(answer).toMatchObject({ kind: 'answer', truncated: true })
    expect(answer.kind === 'answer' && answer.body.length).toBe(1000)
  })

  test.each(['file:///etc/passwd', 'ftp://localhost/', 'http://user:word@localhost/', 'nonsense', ''])(
    'the address %j is not asked',
    async (url) => {
      expect(await probeHttp(url)).toMatchObject({ kind: 'failed', why: 'bad_url' })
    },
  )

  test('N of M: so many must be green, and nobody asks on when that is decided', async () => {
    let asked = 0
    const port = await listen(
      createHttp((_, answer) => {
        asked += 1
        answer.writeHead(asked === 3 ? 500 : 200).end('{"status":"healthy"}')
      }),
    )
    const url = `http://127.0.0.1:${port}/`
    expect(await readHealth(spec(url, { good: 4, of: 5 }), c)).toMatchObject({ verdict: 'green' })
    expect(asked).toBe(5)
    asked = 0
    expect(await readHealth(spec(url, { good: 2, of: 5 }), c)).toMatchObject({ verdict: 'green' })
    expect(asked).toBe(2)
    asked = 0
    const red = await readHealth(spec(url, { good: 5, of: 5 }), c)
    expect(red.verdict).toBe('red')
    expect(red.attempts).toHaveLength(3)
  })

  test('a person who looks has an answer after one attempt, however often it is declared', async () => {
    let asked = 0
    const silent = await listen(
      createTcp(() => {
        asked += 1
      }),
    )
    const declared = spec(`http://127.0.0.1:${silent}/`, { good: 3, of: 5, withinMs: 80 })
    const facts = await glanceAtHealth(declared, c)
    expect(facts).toMatchObject({ verdict: 'red', attempts: [{ why: 'timeout TIMEOUT' }] })
    expect(asked).toBe(1)
    expect((await glanceAtHealth(undefined, c)).verdict).toBe('no_data')
  })

  test('no declaration, or an authority that cannot be read, is no data and never green', async () => {
    expect((await readHealth(undefined, c)).verdict).toBe('no_data')
    expect((await readHealth(spec('https://localhost/', { ca: at('missing.pem') }), c)).verdict).toBe(
      'no_data',
    )
    expect(healthVerdict([], spec('http://localhost/'))).toBe('red')
  })
})
