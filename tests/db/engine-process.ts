// A gate reduced to its engine, as a process of its own that tests can kill: `engine-process.ts <engine url> <store url> <slot>`.
// Its port counts every act as a row, outside the engine's own tables.

import { sql } from 'kysely'
import type { ExecutionId } from '../../src/base/id.ts'
import { silentLog } from '../../src/db/log.ts'
import { openStore } from '../../src/db/open.ts'
import { launchEngine } from '../../src/run/engine.ts'
import { systemClock } from '../../src/sys/clock.ts'

const [engineUrl, storeUrl, slot, ...executions] = process.argv.slice(2)
if (engineUrl !== undefined && storeUrl !== undefined) {
  const { db } = openStore<unknown>({ url: storeUrl, log: silentLog })
  const count = async (execution: string, act: string) => {
    await sql`INSERT INTO act (execution, act, pid) VALUES (${execution}, ${act}, ${process.pid})`.execute(db)
  }
  const engine = await launchEngine<string>({
    databaseUrl: engineUrl,
    slot: Number(slot),
    jobs: [],
    clock: systemClock,
    log: silentLog,
    onLost: () => process.exit(9),
    onEngineFault: ({ engineCode }) => process.exit(100 + engineCode),
    onOverdue: () => {},
    port: {
      offer: (id) => count(id, 'offer'),
      outcome: async (id) => {
        const { rows } = await sql<{
          outcome: string
        }>`SELECT outcome FROM outcome WHERE execution = ${id}`.execute(db)
        return rows[0]?.outcome ?? 'pending'
      },
      close: async (id, end) => {
        await count(id, 'close')
        await sql`INSERT INTO ended VALUES (${id}, ${JSON.stringify(end)}) ON CONFLICT DO NOTHING`.execute(db)
      },
    },
  })
  // Before the first act: an end that comes right after it is an orderly one too.
  process.on('SIGTERM', () => void engine.close().then(() => process.exit(0)))
  // Answers are sentences on stdout: whatever else appears there is noise, and a test says so.
  process.stdout.write('launched\n')
  for (const id of executions) await engine.startExecution(id as ExecutionId)
}
