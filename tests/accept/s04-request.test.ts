// Data of a service that is changed through its own interface: nothing else may write it, and a declared call is rehearsed on a clone of files and database,
// sent once after its approval, and on the record.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import type { World } from '../world/world.ts'
import { checksOf, openVisits, pictured, problemsOf, sql, UNIT, type VisitsWorld } from './visits.ts'

/** On the disk of the cluster: a copy on the disk of its data does not count. */
const DATA = '/var/lib/postgresql/visits'
const BASE = 'http://127.0.0.1:9200/api'
const TOKEN = 'canary-token-9d21c4'

/** Visitors lie in the database, notes in a file. What is written is told to the journal of the unit. */
const SERVER = `import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const major = readdirSync('/usr/lib/postgresql').sort((a, b) => a - b).at(-1)
const ask = (sql) =>
  new Promise((resolve, reject) => {
    execFile(\`/usr/lib/postgresql/\${major}/bin/psql\`, ['-XAtqc', sql, 'visits'], (error, stdout, stderr) => {
      if (error) reject(new Error(stderr))
      else resolve(stdout.trim())
    })
  })
const quoted = (text) => "'" + String(text).replaceAll("'", "''") + "'"
const FILE = '${DATA}/notes.json'
const notes = () => JSON.parse(readFileSync(FILE, 'utf8'))
await ask('SELECT 1')

async function answer(method, url, body) {
  const [, kind, id] = /^\\/api\\/(visitors|notes|slips)\\/([0-9]+)$/.exec(url) ?? []
  if (kind === undefined) return {}
  if (kind === 'visitors') {
    if (method === 'PUT') await ask(\`UPDATE visitors SET name = \${quoted(JSON.parse(body).name)} WHERE id = \${id}\`)
    return { name: await ask(\`SELECT name FROM visitors WHERE id = \${id}\`) }
  }
  const all = notes()
  const one = all.find((note) => note.id === Number(id))
  // A slip of the service: what it answers is right, and it writes a copy that nobody takes back.
  if (kind === 'slips' && method === 'PUT') await ask(\`INSERT INTO visitors SELECT max(id) + 1, 'slip' FROM visitors\`)
  if (method === 'PUT') {
    Object.assign(one, JSON.parse(body), { changedAt: Date.now() })
    writeFileSync(FILE, JSON.stringify(all))
  }
  return one
}

createServer((request, response) => {
  if (request.url === '/') return ask("SELECT count(*) || ' visitors' FROM visitors").then((text) => response.end(text))
  if (request.url === '/health') return response.end(JSON.stringify({ status: 'ok' }))
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', async () => {
    if (request.method !== 'GET' && request.headers.authorization !== \`Bearer \${process.env.API_TOKEN}\`)
      return response.writeHead(401).end()
    if (request.method !== 'GET') console.log(\`WROTE \${request.method} \${request.url}\`)
    try {
      response.end(JSON.stringify(await answer(request.method, request.url, Buffer.concat(pieces).toString())))
    } catch (error) {
      response.writeHead(500).end(error.message)
    }
  })
}).listen(9200, '127.0.0.1')
`
const CALL = (kind: string, more = '') =>
  `{ method: PUT, path: '/${kind}/{id}', read: '/${kind}/{id}', credential: API_TOKEN, inverse: { method: PUT, path: '/${kind}/{id}' }${more} }`
const SERVICE = `    data:
      - dir: ${DATA}
        change: api-only
        format: json
        api:
          base: ${BASE}
          calls:
            rename: ${CALL('visitors')}
            note: ${CALL('notes', ', differs: [changedAt]')}
            slip: ${CALL('slips', ', differs: [changedAt]')}
            drop: { method: PUT, path: '/visitors/{id}', read: '/visitors/{id}', credential: API_TOKEN }
`

