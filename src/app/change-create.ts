// Creates a change: stores the words as they were given, makes the plan from facts read now, and writes one ledger entry each.

import { SekishoError } from '../base/error.ts'
import { isDigest, sha256 } from '../base/hash.ts'
import { type ActorId, type ChangeId, isActorId } from '../base/id.ts'
import { canonical, type JsonObject } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import { type Change, type FileOwner, type Instruction, type Wishes } from '../change/change.ts'
import { nextChangeId, type StoredChange } from '../change/store.ts'
import type { NewChange } from '../contract/change.ts'
import type { Actor } from '../identity/actor.ts'
import { isCodeStaged } from '../plans/code.ts'
import { PATTERNS } from '../plans/patterns.ts'
import { planDigest } from '../plans/plan.ts'
import { agentOf, type CompiledPolicy, personOf, type Service } from '../plans/policy.ts'
import { getBlob } from '../record/store.ts'
import { allow, declaredService, nameOf } from './authorize.ts'
import { texts } from './change-texts.ts'
import { filesGoingForward } from './code-sides.ts'
import { type Act, act, type Gate, now, plain } from './gate.ts'
import { requireReviewed } from './joined-glass.ts'
import { must } from './must.ts'
import { requireOneConcern } from './one-concern.ts'
import { type Contents, type Gathered, gather, makePlan, type Planned, wishesOf } from './plan-change.ts'
import { filesHandedIn, refuseAcceptance } from './plan-migration.ts'
import { countProposal } from './proposals.ts'

/** Fields that only a rollback has. */
export interface TakesBack {
  /** The change whose effect this one undoes. */
  readonly change: ChangeId
  /** Digests of the files that it left, by path. */
  readonly left?: Readonly<Record<string, string>>
  /** A command was run, or a call sent: its way back is run now. Absent where the way back itself is taken back. */
  readonly turned?: true
  /** Owner and mode of the files that are put back, by path. */
  readonly owners: ReadonlyMap<string, FileOwner>
}

export async function createChange(
  gate: Gate,
  actor: Actor,
  input: NewChange,
  takesBack?: TakesBack,
): Promise<StoredChange> {
  const service = declaredService(gate.policy(), input.service)
  const policy = allow(gate, actor, 'change.create', { kind: 'service', service: service.name })
  checkPattern(input)
  const by = nameOf(actor)
  if (by === 'system') throw new SekishoError('timer.never', { timer: by, operation: 'change.create' })
  const instruction = instructionOf(policy, actor, by, input, now(gate))
  await requireReviewed(gate, [by, instruction.by])
  if (takesBack === undefined) refuseAcceptance(actor, filesHandedIn(input))
  const { wishes: wished, contents: given } = wishesOf(input, service)
  const asked = asTheyWere(wished, takesBack)
  const gathered = await gather(gate, service, asked)
  const contents = new Map([...given, ...(gathered.migrations ?? [])])
  const { staged: stage } = gathered
  const code = stage !== undefined && isCodeStaged(stage)
  if (code) refuseAcceptance(actor, filesGoingForward(stage, gathered.migrations ?? new Map()))
  const staged = stage === undefined || isCodeStaged(stage) ? undefined : stage.wish
  const laidFor = code ? stage.takesBack : staged?.kind === 'rollback' ? staged.change : undefined
  const wishes: Wishes =
    staged === undefined || staged.kind === 'rollback' ? asked : { ...asked, restore: staged }
  // A stage of another change, or one made from a backup, cannot take this change back.
  if (stage !== undefined && takesBack !== undefined && laidFor !== takesBack.change)
    throw new SekishoError('restore.stage_gone', { stage: wishes.stage ?? '' })
  const undone = laidFor ?? takesBack?.change
  return act(gate, by, (step) =>
    insert(step, policy, service, actor, {
      by,
      input,
      instruction,
      wishes,
      contents,
      gathered,
      ...(undone === undefined ? {} : { takesBack: undone }),
      ...(takesBack?.left === undefined ? {} : { leftThen: takesBack.left }),
    }),
  )
}

