// A declared command, as the user of its service, in a unit of its own that outlives this process: it is told by the unit how it ended. Where there is no
// systemd it is a child of ours.
import { lstat, open, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isSecret } from '../../host/file-facts.ts'
import { readHealth } from '../../host/health.ts'
import { NO_LIMIT, readUnitState, showProperties } from '../../host/unit-facts.ts'
import type { Exec, OwnCommand } from '../../plans/actions/exec.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { plainText } from '../../sandbox/sandbox.ts'
import { privateDirectory, writeDurable } from '../../sys/files.ts'
import { makeSealedCopy } from '../../tree/sealed-copy.ts'
import { requireOwnPlaces } from './command-places.ts'
import {
  type ActContext,
  type ActResult,
  applied,
  failed,
  failedOr,
  type ProbeResult,
  type Since,
} from './context.ts'

const OUTPUT_MAX = 8 * 2 ** 20
const SHOWN = 4000
/** Read before what is shown, so that a secret is recognized of which only the end would be shown. */
const LEAD = 65_536
const LOOK_MS = 100
/** So long a service may take to become healthy before a command of it is run. */
const START_MS = 90_000

/** Among the copies of an execution: the sealed files of a command that is a change of its own. */
export const COMMAND_TREE = 'command-tree'
/** What can be started beside its own files: programs of the system, which root alone writes. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64'] as const

/** What a command may write besides scratch: nothing, or what its user may outside of /usr, /boot and /etc. */
export type Writes = 'nothing' | 'own'

export async function applyExec(
  action: Exec,
  c: ActContext,
  timeoutMs: number,
  writes: Writes = 'nothing',
): Promise<ActResult> {
  const output = await outputOf(action, c)
  if (action.own !== undefined && !c.systemctl) return failed('runner.not_available', { what: action.name })
  if (writes === 'nothing' && action.own === undefined) await whenHealthy(action, c)
  const started = c.clock.uptime()
  const unit = unitOf(action, c)
  const { own } = action
  const sealed =
    own !== undefined
      ? await ownFiles(action, own, c)
      : c.systemctl && writes === 'nothing'
        ? await sealedTree(action, c)
        : []
  if ('result' in sealed) return sealed
  const environment = c.systemctl ? await environmentOf(action.unit, c) : []
  if ('result' in environment) return environment
  // What an attempt before has left says that it was started, until this one is.
  for (const one of [output, endOf(output)]) await rm(one, { force: true })
  const ended = c.systemctl
    ? await inUnit({ action, unit, output, sealed, environment, timeoutMs, writes }, c)
    : await asChild(action, output, c, timeoutMs)
  const detail = {
    argv: [...action.argv],
    milliseconds: Math.round(c.clock.uptime() - started),
    ...(ended.exit === undefined ? {} : { exit: ended.exit }),
    output: await shownOf(output, c),
  }
  return ended.exit === 0 ? applied(detail) : failed(ended.why ?? 'exec', detail)
}

/** The undo step `putBack` of a command that is a change of its own. */
export async function putExecBack(action: Exec, c: ActContext, timeoutMs: number): Promise<ActResult> {
  const { own, name } = action
  if (own?.back === undefined) return failed('exec.no_back', { command: name })
  if (!(await wasStarted(action, c))) return applied()
  return applyExec({ ...action, name: backOf(name), argv: own.back }, c, timeoutMs)
}

/** Did its way back run? `unknown` and `mixed`: it was started, and is not started again by itself. */
export async function probeExecBack(action: Exec, c: ActContext, since: Since): Promise<ProbeResult> {
  if (!(await wasStarted(action, c))) return { found: 'not_applied', detail: {} }
  return probeExec({ ...action, name: backOf(action.name) }, c, since)
}

const backOf = (name: string) => `${name}-back`

/** PID 1 opens the file of the output before the program runs: without one nothing of it was ever started. */
async function wasStarted(action: Exec, c: ActContext): Promise<boolean> {
  const output = await outputOf(action, c)
  const found = await Promise.all([output, endOf(output)].map((path) => lstat(path).catch(() => undefined)))
  return found.some((one) => one !== undefined)
}

/** INVARIANT N38: it sees the copy of its files that was compared with what was approved, starts nothing else but programs of the system, and writes where it is declared. */
async function ownFiles(
  { directory }: Exec,
  { files, writes }: OwnCommand,
  c: ActContext,
): Promise<readonly string[] | ActResult> {
  try {
    await requireOwnPlaces({ directory, writes })
    const tree = join(c.copies, COMMAND_TREE)
    await privateDirectory(c.copies)
    const leave = (path: string) => isSecret(c.policy, path)
    if (!(await makeSealedCopy({ tree, directory, files, leave, open: true })))
      return failed('schema.tool_files_moved', { directory })
    return [
      `BindReadOnlyPaths=${escaped(tree)}:${escaped(directory)}`,
      'NoExecPaths=/',
      `ExecPaths=${[...SYSTEM.map((one) => `-${one}`), escaped(directory)].join(' ')}`,
      ...writes.map((path) => `ReadWritePaths=-${escaped(path)}`),
    ]
  } catch (cause) {
    return failedOr(cause, directory)
  }
}

