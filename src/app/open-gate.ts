// Puts a gate together from what it acts through. Used by the server and by tests; nothing here listens.

import { SekishoError } from '../base/error.ts'
import type { ExecutionId } from '../base/id.ts'
import type { Clock, Random } from '../base/time.ts'
import { wallCodes } from '../change/wall.ts'
import type { Store } from '../db/open.ts'
import { type Engine, launchEngine } from '../run/engine.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'
import type { Log } from '../sys/log.ts'
import { openEvents } from './events.ts'
import { executionPort } from './execution.ts'
import type { Gate } from './gate.ts'
import { joinBackups } from './joined-backups.ts'
import { joinCode } from './joined-code.ts'
import { joinGlass } from './joined-glass.ts'
import { joinIsolations } from './joined-isolation.ts'
import { joinRevocations } from './joined-revocations.ts'
import { joinRules } from './joined-rules.ts'
import { checkpoint } from './ledger.ts'
import { joinLeases } from './maintenance.ts'
import { appliedBy, applyRules, type Rules, watchRules } from './rules.ts'
import { connectRunner } from './runner-client.ts'
import { jobs, sweep } from './sweep.ts'
import { lookAtServices } from './watch.ts'

export interface OpenOptions {
  readonly store: Store<unknown>
  readonly runnerSocket: string
  /** runner.json as `config apply` writes it. */
  readonly compiledRules: string
  /** sekisho.yaml, for `doctor`. */
  readonly rulesFile?: string
  readonly guardDirectory?: string
  readonly watchDirectory?: string
  readonly portTaken?: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Absent: nothing is handed to an engine (tests of what comes before). */
  readonly engine?: {
    readonly databaseUrl: string
    readonly slot: number
    readonly onLost: (why: string) => void
  }
}

export interface OpenGate {
  readonly gate: Gate
  readonly rules: Rules
  close(): Promise<void>
}

export async function openGate(options: OpenOptions): Promise<OpenGate> {
  const { store, clock, random, log } = options
  const runner = connectRunner(options.runnerSocket)
  let engine: Engine | undefined
  let status: RunnerStatus | undefined
  let opened: Gate | undefined
  const settings = await store.fit()
  const rules = await watchRules(options.compiledRules, log, (policy) => {
    if (opened === undefined) return
    const told = opened
    appliedBy(options.compiledRules, policy.version)
      .then((by) => applyRules(told, policy, by))
      .then(() => checkpoint(told))
      .catch((error: unknown) => {
        log.error({ why: String(error) }, 'a new version of the rules was not put on the record')
      })
      // A service that was just declared is looked at without waiting for the next minute.
      .then(async () => {
        if (engine !== undefined) await lookAtServices(told)
      })
      .catch((error: unknown) => {
        log.warn({ why: String(error) }, 'the services were not looked at')
      })
  })
  const gate: Gate = {
    db: store.db,
    clock,
    random,
    log,
    runner,
    events: openEvents(),
    policy: () => rules.current(),
    ...(options.rulesFile === undefined ? {} : { rulesFile: options.rulesFile }),
    ...(options.guardDirectory === undefined ? {} : { guardDirectory: options.guardDirectory }),
    ...(options.watchDirectory === undefined ? {} : { watchDirectory: options.watchDirectory }),
    ...(options.portTaken === undefined ? {} : { portTaken: options.portTaken }),
    storeFacts: async () => {
      await store.fit()
      const { version } = settings
      return {
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
        version: `${Math.floor(version / 10_000)}.${version % 10_000}`,
      }
    },
    wall: () => wallCodes(status, process.getuid?.(), gate.policy()),
    startExecution: async (execution: ExecutionId) => {
      if (engine === undefined) throw new SekishoError('engine.fault', { why: 'no engine', engineCode: 0 })
      await engine.startExecution(execution)
    },
  }
  opened = gate
  const lookAtRunner = async () => {
    const seen = await runner.ask('status', {}).catch(() => undefined)
    status = seen ?? status
    if (seen !== undefined) await joinSeen(gate)
    if (seen?.leases !== undefined) await joinLeases(gate, seen.leases)
  }
  const begin = async () => {
    await lookAtRunner()
    try {
      const policy = rules.current()
      await applyRules(gate, policy, await appliedBy(options.compiledRules, policy.version))
    } catch (error) {
      if (!(error instanceof SekishoError) || !error.code.startsWith('policy.')) throw error
      log.warn({ code: error.code }, 'no rules are in force yet')
    }
    if (options.engine !== undefined) {
      // What waited for the targets of an ended execution looks again at once, and the head is signed at each end.
      const afterClose = () => {
        sweep(gate)
          .then(() => checkpoint(gate))
          .catch((error: unknown) => log.warn({ why: String(error) }, 'what follows a close failed'))
      }
      engine = await launchEngine({
        ...options.engine,
        port: executionPort(gate, afterClose),
        jobs: [...jobs(gate), { name: 'runner', everyMs: 10_000, run: lookAtRunner }],
        clock,
        log,
        onEngineFault: (fault) =>
          log.error({ ...fault }, 'the engine has a fault of its own; a person must look'),
        onOverdue: (executions) => log.warn({ executions }, 'executions are overdue'),
      })
    }
  }
  try {
    await begin()
  } catch (error) {
    rules.close() // Nothing of a gate that did not come up goes on.
    throw error
  }
  return {
    gate,
    rules,
    close: async () => {
      rules.close()
      await engine?.close()
      await store.close()
    },
  }
}

/** Rules that the runner took, and what it found of backups, while nobody here looked. A runner that goes away meanwhile is asked again at the next look. */
async function joinSeen(gate: Gate): Promise<void> {
  try {
    await joinRules(gate)
    await joinBackups(gate)
    await joinRevocations(gate)
    await joinGlass(gate)
    await joinIsolations(gate)
    await joinCode(gate)
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    gate.log.warn({ code: error.code }, 'the runner’s lines were not joined to the record')
  }
}
