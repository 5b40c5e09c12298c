// Causes of a level 1 incident, looked for in the sealed evidence and among the last changes. Rules. What was not measured is listed as not
// looked at, and never counts as good; a log speaks of the last hour before the sealing alone.
import { type Instant, milliseconds } from '../base/time.ts'
import type { Level } from '../contract/incident.ts'
import type {
  DatabaseItem,
  DiskItem,
  MemoryItem,
  ProcessFacts,
  Sign,
  SignsItem,
} from '../seal/evidence-facts.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import {
  CAUSE_KINDS,
  type CauseCode,
  type CauseKind,
  isNearOnly,
  type NotLookedCode,
} from '../words/incident-causes.ts'
import type { EditedFile, Suspect } from './incident.ts'

/** What the evidence says. Absent: it was not collected, or could not be read. */
export interface Evidence {
  readonly memory?: MemoryItem
  readonly disk?: DiskItem
  readonly database?: DatabaseItem
  readonly signs?: SignsItem
  readonly health?: HealthFacts
}
export interface Looked {
  readonly before: Evidence
  /** Sealed after the restart; absent where there was none. */
  readonly after?: Evidence
  /** When the trouble was first seen, else when the incident was opened. */
  readonly since: Instant
  readonly changes: readonly Suspect[]
  /** Files that differ from what is known of them, and no change made them so. */
  readonly edited: readonly EditedFile[]
  /** Where the declared health is asked. */
  readonly url?: string
  /** A change that was taken back, by which change, and health came back after it. */
  readonly takenBack?: { readonly change: string; readonly what: string; readonly by: string }
  /** Of a break-in nothing is looked for among the changes. */
  readonly level: Level
  /** The service keeps a database. */
  readonly hasDatabase: boolean
}

type Values = Readonly<Record<string, string | number>>
/** One reason why a kind is a cause, with what was measured. */
export interface Cause {
  readonly kind: CauseKind
  readonly code: CauseCode
  readonly values: Values
}
/** What was not looked at, and why. */
export interface NotLooked {
  readonly kind: CauseKind
  readonly code: NotLookedCode
  readonly values: Values
}
export interface Causes {
  readonly causes: readonly Cause[]
  /** What was seen beside the causes, and follows from them. */
  readonly seen?: readonly Cause[]
  readonly notLooked: readonly NotLooked[]
  /** Kinds of which all that is looked at was measured, and nothing was found. */
  readonly clear: readonly CauseKind[]
}

const MIB = 1_048_576
/** Of a limit: nobody leaves so little room on purpose. */
const NEAR = 0.9
/** Of memory or of a volume. */
const LOW = 0.05
/** The service had so many times the memory before the restart, and so much more. */
const GREW_TIMES = 2
const GREW_BYTES = 64 * MIB
/** A change counts as a cause where the trouble began while it ran, or so soon after it had ended. */
const AFTER_CHANGE_MS = 3_600_000
/** How far apart a look and what it saw may be. */
const TOLERANCE_MS = 60_000

interface Sink {
  readonly cause: (kind: CauseKind, code: Cause['code'], values: Values) => void
  readonly gap: (kind: CauseKind, code: NotLooked['code'], values?: Values) => void
}

export function causesOf(looked: Looked): Causes {
  const causes: Cause[] = []
  const notLooked: NotLooked[] = []
  const sink: Sink = {
    cause: (kind, code, values) => causes.push({ kind, code, values }),
    gap: (kind, code, values = {}) => notLooked.push({ kind, code, values }),
  }
  if (looked.takenBack !== undefined) sink.cause('change', 'change.taken_back', { ...looked.takenBack })
  lookAtProcesses(looked, sink)
  lookAtAnswer(looked, sink)
  lookAtMemory(looked, sink)
  lookAtDisk(looked, sink)
  lookAtDescriptors(looked, sink)
  if (looked.hasDatabase) lookAtDatabase(looked, sink)
  lookAtLogs(looked.before.signs, looked.hasDatabase, sink)
  if (looked.level !== 3) lookAtChanges(looked, sink)
  const clear = CAUSE_KINDS.filter(
    (kind) =>
      (kind !== 'database' || looked.hasDatabase) &&
      (kind !== 'change' || (looked.level !== 3 && looked.edited.length === 0)) &&
      (kind !== 'answer' || looked.before.health?.verdict === 'green') &&
      ![...causes, ...notLooked].some((one) => one.kind === kind),
  )
  // Where something else explains it, that there was no answer only follows from it.
  const explains = causes.some((one) => one.kind !== 'answer' && !isNearOnly(one))
  const seen = explains ? causes.filter(({ kind }) => kind === 'answer') : []
  return {
    causes: causes.filter((one) => !seen.includes(one)),
    ...(seen.length === 0 ? {} : { seen }),
    notLooked,
    clear,
  }
}

