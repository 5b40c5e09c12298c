// A service on a free port with a data directory of its own, as the tests use it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, readConfig } from '../src/config.ts'
import { openDoor } from '../src/door.ts'
import { Log } from '../src/log.ts'
import { Service } from '../src/service.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly json: unknown
}

export interface Running {
  readonly config: Config
  readonly service: Service
  call(method: string, path: string, body?: unknown, token?: string): Promise<Answer>
  /** Logs in and returns the token. */
  login(username: string, password: string): Promise<string>
  stop(): Promise<void>
}

export const PASSWORD = 'a long first word'

export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'mirai-'))
  const config = readConfig({
    PORT: '0',
    DATA_DIR: join(directory, 'data'),
    LOG_DIR: join(directory, 'log'),
    FIRST_PASSWORD: PASSWORD,
    ...env,
  })
  const log = new Log(config.logDirectory, config.logLevel)
  const service = new Service(config, '0.0.0-test', log)
  await service.prepare().catch((error: unknown) => {
    log.close()
    service.close()
    rmSync(directory, { recursive: true, force: true })
    throw error
  })
  const server = openDoor(service, log)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address

  async function call(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined }
  }

  return {
    config,
    service,
    call,
    async login(username, password) {
      const { json } = await call('POST', '/api/login', { username, password })
      if (typeof json !== 'object' || json === null || !('token' in json)) throw new Error('not let in')
      return String(json.token)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      service.close()
      log.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}
