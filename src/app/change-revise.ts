// The next revision of a change: fields that are not given are kept, facts are read again, decisions and seal end.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { ChangeId } from '../base/id.ts'
import { type Change, killDecisions, next, type Wishes } from '../change/change.ts'
import { loadChange, type StoredChange } from '../change/store.ts'
import type { Revision } from '../contract/change.ts'
import type { Actor } from '../identity/actor.ts'
import { isCodeStaged } from '../plans/code.ts'
import { agentOf } from '../plans/policy.ts'
import { allow, declaredService, nameOf, subjectOf } from './authorize.ts'
import { content, createdPayload, keepBefore, plannedParts, recordPlan } from './change-create.ts'
import { texts, textsOf } from './change-texts.ts'
import { filesGoingForward } from './code-sides.ts'
import { act, type Gate } from './gate.ts'
import { must } from './must.ts'
import { requireOneConcern } from './one-concern.ts'
import { type Contents, gather, makePlan, wishesOf } from './plan-change.ts'
import { filesHandedIn, refuseAcceptance } from './plan-migration.ts'
import { countProposal } from './proposals.ts'
import { requireToTakeBack } from './run-back.ts'

/** Makes the next revision: fields that are not given are kept, facts are read again, decisions and seal end. */
export async function reviseChange(
  gate: Gate,
  actor: Actor,
  id: ChangeId,
  input: Revision,
): Promise<StoredChange> {
  const before = (await loadChange(gate.db, id)).change
  const policy = allow(gate, actor, 'change.revise', subjectOf(before))
  const service = declaredService(policy, before.service)
  const by = nameOf(actor)
  if (by === 'system') throw new SekishoError('timer.never', { timer: by, operation: 'change.revise' })
  refuseAcceptance(actor, filesHandedIn(input))
  // What is taken back is fixed, and a restore is laid out by a change of its own.
  if (input.stage !== undefined && (before.pattern !== 'code' || before.takesBack !== undefined))
    throw new SekishoError('input.invalid', { field: 'stage', why: before.pattern })
  if (input.command !== undefined && before.takesBack !== undefined)
    throw new SekishoError('input.invalid', { field: 'command', why: before.takesBack })
  if (input.request !== undefined && before.takesBack !== undefined)
    throw new SekishoError('input.invalid', { field: 'request', why: before.takesBack })
  if (before.takesBack !== undefined && (before.wishes.command ?? before.wishes.request) !== undefined)
    await requireToTakeBack(gate.db, before.takesBack)
  const given = wishesOf(input, service)
  const wishes: Wishes = {
    ...before.wishes,
    ...(input.files === undefined ? {} : { files: given.wishes.files }),
    ...(input.env === undefined ? {} : { env: given.wishes.env }),
    ...(given.wishes.migration === undefined ? {} : { migration: given.wishes.migration }),
    ...(given.wishes.request === undefined ? {} : { request: given.wishes.request }),
    ...(given.wishes.command === undefined ? {} : { command: given.wishes.command }),
    ...(input.stage === undefined ? {} : { stage: input.stage }),
    ...(input.keep === undefined ? {} : { keep: input.keep }),
    ...(given.wishes.window === undefined ? {} : { window: given.wishes.window }),
  }
  const gathered = await gather(gate, service, wishes)
  const { staged } = gathered
  if (input.stage !== undefined) {
    if (staged === undefined || !isCodeStaged(staged) || staged.takesBack !== undefined)
      throw new SekishoError('restore.stage_gone', { stage: input.stage })
    refuseAcceptance(actor, filesGoingForward(staged, gathered.migrations ?? new Map()))
  }
  const fresh = new Map([...given.contents, ...(gathered.migrations ?? [])])
  const contents = new Map([...(await keptContents(gate, wishes, given.contents)), ...fresh])
  const edited =
    input.stage !== undefined ||
    input.files !== undefined ||
    input.env !== undefined ||
    input.migration !== undefined ||
    input.request !== undefined ||
    input.command !== undefined ||
    input.keep !== undefined
  return act(gate, by, async (step) => {
    const stored = await loadChange(step.tx, id)
    const change = stored.change
    // The kept fields come from the revision that was read. On top of another revision they would drop somebody's edit unseen.
    if (change.revision !== before.revision)
      throw new SekishoError('store.busy', { why: `${id} was revised meanwhile` })
    await countProposal(step, actor, given.contents.values())
    const { state } = must(next(change.state, 'revise'), id)
    const revision = change.revision + 1
    const planned = must(
      makePlan(
        policy,
        service,
        { id, revision, pattern: change.pattern, wishes, texts: textsOf(change, input) },
        gathered,
        contents,
      ),
    )
    const {
      envelope: _envelope,
      envelopeDigest: _digest,
      standing: _standing,
      // It was signed over the plan that was.
      authored: _authored,
      ...kept
    } = change
    const explanation = input.impact !== undefined && input.risk !== undefined ? texts(input) : {}
    const { sponsor: _sponsor, ...withoutSponsor } = kept
    // Who edits last is an author. Who only explains or decides about the notification is not an editor.
    const authored = edited
      ? {
          ...withoutSponsor,
          author: by,
          // An editor stays an editor: an edit cannot be handed to somebody else and then approved by its maker.
          editors: [...new Set([...(change.editors ?? [change.author]), by])],
          ...(actor.kind === 'agent' ? { sponsor: actor.sponsor } : {}),
        }
      : kept
    const revised: Change = {
      ...authored,
      revision,
      state,
      ...(input.summary === undefined ? {} : { summary: input.summary }),
      ...(input.reason === undefined ? {} : { reason: input.reason }),
      ...explanation,
      ...(input.notification === undefined ? {} : { notification: input.notification }),
      wishes,
      ...plannedParts(planned),
      checks: [],
      waivers: [],
      decisions: killDecisions(change.decisions),
      moved: [],
    }
    requireOneConcern(policy, service, revised)
    for (const bytes of fresh.values()) await step.blob('content', bytes)
    await keepBefore(step, gathered)
    const saved = await step.save(stored, revised)
    await step.record('change.revised', id, { from: change.revision, to: revision, author: revised.author })
    const model = agentOf(policy, revised.author)?.model
    await step.record('change.created', id, createdPayload(revised, model), [
      change.instruction.digest,
      ...fresh.keys(),
    ])
    await recordPlan(step, revised)
    return saved
  })
}

/** Bytes of earlier inputs that are kept. */
async function keptContents(gate: Gate, wishes: Wishes, given: Contents): Promise<Map<Digest, Uint8Array>> {
  const kept = new Map<Digest, Uint8Array>()
  for (const file of wishes.files)
    if (file.kind === 'write' && !given.has(file.digest))
      kept.set(file.digest, await content(gate, file.digest))
  for (const file of [wishes.migration?.up, wishes.migration?.down])
    if (file !== undefined && !given.has(file.digest)) kept.set(file.digest, await content(gate, file.digest))
  return kept
}