/** Stopped by a signal or a debugger: it runs for systemd, and answers nobody. */
const STOPPED: ReadonlySet<string> = new Set(['T', 't'])

function lookAtProcesses({ before: { memory } }: Looked, { cause, gap }: Sink): void {
  if (memory === undefined) return gap('process', 'not_collected')
  const { unit } = memory
  if (unit === undefined) return gap('process', 'no_unit')
  if (unit.processes.length === 0) return gap('process', 'no_process', { unit: unit.unit })
  for (const { pid, name, state } of unit.processes) {
    if (state === undefined) gap('process', 'process_unread', { pid, name })
    else if (STOPPED.has(state)) cause('process', 'process.stopped', { pid, name, state })
    else if (state === 'D') cause('process', 'process.device', { pid, name })
  }
}

const NO_ANSWER = /^(?:timeout|refused|certificate|name|broken) |^late$/
/** What a proxy answers that got none. */
const GATEWAY: ReadonlySet<number | undefined> = new Set([502, 504])

/** That there was no answer. A wrong answer is what was seen, and no cause. */
function lookAtAnswer({ before: { health, signs }, url }: Looked, { cause, gap }: Sink): void {
  if (url === undefined) return gap('answer', 'no_health')
  if (health === undefined) return gap('answer', 'not_collected')
  if (health.verdict === 'no_data') return gap('answer', 'health_unread')
  const last = health.attempts.findLast(({ ok }) => !ok)
  if (health.verdict === 'green' || last === undefined) return
  const { why = '', status, milliseconds: ms } = last
  if (!NO_ANSWER.test(why) && !GATEWAY.has(status)) return
  cause('answer', 'answer.health', { url, seen: why === 'status' ? `status ${status}` : why, ms })
  for (const { log, found } of signs?.logs ?? [])
    for (const { sign, count, line } of found)
      if (sign === 'upstream') cause('answer', 'answer.log', { log, count, line })
}

function lookAtMemory({ before, after }: Looked, { cause, gap }: Sink): void {
  const { memory } = before
  if (memory === undefined) return gap('memory', 'not_collected')
  const { machine, unit } = memory
  if (machine === undefined) gap('memory', 'no_machine')
  else if (machine.available < machine.total * LOW) cause('memory', 'memory.machine', { ...machine })
  if (unit === undefined) return gap('memory', 'no_unit')
  const { unit: name, limit, processes, invocation } = unit
  if (unit.result === 'oom-kill') cause('memory', 'memory.killed', { unit: name })
  const unread = processes.filter((one) => one.resident === undefined).length
  if (unread > 0 && unread < processes.length) gap('memory', 'memory_unread', { unit: name, count: unread })
  const resident = residentOf(processes)
  if (resident === undefined) return gap('memory', 'no_process', { unit: name })
  const used = unit.current ?? resident
  if (limit !== undefined && used >= limit * NEAR)
    cause('memory', 'memory.limit', { unit: name, used, limit })
  else if (limit === undefined && processes.every(({ memoryLimit }) => memoryLimit === undefined))
    gap('memory', 'no_limit', { unit: name })
  lookAtGrowth(invocation, resident, after?.memory, { cause, gap })
}

/** Only a restart shows what the same service needs when it has just begun. */
function lookAtGrowth(
  invocation: string,
  before: number,
  memory: MemoryItem | undefined,
  { cause, gap }: Sink,
): void {
  const unit = memory?.unit
  const after = unit === undefined ? undefined : residentOf(unit.processes)
  const isRestarted = unit !== undefined && unit.invocation !== '' && unit.invocation !== invocation
  if (!isRestarted || after === undefined || after === 0) return gap('memory', 'not_restarted')
  if (before >= after * GREW_TIMES && before - after >= GREW_BYTES)
    cause('memory', 'memory.grew', { before, after })
}

function residentOf(processes: readonly ProcessFacts[]): number | undefined {
  const known = processes.flatMap(({ resident }) => resident ?? [])
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0)
}

function lookAtDisk({ before: { disk } }: Looked, { cause, gap }: Sink): void {
  if (disk === undefined) return gap('disk', 'not_collected')
  for (const path of disk.notRead) gap('disk', 'statfs_failed', { path })
  for (const { path, used, total, inodesUsed, inodesTotal } of disk.volumes) {
    if (total > 0 && total - used < total * LOW)
      cause('disk', 'disk.full', { path, free: total - used, total })
    if (inodesUsed !== undefined && inodesTotal !== undefined && inodesTotal - inodesUsed < inodesTotal * LOW)
      cause('disk', 'disk.inodes', { path, free: inodesTotal - inodesUsed, total: inodesTotal })
  }
}

