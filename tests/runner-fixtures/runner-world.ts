// A real runner process on a scratch directory: its policy, real SSH keys, plain files as targets, and a client of frames of its own
// (the gate's client is not used here: an oracle never shares code with what it judges).
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '../../src/base/hash.ts'
import {
  type ActorId,
  byteOrder,
  type ChangeId,
  type ExecutionId,
  type ServiceName,
} from '../../src/base/id.ts'
import { canonical, type Json } from '../../src/base/json.ts'
import type { Instant } from '../../src/base/time.ts'
import { type FileChange, type FileState } from '../../src/plans/file-state.ts'
import { baselineDigest, fingerprint } from '../../src/plans/fingerprint.ts'
import { type Plan, planDigest } from '../../src/plans/plan.ts'
import { configPlan } from '../../src/plans/playbooks/config.ts'
import { type CompiledPolicy, type ConfigFile, decidingPart } from '../../src/plans/policy.ts'
import { type Envelope, envelopeDigest } from '../../src/seal/envelope.ts'
import type { ExecutionState } from '../../src/seal/journal.ts'
import { type Signed, type Statement, statementText } from '../../src/seal/statement.ts'
import { RUNNER } from '../bundle.ts'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { RULES } from './scene.ts'

export const HOST = 'web1'
export const SERVICE = 'mirai' as ServiceName

export interface Answer {
  readonly ok: boolean
  readonly result?: unknown
  readonly code?: string
  readonly detail?: Record<string, unknown>
}

/** The connection broke, or there was none: the runner is dead. */
export class Gone extends Error {}

/** A declared file of the world; `probe: 'none'`: nothing shows whether it is in effect, so a person keeps it. */
export type WorldFile = Omit<Partial<ConfigFile>, 'probe'> & { readonly probe?: 'none' }
export const UNPROVEN: readonly WorldFile[] = [{ probe: 'none' }, { probe: 'none' }]

export class RunnerWorld {
  readonly root: string
  readonly data: string
  readonly files: string
  readonly policyFile: string
  policy: CompiledPolicy
  /** What the client was told, in order: acknowledged and never to be lost. */
  readonly acknowledged: string[] = []
  /** The application whose configuration the files are: it answers their probe. */
  readonly #application: Server
  #child: ChildProcess | undefined
  #stderr = ''
  #ended: Promise<{ readonly code: number | null; readonly signal: string | null }> | undefined

