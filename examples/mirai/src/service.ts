// The service behind its door: what each route does. It owns the records and the maintenance switch.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Article, isText, readDraft, search } from './articles.ts'
import { type Config, publicSettings } from './config.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { openStorage, type Storage } from './storage.ts'
import type { Records } from './store.ts'
import { hashPassword, Sessions, type User } from './users.ts'

export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly token: string | undefined
  readonly body: unknown
  readonly from: string
}
export interface Reply {
  readonly status: number
  readonly json?: unknown
  readonly text?: string
}

const MAINTENANCE = 'maintenance'
/** Test fault: while this file is there and MIRAI_FAULTS=1, /health answers 500. */
const FAULT_HEALTH = 'fault-health-500'

export class Service {
  readonly config: Config
  readonly version: string
  readonly metrics = new Metrics()
  readonly #log: Log
  readonly #storage: Storage
  readonly #users: Records<User>
  readonly #articles: Records<Article>
  readonly #sessions: Sessions
  readonly #startedAt = new Date()

  constructor(config: Config, version: string, log: Log) {
    this.config = config
    this.version = version
    this.#log = log
    this.#storage = openStorage(config)
    this.#users = this.#storage.users
    this.#articles = this.#storage.articles
    this.#sessions = new Sessions(this.#users, config.sessionMinutes)
  }

  /** The first administrator, where there is nobody yet and a password was handed in. */
  async prepare(): Promise<void> {
    await this.#storage.prepare()
    const { firstPassword } = this.config
    if ((await this.#users.all()).length > 0 || firstPassword === undefined) return
    await this.#users.put({
      id: 'u1',
      username: 'admin',
      role: 'admin',
      password: await hashPassword(firstPassword),
    })
    this.#log.info('first administrator made')
  }

  /** SIGHUP: data files and log files are read and opened anew. A file that is not sound is not taken. */
  async reload(): Promise<void> {
    this.#log.reopen()
    for (const store of [this.#users, this.#articles]) {
      try {
        await store.load()
      } catch (error) {
        this.#log.error('data file not taken', { path: store.path, why: String(error) })
      }
    }
    this.#log.info('reloaded')
  }

  close(): void {
    this.#storage.close()
  }

  async answer(call: Call): Promise<Reply> {
    const { method, path } = call
    if (method === 'GET' && path === '/health') return await this.#health()
    if (method === 'GET' && path === '/config') return { status: 200, json: publicSettings(this.config) }
    if (method === 'GET' && path === '/metrics')
      return {
        status: 200,
        text: this.metrics.text({
          articles: (await this.#articles.all()).length,
          users: (await this.#users.all()).length,
        }),
      }
    if (method === 'POST' && path === '/faults/hang' && this.config.faults) return hang()
    if (!path.startsWith('/api/')) return problem(404, 'no such page')
    if (method === 'POST' && path === '/api/login') return this.#login(call)
    const user = call.token === undefined ? undefined : await this.#sessions.user(call.token, Date.now())
    if (user === undefined || call.token === undefined) return problem(401, 'log in first: POST /api/login')
    if (method === 'POST' && path === '/api/logout') {
      this.#sessions.logout(call.token)
      return { status: 204 }
    }
    if (path === '/api/maintenance') return this.#maintenance(call, user)
    if (path === '/api/users') return this.#userList(call, user)
    return this.#article(call, user)
  }

  get inMaintenance(): boolean {
    return existsSync(join(this.config.dataDirectory, MAINTENANCE))
  }

  async #health(): Promise<Reply> {
    const { config } = this
    const faults = [await this.#users.fault(), await this.#articles.fault()].filter(
      (fault) => fault !== undefined,
    )
    if (config.faults && existsSync(join(config.dataDirectory, FAULT_HEALTH)))
      faults.push('planted for a test')
    const sound = faults.length === 0
    if (!sound) this.#log.error('not healthy', { why: faults.join('; ') })
    const json = {
      status: sound ? 'healthy' : 'unhealthy',
      version: this.version,
      startedAt: this.#startedAt.toISOString(),
      maintenance: this.inMaintenance,
      settings: publicSettings(config),
      ...(sound ? {} : { faults }),
    }
    return { status: sound ? 200 : 500, json }
  }

  async #login(call: Call): Promise<Reply> {
    const { username, password } = fields(call.body)
    if (typeof username !== 'string' || typeof password !== 'string')
      return problem(400, 'send username and password')
    const token = await this.#sessions.login(username, password, Date.now())
    this.metrics.login(token !== undefined)
    if (token === undefined) {
      this.#log.auth('Authentication failed', { username, from: call.from })
      return problem(401, 'name or password is wrong')
    }
    this.#log.auth('Authentication succeeded', { username, from: call.from })
    return { status: 200, json: { token } }
  }

  #maintenance(call: Call, user: User): Reply {
    if (user.role !== 'admin') return problem(403, 'only an administrator')
    const path = join(this.config.dataDirectory, MAINTENANCE)
    if (call.method === 'PUT') writeFileSync(path, '')
    else if (call.method === 'DELETE') rmSync(path, { force: true })
    else if (call.method !== 'GET') return problem(405, 'use GET, PUT or DELETE')
    if (call.method !== 'GET') this.#log.info('maintenance', { on: this.inMaintenance, by: user.username })
    return { status: 200, json: { maintenance: this.inMaintenance } }
  }

