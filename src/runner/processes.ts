// The lives of the runner that hold a place: `runner --data DIR --policy FILE [--group GID]`, and the two small ones beside it,
// `runner keeper` and `runner boot`. Reads its flags, opens the doors, goes on with what was open, ends at a boundary.
import { appendFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { SekishoError } from '../base/error.ts'
import { EXIT } from '../base/error-codes.ts'
import { isExecutionId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { type KillPoint, killAt, noKillPoint } from '../base/kill-point.ts'
import { holdIsolation, startHolder } from '../isolate/holder.ts'
import { isolationParts } from '../isolate/port.ts'
import { settleIsolation } from '../isolate/settle.ts'
import { clearStage } from '../restore/clear-stage.ts'
import { stageRestore } from '../restore/stage-restore.ts'
import { Stages } from '../restore/stages.ts'
import { WORKS } from '../snapshot/works.ts'
import { systemClock } from '../sys/clock.ts'
import { environment } from '../sys/config.ts'
import { run, startApart } from '../sys/process.ts'
import { bootCopy } from './backup/boot-copy.ts'
import { BackupJobs } from './backup/jobs.ts'
import { isCodeUsed } from './code/hands.ts'
import { codeLooks } from './code/looks.ts'
import { stageCode } from './code/stage-code.ts'
import { CodeStages } from './code/stages.ts'
import { openDoor } from './doors.ts'
import { BreakGlass } from './glass.ts'
import { Isolations } from './isolation/isolations.ts'
import { openExecutionJournal } from './journal/journal.ts'
import { killByOrder } from './kill-order.ts'
import { KILL_POINTS } from './kill-points.ts'
import { Leases } from './lease/leases.ts'
import {
  existingPlace,
  holderCommand,
  isSystemd,
  lockPlace,
  type OpenOptions,
  openParts,
  openPlace,
} from './open.ts'
import { openKeys } from './own-key.ts'
import { keyedBy } from './parts.ts'
import { revertAtBoot } from './revert/boot.ts'
import { keepWatch } from './revert/keeper.ts'
import type { SettleContext } from './revert/settle.ts'
import { tryPlan } from './trial.ts'
import { Executions } from './verbs/executions.ts'
import { findRules } from './verbs/rules.ts'
import { Statements } from './verbs/statements.ts'
import { Trials } from './verbs/try.ts'
import { Verbs } from './verbs/verbs.ts'

function log(sentence: string, values: JsonObject = {}): void {
  process.stderr.write(`${JSON.stringify({ room: 'runner', message: sentence, ...values })}\n`)
}

/** Only a test may name a place to die at, and it says twice that it is one. */
function killPointOf(): KillPoint {
  const wanted = environment['SEKISHO_KILL_POINT']
  const trace = environment['SEKISHO_KILL_TRACE']
  const order = environment['SEKISHO_KILL_ORDER']
  const isAsked = wanted !== undefined || trace !== undefined || order !== undefined
  if (environment['SEKISHO_TESTS'] !== '1' || !isAsked) return noKillPoint
  const name = wanted?.split('#')[0]
  if (name !== undefined && !KILL_POINTS.includes(name)) throw new TypeError(`no such kill point: ${name}`)
  const kill = () => process.kill(process.pid, 'SIGKILL')
  const ordered = order === undefined ? noKillPoint : killByOrder(order, kill)
  return killAt(wanted ?? '', kill, (name) => {
    if (trace !== undefined) appendFileSync(trace, `${name}\n`)
    ordered(name)
  })
}

/** A test that only looks at files must not make timers on the machine that it runs on. */
async function hasSystemd(): Promise<boolean> {
  if (environment['SEKISHO_TESTS'] === '1' && environment['SEKISHO_SYSTEMD'] === '0') return false
  return isSystemd()
}

/** Answers the exit code of the process. `argv`: what stands after the script. */
export async function runProcess(argv: readonly string[]): Promise<number> {
  try {
    return await processFor(argv)
  } catch (error) {
    if (error instanceof SekishoError) {
      log('the runner does not start', { code: error.code, detail: { ...error.detail } })
      return error.exit
    }
    log('the runner broke', {
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return EXIT.bug
  }
}

async function processFor(argv: readonly string[]): Promise<number> {
  const [first = ''] = argv
  const life = first === 'keeper' || first === 'boot' || first === 'isolation' ? first : 'run'
  const { values } = parseArgs({
    args: life === 'run' ? [...argv] : argv.slice(1),
    options: {
      data: { type: 'string' },
      policy: { type: 'string' },
      group: { type: 'string' },
      guard: { type: 'string' },
      host: { type: 'string' },
      execution: { type: 'string' },
      by: { type: 'string' },
    },
  })
  if (values.data === undefined || values.policy === undefined) {
    log(
      'usage: runner [keeper|boot|isolation] --data DIR --policy FILE [--group GID] [--host NAME] [--guard DIR]',
    )
    return EXIT.usage
  }
  const script = process.argv[1] ?? ''
  const options: OpenOptions = {
    data: values.data,
    policy: values.policy,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.guard === undefined ? {} : { guard: values.guard }),
    code: dirname(script),
    command: [process.execPath, script],
    version: await versionOf(script),
    systemctl: await hasSystemd(),
    killPoint: killPointOf(),
    log,
  }
  switch (life) {
    case 'run':
      return serve(options, values.group === undefined ? undefined : Number(values.group))
    case 'keeper': {
      if (!isExecutionId(values.execution)) return EXIT.usage
      const context = await settleContext(options, 'running')
      log('kept watch', {
        ...(await keepWatch(values.execution, values.by === 'timer' ? 'timer' : 'keeper', context)),
      })
      return EXIT.done
    }
    case 'isolation':
      await holdIsolation(isolationParts(await apartParts(options)), log)
      return EXIT.done
    case 'boot': {
      await isolateAtBoot(options)
      const settled = await revertAtBoot(await settleContext(options, 'boot'))
      for (const one of settled) log('settled at boot', { ...one })
      return settled.some(({ state }) => state === 'stuck') ? EXIT.failed : EXIT.done
    }
  }
}

/** For a process beside the runner: nothing of the journal, which the runner writes. */
async function apartParts(options: OpenOptions) {
  const place = await existingPlace(options)
  return { place, clock: systemClock, process: run, killPoint: options.killPoint }
}

/**
 * A kept isolation stands again before the network does, and its holder after that; one that nobody had kept is undone. What goes wrong is said
 * and keeps nothing from being put back.
 */
async function isolateAtBoot(options: OpenOptions): Promise<void> {
  try {
    const { record } = await settleIsolation(isolationParts(await apartParts(options)))
    if (record?.phase !== 'kept') return
    const apart = async (argv: readonly string[]) => startApart(argv)
    await startHolder({
      run,
      startApart: apart,
      systemctl: options.systemctl,
      command: holderCommand(options),
    })
  } catch (error) {
    log('the isolation was not restored', { why: String(error).slice(0, 300) })
  }
}

async function settleContext(options: OpenOptions, phase: 'running' | 'boot'): Promise<SettleContext> {
  // Not the whole journal: the runner may be writing it. An execution's own file is locked for every line.
  const place = await existingPlace(options)
  const keys = await openKeys(place.keys)
  const clock = systemClock
  const { killPoint } = options
  return {
    run,
    clock,
    keyed: keyedBy(keys),
    killPoint,
    systemctl: options.systemctl,
    phase,
    state: place.state,
    journal: (execution) => openExecutionJournal(place.journal, execution, { clock, killPoint }),
  }
}

async function serve(options: OpenOptions, group: number | undefined): Promise<number> {
  const place = await openPlace(options)
  await lockPlace(place)
  // Shadows of trials that a kill left behind.
  await rm(join(place.state, 'trials'), { recursive: true, force: true })
  const parts = await openParts(place, options)
  await findRules(options.policy, parts)
  const code = new CodeStages(parts, (context) => stageCode(context, codeLooks), isCodeUsed)
  const leases = new Leases(parts)
  const executions = new Executions(parts, leases, (execution) => code.finish(execution))
  const backups = new BackupJobs(parts, WORKS, bootCopy)
  const stages = new Stages(parts, stageRestore, clearStage)
  const isolations = new Isolations(parts)
  const glass = new BreakGlass(parts, executions)
  const verbs = new Verbs(
    parts,
    executions,
    new Statements(parts, executions, glass),
    new Trials(parts, tryPlan),
    backups,
    stages,
    isolations,
    code,
    glass,
    leases,
  )
  // Before the executions, whose steps hold them.
  await leases.resume()
  const open = await executions.resume()
  await backups.resume()
  stages.resume()
  isolations.resume()
  await glass.resume()
  code.resume()
  await parts.journal.append('runner', {
    kind: 'runner',
    event: 'started',
    detail: { version: parts.version, root: parts.root, open: [...open] },
  })
  const door = { answer: (request: Parameters<Verbs['answer']>[0]) => verbs.answer(request), log }
  // The gate's door last: who finds it open finds the other one open too.
  const admin = await openDoor({ ...door, path: join(place.run, 'admin.sock'), kind: 'admin', mode: 0o600 })
  const gate = await openDoor({
    ...door,
    path: join(place.run, 'runner.sock'),
    kind: 'gate',
    mode: 0o660,
    ...(group === undefined ? {} : { group }),
  })
  log('the runner serves', { data: options.data, host: parts.host, open: [...open] })
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  await Promise.all([
    executions.stop(),
    backups.stop(),
    stages.stop(),
    isolations.stop(),
    code.stop(),
    leases.stop(),
  ])
  await Promise.all([gate.close(), admin.close()])
  await parts.journal.append('runner', { kind: 'runner', event: 'stopped', detail: {} })
  return EXIT.done
}

async function versionOf(script: string): Promise<string> {
  // Two up from the sources, one up from a bundle.
  for (const path of ['../../package.json', '../package.json'].map((one) => join(dirname(script), one))) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    const found = text === undefined ? undefined : /"version":\s*"([^"]{1,50})"/.exec(text)?.[1]
    if (found !== undefined) return found
  }
  return 'unknown'
}
