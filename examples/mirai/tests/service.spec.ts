// What the service does behind its door, with each kind of storage.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { LACK, startPostgres, type TestPostgres } from './postgres.ts'
import { field, PASSWORD, type Running, startService } from './start.ts'

for (const storage of ['json', 'postgresql'] as const)
  describe(storage, { skip: storage === 'postgresql' && LACK }, () => {
    let postgres: TestPostgres | undefined
    let running: Running
    let admin: string
    before(async () => {
      if (storage === 'postgresql') postgres = await startPostgres()
    })
    after(() => postgres?.stop())
    const settings = () => ({
      MIRAI_STORAGE: storage,
      ...(postgres === undefined ? {} : { MIRAI_DATABASE_URL: postgres.database() }),
    })
    beforeEach(async () => {
      running = await startService(settings())
      admin = await running.login('admin', PASSWORD)
    })
    afterEach(() => running.stop())
    const log = (name: string) => readFileSync(join(running.config.logDirectory, name), 'utf8')

    describe('health and settings', () => {
      test('a sound service answers 200 with version and settings', async () => {
        const { status, json } = await running.call('GET', '/health')
        assert.equal(status, 200)
        assert.equal(field(json, 'status'), 'healthy')
        assert.equal(field(json, 'version'), '0.0.0-test')
        assert.equal(field(field(json, 'settings'), 'uploadLimitMb'), 2)
        assert.deepEqual((await running.call('GET', '/config')).json, field(json, 'settings'))
      })

      test('the test fault needs its switch', async () => {
        writeFileSync(join(running.config.dataDirectory, 'fault-health-500'), '')
        assert.equal((await running.call('GET', '/health')).status, 200)
        assert.equal((await running.call('POST', '/faults/hang')).status, 404)
        const faulty = await startService({ ...settings(), MIRAI_FAULTS: '1' })
        writeFileSync(join(faulty.config.dataDirectory, 'fault-health-500'), '')
        assert.equal((await faulty.call('GET', '/health')).status, 500)
        await faulty.stop()
      })

      test('counters count', async () => {
        await running.call('POST', '/api/login', { username: 'admin', password: 'wrong' })
        const { text } = await running.call('GET', '/metrics')
        assert.match(text, /^mirai_logins_total\{result="failed"\} 1$/m)
        assert.match(text, /^mirai_logins_total\{result="ok"\} 1$/m)
        assert.match(text, /^mirai_requests_total 2$/m)
        assert.match(text, /^mirai_records\{kind="users"\} 1$/m)
      })
    })

    describe('coming in', () => {
      test('a wrong password and an unknown name get the same answer, and both stand in auth.log', async () => {
        const wrong = await running.call('POST', '/api/login', { username: 'admin', password: 'no' })
        const unknown = await running.call('POST', '/api/login', { username: 'nobody', password: 'no' })
        assert.equal(wrong.status, 401)
        assert.deepEqual(wrong.json, unknown.json)
        assert.equal(log('auth.log').match(/Authentication failed/g)?.length, 2)
        assert.doesNotMatch(log('auth.log'), new RegExp(PASSWORD))
      })

      test('without a session, and after its end, nothing is shown', async () => {
        assert.equal((await running.call('GET', '/api/articles')).status, 401)
        assert.equal((await running.call('POST', '/api/logout', undefined, admin)).status, 204)
        assert.equal((await running.call('GET', '/api/articles', undefined, admin)).status, 401)
      })

      test('a login without its fields is told so', async () => {
        assert.equal((await running.call('POST', '/api/login', {})).status, 400)
      })
    })

    describe('users', () => {
      test('an administrator makes users; hashes are not shown; a name is taken once', async () => {
        const reader = { username: 'hana', password: 'eight and more', role: 'reader' }
        assert.equal((await running.call('POST', '/api/users', reader, admin)).status, 201)
        assert.equal((await running.call('POST', '/api/users', reader, admin)).status, 409)
        assert.equal(
          (await running.call('POST', '/api/users', { ...reader, username: 'x', role: 'king' }, admin))
            .status,
          400,
        )
        assert.equal(
          (await running.call('POST', '/api/users', { ...reader, username: 'y', password: 'short' }, admin))
            .status,
          400,
        )
        const list = await running.call('GET', '/api/users', undefined, admin)
        assert.match(list.text, /hana/)
        assert.doesNotMatch(list.text, /scrypt/)
        assert.equal((await running.call('PATCH', '/api/users', undefined, admin)).status, 405)
      })

      test('a reader reads and does nothing else', async () => {
        await running.call(
          'POST',
          '/api/users',
          { username: 'hana', password: 'eight and more', role: 'reader' },
          admin,
        )
        const hana = await running.login('hana', 'eight and more')
        assert.equal((await running.call('GET', '/api/articles', undefined, hana)).status, 200)
        const draft = { title: 't', body: 'b', tags: [] }
        for (const [method, path] of [
          ['POST', '/api/articles'],
          ['GET', '/api/users'],
          ['PUT', '/api/maintenance'],
        ] as const)
          assert.equal(
            (await running.call(method, path, method === 'GET' ? undefined : draft, hana)).status,
            403,
          )
      })
    })

    describe('articles', () => {
      const write = async (title: string, body: string, tags: string[] = []) =>
        String(field((await running.call('POST', '/api/articles', { title, body, tags }, admin)).json, 'id'))
      const find = async (query: string) => {
        const { json } = await running.call(
          'GET',
          `/api/articles?q=${encodeURIComponent(query)}`,
          undefined,
          admin,
        )
        return Array.isArray(json) ? json.map((article) => field(article, 'title')) : []
      }

      test('are written, read, changed and removed', async () => {
        const id = await write('足場の点検', '毎朝', ['安全'])
        assert.equal(
          field((await running.call('GET', `/api/articles/${id}`, undefined, admin)).json, 'author'),
          'admin',
        )
        const changed = await running.call(
          'PUT',
          `/api/articles/${id}`,
          { title: '足場の点検', body: '毎夕' },
          admin,
        )
        assert.equal(field(changed.json, 'body'), '毎夕')
        assert.equal((await running.call('DELETE', `/api/articles/${id}`, undefined, admin)).status, 204)
        for (const method of ['GET', 'PUT', 'DELETE'])
          assert.equal((await running.call(method, `/api/articles/${id}`, undefined, admin)).status, 404)
      })

      test('search wants every word, and a title weighs most', async () => {
        await write('Concrete in winter', 'Keep it above five degrees')
        await write('Winter tyres', 'Roads are slippery', ['concrete'])
        await write('Summer', 'Winter')
        assert.deepEqual(await find('concrete WINTER'), ['Concrete in winter', 'Winter tyres'])
        assert.deepEqual(await find('ｃｏｎｃｒｅｔｅ five'), ['Concrete in winter'])
        assert.deepEqual(await find(' '), [])
      })

      test('bad bodies are told so', async () => {
        assert.equal(
          (await running.call('POST', '/api/articles', { title: ' ', body: '' }, admin)).status,
          400,
        )
        assert.equal(
          (await running.call('POST', '/api/articles', { title: 't', body: 'b', tags: [1] }, admin)).status,
          400,
        )
        assert.equal((await running.call('POST', '/api/articles', 'not json', admin)).status, 400)
        assert.equal(
          (await running.call('POST', '/api/articles', 'x'.repeat(2 * 1024 * 1024 + 1), admin)).status,
          413,
        )
        assert.equal(
          (await running.call('POST', '/api/articles', { title: 'a\0', body: 'b' }, admin)).status,
          400,
        )
        const id = await write('t', 'b')
        assert.equal((await running.call('PATCH', `/api/articles/${id}`, {}, admin)).status, 405)
      })

      test('in maintenance reading works and writing does not', async () => {
        await running.call('PUT', '/api/maintenance', undefined, admin)
        assert.equal(field((await running.call('GET', '/health')).json, 'maintenance'), true)
        assert.equal(
          (await running.call('POST', '/api/articles', { title: 't', body: 'b' }, admin)).status,
          503,
        )
        assert.equal((await running.call('POST', '/api/users', {}, admin)).status, 503)
        assert.equal((await running.call('GET', '/api/articles', undefined, admin)).status, 200)
        await running.call('DELETE', '/api/maintenance', undefined, admin)
        await write('t', 'b')
        assert.equal((await running.call('POST', '/api/maintenance', undefined, admin)).status, 405)
      })
    })

    test('no such page is 404', async () => {
      assert.equal((await running.call('GET', '/')).status, 404)
      assert.equal((await running.call('GET', '/api/nothing', undefined, admin)).status, 404)
    })
  })
