// The durable engine behind a thin door: it remembers that an execution was started and sees it to its end, over kills.
// The one file that knows DBOS. It orders nothing but the three acts of its port; the runner does, proves and undoes.
// INVARIANT R1: the workflow is frozen (offer, outcome, close) and its version pinned; it changes only after a drain.
// INVARIANT R2: a fault of the engine (any code but 23 and 31) is rethrown and a person called; it is never an outcome.
// INVARIANT R3: an unknown outcome never becomes an answer: what cannot be asked now is asked again, without end.
// INVARIANT R4: engine work runs only under the slot's session lock; when that ends the process must end.
// INVARIANT R5: the engine stores ids, references and codes, no text of people or programs.
import { AsyncLocalStorage } from 'node:async_hooks'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { SekishoError } from '../base/error.ts'
import { ERRORS } from '../base/error-codes.ts'
import type { ExecutionId } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import type { Clock } from '../base/time.ts'
import type { Log } from '../db/log.ts'
import { takeSlot } from '../db/slot.ts'
import { environment } from '../sys/config.ts'
import { type Job, startSchedule } from './schedule.ts'

/** Raise only after a drain: a workflow of another version is never taken up again (INVARIANT R1). */
export const ENGINE_VERSION = 'engine-1'
const SCHEMA = 'engine'
const WORKFLOW = 'execution'
const POLL_MS = 100
const SLOWEST_MS = 5000
/** The same trouble is told again after so long. */
const TOLD_AGAIN_MS = 60_000
/** The default of 100 would give a change up in a crash loop. */
const MAX_RECOVERIES = 1_000_000
const ALARM_AFTER_MS = 5 * 60_000
const ALARM_EVERY_MS = 60_000

/** How an execution ended, as `close` learns it. */
export type End<Outcome> =
  | { readonly kind: 'reported'; readonly outcome: Outcome }
  /** The order was refused for good with this code; whether a row was written, `close` sees in the state. */
  | { readonly kind: 'not_offered'; readonly code: string }

/**
 * The three acts. Each may run more than once and must be written for it; each reads all it needs by the execution's id.
 * What throws a SekishoError with `retry`, or anything in `outcome` and `close`, is tried again for as long as we live.
 */
export interface ExecutionPort<Outcome extends Json> {
  /** Writes the order for the host. */
  offer(execution: ExecutionId): Promise<void>
  /** A small reference to what the runner reported, or 'pending'. Stored in clear by the engine. */
  outcome(execution: ExecutionId): Promise<Outcome | 'pending'>
  /** Records the end: state and ledger entry in one transaction. */
  close(execution: ExecutionId, end: End<Outcome>): Promise<void>
}

export interface EngineFault {
  readonly execution: ExecutionId
  readonly engineCode: number
  readonly why: string
}

export interface EngineOptions<Outcome extends Json> {
  /** The engine's own database (`Embedded.engineUrl`), or DATABASE_URL: it lives in a schema of its own. */
  readonly databaseUrl: string
  readonly slot: number
  readonly port: ExecutionPort<Outcome>
  readonly jobs: readonly Job[]
  readonly clock: Clock
  readonly log: Log
  /** The slot's session ended: exit the process at once (INVARIANT R4). */
  readonly onLost: (why: string) => void
  /** Page a person; nothing was undone (INVARIANT R2). */
  readonly onEngineFault: (fault: EngineFault) => void
  /** Executions that have been open for more than five minutes, once a minute while there are any. */
  readonly onOverdue: (executions: readonly ExecutionId[]) => void
  readonly slotWaitMs?: number
}

export interface Engine {
  /** Starts the workflow of an approved execution; twice is once. */
  startExecution(execution: ExecutionId): Promise<void>
  /** What the engine still has open. */
  open(): Promise<readonly ExecutionId[]>
  /** Forgets workflows that ended before this time (ms since 1970). Returns how many. */
  prune(before: number): Promise<number>
  /** Jobs, then the engine, then the slot. Open executions stay open for the next launch. */
  close(): Promise<void>
}

/** Tells the engine's own faults from failures of a step, by code and not by class: a child's fault comes as a plain error. */
export function isEngineError(error: unknown): boolean {
  const code = engineCode(error)
  return code !== undefined && code !== 23 && code !== 31
}

function engineCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('dbosErrorCode' in error)) return undefined
  return typeof error.dbosErrorCode === 'number' ? error.dbosErrorCode : undefined
}

