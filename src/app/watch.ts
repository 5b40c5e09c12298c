// What the gate looks at once a minute through the runner's `read` verb, and keeps with the time of the look: the health of each service,
// whether declared files are as they were, and what is wrong with backups. `status` and `doctor` show what is kept here and probe nothing.
import { SekishoError } from '../base/error.ts'
import { fileTarget } from '../base/id.ts'
import { isObject } from '../base/json.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import { listChanges } from '../change/store.ts'
import { seenBy } from '../checks/health.ts'
import type { DoctorFact } from '../contract/gate.ts'
import { write } from '../db/tx.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import type { Executor } from '../record/store.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import { backupWatch } from './backup-watch.ts'
import { takeHealthDue } from './check-due.ts'
import { judgeFile, type KnownFile, type SeenFile } from './declared-file.ts'
import { type Gate, now } from './gate.ts'
import { seeRunner } from './see-runner.ts'
import { readSetting, writeSetting } from './store.ts'

export const WATCH = 'watch'
const WATCH_MS = 60_000
/** How often it is asked whether a look is due: at once where something that is declared was never looked at. */
export const DUE_MS = 10_000
/** Older than this counts as not looked at. */
export const OLD_MS = 180_000
/** The newest changes, among which those that ran since the last look are found. */
const RECENT = 100

export interface KnownHealth {
  readonly verdict: HealthFacts['verdict']
  /** Code of words/health.ts. */
  readonly detail: string
  readonly milliseconds?: number
  readonly at: Instant
  /** Since when the verdict has been this one. */
  readonly since: Instant
}

export interface Watch {
  /** When the last look ended. */
  readonly at?: Instant
  readonly health: Readonly<Record<string, KnownHealth>>
  /** By target. */
  readonly files: Readonly<Record<string, KnownFile>>
  /** Facts of `doctor` about backups, with the time of the look. */
  readonly backups?: { readonly at: Instant; readonly facts: readonly DoctorFact[] }
}

const NOTHING: Watch = { health: {}, files: {} }

/** Looked at within the last three minutes. */
export function isRecent(at: Instant | undefined, moment: Instant): boolean {
  return at !== undefined && milliseconds(moment) - milliseconds(at) <= OLD_MS
}

export async function readWatch(db: Executor): Promise<Watch> {
  return watchOf(await readSetting(db, WATCH))
}

/** Of the stored value. */
export function watchOf(value: unknown): Watch {
  return isObject(value) && isObject(value['health']) && isObject(value['files'])
    ? (value as unknown as Watch)
    : NOTHING
}

/**
 * Once a minute; sooner where a service or a file has no result yet: rules that were just applied reach the gate before the runner, and a
 * baseline that is taken a minute later would take an edit by hand for what was there.
 */
export async function lookWhenDue(gate: Gate): Promise<void> {
  const isAskedFor = takeHealthDue(gate)
  const { services } = gate.policy()
  const { at, health, files } = await readWatch(gate.db)
  const isComplete = services.every(
    (one) =>
      (one.health === undefined || health[one.name] !== undefined) &&
      one.files.every(({ path }) => files[fileTarget(one.host, path)] !== undefined),
  )
  if (
    !isAskedFor &&
    isComplete &&
    at !== undefined &&
    gate.clock.now() - milliseconds(at) < WATCH_MS - DUE_MS / 2
  )
    return
  await lookAtServices(gate)
}

/** What a gate does that has just started: it looks at once, for what is stored may be older than the machine's last start. */
export function watching(gate: Gate): () => Promise<void> {
  let looked = false
  return async () => {
    if (looked) await lookWhenDue(gate)
    else looked = await lookAtServices(gate)
  }
}

const underWay = new WeakMap<Gate, Promise<boolean>>()

/** Looks at everything once and keeps what it found. One look at a time: an older one never overwrites a newer one. False where no runner answers. */
export async function lookAtServices(gate: Gate): Promise<boolean> {
  const before = underWay.get(gate)
  const look = (async () => {
    await before?.catch(() => undefined) // It has told its own caller.
    return lookOnce(gate)
  })()
  underWay.set(gate, look)
  return look
}

