// Which plans may become a standard change, and what an owner signs for: declared variables of an environment file, to values that people
// have approved before; the return to a release whose bytes people approved before; and a declared command with a way back, of the very bytes that ran clean. Restart and reload are the other kind (tier.ts). Whole files, code that
// is new, SQL and requests never are.
import { type Decoder, list, object, text } from '../base/decode.ts'
import { type Digest, labelledDigest } from '../base/hash.ts'
import { canonical, type Json } from '../base/json.ts'
import type { Plan } from '../plans/plan.ts'
import { commandIn } from '../plans/playbooks/command.ts'

/** So many clean runs of one shape allow a proposal. */
export const CLEAN_RUNS = 5
/** The most runs that a statement names. */
export const MOST_RUNS = 20

export interface AllowedValues {
  readonly key: string
  /** In byte order. */
  readonly values: readonly string[]
}

/** The file, and to which values exactly these variables may be set. */
export interface Limits {
  readonly path: string
  /** In byte order of their names. */
  readonly set: readonly AllowedValues[]
}

const envKey = text({ max: 200, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, what: 'a variable name' })
export const limits: Decoder<Limits> = object({
  path: text({ max: 255, pattern: /^\/[^\0\s]*$/, what: 'an absolute path without blanks' }),
  set: list(object({ key: envKey, values: list(text({ max: 1000 }), MOST_RUNS) }), 10),
})

export interface KeysWork {
  readonly path: string
  readonly set: readonly { readonly key: string; readonly value: string }[]
}

/**
 * What of a plan could be standard: it sets variables of one environment file that is there, in the open, and proves itself. Undefined of
 * every other plan: of whole files, removals, secrets, code, schemas and data nobody signs beforehand.
 */
export function keysOf(plan: Plan): KeysWork | undefined {
  if (plan.playbook !== 'config/1' || plan.keep.by !== 'proof' || plan.startsFrom !== undefined)
    return undefined
  const [write, ...rest] = plan.actions.map(({ action }) => action)
  if (write?.kind !== 'editEnv' || write.unset.length > 0 || write.set.length === 0) return undefined
  if (rest.some(({ kind }) => kind !== 'unit' && kind !== 'daemonReload')) return undefined
  if (write.before.kind !== 'secret' || !/^\/[^\s]{1,254}$/.test(write.path)) return undefined
  const set = write.set.flatMap(({ key, to }) => (to.kind === 'text' ? [{ key, value: to.value }] : []))
  if (set.length < write.set.length || new Set(set.map(({ key }) => key)).size < set.length) return undefined
  return { path: write.path, set: set.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }
}

/** A release that is switched to: its bytes, and the commands that run on it. */
export interface ReleaseWork {
  /** The declared place of the code. */
  readonly path: string
  readonly artefact: Digest
  /** As canonical text: the same words, run on the same bytes. */
  readonly commands: string
}

/**
 * What of a change of code could be a return: one release is switched to, the service starts, declared commands run, the commit is made. Undefined where
 * anything else changes: a schema, a file of the site, a work tree.
 */
export function releaseOf(plan: Plan): ReleaseWork | undefined {
  if (plan.playbook !== 'code/1' || plan.keep.by !== 'proof' || plan.startsFrom !== undefined)
    return undefined
  const actions = plan.actions.map(({ action }) => action)
  const [laid, ...more] = actions.filter((one) => one.kind === 'layRelease')
  const commit = actions.find((one) => one.kind === 'commit')
  if (laid === undefined || more.length > 0 || commit === undefined) return undefined
  if (actions.some(({ kind }) => !RELEASE_KINDS.has(kind))) return undefined
  const commands = actions.flatMap((one) => (one.kind === 'exec' ? [{ name: one.name, argv: one.argv }] : []))
  return { path: commit.path, artefact: laid.artefact, commands: canonical(commands as unknown as Json) }
}

const RELEASE_KINDS: ReadonlySet<string> = new Set(['layRelease', 'unit', 'exec', 'commit'])

/** A declared command as it runs: its name, and one digest over its files, words and places. */
export interface CommandWork {
  readonly name: string
  readonly bytes: Digest
}

/** What of a declared command could be standard: it takes nothing back, can be taken back, and proves itself. */
export function commandOf(plan: Plan): CommandWork | undefined {
  if (plan.playbook !== 'command/1' || plan.keep.by !== 'proof' || plan.startsFrom !== undefined)
    return undefined
  const step = commandIn(plan)
  if (step?.own.back === undefined || step.own.turned === true) return undefined
  const { name, argv, directory, unit, own } = step
  const { files, writes, back } = own
  const whole = { argv, directory, unit: unit ?? null, files, writes, back }
  return { name, bytes: labelledDigest('sekisho-command-v1', whole as unknown as Json) }
}

/** Bytes and commands that people approved before, and that were kept. */
export function hasRun(work: ReleaseWork, before: readonly ReleaseWork[]): boolean {
  return before.some(
    (one) => one.path === work.path && one.artefact === work.artefact && one.commands === work.commands,
  )
}

/** The variables that are set, as people type them. */
export function shapeOf({ path, set }: KeysWork | Limits): string {
  return [path, ...set.map(({ key }) => key)].join(' ')
}

/** Exactly these variables of this file, each to a value that was signed for; undefined, or what is outside. */
export function outsideOf({ path, set }: Limits, work: KeysWork): string | undefined {
  if (work.path !== path) return work.path
  const other = work.set.find(({ key }) => !set.some((one) => one.key === key))
  if (other !== undefined) return other.key
  const missing = set.find(({ key }) => !work.set.some((one) => one.key === key))
  if (missing !== undefined) return missing.key
  const value = work.set.find(
    (one) => !set.some(({ key, values }) => key === one.key && values.includes(one.value)),
  )
  return value === undefined ? undefined : `${value.key}=${value.value}`
}

/** The values that these runs have used, as limits. */
export function limitsOf(runs: readonly KeysWork[]): Limits | undefined {
  const [first] = runs
  if (first === undefined) return undefined
  return {
    path: first.path,
    set: first.set.map(({ key }) => ({
      key,
      values: [
        ...new Set(runs.flatMap(({ set }) => set.filter((one) => one.key === key).map(({ value }) => value))),
      ].sort(),
    })),
  }
}