  constructor(paths: readonly WorldFile[] = [{}, {}], people: readonly string[] = ['ops1', 'ops2']) {
    this.root = mkdtempSync(join(tmpdir(), 'sekisho-runner-test-'))
    chmodSync(this.root, 0o755)
    this.data = join(this.root, 'data')
    this.files = join(this.root, 'etc')
    this.policyFile = join(this.root, 'runner.json')
    mkdirSync(this.files)
    mkdirSync(join(this.root, 'keys'), { mode: 0o700 })
    const names = ['a.conf', 'b.conf', 'c.conf']
    this.#application = createServer((_, answer) => answer.end('{}')).listen(0)
    this.#application.unref()
    const { port } = this.#application.address() as AddressInfo
    const probe = {
      url: `http://localhost:${port}/config`,
      status: 200,
      json: {},
      withinMs: 10_000,
      good: 1,
      of: 1,
      everyMs: 0,
    }
    this.policy = {
      v: 1,
      version: sha('policy') as Digest,
      name: 'test',
      language: 'en',
      zone: 'Asia/Tokyo',
      people: [{ ...this.#person('author'), roles: ['requester'] }, ...people.map((id) => this.#person(id))],
      agents: [],
      services: [
        {
          name: SERVICE,
          host: HOST,
          files: paths.map(({ probe: none, ...over }, i) => ({
            path: join(this.files, names[i] ?? `${i}.conf`),
            kind: 'file',
            secret: false,
            activation: 'none',
            keep: 'proof',
            ...(none === undefined ? { probe } : {}),
            ...over,
          })),
          logs: {},
        },
      ],
      rules: RULES,
    }
    this.writePolicy()
  }

  #person(id: string) {
    const file = this.key(id)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', id, '-f', file])
    const [type, base64] = readFileSync(`${file}.pub`, 'utf8').split(' ')
    const fingerprint = execFileSync('ssh-keygen', ['-l', '-f', `${file}.pub`], { encoding: 'utf8' }).split(
      ' ',
    )[1]
    return {
      id: id as ActorId,
      name: id,
      roles: ['approver', 'operator', 'owner'] as const,
      services: [],
      keys: [
        {
          fingerprint: fingerprint ?? '',
          public: `${type} ${base64}`,
          class: 'file' as const,
          revoked: false,
          demo: false,
        },
      ],
    }
  }

  key(id: string): string {
    return join(this.root, 'keys', id)
  }

  writePolicy(policy: CompiledPolicy = this.policy): void {
    this.policy = policy
    writeFileSync(this.policyFile, JSON.stringify(policy), { mode: 0o600 })
  }

  /** Plain files as they are before a change. */
  reset(content = 'old\n'): void {
    for (const { path } of this.policy.services[0]?.files ?? []) {
      rmSync(path, { force: true })
      writeFileSync(path, content, { mode: 0o640 })
    }
  }

  contents(): readonly string[] {
    return (this.policy.services[0]?.files ?? []).map(({ path }) =>
      existsSync(path)
        ? `${(statSync(path).mode & 0o777).toString(8)} ${readFileSync(path, 'utf8')}`
        : 'absent',
    )
  }

  start(env: Readonly<Record<string, string>> = {}, argv: readonly string[] = []): void {
    const child = spawn(
      argv[0] ?? process.execPath,
      [
        ...argv.slice(1),
        ...(argv.length > 0 ? [process.execPath] : []),
        RUNNER,
        '--data',
        this.data,
        '--policy',
        this.policyFile,
        '--host',
        HOST,
      ],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          SEKISHO_TESTS: '1',
          SEKISHO_SYSTEMD: '0',
          NODE_COMPILE_CACHE: COMPILE_CACHE,
          ...env,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    this.#stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString('utf8')
    })
    this.#child = child
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
  }

  get log(): string {
    return this.#stderr
  }
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async ended(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    if (this.#ended === undefined) throw new Error('no runner was started')
    return this.#ended
  }
  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.alive) return
    this.#child?.kill(signal)
    await this.ended()
  }

  async end(): Promise<void> {
    await this.stop('SIGKILL')
    this.#application.close()
    this.#application.closeAllConnections()
    rmSync(this.root, { recursive: true, force: true })
  }

  /** One request on its own connection. Throws Gone when the runner dies meanwhile. */
  async ask(request: Json, door: 'runner' | 'admin' = 'runner'): Promise<Answer> {
    return askSocket(join(this.data, 'run', `${door}.sock`), frame(canonical(request)))
  }

  /** Waits until the runner answers, or is dead. */
  async ready(): Promise<void> {
    for (let i = 0; i < 600; i++) {
      if (!this.alive) throw new Gone(this.#stderr)
      try {
        await this.ask({ verb: 'report', execution: 'CHG-2026-9999/1', from: 0 })
        return
      } catch (error) {
        if (!(error instanceof Gone)) throw error
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    }
    throw new Error(`the runner does not answer: ${this.#stderr}`)
  }

  async put(kind: 'plan' | 'envelope' | 'blob', digest: string, bytes: Buffer): Promise<void> {
    const answer = await this.ask({
      verb: 'put',
      kind,
      digest,
      size: bytes.length,
      offset: 0,
      base64: bytes.toString('base64'),
    })
    if (!answer.ok) throw new Error(`put ${kind}: ${JSON.stringify(answer)}`)
  }

  sign(statement: Statement, by: string = statement.approver): Signed {
    const text = statementText(statement)
    const file = join(this.root, 'to-sign')
    writeFileSync(file, text)
    rmSync(`${file}.sig`, { force: true })
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'sekisho', '-f', this.key(by), file], {
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    return { text, signature: readFileSync(`${file}.sig`, 'utf8') }
  }

  async state(execution: ExecutionId): Promise<ExecutionState> {
    const answer = await this.ask({ verb: 'report', execution, from: 0 })
    return (answer.result as { state: ExecutionState }).state
  }

  /** Waits for a fact, with a limit against hanging. */
  async until(execution: ExecutionId, is: (state: ExecutionState) => boolean): Promise<ExecutionState> {
    for (let i = 0; i < 1200; i++) {
      const state = await this.state(execution)
      if (is(state)) return state
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`${execution} stays ${JSON.stringify(await this.state(execution))}; ${this.#stderr}`)
  }
}

export function sha(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

export function frame(body: string): Buffer {
  const bytes = Buffer.from(body)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export function askSocket(path: string, bytes: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let got = Buffer.alloc(0)
    const gone = () => reject(new Gone('the runner is gone'))
    socket.on('error', gone)
    socket.on('close', gone)
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk])
      if (got.length < 4 || got.length < 4 + got.readUInt32BE(0)) return
      resolve(JSON.parse(got.subarray(4, 4 + got.readUInt32BE(0)).toString('utf8')) as Answer)
      socket.destroy()
    })
    socket.write(bytes)
  })
}

