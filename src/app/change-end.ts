// Withdraws a change before it ran, aborts one that runs, and rolls back one that has ended.

import { SekishoError } from '../base/error.ts'
import type { ActorId, ChangeId, ExecutionId } from '../base/id.ts'
import { type Change, type FileOwner, next, type Wishes } from '../change/change.ts'
import { envBacks, envOptions } from '../change/env-back.ts'
import { loadChange, type StoredChange } from '../change/store.ts'
import type { EnvWish, FileWish, NewChange, RollbackWish } from '../contract/change.ts'
import type { MigrationWish } from '../contract/migration.ts'
import type { Actor } from '../identity/actor.ts'
import type { SqlFile } from '../plans/actions/migrate.ts'
import type { WishedRequest } from '../plans/actions/request.ts'
import { PATTERNS } from '../plans/patterns.ts'
import { replacedFiles } from '../plans/plan.ts'
import { getBlob } from '../record/store.ts'
import { endExecution } from '../run/store.ts'
import { allow, nameOf, subjectOf } from './authorize.ts'
import { createChange } from './change-create.ts'
import { act, type Gate } from './gate.ts'
import { must } from './must.ts'
import { requireToTakeBack } from './run-back.ts'
import { assertEnded } from './stage.ts'
import { openExecution } from './statement.ts'

export async function withdrawChange(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  const { change } = await loadChange(gate.db, id)
  allow(gate, actor, 'change.withdraw', subjectOf(change))
  return act(gate, nameOf(actor), async (step) => {
    const stored = await loadChange(step.tx, id)
    const { state } = must(next(stored.change.state, 'withdraw'), id)
    await step.record('change.withdrawn', id, { revision: stored.change.revision })
    return step.save(stored, { ...stored.change, state })
  })
}

/**
 * The runner stops between two actions and undoes. An execution that the runner lost cannot be undone: the person ends it, its targets are
 * free again, and the change stays failed until a later change of the service is kept.
 */
export async function abortChange(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  const stored = await loadChange(gate.db, id)
  allow(gate, actor, 'change.abort', subjectOf(stored.change))
  const execution = openExecution(stored.change)
  const by = nameOf(actor)
  if (stored.change.state === 'lost' && (await isLost(gate, execution)))
    return giveUp(gate, by, id, execution)
  await gate.runner.ask('abort', { execution, by })
  return act(gate, by, async (step) => {
    await step.record('execution.abort_asked', id, { execution })
    await step.tell({ change: id, kind: 'execution.abort_asked', values: { execution } })
    return loadChange(step.tx, id)
  })
}

const isLost = async (gate: Gate, execution: ExecutionId) =>
  (await gate.runner.ask('report', { execution, from: 0 })).state.state === 'unknown'

function giveUp(
  gate: Gate,
  by: ActorId | 'system',
  id: ChangeId,
  execution: ExecutionId,
): Promise<StoredChange> {
  return act(gate, by, async (step) => {
    const because = { code: 'execution.lost', detail: { change: id, execution, by } }
    await endExecution(step.tx, execution, { outcome: 'failed', because })
    await step.record('execution.given_up', id, { execution })
    await step.tell({ change: id, kind: 'execution.given_up', values: { execution } })
    return loadChange(step.tx, id)
  })
}

/**
 * Opens a new change whose plan puts back what was there before. It passes every step like any other change.
 * Bytes come from the old side of the difference, which the gate read when the first change was planned. For a restore no bytes pass through
 * the gate: the runner kept the original and exchanges it again.
 */
export async function rollbackChange(
  gate: Gate,
  actor: Actor,
  id: ChangeId,
  wish: RollbackWish,
): Promise<StoredChange> {
  const { change } = await loadChange(gate.db, id)
  allow(gate, actor, 'change.rollback', subjectOf(change))
  assertEnded(change)
  const { migration, command, request } = change.wishes
  const run = command ?? request
  if (migration !== undefined || run !== undefined) await requireToTakeBack(gate.db, id)
  if ((wish.stage !== undefined) !== (PATTERNS[change.pattern].wish === 'stage'))
    throw new SekishoError('input.invalid', { field: 'stage', why: change.pattern })
  const [impact, risk] = [wish.impact ?? change.explanation?.impact, wish.risk ?? change.explanation?.risk]
  const input: NewChange = {
    pattern: change.pattern,
    service: change.service,
    instruction: instructionFor(actor, id, wish),
    ...(wish.stage === undefined
      ? await restoring(gate, change)
      : { stage: wish.stage, ...(await withSite(gate, change)) }),
    ...(impact === undefined || risk === undefined ? {} : { impact, risk }),
    ...notificationOf(change, wish),
  }
  return createChange(gate, actor, input, {
    change: id,
    ...(run === undefined || run.turned === true ? {} : { turned: true }),
    owners: ownersOf(change),
    left: leftBy(change),
  })
}

/** Where no rule of the policy answers, users are told of a way back: that waits for nobody. */
function notificationOf(
  { pattern, wishes, notification: decided }: Change,
  { notification }: RollbackWish,
): Pick<NewChange, 'notification'> {
  if (notification !== undefined) return { notification }
  // Of a schema the decision of the change that brought it holds.
  if (wishes.migration !== undefined && decided !== undefined) return { notification: decided }
  return PATTERNS[pattern].notification === undefined ? { notification: 'needed' } : {}
}

