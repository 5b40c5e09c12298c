// The engine on a real PostgreSQL: started twice is once, killed and taken up again, and the codes that its rules lean on.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SekishoError } from '../../src/base/error.ts'
import { changeId, type ExecutionId, executionId } from '../../src/base/id.ts'
import { silentLog } from '../../src/db/log.ts'
import { withClient } from '../../src/db/prepare.ts'
import { type EngineOptions, isEngineError, launchEngine } from '../../src/run/engine.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { start } from '../../src/sys/process.ts'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { freshDatabase, type TestDatabase } from '../db/database.ts'
import { ENGINE_TEST_TABLES } from '../db/engine-tables.ts'
import { type Heard, hear } from '../heard.ts'
import { until } from '../until.ts'

const ID = executionId(changeId(2026, 1), 1)
const LIMIT_MS = 60_000
let database: TestDatabase
const children: Heard[] = []

beforeEach(async () => {
  database = await freshDatabase([ENGINE_TEST_TABLES])
})
afterEach(async () => {
  for (const { child } of children.splice(0)) child.kill('SIGKILL')
  await database.drop()
})

const rows = async <T extends object>(text: string): Promise<T[]> =>
  (await withClient(database.ownerUrl, (client) => client.query<T>(text))).rows
const acts = async () => (await rows<{ act: string }>('SELECT act FROM act ORDER BY n')).map((row) => row.act)
/**
 * An act that was done and not yet recorded when the process died is done again: that is the port's contract, and offering twice is
 * offering once. So a run of one act counts once here; the close is counted as it is.
 */
const actsInOrder = async () =>
  (await acts()).filter((act, i, all) => act !== 'offer' || all[i - 1] !== 'offer')
const report = (id: ExecutionId, outcome: string) =>
  rows(`INSERT INTO outcome VALUES ('${id}', '${outcome}')`)
const ended = () => rows<{ execution: string; ended: string }>('SELECT * FROM ended')