/** One engine a process: the SDK is global. Throws engine.slot_taken, engine.environment, engine.fault, store.*. */
export async function launchEngine<Outcome extends Json>(options: EngineOptions<Outcome>): Promise<Engine> {
  const names = Object.keys(environment).filter((name) => name.startsWith('DBOS_'))
  if (names.length > 0) throw new SekishoError('engine.environment', { names })
  const { clock, log } = options
  const life = { over: false }
  // What ends one execution hands over the next from within its last step, where the engine starts nothing: it is started outside.
  const outside = AsyncLocalStorage.snapshot()
  const slot = await takeSlot({
    url: options.databaseUrl,
    number: options.slot,
    clock,
    ...(options.slotWaitMs === undefined ? {} : { waitMs: options.slotWaitMs }),
    onLost: (why) => {
      life.over = true
      options.onLost(why)
    },
  })
  const workflow = DBOS.registerWorkflow((id: ExecutionId) => execution(id, options, life), {
    name: WORKFLOW,
    maxRecoveryAttempts: MAX_RECOVERIES,
  })
  try {
    await launch(options)
  } catch (cause) {
    await DBOS.shutdown({ deregister: true }).catch(() => {})
    await slot.release()
    throw fault(cause)
  }
  const schedule = startSchedule([...options.jobs, overdueJob(options)], clock, log)
  return {
    startExecution: async (id) => {
      try {
        await outside(async () => {
          // One that was taken up again after a restart is known; started once more, the engine would warn at each sweep.
          if ((await DBOS.getWorkflowStatus(id)) === null)
            await DBOS.startWorkflow(workflow, { workflowID: id })(id)
        })
      } catch (cause) {
        throw fault(cause)
      }
    },
    open: () => openExecutions(),
    prune: (before) => prune(before),
    close: async () => {
      life.over = true
      await schedule.stop()
      await DBOS.shutdown({ deregister: true })
      await slot.release()
    },
  }
}

async function launch<Outcome extends Json>(options: EngineOptions<Outcome>): Promise<void> {
  DBOS.setConfig({
    name: 'sekisho',
    systemDatabaseUrl: withIdleLimit(options.databaseUrl),
    systemDatabaseSchemaName: SCHEMA,
    systemDatabasePoolSize: 5,
    applicationVersion: ENGINE_VERSION,
    executorID: `slot-${options.slot}`,
    enableOTLP: false,
    tracingEnabled: false,
    logger: engineLog(options.log),
  })
  await DBOS.launch()
}

/**
 * The engine would set this limit by a query of its own on a connection in use, which pg warns of on stderr; told in the
 * URL it is set at the connection's start.
 */
function withIdleLimit(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.searchParams.set('options', '-c idle_in_transaction_session_timeout=60000')
  return url.toString()
}

interface Life {
  over: boolean
}

/** The frozen workflow (INVARIANT R1). Its steps' names and order are what a replay is compared with. */
async function execution<Outcome extends Json>(
  id: ExecutionId,
  options: EngineOptions<Outcome>,
  life: Life,
): Promise<void> {
  const { port } = options
  const steps: Steps = { id, life, clock: options.clock, log: options.log }
  try {
    const end = await ordered(steps, port)
    await DBOS.runStep(() => untilDone(steps, 'close', () => port.close(id, end)), { name: 'close' })
  } catch (error) {
    // The engine is closing under a step that it was about to record: the next launch takes it up, and nobody is called for it.
    if (life.over) await never()
    // Everything else was answered inside its step: what reaches us here is the engine's.
    const why = error instanceof Error ? error.message : String(error)
    options.onEngineFault({ execution: id, engineCode: engineCode(error) ?? 0, why })
    throw error
  }
}

async function ordered<Outcome extends Json>(
  steps: Steps,
  port: ExecutionPort<Outcome>,
): Promise<End<Outcome>> {
  try {
    await DBOS.runStep(() => offer(steps, port), { name: 'offer' })
  } catch (error) {
    if (isEngineError(error)) throw error // INVARIANT R2
    const refused = engineCode(error) === undefined && error instanceof Error
    return { kind: 'not_offered', code: refused ? error.message : 'engine.fault' }
  }
  // No time-out of the engine here: a 31 must never stand for "the runner may still be at it".
  const outcome = await DBOS.runStep(() => reported(steps, port), { name: 'outcome' })
  return { kind: 'reported', outcome }
}

