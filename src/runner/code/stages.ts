// Stages of code: one at a time for a service, in the background, told by steps, cancelled by whoever may, named by digest in the journal when ready, and
// removed when their time is over.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { ExecutionId } from '../../base/id.ts'
import { canonical, type Json, type JsonObject } from '../../base/json.ts'
import { after, instant, milliseconds } from '../../base/time.ts'
import { type CodeWish, codeStagedDigest } from '../../plans/code.ts'
import { stageOf } from '../../plans/playbooks/data.ts'
import { type Service, serviceOf } from '../../plans/policy.ts'
import { removePlace } from '../../restore/clear-stage.ts'
import { stagesInUse } from '../../restore/stages-in-use.ts'
import type { Asker } from '../../restore/under-way.ts'
import { sweepRooms } from '../../room/sweep.ts'
import type { StageFacts, StageUnderWay } from '../../seal/protocol.ts'
import { passableDirectory } from '../../sys/files.ts'
import { machineRefused } from '../../tree/openat.ts'
import { noteOf } from '../../tree/original.ts'
import type { RunnerParts } from '../parts.ts'
import { planAt } from '../plan-at.ts'
import { CODE_LIFE_MS } from './code-life.ts'
import type { CodeContext, CodeStep } from './context.ts'
import { finishKept } from './kept.ts'
import type { CodeRecord } from './record.ts'

/** What a kept change has put aside is its way back. */
const BACK_MS = 30 * 86_400_000
const LOOK_MS = 600_000
/** So long a push is tried again. A commit that is not on its branch is tried until it is. */
const FINISH_MS = 7 * 86_400_000
/** Where nothing is declared any more. */
const KEEP = 5
/** The accounts that git and the rooms run as pass through. */
const PASSABLE = 0o711

export type StageCode = (context: CodeContext) => Promise<CodeRecord>
/** Does something still name it: a link that leads into it, an original that lies in it? */
export type IsUsed = (record: CodeRecord) => boolean

interface Working extends Asker {
  readonly stage: string
  readonly service: Service['name']
  readonly wish: CodeWish
  readonly since: ReturnType<typeof instant>
  readonly stop: AbortController
  step: CodeStep | 'starting'
  endedBy?: string
  ended: Promise<void>
}

export class CodeStages {
  readonly #parts: RunnerParts
  readonly #stageCode: StageCode
  readonly #isUsed: IsUsed
  readonly #stopping = new AbortController()
  readonly #working = new Set<Working>()
  readonly #failed = new Map<string, { readonly code: string; readonly detail: JsonObject }>()
  readonly #finishing = new Set<Promise<void>>()
  #watching: Promise<void> | undefined

  constructor(parts: RunnerParts, stageCode: StageCode, isUsed: IsUsed) {
    this.#parts = parts
    this.#stageCode = stageCode
    this.#isUsed = isUsed
  }

  resume(): void {
    this.#watching = this.#watch()
  }

