// Runs inside a test host: a whole small execution (copies, baseline, arm, actions, proofs, and the undo when one is not green),
// without gate and judge. Reads its order from stdin, prints what it saw.
import { readFileSync } from 'node:fs'
import { sha256 } from '../../src/base/hash.ts'
import type { ExecutionId, ServiceName, TargetId } from '../../src/base/id.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { killAt, noKillPoint } from '../../src/base/kill-point.ts'
import { diagnose } from '../../src/host/diagnostics.ts'
import { readFileFacts } from '../../src/host/file-facts.ts'
import { readImpact } from '../../src/host/impact.ts'
import { readTarget } from '../../src/host/target.ts'
import { type Action } from '../../src/plans/actions.ts'
import { type FileChange } from '../../src/plans/file-state.ts'
import { type Plan, planDigest, type UndoStep } from '../../src/plans/plan.ts'
import type { ConfigFile, Health, Service } from '../../src/plans/policy.ts'
import { type Proof } from '../../src/plans/proofs.ts'
import { apply, probe, probeUndone, undo } from '../../src/runner/act/action.ts'
import type { ActContext } from '../../src/runner/act/context.ts'
import { keepCopies } from '../../src/runner/act/copies.ts'
import { openExecutionJournal } from '../../src/runner/journal/journal.ts'
import { openKeys } from '../../src/runner/own-key.ts'
import { perform } from '../../src/runner/perform/perform.ts'
import { realHands } from '../../src/runner/perform/real-hands.ts'
import { Wake } from '../../src/runner/perform/wake.ts'
import { copiesOf, placeOf } from '../../src/runner/place.ts'
import { proofBaseline } from '../../src/runner/prove/baseline.ts'
import type { ProofContext, Told, TrialFacts } from '../../src/runner/prove/context.ts'
import { prove } from '../../src/runner/prove/prove.ts'
import { arm, armedOf, armedPath } from '../../src/runner/revert/armed.ts'
import { wakeKeeper } from '../../src/runner/revert/keeper.ts'
import type { JournalBody } from '../../src/seal/journal.ts'
import { systemClock, systemRandom } from '../../src/sys/clock.ts'
import { privateDirectory } from '../../src/sys/files.ts'
import { makeContext, policyOf } from './acts-world.ts'

export interface HostOrder {
  readonly execution: string
  readonly files: readonly ConfigFile[]
  readonly unit?: string
  readonly health?: Health
  /** path → new text; null deletes. */
  readonly replace: Readonly<Record<string, string | null>>
  readonly then: readonly { readonly action: Action; readonly undo: readonly UndoStep[] }[]
  /** path → target of a new link. */
  readonly links?: Readonly<Record<string, string>>
  /** Undo steps of the file action, after putBack. */
  readonly undo?: readonly UndoStep[]
  readonly proof: readonly Proof[]
  readonly trial?: TrialFacts
  /** Milliseconds until the deadline; armed, and a keeper's timer set, before the first action. */
  readonly armFor?: number
  /** `applied`: ends there as a dead runner would, with everything armed. */
  readonly stopAfter?: 'applied'
  /** The runner's own loop instead of the short form here, to the end or to this kill point. */
  readonly loop?: { readonly keepSeconds: number; readonly kill?: string; readonly keepBy?: 'person' }
}

export interface HostReport {
  readonly applied: readonly { readonly result: string; readonly detail: JsonObject }[]
  readonly probed: readonly string[]
  readonly proofs: readonly {
    readonly verdict: string
    readonly facts: JsonObject
    readonly milliseconds: number
  }[]
  readonly undone?: readonly { readonly result: string; readonly detail: JsonObject }[]
  readonly undoneFound?: readonly string[]
  /** Of the loop: the journal's bodies in order. */
  readonly lines?: readonly { readonly key: string; readonly body: JournalBody }[]
}

/** Where a runner would keep its state in the host. */
export const DATA = '/var/lib/sekisho'

