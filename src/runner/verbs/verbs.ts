// Every verb of the two doors, one case each (spine §2). What a verb throws becomes an answer with a code; bugs are logged and say so.
import { backupsOf } from '../../backup/levels.ts'
import { decode } from '../../base/decode.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ExecutionId, ServiceName, TargetId } from '../../base/id.ts'
import { type Json, type JsonObject, parseCanonical } from '../../base/json.ts'
import { instant } from '../../base/time.ts'
import { type Service, serviceOf } from '../../plans/policy.ts'
import type { Stages } from '../../restore/stages.ts'
import type { Asker } from '../../restore/under-way.ts'
import { alonePause } from '../../seal/alone.ts'
import { envelope as envelopeDecoder } from '../../seal/envelope.ts'
import { reachableMark } from '../../seal/fence.ts'
import type { AdminRequest, Answers, RunnerAnswer } from '../../seal/protocol.ts'
import type { ReadAnswer, ReadRequest } from '../../seal/reads.ts'
import { prunePlan } from '../../snapshot/work-prune.ts'
import type { BackupJobs } from '../backup/jobs.ts'
import { stagedBytes } from '../code/hands.ts'
import type { CodeStages } from '../code/stages.ts'
import { commandFilesVerb } from '../command/command-files.ts'
import { Evidence } from '../evidence/evidence.ts'
import type { BreakGlass } from '../glass.ts'
import { capture } from '../isolation/capture.ts'
import type { Isolations } from '../isolation/isolations.ts'
import type { Journal } from '../journal/journal.ts'
import type { Leases } from '../lease/leases.ts'
import type { RunnerParts } from '../parts.ts'
import { prune } from '../prune.ts'
import { toolFilesVerb } from '../tool-files.ts'
import { type Executions, sortedExecutions } from './executions.ts'
import { chunkOf, readVerb } from './read.ts'
import { takeRules } from './rules.ts'
import { cleanCommands, cleanShapes } from './standard.ts'
import type { Statements } from './statements.ts'
import { reportVerb, statusVerb } from './status.ts'
import { type Trials } from './try.ts'

/** What an answer holds of copies that would go. */
const SHOWN = 500
const DAY_MS = 86_400_000

type Result = Answers[keyof Answers]

export class Verbs {
  readonly #parts: RunnerParts
  readonly #executions: Executions
  readonly #statements: Statements
  readonly #trials: Trials
  readonly #backups: BackupJobs
  readonly #stages: Stages
  readonly #code: CodeStages
  readonly #evidence: Evidence
  readonly #glass: BreakGlass
  readonly #leases: Leases
  readonly #isolations: Isolations
  #prunedAt: number | undefined
  constructor(
    parts: RunnerParts,
    executions: Executions,
    statements: Statements,
    trials: Trials,
    backups: BackupJobs,
    stages: Stages,
    isolations: Isolations,
    code: CodeStages,
    glass: BreakGlass,
    leases: Leases,
  ) {
    this.#leases = leases
    this.#parts = parts
    this.#executions = executions
    this.#statements = statements
    this.#trials = trials
    this.#backups = backups
    this.#stages = stages
    this.#code = code
    this.#evidence = new Evidence(parts)
    this.#isolations = isolations
    this.#glass = glass
  }

