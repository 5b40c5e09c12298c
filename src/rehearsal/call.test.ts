// A declared call in a room: sent to the deployed release on a clone of its data, and taken back by its inverse. What the inverse leaves behind is named.
import { chownSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type CallSpec, rehearseCall } from './call.ts'
import { SECRET, type TestService, testService, USER } from './fixtures/service.ts'
import type { TableState } from './state.ts'

const isRoot = process.getuid?.() === 0
const open: TestService[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.remove()
})

const DATA = '/var/lib/shop'
/** Articles in one file; each change has its time. `more` runs at each write, with the request and what was there. */
const shop = (more = '') => `
const http = require('node:http'), fs = require('node:fs')
const FILE = '${DATA}/articles.json'
const all = () => JSON.parse(fs.readFileSync(FILE, 'utf8'))
http.createServer((ask, answer) => {
  if (ask.url === '/health') return answer.end(JSON.stringify({ status: 'healthy' }))
  let text = ''
  ask.on('data', (piece) => { text += piece })
  ask.on('end', () => {
    const rows = all(), one = rows.find(({ id }) => ask.url.endsWith('/' + id))
    if (ask.method === 'GET') {
      answer.statusCode = one === undefined ? 404 : 200
      return answer.end(JSON.stringify(one ?? {}))
    }
    if (ask.headers.authorization !== 'Bearer ' + process.env.API_TOKEN) return answer.writeHead(401).end()
    const sent = text === '' ? {} : JSON.parse(text)
    ${more}
    Object.assign(one, sent, { changedAt: Date.now() })
    fs.writeFileSync(FILE, JSON.stringify(rows))
    answer.end('{}')
  })
}).listen(Number(process.env.PORT), '127.0.0.1')
`

function service(more = ''): TestService {
  const one = testService()
  one.write('releases/old/server.js', shop(more))
  const path = join(one.root, 'data/articles.json')
  writeFileSync(path, '[{"id":7,"title":"Kyoto","changedAt":1}]')
  chownSync(path, USER.uid, USER.gid)
  open.push(one)
  return one
}

const put = (body: string) => ({ method: 'PUT', url: 'http://127.0.0.1:8080/articles/7', body }) as const

function specOf(one: TestService, more: Partial<CallSpec> = {}): CallSpec {
  const { unit, health, places, given, live, secrets } = one.spec
  return {
    unit,
    health,
    given,
    live,
    secrets,
    places: places.map((place) => (place.path === DATA ? { ...place, kind: 'target' } : place)),
    call: put('{"title":"Tokyo"}'),
    read: 'http://127.0.0.1:8080/articles/7',
    inverse: put('{"title":"Kyoto"}'),
    withinMs: 10_000,
    headers: { 'idempotency-key': 'x' },
    credential: { key: 'API_TOKEN', value: SECRET },
    differs: ['changedAt'],
    ...more,
  }
}

const played = async (one: TestService, more: Partial<CallSpec> = {}) => {
  const { receipt, output } = await rehearseCall(one.ports, specOf(one, more))
  expect(output).not.toContain(SECRET)
  return receipt
}