/** A plain file gets its former owner and a mode that gives no more rights than before. */
function ownersOf({ plan }: Change): ReadonlyMap<string, FileOwner> {
  const files = replacedFiles(plan)
  return new Map(
    files.flatMap(({ path, before }) => {
      if (before.kind !== 'file') return []
      const { mode, uid, gid } = before
      return [[path, { mode, uid, gid }] as const]
    }),
  )
}

/** Digests of what the change wrote, by path: the rollback shows what else was changed since. */
function leftBy({ plan }: Change): Readonly<Record<string, string>> {
  const files = replacedFiles(plan)
  return Object.fromEntries(
    files.flatMap(({ path, after }) => (after.kind === 'file' ? [[path, after.digest]] : [])),
  )
}

/** A person's own command counts as an instruction. An agent has to quote one. */
function instructionFor(actor: Actor, id: ChangeId, wish: RollbackWish): NewChange['instruction'] {
  if (wish.instruction !== undefined) return wish.instruction
  if (actor.kind !== 'person') throw new SekishoError('input.invalid', { field: 'instruction', why: 'agent' })
  return { text: `sekisho change rollback ${id}`, channel: 'command' }
}

/** Files of the site that were changed together with code go back with it. */
async function withSite(gate: Gate, change: Change): Promise<Pick<NewChange, 'files'>> {
  if (change.pattern !== 'code' || change.wishes.files.length === 0) return {}
  const { files = [] } = await restoring(gate, change)
  return { files }
}

async function restoring(
  gate: Gate,
  change: Change,
): Promise<Pick<NewChange, 'files' | 'env' | 'verb' | 'migration' | 'command' | 'request'>> {
  if (PATTERNS[change.pattern].wish === 'verb') {
    const verb = OPPOSITE[change.wishes.verb ?? 'restart']
    if (verb === undefined) throw new SekishoError('change.nothing_to_restore', { change: change.id })
    return { verb }
  }
  if (change.wishes.migration !== undefined) return { migration: await turnedMigration(gate, change) }
  const { command, request } = change.wishes
  if (command !== undefined) return { command: { name: command.name } }
  if (request !== undefined) return { request: sentAgain(request) }
  if (PATTERNS[change.pattern].wish === 'incident')
    throw new SekishoError('change.nothing_to_restore', { change: change.id })
  const files: FileWish[] = []
  let env: EnvWish | undefined
  for (const { action } of change.plan?.actions ?? []) {
    if (action.kind === 'editEnv') env = withoutAdded(change, action.path)
    if (action.kind !== 'replaceFiles') continue
    for (const { path, before } of action.files) {
      if (before.kind === 'absent') files.push({ kind: 'delete', path })
      else if (before.kind === 'link') files.push({ kind: 'link', path, target: before.target })
      else if (before.kind === 'file') {
        const blob = await getBlob(gate.db, before.digest)
        if (blob?.state !== 'present')
          throw new SekishoError('ledger.blob_missing', { digest: before.digest })
        files.push({ kind: 'write', path, base64: Buffer.from(blob.bytes).toString('base64') })
      }
    }
  }
  return { files, ...(env === undefined ? {} : { env }) }
}

/** Variables that the change added are removed. Throws rollback.env_by_hand where an earlier value would have to be known. */
function withoutAdded({ id, service, diff }: Change, path: string): EnvWish {
  const back = envBacks(diff ?? '').find((one) => one.path === path)
  if (back === undefined || back.valued.length > 0)
    throw new SekishoError('rollback.env_by_hand', {
      change: id,
      service,
      path,
      options: back === undefined ? `--env ${path} --set KEY=VALUE` : envOptions(back),
    })
  return { path, set: [], secret: [], unset: [...back.added] }
}

/** The same call: which of its two ways is sent stands beside it. */
function sentAgain({ call, params, body, inverseBody }: WishedRequest): NonNullable<NewChange['request']> {
  return {
    call,
    params,
    ...(body === undefined ? {} : { body }),
    ...(inverseBody === undefined ? {} : { inverseBody }),
  }
}

/** What took it back when it was rehearsed goes up, and what went up takes that back. */
async function turnedMigration(gate: Gate, change: Change): Promise<MigrationWish> {
  const { migration } = change.wishes
  if (migration?.tool !== undefined)
    return { database: migration.database, tool: migration.tool === 'up' ? 'down' : 'up' }
  if (migration?.up === undefined || migration.down === undefined)
    throw new SekishoError('change.nothing_to_restore', { change: change.id })
  const { database, up, down } = migration
  const fileOf = async ({ name, digest }: SqlFile) => {
    const blob = await getBlob(gate.db, digest)
    if (blob?.state !== 'present') throw new SekishoError('ledger.blob_missing', { digest })
    return { name, base64: Buffer.from(blob.bytes).toString('base64') }
  }
  return { database, up: await fileOf(down), down: await fileOf(up) }
}

const OPPOSITE: Readonly<Record<NonNullable<Wishes['verb']>, 'start' | 'stop' | undefined>> = {
  start: 'stop',
  stop: 'start',
  restart: undefined,
  reload: undefined,
}
