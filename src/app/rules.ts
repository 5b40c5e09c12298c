// The rules in force, as `config apply` compiled them: read at the start and again when the file changes. A new version is recorded, and what was
// sealed under a part that changed is voided.
import { watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { isObject, JsonError, parseJson } from '../base/json.ts'
import { listChanges, loadChange } from '../change/store.ts'
import { type CompiledPolicy, compiledPolicy, decidingPart } from '../plans/policy.ts'
import { readRegular } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import { act, type Gate } from './gate.ts'
import { awaitRules, markUnproven, RECORDED } from './joined-rules.ts'
import { voidChange } from './start.ts'
import { readSetting, writeSetting } from './store.ts'

const LIMIT = 4_194_304
const POLL_MS = 2000

/** Throws policy.not_applied, policy.unreadable. */
export async function readRules(path: string): Promise<CompiledPolicy> {
  const file = await readRegular(path, LIMIT)
  if (file === undefined) throw new SekishoError('policy.not_applied', { path })
  try {
    const read = decode(compiledPolicy, parseJson(file.bytes.toString('utf8')))
    if (read.ok) return read.value
    throw new SekishoError('policy.unreadable', { path, why: `${read.at}: ${read.why}` })
  } catch (cause) {
    if (cause instanceof JsonError)
      throw new SekishoError('policy.unreadable', { path, why: cause.message }, { cause })
    throw cause
  }
}

export interface Rules {
  /** Throws the error of the last reading. */
  current(): CompiledPolicy
  /** Reads now, without waiting for a change of the file. */
  refresh(): Promise<void>
  close(): void
}

/** Watches the compiled file. `onVersion` is called for each version, the first included. */
export async function watchRules(
  path: string,
  log: Log,
  onVersion: (policy: CompiledPolicy) => void,
): Promise<Rules> {
  let policy: CompiledPolicy | undefined
  let failure: SekishoError | undefined
  let seen = ''
  const refresh = async () => {
    const mark = await stat(path).then(
      (one) => `${one.ino} ${one.mtimeMs} ${one.size}`,
      () => 'none',
    )
    if (mark === seen) return
    try {
      const fresh = await readRules(path)
      failure = undefined
      seen = mark
      if (fresh.version === policy?.version) return
      policy = fresh
      onVersion(fresh)
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      seen = mark
      failure = error
      log.warn({ path, code: error.code }, 'the compiled rules cannot be read')
    }
  }
  await refresh()
  const quietly = () => {
    refresh().catch((error: unknown) =>
      log.error({ why: String(error) }, 'the compiled rules cannot be read'),
    )
  }
  // Some file systems report no changes, so the file is also read from time to time.
  const timer = setInterval(quietly, POLL_MS)
  timer.unref()
  const watcher = watchDirectory(path, quietly)
  return {
    current: () => {
      // The last readable rules stay in force: a half-written file must neither open nor close the gate.
      if (policy !== undefined) return policy
      throw failure ?? new SekishoError('policy.not_applied', { path })
    },
    refresh,
    close: () => {
      clearInterval(timer)
      watcher?.close()
    },
  }
}

function watchDirectory(path: string, changed: () => void) {
  try {
    const watcher = watch(dirname(path), (_, name) => {
      if (name === null || name === basename(path)) changed()
    })
    watcher.on('error', () => watcher.close())
    watcher.unref()
    return watcher
  } catch {
    return undefined // The directory is not there yet; the timer looks again.
  }
}

/** Who applied this version, from the note beside the compiled file. A note about another version is ignored. */
export async function appliedBy(compiled: string, version: string): Promise<string> {
  try {
    const file = await readRegular(join(dirname(compiled), 'applied.json'), 4096)
    const value = file === undefined ? undefined : parseJson(file.bytes.toString('utf8'))
    if (isObject(value) && value['version'] === version && typeof value['by'] === 'string')
      return value['by'].slice(0, 200)
  } catch {
    // An unreadable note means that the person is unknown. The rules are in force all the same.
  }
  return 'unknown'
}

/**
 * Records a version once, with the runner's line where there is one, and voids what was sealed under a deciding part that has
 * changed.
 */
export async function applyRules(gate: Gate, policy: CompiledPolicy, by: string): Promise<void> {
  await awaitRules(gate, policy.version)
  // A newer version has its own call, and this one voids nothing any more.
  if (gate.policy().version !== policy.version) return
  await act(gate, 'system', async (step) => {
    const before = await readSetting(step.tx, RECORDED)
    if (before === policy.version) return
    await writeSetting(step.tx, RECORDED, policy.version)
    await markUnproven(step, policy.version)
    await step.record('policy.applied', 'policy', {
      version: policy.version,
      ...(typeof before === 'string' ? { before } : {}),
      by,
    })
    await step.tell({ kind: 'policy.applied', values: { version: policy.version } })
  })
  const open = await listChanges(gate.db, { states: ['awaiting_approval', 'approved'], limit: 1000 })
  for (const { change } of open) {
    if (change.envelope === undefined || decidingPart(policy, change.service) === change.envelope.policy)
      continue
    await act(gate, 'system', async (step) => {
      const stored = await loadChange(step.tx, change.id)
      if (stored.change.state !== 'awaiting_approval' && stored.change.state !== 'approved') return
      await voidChange(step, stored, [{ what: 'policy', code: 'moved.policy', at: step.at, detail: {} }])
    })
  }
}