function asTheyWere(wishes: Wishes, takesBack: TakesBack | undefined): Wishes {
  const files = wishes.files.map((one) => {
    const as = one.kind === 'write' ? takesBack?.owners.get(one.path) : undefined
    return as === undefined ? one : { ...one, as }
  })
  const { migration, command, request } = wishes
  if (takesBack?.turned === true && command !== undefined)
    return { ...wishes, files, command: { ...command, turned: true } }
  if (takesBack?.turned === true && request !== undefined)
    return { ...wishes, files, request: { ...request, turned: true } }
  if (takesBack === undefined || migration?.up === undefined) return { ...wishes, files }
  return { ...wishes, files, migration: { ...migration, back: true } }
}

interface Draft {
  readonly by: ActorId
  readonly input: NewChange
  readonly instruction: Instruction
  readonly wishes: Wishes
  readonly contents: Contents
  readonly gathered: Gathered
  readonly takesBack?: ChangeId
  readonly leftThen?: Readonly<Record<string, string>>
}

/** The plan is made in the transaction that gives the number, because the number is part of the plan. */
export async function insert(
  step: Act,
  policy: CompiledPolicy,
  service: Service,
  actor: Actor,
  draft: Draft,
): Promise<StoredChange> {
  const { input, instruction, wishes, contents } = draft
  await countProposal(step, actor, contents.values())
  const id = await nextChangeId(step.tx, Number(step.at.slice(0, 4)))
  const of = {
    id,
    revision: 1,
    pattern: input.pattern,
    wishes,
    texts: { ...texts(input), instruction: instruction.text },
  }
  const planned = must(makePlan(policy, service, of, draft.gathered, contents))
  const change: Change = {
    id,
    revision: 1,
    state: 'planned',
    pattern: input.pattern,
    service: service.name,
    host: service.host,
    createdAt: step.at,
    instruction,
    requester: draft.by,
    author: draft.by,
    editors: [draft.by],
    ...(actor.kind === 'agent' ? { sponsor: actor.sponsor } : {}),
    ...texts(input),
    ...notificationOf(policy, input),
    wishes,
    ...plannedParts(planned),
    checks: [],
    waivers: [],
    decisions: [],
    moved: [],
    executions: [],
    ...(draft.takesBack === undefined ? {} : { takesBack: draft.takesBack }),
    ...(draft.leftThen === undefined ? {} : { leftThen: draft.leftThen }),
  }
  requireOneConcern(policy, service, change)
  await step.blob('instruction', instruction.text)
  for (const bytes of contents.values()) await step.blob('content', bytes)
  await keepBefore(step, draft.gathered)
  const stored = await step.insert(change)
  const model = agentOf(policy, draft.by)?.model
  await step.record('change.created', id, createdPayload(change, model), [
    instruction.digest,
    ...contents.keys(),
  ])
  await recordPlan(step, change)
  return stored
}

/** Bytes that a later rollback puts back, and those that only the difference shows. Bytes of secret files are never read. */
export async function keepBefore(step: Act, gathered: Gathered): Promise<void> {
  for (const bytes of gathered.before.values()) await step.blob('before', bytes)
  for (const { texts: all } of [gathered.schema, gathered.command].filter((one) => one !== undefined))
    for (const bytes of all?.values() ?? []) await step.blob('content', bytes)
}

