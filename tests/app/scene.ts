// A whole installation for one test, on real parts: PostgreSQL, the runner as its own process, signatures by ssh-keygen, a small HTTP
// service that shows whether a changed file is in effect, and the gate's door without a socket.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeGuardPlaces } from '../../src/agents/guard-places.ts'
import type { Gate } from '../../src/app/gate.ts'
import { migrations } from '../../src/app/migrations.ts'
import { type OpenGate, openGate } from '../../src/app/open-gate.ts'
import { connectRunner } from '../../src/app/runner-client.ts'
import { SekishoError } from '../../src/base/error.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { Clock } from '../../src/base/time.ts'
import type { ChangeView, NewChange } from '../../src/contract/change.ts'
import { GATE } from '../../src/db/layout.ts'
import { openStore, type Store } from '../../src/db/open.ts'
import { withClient } from '../../src/db/prepare.ts'
import { openDoor } from '../../src/http/application.ts'
import { applyPolicy } from '../../src/policy/apply.ts'
import { systemClock, systemRandom } from '../../src/sys/clock.ts'
import type { Log } from '../../src/sys/log.ts'
import { run } from '../../src/sys/process.ts'
import { RUNNER, WATCH } from '../bundle.ts'
import { freshDatabase, type TestDatabase } from '../db/database.ts'
import { hear } from '../heard.ts'
import { note } from '../left-over.ts'
import { until } from '../until.ts'

export interface Answer<T = unknown> {
  readonly status: number
  readonly body: T
  readonly text: string
  header(name: string): string | null
}

