// The stages of restores, one at a time for each service: begun by the verb `stage`, shown by `read`, cancelled by `cancelStage`, named by digest
// in the journal when ready, and removed when their time is over (backup.md §0).
import { randomBytes } from 'node:crypto'
import { backupsOf } from '../backup/levels.ts'
import { SekishoError } from '../base/error.ts'
import { canonical, type Json, type JsonObject } from '../base/json.ts'
import { after, instant, milliseconds } from '../base/time.ts'
import { type Service, serviceOf } from '../plans/policy.ts'
import { isFromBackup, type RestoreWish, stagedDigest } from '../plans/restore.ts'
import type { StageFacts, StageUnderWay } from '../seal/protocol.ts'
import { machineRefused } from '../tree/openat.ts'
import { EVIDENCE_MS, isUsed } from './clear-stage.ts'
import type { RestorePorts } from './ports.ts'
import type { Clear, StageRestore } from './stage-context.ts'
import { removeMade, removeRole, type StageMade, stageMade } from './stage-made.ts'
import { isOver, type StoredStage } from './stage-store.ts'
import { stagesInUse } from './stages-in-use.ts'
import { type Asker, busy, end, type Working } from './under-way.ts'

/** An approval lives an hour; the stage that it names lives longer. */
export const STAGE_LIFE_MS = 4 * 3_600_000
const LOOK_MS = 600_000

/** For one service: stages that a change has tried, or that somebody looks at. */
const LIVE_MAX = 4
/** For one service: stages of agents. */
const AGENT_MAX = 1

interface Failed {
  readonly code: string
  readonly detail: JsonObject
}
/** Older stages that are removed before a new one begins. */
interface Pending {
  readonly before: readonly Promise<void>[]
  readonly superseded: readonly StoredStage[]
}

export class Stages {
  readonly #parts: RestorePorts
  readonly #layOut: StageRestore
  readonly #clear: Clear
  readonly #stopping = new AbortController()
  readonly #failed = new Map<string, Failed>()
  readonly #notCleared = new Set<string>()
  readonly #working = new Set<Working>()
  #watching: Promise<void> | undefined

  constructor(parts: RestorePorts, layOut: StageRestore, clear: Clear) {
    this.#parts = parts
    this.#layOut = layOut
    this.#clear = clear
  }

  resume(): void {
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#working].map(({ ended }) => ended))
    await this.#watching
  }