  /** After the end of an execution: the commit of a kept change goes to its branch. */
  finish(execution: ExecutionId): void {
    const { log } = this.#parts
    const work = finishKept(execution, this.#parts)
      .catch((error: unknown) =>
        log('a commit was not delivered', { execution, why: String(error).slice(0, 300) }),
      )
      .finally(() => this.#finishing.delete(work))
    this.#finishing.add(work)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...[...this.#working].map(({ ended }) => ended), ...this.#finishing])
    await this.#watching
  }

  /** The same request joins the one under way. Throws deploy.not_declared, deploy.busy. */
  start(name: Service['name'], wish: CodeWish, asker: Asker): { readonly stage: string } {
    const service = serviceOf(this.#parts.policies.current, name)
    if (service?.code === undefined) throw new SekishoError('deploy.not_declared', { service: name })
    const before = [...this.#working].find((one) => one.service === name && one.endedBy === undefined)
    if (before !== undefined) {
      if (isSame(before.wish, wish)) return { stage: before.stage }
      throw new SekishoError('deploy.busy', { service: name, by: before.by, step: before.step })
    }
    if (this.#stopping.signal.aborted)
      throw new SekishoError('runner.not_available', { what: 'stage', why: 'stopping' })
    const working: Working = {
      ...asker,
      stage: randomBytes(16).toString('hex'),
      service: name,
      wish,
      since: instant(this.#parts.clock.now()),
      stop: new AbortController(),
      step: 'starting',
      ended: Promise.resolve(),
    }
    this.#working.add(working)
    working.ended = this.#carryOut(working, service, service.code)
    return { stage: working.stage }
  }

  knows(stage: string): boolean {
    return this.#failed.has(stage) || [...this.#working].some((one) => one.stage === stage)
  }

  underWay(name: Service['name']): StageUnderWay | undefined {
    const found = [...this.#working].find((one) => one.service === name && one.endedBy === undefined)
    if (found === undefined) return undefined
    const { stage, by, isAgent, wish, since } = found
    return { stage, by, agent: isAgent, wish, since, progress: progressOf(found) }
  }

  /** Returns at once; `facts` shows when everything is removed. */
  cancel(name: Service['name'], stage: string, { by }: Asker): { readonly stage: string } {
    const found = [...this.#working].find((one) => one.service === name && one.stage === stage)
    if (found === undefined) throw new SekishoError('restore.none_under_way', { service: name })
    found.endedBy ??= by
    found.stop.abort()
    return { stage }
  }

  async facts(stage: string): Promise<StageFacts> {
    const working = [...this.#working].find((one) => one.stage === stage)
    if (working !== undefined) return { state: 'working', progress: progressOf(working) }
    const failed = this.#failed.get(stage)
    if (failed !== undefined) return { state: 'failed', ...failed }
    const { code, journal, clock } = this.#parts
    const found = await code.load(stage, journal.index).catch(gone)
    if (found === undefined || found.staged.expires < instant(clock.now())) return { state: 'gone' }
    return { state: 'ready', staged: found.staged }
  }

  async #carryOut(working: Working, service: Service, rules: NonNullable<Service['code']>): Promise<void> {
    const { stage, wish, stop } = working
    const { code, journal, clock, place, killPoint } = this.#parts
    const made: string[] = []
    const note = async (path: string) => {
      made.push(path)
      await code.begin(stage, made)
    }
    try {
      const directory = join(place.code, stage)
      await note(directory)
      for (const one of [place.code, place.rooms]) await passableDirectory(one)
      await mkdir(directory, { mode: PASSABLE })
      const record = await this.#stageCode({
        parts: this.#parts,
        service,
        rules,
        stage,
        wish,
        expires: after(instant(clock.now()), CODE_LIFE_MS),
        directory,
        note,
        step: (name) => {
          working.step = name
          killPoint(`stage.${name}`)
        },
        signal: AbortSignal.any([this.#stopping.signal, stop.signal]),
      })
      stop.signal.throwIfAborted()
      await code.save(record)
      killPoint('stage.saved')
      const { staged } = record
      await journal.append('staged', {
        kind: 'staged',
        service: service.name,
        stage,
        digest: codeStagedDigest(staged),
        expires: staged.expires,
        backups: [],
      })
      await code.ended(stage)
    } catch (error) {
      working.step = 'clearing'
      this.#failed.set(stage, await this.#cleared(working, made, error))
    } finally {
      this.#working.delete(working)
    }
  }

  async #cleared(working: Working, made: readonly string[], error: unknown) {
    const { stage, service, endedBy } = working
    const { code, log } = this.#parts
    for (const path of made.toReversed())
      await removePlace(path).catch((cause: unknown) =>
        log('what was staged of code is not cleared', { stage, path, why: String(cause).slice(0, 300) }),
      )
    await code.ended(stage)
    if (endedBy !== undefined) return { code: 'deploy.cancelled', detail: { service, by: endedBy } }
    const known = error instanceof SekishoError ? error : machineRefused(error)
    if (known !== undefined)
      return { code: known.code, detail: JSON.parse(JSON.stringify(known.detail)) as JsonObject }
    log('staging code broke', { message: error instanceof Error ? (error.stack ?? '') : String(error) })
    return { code: 'deploy.broke', detail: { why: String(error).slice(0, 300) } }
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      const { closedAt, code } = this.#parts.journal.index
      for (const [execution, at] of closedAt)
        if (clock.now() - milliseconds(at) < FINISH_MS || code.get(execution)?.event === 'commitFailed')
          this.finish(execution)
      await this.sweep().catch((error: unknown) =>
        log('a stage of code was not cleared', { why: String(error).slice(0, 300) }),
      )
      await clock.sleep(LOOK_MS, this.#stopping.signal).catch(() => {})
    }
  }

  /** Of each service the newest releases that ran, as many as it keeps. */
  async #keptStages(): Promise<ReadonlySet<string>> {
    const { journal, objects, policies } = this.#parts
    const newest = [...journal.index.closed].filter(([, { outcome }]) => outcome === 'kept').toReversed()
    const kept = new Map<string, string[]>()
    for (const [execution] of newest) {
      const accepted = journal.index.accepted.get(execution)
      const plan = accepted === undefined ? undefined : await planAt(accepted.plan, objects)
      const stage = plan?.pattern === 'code' ? stageOf(plan) : undefined
      if (plan === undefined || stage === undefined) continue
      const of = kept.get(plan.service) ?? []
      const keep = serviceOf(policies.current, plan.service)?.code?.repo.keep ?? KEEP
      if (of.length < keep) kept.set(plan.service, [...of, stage])
    }
    return new Set([...kept.values()].flat())
  }

  /** What a kill left, and what is over and named by nothing any more. */
  async sweep(): Promise<void> {
    const { code, bundles, journal, clock, log, place } = this.#parts
    await sweepRooms(place.rooms)
    await bundles.sweep()
    for (const { stage, made } of await code.begun()) {
      if ([...this.#working].some((one) => one.stage === stage)) continue
      if (!journal.index.stages.has(stage)) {
        for (const path of made.toReversed()) await removePlace(path)
        log('what was left of code that was not staged is cleared away', { stage })
      }
      await code.ended(stage)
    }
    const inUse = await stagesInUse(this.#parts)
    if (inUse === undefined) return
    const kept = await this.#keptStages()
    for (const stage of await code.list()) {
      if (inUse.has(stage) || kept.has(stage)) continue
      const found = await code.load(stage, journal.index).catch(gone)
      if (found === undefined) {
        await code.forget(stage)
        continue
      }
      const { at, expires, release } = found.staged
      const isOver = expires < instant(clock.now())
      const isYoung = clock.now() - milliseconds(at) < BACK_MS
      // INVARIANT D1: what runs, and what a way back names, is never removed (N24).
      if (!isOver || (this.#isUsed(found) && (isYoung || release !== undefined))) continue
      for (const path of found.own.toReversed()) await removePlace(path)
      for (const { beside } of found.places) await removePlace(noteOf(beside))
      if (release !== undefined) await removePlace(release.path)
      await code.forget(stage)
    }
  }
}

function gone(error: unknown): undefined {
  if (error instanceof SekishoError) return undefined
  throw error
}

function progressOf({ step }: Working): StageUnderWay['progress'] {
  return { step, entries: 0, bytes: 0, totalEntries: 0, totalBytes: 0 }
}

function isSame(a: CodeWish, b: CodeWish): boolean {
  return canonical(a as unknown as Json) === canonical(b as unknown as Json)
}
