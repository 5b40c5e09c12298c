// The rehearsal: the plan that will run, with the artefact that will run, in a room that holds a clone of production. The deployed release starts and answers; the
// steps are played and the candidate answers; they are taken back and the deployed release answers again. Each way is timed, requests are counted, and whatever is
// different afterwards is named. What was not compared or not measured is listed, and never counts as equal.
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { PathDifference, Receipt, RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import type { Booted } from './booted.ts'
import { type Findings, Found, faultOf, noFindings, receiptOf } from './findings.ts'
import { differencesOf, type Fingerprints, fingerprintsOf } from './fingerprint.ts'
import type { Furnished } from './furnish.ts'
import { type FurnishedRoom, inTurn, type RehearsalPorts, withRehearsalRoom } from './in-room.ts'
import type { RehearsalSpec } from './spec.ts'

export interface Rehearsed {
  readonly receipt: Receipt
  /** What service and steps said: for people of the service. An agent sees the receipt alone. */
  readonly output: string
}

const STEP_MS = 600_000
/** So long the deployed release may take to be well on the new schema, and so many times as long as it took on its own. */
const OLD_CODE_MS = 10_000
const OLD_CODE_FACTOR = 10
/** A release that is gone away from gets no longer to become healthy. */
const SICK_MS = 30_000

/** Always a receipt: a room that could not be had, or was ended, is one that says `unknown` and why. */
export function rehearse(ports: RehearsalPorts, spec: RehearsalSpec): Promise<Rehearsed> {
  return inTurn(() => play(ports, spec))
}

async function play(ports: RehearsalPorts, spec: RehearsalSpec): Promise<Rehearsed> {
  const findings = noFindings(spec)
  let output = ''
  let fault: RehearsalFault | undefined
  try {
    const ended = await withRehearsalRoom(ports, spec, {
      furnished: ({ cloned, notCompared, made, given, stayed }) => {
        Object.assign(findings, { cloned, made, given, stayed })
        findings.notCompared.push(...notCompared)
      },
      said: (text) => {
        output = text
      },
      work: async (room) => {
        await new Run(room, spec, findings).all()
        return room.session.limitedBy
      },
    })
    if (ended === 'watcher') fault = { step: 'clone', code: 'unavailable', what: 'cgroup' }
  } catch (cause) {
    fault = faultOf(cause, findings.step)
  }
  return { receipt: receiptOf(ports.clock, spec, findings, fault), output }
}

class Run {
  readonly #service: Booted
  readonly #spec: RehearsalSpec
  readonly #furnished: Furnished
  readonly #findings: Findings
  readonly #baseUid: number
  #number = 1
  #isSick = false

  constructor({ service, furnished, baseUid }: FurnishedRoom, spec: RehearsalSpec, findings: Findings) {
    this.#service = service
    this.#spec = spec
    this.#furnished = furnished
    this.#findings = findings
    this.#baseUid = baseUid
  }

  async all(): Promise<void> {
    const { perSecond, health, runs, database } = this.#spec
    this.#at('boot')
    await this.#service.prepare()
    const booting = performance.now()
    await this.#boot()
    const bootMs = performance.now() - booting
    const start = await this.#look()
    this.#findings.compared = start.size
    if (database?.oldCode !== undefined) await this.#oldCode(database.oldCode.smokeIn, bootMs)
    for (this.#number = 1; this.#number <= runs; this.#number++) {
      if (perSecond > 0) await this.#service.must('deploy', { do: 'load', url: health.url, perSecond })
      await this.#once(start)
      if (perSecond > 0) await this.#service.must('back', { do: 'unload' })
      this.#findings.runs += 1
    }
  }

  /** The release that runs now, on the schema that comes. It starts anew there: what it has prepared before would hide what it cannot do. */
  async #oldCode(smokeIn: string, bootMs: number): Promise<void> {
    const { unit, smoke } = this.#spec
    await this.#outside('old-code', false)
    try {
      await this.#service.restart('old-code')
      const withinMs = Math.min(unit.startMs, Math.max(OLD_CODE_MS, OLD_CODE_FACTOR * bootMs))
      await this.#healthy('old-code', withinMs)
      if (smoke !== undefined) await this.#service.exec('old-code', smoke.argv, smokeIn, smoke.withinMs)
      this.#findings.oldCode = { runs: true }
    } catch (cause) {
      if (!(cause instanceof Found)) throw cause
      this.#findings.oldCode = { runs: false, fault: cause.fault }
    }
    await this.#outside('old-code', true)
    await this.#service.restart('back')
    await this.#healthy('back-health')
  }

  async #outside(step: RehearsalStep, back: boolean): Promise<void> {
    const { database, steps } = this.#spec
    const why = await database?.change?.(back)
    if (why === undefined) return
    const what = steps.flatMap((one) => (one.kind === 'outside' ? [one.what] : []))[0]
    throw new Found({ step, code: 'failed', what: `${what ?? ''}: ${why}`.slice(0, 500) })
  }

  async #boot(): Promise<void> {
    try {
      await this.#service.start('boot')
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
    if (perSecond > 0) await this.#service.must('deploy', { do: 'count' })
    const deploying = performance.now()
    for (const number of this.#spec.steps.keys()) await this.#play('deploy', number, false)
    await this.#healthy('deploy-health')
    findings.deployMs.push(Math.round(performance.now() - deploying))
    if (perSecond > 0)
      findings.lostDeploy.push((await this.#service.must('deploy', { do: 'count' })).lost ?? 0)
    if (smoke !== undefined) {
      this.#at('smoke')
      await this.#service.exec('smoke', smoke.argv, smoke.cwd, smoke.withinMs)
    }
    this.#compare(start, await this.#look(), 'deploy')
    if (perSecond > 0) await this.#service.must('back', { do: 'count' })
    const back = performance.now()
    for (const number of this.#backwards()) await this.#play('back', number, true)
    if (!this.#isSick) await this.#healthy('back-health')
    findings.backMs.push(Math.round(performance.now() - back))
    if (!this.#isSick) findings.backHealthy += 1
    if (perSecond > 0) findings.lostBack.push((await this.#service.must('back', { do: 'count' })).lost ?? 0)
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
        await this.#service.restart(at)
        return
      case 'outside':
        await this.#outside(at, back)
        return
      case 'exec': {
        const argv = back ? step.undo : step.argv
        if (argv !== undefined) await this.#service.exec(at, argv, this.#spec.unit.workingDirectory, STEP_MS)
        return
      }
      case 'link':
      case 'place':
      case 'action':
        await this.#service.must(at, { do: 'play', step, number, back })
    }
  }

  async #healthy(step: RehearsalStep, withinMs?: number): Promise<void> {
    this.#at(step)
    await this.#service.healthy(step, withinMs)
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