/** As in the rehearsal: a service that has just been started is asked until it is healthy, or its time is over. Then the command says what is wrong. */
async function whenHealthy({ unit }: Exec, c: ActContext): Promise<void> {
  const health = c.policy.services.find((one) => one.unit === unit)?.health
  if (unit === undefined || health === undefined || !c.systemctl) return
  const { startTimeoutMs } = await readUnitState(unit, c)
  const until = c.clock.uptime() + Math.min(startTimeoutMs === NO_LIMIT ? START_MS : startTimeoutMs, START_MS)
  while (!c.signal.aborted && c.clock.uptime() < until) {
    if ((await readHealth(health, c)).verdict === 'green') return
    await c.clock.sleep(LOOK_MS, c.signal).catch(() => {})
  }
}

/** Settings of the unit by which it sees the sealed copy in the place of a tree that its user may write (INVARIANT N38). */
async function sealedTree({ directory }: Exec, c: ActContext): Promise<readonly string[] | ActResult> {
  try {
    const tree = await c.code?.sealed(directory)
    if (tree === undefined) return []
    return [
      `BindReadOnlyPaths=${escaped(tree.path)}:${escaped(directory)}`,
      ...tree.live.map((path) => `BindReadOnlyPaths=-${escaped(path)}`),
    ]
  } catch (cause) {
    return failedOr(cause, directory)
  }
}

/** A program of the tree is named from there; the client of systemd would look for it where it runs itself. */
function fromDirectory({ argv: [program = '', ...rest], directory }: Exec): readonly string[] {
  return [program.includes('/') ? resolve(directory, program) : program, ...rest]
}

