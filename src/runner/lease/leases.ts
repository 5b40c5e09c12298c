// Maintenance that ends by itself. A lease is written down before the service is turned to maintenance, and whoever lives turns it back: the
// end by the runner's clock, a person, or the runner that starts again after a kill or a reboot.
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { ExecutionId, ServiceName } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import { after, instant } from '../../base/time.ts'
import type { Exec } from '../../plans/actions/exec.ts'
import type { Maintenance } from '../../plans/actions/maintenance.ts'
import type { MaintenanceRules } from '../../plans/maintenance-rules.ts'
import { type Service, serviceOf } from '../../plans/policy.ts'
import { afterReboot, isLeaseOver, type Lease, type LeaseEvent, type Now } from '../../seal/lease.ts'
import { untrustedComponent, writeDurable } from '../../sys/files.ts'
import { type ActResult, applied, failed, failedOr } from '../act/context.ts'
import { applyExec } from '../act/exec.ts'
import { type RunnerParts, readContext } from '../parts.ts'
import { readLeases, writeLease } from './record.ts'

const LOOK_MS = 1000
const COMMAND_MS = 120_000
/** One that could not be turned off is tried again after this. */
const AGAIN_MS = 15_000
/** At a boot the services come first: so long is it waited for them. */
const BOOT_MS = 600_000
const DEFAULT_LONGEST_S = 7200

/** Whose user and group the commands get, and where they run. */
interface Where {
  readonly name: ServiceName
  readonly unit?: string
  readonly directory: string
}
const placeOf = ({ name, unit, code }: Service): Where => ({
  name,
  directory: code?.repo.path ?? '/',
  ...(unit === undefined ? {} : { unit }),
})