describeWith('host', 'data through the declared call', () => {
  let at: VisitsWorld
  let here: World
  const written = async () =>
    (await here.host.ok(['journalctl', '-u', 'visits', '--no-pager', '-o', 'cat']))
      .split('\n')
      .filter((line) => line.startsWith('WROTE '))
  const notes = async () => (await here.host.read(`${DATA}/notes.json`)).toString()

  beforeAll(async () => {
    at = await openVisits({
      server: SERVER,
      unit: UNIT.replace('ExecStart=', 'EnvironmentFile=/etc/visits.env\nExecStart='),
      service: SERVICE,
      prepare: async (host) => {
        await host.put('/etc/visits.env', `API_TOKEN=${TOKEN}\n`, 0o600)
        await host.ok(['mkdir', '-p', DATA])
        await host.put(`${DATA}/notes.json`, '[{"id":1,"text":"old","changedAt":1}]')
      },
    })
    here = at.here
    await here.host.ok(['chown', '-R', 'visits:visits', DATA])
    const put = await here.sekisho('root', ['secret', 'put', 'visits', 'API_TOKEN'], { input: TOKEN })
    expect(put.code, put.stderr).toBe(0)
    await at.must('ops1', ['backup', 'run', '--service', 'visits'])
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  const request = async (call: string, id: number, body: object, inverse: object): Promise<ChangeView> => {
    await here.host.put('/home/ops1/body.json', JSON.stringify(body), 0o644)
    await here.host.put('/home/ops1/inverse.json', JSON.stringify(inverse), 0o644)
    const argv = ['do', 'request', '--service', 'visits', '--call', call, '--param', `id=${id}`]
    const files = ['--body', '/home/ops1/body.json', '--inverse-body', '/home/ops1/inverse.json']
    const said = ['--instruction', 'Correct it', '--notify', 'not_needed']
    return here.json<ChangeView>('ops1', [...argv, ...files, ...said], { timeoutMs: 300_000 })
  }

  test('S04: direct SQL and file writes are denied and the endpoint is named; the declared call is rehearsed, sent once and in the ledger', async () => {
    for (const command of [
      `psql -d visits -c "UPDATE visitors SET name = 'x' WHERE id = 7"`,
      `echo '[]' > ${DATA}/notes.json`,
      `sed -i s/old/new/ ${DATA}/notes.json`,
    ]) {
      const said = await here.sekisho('claude', ['guard', 'check', '--', 'sh', '-c', command])
      expect([command, said.code]).toEqual([command, 2])
      expect(said.stdout).toContain(BASE)
      // And the account of the agent cannot do it either.
      expect((await here.host.exec(['sh', '-c', command], { user: 'claude' })).code).not.toBe(0)
    }
    const before = { ...(await pictured(here.host)), notes: await notes() }

    const view = await request('rename', 7, { name: 'Sakura' }, { name: 'visitor 007' })
    expect(problemsOf(view), JSON.stringify(view.checks, undefined, 1)).toEqual([])
    expect(checksOf(view)).toMatchObject({ trial: 'green', undo: 'green', backup: 'green' })
    const card = await at.card(view.id)
    expect(card).toContain('what changed: table public.visitors')
    expect(card).toMatch(
      /the deployed release started in [0-9.]+ s and answered the call in [0-9.]+ s \(200\)/,
    )
    expect(card).toMatch(/what takes it back is sent; in the rehearsal it took [0-9.]+ s/)
    // The rehearsal has touched nothing here.
    expect({ ...(await pictured(here.host)), notes: await notes() }).toEqual(before)
    expect(await written()).toEqual([])

    await at.must('ops1', ['change', 'approve', view.id, '--yes'])
    const ended = await here.json<ChangeView>('ops1', ['change', 'wait', view.id])
    expect([ended.state, ended.execution?.outcome], JSON.stringify(ended.steps)).toEqual(['closed', 'kept'])
    expect(await sql(here.host, 'SELECT name FROM visitors WHERE id = 7')).toBe('Sakura')
    expect(await written()).toEqual(['WROTE PUT /api/visitors/7'])
    const exported = await at.must('ops1', ['ledger', 'export', '--change', view.id])
    const record = await at.must('ops1', ['record', 'show', view.id])
    expect(record).toContain('/api/visitors/7')
    expect(record.replace(/\s+/g, ' ')).toMatch(
      /rehearsed: in the room the deployed release started in [0-9.]+ s/,
    )
    for (const text of [exported, record, card]) expect(text).not.toContain(TOKEN)

    // Taken back as a change of its own, which is rehearsed on a copy that has what the call wrote.
    await at.must('ops1', ['backup', 'run', '--service', 'visits'])
    const back = await here.json<ChangeView>(
      'ops1',
      ['change', 'rollback', view.id, '--notify', 'not_needed'],
      { timeoutMs: 300_000 },
    )
    expect(problemsOf(back), JSON.stringify(back.checks, undefined, 1)).toEqual([])
    expect(checksOf(back)).toMatchObject({ trial: 'green', undo: 'green', backup: 'green' })
    await at.must('ops1', ['change', 'approve', back.id, '--yes'])
    const undone = await here.json<ChangeView>('ops1', ['change', 'wait', back.id])
    expect(undone.execution?.outcome, JSON.stringify(undone.steps)).toBe('kept')
    expect({ ...(await pictured(here.host)), notes: await notes() }).toEqual(before)
    expect(await written()).toEqual(['WROTE PUT /api/visitors/7', 'WROTE PUT /api/visitors/7'])
  })

  test('part of S07 and S11: without an inverse only a restore takes it back; that is rehearsed, with its seconds and what it would lose', async () => {
    const body = ['--body', '/home/ops1/body.json', '--irreversible']
    const argv = ['do', 'request', '--service', 'visits', '--call', 'drop', '--param', 'id=8', ...body]
    await here.host.put('/home/ops1/body.json', '{"name":"gone"}', 0o644)
    const said = ['--instruction', 'Take the name away', '--notify', 'not_needed', '--no-wait']
    const view = await here.json<ChangeView>('ops1', [...argv, ...said], { timeoutMs: 300_000 })
    expect(checksOf(view), JSON.stringify(view.checks, undefined, 1)).toMatchObject({
      trial: 'green',
      undo: 'green',
      backup: 'green',
    })
    expect(view.tier).toBe(3)
    const { milliseconds, restored } = view.checks.find(({ check }) => check === 'undo')?.facts ?? {}
    expect(milliseconds).toBeGreaterThan(100)
    expect(restored).toMatchObject({ backup: expect.any(String), notRead: [] })
    expect(await at.card(view.id)).toMatch(
      /only a restore takes it back\. In the rehearsal \S+ \(\S+\) was restored beside in [0-9.]+ s and equals what was sealed\. It loses what was written since/,
    )
    // The database of a copy is not started with its service: nobody says that it was.
    await at.must('ops1', ['backup', 'drill', '--service', 'visits'])
    const { copies } = await here.json<BackupsView>('ops1', ['backup', 'list', '--service', 'visits'])
    expect([copies[0]?.level, copies[0]?.why]).toEqual(['restored', undefined])
  })

  test('part of S04: of a file the field is named that its inverse leaves; a declared field may differ', async () => {
    const sound = await request('note', 1, { text: 'new' }, { text: 'old' })
    expect(checksOf(sound), JSON.stringify(sound.checks, undefined, 1)).toMatchObject({
      trial: 'green',
      undo: 'green',
    })
    expect(await at.card(sound.id)).toContain('may differ after it by the rules, and did: changedAt')
    const wrong = await request('note', 1, { text: 'new' }, { text: 'odl' })
    expect(checksOf(wrong)).toMatchObject({ trial: 'green', undo: 'red' })
    expect(await at.card(wrong.id)).toContain(`${DATA}/notes.json [0].text`)
  })

  test('part of S04 and N01: an inverse that leaves a row is red, and the table is named', async () => {
    const view = await request('slip', 1, { text: 'new' }, { text: 'old' })
    expect(checksOf(view), JSON.stringify(view.checks, undefined, 1)).toMatchObject({
      trial: 'green',
      undo: 'red',
    })
    expect(await at.card(view.id)).toContain('table public.visitors 200 → 202')
    expect(view.state).toBe('blocked')
    expect(await written()).toEqual(['WROTE PUT /api/visitors/7', 'WROTE PUT /api/visitors/7'])
  })

  test('part of S04: a database of which nobody has declared how its schema is changed is cloned for the call as well', async () => {
    const rules = '/etc/sekisho/sekisho.yaml'
    const before = (await here.host.read(rules)).toString()
    await here.host.put(rules, before.replace(/\n +migrations: .*/, ''), 0o640)
    expect((await here.host.read(rules)).toString()).not.toContain('migrations')
    const applied = await here.sekisho('root', ['config', 'apply'], { together: true })
    expect(applied.code, applied.stdout).toBe(0)
    const shape = await pictured(here.host)
    const view = await request('rename', 9, { name: 'Momiji' }, { name: 'visitor 009' })
    expect(problemsOf(view), JSON.stringify(view.checks, undefined, 1)).toEqual([])
    expect(checksOf(view)).toMatchObject({ trial: 'green', undo: 'green' })
    expect(view.checks.find(({ check }) => check === 'trial')?.facts['tables']).toBe(1)
    expect(await at.card(view.id)).toContain('what changed: table public.visitors')
    expect(await pictured(here.host)).toEqual(shape)
    await at.must('ops1', ['change', 'approve', view.id, '--yes'])
    const ended = await here.json<ChangeView>('ops1', ['change', 'wait', view.id])
    expect(ended.execution?.outcome, JSON.stringify(ended.steps)).toBe('kept')
    expect(await sql(here.host, 'SELECT name FROM visitors WHERE id = 9')).toBe('Momiji')
  })
})
