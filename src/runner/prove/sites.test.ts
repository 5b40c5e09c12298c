// Sites asked before and after a change: what is lost, what is never blamed, and what a server really answers.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { askSite, isLost, type SitesBefore, siteFacts, sitesAfter } from './sites.ts'

const QUIET = { actions: [] }
const RESTARTS = {
  actions: [
    {
      id: '1',
      action: { kind: 'unit', verb: 'restart', unit: 'a.service' },
      undo: [],
      timeoutMs: 1,
    },
  ],
} as const
const site = (path: string, before: string) => ({
  url: `http://a.test${path}`,
  tls: false,
  address: '127.0.0.1',
  port: 80,
  name: 'a.test',
  path,
  before,
})
const before = (...asked: SitesBefore['asked']): SitesBefore => ({ asked, notAsked: [] })

/** A clock that only sleeping moves. */
function context() {
  let now = 0
  const clock = {
    now: () => now,
    uptime: () => now,
    boot: () => 'boot',
    sleep: async (ms: number) => {
      now += ms
    },
  }
  return { clock, signal: new AbortController().signal }
}

test.each([
  ['200', '502', true],
  ['404', '500', true],
  ['301', 'timeout', true],
  ['401', 'refused', true],
  ['200', '404', false],
  ['502', '502', false],
  ['502', 'timeout', false],
  ['refused', '502', false],
])('before %s and after %s: lost is %s', (was, is, lost) => {
  expect(isLost({ before: was, after: is })).toBe(lost)
})

test('what is lost at first and comes back in time is not lost; what was well is asked once', async () => {
  const asked: string[] = []
  let calls = 0
  const seen = await sitesAfter(
    before(site('/', '200'), site('/api/', '200')),
    QUIET,
    context(),
    async (one) => {
      asked.push(one.path)
      return one.path === '/api/' && ++calls < 3 ? '502' : '200'
    },
  )
  expect(seen.map(({ after }) => after)).toEqual(['200', '200'])
  expect(asked).toEqual(['/', '/api/', '/api/', '/api/'])
})

test('what stays lost is waited for a little, and longer where the change restarts a service', async () => {
  const times = async (plan: Parameters<typeof sitesAfter>[1]) => {
    let calls = 0
    const seen = await sitesAfter(before(site('/', '200')), plan, context(), async () => {
      calls++
      return '502'
    })
    expect(seen.every(isLost)).toBe(true)
    return calls
  }
  expect(await times(QUIET)).toBe(5)
  expect(await times(RESTARTS)).toBe(21)
})

test('facts name each address with both answers, and what was not asked with its reason', () => {
  const known: SitesBefore = {
    asked: [site('/', '200')],
    notAsked: [{ where: 'a.test ~ x', why: 'regex' }],
  }
  expect(siteFacts([{ ...site('/', '200'), after: '502' }], known)).toEqual({
    asked: [{ url: 'http://a.test/', before: '200', after: '502' }],
    notAsked: [{ where: 'a.test ~ x', why: 'regex' }],
  })
})

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})
const NEVER = new AbortController().signal

test('a site is asked by its name, and an answer that never ends is an answer', async () => {
  const seen: string[] = []
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host} ${request.url}`)
    response.writeHead(503).write('data: and so on\n')
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await askSite({ ...site('/events', ''), port }, NEVER)).toBe('503')
  expect(seen).toEqual([`GET a.test:${port} /events`])
  server.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve))
  expect(await askSite({ ...site('/', ''), port }, NEVER)).toBe('refused')
})

test('silence is told as silence', async () => {
  server = createServer((request) => request.socket.destroy())
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await askSite({ ...site('/', ''), port }, NEVER)).toBe('broken')
  const stop = new AbortController()
  stop.abort()
  expect(await askSite({ ...site('/', ''), port }, stop.signal)).toBe('aborted')
})