async function gate(...executions: ExecutionId[]): Promise<Heard> {
  const program = join(import.meta.dirname, '../db/engine-process.ts')
  const argv = [process.execPath, program, await database.engineUrl(), database.gateUrl, '1', ...executions]
  const heard = hear(
    start(argv, { env: { NODE_COMPILE_CACHE: COMPILE_CACHE }, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
  children.push(heard)
  await heard.until('the launch', () => heard.out().startsWith('launched'))
  return heard
}
const ORDERLY = { code: 0, signal: null }
async function endOrderly(heard: Heard): Promise<void> {
  heard.child.kill('SIGTERM')
  expect(await heard.ended(), heard.err()).toEqual(ORDERLY)
}
async function kill(heard: Heard): Promise<void> {
  heard.child.kill('SIGKILL')
  await heard.ended()
}

describe('one execution', () => {
  test('is offered, waited for and closed once, and nothing else is printed', async () => {
    const one = await gate(ID, ID)
    await one.until('the offer', async () => (await acts()).includes('offer'))
    await report(ID, 'done')
    await one.until('the close', async () => (await ended()).length === 1)
    await endOrderly(one)
    expect(await acts()).toEqual(['offer', 'close'])
    expect(await ended()).toEqual([{ execution: ID, ended: '{"kind":"reported","outcome":"done"}' }])
    expect(one.out() + one.err()).toBe('launched\n')
  })

  test('kill -9 while it waits for the outcome: the same slot takes it up and closes once', async () => {
    const first = await gate(ID)
    await first.until('the offer', async () => (await acts()).includes('offer'))
    await kill(first)
    const next = await gate()
    await report(ID, 'done')
    await next.until('the close', async () => (await ended()).length === 1)
    expect(await actsInOrder()).toEqual(['offer', 'close'])
    await endOrderly(next)
  })

  test('an orderly end while it waits records nothing: the next launch goes on', async () => {
    const first = await gate(ID)
    await first.until('the offer', async () => (await acts()).includes('offer'))
    await endOrderly(first)
    expect(await ended()).toEqual([])
    const next = await gate(ID)
    await report(ID, 'undone')
    await next.until('the close', async () => (await ended()).length === 1)
    expect(await actsInOrder()).toEqual(['offer', 'close'])
  })

  test('twenty kills at any moment: each of ten executions is closed with its own outcome', async () => {
    const ids = Array.from({ length: 10 }, (_, i) => executionId(changeId(2026, i + 1), 1))
    for (const id of ids) await report(id, `of ${id}`)
    for (let round = 0; round < 20 && (await ended()).length < ids.length; round++) {
      const one = await gate(...ids)
      // A different moment each time, from the first offers to the last closes.
      await sleep(round * 7)
      await kill(one)
    }
    const last = await gate(...ids)
    await last.until('all closed', async () => (await ended()).length === ids.length)
    for (const { execution, ended: end } of await ended())
      expect(JSON.parse(end)).toEqual({ kind: 'reported', outcome: `of ${execution}` })
  })

  test('the process exits when its lock session ends (INVARIANT R4)', async () => {
    const one = await gate(ID)
    await rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sekisho-slot-1'
                AND datname LIKE '${database.name}%'`)
    expect(await one.ended(), one.err()).toEqual({ code: 9, signal: null })
  })
})

describe('in this process', () => {
  const options = async (more: Partial<EngineOptions<string>> = {}): Promise<EngineOptions<string>> => ({
    databaseUrl: await database.engineUrl(),
    slot: 1,
    jobs: [],
    clock: systemClock,
    log: silentLog,
    onLost: () => {},
    onEngineFault: () => {},
    onOverdue: () => {},
    port: { offer: async () => {}, outcome: async () => 'done', close: async () => {} },
    ...more,
  })

  test('a slot that is held is refused, and free again after a close', async () => {
    await gate()
    await expect(launchEngine(await options({ slotWaitMs: 300 }))).rejects.toMatchObject({
      code: 'engine.slot_taken',
    })
    for (const { child } of children.splice(0)) child.kill('SIGKILL')
    const engine = await launchEngine(await options())
    await engine.close()
    const again = await launchEngine(await options({ slotWaitMs: 300 }))
    await again.close()
  })

  test('an order refused for good ends as not_offered with its code; the engine keeps no text of it', async () => {
    const ends: unknown[] = []
    const engine = await launchEngine(
      await options({
        port: {
          offer: () => Promise.reject(new SekishoError('input.invalid', { field: 'hunter2' })),
          outcome: () => Promise.reject(new Error('never asked')),
          close: async (_, end) => void ends.push(end),
        },
      }),
    )
    await engine.startExecution(ID)
    await until('the close', LIMIT_MS, () => ends.length > 0 || undefined)
    await until('nothing open', LIMIT_MS, async () => (await engine.open()).length === 0 || undefined)
    await engine.close()
    expect(ends).toEqual([{ kind: 'not_offered', code: 'input.invalid' }])
    const stored = await withClient(await database.engineUrl(), (client) =>
      client.query('SELECT * FROM engine.operation_outputs'),
    )
    expect(JSON.stringify(stored.rows)).toContain('input.invalid')
    expect(JSON.stringify(stored.rows)).not.toContain('hunter2')
  })

  test('trouble that may pass is no answer: offer, outcome and close are tried until they are done', async () => {
    const tries = { offer: 0, outcome: 0, close: 0 }
    const flaky = async <T>(act: keyof typeof tries, answer: T): Promise<T> => {
      if (++tries[act] < 3) throw new SekishoError('store.unavailable', { why: act })
      return answer
    }
    const engine = await launchEngine(
      await options({
        port: {
          offer: () => flaky('offer', undefined),
          outcome: () => flaky('outcome', 'done'),
          close: () => flaky('close', undefined),
        },
      }),
    )
    await engine.startExecution(ID)
    await until('nothing open', LIMIT_MS, async () => (await engine.open()).length === 0 || undefined)
    expect(tries).toEqual({ offer: 3, outcome: 3, close: 3 })
    expect(await engine.prune(Date.now() + 1000)).toBe(1)
    await engine.close()
  })

  test('the close of one execution hands over the next', async () => {
    const next = executionId(changeId(2026, 2), 1)
    const offered: ExecutionId[] = []
    const refused: unknown[] = []
    const engine = await launchEngine(
      await options({
        port: {
          offer: async (id) => void offered.push(id),
          outcome: async () => 'done',
          close: async (id) => {
            if (id === ID) await engine.startExecution(next).catch((error: unknown) => refused.push(error))
          },
        },
      }),
    )
    await engine.startExecution(ID)
    await until('nothing open', LIMIT_MS, async () => (await engine.open()).length === 0 || undefined)
    await engine.close()
    expect(refused).toEqual([])
    expect(offered).toEqual([ID, next])
  })

  test('an execution taken up again after a restart is handed over once more in silence', async () => {
    const port = { offer: async () => {}, outcome: async () => 'pending', close: async () => {} }
    const first = await launchEngine(await options({ port }))
    await first.startExecution(ID)
    await first.close()
    const told: unknown[] = []
    const tell = (fields: object, sentence: string) => void told.push(sentence, fields)
    const second = await launchEngine(await options({ port, log: { ...silentLog, warn: tell, error: tell } }))
    await second.startExecution(ID)
    await second.startExecution(ID)
    expect(await second.open()).toEqual([ID])
    await second.close()
    expect(told).toEqual([])
  })

  test('trouble that stays is told once and not at each try', async () => {
    const told: string[] = []
    const tell = (_: object, sentence: string) => void told.push(sentence)
    let tries = 0
    const offer = async () => {
      if (++tries < 6) throw new SekishoError('store.unavailable', { why: 'away' })
    }
    const engine = await launchEngine(
      await options({
        port: { offer, outcome: async () => 'done', close: async () => {} },
        clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 10), signal) },
        log: { ...silentLog, warn: tell, error: tell },
      }),
    )
    await engine.startExecution(ID)
    await until('nothing open', LIMIT_MS, async () => (await engine.open()).length === 0 || undefined)
    await engine.close()
    expect(tries).toBe(6)
    expect(told).toEqual(['an act of the engine failed; tried again'])
  })

  test('what is open for more than five minutes is told', async () => {
    const later = { ...systemClock, now: () => Date.now() + 6 * 60_000 }
    const first = await launchEngine(
      await options({
        port: { offer: async () => {}, outcome: async () => 'pending', close: async () => {} },
      }),
    )
    await first.startExecution(ID)
    expect(await first.open()).toEqual([ID])
    await first.close()
    const told: (readonly ExecutionId[])[] = []
    const second = await launchEngine(
      await options({
        clock: later,
        onOverdue: (ids) => void told.push(ids),
        port: { offer: async () => {}, outcome: async () => 'pending', close: async () => {} },
      }),
    )
    await until('the alarm', LIMIT_MS, () => told.length > 0 || undefined)
    await second.close()
    expect(told[0]).toEqual([ID])
  })

  test('a clock that jumps a day makes nothing late', async () => {
    let shift = 0
    let waits = 0
    const told: (readonly ExecutionId[])[] = []
    const engine = await launchEngine(
      await options({
        clock: {
          ...systemClock,
          now: () => systemClock.now() + shift,
          sleep: (ms, signal) => {
            waits += ms === 60_000 ? 1 : 0
            return systemClock.sleep(Math.min(ms, 10), signal)
          },
        },
        onOverdue: (ids) => void told.push(ids),
        port: { offer: async () => {}, outcome: async () => 'pending', close: async () => {} },
      }),
    )
    await engine.startExecution(ID)
    for (const by of [86_400_000, -86_400_000]) {
      shift = by
      const from = waits
      await until('the alarm to have looked', LIMIT_MS, () => waits > from + 2 || undefined)
    }
    expect(await engine.open()).toEqual([ID])
    await engine.close()
    expect(told).toEqual([])
  })

  test('a stored step of another name is the engine’s fault: rethrown, told, nothing closed (INVARIANT R2)', async () => {
    const port = { offer: async () => {}, outcome: async () => 'pending', close: async () => {} }
    const first = await launchEngine(await options({ port }))
    await first.startExecution(ID)
    const engineUrl = await database.engineUrl()
    await until('the stored offer', LIMIT_MS, async () => {
      const sql = 'SELECT FROM engine.operation_outputs'
      return (await withClient(engineUrl, (client) => client.query(sql))).rows.length > 0 || undefined
    })
    await first.close()
    await withClient(engineUrl, (client) =>
      client.query("UPDATE engine.operation_outputs SET function_name = 'another'"),
    )
    const faults: unknown[] = []
    let closed = 0
    const second = await launchEngine(
      await options({
        onEngineFault: (fault) => void faults.push(fault),
        port: { ...port, close: async () => void closed++ },
      }),
    )
    await until('the fault', LIMIT_MS, () => faults.length > 0 || undefined)
    await second.close()
    expect(faults).toEqual([expect.objectContaining({ execution: ID, engineCode: 26 })])
    expect(closed).toBe(0)
  })
})

describe('the codes of the engine that our rule leans on', () => {
  const launch = async () => {
    DBOS.setConfig({
      name: 'codes',
      systemDatabaseUrl: await database.engineUrl(),
      logger: { info: () => {}, debug: () => {}, warn: () => {}, error: () => {} },
    })
    await DBOS.launch()
  }
  /** What a workflow's own catch sees. */
  const caught = async (body: () => Promise<unknown>): Promise<unknown> => {
    const workflow = DBOS.registerWorkflow(
      async () => {
        try {
          await body()
          return 'nothing was thrown'
        } catch (error) {
          seen = error
          return 'thrown'
        }
      },
      { name: 'codes' },
    )
    let seen: unknown
    await launch()
    try {
      await (await DBOS.startWorkflow(workflow)()).getResult()
      return seen
    } finally {
      await DBOS.shutdown({ deregister: true })
    }
  }

  test('23: retries exhausted is a failed step', async () => {
    const error = await caught(() =>
      DBOS.runStep(() => Promise.reject(new Error('no')), {
        name: 's',
        retriesAllowed: true,
        maxAttempts: 2,
        intervalSeconds: 0.01,
      }),
    )
    expect(error).toMatchObject({ dbosErrorCode: 23 })
    expect(isEngineError(error)).toBe(false)
  })
  test('31: a step over its time is a failed step', async () => {
    const error = await caught(() => DBOS.runStep(() => sleep(2000), { name: 's', timeoutMS: 20 }))
    expect(error).toMatchObject({ dbosErrorCode: 31 })
    expect(isEngineError(error)).toBe(false)
  })
  test('26: a step of another name is the engine’s fault, a plain error of a step is not', async () => {
    const plain = await caught(() => DBOS.runStep(() => Promise.reject(new Error('no')), { name: 's' }))
    expect(plain).toBeInstanceOf(Error)
    expect(isEngineError(plain)).toBe(false)
    const error = await caught(async () => {
      await DBOS.runStep(async () => 1, { name: 'first' })
      const id = DBOS.workflowID
      // The world is mutated: what is stored for the next step bears another name.
      await withClient(await database.engineUrl(), (client) =>
        client.query(
          `INSERT INTO dbos.operation_outputs (workflow_uuid, function_id, function_name, output, serialization)
           SELECT workflow_uuid, 1, 'another', output, serialization FROM dbos.operation_outputs
           WHERE workflow_uuid = $1 AND function_id = 0`,
          [id],
        ),
      )
      await DBOS.runStep(async () => 2, { name: 'second' })
    })
    expect(error).toMatchObject({ dbosErrorCode: 26 })
    expect(isEngineError(error)).toBe(true)
  })
})
