// The file actions: replaceFiles and editEnv, their probe, and putting back. One declared file at a time, each wholly old or wholly new.

import { SekishoError } from '../../base/error.ts'
import type { JsonObject } from '../../base/json.ts'
import { declared, mayLead, refuseRenameOver } from '../../host/file-facts.ts'
import { type Found, sameState, stateAt, stateOf } from '../../host/file-state.ts'
import { directoryMissing, type Held, holdDirectory, makeDirectory, resolveLinks } from '../../host/walk.ts'
import { type Action, plannedFiles } from '../../plans/actions.ts'
import { kindRow } from '../../plans/config-kinds/registry.ts'
import { type FileState, type Link, type PlannedFile, type TouchedFile } from '../../plans/file-state.ts'
import type { Applied } from '../../seal/journal.ts'
import { isImmutable } from '../../tree/immutable.ts'
import { type ActContext, type ActResult, applied, failed, failedOr, type ProbeResult } from './context.ts'
import { type CopiedFile, findCopy, isNewDirectory, naming, readCopy } from './copies.ts'
import { editedBytes } from './env.ts'
import { sameExtras } from './extras.ts'
import { type Owner, placeFile, removeStage, type Wanted } from './place-file.ts'
import { type OldFile, putBackFile } from './put-back.ts'

export type FileAction = Extract<Action, { readonly kind: 'replaceFiles' | 'editEnv' }>

/** One file with the state it shall have. */
interface Task extends TouchedFile {
  readonly links: readonly Link[]
  readonly after: FileState
}

/** The files of an action with what shall stand there. The new state of a dotenv file is worked out from its kept copy. */
async function tasksOf(action: FileAction, c: ActContext): Promise<readonly Task[]> {
  if (action.kind === 'replaceFiles') return action.files
  const edited = await editedBytes(action, await oldBytes(action, c), c)
  const owner = action.before.kind === 'absent' ? NEW_SECRET : ownerOf(action.before)
  return [{ ...action, after: { kind: 'secret', keyed: c.keyed(edited), ...owner } }]
}

/** Bytes before the action, from the copy; without a copy nothing of ours has been done yet and the file itself has them. */
async function oldBytes(file: TouchedFile, c: ActContext): Promise<Buffer> {
  if (file.before.kind === 'absent') return Buffer.alloc(0)
  const copy = await findCopy(file, c)
  const found = copy === undefined ? await stateAt(file.real, naming(file, c)) : await readCopy(copy, file, c)
  if (found.bytes === undefined || !sameState(found.state, file.before))
    throw new SekishoError('file.changed', { path: file.path, why: 'its bytes are not the approved ones' })
  return found.bytes
}

/** A new dotenv file: PID 1 reads an EnvironmentFile as root, and nobody else has to. */
const NEW_SECRET: Owner = { mode: 0o600, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }

export function ownerOf(state: FileState): Owner {
  if (state.kind === 'file' || state.kind === 'secret')
    return { mode: state.mode, uid: state.uid, gid: state.gid }
  throw new SekishoError('file.changed', { path: '', why: `a ${state.kind} has no mode` })
}

/** Puts the new files in place. What is new already stays; what is neither old nor new ends it before that file is touched. */
export async function applyFiles(action: FileAction, c: ActContext): Promise<ActResult> {
  const done: string[] = []
  try {
    for (const task of await tasksOf(action, c)) {
      if (c.signal.aborted) return failed('aborted', { done })
      await replace(task, action, c)
      done.push(task.path)
    }
    return applied({ files: done })
  } catch (cause) {
    return failedOr(cause, action.kind === 'editEnv' ? action.path : (done.at(-1) ?? ''), { done })
  }
}