function lookAtDescriptors({ before: { memory } }: Looked, { cause, gap }: Sink): void {
  if (memory === undefined) return gap('descriptors', 'not_collected')
  const { unit } = memory
  if (unit === undefined) return gap('descriptors', 'no_unit')
  if (unit.processes.length === 0) return gap('descriptors', 'no_process', { unit: unit.unit })
  for (const { pid, name, descriptors, descriptorLimit } of unit.processes) {
    if (descriptors === undefined || descriptorLimit === undefined)
      gap('descriptors', 'descriptors_unread', { pid, name })
    else if (descriptors >= descriptorLimit * NEAR)
      cause('descriptors', 'descriptors.limit', { pid, name, open: descriptors, limit: descriptorLimit })
  }
}

function lookAtDatabase({ before: { database } }: Looked, { cause, gap }: Sink): void {
  if (database === undefined) return gap('database', 'not_collected')
  for (const one of database.databases) {
    const { name, port } = one
    if (one.state === 'failed') gap('database', 'database_failed', { name, port, why: one.why })
    else if (one.state === 'full') cause('database', 'database.full', { name, port })
    else {
      const { connections, limit, waiting, idleInTransaction } = one
      if (connections >= limit * NEAR)
        cause('database', 'database.connections', { name, port, open: connections, limit })
      if (waiting > 0) cause('database', 'database.locks', { name, port, waiting, idle: idleInTransaction })
    }
  }
}

const SAID: Readonly<
  Record<Exclude<Sign, 'upstream'>, { readonly kind: CauseKind; readonly code: Cause['code'] }>
> = {
  memory: { kind: 'memory', code: 'memory.log' },
  disk: { kind: 'disk', code: 'disk.log' },
  descriptors: { kind: 'descriptors', code: 'descriptors.log' },
  database: { kind: 'database', code: 'database.log' },
}
const UNREAD = { silent: 'log_silent', unstamped: 'log_unstamped', unread: 'log_unread' } as const

function lookAtLogs(signs: SignsItem | undefined, hasDatabase: boolean, { cause, gap }: Sink): void {
  // The kernel speaks of memory alone, and a proxy of what it got from the service behind it.
  const kindsOf = (log: string): readonly CauseKind[] =>
    log === 'kernel'
      ? ['memory']
      : log.includes(' ')
        ? ['answer']
        : ['memory', 'disk', 'descriptors', ...(hasDatabase ? (['database'] as const) : [])]
  if (signs === undefined || signs.logs.length === 0) {
    for (const kind of kindsOf('')) gap(kind, 'log_unread', { log: '-' })
    return
  }
  for (const { log, state, whole, found } of signs.logs) {
    for (const { sign, count, line } of found) {
      if (sign === 'upstream') continue // Of the answer.
      const { kind, code } = SAID[sign]
      cause(kind, code, { log, count, line })
    }
    // The kernel is silent while all is well; a program that says nothing may not have been able to.
    const isQuietKernel = log === 'kernel' && state === 'silent'
    const code = state !== 'read' ? UNREAD[state] : whole ? undefined : 'log_cut'
    if (code !== undefined && !isQuietKernel) for (const kind of kindsOf(log)) gap(kind, code, { log })
  }
}

/**
 * By when its execution began: its effect is there before it is kept. What ran within a day and is no cause by that is not called clear, for it may
 * take longer than an hour to tell.
 */
function lookAtChanges({ changes, since }: Looked, { cause, gap }: Sink): void {
  const early = changes.filter((one) => !isNear(one, since))
  for (const { change, what, startedAt, undoMs } of changes.filter((one) => isNear(one, since)))
    cause('change', 'change.before', {
      change,
      what,
      minutes: Math.max(0, Math.floor((milliseconds(since) - milliseconds(startedAt)) / 60_000)),
      ...(undoMs === undefined ? {} : { undoMs }),
    })
  if (early.length > 0) gap('change', 'changes_earlier', { count: early.length })
}

function isNear({ startedAt, endedAt, outcome }: Suspect, since: Instant): boolean {
  const begun = milliseconds(since) - milliseconds(startedAt)
  const ended = endedAt === undefined ? 0 : milliseconds(since) - milliseconds(endedAt)
  // Seen between two looks.
  if (begun < -TOLERANCE_MS) return false
  return outcome === 'taken_back' ? ended <= TOLERANCE_MS : ended <= AFTER_CHANGE_MS
}
