// Putting back what is armed, while the host runs or before its services start at boot. Read back before anything is called done.
import { lstat } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Clock } from '../../base/time.ts'
import { showProperties } from '../../host/unit-facts.ts'
import { unitsTouched } from '../../host/units-touched.ts'
import { takeBack } from '../../schema/migrate.ts'
import type { run } from '../../sys/process.ts'
import { whatStands } from '../../tree/exchange-places.ts'
import { probeUndoUnits } from '../act/action.ts'
import { placesBack as backInPlace } from '../act/code.ts'
import { type ActResult, failedOr, type ProbeResult, type Since } from '../act/context.ts'
import { isPutBack, putBackFile } from '../act/put-back.ts'
import { exchangeAt, swapAt } from '../act/restore.ts'
import { applyBack } from '../act/unit.ts'
import type { Armed, ArmedAction } from './armed.ts'

export interface RevertContext {
  readonly run: typeof run
  readonly clock: Clock
  /** By the runner's key; secret files are compared with their copies by it. */
  readonly keyed: (bytes: Uint8Array) => string
  readonly killPoint: (name: string) => void
  readonly systemctl: boolean
  /** `boot`: services have not been started yet, so they are left alone and start with what is put back. */
  readonly phase: 'running' | 'boot'
}

/** Undoes one action. Idempotent. */
export async function revertAction(action: ArmedAction, armed: Armed, c: RevertContext): Promise<ActResult> {
  const done: JsonObject[] = []
  try {
    for (const step of action.undo) {
      switch (step.kind) {
        case 'putBack':
          done.push(await putBackAll(action, armed, c))
          done.push(...(await placesBack(action, c)))
          done.push(...(await migrationBack(action, c)))
          done.push(...(await commandBack(action, c)))
          break
        case 'unit':
          if (c.phase === 'boot') done.push({ step: step.verb, unit: step.unit, left: 'not started yet' })
          else done.push({ step: step.verb, unit: step.unit, ...(await must(step, action, c)) })
          break
        case 'daemonReload':
          done.push({ step: 'daemonReload', ...(await must(step, action, c)) })
      }
    }
    if (c.phase === 'boot' && c.systemctl) await bootSystemd(action, c, done)
    return { result: 'applied', detail: { steps: done } }
  } catch (cause) {
    return failedOr(cause, action.files[0]?.path ?? '', { steps: done })
  }
}

/**
 * Was it undone by somebody who died before saying so? The old files stand there and the units have taken them in since the intent:
 * then no unit is told a second time.
 */
export async function probeReverted(
  action: ArmedAction,
  since: Since,
  c: RevertContext,
): Promise<ProbeResult> {
  const old = await Promise.all(action.files.map((file) => isPutBack(file, c).catch(() => false)))
  const files = Object.fromEntries(
    action.files.map(({ path }, i) => [path, old[i] === true ? 'old' : 'other']),
  )
  const { exchange } = action
  const stands = exchange === undefined ? 'old' : whatStands(exchange)
  const isBack = (action.exchanges ?? []).every((place) => whatStands(place) === 'old')
  // Names of databases are asked for by the act itself, which does nothing twice.
  if (
    old.includes(false) ||
    stands !== 'old' ||
    !isBack ||
    action.swap !== undefined ||
    action.migration !== undefined
  )
    return {
      found: 'not_applied',
      detail: { files, ...(exchange === undefined ? {} : { [exchange.path]: stands }) },
    }
  const { found, detail } = await probeUndoUnits(action.undo, { ...c, signal: NEVER }, since)
  return { found, detail: { files, ...detail } }
}

/** Putting back is never called off. */
const NEVER = new AbortController().signal

async function putBackAll(action: ArmedAction, armed: Armed, c: RevertContext): Promise<JsonObject> {
  const { execution, zone, copies } = armed
  const files: JsonObject[] = []
  for (const file of action.files.toReversed()) {
    const done = await putBackFile(file, { ...c, execution, zone, copies })
    files.push({
      path: file.path,
      was: done.was,
      ...(done.foreign === undefined ? {} : { foreign: done.foreign }),
    })
  }
  return { step: 'putBack', files }
}

