// The executions of this runner: accepting an order, carrying it on in the background, settling what a former process left, and
// passing on what people say to it.

import { decode } from '../../base/decode.ts'
import { failureOf, type Refused, SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { byteOrder, type ExecutionId, type ServiceName, type TargetId } from '../../base/id.ts'
import { canonical, type Json, type JsonObject, parseCanonical } from '../../base/json.ts'
import { type Instant, instant } from '../../base/time.ts'
import { freeOf } from '../../host/volume-free.ts'
import { type Plan, plan as planDecoder, plannedBlobs } from '../../plans/plan.ts'
import type { JournalBody } from '../../seal/journal.ts'
import { parseStatement, statementDigest } from '../../seal/statement.ts'
import { fileError } from '../../sys/files.ts'
import type { Body } from '../journal/index.ts'
import type { Chain } from '../journal/journal.ts'
import { RESERVE_BYTES } from '../journal/reserve.ts'
import type { RunOrder } from '../judge/input.ts'
import { judge } from '../judge/judge.ts'
import type { Leases } from '../lease/leases.ts'
import type { RunnerParts } from '../parts.ts'
import { perform } from '../perform/perform.ts'
import { Wake } from '../perform/wake.ts'
import { isRetired } from '../retention.ts'
import { armedExecutions, clearHalfWritten } from '../revert/armed.ts'
import { handsFor } from './execution-hands.ts'
import { judgeFreeSpace } from './free-space.ts'
import { gather } from './gather.ts'

interface Running {
  /** As it was read and hashed when the loop began. */
  readonly plan: Plan
  readonly wake: Wake
  readonly ended: Promise<void>
}

/** What an act of break-glass holds while it is under way. */
export interface Claim {
  readonly service: ServiceName
  readonly unit: TargetId
  readonly glass: Digest
}

const touches = ({ service, targets }: Plan, claim: Claim): boolean =>
  service === claim.service || targets.includes(claim.unit)

/** Refusals are journalled, but a gate gone mad may not fill the disk with them. */
const REFUSALS_PER_HOUR = 500
const HOUR = 3_600_000
/** Who waits for room looks for it this often. */
const ROOM_AGAIN_MS = 2000

export class Executions {
  readonly #parts: RunnerParts
  readonly #leases: Leases
  readonly #running = new Map<ExecutionId, Running>()
  readonly #stopping = new AbortController()
  /** Executions whose loop ended by a fault of ours: a person sees them as stuck, `reconcile` tries again. */
  readonly #broken = new Map<ExecutionId, string>()
  /** Executions that stand still because a file of ours could not be written, and which file: they go on when there is room. */
  readonly #noRoom = new Map<ExecutionId, string>()
  readonly #onEnded: (execution: ExecutionId) => void
  readonly #claims = new Set<Claim>()
  #isWatchingRoom = false
  #judging: Promise<unknown> = Promise.resolve()
  #refusals: number[] = []

  /** `onEnded`: the loop of an execution has come to its end, or stands still. */
  constructor(parts: RunnerParts, leases: Leases, onEnded: (execution: ExecutionId) => void = () => {}) {
    this.#parts = parts
    this.#leases = leases
    this.#onEnded = onEnded
  }

  /** What a former process left open goes on. */
  async resume(): Promise<readonly ExecutionId[]> {
    const { journal, place, objects } = this.#parts
    const now = instant(this.#parts.clock.now())
    const { sound } = await this.#parts.mark.check()
    const retired = new Set<Digest>()
    const needed = new Set<Digest>()
    for (const [execution, accepted] of journal.index.accepted) {
      const isOld = sound && isRetired(journal.index.closedAt.get(execution), now)
      // A restore that is taken back reads the plan by which it was made.
      if (isOld) objects.pin('plan', accepted.plan)
      else this.#pinSealed(accepted)
      for (const { body } of journal.known(execution)?.lines ?? [])
        if (body.kind === 'diagnostics')
          for (const { digest } of body.items) (isOld ? retired : needed).add(digest)
    }
    for (const digest of journal.index.diagnostics)
      if (!retired.has(digest) || needed.has(digest)) objects.pin('blob', digest)
    const open = journal.index.open()
    await clearHalfWritten(place.state)
    // A former life died between the closing line and disarming: the loop only does that.
    const closed = (await armedExecutions(place.state)).filter((one) => journal.index.closed.has(one))
    for (const execution of closed) await this.#tryToCarryOn(execution, await journal.execution(execution))
    for (const execution of open) {
      const chain = await journal.execution(execution)
      // A damaged file does not say enough to go forward by itself; a person's undo goes on from what is sound.
      if (chain.damage === undefined) await this.#tryToCarryOn(execution, chain)
      else this.#broken.set(execution, `${chain.damage.path}: ${chain.damage.why}`)
    }
    return open
  }

  /** Stops at the next boundary; the next start goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { wake } of this.#running.values()) wake.ring()
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  get stopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** One order after the other: between judging and the accepting line nothing may move. */
  order(order: RunOrder): Promise<{ accepted: true; repeated: boolean; at: Instant }> {
    const next = this.#judging.then(() => this.#order(order))
    this.#judging = next.catch(() => {})
    return next
  }

  async #order(order: RunOrder): Promise<{ accepted: true; repeated: boolean; at: Instant }> {
    const { journal, policies, mark, objects } = this.#parts
    const { execution } = order
    const chain = await journal.execution(execution)
    const accepted = chain.lines.find(({ body }) => body.kind === 'accepted')
    if (accepted?.body.kind === 'accepted') {
      // INVARIANT S2: the same order again is answered, not judged; another order under the same name is refused.
      const { body } = accepted
      for (const part of ['change', 'plan', 'envelope'] as const)
        if (body[part] !== order[part]) throw new SekishoError('runner.other_order', { execution, part })
      return { accepted: true, repeated: true, at: accepted.at }
    }
    if (this.stopping) throw new SekishoError('runner.not_available', { what: 'run', why: 'stopping' })
    if (this.#parts.signer.isLedgerOther) throw new SekishoError('runner.ledger_refused', {})
    await journal.reserve.keep()
    const clock = await mark.check()
    if (clock.jumped)
      await journal.append('clock', { kind: 'clock', event: 'jump', detail: { why: clock.why ?? '' } })
    const policy = policies.current
    const gathered = await gather(order, policy, clock, this.#parts)
    const judged = gathered.ok ? judge(gathered.input) : gathered
    const floor = judged.ok ? await judgeFreeSpace(judged.plan, policy, this.#parts.place.state) : judged
    const answer = floor.ok && judged.ok ? judged : floor.ok ? judged : floor
    if (!answer.ok) {
      await this.#refuse(chain, order, answer)
      throw failureOf(answer)
    }
    if (!judged.ok) throw failureOf(judged)
    this.#requireUnclaimed(judged.plan)
    for (const signed of order.statements) {
      const parsed = parseStatement(signed.text)
      if (!parsed.ok) continue
      const digest = statementDigest(parsed.value)
      objects.pin('statement', digest)
      if (!(await objects.has('statement', digest)))
        await objects.store('statement', digest, Buffer.from(canonical(signed as unknown as Json)))
    }
    this.#pin(judged.accepted, judged.plan)
    chain.hold()
    const line = await chain.append(execution, judged.accepted)
    if (line === undefined) throw new SekishoError('runner.other_order', { execution, part: 'line' })
    await this.#carryOn(execution, chain)
    return { accepted: true, repeated: false, at: line.at }
  }

  /** The stop flag: between actions, then everything that may have taken effect is undone. */
  async askToStop(execution: ExecutionId, by: string): Promise<void> {
    const chain = this.#accepted(execution)
    if (chain.lines.some(({ body }) => body.kind === 'closed'))
      throw new SekishoError('runner.execution_closed', { execution })
    if (!chain.lines.some(({ body }) => body.kind === 'stopAsked'))
      await chain.append(execution, { kind: 'stopAsked', by })
    if (!this.#running.has(execution)) await this.#carryOn(execution, chain)
    this.ring(execution)
  }

  /** A line that a person's statement makes; the loop takes it from there. */
  async tell(execution: ExecutionId, key: string, body: JournalBody): Promise<void> {
    const chain = this.#accepted(execution)
    await chain.append(key, body)
    if (!this.#running.has(execution)) await this.#carryOn(execution, chain)
    this.ring(execution)
  }

  ring(execution: ExecutionId): void {
    this.#running.get(execution)?.wake.ring()
  }

  /** Why its loop does not run although it is open. */
  brokenBy(execution: ExecutionId): string | undefined {
    return this.#running.has(execution) ? undefined : this.#broken.get(execution)
  }

  /** The file for which its volume has no room: until then it stands still. */
  noRoomFor(execution: ExecutionId): string | undefined {
    return this.#running.has(execution) ? undefined : this.#noRoom.get(execution)
  }

  /** Goes on with every open execution whose loop does not run. */
  async goOn(): Promise<void> {
    for (const execution of this.#parts.journal.index.open()) {
      const chain = await this.#parts.journal.execution(execution)
      if (this.#running.has(execution)) this.ring(execution)
      else if (chain.damage === undefined) await this.#tryToCarryOn(execution, chain)
    }
  }

  #accepted(execution: ExecutionId): Chain {
    const chain = this.#parts.journal.known(execution)
    if (chain === undefined || !this.#parts.journal.index.accepted.has(execution))
      throw new SekishoError('runner.execution_unknown', { execution })
    return chain
  }

  /**
   * Somebody acts on a unit by break-glass. Taken in the queue of the orders, so that none is accepted between this look and the end of the act:
   * until it is released orders for the service or the unit are answered with `runner.glass_acts`. Throws glass.held.
   */
  claim(claim: Claim): Promise<() => void> {
    const next = this.#judging.then(async () => {
      for (const execution of this.#parts.journal.index.open()) {
        const plan = await this.planOf(execution)
        if (plan !== undefined && touches(plan, claim))
          throw new SekishoError('glass.held', { service: claim.service, execution })
      }
      this.#claims.add(claim)
      return () => void this.#claims.delete(claim)
    })
    this.#judging = next.catch(() => {})
    return next
  }

  #requireUnclaimed(plan: Plan): void {
    const claim = [...this.#claims].find((one) => touches(plan, one))
    if (claim !== undefined)
      throw new SekishoError('runner.glass_acts', { service: claim.service, glass: claim.glass.slice(0, 12) })
  }

  /** The plan of an accepted execution, from the runner's own store. */
  async planOf(execution: ExecutionId): Promise<Plan | undefined> {
    const running = this.#running.get(execution)
    if (running !== undefined) return running.plan
    const accepted = this.#parts.journal.index.accepted.get(execution)
    if (accepted === undefined) return undefined
    const bytes = await this.#parts.objects.read('plan', accepted.plan).catch(() => undefined)
    if (bytes === undefined) return undefined
    const read = decode(planDecoder, parseCanonical(bytes.toString('utf8')))
    return read.ok ? read.value : undefined
  }

  /** One execution that cannot go on must not keep the runner, or the others, from starting. */
  async #tryToCarryOn(execution: ExecutionId, chain: Chain): Promise<void> {
    await this.#carryOn(execution, chain).catch((error: unknown) => {
      const message = String(error).slice(0, 500)
      this.#parts.log('an execution cannot go on', { execution, message })
      this.#broken.set(execution, message)
    })
  }

  async #carryOn(execution: ExecutionId, chain: Chain): Promise<void> {
    const accepted = this.#parts.journal.index.accepted.get(execution)
    const plan = await this.planOf(execution)
    if (accepted === undefined || plan === undefined) {
      this.#parts.log('an execution cannot go on without its plan', { execution })
      return
    }
    this.#pin(accepted, plan)
    const policy = await this.#parts.policies.version(accepted.policy)
    const hands = await handsFor({ execution, chain, plan, accepted, policy }, this.#parts, this.#leases)
    this.#broken.delete(execution)
    this.#noRoom.delete(execution)
    const wake = new Wake()
    const ended = perform({
      chain,
      hands,
      clock: this.#parts.clock,
      wake,
      stopping: () => this.stopping,
      log: this.#parts.log,
    })
      .catch((error: unknown) => this.#stopped(execution, error))
      .finally(() => {
        this.#running.delete(execution)
        this.#onEnded(execution)
      })
    this.#running.set(execution, { plan, wake, ended })
  }

  #stopped(execution: ExecutionId, error: unknown): void {
    const told = fileError((error as NodeJS.ErrnoException).path ?? '', error)
    if (told.code === 'file.no_space') {
      const path = String(told.detail['path'])
      this.#parts.log('an execution waits for room on the disk', { execution, path })
      this.#noRoom.set(execution, path)
      this.#watchRoom()
      return
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#parts.log('an execution stopped working', { execution, message })
    this.#broken.set(execution, message.split('\n')[0] ?? '')
  }

  /** One watch for all that wait. The lines say where each of them stands, so going on is what a restart would do. */
  #watchRoom(): void {
    if (this.#isWatchingRoom) return
    this.#isWatchingRoom = true
    const { clock, journal } = this.#parts
    const watch = async () => {
      while (this.#noRoom.size > 0 && !this.stopping) {
        await clock.sleep(ROOM_AGAIN_MS, this.#stopping.signal).catch(() => {})
        const waiting = [...this.#noRoom]
        for (const [execution, path] of waiting) {
          if (this.stopping) return
          if (this.#running.has(execution) || !(await this.#hasRoom(path))) continue
          await this.#tryToCarryOn(execution, await journal.execution(execution))
        }
      }
    }
    void watch().finally(() => {
      this.#isWatchingRoom = false
    })
  }

  /** Room for the file and for the journal, whose reserve is whole again then. */
  async #hasRoom(path: string): Promise<boolean> {
    const { journal, place } = this.#parts
    for (const one of [path, place.state]) {
      const free = await freeOf(one)
      if (free !== undefined && free.bytes < 2 * RESERVE_BYTES) return false
    }
    return journal.reserve.keep()
  }

  #pinSealed(accepted: Body<'accepted'>): void {
    const { objects } = this.#parts
    objects.pin('plan', accepted.plan)
    objects.pin('envelope', accepted.envelope)
    for (const statement of accepted.statements) objects.pin('statement', statement)
  }

  #pin(accepted: Body<'accepted'>, plan: Plan): void {
    const { objects } = this.#parts
    this.#pinSealed(accepted)
    for (const { digest } of plannedBlobs(plan)) objects.pin('blob', digest)
  }

  async #refuse(chain: Chain, { execution, statements }: RunOrder, { code, detail }: Refused): Promise<void> {
    const now = this.#parts.clock.uptime()
    this.#refusals = this.#refusals.filter((at) => at > now - HOUR)
    if (this.#refusals.length >= REFUSALS_PER_HOUR) return
    this.#refusals.push(now)
    // What moved under a standing statement ends it (spine §4.6).
    const standing = code === 'judge.baseline_moved' ? standingOf(statements) : undefined
    await chain.append(execution, {
      kind: 'refused',
      code,
      detail: detail as JsonObject,
      ...(standing === undefined ? {} : { standing }),
    })
  }
}

function standingOf(statements: RunOrder['statements']): Digest | undefined {
  return statements.flatMap(({ text }) => {
    const read = parseStatement(text)
    return read.ok && read.value.type === 'standing' ? [statementDigest(read.value)] : []
  })[0]
}

export function sortedExecutions(all: readonly ExecutionId[]): readonly ExecutionId[] {
  return all.toSorted(byteOrder)
}