async function replace(task: Task, action: FileAction, c: ActContext): Promise<void> {
  await sameChain(task)
  if (task.before.kind === 'absent' && task.after.kind !== 'absent') await makeMissing(task, c)
  await using held = await holdDirectory(task.real)
  const now = await stateOf(held, naming(task, c))
  if (sameState(now.state, task.after)) {
    await removeStage(held)
    return
  }
  refuseUnlessBefore(task, now)
  if (now.state.kind !== 'absent')
    await refuseRenameOver(task.real, now.state.kind === 'link' ? 1 : now.hardLinks)
  if (task.after.kind === 'link') await refuseLeaving(task, task.after.target, c)
  const wanted = await wantedOf(task, action, held, now, c)
  c.killPoint('files.replace.before')
  await placeFile(held, wanted, c, async () =>
    sameState((await stateOf(held, naming(task, c))).state, task.before),
  ).catch(async (cause: unknown) => {
    // The kernel refuses a rename over an immutable file; which "no" it was is asked only then.
    const isRefused = cause instanceof SekishoError && cause.code === 'file.no_permission'
    throw isRefused && (await isImmutable(task.real, c.run))
      ? new SekishoError('file.immutable', { path: task.real }, { cause })
      : cause
  })
  c.killPoint('files.replace.after')
}

/** A new link must not open a door out of the inventory. `/dev/null` masks a unit. */
async function refuseLeaving(task: Task, target: string, c: ActContext): Promise<void> {
  const declaration = declared(c.policy, task.path)
  const whole = target.startsWith('/') ? target : `${directoryOf(task.real)}/${target}`
  const { real } = await resolveLinks(whole)
  if (declaration !== undefined && kindRow(declaration.kind).unitFile && real === '/dev/null') return
  if (declaration === undefined || !(await mayLead(c.policy, declaration, real)))
    throw new SekishoError('file.link_leaves', { path: task.path, to: real })
}

/** A unit's first drop-in needs its directory. */
async function makeMissing(task: Task, c: ActContext): Promise<void> {
  if (!(await directoryMissing(task.real))) return
  c.killPoint('files.directory.before')
  await makeDirectory(task.real, 0o755)
  c.killPoint('files.directory.after')
}

/** The chain of links is baseline: it must lead where it led when it was approved. */
async function sameChain(task: Task): Promise<void> {
  // A link that is itself replaced or removed stands at the path; only its directory is followed.
  const whole = task.before.kind !== 'link' && task.after.kind !== 'link'
  const now = await resolveLinks(whole ? task.path : directoryOf(task.path))
  const real = whole
    ? now.real
    : `${now.real === '/' ? '' : now.real}/${task.path.slice(task.path.lastIndexOf('/') + 1)}`
  if (real !== task.real || JSON.stringify(now.links.map(pair)) !== JSON.stringify(task.links.map(pair)))
    throw new SekishoError('file.changed', { path: task.path, why: `it leads to ${real} now` })
}
const pair = (link: Link) => [link.path, link.target]
const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'

function refuseUnlessBefore(task: Task, now: Found): void {
  if (sameState(now.state, task.before)) return
  throw new SekishoError('file.changed', { path: task.path, why: difference(now.state, task.before) })
}

/** Which field differs, in a word; never a digest of a secret. */
export function difference(now: FileState, wanted: FileState): string {
  if (now.kind !== wanted.kind) return `${now.kind} instead of ${wanted.kind}`
  if (now.kind === 'absent' || wanted.kind === 'absent') return 'equal'
  if (now.uid !== wanted.uid || now.gid !== wanted.gid)
    return `owner ${now.uid}:${now.gid} instead of ${wanted.uid}:${wanted.gid}`
  if (now.kind !== 'link' && wanted.kind !== 'link' && now.mode !== wanted.mode)
    return `mode ${now.mode.toString(8)} instead of ${wanted.mode.toString(8)}`
  return now.kind === 'link' ? 'another link target' : 'other bytes'
}

async function wantedOf(
  task: Task,
  action: FileAction,
  held: Held,
  now: Found,
  c: ActContext,
): Promise<Wanted> {
  const { after } = task
  switch (after.kind) {
    case 'absent':
    case 'link':
      return after
    case 'secret':
    case 'file': {
      const bytes = await newBytes(after, action, task, c)
      const isFile = now.state.kind === 'file' || now.state.kind === 'secret'
      return { kind: 'file', bytes, owner: ownerOf(after), ...(isFile ? { like: held } : {}) }
    }
  }
}

