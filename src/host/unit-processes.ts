// The processes of a unit, by its control group, with what they hold: memory and descriptors. What cannot be read is left out.
import { readdir } from 'node:fs/promises'
import type { ProcessFacts, UnitMemory } from '../seal/evidence-facts.ts'
import { kernelText } from '../sys/kernel-text.ts'
import { showProperties, type UnitReader } from './unit-facts.ts'

const DEEPEST = 4
const MOST = 2000

/** Throws process.* where systemd does not answer. */
export async function readUnitMemory(unit: string, c: UnitReader): Promise<UnitMemory> {
  const shown = await showProperties(
    unit,
    ['ActiveState', 'InvocationID', 'NRestarts', 'Result', 'ControlGroup', 'MemoryMax', 'MainPID'],
    c,
  )
  const value = (name: string) => shown.get(name) ?? ''
  const group = value('ControlGroup')
  const pids = group === '' ? [] : await pidsOf(group, 0)
  const amount = (name: string) => numberIn(kernelText(`/sys/fs/cgroup${group}/${name}`))
  const [current, peak] = group === '' ? [] : [amount('memory.current'), amount('memory.peak')]
  const limit = numberIn(value('MemoryMax'))
  return {
    unit,
    active: value('ActiveState'),
    invocation: value('InvocationID'),
    restarts: Number(value('NRestarts')) || 0,
    result: value('Result'),
    ...(current === undefined ? {} : { current }),
    ...(peak === undefined ? {} : { peak }),
    ...(limit === undefined ? {} : { limit }),
    processes: await Promise.all(pids.slice(0, MOST).map(processFacts)),
  }
}

/** Of a group below /sys/fs/cgroup and of those in it. */
async function pidsOf(group: string, depth: number): Promise<readonly number[]> {
  const own = kernelText(`/sys/fs/cgroup${group}/cgroup.procs`)
    .split('\n')
    .filter((line) => /^[1-9]\d*$/.test(line))
    .map(Number)
  if (depth >= DEEPEST) return own
  const entries = await readdir(`/sys/fs/cgroup${group}`, { withFileTypes: true }).catch(() => [])
  const below = entries.filter((one) => one.isDirectory())
  return [
    ...own,
    ...(await Promise.all(below.map(({ name }) => pidsOf(`${group}/${name}`, depth + 1)))).flat(),
  ]
}

async function processFacts(pid: number): Promise<ProcessFacts> {
  const status = kernelText(`/proc/${pid}/status`)
  const limits = kernelText(`/proc/${pid}/limits`)
  const state = /^State:\s+([A-Za-z])/m.exec(status)?.[1]
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  const descriptorLimit = numberIn(/^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? '')
  const memoryLimit = numberIn(/^Max address space\s+(\S+)/m.exec(limits)?.[1] ?? '')
  const descriptors = await readdir(`/proc/${pid}/fd`).then(
    (names) => names.length,
    () => undefined,
  )
  return {
    pid,
    name: /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '?',
    ...(state === undefined ? {} : { state }),
    ...(resident === undefined ? {} : { resident: Number(resident) * 1024 }),
    ...(descriptors === undefined ? {} : { descriptors }),
    ...(descriptorLimit === undefined ? {} : { descriptorLimit }),
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
  }
}

/** Undefined for `max`, `infinity`, `unlimited` and nothing. */
function numberIn(text: string): number | undefined {
  const found = text.trim()
  if (!/^\d{1,19}$/.test(found)) return undefined
  const value = Number(found)
  return Number.isSafeInteger(value) ? value : undefined
}