/** The original comes back to its name. Before the services start no cluster runs, and what is swapped waits for the runner. */
async function placesBack(
  { exchange, exchanges, swap, timeoutMs }: ArmedAction,
  c: RevertContext,
): Promise<readonly JsonObject[]> {
  const done: ActResult[] = []
  if (exchange !== undefined) done.push(await exchangeAt(exchange, 'old', c))
  if (exchanges !== undefined) done.push(await backInPlace(exchanges, exchanges[0]?.path ?? '', c))
  if (swap !== undefined) done.push(await swapAt(swap, 'old', c, timeoutMs))
  for (const { result, detail } of done)
    if (result !== 'applied')
      throw new SekishoError('restore.foreign', {
        path: exchange?.path ?? swap?.pair.live ?? '',
        beside: exchange?.beside ?? swap?.pair.beside ?? '',
        why: String(detail['why'] ?? ''),
      })
  return done.map(({ detail }) => ({ step: 'placesBack', ...detail }))
}

/** Before the services start no cluster runs, and what was migrated waits for the runner, too. */
async function migrationBack({ migration }: ArmedAction, c: RevertContext): Promise<readonly JsonObject[]> {
  if (migration === undefined) return []
  const back = await takeBack(migration, { clock: c.clock, killPoint: c.killPoint, keyed: c.keyed })
  if (!back.ok) throw back.error
  return [{ step: 'migrationBack', ...back.detail }]
}

/** A declared command, as whoever owns its directory. */
async function commandBack(
  { command, timeoutMs }: ArmedAction,
  c: RevertContext,
): Promise<readonly JsonObject[]> {
  if (command === undefined) return []
  // Its service starts only later, and would undo it: the lease ends it when the host is up.
  if (c.phase === 'boot') return [{ step: 'commandBack', left: 'until the host is up' }]
  const { uid, gid } = await lstat(command.directory)
  const isRoot = process.geteuid?.() === 0
  const done = await c.run(command.argv, {
    cwd: command.directory,
    timeoutMs,
    ...(isRoot ? { uid, gid } : {}),
  })
  if (done.code !== 0)
    throw new SekishoError('process.failed', {
      program: command.argv[0] ?? '',
      why: `${done.notStarted ?? done.code} ${done.stderr.slice(0, 300)}`,
    })
  return [{ step: 'commandBack', argv: [...command.argv] }]
}

async function must(
  step: Parameters<typeof applyBack>[0],
  action: ArmedAction,
  c: RevertContext,
): Promise<JsonObject> {
  const { result, detail } = await applyBack(step, { ...c, signal: NEVER }, action.timeoutMs)
  if (result === 'applied') return detail
  throw new SekishoError('process.failed', {
    program: 'systemctl',
    why: JSON.stringify(detail).slice(0, 1000),
  })
}

/**
 * At boot PID 1 has read the units before us and has queued its jobs: without a daemon-reload the service starts with the new
 * settings, and a unit that is no longer wanted starts all the same.
 */
async function bootSystemd(action: ArmedAction, c: RevertContext, done: JsonObject[]): Promise<void> {
  const units = unitsTouched(action.files.map(({ real }) => real))
  if (units.length === 0) return
  await must({ kind: 'daemonReload' }, action, c)
  for (const unit of units) {
    const shown = await showProperties(
      unit,
      ['LoadState', 'WantedBy', 'RequiredBy', 'Job', 'NeedDaemonReload'],
      c,
    )
    if (shown.get('NeedDaemonReload') === 'yes')
      throw new SekishoError('process.failed', {
        program: 'systemctl daemon-reload',
        why: `${unit} still needs it`,
      })
    const job = Number(shown.get('Job') ?? 0)
    const isWanted =
      shown.get('LoadState') === 'loaded' &&
      `${shown.get('WantedBy') ?? ''}${shown.get('RequiredBy') ?? ''}` !== ''
    const cancelled = job !== 0 && !isWanted
    if (cancelled) await c.run(['systemctl', 'cancel', String(job)])
    done.push({ step: 'daemonReload', unit, cancelled })
  }
}