describe.runIf(isRoot)('a call in a room', () => {
  test('part of S04: the call and its inverse are sent, what changed is named, and production is as it was', async () => {
    const one = service()
    const found = await played(one)
    expect(found.fault).toBeUndefined()
    expect(found).toMatchObject({
      verdict: 'green',
      status: 200,
      readBack: 'equal',
      changed: [`${DATA}/articles.json`],
      differences: [],
      differed: ['changedAt'],
    })
    expect(found.compared).toBeGreaterThan(3)
    expect(readFileSync(join(one.root, 'data/articles.json'), 'utf8')).toContain('Kyoto')
  })

  test('part of S04 and N01: an inverse that does not bring back what was there is red by path and field', async () => {
    const wrong = await played(service(), { inverse: put('{"title":"Kyoto "}') })
    expect(wrong).toMatchObject({
      verdict: 'red',
      fault: { step: 'compare', code: 'different', what: `${DATA}/articles.json` },
      differences: [{ path: `${DATA}/articles.json [0].title`, field: 'content', after: 'back' }],
    })
    const undeclared = await played(service(), { differs: [] })
    expect(undeclared.differences).toEqual([
      { path: `${DATA}/articles.json [0].changedAt`, field: 'content', after: 'back' },
    ])
    const left = service(`fs.appendFileSync('${DATA}/history.log', 'x')`)
    expect(await played(left)).toMatchObject({
      verdict: 'red',
      differences: [{ path: `${DATA}/history.log`, field: 'added', after: 'back' }],
    })
  })

  test('part of S04: a table that is not as before is red by its column; a declared column may differ', async () => {
    const state = (title: string, at: string, rows = 2): readonly TableState[] => [
      { table: 'public.articles', rows, sums: { title, changed_at: at } },
    ]
    const looks = (all: readonly (readonly TableState[])[]) => {
      let next = 0
      return async () => all[Math.min(next++, all.length - 1)] ?? []
    }
    const differs = ['changedAt', 'changed_at']
    const before = state('1', '1')
    const wrong = looks([before, before, state('2', '2'), state('3', '3')])
    expect(await played(service(), { differs, tables: wrong })).toMatchObject({
      verdict: 'red',
      fault: { what: 'table public.articles' },
      differences: [{ path: 'table public.articles title', field: 'content' }],
    })
    const sound = looks([before, before, state('2', '2'), state('1', '3')])
    expect(await played(service(), { differs, tables: sound })).toMatchObject({
      verdict: 'green',
      changed: [`${DATA}/articles.json`, 'table public.articles'],
      differed: ['changedAt', 'changed_at'],
    })
    const rows = looks([before, before, state('2', '2'), state('1', '3', 3)])
    expect((await played(service(), { differs, tables: rows })).differences).toMatchObject([
      { path: 'table public.articles 2 → 3' },
    ])
  })

  test('part of S04: what a service refuses, does not answer, redirects or does not keep is red by its step', async () => {
    const answers = async (more: string, spec: Partial<CallSpec> = {}) =>
      (await played(service(more), spec)).fault
    const at = 'PUT /articles/7'
    expect(await answers('return answer.writeHead(500).end()')).toMatchObject({
      step: 'call',
      code: 'refused',
      what: `${at} 500`,
    })
    expect(await answers("return answer.writeHead(302, { location: '/other' }).end()")).toMatchObject({
      step: 'call',
      code: 'refused',
      what: `${at} 302`,
    })
    expect(await answers('return', { withinMs: 700 })).toEqual({ step: 'call', code: 'time', what: at })
    expect(await answers('return ask.socket.destroy()')).toEqual({
      step: 'call',
      code: 'no_answer',
      what: at,
    })
    expect(await answers("return answer.end('{}')")).toMatchObject({
      step: 'read',
      code: 'different',
      what: 'title',
    })
    expect(await answers("if (sent.title === 'Kyoto') return answer.writeHead(409).end()")).toMatchObject({
      step: 'inverse',
      code: 'refused',
      what: `${at} 409`,
    })
    // As much as is read of it says whether it is what was sent; a body without end is cut.
    const huge = await answers("if (sent.title === 'Tokyo') sent.more = 'x'.repeat(200000)")
    expect(huge).toMatchObject({ step: 'read', code: 'different', what: 'answer' })
  })

  test('part of S04: what the room cannot show is no finding: a credential that nobody there knows, a service that does not start', async () => {
    const other = { key: 'OTHER', value: 'another-value' }
    expect(await played(service(), { credential: other })).toMatchObject({
      verdict: 'unknown',
      fault: { step: 'boot', code: 'credential', what: 'OTHER' },
    })
    const sick = service()
    sick.write('releases/old/server.js', 'process.exit(4)')
    expect(await played(sick)).toMatchObject({
      verdict: 'unknown',
      fault: { step: 'boot', code: 'ended', exit: 4 },
    })
    const real = service()
    const given = { ...real.spec.secrets, real: ['API_TOKEN'] }
    expect((await played(real, { secrets: given })).verdict).toBe('green')
  })

  test('part of S04: what the service writes of its own accord is listed, and is no difference', async () => {
    const one = service()
    const ticking = `${shop()}\nsetInterval(() => fs.writeFileSync('${DATA}/tick', String(process.hrtime.bigint())), 20)\n`
    one.write('releases/old/server.js', ticking)
    const found = await played(one)
    expect(found).toMatchObject({ verdict: 'green', changed: [`${DATA}/articles.json`] })
    expect(found.notCompared).toContainEqual({ what: `${DATA}/tick`, why: 'live' })
  })
})