export async function execute(order: HostOrder): Promise<HostReport> {
  const place = placeOf(DATA)
  const execution = order.execution as ExecutionId
  const service = {
    ...(order.unit === undefined ? {} : { unit: order.unit }),
    ...(order.health === undefined ? {} : { health: order.health }),
  }
  const texts = Object.values(order.replace).flatMap((text) => text ?? [])
  const c = makeContext(copiesOf(place, execution), order.files, texts, {
    policy: policyOf(order.files, service),
    systemctl: true,
    execution,
  })
  const files: FileChange[] = []
  for (const [path, text] of Object.entries(order.replace)) {
    const { real, links, state: before } = await readFileFacts(path, c)
    const { mode, uid, gid } = before.kind === 'file' ? before : { mode: 0o644, uid: 0, gid: 0 }
    const bytes = Buffer.from(text ?? '')
    const after =
      text === null
        ? ({ kind: 'absent' } as const)
        : ({ kind: 'file', digest: sha256(bytes), size: bytes.length, mode, uid, gid } as const)
    files.push({ path, real, links, before, after })
  }
  for (const [path, target] of Object.entries(order.links ?? {}))
    files.push({
      path,
      real: path,
      links: [],
      before: { kind: 'absent' },
      after: { kind: 'link', target, uid: 0, gid: 0 },
    })
  const all = [
    ...(files.length === 0
      ? []
      : [
          {
            action: { kind: 'replaceFiles', files } as Action,
            undo: [{ kind: 'putBack' } as UndoStep, ...(order.undo ?? [])],
          },
        ]),
    ...order.then,
  ]
  const plan: Plan = {
    v: 1,
    change: execution.split('/')[0] as Plan['change'],
    revision: 1,
    host: 'h1',
    service: 'mirai' as ServiceName,
    pattern: 'config',
    playbook: 'config/1',
    targets: [] as TargetId[],
    actions: all.map((one, i) => ({ id: String(i + 1), ...one, timeoutMs: 60_000 })),
    pre: [],
    proof: order.proof,
    diagnostics: false,
    keep: { by: order.loop?.keepBy ?? 'proof', seconds: order.loop?.keepSeconds ?? 60 },
  }
  if (order.loop !== undefined) return runLoop(plan, c, order)
  const journal = await openExecutionJournal(place.journal, execution, {
    clock: systemClock,
    killPoint: noKillPoint,
  })
  const before = await proofBaseline(plan, c)
  await keepCopies(plan.actions, c)
  if (order.armFor !== undefined) {
    const deadline = { boot: c.clock.boot(), uptime: c.clock.uptime() + order.armFor }
    await arm(await armedOf(plan, deadline, false, c), place.state)
    const waking = { uptime: deadline.uptime, inMs: order.armFor, armed: armedPath(place.state, execution) }
    await wakeKeeper(execution, waking, {
      run: c.run,
      startApart: async () => {},
      systemctl: true,
      command: KEEPER,
    })
  }
  const applied: HostReport['applied'][number][] = []
  const probed: string[] = []
  const signals: Record<string, Told> = {}
  for (const { id, action, timeoutMs } of plan.actions) {
    const since = { boot: c.clock.boot(), uptime: c.clock.uptime() }
    if (action.kind === 'unit') signals[action.unit] = { uptime: since.uptime, at: c.clock.now() }
    await journal.append(`${execution}/${id}/apply/1`, { kind: 'intent', action: { id } })
    applied.push(await apply(action, c, timeoutMs))
    probed.push((await probe(action, c, since)).found)
  }
  if (order.stopAfter === 'applied') return { applied, probed, proofs: [] }
  const context: ProofContext = {
    ...c,
    plan,
    before,
    signals,
    ...(order.trial === undefined ? {} : { trial: order.trial }),
  }
  const proofs: HostReport['proofs'][number][] = []
  for (const proof of plan.proof) {
    const started = performance.now()
    const proven = await prove(proof, context, () => {})
    proofs.push({ ...proven, milliseconds: Math.round(performance.now() - started) })
    if (proven.verdict !== 'green') break
  }
  if (proofs.every((one) => one.verdict === 'green')) return { applied, probed, proofs }
  const undone: HostReport['applied'][number][] = []
  const undoneFound: string[] = []
  for (const planned of plan.actions.toReversed())
    undone.push(await undo(planned.undo, planned.action, c, planned.timeoutMs))
  for (const planned of plan.actions) undoneFound.push((await probeUndone(planned.action, c)).found)
  return { applied, probed, proofs, undone, undoneFound }
}

