// What is special of files of JSON: damage from outside is seen, and nothing that is not sound is taken.
import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { field, PASSWORD, type Running, startService } from './start.ts'

let running: Running
let admin: string
beforeEach(async () => {
  running = await startService()
  admin = await running.login('admin', PASSWORD)
})
afterEach(() => running.stop())

const log = (name: string) => readFileSync(join(running.config.logDirectory, name), 'utf8')

describe('files', () => {
  test('a damaged data file makes it 500, and the error log says why', async () => {
    const path = join(running.config.dataDirectory, 'users.json')
    const sound = readFileSync(path)
    writeFileSync(path, '[')
    const { status, json } = await running.call('GET', '/health')
    assert.equal(status, 500)
    assert.equal(field(json, 'status'), 'unhealthy')
    assert.match(log('error.log'), /"level":"ERROR","message":"not healthy"/)
    writeFileSync(path, sound)
    assert.equal((await running.call('GET', '/health')).status, 200)
  })

  test('the password is nowhere on disk', () => {
    const users = readFileSync(join(running.config.dataDirectory, 'users.json'), 'utf8')
    assert.match(users, /"password": "scrypt:16384:8:1:/)
    assert.doesNotMatch(users, new RegExp(PASSWORD))
  })
})

describe('reload', () => {
  test('takes a sound file, keeps what it has when it is not sound, and opens rotated logs anew', async () => {
    const path = join(running.config.dataDirectory, 'articles.json')
    const article = {
      id: 'a1',
      title: 'by hand',
      body: 'b',
      tags: [],
      author: 'admin',
      changedAt: '2026-01-01T00:00:00Z',
    }
    writeFileSync(path, JSON.stringify([article]))
    renameSync(join(running.config.logDirectory, 'app.log'), join(running.config.logDirectory, 'app.log.1'))
    await running.service.reload()
    assert.equal((await running.call('GET', '/api/articles/a1', undefined, admin)).status, 200)
    assert.match(log('app.log'), /"message":"reloaded"/)
    writeFileSync(path, '[{}]')
    await running.service.reload()
    assert.equal((await running.call('GET', '/api/articles/a1', undefined, admin)).status, 200)
    assert.match(log('error.log'), /data file not taken/)
  })
})
