// What the judge asks of the whole journal, kept up to date line by line: used nonces, fence marks, revocations, trials,
// uses of standing statements. Rebuilt from the files at every start, so it can never differ from them.
import type { BackupLine } from '../../backup/levels.ts'
import type { Digest } from '../../base/hash.ts'
import { type ExecutionId, isExecutionId, isTargetId, type TargetId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import { type Instant, milliseconds } from '../../base/time.ts'
import type { EvidenceLine } from '../../evidence/events.ts'
import type { Fenced } from '../../seal/fence.ts'
import { evidenceDigest, type JournalBody, type JournalLine, type StandingUse } from '../../seal/journal.ts'

export type Body<K extends JournalBody['kind']> = Extract<JournalBody, { readonly kind: K }>

export type IsolationLine = JournalLine & { readonly body: Body<'isolation'> }

export interface Use {
  readonly execution: ExecutionId
  readonly at: Instant
  readonly statements: readonly Digest[]
  readonly standing?: StandingUse
}

export class JournalIndex {
  readonly nonces = new Set<string>()
  readonly fences = new Map<TargetId, number>()
  readonly #dropped = new Map<TargetId, Set<string>>()
  readonly revoked = new Set<Digest>()
  /** Envelopes that one person alone may approve after a pause: when each came here first, and which somebody has rejected. */
  readonly stored = new Map<Digest, Instant>()
  readonly rejected = new Set<Digest>()
  /** By evidence digest. */
  readonly trials = new Map<Digest, Body<'trial'>>()
  /** Fingerprints that this runner has read, by target and digest: until when they are fresh. */
  readonly reads = new Map<string, Instant>()
  readonly uses: Use[] = []
  readonly accepted = new Map<ExecutionId, Body<'accepted'>>()
  readonly closed = new Map<ExecutionId, Body<'closed'>>()
  readonly closedAt = new Map<ExecutionId, Instant>()
  /** Executions in which the procedure itself misbehaved: a red proof, an uncertain or failed undo, a command that failed under a standing statement. */
  readonly misbehaved = new Set<ExecutionId>()
  /** Standing statements under which an order was refused because a target had moved. */
  readonly voided = new Set<Digest>()
  /** Blobs that diagnostics lines name. */
  readonly diagnostics = new Set<Digest>()
  /** What was laid out for restores, by stage. */
  readonly stages = new Map<string, Body<'staged'>>()
  /** What became of the commits of kept changes of code, by execution. */
  readonly code = new Map<string, Body<'code'>>()
  /** What was done and found of backups, in order: the catalog is folded from these. */
  readonly backups: BackupLine[] = []
  /** What was done by break-glass, and what was reviewed. */
  readonly glass: { readonly at: Instant; readonly body: Body<'glass'> }[] = []
  /** What was sealed of incidents, and who held it. */
  readonly evidence: EvidenceLine[] = []
  /** What became of isolations, in order. */
  readonly isolations: IsolationLine[] = []
  checkpoint: Body<'checkpoint'> | undefined
  /** The last fork that a person accepted. */
  fork: Body<'statement'> | undefined

  take(line: JournalLine): void {
    const { body } = line
    const execution = executionOfKey(line.key)
    switch (body.kind) {
      case 'accepted':
        for (const nonce of body.nonces) this.nonces.add(nonce)
        if (execution !== undefined) {
          this.accepted.set(execution, body)
          for (const { target, token } of body.fences) this.#raise(target, token, execution)
          const { statements, standing } = body
          this.uses.push({
            execution,
            at: line.at,
            statements,
            ...(standing === undefined ? {} : { standing }),
          })
        }
        return
      case 'closed':
        if (execution !== undefined) {
          this.closed.set(execution, body)
          this.closedAt.set(execution, line.at)
        }
        return
      case 'outcome':
        // A command says by its exit code how its own procedure went; a service that does not start says how the service is.
        if (
          execution !== undefined &&
          body.result === 'failed' &&
          this.accepted.get(execution)?.standing?.verb === 'command'
        )
          this.misbehaved.add(execution)
        return
      case 'parked':
        if (execution !== undefined) this.misbehaved.add(execution)
        return
      case 'proof':
        if (execution !== undefined && body.verdict === 'red') this.misbehaved.add(execution)
        return
      case 'statement':
        this.nonces.add(body.nonce)
        if (body.type === 'revoke') this.revoked.add(body.effect as Digest)
        if (body.type === 'reject') this.rejected.add(body.effect as Digest)
        if (body.type === 'acceptFork') this.fork = body
        return
      case 'trial':
        this.trials.set(evidenceDigest(body), body)
        return
      case 'read':
        this.reads.set(`${body.target} ${body.digest}`, body.expires)
        return
      case 'stored':
        if (!this.stored.has(body.envelope)) this.stored.set(body.envelope, line.at)
        return
      case 'checkpoint':
        this.checkpoint = body
        return
      case 'diagnostics':
        for (const { digest } of body.items) this.diagnostics.add(digest)
        return
      case 'staged':
        this.stages.set(body.stage, body)
        return
      case 'isolation':
        this.isolations.push(line as IsolationLine)
        return
      case 'code':
        this.code.set(body.execution, body)
        return
      case 'backup':
        this.backups.push({ at: line.at, body })
        return
      case 'glass':
        this.glass.push({ at: line.at, body })
        if (body.event === 'intent') for (const { digest } of body.snapshot) this.diagnostics.add(digest)
        return
      case 'evidence':
        this.evidence.push({ at: line.at, body })
        return
      case 'refused':
        if (body.standing !== undefined) this.voided.add(body.standing)
        return
      case 'lease':
      case 'secret':
      case 'before':
      case 'copies':
      case 'armed':
      case 'intent':
      case 'probed':
      case 'continued':
      case 'awaitingKeep':
      case 'claim':
      case 'stopAsked':
      case 'policy':
      case 'clock':
        return
      case 'runner':
        if (body.event === 'fences') this.#resetFence(body.detail)
        return
    }
  }

  /** The tokens of a target that count, by execution. */
  tokensOf(target: TargetId): readonly Fenced[] {
    const dropped = this.#dropped.get(target)
    return [...this.accepted].flatMap(([execution, { fences }]) =>
      fences
        .filter((fence) => fence.target === target && dropped?.has(execution) !== true)
        .map(({ token }) => ({ execution, token })),
    )
  }

  /** INVARIANT I4: an accepted order only raises the mark. */
  #raise(target: TargetId, token: number, execution: ExecutionId): void {
    if (this.#dropped.get(target)?.has(execution) === true) return
    this.fences.set(target, Math.max(this.fences.get(target) ?? token, token))
  }

  /** Which executions no longer count for a target. Told by name: the lines of executions are read after this one at a start. */
  #resetFence({ target, executions }: JsonObject): void {
    if (!isTargetId(target) || !Array.isArray(executions)) return
    const dropped = this.#dropped.get(target) ?? new Set<string>()
    for (const execution of executions) if (typeof execution === 'string') dropped.add(execution)
    this.#dropped.set(target, dropped)
    const tokens = this.tokensOf(target).map(({ token }) => token)
    if (tokens.length === 0) this.fences.delete(target)
    else this.fences.set(target, Math.max(...tokens))
  }

  /** Executions accepted and not closed, in the order of acceptance. */
  open(): readonly ExecutionId[] {
    return [...this.accepted.keys()].filter((one) => !this.closed.has(one))
  }

  /** Which open execution holds this target? */
  holder(target: TargetId): ExecutionId | undefined {
    return this.open().find((one) => this.accepted.get(one)?.fences.some((fence) => fence.target === target))
  }

  /** Starts under this statement (or under any of these) since an instant. */
  usesSince(since: Instant, counts: (use: Use) => boolean): number {
    return this.uses.filter((use) => milliseconds(use.at) >= milliseconds(since) && counts(use)).length
  }
}

/** `CHG-2026-0001/1` of `CHG-2026-0001/1/2/apply/1`. */
export function executionOfKey(key: string): ExecutionId | undefined {
  const found = key.split('/').slice(0, 2).join('/')
  return isExecutionId(found) ? found : undefined
}