function checkPattern(input: NewChange): void {
  const { wish } = PATTERNS[input.pattern]
  const isService = wish === 'verb'
  const wants = (input.files ?? []).length > 0 || input.env !== undefined
  if ((input.stage !== undefined) !== (wish === 'stage'))
    throw new SekishoError('input.invalid', { field: 'stage', why: input.pattern })
  if ((input.migration !== undefined) !== (wish === 'migration'))
    throw new SekishoError('input.invalid', { field: 'migration', why: input.pattern })
  if ((input.request !== undefined) !== (wish === 'request'))
    throw new SekishoError('input.invalid', { field: 'request', why: input.pattern })
  if ((input.command !== undefined) !== (wish === 'command'))
    throw new SekishoError('input.invalid', { field: 'command', why: input.pattern })
  if (wish === 'migration' || wish === 'request' || wish === 'command') {
    if (wants || input.verb !== undefined || input.keep !== undefined)
      throw new SekishoError('input.invalid', { field: 'files, env, verb, keep', why: input.pattern })
    return
  }
  if (wish === 'stage') {
    // With code the files of its site may change; which these are the plan says.
    const isMore = input.pattern === 'code' ? input.env !== undefined : wants
    if (isMore || input.verb !== undefined || input.keep !== undefined)
      throw new SekishoError('input.invalid', { field: 'files, env, verb, keep', why: input.pattern })
    return
  }
  if ((input.incident !== undefined) !== (wish === 'incident'))
    throw new SekishoError('input.invalid', { field: 'incident', why: input.pattern })
  if (wish === 'incident') {
    if (wants || input.verb !== undefined || input.keep !== undefined)
      throw new SekishoError('input.invalid', { field: 'files, env, verb, keep', why: input.pattern })
    return
  }
  if (isService && input.verb === undefined)
    throw new SekishoError('input.invalid', { field: 'verb', why: 'start, stop, restart, reload' })
  if (isService === wants)
    throw new SekishoError('input.invalid', { field: isService ? 'files' : 'files, env', why: input.pattern })
  if (!isService && input.verb !== undefined)
    throw new SekishoError('input.invalid', { field: 'verb', why: input.pattern })
}

/** A person's own words are *captured*. What an agent or somebody else reports of a person is *quoted*. */
function instructionOf(
  policy: CompiledPolicy,
  actor: Actor,
  by: ActorId,
  input: NewChange,
  at: Instant,
): Instruction {
  const { text } = input.instruction
  const named = input.instruction.by ?? (actor.kind === 'agent' ? actor.sponsor : by)
  if (!isActorId(named) || personOf(policy, named) === undefined)
    throw new SekishoError('instruction.unknown_person', { person: named })
  return {
    text,
    by: named,
    channel: input.instruction.channel ?? (actor.kind === 'agent' ? by : 'api'),
    mode: actor.kind === 'person' && named === by ? 'captured' : 'quoted',
    at,
    digest: sha256(text),
  }
}

function notificationOf(policy: CompiledPolicy, input: Pick<NewChange, 'notification' | 'pattern'>) {
  if (input.notification !== undefined) return { notification: input.notification }
  const { notification } = PATTERNS[input.pattern]
  const rule = notification === undefined ? 'ask' : policy.rules.notification[notification]
  return rule === 'ask' ? {} : { notification: rule }
}

export function plannedParts(planned: Planned) {
  return {
    plan: planned.plan,
    planDigest: planDigest(planned.plan),
    diff: planned.diff,
    diffDigest: sha256(planned.diff),
    impact: planned.impact,
  }
}

export function createdPayload(change: Change, model: string | undefined): JsonObject {
  const { instruction } = change
  return plain({
    revision: change.revision,
    pattern: change.pattern,
    service: change.service,
    host: change.host,
    instruction: {
      digest: instruction.digest,
      by: instruction.by,
      channel: instruction.channel,
      mode: instruction.mode,
      at: instruction.at,
    },
    requester: change.requester,
    author: change.author,
    ...(change.sponsor === undefined ? {} : { sponsor: change.sponsor }),
    ...(model === undefined ? {} : { model }),
    ...(change.summary === undefined ? {} : { summary: change.summary }),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    ...(change.explanation === undefined ? {} : { explanation: change.explanation }),
    ...(change.notification === undefined ? {} : { notification: change.notification }),
    ...(change.takesBack === undefined ? {} : { takesBack: change.takesBack }),
  })
}

export async function recordPlan(step: Act, change: Change): Promise<void> {
  const { plan, planDigest: digest, diff, impact } = change
  if (plan === undefined || digest === undefined) return
  const planBlob = await step.blob('plan', canonical(plain(plan)))
  const diffBlob = await step.blob('diff', diff)
  await step.record(
    'change.planned',
    change.id,
    plain({ revision: change.revision, plan: digest, planBlob, diff: diffBlob, impact }),
    [planBlob, diffBlob],
  )
}

/** Reads new bytes of a change from the blobs. Throws `ledger.blob_missing`. */
export async function content(gate: Gate, digest: string): Promise<Uint8Array> {
  const blob = isDigest(digest) ? await getBlob(gate.db, digest) : undefined
  if (blob?.state !== 'present') throw new SekishoError('ledger.blob_missing', { digest })
  return blob.bytes
}
