// The armed record: what to put back unless the change is kept in time. One fsynced file for each execution, which is also what the
// claim locks. It says everything by itself, so that a keeper or the next boot needs neither runner nor gate.

import { constants } from 'node:fs'
import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import {
  boolean,
  type Decoder,
  decode,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../../base/decode.ts'
import { SekishoError } from '../../base/error.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { type ExecutionId, isExecutionId } from '../../base/id.ts'
import { canonical, type Json, parseJson } from '../../base/json.ts'
import { fileState } from '../../plans/file-state.ts'
import { type Plan, type PlannedAction, planDigest, type UndoStep } from '../../plans/plan.ts'
import type { ExchangePlace, SwapPlace } from '../../restore/stage-record.ts'
import type { Migration } from '../../schema/migrate.ts'
import { fileError, privateDirectory, syncDirectory, writeDurable } from '../../sys/files.ts'
import { tryLockDescriptor } from '../../sys/lock.ts'
import type { run } from '../../sys/process.ts'
import type { ActContext } from '../act/context.ts'
import type { CopiedFile } from '../act/copies.ts'
import { actsOf } from '../act/kinds.ts'
import type { OldFile } from '../act/put-back.ts'
import { executionFile } from '../place.ts'

export interface ArmedAction {
  readonly id: string
  readonly files: readonly OldFile[]
  /** What changes places again, told by inode: no runner, no rule and no record of the stage is needed for it. */
  readonly exchange?: ExchangePlace
  /** Of a change of code: every path, in the order in which they were exchanged. */
  readonly exchanges?: readonly ExchangePlace[]
  /** Two databases that change names again. Their cluster runs only after the boot. */
  readonly swap?: SwapPlace
  /** SQL that takes SQL back. Its cluster runs only after the boot. */
  readonly migration?: Migration
  /** What is run to take it back; it may run twice. */
  readonly command?: { readonly argv: readonly string[]; readonly directory: string }
  /** It only asks: nothing of it is taken back. */
  readonly asks?: true
  /** The runner alone takes it back. */
  readonly waits?: true
  readonly undo: readonly UndoStep[]
  readonly timeoutMs: number
}

export interface Armed {
  readonly v: 1
  readonly execution: ExecutionId
  readonly plan: Digest
  readonly deadline: { readonly boot: string; readonly uptime: number }
  /** The deadline does not run while a person is asked; a reboot still puts back. */
  readonly paused: boolean
  readonly adminPath: boolean
  /** Zone of the stamps in names of copies. */
  readonly zone: string
  /** Where a version that is neither old nor new is kept. */
  readonly copies: string
  /** In the order of the plan; a revert goes backwards. */
  readonly actions: readonly ArmedAction[]
}

export function armedDirectory(state: string): string {
  return join(state, 'armed')
}
export function armedPath(state: string, execution: ExecutionId): string {
  return join(armedDirectory(state), `${executionFile(execution)}.json`)
}

/** Needs the copies to be there already; what this process has just made need not be looked for. */
export async function armedOf(
  plan: Plan,
  deadline: Armed['deadline'],
  adminPath: boolean,
  c: ActContext,
  {
    copied = [],
    stepsBack = ({ undo }) => undo,
  }: {
    readonly copied?: readonly CopiedFile[]
    /** What takes one action back on this host as it stood before. */
    readonly stepsBack?: (planned: PlannedAction) => readonly UndoStep[]
  } = {},
): Promise<Armed> {
  const actions: ArmedAction[] = []
  for (const planned of plan.actions) {
    const { id, action, timeoutMs } = planned
    const { files = [], ...parts } = (await actsOf(action).armed?.(action, c, copied)) ?? {}
    actions.push({ id, files, ...parts, undo: stepsBack(planned), timeoutMs })
  }
  const { execution, copies } = c
  return {
    v: 1,
    execution,
    plan: planDigest(plan),
    deadline,
    paused: false,
    adminPath,
    zone: c.policy.zone,
    copies,
    actions,
  }
}

/** Durable when it returns; replaces what was armed for this execution. */
export async function arm(armed: Armed, state: string): Promise<void> {
  await privateDirectory(armedDirectory(state))
  const text = `${canonical(armed as unknown as Json)}\n`
  await Promise.all([
    syncDirectory(state),
    writeDurable(armedPath(state, armed.execution), text, { mode: 0o600 }),
  ])
}

export async function disarm(state: string, execution: ExecutionId): Promise<void> {
  await unlink(armedPath(state, execution)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
  })
  await syncDirectory(armedDirectory(state))
}

/** Stops or goes on with the deadline. The caller holds the claim, or is the only one who could be armed yet. */
export async function pause(armed: Armed, state: string): Promise<void> {
  await arm({ ...armed, paused: true }, state)
}

/** Undefined where nothing is armed. Throws SekishoError where the record cannot be read: a person must look. */
export async function readArmed(state: string, execution: ExecutionId): Promise<Armed | undefined> {
  const path = armedPath(state, execution)
  const handle = await openOr(path, constants.O_RDONLY)
  if (handle === undefined) return undefined
  try {
    return parseArmed(path, await handle.readFile('utf8'))
  } finally {
    await handle.close()
  }
}

