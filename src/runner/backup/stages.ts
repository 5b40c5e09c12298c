// Restores laid out beside, one at a time: begun by the verb `stage`, answered by `read`, named by digest in the journal when they are ready, and
// cleared away when their time is over (backup.md §0: staging has an age limit).
import { randomBytes } from 'node:crypto'
import { backupsOf } from '../../backup/levels.ts'
import { SekishoError } from '../../base/error.ts'
import { canonical, type Json, type JsonObject } from '../../base/json.ts'
import { after, instant, milliseconds } from '../../base/time.ts'
import { type Service, serviceOf } from '../../seal/policy.ts'
import type { StageFacts, StageProgress } from '../../seal/protocol.ts'
import { type RestoreWish, stagedDigest } from '../../seal/restore.ts'
import type { RunnerParts } from '../parts.ts'
import { EVIDENCE_MS, isUsed } from './clear-stage.ts'
import { type LaidSoFar, laidSoFar, removeMade } from './laid-so-far.ts'
import { isOver, type StoredStage } from './stage-store.ts'

/** An approval of something irreversible lives an hour (spine §3); what it names lives a little longer. */
export const STAGE_LIFE_MS = 4 * 3_600_000
const LOOK_MS = 600_000

export interface LayContext {
  readonly parts: RunnerParts
  readonly service: Service
  readonly stage: string
  readonly wish: RestoreWish
  readonly expires: ReturnType<typeof instant>
  readonly made: LaidSoFar
  readonly progress: (now: Partial<StageProgress>) => void
  readonly signal: AbortSignal
}
/** Lays out, verifies, salvages and compares; on a throw nothing of it is left. */
export type LayOut = (context: LayContext) => Promise<StoredStage>
/** Takes away what was laid out. False: what an exchange put there is evidence, and stays. */
export type Clear = (stage: StoredStage, parts: RunnerParts) => Promise<boolean>

/** Of one service, tried by a change and waiting for a decision, or looked at by somebody. */
const LIVE_MAX = 4
/** Of one service, by agents. */
const AGENT_MAX = 1

interface Working {
  readonly stage: string
  readonly service: Service['name']
  readonly wish: RestoreWish
  readonly isAgent: boolean
  readonly stop: AbortController
  progress: StageProgress
  readonly ended: Promise<void>
}

export class Stages {
  readonly #parts: RunnerParts
  readonly #layOut: LayOut
  readonly #clear: Clear
  readonly #stopping = new AbortController()
  readonly #failed = new Map<string, { readonly code: string; readonly detail: JsonObject }>()
  #working: Working | undefined
  #watching: Promise<void> | undefined

  constructor(parts: RunnerParts, layOut: LayOut, clear: Clear) {
    this.#parts = parts
    this.#layOut = layOut
    this.#clear = clear
  }

  resume(): void {
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#working?.ended
    await this.#watching
  }

