// The state of a systemd unit as PID 1 says it, and the files a unit is made of.
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { byteOrder } from '../base/id.ts'
import type { TargetFacts } from '../plans/fingerprint.ts'
import type { UnitFacts } from '../seal/protocol.ts'
import type { run } from '../sys/process.ts'
import { readThroughLinks, resolveLinks } from './walk.ts'

export interface UnitReader {
  readonly run: typeof run
  readonly signal?: AbortSignal
}

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'InvocationID',
  'MainPID',
  'ControlPID',
  'NeedDaemonReload',
  'TimeoutStartUSec',
  'TimeoutStopUSec',
  'Job',
  'NRestarts',
  'Result',
  'ReloadResult',
  'FragmentPath',
  'DropInPaths',
  'CanReload',
  'StateChangeTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
  'InactiveExitTimestampMonotonic',
  'InactiveEnterTimestampMonotonic',
] as const

export interface UnitState extends UnitFacts {
  /** A job of PID 1 is queued or running for it. */
  readonly job: boolean
  readonly restarts: number
  readonly result: string
  /** Of its last reload; empty where systemd does not say it. */
  readonly reloadResult: string
  readonly files: readonly string[]
  readonly canReload: boolean
  readonly startTimeoutMs: number
  /** Milliseconds of CLOCK_MONOTONIC; 0 where it never happened in this boot. */
  readonly changedAt: number
  readonly activeSince: number
  readonly startedAt: number
  readonly stoppedAt: number
}

/** What systemctl calls infinity: the limit of an action is used instead. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER

export async function readUnitState(unit: string, c: UnitReader): Promise<UnitState> {
  return unitState(unit, await showProperties(unit, PROPERTIES, c))
}

/** `systemctl show` of named properties. Throws process.* where systemd does not answer. */
export async function showProperties(
  unit: string | undefined,
  names: readonly string[],
  c: UnitReader,
): Promise<ReadonlyMap<string, string>> {
  const argv = [
    'systemctl',
    'show',
    '--no-pager',
    `--property=${names.join(',')}`,
    ...(unit === undefined ? [] : ['--', unit]),
  ]
  const result = await c.run(argv, {
    timeoutMs: 20_000,
    maxOutput: 1_048_576,
    ...(c.signal === undefined ? {} : { signal: c.signal }),
  })
  if (result.timedOut) throw new SekishoError('process.timeout', { program: 'systemctl show', limit: '20 s' })
  if (result.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'systemctl show',
      why: result.notStarted ?? result.stderr.trim().slice(0, 500),
    })
  return parseProperties(result.stdout)
}

/** `Name=value` lines. Properties with several lines (`ExecStart`) are joined by line feeds. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    if (at < 1) continue
    const name = line.slice(0, at)
    const before = found.get(name)
    found.set(name, before === undefined ? line.slice(at + 1) : `${before}\n${line.slice(at + 1)}`)
  }
  return found
}

export function unitState(unit: string, shown: ReadonlyMap<string, string>): UnitState {
  const value = (name: (typeof PROPERTIES)[number]) => shown.get(name) ?? ''
  const number = (name: (typeof PROPERTIES)[number]) => Number(value(name)) || 0
  const stamp = (name: (typeof PROPERTIES)[number]) => number(name) / 1000
  return {
    unit,
    loaded: value('LoadState') === 'loaded',
    active: value('ActiveState'),
    sub: value('SubState'),
    invocation: value('InvocationID'),
    mainPid: number('MainPID'),
    needDaemonReload: value('NeedDaemonReload') === 'yes',
    startTimeoutMs: parseSpan(value('TimeoutStartUSec')),
    stopTimeoutMs: parseSpan(value('TimeoutStopUSec')),
    job: number('Job') !== 0,
    restarts: number('NRestarts'),
    result: value('Result'),
    reloadResult: value('ReloadResult'),
    files: [value('FragmentPath'), ...value('DropInPaths').split(' ')].filter((path) => path !== ''),
    canReload: value('CanReload') === 'yes',
    changedAt: stamp('StateChangeTimestampMonotonic'),
    activeSince: stamp('ActiveEnterTimestampMonotonic'),
    startedAt: stamp('InactiveExitTimestampMonotonic'),
    stoppedAt: stamp('InactiveEnterTimestampMonotonic'),
  }
}

const SPANS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  month: 2_629_800_000,
  y: 31_557_600_000,
}

/** `1min 30s` to milliseconds; `infinity` and what is not such a text to NO_LIMIT. */
export function parseSpan(text: string): number {
  let total = 0
  if (text.trim() === '') return NO_LIMIT
  for (const part of text.trim().split(/\s+/)) {
    const match = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(part)
    if (match === null) return NO_LIMIT
    const unit = SPANS[match[2] === '' ? 's' : (match[2] ?? '')]
    if (unit === undefined) return NO_LIMIT
    total += Number(match[1]) * unit
  }
  return Math.round(total)
}

/** What goes over the wire: the protocol knows no infinity. */
export async function readUnit(unit: string, c: UnitReader): Promise<UnitFacts> {
  const { loaded, active, sub, invocation, mainPid, needDaemonReload, stopTimeoutMs } = await readUnitState(
    unit,
    c,
  )
  return { unit, loaded, active, sub, invocation, mainPid, needDaemonReload, stopTimeoutMs }
}

/**
 * The unit as a target: its fragment and drop-ins by digest (of those that are declared secret by the runner's key). Its run state
 * is asserted at the start, never sealed.
 */
export async function readUnitTarget(
  unit: string,
  c: UnitReader,
  isSecret: (path: string) => boolean,
  keyed: (bytes: Uint8Array) => string,
): Promise<Extract<TargetFacts, { kind: 'unit' }>> {
  const state = await readUnitState(unit, c)
  const files = await Promise.all(
    state.files.map(async (path) => {
      const bytes = await unitFile(path)
      // Both are 64 hex digits; only the runner can make the second.
      return { path, digest: isSecret(path) ? (keyed(bytes) as Digest) : sha256(bytes) }
    }),
  )
  return {
    kind: 'unit',
    unit,
    loaded: state.loaded,
    files: files.toSorted((a, b) => byteOrder(a.path, b.path)),
  }
}

/** A masked unit is a link to /dev/null: a file without a byte. */
async function unitFile(path: string): Promise<Uint8Array> {
  if ((await resolveLinks(path)).real === '/dev/null') return new Uint8Array()
  const bytes = await readThroughLinks(path, UNIT_LIMIT)
  if (bytes === undefined) throw new SekishoError('file.unreadable', { path, why: 'ENOENT' })
  return bytes
}
const UNIT_LIMIT = 1_048_576