export interface Scene {
  readonly directory: string
  /** The declared file that changes change. */
  readonly file: string
  readonly gate: Gate
  readonly database: TestDatabase
  readonly logged: string[]
  /** Owner's URL to a table, for worlds that are mutated behind the gate. */
  call<T = unknown>(
    who: Who,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<T>>
  /** Signs a text with a person's key, by ssh-keygen. */
  sign(person: string, text: string, namespace?: string): Promise<string>
  /** Seals, and its author signs where that is wanted. */
  seal(who: Who, id: string): Promise<Answer<ChangeView>>
  /** The author's statement over the plan of a change, given in. */
  signAsAuthor(who: Who, id: string): Promise<Answer<ChangeView>>
  /** create → try → seal, signed by its author. */
  sealed(who: Who, content: string, over?: Partial<NewChange>): Promise<ChangeView>
  approve(person: string, id: string): Promise<Answer<ChangeView>>
  /** Tries; what cannot be tried on this machine is waived by ops2's signature. */
  attempt(who: Who, id: string): Promise<Answer<ChangeView>>
  waive(person: string, id: string, check: string): Promise<Answer<ChangeView>>
  /** The card, its statement and a signature, not yet given in. */
  signedApproval(person: string, id: string): Promise<Decision>
  /** Waits for states with a limit. */
  until(id: string, ...states: string[]): Promise<ChangeView>
  rewritePolicy(edit: (yaml: string) => string): Promise<void>
  /** Applies without the gate. Answers the version. */
  applyPolicy(edit: (yaml: string) => string, by?: string): Promise<string>
  /** Straight into the database, as its superuser. */
  sql(text: string, values?: unknown[]): Promise<readonly Record<string, unknown>[]>
  restartRunner(): Promise<void>
  stopRunner(signal?: NodeJS.Signals): Promise<void>
  /** Of `watch: true`. */
  startWatch(): void
  stopWatch(signal?: NodeJS.Signals): Promise<void>
  runnerPid(): number
  /** From here on it takes connections and answers none, until the act that is given back. */
  hangRunner(): () => void
  /** Ends the gate and opens another on the same store. */
  reopenGate(meanwhile?: () => Promise<void>): Promise<void>
  end(): Promise<void>
}
export interface Decision {
  readonly signed: { readonly text: string; readonly signature: string }
  readonly shownText: string
}
export type Who = 'ops1' | 'ops2' | 'dev' | 'claude' | 'nobody'

const PEOPLE = ['ops1', 'ops2', 'dev'] as const

export interface SceneOptions {
  readonly engine?: boolean
  /** Only ops1 may approve. */
  readonly solo?: boolean
  /** More lines of sekisho.yaml, at the top level. */
  readonly policy?: string
  readonly files?: number
  /** Everything but the database lies here: a disk of the test's own. */
  readonly within?: string
  /** What is started instead of the runner as it is delivered. */
  readonly runner?: string
  /** sekisho-watch runs beside the gate, as it is delivered. `spool`: its directory is there, and the test looks itself. */
  readonly watch?: true | 'spool'
  /** The gate's clock. */
  readonly clock?: Clock
}

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const directory = await mkdtemp(join(options.within ?? tmpdir(), 'sekisho-app-'))
  note(directory)
  await chmod(directory, 0o755)
  const data = join(directory, 'data')
  const etc = join(directory, 'etc')
  const world = join(directory, 'world')
  for (const one of [data, etc, world]) await mkdir(one)
  const files = Array.from({ length: options.files ?? 1 }, (_, i) =>
    join(world, i === 0 ? 'app.conf' : `app${i}.conf`),
  )
  const [file = ''] = files
  for (const one of files) await writeFile(one, 'limit = 10\n', { mode: 0o640 })
  const service = await serveFile(file)
  const probe = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`

  const publicKeys: Record<string, string> = {}
  for (const person of [...PEOPLE, 'claude', 'stranger']) {
    const key = join(directory, `${person}.key`)
    const made = await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', key])
    if (made.code !== 0) throw new Error(made.stderr)
    publicKeys[person] = (await readFile(`${key}.pub`, 'utf8')).trim()
  }
  const yaml = [
    'lang: en',
    'name: test',
    'services:',
    '  app:',
    '    host: local',
    '    configs:',
    ...files.map(
      (one) =>
        `      - { path: ${one}, kind: file, activation: none, probe: { url: '${probe}', json: { ok: true }, good: 1, of: 1 } }`,
    ),
    'people:',
    `  ops1: { name: Hanako, roles: [owner], keys: ['${publicKeys['ops1']}'] }`,
    `  ops2: { name: Jiro, roles: [${options.solo === true ? 'viewer' : 'approver, operator'}], keys: ['${publicKeys['ops2']}'] }`,
    `  dev: { name: Dev, roles: [requester], keys: ['${publicKeys['dev']}'] }`,
    'agents:',
    `  claude: { name: Claude Code, model: opus, sponsor: ops1, keys: ['${publicKeys['claude']}'] }`,
    options.policy ?? '',
    '',
  ].join('\n')
  const guard = await makeGuardPlaces(join(directory, 'guard'), undefined)
  const place = {
    source: join(etc, 'sekisho.yaml'),
    runner: join(etc, 'runner.json'),
    guard: guard.policy,
    applied: join(etc, 'applied.json'),
  }
  await writeFile(place.source, yaml)
  const disk = {
    read: (path: string) => readFile(path, 'utf8').catch(() => undefined),
    // What the guard reads everybody may read.
    write: (path: string, text: string) =>
      writeFile(path, text, { mode: path === guard.policy ? 0o644 : 0o640 }),
  }
  const applied = await applyPolicy(place, disk, 'ops1')
  if (applied.state === 'refused') throw new Error(JSON.stringify(applied.problems))

  const database = await freshDatabase(migrations(GATE))
  const logged: string[] = []
  const log = memoryLog(logged)
  let child: ChildProcess | undefined
  const sockets = { runner: join(data, 'run', 'runner.sock'), admin: join(data, 'run', 'admin.sock') }
  const startRunner = async () => {
    child = spawn(
      process.execPath,
      [
        options.runner ?? RUNNER,
        '--data',
        data,
        '--policy',
        place.runner,
        '--host',
        'local',
        '--guard',
        guard.directory,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    const heard = hear(child)
    const client = connectRunner(sockets.runner)
    await heard.until('the runner answers', () =>
      client.ask('status', {}).then(
        () => true,
        () => false,
      ),
    )
  }
  const stopRunner = (signal: NodeJS.Signals = 'SIGTERM') => stop(child, signal)
  const stop = async (ended: ChildProcess | undefined, signal: NodeJS.Signals) => {
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return
    await new Promise<void>((resolve) => {
      ended.once('exit', () => resolve())
      ended.kill(signal)
    })
  }
  await startRunner()
  let watcher: ChildProcess | undefined
  const startWatch = () => {
    watcher = spawn(process.execPath, [WATCH, '--data', data, '--policy', place.runner], { stdio: 'ignore' })
  }
  if (options.watch === true) startWatch()

  let store: Store<unknown>
  let opened: OpenGate
  let door: ReturnType<typeof openDoor>
  let closing = new AbortController()
  const open = async () => {
    closing = new AbortController()
    store = openStore<unknown>({ url: database.gateUrl, log })
    opened = await openGate({
      store,
      runnerSocket: sockets.runner,
      compiledRules: place.runner,
      rulesFile: place.source,
      guardDirectory: guard.directory,
      ...(options.watch === undefined ? {} : { watchDirectory: join(data, 'watch') }),
      clock: options.clock ?? systemClock,
      random: systemRandom,
      log,
      ...(options.engine === false
        ? {}
        : { engine: { databaseUrl: await database.engineUrl(), slot: 0, onLost: () => {} } }),
    })
    door = openDoor({ gate: opened.gate, closing: closing.signal })
  }
  await open()

  const tokens = new Map<Who, string>()
  const call: Scene['call'] = async <T>(
    who: Who,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const token = tokens.get(who)
    const response = await door.request(`http://127.0.0.1:7440/api/v1${path}`, {
      method,
      headers: {
        host: '127.0.0.1:7440',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
    const header = (name: string) => response.headers.get(name)
    return { status: response.status, text, body: (json ? JSON.parse(text) : text) as T, header }
  }
  const sign: Scene['sign'] = async (person, text, namespace = 'sekisho') => {
    const signed = await run(
      ['ssh-keygen', '-Y', 'sign', '-n', namespace, '-f', join(directory, `${person}.key`)],
      {
        input: text,
      },
    )
    if (signed.code !== 0) throw new Error(signed.stderr)
    return signed.stdout
  }
  for (const person of PEOPLE) {
    const { body } = await call<{ challenge: string }>('nobody', 'POST', '/login/start', { person })
    const signature = await sign(person, body.challenge, 'sekisho-login')
    const login = await call<{ token: string }>('nobody', 'POST', '/login/finish', {
      challenge: body.challenge,
      signature,
    })
    if (login.status !== 200) throw new Error(login.text)
    tokens.set(person, login.body.token)
  }
  const agent = await call<{ token: string }>('ops1', 'POST', '/agents/token', { agent: 'claude' })
  tokens.set('claude', agent.body.token)

