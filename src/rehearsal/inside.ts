// Our own child in a rehearsal room: it starts and stops the service as its user, asks its health, sends requests, and plays steps. It runs as root of the room's
// user namespace, which the candidate is not: no process of the candidate can trace it, end it or speak in its place.
import type { ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { EXIT } from '../base/error-codes.ts'
import { parseJson } from '../base/json.ts'
import { judge } from '../checks/health.ts'
import { readHealth } from '../host/health.ts'
import { joinRelay } from '../room/relay.ts'
import { systemClock } from '../sys/clock.ts'
import { probeHttp } from '../sys/net.ts'
import { start } from '../sys/process.ts'
import { type Load, startLoad } from './load.ts'
import { Player } from './play.ts'
import type { Identity, Order, OrderAnswer, PlayStep, ProgramOrder } from './protocol.ts'
import { holdSockets, type Sockets, withSockets } from './sockets.ts'

/** Plays an action as it is performed in production, forwards or backwards. */
export type PerformAction = (
  action: Extract<PlayStep, { readonly kind: 'action' }>['action'],
  back: boolean,
) => Promise<void>

const POLL_MS = 20
const SETTLE_MS = 100

interface Running {
  readonly child: ChildProcess
  readonly mayEnd: boolean
  exit?: number
}

/** Lives until its orders end. `descriptors`: of our own code, which stood outside the room. */
export async function rehearsalLife(
  [descriptors = '']: readonly string[],
  perform?: PerformAction,
): Promise<number> {
  for (const fd of descriptors.split(',').filter((one) => one !== '')) closeSync(Number(fd))
  const life = new Life(perform)
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const order = parseJson(line) as unknown as Order // The runner wrote it a moment ago.
    const answer = await life.obey(order).catch(
      (error: unknown): OrderAnswer => ({
        ok: false,
        why: (error instanceof Error ? error.message : String(error)).slice(0, 500),
      }),
    )
    process.stdout.write(`${JSON.stringify(answer)}\n`)
    if (order.do === 'end') break
  }
  return EXIT.done
}

class Life {
  #service: Running | undefined
  #load: Load | undefined
  #sockets: Sockets | undefined
  readonly #player = new Player()
  readonly #perform: PerformAction | undefined

  constructor(perform: PerformAction | undefined) {
    this.#perform = perform
  }