export const POLICY = '/etc/sekisho/runner.json'
const RUNNER = new URL('../../dist/runner.mjs', import.meta.url).pathname
const KEEPER = [process.execPath, RUNNER, 'keeper', '--data', DATA, '--policy', POLICY]

/** The runner's loop with its real hands, as if the judge had said yes. */
async function runLoop(plan: Plan, c: ActContext, order: HostOrder): Promise<HostReport> {
  const place = placeOf(DATA)
  const { execution } = c
  const { kill } = order.loop ?? {}
  const killPoint =
    kill === undefined ? noKillPoint : killAt(kill, () => process.kill(process.pid, 'SIGKILL'))
  // As a runner does at its first start: a keeper makes no keys and does not work without them.
  await privateDirectory(place.state)
  await privateDirectory(place.keys)
  await openKeys(place.keys, systemRandom)
  const chain = await openExecutionJournal(place.journal, execution, { clock: systemClock, killPoint })
  if (chain.lines.length === 0) {
    const none = { statements: [], nonces: [], fences: [], approvers: [], solo: true, demo: false }
    const digest = planDigest(plan)
    await chain.append(execution, {
      kind: 'accepted',
      change: plan.change,
      plan: digest,
      envelope: digest,
      policy: digest,
      ...none,
    })
  }
  const hands = realHands(execution, {
    plan,
    act: { ...c, killPoint },
    state: place.state,
    adminPath: order.loop?.keepBy === 'person',
    waker: { run: c.run, startApart: async () => {}, systemctl: true, command: KEEPER },
    check: async () => ({ ok: true }),
    keepText: async (bytes) => ({ digest: sha256(bytes), size: bytes.length }),
    clean: async (detail) => detail,
    trial: order.trial,
    lines: () => chain.lines,
    releaseReserve: async () => false,
  })
  await perform({ chain, hands, clock: systemClock, wake: new Wake(), stopping: () => false, log: () => {} })
  return { applied: [], probed: [], proofs: [], lines: chain.lines.map(({ key, body }) => ({ key, body })) }
}

export interface ReadOrder {
  readonly files?: readonly ConfigFile[]
  readonly target?: string
  readonly impact?: string
  readonly diagnose?: Partial<Service>
  /** Did this take effect since now? Nothing is done. */
  readonly probe?: Action
}

async function readFacts(order: ReadOrder): Promise<unknown> {
  const c = makeContext('/tmp', [], [], {
    policy: policyOf(order.files ?? [], order.diagnose ?? {}),
    systemctl: true,
  })
  if (order.target !== undefined) return readTarget(order.target as TargetId, c)
  const now = { boot: c.clock.boot(), uptime: c.clock.uptime() }
  if (order.probe !== undefined) return probe(order.probe, c, now)
  if (order.impact !== undefined) return readImpact(order.impact, c)
  const [service] = c.policy.services
  if (service === undefined) throw new Error('no service')
  const started = performance.now()
  const keep = async (bytes: Buffer) => ({ digest: sha256(bytes), size: bytes.length })
  const found = await diagnose(service, service.unit, c, keep)
  return { ...found, milliseconds: performance.now() - started }
}

if (import.meta.main) {
  const order = JSON.parse(readFileSync(0, 'utf8')) as
    | { readonly execute: HostOrder }
    | { readonly read: ReadOrder }
  const report = 'execute' in order ? await execute(order.execute) : await readFacts(order.read)
  process.stdout.write(JSON.stringify(report))
}