/** What separates in such a setting. */
const escaped = (path: string) => path.replace(/[\\:\s"']/g, '\\$&')

interface Ended {
  readonly exit?: number
  readonly why?: string
}

interface InUnit {
  readonly action: Exec
  readonly unit: string
  readonly output: string
  readonly sealed: readonly string[]
  /** `NAME=value`, as the unit of the service sets them itself. */
  readonly environment: readonly string[]
  readonly timeoutMs: number
  readonly writes: Writes
}

async function inUnit(
  { action, unit, output, sealed, environment, timeoutMs, writes }: InUnit,
  c: ActContext,
): Promise<Ended> {
  await forget(unit, c)
  const owner = await ownerOf(action.unit, c)
  const argv = [
    'systemd-run',
    '--quiet',
    '--no-block',
    `--unit=${unit}`,
    '-p',
    'RemainAfterExit=yes',
    '-p',
    `RuntimeMaxSec=${Math.ceil(timeoutMs / 1000)}`,
    '-p',
    writes === 'own' ? 'ProtectSystem=full' : 'ProtectSystem=strict',
    '-p',
    'NoNewPrivileges=yes',
    '-p',
    'PrivateTmp=yes',
    '-p',
    `LimitFSIZE=${OUTPUT_MAX}`,
    '-p',
    `WorkingDirectory=${action.directory}`,
    '-p',
    `StandardOutput=append:${output}`,
    '-p',
    `StandardError=append:${output}`,
    ...[...sealed, ...owner].flatMap((one) => ['-p', one]),
    ...environment.map((one) => `--setenv=${one}`),
    '--',
    ...fromDirectory(action),
  ]
  const begun = await c.run(argv, { timeoutMs: 30_000 })
  if (begun.code !== 0)
    return { why: `systemd-run: ${begun.notStarted ?? begun.stderr.trim().slice(0, 300)}` }
  c.killPoint('exec.started')
  const until = c.clock.uptime() + timeoutMs + 30_000
  for (;;) {
    const seen = await lookAt(unit, c)
    if (seen !== 'running') {
      await leave(unit, output, seen, c)
      return seen
    }
    if (c.signal.aborted || c.clock.uptime() > until) {
      await forget(unit, c)
      return { why: c.signal.aborted ? 'aborted' : 'timeout' }
    }
    await c.clock.sleep(LOOK_MS, c.signal).catch(() => {})
  }
}

/** `gone`: no unit of that name, so nobody knows how it ended. */
async function lookAt(unit: string, c: ActContext): Promise<Ended | 'running'> {
  const shown = await showProperties(
    unit,
    ['LoadState', 'ActiveState', 'SubState', 'Result', 'ExecMainStatus', 'ExecMainCode'],
    c,
  )
  if (shown.get('LoadState') !== 'loaded') return { why: 'gone' }
  const active = shown.get('ActiveState')
  const isOver = active === 'failed' || (active === 'active' && shown.get('SubState') === 'exited')
  if (!isOver) return 'running'
  const result = shown.get('Result') ?? ''
  if (result === 'timeout') return { why: 'timeout' }
  const code = Number(shown.get('ExecMainStatus') ?? '')
  // ExecMainCode 1: it exited by itself.
  return shown.get('ExecMainCode') === '1' || result === 'success'
    ? { exit: code }
    : { why: `ended: ${result}` }
}

/** Its result was read and is written down; only then may the unit go. */
async function leave(unit: string, output: string, { exit }: Ended, c: ActContext): Promise<void> {
  if (exit !== undefined) await writeDurable(endOf(output), String(exit), { mode: 0o600 })
  await forget(unit, c)
}

async function forget(unit: string, c: ActContext): Promise<void> {
  await c.run(['systemctl', '--no-ask-password', 'stop', '--', unit], { timeoutMs: 60_000, silent: true })
  await c.run(['systemctl', '--no-ask-password', 'reset-failed', '--', unit], {
    timeoutMs: 30_000,
    silent: true,
  })
}

/** Variables that the service's own unit sets, as PID 1 has them. Its files are read by the unit of the command, and win as they do there. */
async function environmentOf(
  unit: string | undefined,
  c: ActContext,
): Promise<readonly string[] | ActResult> {
  if (unit === undefined) return []
  try {
    return (await readRehearsedUnit(unit, { run: c.run, signal: c.signal })).environment
  } catch (cause) {
    return failedOr(cause, unit)
  }
}

/** User, group and environment files of the service's own unit. */
async function ownerOf(unit: string | undefined, c: ActContext): Promise<readonly string[]> {
  if (unit === undefined) return []
  const shown = await showProperties(unit, ['User', 'Group', 'EnvironmentFiles'], c)
  const files = (shown.get('EnvironmentFiles') ?? '').split('\n').flatMap((line) => {
    const [, path, optional] = /^(\/.*) \(ignore_errors=(yes|no)\)$/.exec(line) ?? []
    return path === undefined ? [] : [`EnvironmentFile=${optional === 'yes' ? '-' : ''}${path}`]
  })
  return [
    ...(['User', 'Group'] as const).flatMap((name) => {
      const value = shown.get(name) ?? ''
      return value === '' ? [] : [`${name}=${value}`]
    }),
    ...files,
  ]
}

async function asChild(action: Exec, output: string, c: ActContext, timeoutMs: number): Promise<Ended> {
  const { uid, gid } = await lstat(action.directory)
  const isRoot = process.geteuid?.() === 0
  const done = await c.run(action.argv, {
    cwd: action.directory,
    timeoutMs,
    maxOutput: SHOWN,
    signal: c.signal,
    ...(isRoot ? { uid, gid } : {}),
  })
  await using file = await open(output, 'w', 0o600)
  await file.writeFile(`${done.stdout}${done.stderr}`)
  if (done.timedOut) return { why: 'timeout' }
  return done.code === undefined ? { why: done.notStarted ?? `signal ${done.signal}` } : { exit: done.code }
}

/**
 * After a kill: the unit says how it ended, or that it is under way. One that is gone had its end written down before it went; where it never had
 * any output it was not started; else a person looks.
 */
export async function probeExec(action: Exec, c: ActContext, since: Since): Promise<ProbeResult> {
  if (!c.systemctl || since.boot !== c.clock.boot()) return { found: 'unknown', detail: { why: 'gone' } }
  const unit = unitOf(action, c)
  const until = c.clock.uptime() + 3_600_000
  for (;;) {
    const seen = await lookAt(unit, c)
    if (seen === 'running' && c.clock.uptime() < until && !c.signal.aborted) {
      await c.clock.sleep(LOOK_MS, c.signal).catch(() => {})
      continue
    }
    if (seen === 'running') return { found: 'unknown', detail: { unit } }
    const output = await outputOf(action, c)
    if (seen.why === 'gone') return withoutUnit(output, unit)
    await leave(unit, output, seen, c)
    const detail = { unit, ...(seen.exit === undefined ? {} : { exit: seen.exit }) }
    return { found: seen.exit === 0 ? 'applied' : 'mixed', detail }
  }
}

/** PID 1 opens the file of the output before the program runs. */
async function withoutUnit(output: string, unit: string): Promise<ProbeResult> {
  const end = await readFile(endOf(output), 'utf8').catch(() => '')
  if (/^\d+$/.test(end))
    return { found: end === '0' ? 'applied' : 'mixed', detail: { unit, exit: Number(end) } }
  const isStarted = (await lstat(output).catch(() => undefined)) !== undefined
  return { found: isStarted ? 'unknown' : 'not_applied', detail: { unit } }
}

const endOf = (output: string) => `${output}.end`

function unitOf({ name }: Exec, { execution }: ActContext): string {
  return `sekisho-exec-${execution.replaceAll('/', '-')}-${name}.service`
}

async function outputOf({ name }: Exec, { copies }: ActContext): Promise<string> {
  await privateDirectory(copies)
  return join(copies, `exec-${name}.out`)
}

/** Its last words, without secrets and without what could move a cursor. */
async function shownOf(path: string, c: ActContext): Promise<string> {
  await using file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return ''
  const { size } = await file.stat()
  const length = Math.min(size, LEAD + SHOWN)
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
  const from = Math.max(0, length - SHOWN)
  const [lead, end] = [buffer.subarray(0, from), buffer.subarray(from)]
  const clean = c.redactEnd === undefined ? end : await c.redactEnd(lead, end)
  return plainText(clean.toString('utf8')).trim()
}