  async #userList(call: Call, user: User): Promise<Reply> {
    if (user.role !== 'admin') return problem(403, 'only an administrator')
    if (call.method === 'GET')
      return {
        status: 200,
        json: (await this.#users.all()).map(({ id, username, role }) => ({ id, username, role })),
      }
    if (call.method !== 'POST') return problem(405, 'use GET or POST')
    if (this.inMaintenance) return readOnly
    const { username, password, role } = fields(call.body)
    if (!isText(username) || typeof password !== 'string' || password.length < 8)
      return problem(400, 'send username, role and a password of 8 characters or more')
    if (role !== 'admin' && role !== 'editor' && role !== 'reader')
      return problem(400, 'role: admin, editor or reader')
    if ((await this.#users.all()).some((each) => each.username === username))
      return problem(409, 'that name is taken')
    const id = `u${crypto.randomUUID()}`
    await this.#users.put({ id, username, role, password: await hashPassword(password) })
    this.#log.info('user made', { username, by: user.username })
    return { status: 201, json: { id, username, role } }
  }

  async #article(call: Call, user: User): Promise<Reply> {
    const [, , kind, id] = call.path.split('/')
    if (kind !== 'articles') return problem(404, 'no such page')
    if (call.method === 'GET' && id === undefined) {
      const query = call.query.get('q')
      const all = await this.#articles.all()
      return { status: 200, json: query === null ? all : search(all, query) }
    }
    const article = id === undefined ? undefined : await this.#articles.find(id)
    if (call.method === 'GET')
      return article === undefined ? problem(404, 'no such article') : { status: 200, json: article }
    if (user.role === 'reader') return problem(403, 'a reader cannot write')
    if (this.inMaintenance) return readOnly
    if (call.method === 'POST' && id === undefined) return this.#write(call, user, crypto.randomUUID(), 201)
    if (article === undefined) return problem(404, 'no such article')
    if (call.method === 'PUT') return this.#write(call, user, article.id, 200)
    if (call.method !== 'DELETE') return problem(405, 'use GET, POST, PUT or DELETE')
    await this.#articles.remove(article.id)
    this.#log.info('article removed', { id: article.id, by: user.username })
    return { status: 204 }
  }

  async #write(call: Call, user: User, id: string, status: number): Promise<Reply> {
    const draft = readDraft(call.body)
    if (draft === undefined) return problem(400, 'send title, body and a list of tags')
    const article = { id, ...draft, author: user.username, changedAt: new Date().toISOString() }
    await this.#articles.put(article)
    this.#log.info('article written', { id, by: user.username })
    return { status, json: article }
  }
}

const readOnly = problem(503, 'maintenance: reading works, writing does not')

export function problem(status: number, message: string): Reply {
  return { status, json: { error: message } }
}

function fields(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
}

/** Test fault: a service that is really hung: its one thread waits for what never comes. It hears no signal either, so only its stop time-out ends it. */
function hang(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
