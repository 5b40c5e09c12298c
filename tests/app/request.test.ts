// Data that is declared "through the API": nothing else may write it, and a declared call changes it once, with its way back and its record.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { decide } from '../../src/guard/decide.ts'
import { compile } from '../../src/guard/policy.ts'
import { readGuardPolicy } from '../../src/guard/read-policy.ts'
import { until } from '../until.ts'
import { approveTyped, order, signBackups, withBackup } from './backup-story.ts'
import { knowsFarCopy } from './far-copy.ts'
import { openScene, type Scene } from './scene.ts'

const TOKEN = 'canary-token-4f1e'
interface Article {
  id: number
  title: string
}

let scene: Scene
let server: Server
let data: string
/** Every request that writes, as the server counts it. */
const seen: string[] = []
const articles = () => JSON.parse(readFileSync(join(data, 'articles.json'), 'utf8')) as Article[]

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  writeFileSync(join(data, 'articles.json'), JSON.stringify([{ id: 7, title: 'Kyoto', tags: [] }]))
  writeFileSync(join(data, 'users.json'), '[]')
  server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const [one] = articles()
      if (request.method === 'GET') return response.end(JSON.stringify(one))
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end()
      const text = Buffer.concat(pieces).toString()
      if (text.includes('Osaka')) return response.writeHead(422).end()
      const sent = JSON.parse(text) as Partial<Article>
      writeFileSync(join(data, 'articles.json'), JSON.stringify([{ ...one, ...sent }]))
      return response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  await scene.rewritePolicy((yaml) =>
    withBackup(
      data,
      to,
    )(yaml).replace(
      '        format: json\n',
      [
        '        format: json',
        '        change: api-only',
        '        api:',
        `          base: ${base}`,
        '          calls:',
        "            retitle: { method: PUT, path: '/articles/{id}', read: '/articles/{id}', credential: API_TOKEN, inverse: { method: PUT, path: '/articles/{id}' } }",
        "            drop: { method: PUT, path: '/articles/{id}', read: '/articles/{id}', credential: API_TOKEN }",
        '',
      ].join('\n'),
    ),
  )
  await connectRunner(join(scene.directory, 'data', 'run', 'admin.sock')).ask('secret', {
    service: 'app' as ServiceName,
    key: 'API_TOKEN',
    base64: Buffer.from(TOKEN).toString('base64'),
  })
  await signBackups(scene)
  await order(scene, 'backup')
  await knowsFarCopy(scene, 3_600_000, 'content')
}, 120_000)
afterAll(async () => {
  server?.close()
  await scene?.end()
})

const create = (request: object) =>
  scene.call<ChangeView & { code?: string }>('ops1', 'POST', '/changes', {
    pattern: 'request',
    service: 'app',
    instruction: { text: 'call it Tokyo' },
    notification: 'not_needed',
    request,
  })
const RETITLE = {
  call: 'retitle',
  params: { id: '7' },
  body: '{"title":"Tokyo"}',
  inverseBody: '{"title":"Kyoto"}',
}

async function run(request: object): Promise<ChangeView> {
  const made = await create(request)
  if (made.status !== 200) throw new Error(made.text)
  const tried = await scene.call<ChangeView>('ops1', 'POST', `/changes/${made.body.id}/try`)
  // Not rehearsed: that blocks until a person waives it.
  expect(tried.body.state, tried.text).toBe('blocked')
  expect(
    tried.body.checks.filter(({ verdict }) => verdict === 'not_tried').map(({ check }) => check),
  ).toEqual(['trial', 'undo'])
  for (const check of ['trial', 'undo']) await scene.waive('ops2', made.body.id, check)
  const sealed = await scene.seal('ops1', made.body.id)
  if (sealed.status !== 200) throw new Error(sealed.text)
  await approveTyped(scene, made.body.id, undefined, 'ops2')
  return scene.until(made.body.id, 'closed', 'void', 'stuck', 'failed')
}