/** The file as it stands, said by stat and sha256 of this process. */
export function standing(path: string): FileState {
  if (!existsSync(path)) return { kind: 'absent' }
  const { mode, uid, gid, size } = statSync(path)
  return { kind: 'file', digest: sha(readFileSync(path)) as Digest, size, mode: mode & 0o7777, uid, gid }
}

export interface Order {
  readonly change: ChangeId
  readonly execution: ExecutionId
  readonly plan: Plan
  readonly blobs: readonly Buffer[]
}

export const BY_PERSON: Plan['keep'] = { by: 'person', seconds: RULES.keepSeconds }

/** The playbook's own plan of these changes. */
export function playbookPlan(
  world: RunnerWorld,
  change: ChangeId,
  files: readonly FileChange[],
  keepByPerson = false,
): Plan {
  const [service] = world.policy.services
  if (service === undefined) throw new TypeError('no service')
  return configPlan(world.policy, service, {
    change,
    revision: 1,
    files: files.toSorted((a, b) => byteOrder(a.path, b.path)),
    env: [],
    reals: files.filter(({ links }) => links.length > 0),
    stopTimeoutMs: {},
    down: false,
    inactive: [],
    keepByPerson,
  })
}

/** A change of every declared file to `content`; a person keeps it where that is asked for, or nothing can show that it is in effect. */
export function orderOf(world: RunnerWorld, number: number, content: string, keep?: Plan['keep']): Order {
  const change = `CHG-2026-${String(number).padStart(4, '0')}` as ChangeId
  const blob = Buffer.from(content)
  const files: FileChange[] = (world.policy.services[0]?.files ?? []).map(({ path }) => {
    const before = standing(path)
    return {
      path,
      real: path,
      links: [],
      before,
      after: {
        kind: 'file',
        digest: sha(blob) as Digest,
        size: blob.length,
        mode: 0o600,
        uid: process.getuid?.() ?? 0,
        gid: process.getgid?.() ?? 0,
      },
    }
  })
  const plan = playbookPlan(world, change, files, keep?.by === 'person')
  return {
    change,
    execution: `${change}/1` as ExecutionId,
    plan: keep === undefined ? plan : { ...plan, keep },
    blobs: [blob],
  }
}

let nonces = 0
export function nonce(): string {
  nonces += 1
  return sha(`${process.pid} ${nonces} ${performance.now()}`).slice(0, 32)
}
export function now(offset = 0): Instant {
  return new Date(Date.now() + offset).toISOString() as Instant
}