/** What could not be asked keeps its former result, whose age then shows. */
async function lookOnce(gate: Gate): Promise<boolean> {
  if (!(await seeRunner(gate)).reachable) return false
  const policy = gate.policy()
  const before = await readWatch(gate.db)
  const [health, files, backups] = await Promise.all([
    lookAtHealth(gate, policy, before),
    lookAtFiles(gate, policy, before),
    lookAtBackups(gate, policy, before),
  ])
  const found: Watch = { at: now(gate), health, files, ...(backups === undefined ? {} : { backups }) }
  await write(gate.db, (tx) => writeSetting(tx, WATCH, found))
  return true
}

/** Undefined where the runner could not be asked at all. */
async function asked<T>(answer: Promise<T>): Promise<T | SekishoError | undefined> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    return error.code === 'runner.unreachable' || error.code === 'runner.timeout' ? undefined : error
  }
}

async function lookAtHealth(gate: Gate, policy: CompiledPolicy, before: Watch): Promise<Watch['health']> {
  const declared = policy.services.filter(({ health }) => health !== undefined)
  const found = await Promise.all(
    declared.map(async ({ name }) => {
      const known = before.health[name]
      const seen = await healthOf(gate, name)
      if (seen === undefined) return known === undefined ? [] : [[name, known] as const]
      const at = now(gate)
      const since = known?.verdict === seen.verdict ? known.since : at
      return [[name, { ...seen, at, since }] as const]
    }),
  )
  return Object.fromEntries(found.flat())
}

/** One attempt; where that fails, as often as the owner declared, so that one lost answer is not shown as a service that is down. */
async function healthOf(
  gate: Gate,
  service: Service['name'],
): Promise<Omit<KnownHealth, 'at' | 'since'> | undefined> {
  const first = await asked(gate.runner.read({ kind: 'health', service, glance: true }))
  const answer =
    first === undefined || first instanceof SekishoError || first.facts.verdict === 'green'
      ? first
      : await asked(gate.runner.read({ kind: 'health', service }))
  if (answer === undefined) return undefined
  if (answer instanceof SekishoError) return { verdict: 'no_data', detail: answer.code }
  const { verdict, attempts } = answer.facts
  const shown = (verdict === 'red' ? attempts.find(({ ok }) => !ok) : undefined) ?? attempts.at(-1)
  return {
    verdict,
    detail: shown === undefined ? '' : seenBy(shown),
    ...(shown === undefined ? {} : { milliseconds: shown.milliseconds }),
  }
}

async function lookAtFiles(gate: Gate, policy: CompiledPolicy, before: Watch): Promise<Watch['files']> {
  const declared = policy.services.flatMap(({ name, host, files }) =>
    files.map(({ path }) => ({ service: name, path, target: fileTarget(host, path) })),
  )
  const seen: SeenFile[] = []
  const kept: [string, KnownFile][] = []
  // One after the other: the runner has other work.
  for (const { service, path, target } of declared) {
    const at = now(gate)
    const answer = await asked(gate.runner.read({ kind: 'target', target }))
    const known = before.files[target]
    if (answer === undefined || answer instanceof SekishoError) {
      if (known !== undefined) kept.push([target, known])
    } else seen.push({ service, path, target, facts: answer.facts, fingerprint: answer.fingerprint, at })
  }
  const changes = (await listChanges(gate.db, { lately: true, limit: RECENT })).map(({ change }) => change)
  return Object.fromEntries([
    ...kept,
    ...seen.map((one) => [one.target, judgeFile(before.files[one.target], one, changes)] as const),
  ])
}

async function lookAtBackups(
  gate: Gate,
  policy: CompiledPolicy,
  before: Watch,
): Promise<Watch['backups'] | undefined> {
  const facts = await asked(backupWatch(gate, policy, true))
  return facts === undefined || facts instanceof SekishoError ? before.backups : { at: now(gate), facts }
}