  const signedApproval: Scene['signedApproval'] = async (person, id) => {
    const who = person as Who
    const card = await call<{ text: string; digest: string }>(who, 'GET', `/changes/${id}/card?language=en`)
    const asked = await call<{ text: string }>(who, 'POST', `/changes/${id}/statement`, {
      type: 'approve',
      shown: sha256(card.body.text),
    })
    if (asked.status !== 200) throw new Error(asked.text)
    const { text } = asked.body
    return { signed: { text, signature: await sign(person, text) }, shownText: card.body.text }
  }
  const waive: Scene['waive'] = async (person, id, check) => {
    const asked = await call<{ text: string }>(person as Who, 'POST', `/changes/${id}/statement`, {
      type: 'waive',
      check,
      reason: 'no sandbox here',
    })
    if (asked.status !== 200) throw new Error(asked.text)
    const { text } = asked.body
    return call<ChangeView>(person as Who, 'POST', `/changes/${id}/decision`, {
      signed: { text, signature: await sign(person, text) },
    })
  }
  const signAsAuthor: Scene['signAsAuthor'] = async (who, id) => {
    const asked = await call<{ text: string }>(who, 'POST', `/changes/${id}/statement`, { type: 'author' })
    if (asked.status !== 200) throw new Error(asked.text)
    const { text } = asked.body
    return call<ChangeView>(who, 'POST', `/changes/${id}/decision`, {
      signed: { text, signature: await sign(who, text) },
    })
  }
  const seal: Scene['seal'] = async (who, id) => {
    const sealed = await call<ChangeView>(who, 'POST', `/changes/${id}/seal`)
    const { authorship, state, author } = sealed.body
    return state === 'awaiting_approval' && authorship === 'unsigned'
      ? signAsAuthor(author.id as Who, id)
      : sealed
  }
  const attempt: Scene['attempt'] = async (who, id) => {
    let tried = await call<ChangeView>(who, 'POST', `/changes/${id}/try`)
    for (const one of tried.body.checks ?? [])
      if (one.verdict === 'not_tried') tried = await waive('ops2', id, one.check)
    return tried
  }
  /** As `config apply` does: a runner that is not there reads the file when it starts. */
  const writePolicy: Scene['applyPolicy'] = async (edit, by = 'ops1') => {
    await writeFile(place.source, edit(await readFile(place.source, 'utf8')))
    const again = await applyPolicy(place, disk, by)
    if (again.state === 'refused') throw new Error(JSON.stringify(again.problems))
    try {
      await connectRunner(sockets.admin).ask('policy', { by })
    } catch (error) {
      if (!(error instanceof SekishoError) || error.code !== 'runner.unreachable') throw error
    }
    return again.version
  }
  const scene: Scene = {
    attempt,
    waive,
    seal,
    signAsAuthor,
    directory,
    file,
    get gate() {
      return opened.gate
    },
    database,
    logged,
    call,
    sign,
    sealed: async (who, content, over = {}) => {
      const made = await call<ChangeView>(who, 'POST', '/changes', {
        pattern: 'config',
        service: 'app',
        instruction: { text: 'アップロードの上限を20MBにして' },
        impact: 'larger uploads pass',
        risk: 'the disk fills sooner',
        files: [{ kind: 'write', path: file, base64: Buffer.from(content).toString('base64') }],
        ...over,
      })
      if (made.status !== 200) throw new Error(made.text)
      const { id } = made.body
      const tried = await attempt(who, id)
      if (tried.body.state !== 'ready')
        throw new Error(JSON.stringify(tried.body.checks, null, 1) + tried.text.slice(0, 400))
      const sealed = await seal(who, id)
      if (sealed.status !== 200) throw new Error(sealed.text)
      return sealed.body
    },
    signedApproval,
    approve: async (person, id) =>
      call<ChangeView>(person as Who, 'POST', `/changes/${id}/decision`, await signedApproval(person, id)),
    until: async (id, ...states) => {
      let last = ''
      await eventually(
        async () => {
          const { body } = await call<ChangeView>('ops1', 'GET', `/changes/${id}`)
          last = body.state
          return states.includes(body.state)
        },
        () => `${id} is ${last}, wanted ${states.join(', ')}\n${logged.slice(-15).join('\n')}`,
      )
      return (await call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body
    },
    applyPolicy: writePolicy,
    rewritePolicy: async (edit) => {
      await writePolicy(edit)
      await opened.rules.refresh()
    },
    sql: async (text, values = []) =>
      withClient(database.ownerUrl, async (client) => (await client.query(text, values)).rows),
    restartRunner: async () => {
      await stopRunner()
      await startRunner()
    },
    stopRunner,
    startWatch,
    stopWatch: (signal = 'SIGTERM') => stop(watcher, signal),
    runnerPid: () => child?.pid ?? 0,
    hangRunner: () => {
      const hung = child
      hung?.kill('SIGSTOP')
      return () => hung?.kill('SIGCONT')
    },
    reopenGate: async (meanwhile = async () => {}) => {
      closing.abort()
      await opened.close()
      await meanwhile()
      await open()
    },
    end: async () => {
      closing.abort()
      await opened.close()
      await stop(watcher, 'SIGTERM')
      await stopRunner()
      service.close()
      await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return scene
}

/** Says `ok` as long as the file can be read and has a limit. */
async function serveFile(path: string): Promise<Server> {
  const server = createServer((_, response) => {
    readFile(path, 'utf8').then(
      (text) => response.end(JSON.stringify({ ok: String(/^limit = \d+$/m.test(text)) === 'true' })),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function memoryLog(lines: string[]): Log {
  const say = (level: string) => (fields: object, sentence: string) => {
    lines.push(`${level} ${sentence} ${JSON.stringify(fields)}`)
  }
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}

/** Waits for a fact with a limit. */
export async function eventually(
  isThere: () => Promise<boolean>,
  otherwise: () => string = () => 'it did not come about in time',
  limitMs = 60_000,
): Promise<void> {
  await until(otherwise, limitMs, async () => (await isThere()) || undefined)
}

export async function modeOf(path: string): Promise<string> {
  const { mode, uid, gid } = await stat(path)
  return `${(mode & 0o7777).toString(8)} ${uid}:${gid}`
}