  async answer(request: AdminRequest): Promise<RunnerAnswer<Json>> {
    try {
      return { ok: true, result: (await this.#do(request)) as unknown as Json }
    } catch (error) {
      if (error instanceof SekishoError)
        return { ok: false, code: error.code, detail: error.detail as JsonObject }
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#parts.log('a verb broke', { verb: request.verb, message: message.slice(0, 2000) })
      return { ok: false, code: 'runner.not_available', detail: { what: request.verb, why: 'bug' } }
    }
  }

  async #do(request: AdminRequest): Promise<Result> {
    const parts = this.#parts
    const { journal } = parts
    switch (request.verb) {
      case 'read':
        return this.#read(request.what)
      case 'put':
        return this.#put(request)
      case 'try':
        return this.#trials.try(request.plan)
      case 'run':
        this.#pruneDaily()
        return this.#executions.order(request)
      case 'abort':
      case 'undo':
        await this.#executions.askToStop(request.execution, request.by)
        return { asked: true }
      case 'sign':
        return parts.signer.sign(request)
      case 'backup':
        return this.#backups.order(request.service, request.work, request.by ?? 'order', request.all)
      case 'stage':
        return this.#stage(request)
      case 'cancelStage':
        return this.#code.knows(request.stage)
          ? this.#code.cancel(request.service, request.stage, askerOf(request))
          : this.#stages.cancel(request.service, request.stage, askerOf(request))
      case 'preserve':
        return this.#evidence.preserve(request)
      case 'evidenceRaw':
        return this.#evidence.raw(request)
      case 'glassAct':
        return this.#glass.act(request)
      case 'glassList':
        return { glasses: this.#glass.list() }
      case 'leaseStart':
        return this.#leases.start(request)
      case 'leaseEnd':
        return this.#leases.end(request.service, request.by)
      case 'leases':
        return { leases: this.#leases.list() }
      case 'evidenceHold':
        return this.#evidence.hold(request)
      case 'status':
        return {
          ...(await statusVerb(parts)),
          isolation: await this.#isolations.glance(),
          leases: this.#leases.list(),
        }
      case 'report':
        return reportVerb(request.execution, request.from, parts, this.#executions)
      case 'secret': {
        const { service, key } = request
        if (!parts.policies.current.services.some(({ name }) => name === service))
          throw new SekishoError('runner.outside_inventory', { target: service })
        const put = await parts.secrets.put(service, key, Buffer.from(request.base64, 'base64'))
        await journal.append('secret', { kind: 'secret', service, key, version: put.version })
        return put
      }
      case 'secrets':
        return { keys: await parts.secrets.list(request.service) }
      case 'statement':
        return this.#statements.take(request.signed)
      case 'policy':
        return takeRules(request.by, parts)
      case 'clockAccept': {
        const mark = await parts.mark.accept()
        const at = instant(mark.at)
        await journal.append('clock', { kind: 'clock', event: 'accepted', detail: { by: request.by, at } })
        return { at }
      }
      case 'prune': {
        const { dryRun, by } = request
        const pruned = await prune(parts, dryRun)
        if (!dryRun) parts.log('old copies were taken away', { by, count: pruned.count, bytes: pruned.bytes })
        return pruned
      }
      case 'isolate':
        return this.#isolations.isolate(request)
      case 'capture':
        return capture(request, parts)
      case 'isolationKeep':
        return this.#isolations.keep(request)
      case 'isolationLook':
        return this.#isolations.facts()
      case 'fenceReset':
        return resetFence(request.target, request.by, journal)
      case 'reconcile': {
        const before = journal.index.open()
        for (const execution of before) await (await journal.execution(execution)).refresh()
        const open = journal.index.open()
        await this.#executions.goOn()
        return {
          open: sortedExecutions(open),
          settled: sortedExecutions(before.filter((one) => !open.includes(one))),
        }
      }
    }
  }

  /** Copies come with executions, so they go with them too: at most once a day. */
  #pruneDaily(): void {
    const { clock, log } = this.#parts
    const now = clock.uptime()
    if (this.#prunedAt !== undefined && now - this.#prunedAt < DAY_MS) return
    this.#prunedAt = now
    prune(this.#parts, false).then(
      ({ count, bytes }) => {
        if (count > 0) log('old copies were taken away', { count, bytes })
      },
      (error: unknown) => log('old copies were not looked through', { message: String(error) }),
    )
  }

  /** Where one person alone may approve after a pause, it begins when the envelope is here, by this runner's clock. */
  async #put(request: Extract<AdminRequest, { readonly verb: 'put' }>): Promise<Answers['put']> {
    const { objects, bundles, journal } = this.#parts
    if (request.kind === 'bundle') return bundles.put(request)
    const stored = await objects.put(request)
    const { kind, digest } = request
    if (stored && kind === 'envelope' && !journal.index.stored.has(digest) && (await this.#pauses(digest)))
      await journal.append('stored', { kind: 'stored', envelope: digest })
    return { stored }
  }

  async #pauses(digest: Digest): Promise<boolean> {
    const { objects, policies } = this.#parts
    if (policies.current.rules.alone !== undefined) return true
    const bytes = await objects.read('envelope', digest)
    const read = decode(envelopeDecoder, parseCanonical(bytes.toString('utf8')))
    return read.ok && alonePause(read.value, policies.current) !== undefined
  }

  #stage({ service, wish, over, ...by }: Extract<AdminRequest, { readonly verb: 'stage' }>) {
    const asker = askerOf(by)
    if (wish.kind === 'code') return this.#code.start(service, wish, asker)
    return this.#stages.start(service, wish, asker, over)
  }

  async #stageFacts(stage: string) {
    const facts = await this.#code.facts(stage)
    return facts.state === 'gone' ? this.#stages.facts(stage) : facts
  }

  async #read(what: ReadRequest): Promise<ReadAnswer> {
    if (what.kind === 'stage') return { kind: 'stage', facts: await this.#stageFacts(what.stage) }
    if (what.kind === 'stagedFile') {
      const record = await this.#parts.code.load(what.stage, this.#parts.journal.index)
      return { kind: 'stagedFile', ...chunkOf(await stagedBytes(record, what.digest), what.offset) }
    }
    if (what.kind === 'stages') return this.#readStages(what.service)
    if (what.kind === 'evidence' || what.kind === 'evidenceItem' || what.kind === 'evidenceCheck')
      return this.#evidence.read(what)
    if (what.kind === 'toolFiles') return toolFilesVerb(what, this.#parts)
    if (what.kind === 'commandFiles') return commandFilesVerb(what, this.#parts)
    if (what.kind === 'pruning') return this.#readPruning(what.service)
    if (what.kind === 'standard') {
      const planOf = (one: ExecutionId) => this.#executions.planOf(one)
      const { index } = this.#parts.journal
      return {
        kind: 'standard',
        shapes: await cleanShapes(what.service, index, planOf),
        commands: await cleanCommands(what.service, index, planOf),
      }
    }
    return what.kind === 'backups' ? this.#readBackups(what.service) : readVerb(what, this.#parts)
  }

  #readStages(name: ServiceName): ReadAnswer {
    const underWay = this.#code.underWay(name) ?? this.#stages.underWay(name)
    return { kind: 'stages', ...(underWay === undefined ? {} : { underWay }) }
  }

  async #readBackups(name: ServiceName): Promise<ReadAnswer> {
    return { kind: 'backups', facts: await this.#backups.facts(this.#backedUp(name).name) }
  }

  async #readPruning(name: ServiceName): Promise<ReadAnswer> {
    const known = backupsOf(name, this.#parts.journal.index.backups)
    const { blocked, verdicts } = await prunePlan(this.#backedUp(name), known, this.#parts)
    const goes = verdicts.flatMap((one) =>
      one.keep
        ? []
        : [{ backup: one.copy.backup, copy: one.copy.copy, bytes: one.copy.bytes, why: one.because.why }],
    )
    const bytes = goes.reduce((sum, one) => sum + one.bytes, 0)
    const inAll = { copies: goes.length, bytes }
    const facts = { kept: verdicts.length - goes.length, inAll, goes: goes.slice(0, SHOWN) }
    return { kind: 'pruning', facts: { ...facts, ...(blocked === undefined ? {} : { blocked }) } }
  }

  #backedUp(name: ServiceName): Service {
    const service = serviceOf(this.#parts.policies.current, name)
    if (service?.backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
    return service
  }
}

/** Only a mark that cannot have come about by counting: any other would let an old order run again. */
async function resetFence(target: TargetId, by: string, journal: Journal) {
  const was = journal.index.fences.get(target) ?? 0
  const { mark, beyond } = reachableMark(journal.index.tokensOf(target))
  if (beyond.length === 0) throw new SekishoError('runner.fence_sound', { target, mark: was })
  await journal.append('fences', {
    kind: 'runner',
    event: 'fences',
    detail: { target, was, mark, executions: beyond, by },
  })
  return { was, mark }
}

function askerOf({ by, agent }: { readonly by: string; readonly agent?: true }): Asker {
  return { by, isAgent: agent === true }
}