/** Takes away what a writer that died has left half written. One that lives is left alone: its name has its process. */
export async function clearHalfWritten(state: string): Promise<void> {
  const directory = armedDirectory(state)
  for (const name of await readdir(directory).catch(() => [])) {
    const pid = /^\.CHG-[\d.-]+\.json\.(\d+)\.\d+\.sekisho$/.exec(name)?.[1]
    if (pid === undefined || (await stat(`/proc/${pid}`).catch(() => undefined)) !== undefined) continue
    await unlink(join(directory, name)).catch(() => {})
  }
}

/** Executions for which something is armed, oldest name first. */
export async function armedExecutions(state: string): Promise<readonly ExecutionId[]> {
  const names = await readdir(armedDirectory(state)).catch(() => [])
  return names
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => {
      const found = /^(CHG-\d{4}-\d{4,})\.(\d+)\.json$/.exec(name)
      const execution = found === null ? undefined : `${found[1]}/${found[2]}`
      return isExecutionId(execution) ? [execution] : []
    })
}

export type Claim =
  | { readonly kind: 'held'; readonly armed: Armed; release(): Promise<void> }
  /** Another process decides at this moment. */
  | { readonly kind: 'busy' }
  /** Nothing is armed (any more). */
  | { readonly kind: 'gone' }

/**
 * The right to decide between keep and revert: a lock on the armed file, freed by the holder's death.
 * INVARIANT V1: the holder writes its choice into the journal first; the next holder finishes that choice and makes no other.
 */
export async function claim(state: string, execution: ExecutionId, exec: typeof run): Promise<Claim> {
  const path = armedPath(state, execution)
  for (;;) {
    const handle = await openOr(path, constants.O_RDWR)
    if (handle === undefined) return { kind: 'gone' }
    try {
      if (!(await tryLockDescriptor(exec, handle.fd))) {
        await handle.close()
        return { kind: 'busy' }
      }
      // Armed anew or disarmed between open and lock: the lock is on a file that counts no more.
      if (await isStill(path, handle)) {
        const armed = parseArmed(path, await handle.readFile('utf8'))
        return { kind: 'held', armed, release: () => handle.close() }
      }
      await handle.close()
    } catch (cause) {
      await handle.close().catch(() => {})
      throw cause
    }
  }
}

async function isStill(path: string, handle: FileHandle): Promise<boolean> {
  const [there, mine] = await Promise.all([stat(path).catch(() => undefined), handle.stat()])
  return there?.ino === mine.ino && there.dev === mine.dev
}

async function openOr(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags | constants.O_NOFOLLOW)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(path, cause)
  }
}

function parseArmed(path: string, content: string): Armed {
  const decoded = decode(armedRecord, parseJson(content))
  if (decoded.ok) return decoded.value
  throw new SekishoError('file.unreadable', { path, why: `${decoded.at}: ${decoded.why}` })
}

const word = text({ max: 4096 })
const unitName = text({ max: 255, pattern: /^[A-Za-z0-9:_.\\@-]+$/, what: 'a unit name' })
const undoStep: Decoder<UndoStep> = union<'kind', UndoStep>('kind', {
  putBack: object({ kind: literal('putBack') }),
  unit: object({
    kind: literal('unit'),
    verb: literal('start', 'stop', 'restart', 'reload'),
    unit: unitName,
  }),
  daemonReload: object({ kind: literal('daemonReload') }),
})

const sqlText = object({ name: word, sql: text({ max: 300_000 }) })
const place: Decoder<ExchangePlace> = object({
  path: word,
  beside: word,
  staged: optional(word),
  live: optional(word),
})

export const armedRecord: Decoder<Armed> = object({
  v: literal(1),
  execution: matching(isExecutionId, 'an execution id'),
  plan: matching(isDigest, 'a digest'),
  deadline: object({ boot: word, uptime: integer() }),
  paused: boolean,
  adminPath: boolean,
  zone: word,
  copies: word,
  actions: list(
    object({
      id: text({ max: 4 }),
      files: list(
        object({
          path: word,
          real: word,
          before: fileState,
          after: optional(fileState),
          copy: optional(word),
          newDirectory: optional(boolean),
        }),
        100,
      ),
      exchange: optional(place),
      exchanges: optional(list(place, 10_000)),
      swap: optional(
        object({
          port: integer(1, 65_535),
          pair: object({
            live: word,
            beside: word,
            liveOid: integer(),
            besideOid: integer(),
            closed: optional(integer()),
          }),
        }),
      ),
      migration: optional(
        object({
          database: word,
          port: integer(1, 65_535),
          role: word,
          execution: word,
          action: word,
          lockMs: integer(1),
          withinMs: integer(1),
          catalogue: matching(isDigest, 'a digest'),
          up: sqlText,
          down: optional(sqlText),
        }),
      ),
      command: optional(object({ argv: list(word, 100), directory: word })),
      asks: optional(literal(true)),
      waits: optional(literal(true)),
      undo: list(undoStep, 10),
      timeoutMs: integer(1),
    }),
    50,
  ),
})
