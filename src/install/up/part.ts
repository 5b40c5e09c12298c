// One part of `up` as a child process: started, told to be ready, started again with growing pauses when it dies, ended in order.
import type { ChildProcess } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { failureOf, SekishoError } from '../../base/error.ts'
import { ERRORS, type ErrorCode } from '../../base/error-codes.ts'
import type { Detail } from '../../base/error-values.ts'
import { isObject } from '../../base/json.ts'
import type { Clock } from '../../base/time.ts'
import type { Log } from '../../sys/log.ts'
import { start } from '../../sys/process.ts'

export interface PartOptions {
  readonly name: string
  readonly argv: readonly string[]
  readonly account?: { readonly uid: number; readonly gid: number }
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  readonly clock: Clock
  readonly log: Log
  /** It loads beside what it needs and is told by `{go: true}` when that is there. What this throws, the start throws. */
  readonly needs?: Promise<unknown>
  /** Resolves when the part answers; asked until it does or the part ends. */
  readonly isReady: (message: unknown) => Promise<boolean>
  readonly onStart: (pid: number) => Promise<void>
  /** Other limits than those of the smaller parts. */
  readonly readyMs?: number
  readonly stopMs?: number
  /** `up` is ending: a start under way is given up. */
  readonly signal: AbortSignal
}

export interface Part {
  readonly name: string
  /** Ends it in order: SIGTERM, and SIGKILL when it does not obey. */
  stop(): Promise<void>
}

const READY_MS = 60_000
const STOP_MS = 30_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
/** A part that lived so long starts its pauses anew. */
const HEALTHY_MS = 60_000

/** Throws the part's own reason when it cannot start the first time. */
export async function startPart(options: PartOptions): Promise<Part> {
  const { clock, log, name } = options
  options.needs?.catch(() => {}) // Thrown by the start, however early that ends.
  const over = new AbortController()
  let child = await begin(options, true)
  const watch = async () => {
    let pause = FIRST_PAUSE_MS
    for (;;) {
      const since = clock.uptime()
      const how = await ended(child)
      if (over.signal.aborted) return
      if (clock.uptime() - since > HEALTHY_MS) pause = FIRST_PAUSE_MS
      log.error({ part: name, how, pause }, 'a part ended unexpectedly; it is started again')
      for (;;) {
        await clock.sleep(pause, over.signal).catch(() => {})
        if (over.signal.aborted) return
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
        try {
          child = await begin(options, false)
          log.info({ part: name, pid: child.pid }, 'a part runs again')
          break
        } catch (error) {
          log.error({ part: name, why: String(error), pause }, 'a part cannot be started again')
        }
      }
    }
  }
  const watching = watch()
  return {
    name,
    stop: async () => {
      over.abort()
      if (child.exitCode === null && child.signalCode === null) {
        const gone = ended(child)
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), options.stopMs ?? STOP_MS)
        await gone
        clearTimeout(timer)
      }
      await watching
    },
  }
}

/** At the first start a part that waits for something is refused with what it waits for; later it is let wait. */
async function begin(options: PartOptions, isFirst: boolean): Promise<ChildProcess> {
  const { argv, account, env, logFile, clock, name } = options
  const output = await open(logFile, 'a', 0o640)
  let child: ChildProcess
  try {
    child = start(argv, {
      env,
      // A group of its own: Ctrl-C in the terminal ends `up`, and `up` ends the parts in order.
      detached: true,
      stdio: ['ignore', output.fd, output.fd, 'ipc'],
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    })
  } finally {
    await output.close()
  }
  let message: unknown
  let failure: SekishoError | undefined
  child.on('message', (said: unknown) => {
    message = said
    failure = failureIn(said) ?? (isFirst ? waitsIn(said) : undefined) ?? failure
  })
  let broken: Error | undefined
  child.on('error', (error) => {
    broken = error
  })
  if (child.pid !== undefined) await options.onStart(child.pid)
  if (options.needs !== undefined) await letGo(child, options.needs)
  const until = clock.uptime() + (options.readyMs ?? READY_MS)
  for (;;) {
    if (failure !== undefined) {
      const gone = ended(child)
      child.kill('SIGTERM')
      await gone
      throw failure
    }
    if (broken !== undefined || child.exitCode !== null || child.signalCode !== null) {
      const said = await lastReason(logFile)
      if (said !== undefined && child.exitCode !== null) throw said
      const why = broken?.message ?? child.signalCode ?? `exit ${child.exitCode}`
      throw new SekishoError('gate.part_ends', { part: name, why, log: logFile })
    }
    if (await options.isReady(message)) return child
    if (options.signal.aborted || clock.uptime() > until) {
      child.kill('SIGKILL')
      throw new SekishoError('gate.part_ends', { part: name, why: `> ${READY_MS / 1000} s`, log: logFile })
    }
    await clock.sleep(10)
  }
}

/** Until what it needs is there, or the child has ended: then its own reason is read as after any end. */
async function letGo(child: ChildProcess, needs: Promise<unknown>): Promise<void> {
  try {
    await Promise.race([needs, ended(child)])
  } catch (error) {
    const gone = ended(child)
    child.kill('SIGKILL')
    await gone
    throw error
  }
  // A channel that closed meanwhile is told by the child's end.
  if (child.connected) child.send({ go: true }, () => {})
}

/** `{failed: {code, detail}}`: the part's own reason, so that `up` says the same sentence. */
function failureIn(message: unknown): SekishoError | undefined {
  const failed = isObject(message) ? message['failed'] : undefined
  if (!isObject(failed) || typeof failed['code'] !== 'string' || !Object.hasOwn(ERRORS, failed['code']))
    return undefined
  return failureOf({ code: failed['code'] as ErrorCode, detail: (failed['detail'] ?? {}) as Detail })
}

/** `{waits: {code, detail}}`: it answers, and does nothing until that has passed. */
function waitsIn(message: unknown): SekishoError | undefined {
  const waits = isObject(message) ? message['waits'] : undefined
  return waits === undefined ? undefined : failureIn({ failed: waits })
}

/** The runner has no channel to us but its log: its last line, where that is a failure of the table. */
async function lastReason(path: string): Promise<SekishoError | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  try {
    return failureIn({ failed: JSON.parse(line) as unknown })
  } catch {
    return undefined // No JSON: a stack, or nothing at all.
  }
}

function ended(child: ChildProcess): Promise<string> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(`${child.exitCode ?? child.signalCode}`)
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(`${code ?? signal}`))
  })
}
