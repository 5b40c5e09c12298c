// Which shapes of change have run clean here, by this runner's own journal and the plans that it keeps: from them an owner may sign a
// standard change, and the runner looks again before it takes the statement.
import { type Answer, refused } from '../../base/error.ts'
import type { ExecutionId, ServiceName } from '../../base/id.ts'
import type { Plan } from '../../plans/plan.ts'
import {
  CLEAN_RUNS,
  type CommandWork,
  commandOf,
  type KeysWork,
  keysOf,
  type Limits,
  limitsOf,
  MOST_RUNS,
  shapeOf,
} from '../../seal/standard.ts'
import type { StatementOf } from '../../seal/statement.ts'
import type { JournalIndex } from '../journal/index.ts'

/** What has run clean since the last wrong end of the same shape. */
export interface CleanShape {
  readonly limits: Limits
  /** The newest `MOST_RUNS`, in order. */
  readonly runs: readonly ExecutionId[]
}

/** Executions that are looked at, the newest: each costs the reading of its plan. */
const LOOKED_AT = 500

type PlanOf = (execution: ExecutionId) => Promise<Plan | undefined>

interface Run {
  readonly execution: ExecutionId
  readonly work: KeysWork
}

/**
 * A run is clean when people approved it, it was kept, nothing was parked and no proof was red. What ended otherwise begins the count
 * anew; what ran under a standing statement neither counts nor, where it was clean, ends it.
 */
export async function cleanShapes(
  service: ServiceName,
  index: JournalIndex,
  planOf: PlanOf,
): Promise<readonly CleanShape[]> {
  const shapes = new Map<string, Run[]>()
  for (const { execution } of index.uses.slice(-LOOKED_AT)) {
    const plan = await planOf(execution)
    const work = plan?.service === service ? keysOf(plan) : undefined
    const closed = index.closed.get(execution)
    if (work === undefined || closed === undefined) continue
    const runs = shapes.get(shapeOf(work)) ?? []
    shapes.set(shapeOf(work), runs)
    if (closed.outcome !== 'kept' || index.misbehaved.has(execution)) runs.length = 0
    else if (index.accepted.get(execution)?.standing === undefined) runs.push({ execution, work })
  }
  return [...shapes.values()].flatMap((all) => {
    const runs = all.slice(-MOST_RUNS)
    const limits = limitsOf(runs.map(({ work }) => work))
    return limits === undefined ? [] : [{ limits, runs: runs.map(({ execution }) => execution) }]
  })
}

/** A command of exactly these bytes, and its runs since its last wrong end. */
export interface CleanCommand extends CommandWork {
  /** The newest `MOST_RUNS`, in order. */
  readonly runs: readonly ExecutionId[]
}

/** As `cleanShapes`. Other bytes are another command, of which nothing has run. */
export async function cleanCommands(
  service: ServiceName,
  index: JournalIndex,
  planOf: PlanOf,
): Promise<readonly CleanCommand[]> {
  const found = new Map<string, { readonly work: CommandWork; readonly runs: ExecutionId[] }>()
  for (const { execution } of index.uses.slice(-LOOKED_AT)) {
    const plan = await planOf(execution)
    const work = plan?.service === service ? commandOf(plan) : undefined
    const closed = index.closed.get(execution)
    if (work === undefined || closed === undefined) continue
    const key = `${work.name} ${work.bytes}`
    const one = found.get(key) ?? { work, runs: [] }
    // The newest last: it is the one that may be proposed.
    found.delete(key)
    found.set(key, one)
    if (closed.outcome !== 'kept' || index.misbehaved.has(execution)) one.runs.length = 0
    else if (index.accepted.get(execution)?.standing === undefined) one.runs.push(execution)
  }
  return [...found.values()]
    .filter(({ runs }) => runs.length > 0)
    .map(({ work, runs }) => ({ ...work, runs: runs.slice(-MOST_RUNS) }))
}

/** INVARIANT S6: nothing becomes standard but what ran clean five times here, with values or bytes that people approved then. */
export async function mayBeStandard(
  statement: StatementOf<'standing'>,
  index: JournalIndex,
  planOf: PlanOf,
): Promise<Answer<object>> {
  const { service, limits, bytes, unit, runs = [] } = statement
  const no = (why: string): Answer<never> => refused('judge.standing_covers_not', { why, service })
  if (statement.verb === 'command') {
    const clean = (await cleanCommands(service, index, planOf)).find(
      (one) => one.name === unit && one.bytes === bytes,
    )
    const counted = new Set(runs.filter((one) => clean?.runs.includes(one) === true))
    return counted.size < CLEAN_RUNS || counted.size < runs.length
      ? refused('standard.too_few', { service, path: unit, have: counted.size, need: CLEAN_RUNS })
      : { ok: true }
  }
  if (limits === undefined) return no('no limits')
  const clean = (await cleanShapes(service, index, planOf)).find(
    (one) => shapeOf(one.limits) === shapeOf(limits),
  )
  const counted = runs.filter((one) => clean?.runs.includes(one) === true)
  if (counted.length < runs.length || new Set(counted).size < CLEAN_RUNS)
    return refused('standard.too_few', {
      service,
      path: limits.path,
      have: new Set(counted).size,
      need: CLEAN_RUNS,
    })
  const approved = clean?.limits.set ?? []
  const other = limits.set.find(({ key, values }) => {
    const seen = approved.find((one) => one.key === key)?.values ?? []
    return values.some((value) => !seen.includes(value))
  })
  return other === undefined ? { ok: true } : no(other.key)
}
