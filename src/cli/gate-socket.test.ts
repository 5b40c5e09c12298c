// Who may be the gate for the command line: the socket in the data directory, and never whoever holds a port.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

let folder: string
let data: string
const servers: Server[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sk-socket-'))
  await chmod(folder, 0o755)
  data = join(folder, 'd')
  await mkdir(join(data, 'gate'), { recursive: true, mode: 0o755 })
})
afterEach(async () => {
  for (const one of servers.splice(0)) await new Promise((resolve) => one.close(resolve))
  await rm(folder, { recursive: true })
})

/** Listens, keeps who asked with which token, and answers that nobody may. */
async function listener(at: string | number) {
  const seen: (string | undefined)[] = []
  const server = createServer((request: IncomingMessage, answer) => {
    seen.push(request.headers.authorization)
    answer.writeHead(404, { 'content-type': 'application/json' }).end('{}')
  })
  servers.push(server)
  await new Promise<void>((resolve) =>
    typeof at === 'number' ? server.listen(at, '127.0.0.1', resolve) : server.listen(at, resolve),
  )
  return { seen, port: () => (server.address() as AddressInfo).port }
}

async function status(environment: Readonly<Record<string, string>> = {}) {
  const to = written()
  const exit = await main(['status', '--lang', 'en'], {
    environment: { SEKISHO_TOKEN: 'secret', SEKISHO_DATA: data, HOME: folder, ...environment },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: process.getuid?.() ?? 0,
    interrupted: new AbortController().signal,
  })
  return { exit, err: to.err() }
}

test('who holds the port of a gate that is down gets no token', async () => {
  const impostor = await listener(0)
  await writeFile(join(data, 'gate.json'), JSON.stringify({ port: impostor.port(), pid: 1 }))
  expect((await status()).exit).toBe(EXIT.later)
  expect(impostor.seen).toEqual([])
})
test('a URL that was named is asked', async () => {
  const named = await listener(0)
  await status({ SEKISHO_URL: `http://127.0.0.1:${named.port()}` })
  expect(named.seen).toEqual(['Bearer secret'])
})
test('the socket of the data directory is asked, whatever listens on the port', async () => {
  const impostor = await listener(0)
  const gate = await listener(join(data, 'gate/gate.sock'))
  await writeFile(join(data, 'gate.json'), JSON.stringify({ port: impostor.port(), pid: 1 }))
  await status()
  expect(gate.seen).toEqual(['Bearer secret'])
  expect(impostor.seen).toEqual([])
})
test.each([
  ['a socket directory that others can write', () => chmod(join(data, 'gate'), 0o777)],
  ['a data directory that others can write', () => chmod(data, 0o777)],
  ['one above it that others can write', () => chmod(folder, 0o775)],
  [
    'a link in the place of the directory',
    async () => {
      await rm(join(data, 'gate'), { recursive: true })
      await mkdir(join(folder, 'else'))
      await symlink(join(folder, 'else'), join(data, 'gate'))
    },
  ],
])('%s gets nothing, and one sentence names it', async (_name, spoil) => {
  await spoil()
  const gate = await listener(join(data, 'gate/gate.sock'))
  const { exit, err } = await status()
  expect(exit).toBe(EXIT.blocked)
  expect(err).toContain(folder)
  expect(err).toContain('Nothing is sent')
  expect(gate.seen).toEqual([])
})
