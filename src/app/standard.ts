// Standard changes: which changes of variables and which commands the runner has seen run clean, what an owner signs of them, and whether a plan lies inside.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { ExecutionId, ServiceName } from '../base/id.ts'
import { listChanges, type Standing } from '../change/store.ts'
import type { StandingList } from '../contract/gate.ts'
import type { Plan } from '../plans/plan.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import {
  CLEAN_RUNS,
  commandOf,
  hasRun,
  keysOf,
  type Limits,
  outsideOf,
  releaseOf,
  shapeOf,
} from '../seal/standard.ts'
import { parseStatement, type StandingVerb } from '../seal/statement.ts'
import { isStandingWork } from '../seal/tier.ts'
import type { Gate } from './gate.ts'

interface Clean {
  readonly limits: Limits
  readonly runs: readonly ExecutionId[]
}

/** What the runner counts of exactly these variables. Throws standard.too_few. */
export async function cleanRuns(
  gate: Gate,
  service: ServiceName,
  {
    path = '',
    keys = [],
  }: { readonly path?: string | undefined; readonly keys?: readonly string[] | undefined },
): Promise<Clean> {
  const wanted = [path, ...[...keys].sort()].join(' ')
  const { shapes } = await gate.runner.read({ kind: 'standard', service })
  const found = shapes.find(({ limits }) => shapeOf(limits) === wanted)
  if (found === undefined || found.runs.length < CLEAN_RUNS)
    throw new SekishoError('standard.too_few', {
      service,
      path,
      have: found?.runs.length ?? 0,
      need: CLEAN_RUNS,
    })
  return found
}

/** What the runner counts of this command with the bytes that ran last. Throws standard.too_few. */
export async function cleanCommand(
  gate: Gate,
  service: ServiceName,
  name: string,
): Promise<{ readonly name: string; readonly bytes: Digest; readonly runs: readonly ExecutionId[] }> {
  const { commands } = await gate.runner.read({ kind: 'standard', service })
  const found = commands.findLast((one) => one.name === name)
  if (found === undefined || found.runs.length < CLEAN_RUNS)
    throw new SekishoError('standard.too_few', {
      service,
      path: name,
      have: found?.runs.length ?? 0,
      need: CLEAN_RUNS,
    })
  return found
}

type Proposed = NonNullable<StandingList['proposed']>[number]

/** What may be signed for, or will be after some more clean runs: without what a live statement covers. Undefined where the runner does not answer. */
export async function proposals(gate: Gate, all: readonly Standing[], policy: CompiledPolicy) {
  try {
    const found = await Promise.all(
      policy.services.map(async ({ name }) => {
        const { shapes, commands } = await gate.runner.read({ kind: 'standard', service: name })
        const counted = (runs: readonly ExecutionId[]) => ({ clean: runs.length, needed: CLEAN_RUNS })
        // Of a command only the bytes that ran last.
        const last = commands.filter((one) => one === commands.findLast((other) => other.name === one.name))
        return [
          ...shapes.map(({ limits, runs }) => ({ service: name, limits, ...counted(runs) })),
          ...last.map(({ name: command, bytes, runs }) => ({
            service: name,
            command,
            bytes,
            ...counted(runs),
          })),
        ]
      }),
    )
    const bytes = new Set(all.flatMap((one) => (one.state === 'live' ? (bytesIn(one) ?? []) : [])))
    const signed = all.flatMap((one) => (one.state === 'live' ? (limitsIn(one) ?? []) : []))
    return found.flat().flatMap((one): Proposed[] => {
      if ('command' in one) return bytes.has(one.bytes) ? [] : [one]
      const { limits, ...rest } = one
      if (signed.some((other) => shapeOf(other) === shapeOf(limits))) return []
      const set = limits.set.map(({ key, values }) => ({ key, values: [...values] }))
      return [{ ...rest, limits: { ...limits, set } }]
    })
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    gate.log.warn({ code: error.code }, 'the runner does not say what has run clean')
    return undefined
  }
}

/** As the owner signed them; of other verbs there are none. */
export function limitsIn({ verb, signed }: Pick<Standing, 'verb' | 'signed'>): Limits | undefined {
  if (verb !== 'keys') return undefined
  const read = parseStatement(signed.text)
  return read.ok && read.value.type === 'standing' ? read.value.limits : undefined
}

/** Of a signed command; of other verbs there are none. */
export function bytesIn({ verb, signed }: Pick<Standing, 'verb' | 'signed'>): Digest | undefined {
  if (verb !== 'command') return undefined
  const read = parseStatement(signed.text)
  return read.ok && read.value.type === 'standing' ? read.value.bytes : undefined
}

/** The work that a standing statement could cover. The runner judges by itself. */
export function standingWork(plan: Plan): { readonly unit: string; readonly verb: StandingVerb } | undefined {
  const action = plan.actions[0]?.action
  if (isStandingWork(plan) && action?.kind === 'unit')
    return action.verb === 'restart' || action.verb === 'reload'
      ? { unit: action.unit, verb: action.verb }
      : undefined
  const release = releaseOf(plan)
  if (release !== undefined) return { unit: release.path, verb: 'release' }
  const command = commandOf(plan)
  if (command !== undefined) return { unit: command.name, verb: 'command' }
  const keys = keysOf(plan)
  return keys === undefined ? undefined : { unit: keys.path, verb: 'keys' }
}

/** Changes of the service that are looked at, the newest. */
const LOOKED_AT = 200

/** Of a return: these very bytes, with these commands, were approved by people and kept. The runner looks in its own journal. */
export async function ranBefore(
  db: Parameters<typeof listChanges>[0],
  service: ServiceName,
  plan: Plan,
): Promise<boolean> {
  const work = releaseOf(plan)
  if (work === undefined) return true
  const kept = await listChanges(db, {
    service,
    standing: { states: [], outcomes: ['kept'] },
    limit: LOOKED_AT,
  })
  const before = kept.flatMap(({ change }) =>
    change.plan === undefined || change.standing !== undefined ? [] : (releaseOf(change.plan) ?? []),
  )
  return hasRun(work, before)
}

export function isInside(one: Standing, plan: Plan): boolean {
  if (one.verb === 'command') return bytesIn(one) === commandOf(plan)?.bytes
  if (one.verb !== 'keys') return true
  const [limits, keys] = [limitsIn(one), keysOf(plan)]
  return limits !== undefined && keys !== undefined && outsideOf(limits, keys) === undefined
}