/** Seals what the runner's own trial answered, as the gate does. */
export function seal(
  world: RunnerWorld,
  { plan }: Order,
  trial: { readonly evidence: string; readonly expires: string },
  over: Partial<Envelope> = {},
): Envelope {
  const action = plan.actions[0]?.action
  const files = action?.kind === 'replaceFiles' ? action.files : action?.kind === 'editEnv' ? [action] : []
  const baseline = plan.targets.map((target) => {
    const file = files.find(({ path }) => target.endsWith(`file:${path}`))
    if (file === undefined) throw new Error(target)
    const { path, real, links, before } = file
    return { target, digest: fingerprint(target, { kind: 'file', path, real, links, state: before }) }
  })
  const expires = now(3_600_000)
  const own = ['validation', 'trial', 'undo'] as const
  return {
    v: 1,
    change: plan.change,
    revision: plan.revision,
    host: HOST,
    service: SERVICE,
    class: 'normal',
    tier: 2,
    plan: planDigest(plan),
    diff: sha('diff') as Digest,
    baseline,
    evidence: [
      { check: 'baseline', digest: baselineDigest(baseline), expires, collector: 'runner' },
      ...own.map((check) => ({
        check,
        digest: trial.evidence as Digest,
        expires: trial.expires as Instant,
        collector: 'runner' as const,
      })),
      { check: 'notification', digest: sha('no') as Digest, expires, collector: 'gate' },
    ],
    waivers: [],
    policy: decidingPart(world.policy, SERVICE),
    playbook: plan.playbook,
    approvals: { count: 1, roles: ['approver', 'owner'] },
    requester: 'author' as ActorId,
    author: 'author' as ActorId,
    lineage: ['author' as ActorId],
    editors: ['author' as ActorId],
    instruction: sha('instruction') as Digest,
    notification: 'not_needed',
    sealedAt: now(),
    expires,
    ...over,
  }
}

export function approve(envelope: Envelope, approver = 'ops1'): Statement {
  return {
    v: 1,
    type: 'approve',
    approver: approver as ActorId,
    role: 'approver',
    nonce: nonce(),
    at: now(-1000),
    expires: now(3_600_000),
    change: envelope.change,
    envelope: envelopeDigest(envelope),
    shown: sha('card') as Digest,
  }
}

/** The author's own statement over the plan. */
export function authored({ author, change, plan }: Envelope): Statement {
  return {
    v: 1,
    type: 'author',
    approver: author,
    role: 'author',
    nonce: nonce(),
    at: now(-1000),
    expires: now(3_600_000),
    change,
    plan,
  }
}

export interface Ready {
  readonly order: Order
  readonly envelope: Envelope
  readonly request: Json
}

/** Puts, tries, seals and signs: everything up to the order. Throws Gone when the runner dies on the way. */
export async function prepare(world: RunnerWorld, order: Order): Promise<Ready> {
  const { plan } = order
  for (const blob of order.blobs) await world.put('blob', sha(blob), blob)
  await world.put('plan', planDigest(plan), Buffer.from(canonical(plan as unknown as Json)))
  const tried = await world.ask({ verb: 'try', plan: planDigest(plan) })
  if (!tried.ok) throw new Error(`try: ${JSON.stringify(tried)}`)
  const envelope = seal(world, order, tried.result as { evidence: string; expires: string })
  return ordered(world, order, envelope, [world.sign(approve(envelope))])
}

export async function ordered(
  world: RunnerWorld,
  order: Order,
  envelope: Envelope,
  statements: readonly Signed[],
): Promise<Ready> {
  const byAuthor = envelope.class === 'normal' ? [world.sign(authored(envelope))] : []
  await world.put('envelope', envelopeDigest(envelope), Buffer.from(canonical(envelope as unknown as Json)))
  const request = {
    verb: 'run',
    execution: order.execution,
    change: order.change,
    plan: planDigest(order.plan),
    envelope: envelopeDigest(envelope),
    statements: [...statements, ...byAuthor],
    fences: order.plan.targets.map((target) => ({ target, token: 1 })),
  } as unknown as Json
  return { order, envelope, request }
}

export function note(world: RunnerWorld, fact: string): void {
  world.acknowledged.push(fact)
  appendFileSync(join(world.root, 'acknowledged'), `${fact}\n`)
}
