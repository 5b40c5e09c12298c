// The rehearsal: the plan that will run, with the artefact that will run, in a room that holds a clone of production. The deployed release starts and answers; the
// steps are played and the candidate answers; they are taken back and the deployed release answers again. Each way is timed, requests are counted, and whatever is
// different afterwards is named. What was not compared or not measured is listed, and never counts as equal.
import { freemem } from 'node:os'
import { join } from 'node:path'
import type { Clock, Random } from '../base/time.ts'
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { PathDifference, Receipt, RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import { type RoomLimits, roomLimits } from '../room/limits.ts'
import { enough, withPlace } from '../room/place.ts'
import { type RoomPorts, type Walls, wallsHere } from '../room/walls.ts'
import type { Owners } from '../tree/owners.ts'
import { type Account, accountOf } from './accounts.ts'
import { type Findings, Found, faultOf, noFindings, receiptOf } from './findings.ts'
import { differencesOf, type Fingerprints, fingerprintsOf } from './fingerprint.ts'
import { type Furnished, furnish } from './furnish.ts'
import { INSIDE_REHEARSAL } from './play.ts'
import type { Order, OrderAnswer } from './protocol.ts'
import { openRelay } from './relay.ts'
import { type Session, withSession } from './session.ts'
import type { RehearsalSpec } from './spec.ts'
import { expandWords } from './unit.ts'
import { environmentOf, madeUnit } from './variables.ts'

export interface RehearsalPorts extends RoomPorts {
  readonly clock: Clock
  readonly random: Random
  readonly owners: Owners
}

export interface Rehearsed {
  readonly receipt: Receipt
  /** What service and steps said: for people of the service. An agent sees the receipt alone. */
  readonly output: string
}

const GIVE_MS = 30_000
const STEP_MS = 600_000
/** So long the deployed release may take to be well on the new schema, and so many times as long as it took on its own. */
const OLD_CODE_MS = 10_000
const OLD_CODE_FACTOR = 10
/** A release that is gone away from gets no longer to become healthy. */
const SICK_MS = 30_000
let rehearsals = 0
/** One at a time: two would slow each other, and their figures would be of no use. */
let before: Promise<unknown> = Promise.resolve()

/** Always a receipt: a room that could not be had, or was ended, is one that says `unknown` and why. */
export function rehearse(ports: RehearsalPorts, spec: RehearsalSpec): Promise<Rehearsed> {
  const mine = before.then(() => play(ports, spec))
  before = mine.catch(() => {})
  return mine
}

async function play(ports: RehearsalPorts, spec: RehearsalSpec): Promise<Rehearsed> {
  const findings = noFindings(spec)
  let output = ''
  let fault: RehearsalFault | undefined
  try {
    const ended = await inRoom(ports, spec, findings, (text) => {
      output = text
    })
    if (ended === 'watcher') fault = { step: 'clone', code: 'unavailable', what: 'cgroup' }
  } catch (cause) {
    fault = faultOf(cause, findings.step)
  }
  return { receipt: receiptOf(ports.clock, spec, findings, fault), output }
}

async function inRoom(
  ports: RehearsalPorts,
  spec: RehearsalSpec,
  findings: Findings,
  said: (text: string) => void,
): Promise<string> {
  const account = accountOf(spec.unit, ports.owners)
  if (account === 'root') throw new Found({ step: 'clone', code: 'unavailable', what: 'User=root' })
  if (account === undefined)
    throw new Found({ step: 'clone', code: 'unavailable', what: `User=${spec.unit.user}` })
  const sandbox = await wallsHere(ports)
  if (sandbox.kind !== 'mapped') throw new Found({ step: 'clone', code: 'unavailable', what: sandbox.kind })
  const limits: RoomLimits = { ...roomLimits(freemem()), seconds: 1_800, ...spec.limits }
  enough(ports.scratch, { bytes: 0, files: 0 })
  return withPlace(ports.scratch, async (place, baseUid) => {
    const walls: Walls = { ports, sandbox, baseUid, place }
    spec.progress?.('clone', 1)
    const furnished = await furnish(walls, spec, account, limits, ports.random)
    findings.cloned = furnished.cloned
    findings.notCompared.push(...furnished.notCompared)
    const made = madeUnit(spec.unit, spec.secrets.real, ports.random)
    findings.made = [...furnished.made, ...made.made]
    findings.given = [...furnished.given, ...made.given]
    findings.stayed = furnished.stayed
    const request = {
      mounts: furnished.mounts,
      limits,
      name: `rehearsal-${++rehearsals}`,
      passwd: account.passwd,
      group: account.group,
      ...(spec.signal === undefined ? {} : { signal: spec.signal }),
    }
    return withSession(walls, request, async (session) => {
      const relay = await relayTo(walls, spec)
      try {
        const run = new Run(session, { ...spec, unit: made.unit }, account, furnished, findings, baseUid)
        await run.all()
        return session.limitedBy
      } finally {
        said(session.said())
        await relay?.close()
      }
    })
  })
}

const DOOR = 'database'

/** Whose socket stands in the room's own directory, which the candidate cannot enter. */
function relayTo({ place }: Walls, { database }: RehearsalSpec) {
  return database === undefined ? undefined : openRelay(join(place, 'rehearsal', DOOR), database.socket)
}

class Run {
  readonly #session: Session
  readonly #spec: RehearsalSpec
  readonly #account: Account
  readonly #furnished: Furnished
  readonly #findings: Findings
  readonly #baseUid: number
  #number = 1
  #isSick = false

  constructor(
    session: Session,
    spec: RehearsalSpec,
    account: Account,
    furnished: Furnished,
    findings: Findings,
    baseUid: number,
  ) {
    this.#session = session
    this.#spec = spec
    this.#account = account
    this.#furnished = furnished
    this.#findings = findings
    this.#baseUid = baseUid
  }

  async all(): Promise<void> {
    const { perSecond, health, runs, database } = this.#spec
    this.#at('boot')
    const { sockets = [] } = this.#spec.unit
    if (sockets.length > 0) await this.#must('boot', { do: 'listen', sockets })
    if (database !== undefined)
      await this.#must('boot', { do: 'relay', port: database.port, socket: join(INSIDE_REHEARSAL, DOOR) })
    const booting = performance.now()
    await this.#boot()
    const bootMs = performance.now() - booting
    const start = await this.#look()
    this.#findings.compared = start.size
    if (database?.oldCode !== undefined) await this.#oldCode(database.oldCode.smokeIn, bootMs)
    for (this.#number = 1; this.#number <= runs; this.#number++) {
      if (perSecond > 0) await this.#must('deploy', { do: 'load', url: health.url, perSecond })
      await this.#once(start)
      if (perSecond > 0) await this.#must('back', { do: 'unload' })
      this.#findings.runs += 1
    }
  }

  /** The release that runs now, on the schema that comes. It starts anew there: what it has prepared before would hide what it cannot do. */
  async #oldCode(smokeIn: string, bootMs: number): Promise<void> {
    const { unit, smoke } = this.#spec
    await this.#outside('old-code', false)
    try {
      await this.#restart('old-code')
      const withinMs = Math.min(unit.startMs, Math.max(OLD_CODE_MS, OLD_CODE_FACTOR * bootMs))
      await this.#healthy('old-code', withinMs)
      if (smoke !== undefined) await this.#exec('old-code', smoke.argv, smokeIn, smoke.withinMs)
      this.#findings.oldCode = { runs: true }
    } catch (cause) {
      if (!(cause instanceof Found)) throw cause
      this.#findings.oldCode = { runs: false, fault: cause.fault }
    }
    await this.#outside('old-code', true)
    await this.#restart('back')
    await this.#healthy('back-health')
  }

  async #outside(step: RehearsalStep, back: boolean): Promise<void> {
    const { database, steps } = this.#spec
    const why = await database?.change?.(back)
    if (why === undefined) return
    const what = steps.flatMap((one) => (one.kind === 'outside' ? [one.what] : []))[0]
    throw new Found({ step, code: 'failed', what: `${what ?? ''}: ${why}`.slice(0, 500) })
  }

  async #restart(step: RehearsalStep): Promise<void> {
    await this.#stop(step)
    await this.#start(step)
  }

  async #boot(): Promise<void> {
    try {
      await this.#start('boot')
      await this.#healthy(
        'boot',
        this.#spec.mayBeSick === true ? Math.min(this.#spec.unit.startMs, SICK_MS) : undefined,
      )
    } catch (cause) {
      if (this.#spec.mayBeSick !== true || !(cause instanceof Found)) throw cause
      this.#isSick = true
      this.#findings.notCompared.push({ what: this.#spec.unit.name, why: 'sick' })
    }
  }

  async #once(start: Fingerprints): Promise<void> {
    const { perSecond, smoke } = this.#spec
    const findings = this.#findings
    if (perSecond > 0) await this.#must('deploy', { do: 'count' })
    const deploying = performance.now()
    for (const number of this.#spec.steps.keys()) await this.#play('deploy', number, false)
    await this.#healthy('deploy-health')
    findings.deployMs.push(Math.round(performance.now() - deploying))
    if (perSecond > 0) findings.lostDeploy.push((await this.#must('deploy', { do: 'count' })).lost ?? 0)
    if (smoke !== undefined) {
      this.#at('smoke')
      await this.#exec('smoke', smoke.argv, smoke.cwd, smoke.withinMs)
    }
    this.#compare(start, await this.#look(), 'deploy')
    if (perSecond > 0) await this.#must('back', { do: 'count' })
    const back = performance.now()
    for (const number of this.#backwards()) await this.#play('back', number, true)
    if (!this.#isSick) await this.#healthy('back-health')
    findings.backMs.push(Math.round(performance.now() - back))
    if (!this.#isSick) findings.backHealthy += 1
    if (perSecond > 0) findings.lostBack.push((await this.#must('back', { do: 'count' })).lost ?? 0)
    this.#compare(start, await this.#look(), 'back')
  }

  /** As declared; else what changes files backwards, then the service anew. */
  #backwards(): readonly number[] {
    const { back, steps } = this.#spec
    if (back !== undefined) return back
    const numbers = [...steps.keys()]
    const isRestart = (number: number) => steps[number]?.kind === 'restart'
    return [...numbers.filter((one) => !isRestart(one)).toReversed(), ...numbers.filter(isRestart)]
  }

  async #play(at: 'deploy' | 'back', number: number, back: boolean): Promise<void> {
    const step = this.#spec.steps[number]
    if (step === undefined) return
    this.#at(at)
    switch (step.kind) {
      case 'restart':
        await this.#restart(at)
        return
      case 'outside':
        await this.#outside(at, back)
        return
      case 'exec': {
        const argv = back ? step.undo : step.argv
        if (argv !== undefined) await this.#exec(at, argv, this.#spec.unit.workingDirectory, STEP_MS)
        return
      }
      case 'link':
      case 'place':
      case 'action':
        await this.#must(at, { do: 'play', step, number, back })
    }
  }

  async #exec(step: RehearsalStep, argv: readonly string[], cwd: string, withinMs: number): Promise<void> {
    await this.#must(step, { do: 'run', program: this.#program(step, argv, cwd), withinMs })
  }

  #program(step: RehearsalStep, argv: readonly string[], cwd: string) {
    const { env, missing } = environmentOf(this.#spec.unit, this.#account, this.#furnished.read)
    if (missing !== undefined) throw new Found({ step, code: 'not_started', what: missing })
    const { uid, gid } = this.#account
    return { argv, env, cwd: cwd === '' || cwd === '~' ? '/' : cwd, as: { uid, gid } }
  }

  async #start(step: RehearsalStep): Promise<void> {
    const { unit } = this.#spec
    const { env } = environmentOf(unit, this.#account, this.#furnished.read)
    for (const one of unit.before) {
      const program = this.#program(step, expandWords(one, env), unit.workingDirectory)
      const answer = await this.#session.order({ do: 'run', program, withinMs: unit.startMs })
      if (!answer.ok && !one.mayFail) throw new Found(this.#red(step, 'not_started', answer, one.path))
    }
    const isOneshot = unit.type === 'oneshot'
    for (const one of unit.start) {
      const program = this.#program(step, expandWords(one, env), unit.workingDirectory)
      if (isOneshot) await this.#must(step, { do: 'run', program, withinMs: unit.startMs })
      else await this.#must(step, { do: 'start', program, mayEnd: unit.type === 'forking' })
    }
  }

  async #stop(step: RehearsalStep): Promise<void> {
    const { unit } = this.#spec
    const { uid, gid } = this.#account
    const graceMs = Math.min(unit.stopMs, GIVE_MS)
    await this.#must(step, { do: 'stop', signal: unit.stopSignal, graceMs, as: { uid, gid } })
  }

  async #healthy(step: RehearsalStep, withinMs = this.#spec.unit.startMs): Promise<void> {
    this.#at(step)
    const { health } = this.#spec
    const answer = await this.#session.order({ do: 'healthy', health, withinMs })
    if (answer.ok) return
    throw new Found(this.#red(step, answer.why === 'ended' ? 'ended' : 'unhealthy', answer, answer.why))
  }

  async #must(step: RehearsalStep, order: Order): Promise<OrderAnswer> {
    const answer = await this.#session.order(order)
    if (answer.ok) return answer
    const program = order.do === 'run' ? order.program.argv[0] : answer.why
    throw new Found(this.#red(step, answer.why === 'time' ? 'time' : 'failed', answer, program))
  }

  #red(
    step: RehearsalStep,
    code: RehearsalFault['code'],
    answer: OrderAnswer,
    named?: string,
  ): RehearsalFault {
    return {
      step,
      code,
      ...(named === undefined || named === 'ended' ? {} : { what: named }),
      ...(answer.exit === undefined ? {} : { exit: answer.exit }),
    }
  }

  #look(): Promise<Fingerprints> {
    return fingerprintsOf(this.#furnished.compared, this.#spec.live, this.#baseUid)
  }

  #compare(start: Fingerprints, now: Fingerprints, after: PathDifference['after']): void {
    // A directory that comes or goes with what is in it is no change of its own.
    const mayChange = ({ path, field }: PathDifference) =>
      this.#spec.mayChange.some(
        (one) =>
          isAtOrBelow(path, one) || ((field === 'added' || field === 'missing') && isAtOrBelow(one, path)),
      )
    const all = differencesOf(start, now, after)
    const found = after === 'back' ? all : all.filter((one) => !mayChange(one))
    if (found.length === 0) return
    this.#findings.differences.push(...found)
    const step: RehearsalStep = after === 'deploy' ? 'deploy' : 'compare'
    const [first] = found
    throw new Found({
      step,
      code: after === 'deploy' ? 'outside' : 'different',
      ...(first === undefined ? {} : { what: first.path }),
    })
  }

  #at(step: RehearsalStep): void {
    this.#findings.step = step
    this.#spec.progress?.(step, this.#number)
  }
}
