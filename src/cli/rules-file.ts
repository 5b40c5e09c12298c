// The sekisho.yaml of this installation, as its owner edits it: read, checked, written whole, and given to the runner.
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { makeGuardPlaces } from '../agents/guard-places.ts'
import { guardFacts } from '../app/guard-facts.ts'
import { hostView } from '../app/host-view.ts'
import { type Places, placesOf, SYSTEM_DATA, SYSTEM_ETC } from '../app/places.ts'
import { requireOwnRules } from '../app/rules-trust.ts'
import { connectRunner, type RunnerClient } from '../app/runner-client.ts'
import { scanView } from '../app/scan-view.ts'
import { failureOf, SekishoError } from '../base/error.ts'
import type { PolicyProblem } from '../base/policy-problem.ts'
import { limitNetwork } from '../install/watch-network.ts'
import { type Applied, applyPolicy, type Examined, examinePolicy, type PolicyFiles } from '../policy/apply.ts'
import { editPolicy, type PolicyEdit } from '../policy/edit.ts'
import type { HostView } from '../policy/host-check.ts'
import { readPolicy } from '../policy/read.ts'
import { MAX_TEXT } from '../policy/reading.ts'
import { fileError, readRegular, writeDurable } from '../sys/files.ts'
import type { Call } from './command.ts'

const VIEW: HostView = { ...hostView, facts: (services) => guardFacts(services, scanView) }

export function placesFor(call: Call): Places {
  return placesOf(call.place.data)
}

/** Modes of the written files: the directory's group may read, others not. What the guard reads is readable by everybody. */
const filesOf = ({ guardPolicy, guardDirectory }: Places): PolicyFiles => ({
  read: async (path) => {
    try {
      return (await readRegular(path, Math.max(MAX_TEXT, 4 * 1_048_576)))?.bytes.toString('utf8')
    } catch (cause) {
      throw fileError(path, cause)
    }
  },
  write: async (path, text) => {
    if (path === guardPolicy) {
      // Where the gate has an account, `up` or `install host` made its directories: existing ones keep their owner.
      await makeGuardPlaces(guardDirectory, undefined).catch((cause: unknown) => {
        throw fileError(guardDirectory, cause)
      })
      await writeDurable(path, text, { mode: 0o644 })
      return
    }
    await ownDirectory(dirname(path))
    const { gid } = await stat(dirname(path))
    await writeDurable(path, text, { mode: 0o640, uid: process.getuid?.() ?? 0, gid })
  },
})

async function ownDirectory(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o750 })
  if (made === undefined) return
  const parent = await stat(dirname(path))
  await chown(path, process.getuid?.() ?? 0, parent.gid).catch(() => {})
  await chmod(path, 0o750)
}

/** The text of the rules. Throws config.needs_owner where another user owns them, config.missing where there are none. */
export async function readSource(call: Call): Promise<string> {
  const places = placesFor(call)
  const text = await filesOf(places)
    .read(places.source)
    .catch((error: unknown) => {
      throw notOurs(error) ? needsOwner(call, places.source) : error
    })
  if (text !== undefined) return text
  ownGate(call)
  throw new SekishoError('config.missing', { path: places.source })
}

/** Throws config.needs_owner where this user has no gate and root has one: then root's is used. */
export function ownGate(call: Call): void {
  const { data } = call.place
  if (call.uid === 0 || data === SYSTEM_DATA || existsSync(placesOf(data).etc) || !existsSync(SYSTEM_ETC))
    return
  throw needsOwner(call, placesOf(SYSTEM_DATA).source)
}

const notOurs = (error: unknown) => error instanceof SekishoError && error.code === 'file.no_permission'

function needsOwner(call: Call, path: string): SekishoError {
  return new SekishoError('config.needs_owner', {
    path,
    // Without it root does not know whom to let in.
    typed: call.words === 'incident isolate' ? `--preserve-env=SSH_CONNECTION ${call.typed}` : call.typed,
  })
}

export async function writeSource(places: Places, text: string): Promise<void> {
  await filesOf(places).write(places.source, text)
}

const inPlace = (places: Places) => ({
  source: places.source,
  runner: places.compiledRunner,
  guard: places.guardPolicy,
  applied: places.applied,
})

export async function examine(call: Call, offline: boolean): Promise<Examined> {
  const places = placesFor(call)
  await readSource(call)
  return await examinePolicy(inPlace(places), filesOf(places), offline ? undefined : VIEW)
}

/** The runner's admin socket. Throws config.needs_owner where it belongs to root and this user is not root. */
export async function askOwner<T>(call: Call, ask: (runner: RunnerClient) => Promise<T>): Promise<T> {
  ownGate(call)
  const places = placesFor(call)
  try {
    return await ask(connectRunner(places.adminSocket))
  } catch (error) {
    const closed = error instanceof SekishoError && error.code === 'runner.unreachable'
    if (closed && (error.detail['why'] === 'EACCES' || error.detail['why'] === 'EPERM'))
      throw needsOwner(call, places.source)
    throw error
  }
}

export interface AppliedHere {
  readonly applied: Applied
  /** True where the runner was told. False where it is not running; it reads the file when it starts. */
  readonly told: boolean
}

export async function apply(call: Call, offline: boolean): Promise<AppliedHere> {
  const places = placesFor(call)
  await readSource(call)
  await requireOwnRules(places.source, call.uid)
  const applied = await applyPolicy(
    inPlace(places),
    filesOf(places),
    whoTypes(call),
    offline ? undefined : VIEW,
  )
  if (applied.state === 'refused') return { applied, told: false }
  const told = await tellRunner(places.adminSocket, whoTypes(call))
  await limitNetwork(places)
  return { applied, told }
}

async function tellRunner(socket: string, by: string): Promise<boolean> {
  try {
    await connectRunner(socket).ask('policy', { by })
    return true
  } catch (error) {
    if (error instanceof SekishoError && error.code === 'runner.unreachable') return false
    throw error
  }
}

/**
 * The Unix user at the keyboard: whoever may write the file edits the rules. From the user database, because anybody can set USER. For root the
 * person behind sudo, by sudo's own variables.
 */
export function whoTypes(call: Pick<Call, 'environment' | 'uid'>): string {
  const user = userHere(call)
  return behindSudo(call) === undefined ? user : `${user} (sudo)`
}

/** The same as a name: `init` proposes it as the owner. */
export function userHere(call: Pick<Call, 'environment' | 'uid'>): string {
  const behind = behindSudo(call)
  if (behind !== undefined) return behind
  try {
    return userInfo().username
  } catch {
    return `uid ${call.uid}`
  }
}

function behindSudo({ environment, uid }: Pick<Call, 'environment' | 'uid'>): string | undefined {
  const behind = uid === 0 ? environment['SUDO_USER'] : undefined
  return behind === undefined || behind === '' || behind === 'root' ? undefined : behind
}

/**
 * One edit of people, keys or agents. The rest of the text is kept with all its comments. An edit that would make valid rules invalid is refused
 * with its fault, and the file stays as it is, so that the next edit (removing a key) takes effect.
 */
export async function edit(call: Call, change: PolicyEdit): Promise<readonly PolicyProblem[]> {
  const places = placesFor(call)
  const text = await readSource(call)
  await requireOwnRules(places.source, call.uid)
  const edited = editPolicy(text, change)
  if (!edited.ok) throw failureOf({ code: edited.code, detail: { ...edited.detail, path: places.source } })
  if (edited.problems.length > 0 && readPolicy(text).ok) return edited.problems
  await writeSource(places, edited.text)
  return []
}