async function newBytes(after: FileState, action: FileAction, task: Task, c: ActContext): Promise<Buffer> {
  if (action.kind === 'editEnv') return editedBytes(action, await oldBytes(task, c), c)
  if (after.kind === 'file') return c.blob(after.digest)
  throw new SekishoError('file.changed', {
    path: task.path,
    why: 'a secret file is changed by its keys, not as a whole',
  })
}

/** Did it take effect? Looks only. */
export async function probeFiles(action: FileAction, c: ActContext): Promise<ProbeResult> {
  const { found, states } = await compare(action, c)
  return { found, detail: states }
}

/** Have the old files their old bytes, owner, mode, ACL and attributes? */
export async function probeFilesUndone(action: FileAction, c: ActContext): Promise<ProbeResult> {
  const { found, states } = await compare(action, c)
  if (found !== 'not_applied') return { found, detail: states }
  const extras: Record<string, string> = {}
  for (const task of plannedFiles(action)) {
    const copy = await findCopy(task, c)
    const same = copy === undefined ? 'equal' : await sameExtras(copy, task.real, c.run)
    if (same !== 'equal') extras[task.path] = same
  }
  const differs = Object.values(extras).includes('different')
  return {
    found: differs ? 'mixed' : 'not_applied',
    detail: { ...states, ...(Object.keys(extras).length > 0 ? { extras } : {}) },
  }
}

/** The same action on copies below another root. */
export function movedFiles(
  action: FileAction,
  move: <File extends PlannedFile>(file: File) => File,
): FileAction {
  return action.kind === 'replaceFiles' ? { ...action, files: action.files.map(move) } : move(action)
}

async function compare(action: FileAction, c: ActContext): Promise<{ found: Applied; states: JsonObject }> {
  const states: Record<string, string> = {}
  for (const task of (await tasksOf(action, c).catch(() => undefined)) ?? [])
    states[task.path] = await stand(task, c)
  const all = Object.values(states)
  const found =
    all.length === 0 || all.includes('other')
      ? 'unknown'
      : all.every((one) => one !== 'old')
        ? 'applied'
        : all.every((one) => one !== 'new')
          ? 'not_applied'
          : 'mixed'
  return { found, states: { files: states } }
}

async function stand(task: Task, c: ActContext): Promise<'old' | 'new' | 'same' | 'other'> {
  try {
    const { state } = await stateAt(task.real, naming(task, c))
    if (sameState(state, task.before)) return sameState(task.before, task.after) ? 'same' : 'old'
    return sameState(state, task.after) ? 'new' : 'other'
  } catch (cause) {
    failedOr(cause, task.path)
    return 'other'
  }
}

/** Puts every file of an action back as its copy has it. What somebody else wrote in between is kept beside the copy first. */
export async function putBack(action: FileAction, c: ActContext): Promise<ActResult> {
  const foreign: string[] = []
  const context = { ...c, zone: c.policy.zone }
  try {
    // Without the new state (the copy is gone, a secret too) a foreign version cannot be told apart; putting back still can be tried.
    const tasks = await tasksOf(action, c).catch(() => plannedFiles(action))
    for (const task of [...tasks].reverse()) {
      const copy = await findCopy(task, c)
      const newDirectory = await isNewDirectory(task.real, c)
      const done = await putBackFile(
        { ...task, newDirectory, ...(copy === undefined ? {} : { copy }) },
        context,
      )
      if (done.foreign !== undefined) foreign.push(done.foreign)
    }
    return applied(foreign.length > 0 ? { foreign } : {})
  } catch (cause) {
    return failedOr(cause, action.kind === 'editEnv' ? action.path : '')
  }
}

/** What stands in an armed record: the file with its copy and what the change will write. `copied`: by this process, and verified. */
export async function oldFiles(
  action: FileAction,
  c: ActContext,
  copied: readonly CopiedFile[],
): Promise<readonly OldFile[]> {
  const tasks = await tasksOf(action, c)
  return Promise.all(
    tasks.map(async (task) => {
      const { path, real, before, after } = task
      const known = copied.find((one) => one.real === real)?.copy
      const copy = known ?? (await findCopy(task, c))
      const newDirectory = await isNewDirectory(real, c)
      return { path, real, before, after, newDirectory, ...(copy === undefined ? {} : { copy }) }
    }),
  )
}