/** Asks until the runner has reported (INVARIANT R3). */
async function reported<Outcome extends Json>(steps: Steps, port: ExecutionPort<Outcome>): Promise<Outcome> {
  for (;;) {
    const seen = await untilDone(steps, 'outcome', () => port.outcome(steps.id))
    if (seen !== 'pending') return seen
    await steps.clock.sleep(POLL_MS)
    if (steps.life.over) await never()
  }
}

interface Steps {
  readonly id: ExecutionId
  readonly life: Life
  readonly clock: Clock
  readonly log: Log
}

/** Offers until it is written or refused for good. What is thrown is stored by the engine, so it is the code alone (R5). */
async function offer<Outcome extends Json>(steps: Steps, port: ExecutionPort<Outcome>): Promise<void> {
  await untilDone(steps, 'offer', async () => {
    try {
      await port.offer(steps.id)
    } catch (error) {
      if (mayPass(error)) throw error
      steps.log.error({ execution: steps.id, why: String(error) }, 'the order was refused')
      throw new Refusal(error instanceof SekishoError ? error.code : 'bug')
    }
  })
}

class Refusal extends Error {}

function mayPass(error: unknown): boolean {
  return error instanceof SekishoError && ERRORS[error.code].retry
}

/** Tries again, ever slower, until it is done: only an answer ends a step, never our own trouble (INVARIANT R3). */
async function untilDone<T>({ id, life, clock, log }: Steps, act: string, run: () => Promise<T>): Promise<T> {
  let told: { readonly why: string; readonly at: number } | undefined
  for (let wait = POLL_MS; ; wait = Math.min(wait * 2, SLOWEST_MS)) {
    if (life.over) await never()
    try {
      return await run()
    } catch (error) {
      if (error instanceof Refusal) throw new Error(error.message)
      const level = mayPass(error) ? 'warn' : 'error'
      const why = String(error)
      if (told?.why !== why || clock.uptime() - told.at >= TOLD_AGAIN_MS) {
        told = { why, at: clock.uptime() }
        log[level]({ execution: id, act, why }, 'an act of the engine failed; tried again')
      }
    }
    await clock.sleep(wait)
  }
}

/** A closed engine must record neither success nor failure of a step it left: the next launch takes it up. */
function never(): Promise<never> {
  return new Promise(() => {})
}

function overdueJob<Outcome extends Json>(options: EngineOptions<Outcome>): Job {
  const { clock } = options
  const began = { at: clock.now(), uptime: clock.uptime() }
  return {
    name: 'overdue',
    everyMs: ALARM_EVERY_MS,
    run: async () => {
      // A clock that was set a day forwards makes nothing late: no more time has passed than since the boot.
      const now = Math.min(clock.now(), began.at + clock.uptime() - began.uptime)
      const late = await openExecutions(now - ALARM_AFTER_MS)
      if (late.length === 0) return
      options.log.warn({ executions: late }, 'executions are open for more than five minutes')
      options.onOverdue(late)
    },
  }
}

async function openExecutions(startedBefore?: number): Promise<readonly ExecutionId[]> {
  const rows = await DBOS.listWorkflows({
    workflowName: WORKFLOW,
    status: ['PENDING', 'ENQUEUED', 'DELAYED'],
    loadInput: false,
    loadOutput: false,
    ...(startedBefore === undefined ? {} : { endTime: new Date(startedBefore).toISOString() }),
  })
  return rows.map((row) => row.workflowID as ExecutionId) // We gave these ids ourselves.
}

async function prune(before: number): Promise<number> {
  const rows = await DBOS.listWorkflows({
    workflowName: WORKFLOW,
    status: ['SUCCESS'],
    completedBefore: new Date(before).toISOString(),
    loadInput: false,
    loadOutput: false,
    limit: 1000,
  })
  const ids = rows.map((row) => row.workflowID)
  if (ids.length > 0) await DBOS.deleteWorkflows(ids)
  return ids.length
}

function fault(cause: unknown): unknown {
  if (cause instanceof SekishoError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SekishoError('engine.fault', { engineCode: engineCode(cause) ?? 0, why }, { cause })
}

/** The engine's own story, a level lower than it thinks: it is noise to an operator unless it goes wrong. A warning without its stack. */
function engineLog(log: Log) {
  const say = (level: 'debug' | 'warn' | 'error') => (entry: unknown) => {
    const said = String(entry)
    log[level]({ said: level === 'warn' ? said.replace(/\n\s+at [\s\S]*$/, '') : said }, 'engine')
  }
  return { info: say('debug'), debug: () => {}, warn: say('warn'), error: say('error') }
}