  /**
   * One at a time: the same wish joins it. A person does not wait for what an agent has begun: that ends, and begins anew when it is asked for again. Throws
   * backup.not_declared, restore.busy, restore.too_many.
   */
  async start(
    name: Service['name'],
    wish: RestoreWish,
    isAgent = false,
  ): Promise<{ readonly stage: string }> {
    const { policies, clock } = this.#parts
    const service = serviceOf(policies.current, name)
    if (service?.backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
    const before = this.#working
    // Typed again after Ctrl-C, or by two at once: it is the same one.
    if (before?.isAgent === isAgent && before.service === name && isSame(before.wish, wish))
      return { stage: before.stage }
    if (before !== undefined && before.isAgent && !isAgent) {
      before.stop.abort()
      await before.ended
    }
    const superseded = await this.#superseded(service, wish, isAgent)
    if (this.#working !== undefined) throw new SekishoError('restore.busy', { stage: this.#working.stage })
    if (this.#stopping.signal.aborted)
      throw new SekishoError('runner.not_available', { what: 'stage', why: 'stopping' })
    const stage = randomBytes(16).toString('hex')
    const expires = after(instant(clock.now()), STAGE_LIFE_MS)
    const stop = new AbortController()
    const working: Working = {
      stage,
      service: name,
      wish,
      isAgent,
      stop,
      progress: { step: 'starting', entries: 0, bytes: 0, totalEntries: 0, totalBytes: 0 },
      ended: this.#carryOut(service, { stage, wish, expires, isAgent, stop, superseded }),
    }
    this.#working = working
    return { stage }
  }

  async facts(stage: string): Promise<StageFacts> {
    if (this.#working?.stage === stage) return { state: 'working', progress: this.#working.progress }
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
   * What the new one takes the place of: a person's wish the same one that was laid out before, for whoever wishes it anew means the data of now; an
   * agent's its last one, as long as no change was tried with it. What is left is counted: each is a whole copy of the data on the volume that the
   * service writes to. Throws restore.too_many.
   */
  async #superseded(service: Service, wish: RestoreWish, isAgent: boolean): Promise<readonly StoredStage[]> {
    const { stages, journal, clock } = this.#parts
    const mayClear = journal.index.open().length === 0
    const superseded: StoredStage[] = []
    let live = 0
    let ofAgents = 0
    for (const stage of await stages.list()) {
      const found = await stages.load(stage, journal.index).catch(() => undefined)
      if (found?.staged.service !== service.name || isOver(found.staged, instant(clock.now()))) continue
      if (await isUsed(found).catch(() => true)) continue
      const isOfAgent = found.agent === true
      const isReplaced = isAgent
        ? isOfAgent && !(await stages.isTried(stage))
        : isSame(found.staged.wish, wish)
      if (mayClear && isReplaced) superseded.push(found)
      else {
        live += 1
        if (isOfAgent) ofAgents += 1
      }
    }
    // What agents hold does not count against a person.
    const isTooMany = isAgent ? ofAgents >= AGENT_MAX || live >= LIVE_MAX : live - ofAgents >= LIVE_MAX
    if (isTooMany) throw new SekishoError('restore.too_many', { service: service.name, count: live })
    return superseded
  }

  async #carryOut(
    service: Service,
    of: {
      readonly stage: string
      readonly wish: RestoreWish
      readonly expires: ReturnType<typeof instant>
      readonly isAgent: boolean
      readonly stop: AbortController
      readonly superseded: readonly StoredStage[]
    },
  ): Promise<void> {
    const { stage, wish, expires, isAgent, stop, superseded } = of
    // The caller has set `#working` before this goes on.
    await Promise.resolve()
    const { stages, journal, log } = this.#parts
    const soFar = laidSoFar(stage, stages)
    try {
      for (const one of superseded)
        if (await this.#clear(one, this.#parts)) await stages.forget(one.staged.stage)
      const made = await this.#layOut({
        parts: this.#parts,
        service,
        stage,
        wish,
        expires,
        made: soFar,
        progress: (now) => {
          if (this.#working !== undefined) this.#working.progress = { ...this.#working.progress, ...now }
        },
        signal: AbortSignal.any([this.#stopping.signal, stop.signal]),
      })
      await stages.save(isAgent ? { ...made, agent: true } : made)
      await journal.append('staged', {
        kind: 'staged',
        service: service.name,
        stage,
        digest: stagedDigest(made.staged),
        expires,
        backups: [...new Set(made.staged.parts.map(({ from }) => from.backup))],
      })
      await stages.ended(stage)
    } catch (error) {
      const known = error instanceof SekishoError
      const detail = known ? { ...error.detail } : { why: String(error).slice(0, 300) }
      if (!known)
        log('laying out broke', { message: error instanceof Error ? (error.stack ?? '') : String(error) })
      await soFar
        .clear()
        .then(() => stages.ended(stage))
        .catch((cause: unknown) =>
          log('what was laid out is not cleared', { stage, why: String(cause).slice(0, 300) }),
        )
      this.#failed.set(stage, {
        code: known ? error.code : 'backup.broke',
        detail: JSON.parse(JSON.stringify(detail)),
      })
    } finally {
      this.#working = undefined
    }
  }

  /** What is over and in no open execution is taken away. */
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
    const { stages, journal, clock } = this.#parts
    await this.#sweepBegun()
    if (journal.index.open().length > 0) return
    for (const stage of await stages.list()) {
      const found = await stages.load(stage, journal.index).catch(() => undefined)
      if (found === undefined) await stages.forget(stage)
      else if (isOver(found.staged, instant(clock.now())) && !this.#isHeld(found)) {
        if (!(await this.#clear(found, this.#parts))) continue
        const { service, at } = found.staged
        const why = clock.now() - milliseconds(at) < EVIDENCE_MS ? 'unused' : 'age'
        await journal.append(`backup/${service}`, { kind: 'backup', event: 'cleared', service, stage, why })
        await stages.forget(stage)
      }
    }
  }

  /** Somebody has put a hold on the backup that it was made of: the evidence beside belongs to that. */
  #isHeld({ staged: { service, parts } }: StoredStage): boolean {
    const { copies } = backupsOf(service, this.#parts.journal.index.backups)
    const held = new Set(copies.filter(({ heldBy }) => heldBy.length > 0).map(({ backup }) => backup))
    return parts.some(({ from }) => held.has(from.backup))
  }

  /** Left by a runner that ended in the middle, or by a removal that failed. What became ready is a stage, and has its own time. */
  async #sweepBegun(): Promise<void> {
    const { stages, journal, log } = this.#parts
    for (const { stage, made } of await stages.begun()) {
      if (this.#working?.stage === stage) continue
      if (!journal.index.stages.has(stage)) {
        await removeMade(made)
        log('what was left of a restore that was not laid out is cleared away', { stage })
      }
      await stages.ended(stage)
    }
  }
}

function isSame(a: RestoreWish, b: RestoreWish): boolean {
  return canonical(a as unknown as Json) === canonical(b as unknown as Json)
}
