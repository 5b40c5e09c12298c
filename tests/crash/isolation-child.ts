// One step of an isolation in a process of its own, that may be killed at a named place: `STATE STEP PLACE`.
import { type ExecutionId, isIncidentId, isServiceName } from '../../src/base/id.ts'
import { instant } from '../../src/base/time.ts'
import { isolationParts, isolationPort } from '../../src/isolate/port.ts'
import { type IsolationRecord, writeIsolation } from '../../src/isolate/record.ts'
import { keepIsolation, loadTable, settleIsolation } from '../../src/isolate/settle.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { run } from '../../src/sys/process.ts'

const [state = '', step = '', place = ''] = process.argv.slice(2)
const parts = isolationParts({
  place: { state },
  clock: systemClock,
  process: run,
  killPoint: (name) => {
    if (name === place) process.kill(process.pid, 'SIGKILL')
  },
})
const [incident, service] = ['INC-2026-0001', 'shop']
if (!isIncidentId(incident) || !isServiceName(service)) throw new Error('ids')

function fresh(keepSeconds: number, ago: number): IsolationRecord {
  if (!isIncidentId(incident) || !isServiceName(service)) throw new Error('ids')
  return {
    v: 1,
    incident,
    service,
    by: 'ops1',
    phase: 'trial',
    admission: { administrator: { address: '192.0.2.7', ports: [22] }, notices: [] },
    keepSeconds,
    at: instant(systemClock.now()),
    boot: systemClock.boot(),
    uptime: systemClock.uptime() - ago,
    notes: [],
  }
}

switch (step) {
  case 'begin':
  case 'begin-late': {
    const of = fresh(60, step === 'begin' ? 0 : 120_000)
    await parts.turns.take(async () => {
      await writeIsolation(parts.path, of)
      await loadTable(of, parts)
    })
    break
  }
  case 'keep':
    await parts.turns.take(async () => {
      const of = fresh(60, 0)
      await writeIsolation(parts.path, of)
      await keepIsolation(await loadTable(of, parts), parts, { by: 'ops1' })
    })
    break
  case 'end':
    await isolationPort(parts).end(incident, 'CHG-2026-0001/1' as ExecutionId)
    break
  case 'settle':
    break
  default:
    throw new Error(step)
}
const { record, did } =
  step === 'settle' ? await settleIsolation(parts) : { record: undefined, did: 'nothing' }
process.stdout.write(
  JSON.stringify({
    phase: record?.phase ?? null,
    did,
    events: record?.notes.map(({ event }) => event) ?? [],
  }),
)