export class Leases {
  readonly #parts: RunnerParts
  readonly #directory: string
  readonly #stopping = new AbortController()
  #leases = new Map<ServiceName, Lease>()
  #watching: Promise<void> | undefined
  #tail: Promise<unknown> = Promise.resolve()
  readonly #triedAt = new Map<ServiceName, number>()

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.#directory = join(parts.place.state, 'leases')
  }

  async resume(): Promise<void> {
    for (const one of await readLeases(this.#directory))
      this.#leases.set(one.service, afterReboot(one, this.#now()))
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
    await this.#tail.catch(() => undefined)
  }

  list(): readonly Lease[] {
    return [...this.#leases.values()]
  }

  /** Throws lease.not_declared, lease.too_long, lease.running, lease.not_on, file.*. */
  start(order: {
    readonly service: ServiceName
    readonly seconds: number
    readonly reason: string
    readonly by: string
  }): Promise<Lease> {
    return this.#turn(async () => {
      const { service: name, seconds, reason, by } = order
      const { service, rules } = this.#declared(name)
      const longest = rules.longestSeconds ?? DEFAULT_LONGEST_S
      if (seconds > longest) throw new SekishoError('lease.too_long', { service: name, seconds: longest })
      const before = this.#leases.get(name)
      if (before !== undefined && before.phase !== 'off')
        throw new SekishoError('lease.running', { service: name, until: before.until })
      return this.#begin(placeOf(service), rules, {
        number: (before?.number ?? 0) + 1,
        by,
        reason,
        seconds,
      })
    })
  }

  /**
   * Around a step of a change, with the commands that were approved. Twice has the effect of once. The maintenance of a person that lasts longer than
   * the step may stays theirs.
   */
  hold(order: {
    readonly service: ServiceName
    readonly execution: ExecutionId
    readonly seconds: number
    readonly action: Maintenance
  }): Promise<ActResult> {
    const { service: name, execution, seconds, action } = order
    const held = async (): Promise<ActResult> => {
      const before = this.#leases.get(name)
      const isOurs = before?.holder === execution
      if (before?.phase === 'on') {
        const lasts = this.#now().boot === before.boot && before.endUptime - this.#now().uptime
        if (isOurs || (lasts !== false && lasts >= seconds * 1000))
          return applied({ lease: before.number, by: before.by, until: before.until })
      }
      if (before !== undefined && before.phase !== 'off' && !isOurs)
        throw new SekishoError('lease.running', { service: name, until: before.until })
      const again = isOurs && before.phase !== 'off' ? before : undefined
      const { unit, directory } = action
      const where = { name, directory, ...(unit === undefined ? {} : { unit }) }
      const one = await this.#begin(where, action, {
        number: again?.number ?? (before?.number ?? 0) + 1,
        by: execution,
        reason: execution.split('/')[0] ?? execution,
        seconds,
        holder: execution,
        ...(again === undefined ? {} : { wasOn: again.wasOn === true }),
      })
      return applied({ lease: one.number, until: one.until })
    }
    return this.#turn(held).catch((cause: unknown) => failedOr(cause, name))
  }

  /** What another holds, or nobody, is left as it is. */
  release({
    service: name,
    execution,
  }: {
    readonly service: ServiceName
    readonly execution: ExecutionId
  }): Promise<ActResult> {
    const released = async (): Promise<ActResult> => {
      const one = this.#leases.get(name)
      if (one === undefined || one.phase === 'off' || one.holder !== execution)
        return applied({ nothing: 'not held' })
      const ending: Lease = { ...one, phase: 'turning_off', why: 'the step is over' }
      if (!(await this.#isBooted(this.#now()))) {
        await this.#keep(ending)
        return applied({ lease: one.number, left: 'until the host is up' })
      }
      const off = await this.#turnOff(ending)
      return off.phase === 'off' ? applied({ lease: off.number }) : failed('exec', { because: off.why ?? '' })
    }
    return this.#turn(released).catch((cause: unknown) => failedOr(cause, name))
  }

  async #begin(
    where: Where,
    rules: Pick<MaintenanceRules, 'on' | 'off' | 'probe'>,
    order: {
      readonly number: number
      readonly by: string
      readonly reason: string
      readonly seconds: number
      readonly holder?: ExecutionId
      readonly wasOn?: boolean
    },
  ): Promise<Lease> {
    const { name } = where
    const { wasOn: known, seconds, ...told } = order
    const now = this.#now()
    const wasOn =
      known ?? (rules.probe !== undefined && (await this.#run(where, rules.probe, 'probe')) === undefined)
    let one: Lease = {
      v: 1,
      service: name,
      ...told,
      phase: 'turning_on',
      since: now.at,
      until: after(now.at, seconds * 1000),
      seconds,
      boot: now.boot,
      endUptime: Math.ceil(now.uptime) + seconds * 1000,
      ...(wasOn ? { wasOn: true } : {}),
    }
    await this.#keep(one)
    await this.#journal(one, 'asked')
    const why =
      (await this.#run(where, rules.on, 'on')) ??
      (rules.probe === undefined ? undefined : await this.#run(where, rules.probe, 'probe'))
    if (why !== undefined) {
      await this.#journal(one, 'not_on', why)
      await this.#turnOff({ ...one, phase: 'turning_off', why })
      throw new SekishoError('lease.not_on', { service: name, why })
    }
    one = { ...one, phase: 'on' }
    await this.#keep(one)
    await this.#journal(one, 'on')
    const service = serviceOf(this.#parts.policies.current, name)
    if (service !== undefined) await this.#tellStatus(service, one)
    return one
  }

  /** Throws lease.none. */
  end(name: ServiceName, by: string): Promise<Lease> {
    return this.#turn(async () => {
      const one = this.#leases.get(name)
      if (one === undefined || one.phase === 'off') throw new SekishoError('lease.none', { service: name })
      return this.#turnOff({ ...one, phase: 'turning_off', why: `ended by ${by}` })
    })
  }

  // --- the end ------------------------------------------------------------------------------------------------------------

  async #watch(): Promise<void> {
    const { clock, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      for (const { service } of this.list())
        await this.#turn(() => this.#lookAt(service)).catch((error: unknown) => {
          log('a maintenance was not looked at', { service, why: String(error) })
        })
      await clock.sleep(LOOK_MS, this.#stopping.signal).catch(() => undefined)
    }
  }

  async #lookAt(name: ServiceName): Promise<void> {
    const one = this.#leases.get(name)
    const now = this.#now()
    if (one === undefined) return
    // A keeper that settled the execution while no runner lived has run the command and could not end the lease.
    const isLeft =
      one.phase === 'on' && one.holder !== undefined && this.#parts.journal.index.closed.has(one.holder)
    if (!isLeft && !isLeaseOver(one, now)) return
    const tried = this.#triedAt.get(name)
    if (tried !== undefined && now.uptime - tried < AGAIN_MS) return
    if (!(await this.#isBooted(now))) return
    await this.#turnOff({
      ...one,
      phase: 'turning_off',
      why: one.why ?? (isLeft ? 'the step is over' : 'its time is over'),
    })
  }

  /** What is turned off while its service still starts would be undone by that start. */
  async #isBooted({ uptime }: Now): Promise<boolean> {
    const { systemctl, process } = this.#parts
    if (!systemctl || uptime > BOOT_MS) return true
    const seen = await process(['systemctl', 'is-active', '--quiet', 'multi-user.target'], {
      timeoutMs: 10_000,
      silent: true,
    })
    return seen.code === 0
  }

  async #turnOff(ending: Lease): Promise<Lease> {
    const found = serviceOf(this.#parts.policies.current, ending.service)
    const rules = found?.maintenance
    this.#triedAt.set(ending.service, this.#now().uptime)
    await this.#keep(ending)
    // Without its rules nobody can say how: a person sees it in the status and gives them back.
    const why =
      found === undefined || rules === undefined
        ? 'it is not declared any more'
        : ending.wasOn === true
          ? undefined
          : await this.#run(placeOf(found), rules.off, 'off')
    if (why !== undefined) {
      const still = { ...ending, why: `not turned off: ${why}`.slice(0, 1000) }
      if (this.#leases.get(ending.service)?.why !== still.why) await this.#journal(ending, 'not_off', why)
      await this.#keep(still)
      return still
    }
    const off: Lease = { ...ending, phase: 'off' }
    await this.#keep(off)
    await this.#journal(off, 'off', ending.why)
    if (found !== undefined) await this.#tellStatus(found, off)
    this.#triedAt.delete(ending.service)
    return off
  }

  // --- parts --------------------------------------------------------------------------------------------------------------

  #turn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#tail.then(work, work)
    this.#tail = next.catch(() => undefined)
    return next
  }

  #declared(name: ServiceName): { readonly service: Service; readonly rules: MaintenanceRules } {
    const service = serviceOf(this.#parts.policies.current, name)
    const rules = service?.maintenance
    if (service === undefined || rules === undefined)
      throw new SekishoError('lease.not_declared', { service: name })
    return { service, rules }
  }

  #now(): Now {
    const { clock } = this.#parts
    return { at: instant(clock.now()), boot: clock.boot(), uptime: clock.uptime() }
  }

  async #keep(one: Lease): Promise<void> {
    await writeLease(this.#directory, one)
    this.#leases.set(one.service, one)
  }

  async #journal(
    { service, number, by, reason, until }: Lease,
    event: LeaseEvent['event'],
    why?: string,
  ): Promise<void> {
    await this.#parts.journal.append(`lease/${service}/${number}`, {
      kind: 'lease',
      event,
      service,
      number,
      by,
      reason,
      until,
      ...(why === undefined ? {} : { why: why.slice(0, 1000) }),
    })
  }

  /** Undefined: it exited with 0. */
  async #run(
    { name, unit, directory }: Where,
    argv: readonly string[],
    which: 'on' | 'off' | 'probe',
  ): Promise<string | undefined> {
    const { policies } = this.#parts
    const command: Exec = {
      kind: 'exec',
      name: 'smoke',
      argv,
      directory,
      ...(unit === undefined ? {} : { unit }),
    }
    const never = () => Promise.reject(new Error('a maintenance command has no blobs'))
    const done = await applyExec(
      command,
      {
        ...readContext(this.#parts, policies.current),
        // The name of its unit follows from this.
        execution: `maintenance-${name}-${which}` as ExecutionId,
        copies: join(this.#directory, `output-${name}`),
        blob: never,
        secret: never,
        killPoint: () => {},
      },
      COMMAND_MS,
      'own',
    )
    if (done.result === 'applied') return undefined
    const { output, exit, why } = done.detail
    return [why, exit === undefined ? undefined : `exit ${String(exit)}`, output]
      .filter((one) => typeof one === 'string' && one !== '')
      .join(' ')
      .slice(0, 500)
  }

  /** For a page that users see. Only where nobody but the owner of the rules can exchange what lies on the way. */
  async #tellStatus({ maintenance }: Service, { service, phase, since, until, wasOn }: Lease): Promise<void> {
    const path = maintenance?.status
    if (path === undefined) return
    const untrusted = await untrustedComponent(
      path.slice(0, path.lastIndexOf('/')) || '/',
      process.geteuid?.() ?? 0,
    ).catch(() => ({ path, why: 'absent' as const }))
    if (untrusted !== undefined) {
      this.#parts.log('the page of a maintenance was not written', { service, ...untrusted })
      return
    }
    const said =
      phase === 'on'
        ? { v: 1, service, state: 'maintenance', since, until }
        : wasOn === true
          ? // It was in maintenance before ours, whoever turned that on, and stays in it.
            { v: 1, service, state: 'maintenance', since }
          : { v: 1, service, state: 'no_maintenance', since: this.#now().at }
    await writeDurable(path, `${canonical(said as Json)}\n`, { mode: 0o644 })
  }
}