test('part of S04: declared data is written by nobody else, and a declared call changes it once and is on the record', async () => {
  const guard = readGuardPolicy(readFileSync(join(scene.directory, 'guard', 'guard.json'), 'utf8'))
  if (guard === undefined) throw new Error('no rules of the guard')
  for (const command of [
    `echo '[]' > ${data}/articles.json`,
    `sed -i s/Kyoto/Tokyo/ ${data}/articles.json`,
  ]) {
    const verdict = decide({ kind: 'shell', text: command, cwd: '/' }, compile(guard))
    expect(verdict.verdict, command).toBe('deny')
  }
  const ended = await run(RETITLE)
  expect(ended.execution?.outcome, JSON.stringify(ended)).toBe('kept')
  expect(articles()).toMatchObject([{ id: 7, title: 'Tokyo' }])
  expect(seen).toEqual(['PUT /api/articles/7 Bearer canary-token-4f1e'])
  const record = await scene.call<{ markdown: string }>(
    'ops1',
    'GET',
    `/changes/${ended.id}/record?language=en`,
  )
  expect(record.body.markdown).toContain('/api/articles/7')
  const exported = await scene.call('ops1', 'GET', `/ledger/export?change=${ended.id}`)
  expect(exported.text).toContain('/api/articles/7')
  for (const text of [record.text, exported.text, JSON.stringify(ended)]) expect(text).not.toContain(TOKEN)
}, 120_000)

test('part of S04: what the service refuses is taken back, and what is not read back as sent is red', async () => {
  seen.length = 0
  const refused = await run({ ...RETITLE, body: '{"title":"Osaka"}', inverseBody: '{"title":"Tokyo"}' })
  expect(refused.execution?.outcome, JSON.stringify(refused)).toBe('rolled_back')
  expect(articles()).toMatchObject([{ title: 'Tokyo' }])
}, 120_000)

test('part of S11: a call without an inverse is refused at the plan unless it is declared irreversible, and is tier 3 then', async () => {
  const without = { call: 'drop', params: { id: '7' }, body: '{"title":""}' }
  expect((await create(without)).body.code).toBe('request.no_inverse')
  expect((await create({ ...without, irreversible: true })).body.tier).toBe(3)
  expect((await create({ ...RETITLE, call: 'other' })).body.code).toBe('request.not_declared')
  expect((await create({ ...RETITLE, params: { id: '../7' } })).body.code).toBe('request.parameter')
})

test('part of S04: the runner is killed around the request, and it is sent once', async () => {
  for (const [point, sent] of [
    ['journal.intent.after', 0],
    ['request.sent.after', 1],
    ['journal.outcome.before', 1],
  ] as const) {
    seen.length = 0
    const made = await create({ ...RETITLE, body: `{"title":"${point}"}`, inverseBody: '{"title":"Tokyo"}' })
    const { id } = made.body
    await scene.call('ops1', 'POST', `/changes/${id}/try`)
    for (const check of ['trial', 'undo']) await scene.waive('ops2', id, check)
    const sealed = await scene.seal('ops1', id)
    expect(sealed.status, sealed.text).toBe(200)
    process.env['SEKISHO_TESTS'] = '1'
    process.env['SEKISHO_KILL_POINT'] = point
    await scene.restartRunner()
    delete process.env['SEKISHO_KILL_POINT']
    const pid = scene.runnerPid()
    const given = await approveTyped(scene, id, undefined, 'ops2')
    expect(given.status, given.text).toBe(200)
    await until(`the runner to die at ${point}`, 20_000, async () => (isAlive(pid) ? undefined : true))
    await scene.restartRunner()
    const parked = await scene.until(id, 'paused', 'closed', 'stuck', 'failed')
    expect([parked.state, seen.length], point).toEqual(['paused', sent])
    // What is read back is there for the person who answers; here the request is given up, and the inverse is sent.
    await scene.call('ops1', 'POST', `/changes/${id}/abort`)
    await scene.until(id, 'closed', 'stuck', 'failed')
    expect(seen.length, point).toBeLessThanOrEqual(sent + 1)
  }
}, 240_000)

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}