  /**
   * One at a time for a service: the same request joins the one under way. A person does not wait for an agent: stages that agents began are cancelled,
   * for whatever service, and begin anew when asked for again. An agent's stage begins only while no other is under way. `over`: stages whose changes
   * have ended, as the gate reports: they are removed, unless something was exchanged. Throws backup.not_declared, restore.busy, restore.too_many.
   */
  async start(
    name: Service['name'],
    wish: RestoreWish,
    asker: Asker,
    over: readonly string[] = [],
  ): Promise<{ readonly stage: string }> {
    const service = serviceOf(this.#parts.policies.current, name)
    if (service?.backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
    const joined = this.#joined(name, wish, asker)
    if (joined !== undefined) return joined
    const superseded = await this.#superseded(service, wish, asker.isAgent, new Set(over))
    // Somebody else may have begun one meanwhile.
    const joinedNow = this.#joined(name, wish, asker)
    if (joinedNow !== undefined) return joinedNow
    if (this.#stopping.signal.aborted)
      throw new SekishoError('runner.not_available', { what: 'stage', why: 'stopping' })
    for (const one of this.#underWay()) if (one.isAgent) end(one, asker.by)
    const stage = randomBytes(16).toString('hex')
    const working: Working = {
      ...asker,
      stage,
      service: name,
      wish,
      since: instant(this.#parts.clock.now()),
      stop: new AbortController(),
      progress: { step: 'starting', entries: 0, bytes: 0, totalEntries: 0, totalBytes: 0 },
      isReady: false,
      ended: Promise.resolve(),
    }
    const before = [...this.#working].filter((one) => one.service === name).map(({ ended }) => ended)
    this.#working.add(working)
    working.ended = this.#carryOut(working, service, { before, superseded })
    return { stage }
  }

  /** Throws restore.busy. */
  #joined(
    name: Service['name'],
    wish: RestoreWish,
    { isAgent }: Asker,
  ): { readonly stage: string } | undefined {
    const underWay = this.#underWay()
    const before = underWay.find((one) => one.service === name)
    // The same request again, after Ctrl-C or by a second person: it is the same stage.
    if (before?.isAgent === isAgent && isSame(before.wish, wish)) return { stage: before.stage }
    const inTheWay = isAgent ? (before ?? underWay[0]) : before?.isAgent === false ? before : undefined
    if (inTheWay !== undefined) throw busy(inTheWay, this.#parts.clock.now())
    return undefined
  }

  /** Without those that were cancelled and are being removed. */
  #underWay(): readonly Working[] {
    return [...this.#working].filter(({ endedBy }) => endedBy === undefined)
  }

  /** The stage under way for a service. */
  underWay(name: Service['name']): StageUnderWay | undefined {
    const found = this.#underWay().find((one) => one.service === name)
    if (found === undefined) return undefined
    const { stage, by, isAgent, wish, since, progress } = found
    return { stage, by, agent: isAgent, wish, since, progress }
  }

  /** Returns at once; `facts` shows when everything is removed. May be called again. Throws restore.none_under_way, may.not_yours. */
  cancel(name: Service['name'], stage: string, { by, isAgent }: Asker): { readonly stage: string } {
    const found = [...this.#working].find((one) => one.service === name && one.stage === stage)
    if (found === undefined || found.isReady)
      throw new SekishoError('restore.none_under_way', { service: name })
    if (isAgent && !found.isAgent)
      throw new SekishoError('may.not_yours', { actor: by, operation: 'restore.cancel' })
    end(found, by)
    return { stage }
  }

  async facts(stage: string): Promise<StageFacts> {
    const working = [...this.#working].find((one) => one.stage === stage)
    if (working !== undefined) return { state: 'working', progress: working.progress }
    const failed = this.#failed.get(stage)
    if (failed !== undefined) return { state: 'failed', ...failed }
    const { stages, journal, clock } = this.#parts
    const found = await stages.load(stage, journal.index).catch((error: unknown) => {
      if (error instanceof SekishoError) return undefined
      throw error
    })
    if (found === undefined || isOver(found.staged, instant(clock.now()))) return { state: 'gone' }
    return { state: 'ready', staged: found.staged }
  }

  /**
   * The stages that a new one replaces. For a person: the earlier one of the same request, because the data of now is asked for. For an agent: its
   * last one, unless a change was tried with it. The rest is counted: each is a whole copy of the data on the service's volume. Throws
   * restore.too_many.
   */
  async #superseded(
    service: Service,
    wish: RestoreWish,
    isAgent: boolean,
    over: ReadonlySet<string>,
  ): Promise<readonly StoredStage[]> {
    const { stages, journal, clock } = this.#parts
    const inUse = await stagesInUse(this.#parts)
    const superseded: StoredStage[] = []
    const borrowed = await this.#borrowed()
    let live = 0
    let ofAgents = 0
    for (const stage of await stages.list()) {
      const found = await stages.load(stage, journal.index).catch(() => undefined)
      if (found?.staged.service !== service.name || isOver(found.staged, instant(clock.now()))) continue
      // After a rollback the stage looks unused, but its place holds the evidence of another stage.
      if (borrowed.has(stage)) continue
      if (await isUsed(found).catch(() => true)) continue
      const isOfAgent = found.agent === true
      const isReplaced = isAgent
        ? isOfAgent && !(await stages.isTried(stage))
        : isSame(found.staged.wish, wish)
      if (inUse?.has(stage) === false && (isReplaced || over.has(stage))) superseded.push(found)
      // A rollback of a restore takes no space.
      else if (isAgent || found.staged.wish.kind !== 'rollback') {
        live += 1
        if (isOfAgent) ofAgents += 1
      }
    }
    // Stages of agents do not count against a person.
    const isTooMany = isAgent ? ofAgents >= AGENT_MAX || live >= LIVE_MAX : live - ofAgents >= LIVE_MAX
    if (isTooMany) throw new SekishoError('restore.too_many', { service: service.name, count: live })
    return superseded
  }

  async #carryOut(working: Working, service: Service, { before, superseded }: Pending): Promise<void> {
    const { stage, wish, isAgent, stop } = working
    const { stages, journal, clock } = this.#parts
    const soFar = stageMade(stage, stages)
    try {
      // A cancelled stage of the service is removed first, so that two are never there at once.
      await Promise.all(before)
      // An execution may have taken one of them meanwhile.
      const inUse = await stagesInUse(this.#parts)
      for (const one of superseded)
        if (inUse?.has(one.staged.stage) === false && (await this.#clear(one, this.#parts)))
          await stages.forget(one.staged.stage)
      stop.signal.throwIfAborted()
      const expires = after(instant(clock.now()), STAGE_LIFE_MS)
      const made = await this.#layOut({
        parts: this.#parts,
        service,
        stage,
        wish,
        expires,
        made: soFar,
        progress: (now) => {
          working.progress = { ...working.progress, ...now }
        },
        signal: AbortSignal.any([this.#stopping.signal, stop.signal]),
      })
      // A stage that was cancelled while it became ready must not be found.
      stop.signal.throwIfAborted()
      await stages.save(isAgent ? { ...made, agent: true } : made)
      stop.signal.throwIfAborted()
      working.isReady = true
      await journal.append('staged', {
        kind: 'staged',
        service: service.name,
        stage,
        digest: stagedDigest(made.staged),
        expires,
        backups: [
          ...new Set(made.staged.parts.flatMap(({ from }) => (isFromBackup(from) ? [from.backup] : []))),
        ],
      })
      await stages.ended(stage)
    } catch (error) {
      this.#failed.set(stage, await this.#cleared(working, soFar, error))
    } finally {
      this.#working.delete(working)
    }
  }

  /** Removes what was made. Returns the error that staging ended with. */
  async #cleared(working: Working, soFar: StageMade, error: unknown): Promise<Failed> {
    const { stage, service, endedBy } = working
    const { stages, journal, log } = this.#parts
    working.progress = { step: 'clearing', entries: 0, bytes: 0, totalEntries: 0, totalBytes: 0 }
    const left = await soFar
      .clear()
      .then(() => stages.forget(stage))
      .then(() => stages.ended(stage))
      .catch((cause: unknown) => String(cause).slice(0, 300))
    if (left !== undefined) log('what was laid out is not cleared', { stage, why: left })
    if (endedBy !== undefined) {
      if (left !== undefined)
        return { code: 'restore.not_cleared', detail: { service, by: endedBy, why: left } }
      await journal
        .append(`backup/${service}`, {
          kind: 'backup',
          event: 'cleared',
          service,
          stage,
          why: 'cancelled',
          by: endedBy,
        })
        .catch((cause: unknown) => log('the journal does not take it', { why: String(cause).slice(0, 300) }))
      return { code: 'restore.cancelled', detail: { service, by: endedBy } }
    }
    const known = error instanceof SekishoError ? error : machineRefused(error)
    if (known !== undefined)
      return { code: known.code, detail: JSON.parse(JSON.stringify(known.detail)) as JsonObject }
    log('laying out broke', { message: error instanceof Error ? (error.stack ?? '') : String(error) })
    return { code: 'backup.broke', detail: { work: 'restore', why: String(error).slice(0, 300) } }
  }

  /** Removes stages that are over and in no open execution. */
  async #watch(): Promise<void> {
    const { clock, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      await this.sweep().catch((error: unknown) =>
        log('a stage was not cleared', { why: String(error).slice(0, 300) }),
      )
      await clock.sleep(LOOK_MS, this.#stopping.signal).catch(() => {})
    }
  }

  async sweep(): Promise<void> {
    const { stages } = this.#parts
    await this.#sweepBegun()
    const inUse = await stagesInUse(this.#parts)
    if (inUse === undefined) return
    for (const stage of await stages.list())
      if (!inUse.has(stage)) await this.#each(stage, () => this.#sweepOne(stage))
  }

  /** A stage that cannot be removed (its cluster is off, its database was dropped by hand) does not stop the others. It is logged once and tried again. */
  async #each(stage: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#notCleared.delete(stage)
    } catch (error) {
      if (this.#notCleared.has(stage)) return
      this.#notCleared.add(stage)
      this.#parts.log('a stage was not cleared', { stage, why: String(error).slice(0, 300) })
    }
  }

  async #sweepOne(stage: string): Promise<void> {
    const { stages, journal, clock } = this.#parts
    const found = await stages.load(stage, journal.index).catch(() => undefined)
    if (found === undefined) return stages.forget(stage)
    if (!isOver(found.staged, instant(clock.now())) || (await this.#isHeld(found))) return
    // Asked last and each time: a rollback may have begun just now.
    if ((await this.#borrowed()).has(stage) || !(await this.#clear(found, this.#parts))) return
    const { service, at } = found.staged
    const why = clock.now() - milliseconds(at) < EVIDENCE_MS ? 'unused' : 'age'
    await journal.append(`backup/${service}`, { kind: 'backup', event: 'cleared', service, stage, why })
    await stages.forget(stage)
  }

  /**
   * INVARIANT S3: a stage whose evidence another stage names is not removed before that one. A rollback makes no directory of its own: its original
   * lies in the directory of the restore's stage for as long as either is kept.
   */
  async #borrowed(): Promise<ReadonlySet<string>> {
    const { stages, journal } = this.#parts
    const wishes = [...this.#working].map(({ wish }) => wish)
    for (const stage of await stages.list()) {
      const found = await stages.load(stage, journal.index).catch(() => undefined)
      if (found !== undefined) wishes.push(found.staged.wish)
    }
    return new Set(wishes.flatMap((wish) => (wish.kind === 'rollback' ? [wish.stage] : [])))
  }

  /** The backup that it was made from is held: its evidence belongs to that hold, and so does what a rollback put there. */
  async #isHeld({ staged: { service, parts, wish } }: StoredStage): Promise<boolean> {
    const { stages, journal } = this.#parts
    const { copies } = backupsOf(service, journal.index.backups)
    const held = new Set(copies.filter(({ heldBy }) => heldBy.length > 0).map(({ backup }) => backup))
    if (parts.some(({ from }) => isFromBackup(from) && held.has(from.backup))) return true
    if (wish.kind !== 'rollback') return false
    const first = await stages.load(wish.stage, journal.index).catch(() => undefined)
    return first !== undefined && (await this.#isHeld(first))
  }

  /** Left by a runner that was killed, or by a removal that failed. A stage that became ready has its own time. */
  async #sweepBegun(): Promise<void> {
    const { stages, journal, log } = this.#parts
    for (const { stage, made } of await stages.begun()) {
      if ([...this.#working].some((one) => one.stage === stage)) continue
      await this.#each(stage, async () => {
        if (!journal.index.stages.has(stage)) {
          await removeMade(made)
          await removeRole(made)
          log('what was left of a restore that was not laid out is cleared away', { stage })
        }
        await stages.ended(stage)
      })
    }
  }
}

function isSame(a: RestoreWish, b: RestoreWish): boolean {
  return canonical(a as unknown as Json) === canonical(b as unknown as Json)
}
