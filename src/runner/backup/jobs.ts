// The works of playbook backup/1: begun by an order that names service and work, or by the runner itself when nobody ordered one for too long
// (spine §6). One at a time; what it did and found is written into the journal, and nowhere else.
import { againMs, lateMs } from '../../backup/due.ts'
import { type Asked, type BackupEvent, WORKS, type Work } from '../../backup/events.ts'
import type { KnownCopy } from '../../backup/level.ts'
import { type Backups, backupsOf } from '../../backup/levels.ts'
import { usesOf } from '../../backup/uses.ts'
import { type Answer, failureOf, refused, SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import { verifySshSignature } from '../../base/sign.ts'
import { after, type Instant, instant, milliseconds } from '../../base/time.ts'
import { type Service, serviceOf } from '../../plans/policy.ts'
import { sweepOwnPlaces } from '../../schema/own-place.ts'
import { playbookDigest } from '../../seal/playbooks.ts'
import type { BackupFacts, WorkProgress } from '../../seal/protocol.ts'
import { parseStatement, type Signed } from '../../seal/statement.ts'
import { foundBeside } from '../../snapshot/found-beside.ts'
import { sweepSqlite } from '../../snapshot/live-sqlite.ts'
import { sweepState } from '../../snapshot/restic/sweep.ts'
import { sweepDatabases } from '../../snapshot/sweep-databases.ts'
import type { BootFound, WorkContext, Works } from '../../snapshot/work.ts'
import { machineRefused } from '../../tree/openat.ts'
import { judgeBackup } from '../judge/backup.ts'
import { copiesThere, type RunnerParts } from '../parts.ts'
import { standingsIn } from '../verbs/gather.ts'

const HOUR_MS = 3_600_000

/** Starts the service of a copy on it. */
export type BootCopy = (
  copy: KnownCopy,
  context: { readonly parts: RunnerParts; readonly service: Service; readonly signal: AbortSignal },
) => Promise<BootFound>

interface Running {
  readonly service: ServiceName
  readonly work: Work
  readonly all?: true
  readonly ended: Promise<void>
  progress: WorkProgress
  /** When the step began, on the clock that cannot be set (ms), and the bytes that were counted then: each step counts its own. */
  step: { readonly at: number; readonly bytes: number }
}

const LOOK_MS = 60_000
/** What an answer holds of the past. */
const SHOWN = 500
const FOUND_SHOWN = 50

export class BackupJobs {
  readonly #parts: RunnerParts
  readonly #works: Works
  readonly #boot: BootCopy | undefined
  readonly #stopping = new AbortController()
  readonly #outdated = new Set<Digest>()
  #running: Running | undefined
  #tail: Promise<unknown> = Promise.resolve()
  #watching: Promise<void> | undefined

  constructor(parts: RunnerParts, works: Works, boot?: BootCopy) {
    this.#parts = parts
    this.#works = works
    this.#boot = boot
  }

  /** What a former process left begun was cut off: said so, once, so that nobody waits for it. Then watches for lateness. */
  async resume(): Promise<void> {
    const { journal, policies, objects, log } = this.#parts
    // What cannot be taken away now is no reason not to start: it is tried again at the next one.
    for (const sweep of [sweepState, sweepSqlite, sweepDatabases, sweepOwnPlaces])
      await sweep(this.#parts).catch((cause: unknown) =>
        log('what was left cannot be taken away', { why: String(cause).slice(0, 300) }),
      )
    for (const { digest } of standingsIn(journal.rest)) objects.pin('statement', digest)
    await this.#findOutdated()
    if (policies.loaded)
      for (const service of policies.current.services) {
        if (service.backup === undefined) continue
        for (const { work, backup, copy } of this.#known(service.name).begun)
          await this.#tell(
            failedEvent(service.name, work, 'backup.cut_off', {
              ...(backup === undefined ? {} : { backup }),
              ...(copy === undefined ? {} : { copy }),
            }),
          ).then(() => this.#tell(endedEvent(service.name, work, false, 0)))
      }
    this.#watching = this.#watch()
  }

  /** The work under way is told to end, and is waited for: what it began beside is swept at the next run. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
    await this.#running?.ended
  }

  /** One order after the other: between judging and the line *started* nothing may move. */
  order(
    service: ServiceName,
    work: Work,
    asked: Asked = 'order',
    all?: true,
  ): Promise<{ accepted: true; joined: boolean }> {
    const next = this.#tail.then(() => this.#order(service, work, asked, work === 'verify' ? all : undefined))
    this.#tail = next.catch(() => {})
    return next
  }

  async #order(
    service: ServiceName,
    work: Work,
    asked: Asked,
    all?: true,
  ): Promise<{ accepted: true; joined: boolean }> {
    const { service: busy, work: at, all: ofAll } = this.#running ?? {}
    // What reads a few copies is not what reads every one: that waits.
    if (busy === service && at === work && (all === undefined || ofAll === true))
      return { accepted: true, joined: true }
    if (busy !== undefined) throw new SekishoError('backup.busy', { service: busy, work: at ?? '' })
    if (this.#stopping.signal.aborted)
      throw new SekishoError('runner.not_available', { what: 'backup', why: 'stopping' })
    await this.#parts.journal.reserve.keep()
    const answer = judgeBackup({
      service,
      work,
      asked,
      policy: this.#parts.policies.current,
      now: this.#now(),
      sound: await this.#sound(),
      signed: await this.#signed(service),
      revoked: this.#parts.journal.index.revoked,
      lines: this.#parts.journal.index.backups,
      verify: verifySshSignature,
    })
    if (!answer.ok) throw failureOf(answer)
    const declared = serviceOf(this.#parts.policies.current, service)
    if (declared === undefined) throw new SekishoError('backup.not_declared', { service })
    const every = all === undefined ? {} : { all }
    await this.#tell({ kind: 'backup', event: 'started', service, work, asked, ...every })
    this.#begin(declared, work, asked, every)
    return { accepted: true, joined: false }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#running?.ended
  }

  async facts(service: ServiceName): Promise<BackupFacts> {
    const known = this.#known(service)
    const running = this.#running?.service === service ? this.#running.progress : undefined
    const declared = serviceOf(this.#parts.policies.current, service)
    const found =
      declared === undefined || running !== undefined
        ? []
        : foundBeside(declared, known, this.#parts.place.state)
    const there = (await copiesThere(service, this.#parts)).filter(({ state }) => state !== 'pruned')
    return {
      ...(there.length > SHOWN ? { moreCopies: there.length - SHOWN } : {}),
      backups: {
        ...known,
        copies: there.slice(0, SHOWN),
        failures: known.failures.slice(-20),
        drills: known.drills.slice(-20),
      },
      ...(found.length === 0 ? {} : { found: found.slice(0, FOUND_SHOWN) }),
      ...(found.length > FOUND_SHOWN ? { moreFound: found.length - FOUND_SHOWN } : {}),
      ...(running === undefined ? {} : { running }),
      standing: this.#standingOf(service) !== undefined,
      usedThisHour: this.#usedThisHour(service),
    }
  }

  #usedThisHour(service: ServiceName): NonNullable<BackupFacts['usedThisHour']> {
    const since = after(this.#now(), -HOUR_MS)
    const lines = this.#parts.journal.index.backups
    return Object.fromEntries(WORKS.map((work) => [work, usesOf(lines, service, work, since).length]))
  }

  #begin(service: Service, work: Work, asked: Asked, every: Pick<WorkContext, 'all'>): void {
    const started = this.#parts.clock.uptime()
    const running: Running = {
      service: service.name,
      work,
      ...every,
      ended: this.#carryOut(service, work, { asked, ...every }, started).finally(() => {
        this.#running = undefined
      }),
      progress: {
        service: service.name,
        work,
        startedAt: this.#now(),
        step: 'starting',
        entries: 0,
        bytes: 0,
        totalEntries: 0,
        totalBytes: 0,
        rate: 0,
      },
      step: { at: this.#parts.clock.uptime(), bytes: 0 },
    }
    this.#running = running
  }

  async #carryOut(
    service: Service,
    work: Work,
    order: Pick<WorkContext, 'asked' | 'all'>,
    started: number,
  ): Promise<void> {
    // The caller has set `#running` before this goes on.
    await Promise.resolve()
    const { name } = service
    const { clock, log } = this.#parts
    const boot = this.#boot
    const { signal } = this.#stopping
    let ok = false
    try {
      await this.#works[work]({
        parts: this.#parts,
        service,
        ...order,
        known: () => this.#known(name),
        tell: (event) => this.#tell(event),
        progress: (now) => this.#progress(now),
        signal,
        ...(boot === undefined
          ? {}
          : { boot: (copy) => boot(copy, { parts: this.#parts, service, signal }) }),
      })
      ok = true
    } catch (error) {
      const { code, detail } =
        error instanceof SekishoError
          ? error
          : (machineRefused(error) ?? refused('backup.broke', { work, why: String(error).slice(0, 300) }))
      log('a work of the backups failed', { service: name, work, code })
      const { backup, copy } = this.#running?.progress ?? {}
      // A copy that is written is whole: what failed after that is the work, and says nothing of its bytes.
      const isThere = this.#known(name).copies.some((one) => one.backup === backup && one.copy === copy)
      await this.#tell(
        failedEvent(name, work, code, {
          ...(backup === undefined ? {} : { backup }),
          ...(copy === undefined || (work === 'backup' && isThere) ? {} : { copy }),
          detail: texts(detail),
        }),
      ).catch((cause: unknown) => log('the journal does not take it', { why: String(cause).slice(0, 300) }))
    }
    await this.#tell(endedEvent(name, work, ok, Math.round(clock.uptime() - started))).catch(
      (cause: unknown) => log('the journal does not take it', { why: String(cause).slice(0, 300) }),
    )
  }

  #progress(now: Partial<Omit<WorkProgress, 'service' | 'work' | 'startedAt' | 'rate'>>): void {
    const running = this.#running
    if (running === undefined) return
    const next = { ...running.progress, ...now }
    const at = this.#parts.clock.uptime()
    const { step, bytes } = running.progress
    if (next.step !== step || next.bytes < bytes)
      running.step = { at, bytes: next.step === step ? 0 : next.bytes }
    const seconds = (at - running.step.at) / 1000
    running.progress = {
      ...next,
      rate: seconds > 0 ? Math.round((next.bytes - running.step.bytes) / seconds) : 0,
    }
  }

  /** Lateness is noticed here, by the process that would have done it: an engine that is dead orders nothing and says nothing. */
  async #watch(): Promise<void> {
    const { clock, policies } = this.#parts
    for (;;) {
      await clock.sleep(LOOK_MS, this.#stopping.signal).catch(() => {})
      if (this.#stopping.signal.aborted) return
      if (!policies.loaded || this.#running !== undefined) continue
      for (const service of policies.current.services) {
        if (!this.isLate(service)) continue
        if (await this.#beginLate(service.name)) break
      }
    }
  }

  /** A service that is refused is said to have failed, and keeps no other from its turn. */
  async #beginLate(service: ServiceName): Promise<boolean> {
    try {
      await this.order(service, 'backup', 'late')
      return true
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      const { code, detail } = error
      this.#parts.log('a backup is late and cannot be begun', { service, code })
      if (code === 'backup.busy') return true
      await this.#tell(failedEvent(service, 'backup', code, { detail: texts(detail) })).catch(
        (cause: unknown) =>
          this.#parts.log('the journal does not take it', { why: String(cause).slice(0, 300) }),
      )
      return false
    }
  }

  isLate({ name, backup }: Service): boolean {
    if (backup === undefined || this.#standingOf(name) === undefined) return false
    const { lastDone, failures } = this.#known(name)
    const now = this.#parts.clock.now()
    const tried = failures.findLast(({ work }) => work === 'backup')?.at
    if (tried !== undefined && now - milliseconds(tried) < againMs(backup.everyMs)) return false
    return lastDone.backup === undefined || now - milliseconds(lastDone.backup) > lateMs(backup.everyMs)
  }

  #known(service: ServiceName): Backups {
    return backupsOf(service, this.#parts.journal.index.backups)
  }

  async #tell(event: BackupEvent): Promise<void> {
    await this.#parts.journal.append(`backup/${event.service}`, event)
  }

  #now(): Instant {
    return instant(this.#parts.clock.now())
  }

  async #sound(): Promise<Answer<object>> {
    const { journal, mark } = this.#parts
    if (journal.damage !== undefined)
      return refused('runner.journal_damaged', { path: journal.damage.path, why: journal.damage.why })
    const clock = await mark.check()
    return clock.sound ? { ok: true } : refused('runner.clock_unsound', { why: clock.why ?? '' })
  }

  /** Signed by an owner, not revoked, and for what this release does. */
  #standingOf(service: ServiceName) {
    const last = this.#lastSigned(service)
    return last === undefined || this.#outdated.has(last.digest) ? undefined : last
  }

  #lastSigned(service: ServiceName) {
    const { journal } = this.#parts
    return standingsIn(journal.rest).findLast(
      (one) => one.service === service && one.verb === 'backup' && !journal.index.revoked.has(one.digest),
    )
  }

  /** What was given to an earlier release may be for another procedure; what is given to this one is compared at the door. */
  async #findOutdated(): Promise<void> {
    const { journal, objects } = this.#parts
    for (const { digest, verb } of standingsIn(journal.rest)) {
      if (verb !== 'backup') continue
      const signed = await objects.statement(digest).catch(() => undefined)
      const read = signed === undefined ? undefined : parseStatement(signed.text)
      if (read?.ok !== true || read.value.type !== 'standing') continue
      if (read.value.playbookDigest !== playbookDigest('backup/1')) this.#outdated.add(digest)
    }
  }

  async #signed(service: ServiceName): Promise<Signed | undefined> {
    const one = this.#lastSigned(service)
    return one === undefined ? undefined : this.#parts.objects.statement(one.digest)
  }
}

/** The runner keeps what an owner signed: an order names it and never brings it. */
export async function keepStanding(signed: Signed, digest: Digest, parts: RunnerParts) {
  parts.objects.pin('statement', digest)
  await parts.objects.store('statement', digest, Buffer.from(canonical(signed as unknown as Json)))
}

function failedEvent(
  service: ServiceName,
  work: Work,
  why: string,
  more: Pick<Extract<BackupEvent, { readonly event: 'failed' }>, 'copy' | 'detail'> & {
    readonly backup?: string
  },
): BackupEvent {
  return { kind: 'backup', event: 'failed', service, work, why, ...more } as BackupEvent
}

function endedEvent(service: ServiceName, work: Work, ok: boolean, ms: number): BackupEvent {
  return { kind: 'backup', event: 'ended', service, work, ok, ms }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Values of a failure as the journal holds them: short texts. */
function texts(detail: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(detail)
      .filter(([key]) => /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(key))
      .slice(0, 50)
      .map(([key, value]) => [key, textOf(value).slice(0, 1000)]),
  )
}
