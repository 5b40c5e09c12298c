// The whole program as systemd runs it: its own process, its signals, its exit code.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

const MAIN = join(import.meta.dirname, '../src/main.ts')
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirai-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function startProgram(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: join(directory, 'data'),
      LOG_DIR: join(directory, 'log'),
      PORT: '0',
      ...env,
    },
  })
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }))
  })
  return { child, ended }
}

async function logged(message: string): Promise<void> {
  const path = join(directory, 'log/app.log')
  const end = Date.now() + 20_000
  while (!(existsSync(path) && readFileSync(path, 'utf8').includes(`"message":"${message}"`))) {
    if (Date.now() > end) throw new Error(`never logged: ${message}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('starts, reloads on SIGHUP and ends in order on SIGTERM', async () => {
  const { child, ended } = startProgram({})
  await logged('listening')
  child.kill('SIGHUP')
  await logged('reloaded')
  child.kill('SIGTERM')
  assert.equal((await ended).code, 0)
  assert.match(readFileSync(join(directory, 'log/app.log'), 'utf8'), /"message":"stopping"/)
})

test('a setting that makes no sense ends it with a sentence', async () => {
  assert.deepEqual(await startProgram({ PORT: 'eighty' }).ended, {
    code: 1,
    stderr: 'PORT=eighty: use a whole number from 0 to 65535\n',
  })
})

test('a port that is taken ends it with a sentence', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { code, stderr } = await startProgram({ PORT: String(address.port) }).ended
  other.close()
  assert.equal(code, 1)
  assert.match(stderr, /^cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
})
