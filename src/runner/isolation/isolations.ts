// The isolation of this host as the runner does it: judged by the owner's standing statement, the volatile state sealed first, the table loaded,
// and every step in the journal once, whoever did it.
import { stat } from 'node:fs/promises'
import { failureOf, SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import type { IncidentId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import { verifySshSignature } from '../../base/sign.ts'
import { instant } from '../../base/time.ts'
import { type Admitted, admit } from '../../isolate/admit.ts'
import { startHolder } from '../../isolate/holder.ts'
import { lookAround, unitsThatListen } from '../../isolate/look-around.ts'
import { noticeAddresses } from '../../isolate/notices.ts'
import { isolationParts } from '../../isolate/port.ts'
import {
  forgetIsolation,
  type IsolationRecord,
  keepRoom,
  leftToKeep,
  readIsolation,
  writeIsolation,
} from '../../isolate/record.ts'
import {
  keepIsolation,
  loadTable,
  type SettleParts,
  settleIsolation,
  settleNow,
} from '../../isolate/settle.ts'
import { sshPorts } from '../../isolate/sockets.ts'
import { takeVolatile } from '../../isolate/volatile.ts'
import { type AdmittedAdministrator, isolationRules, KEEP_SECONDS } from '../../plans/isolation.ts'
import type {
  AdministratorComes,
  IsolationAnswers,
  IsolationFacts,
  IsolationOutlook,
} from '../../seal/isolation-protocol.ts'
import type { Signed } from '../../seal/statement.ts'
import { kernelText } from '../../sys/kernel-text.ts'
import { judgeIsolate } from '../judge/isolate.ts'
import type { RunnerParts } from '../parts.ts'
import { BOOT_UNIT } from '../revert/boot.ts'
import { standingsIn } from '../verbs/gather.ts'

/** Loads what was kept before the network is up. */
const hasBootUnit = async () =>
  (await stat(`/etc/systemd/system/${BOOT_UNIT}`).catch(() => undefined)) !== undefined

const LOOK_MS = 1000
const GLANCE_MS = 60_000

const isSame = (one: AdmittedAdministrator | undefined, other: AdmittedAdministrator | undefined) =>
  one?.address === other?.address && one?.device === other?.device

type IsolateOrder = AdministratorComes & { readonly incident: IncidentId; readonly by: string }

export class Isolations {
  readonly #parts: RunnerParts
  readonly #settle: SettleParts
  readonly #stopping = new AbortController()
  #watching: Promise<void> | undefined
  #told = ''
  #seen: { readonly uptime: number; readonly facts: IsolationFacts } | undefined

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.#settle = isolationParts(parts)
  }

  resume(): void {
    this.#watching = this.#watch()
  }

  /** The table and its holder stay: an isolation outlives the runner. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
  }

  /** Throws isolation.*, evidence.*, judge.*, file.*, runner.*. */
  async isolate(
    order: IsolateOrder & { readonly look: boolean; readonly agreed?: string },
  ): Promise<IsolationAnswers['isolate']> {
    const { outlook, admitted } = await this.#outlook(order)
    if (order.look) return { outlook, facts: await this.facts() }
    // Names are asked for anew: what a person has read is what is loaded, or nothing is.
    if (order.agreed !== undefined && order.agreed !== sha256(outlook.rules))
      throw new SekishoError('isolation.rules_moved', { incident: order.incident })
    this.#sound()
    const record = await this.#settle.turns.take(() => this.#begin(order, admitted))
    await this.#tell(record)
    return { outlook, facts: await this.facts() }
  }

  /** A person at the terminal at which it was begun. Throws isolation.none, isolation.other_incident, isolation.keep_by_login. */
  async keep(order: {
    readonly incident: IncidentId
    readonly terminal?: string
    readonly by: string
  }): Promise<IsolationFacts> {
    const record = await this.#settle.turns.take(async () => {
      const { record: of } = await settleNow(this.#settle)
      if (of === undefined || of.phase === 'undone' || of.phase === 'ended')
        throw new SekishoError('isolation.none', { incident: order.incident })
      if (of.incident !== order.incident)
        throw new SekishoError('isolation.other_incident', { incident: of.incident })
      if (of.phase === 'kept') return of
      if (of.terminal === undefined || of.terminal !== order.terminal)
        throw new SekishoError('isolation.keep_by_login', {
          address: of.admission.administrator?.address ?? '',
          terminal: of.terminal ?? '',
        })
      return keepIsolation(of, this.#settle, { by: order.by, terminal: of.terminal })
    })
    await this.#tell(record)
    return this.facts()
  }

  /** As `facts`, but without a record the kernel is asked for a stray table only now and then: whoever asks for the status asks often. */
  async glance(): Promise<IsolationFacts> {
    const now = this.#parts.clock.uptime()
    const there = await readIsolation(this.#settle.path).catch(() => 'unreadable' as const)
    if (there === undefined && this.#seen !== undefined && now - this.#seen.uptime < GLANCE_MS)
      return this.#seen.facts
    const facts = await this.facts()
    this.#seen = there === undefined ? { uptime: now, facts } : undefined
    return facts
  }

  async facts(): Promise<IsolationFacts> {
    const { table, path, clock } = this.#settle
    const seen = await table.look()
    const last = this.#last()
    const common = {
      table: seen.state,
      ...(seen.state === 'unknown' ? { why: seen.why } : {}),
      ...(last === undefined ? {} : { last }),
    }
    let of: IsolationRecord | undefined
    try {
      of = await readIsolation(path)
    } catch (error) {
      return { ...common, state: 'unreadable', why: String(error).slice(0, 300) }
    }
    const isOver = of === undefined || of.phase === 'undone' || of.phase === 'ended'
    if (of === undefined || (isOver && seen.state === 'absent'))
      return { ...common, state: of === undefined && seen.state === 'present' ? 'stray' : 'none' }
    const { incident, service, by, at, admission, terminal, phase, notes } = of
    const now = { boot: clock.boot(), uptime: clock.uptime() }
    return {
      ...common,
      state: phase === 'trial' || phase === 'kept' ? phase : 'ending',
      incident,
      service,
      by,
      since: notes.find(({ event }) => event === 'applied')?.at ?? at,
      admission,
      restored: notes.filter(({ event }) => event === 'restored').length,
      ...(terminal === undefined ? {} : { terminal }),
      ...(phase === 'trial' ? { leftMs: leftToKeep(of, now) } : {}),
    }
  }

  async #outlook(order: IsolateOrder): Promise<{ outlook: IsolationOutlook; admitted: Admitted }> {
    const { host, policies, clock, journal, objects, systemctl } = this.#parts
    const last = standingsIn(journal.rest).findLast(
      ({ verb, unit, digest }) => verb === 'isolate' && unit === host && !journal.index.revoked.has(digest),
    )
    const signed: Signed | undefined = last === undefined ? undefined : await objects.statement(last.digest)
    const asked = journal.index.isolations.flatMap(({ at, body }) => (body.event === 'asked' ? [at] : []))
    const now = instant(clock.now())
    const judged = judgeIsolate({
      host,
      policy: policies.current,
      now,
      signed,
      asked,
      verify: verifySshSignature,
    })
    if (!judged.ok) throw failureOf(judged)
    const ports = sshPorts()
    const { notices, unresolved } = await noticeAddresses(
      policies.current.notify?.channels ?? [],
      this.#parts.process,
    )
    const answer = admit(order, ports, notices)
    if (!answer.ok) throw failureOf(answer)
    const { admitted } = answer
    if ((await this.#settle.table.look()).state === 'unknown')
      throw new SekishoError('isolation.no_nftables', { units: unitsThatListen() })
    const around = await lookAround(kernelText('/etc/nsswitch.conf'))
    const warnings = [
      ...admitted.warnings,
      ...around,
      ...unresolved.map((host) => ({ code: 'notice_unknown' as const, values: { host } })),
      ...(systemctl && (await hasBootUnit()) ? [] : [{ code: 'no_reboot' as const, values: {} }]),
    ]
    const standing = await this.#standing(order.incident)
    const { keepBy } = admitted
    // One that stands admits whom it admitted: another address is not let in by asking again.
    const admission = standing?.admission ?? admitted.admission
    if (!isSame(admission.administrator, admitted.admission.administrator))
      throw new SekishoError('isolation.other_address', {
        incident: order.incident,
        address: admission.administrator?.address ?? standing?.terminal ?? '',
        given: admitted.admission.administrator?.address ?? '',
      })
    const outlook = {
      admission,
      rules: isolationRules(admission),
      keepBy,
      keepSeconds: KEEP_SECONDS,
      warnings,
    }
    return { outlook, admitted }
  }

  /** The record of an isolation that stands for this incident. */
  async #standing(incident: IncidentId): Promise<IsolationRecord | undefined> {
    const there = await readIsolation(this.#settle.path)
    const stands = there?.phase === 'trial' || there?.phase === 'kept'
    return stands && there.incident === incident ? there : undefined
  }

  /** The caller has its turn. What is needed afterwards is written before; a table is loaded last. */
  async #begin(order: IsolateOrder, { admission, keepBy }: Admitted): Promise<IsolationRecord> {
    const { clock, journal, process, waker, holder, systemctl, evidence } = this.#parts
    const { incident, by, terminal } = order
    const there = await readIsolation(this.#settle.path)
    if (there !== undefined && (there.phase === 'trial' || there.phase === 'kept')) {
      if (there.incident === incident) return there
      throw new SekishoError('isolation.other_incident', { incident: there.incident })
    }
    if (there !== undefined) await this.#journal(there)
    const snapshot = await takeVolatile(process, () => clock.uptime())
    const service = this.#serviceOf()
    const { items, gaps } = await evidence
      .seal({
        incident,
        service,
        set: 'volatile',
        items: snapshot.items.map(({ name, source, bytes }) => ({ name, source, content: [bytes] })),
        gaps: snapshot.gaps,
        milliseconds: snapshot.milliseconds,
        by,
      })
      .catch((error: unknown) => {
        // What cannot be kept holds the cut up by nothing; each name of it stands in the line of the journal.
        if (!(error instanceof SekishoError) || error.code !== 'file.no_space') throw error
        const gone = snapshot.items.map(({ name }) => ({ name, why: 'no_room' }))
        return { items: [], gaps: [...snapshot.gaps, ...gone] }
      })
    await journal.reserve.keep()
    await journal.append(incident, {
      kind: 'isolation',
      incident,
      number: this.#asked(incident) + 1,
      event: 'asked',
      happened: instant(clock.now()),
      detail: {
        by,
        service,
        keepBy,
        admission: admission as unknown as JsonObject,
        volatile: {
          milliseconds: snapshot.milliseconds,
          items: items.map(({ item, digest }) => ({ item, digest })),
          gaps: gaps.map(({ name, why }) => ({ name, why })),
        },
      },
    })
    const record: IsolationRecord = {
      v: 1,
      incident,
      service,
      by,
      phase: 'trial',
      admission,
      keepSeconds: KEEP_SECONDS,
      at: instant(clock.now()),
      boot: clock.boot(),
      uptime: clock.uptime(),
      ...(keepBy === 'terminal' && terminal !== undefined ? { terminal } : {}),
      notes: [],
    }
    // Where the disk is full, the room of the journal is given: the cut comes first.
    await keepRoom(this.#settle.path).catch(async (error: unknown) => {
      if (!(error instanceof SekishoError) || error.code !== 'file.no_space') throw error
      await journal.reserve.release()
      await keepRoom(this.#settle.path)
    })
    await writeIsolation(this.#settle.path, record)
    await startHolder({ run: process, startApart: waker.startApart, systemctl, command: holder })
    return loadTable(record, this.#settle)
  }

  #serviceOf() {
    const { policies, host } = this.#parts
    const service = policies.current.services.find((one) => one.host === host)
    if (service === undefined) throw new SekishoError('runner.outside_inventory', { target: host })
    return service.name
  }

  #asked(incident: IncidentId): number {
    return this.#parts.journal.index.isolations.filter(
      ({ body }) => body.event === 'asked' && body.incident === incident,
    ).length
  }

  #sound(): void {
    const { damage } = this.#parts.journal
    if (damage !== undefined)
      throw new SekishoError('runner.journal_damaged', { path: damage.path, why: damage.why })
  }

  /** How the last isolation ended, by the journal. */
  #last(): IsolationFacts['last'] {
    const line = this.#parts.journal.index.isolations.findLast(
      ({ body }) => body.event === 'undone' || body.event === 'ended',
    )
    if (line === undefined) return undefined
    const { incident, event, happened, detail } = line.body
    const why = event === 'undone' ? detail['why'] : detail['execution']
    return {
      incident,
      event: event as 'undone' | 'ended',
      at: happened,
      why: typeof why === 'string' ? why : '',
    }
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      try {
        // Where there is no record nobody has to wait for a turn.
        if ((await readIsolation(this.#settle.path)) !== undefined) {
          const { record } = await settleIsolation(this.#settle)
          if (record !== undefined) await this.#tell(record)
        }
        this.#told = ''
      } catch (error) {
        const why = String(error).slice(0, 300)
        if (why !== this.#told) log('the isolation cannot be looked after', { why })
        this.#told = why
      }
      await clock.sleep(LOOK_MS, this.#stopping.signal).catch(() => {})
    }
  }

  /** Writes down what is not in the journal yet; what is over and written down leaves no record. */
  async #tell(record: IsolationRecord): Promise<void> {
    await this.#settle.turns.take(async () => {
      const now = await readIsolation(this.#settle.path)
      if (now === undefined || now.incident !== record.incident) return
      await this.#journal(now)
      const isOver = now.phase === 'undone' || now.phase === 'ended'
      if (isOver && (await this.#settle.table.look()).state === 'absent')
        await forgetIsolation(this.#settle.path)
    })
  }

  async #journal({ incident, at, notes }: IsolationRecord): Promise<void> {
    const { journal } = this.#parts
    // Of one incident there may have been several: a number counts within one, told by when it was begun.
    const known = new Set(
      journal.index.isolations
        .filter(({ body }) => body.incident === incident && body.detail['begun'] === at)
        .map(({ body }) => body.number),
    )
    for (const { number, event, at: happened, detail } of notes)
      if (!known.has(number))
        await journal.append(incident, {
          kind: 'isolation',
          incident,
          number,
          event,
          happened,
          detail: { ...detail, begun: at },
        })
  }
}