  async obey(order: Order): Promise<OrderAnswer> {
    switch (order.do) {
      case 'listen':
        this.#sockets = await holdSockets(order.sockets)
        return { ok: true }
      case 'start':
        return this.#start(order.program, order.mayEnd)
      case 'stop':
        return this.#stop(order.signal, order.graceMs, order.as)
      case 'run':
        return runToEnd(order.program, order.withinMs)
      case 'healthy':
        return this.#healthy(order)
      case 'load':
        this.#load?.stop()
        this.#load = startLoad(order.url, order.perSecond)
        return { ok: true }
      case 'count':
        return { ok: true, ...(await this.#load?.count()) }
      case 'unload': {
        this.#load?.stop()
        const last = await this.#load?.count()
        this.#load = undefined
        return { ok: true, ...last }
      }
      case 'request':
        return request(order)
      case 'relay':
        await joinRelay(order.port, order.socket)
        return { ok: true }
      case 'play':
        return this.#play(order)
      case 'end':
        this.#load?.stop()
        await this.#sockets?.close()
        return { ok: true }
    }
  }

  #start(program: ProgramOrder, mayEnd: boolean): OrderAnswer {
    const child = launch(program, this.#sockets)
    const running: Running = { child, mayEnd }
    child.once('error', () => {
      running.exit = 127
    })
    child.once('exit', (code, signal) => {
      running.exit = code ?? (signal === null ? 255 : 254)
    })
    this.#service = running
    return { ok: true }
  }

  /** To all processes of its user, as systemd does with those of a unit; what does not end in time is ended. */
  async #stop(signal: number, graceMs: number, as: Identity): Promise<OrderAnswer> {
    const running = this.#service
    this.#service = undefined
    await signalAll(signal, as)
    const until = performance.now() + graceMs
    while (running !== undefined && running.exit === undefined && performance.now() < until)
      await pause(POLL_MS)
    await signalAll(9, as)
    return { ok: true }
  }

  async #healthy({ health, withinMs }: Extract<Order, { readonly do: 'healthy' }>): Promise<OrderAnswer> {
    const until = performance.now() + withinMs
    let why = 'time'
    for (;;) {
      const ended = this.#service?.exit
      if (ended !== undefined && !(this.#service?.mayEnd === true && ended === 0))
        return { ok: false, why: 'ended', exit: ended }
      const attempt = judge(await probeHttp(health.url, { timeoutMs: health.withinMs }), health)
      if (attempt.ok) break
      why = attempt.why ?? why
      if (performance.now() > until) return { ok: false, why }
      await pause(POLL_MS)
    }
    // As often as it is declared, in quick succession: the first good answer may be a lucky one.
    const seen = await readHealth(
      { ...health, everyMs: Math.min(health.everyMs, SETTLE_MS) },
      { clock: systemClock, patienceMs: 0 },
    )
    const ended = this.#service?.exit
    if (ended !== undefined && !(this.#service?.mayEnd === true && ended === 0))
      return { ok: false, why: 'ended', exit: ended }
    return seen.verdict === 'green'
      ? { ok: true }
      : { ok: false, why: seen.attempts.find(({ ok }) => !ok)?.why ?? 'time' }
  }

  async #play({ step, number, back }: Extract<Order, { readonly do: 'play' }>): Promise<OrderAnswer> {
    if (step.kind === 'link' || step.kind === 'place') {
      if (back) this.#player.back(number)
      else this.#player.forward(step, number)
    } else if (step.kind === 'action') {
      if (this.#perform === undefined) return { ok: false, why: 'no performer' }
      await this.#perform(step.action, back)
    } else return { ok: false, why: step.kind }
    return { ok: true }
  }
}

/** Sent once; a redirect is an answer. */
async function request({
  method,
  url,
  body,
  headers,
  withinMs,
}: Extract<Order, { readonly do: 'request' }>): Promise<OrderAnswer> {
  const answer = await probeHttp(url, {
    method,
    headers,
    timeoutMs: withinMs,
    ...(body === undefined ? {} : { body }),
  })
  if (answer.kind === 'failed') return { ok: false, why: answer.why }
  return { ok: true, status: answer.status, body: answer.body.toString('base64') }
}

function asUser({ uid, gid }: Identity): readonly string[] {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--no-new-privs',
    '--',
  ]
}

/** What it says is passed on to whoever keeps it: standard output is ours. */
function launch({ argv, env, cwd, as }: ProgramOrder, sockets?: Sockets): ChildProcess {
  return start([...asUser(as), 'env', '-C', cwd, ...withSockets(argv, sockets?.names ?? [])], {
    env,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 2, 2, ...(sockets?.descriptors ?? [])],
  })
}

function runToEnd(program: ProgramOrder, withinMs: number): Promise<OrderAnswer> {
  return new Promise((resolve) => {
    const child = launch(program)
    const timer = setTimeout(() => {
      child.removeAllListeners()
      void signalAll(9, program.as).then(() => resolve({ ok: false, why: 'time' }))
    }, withinMs)
    child.once('error', () => resolve({ ok: false, exit: 127 }))
    child.once('exit', (code) => {
      clearTimeout(timer)
      const exit = code ?? 254
      resolve({ ok: exit === 0, exit })
    })
  })
}

/** As the user itself, whom it may signal: everything of that user in this room, and the program that sends it not. */
async function signalAll(signal: number, as: Identity): Promise<void> {
  await new Promise<void>((done) => {
    const child = start([...asUser(as), 'sh', '-c', 'kill -"$1" -1', 'sh', String(signal)], {
      env: {},
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    child.once('error', () => done())
    child.once('exit', () => done())
  })
}
