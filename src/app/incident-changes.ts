// Changes around an incident: those that ended before it (suspects), and those that were made for it (recoveries), as they stand now.
import type { ChangeId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import { type Change, ENDS, type ExecutionSummary } from '../change/change.ts'
import { envBacks, envOptions } from '../change/env-back.ts'
import { listChanges, loadChange, takenBackBy } from '../change/store.ts'
import type { Incident, Recovery, Suspect } from '../incident/incident.ts'
import type { RecoveryState } from '../incident/next.ts'
import { PATTERNS } from '../plans/patterns.ts'
import type { Service } from '../plans/policy.ts'
import type { Executor } from '../record/store.ts'

/** How far back changes are suspects. */
const WINDOW_MS = 86_400_000
const LOOKED_AT = 1000
/** An incident lists so many. */
const MOST = 50

/** What ran on this service within a day before, the newest first; a restart or a reload left nothing behind. */
export async function suspectsOf(
  db: Executor,
  service: Service,
  at: Instant,
): Promise<Required<Pick<Incident, 'suspects' | 'suspectsLeftOut'>>> {
  const since = after(at, -WINDOW_MS)
  const recent = await listChanges(db, { service: service.name, since, lately: true, limit: LOOKED_AT })
  const found: Suspect[] = []
  for (const { change } of recent) {
    const last = change.executions.at(-1)
    const outcome = outcomeOf(last?.outcome)
    if (last === undefined || outcome === undefined || last.startedAt < since) continue
    if (!leavesSomething(change) || (await takenBackBy(db, change)) !== undefined) continue
    const undo = change.checks.find(({ check }) => check === 'undo')?.facts['milliseconds']
    found.push({
      change: change.id,
      pattern: change.pattern,
      what: touched(change),
      startedAt: last.startedAt,
      ...(last.endedAt === undefined ? {} : { endedAt: last.endedAt }),
      outcome,
      ...(typeof undo === 'number' ? { undoMs: undo } : {}),
      ...backOf(change),
    })
  }
  return { suspects: found.slice(0, MOST), suspectsLeftOut: Math.max(0, found.length - MOST) }
}

/** What a recovery took back, where it is the rollback of another change. */
export async function takenBackWith(
  db: Executor,
  { suspects }: Incident,
  by: ChangeId,
): Promise<{ readonly change: ChangeId; readonly what: string; readonly by: ChangeId } | undefined> {
  const { takesBack } = (await loadChange(db, by)).change
  if (takesBack === undefined) return undefined
  const what = suspects.find(({ change }) => change === takesBack)?.what
  return { change: takesBack, what: what ?? touched((await loadChange(db, takesBack)).change), by }
}

/** A restart of this incident was done, and not only ordered. */
export async function wasRestarted(db: Executor, { recoveries }: Incident): Promise<boolean> {
  const restarts = recoveries.filter(({ what }) => what === 'restart')
  const done = await Promise.all(
    restarts.map(async ({ change }) => (await loadChange(db, change)).change.executions.length > 0),
  )
  return done.includes(true)
}

/** Where `change rollback` refuses, or would wait for a health that is red: the way back of a call or a command is run beside a service that is well. */
function backOf({ pattern, wishes: { migration }, diff }: Change): Pick<Suspect, 'back'> {
  const { wish } = PATTERNS[pattern]
  if (wish === 'request' || wish === 'command' || (migration !== undefined && migration.down === undefined))
    return { back: { kind: 'none' } }
  const env = envBacks(diff ?? '').find(({ valued }) => valued.length > 0)
  return env === undefined ? {} : { back: { kind: 'values', options: envOptions(env), keys: env.valued } }
}

/** Suspects of an incident that nobody has taken back yet; what a person did by hand to the same files counts as tried. */
export async function suspectsLeft(
  db: Executor,
  { suspects, recoveries }: Incident,
): Promise<readonly Suspect[]> {
  const byHand = recoveries.filter(({ what, failed }) => what === 'other' && failed === true)
  const tried = new Set(
    await Promise.all(byHand.map(async ({ change }) => touched((await loadChange(db, change)).change))),
  )
  const left = await Promise.all(
    suspects.map(async (one) => {
      if (one.outcome === 'taken_back') return []
      if (one.back?.kind === 'values' && tried.has(one.what)) return []
      const { change } = await loadChange(db, one.change)
      return (await takenBackBy(db, change)) === undefined ? [one] : []
    }),
  )
  return left.flat()
}

/** Undefined where nothing was done. */
function outcomeOf(outcome: ExecutionSummary['outcome']): Suspect['outcome'] | undefined {
  if (outcome === undefined) return 'open'
  if (outcome === 'refused' || outcome === 'nothing_done') return undefined
  return outcome === 'kept' ? 'kept' : 'taken_back'
}

function leavesSomething({ pattern, wishes: { verb } }: Change): boolean {
  return pattern !== 'isolation' && verb !== 'restart' && verb !== 'reload' && verb !== 'start'
}

function touched({ wishes, impact, service }: Change): string {
  const paths = impact.files.length > 0 ? impact.files : wishes.files.map(({ path }) => path)
  if (paths.length > 0) return paths.join(', ')
  return wishes.verb === undefined ? service : `${wishes.verb} ${service}`
}

/** Each recovery with what has become of its change. */
export async function recoveryStates(db: Executor, incident: Incident): Promise<readonly RecoveryState[]> {
  return Promise.all(
    incident.recoveries.map(async ({ change: id, what, failed }) => {
      const { change } = await loadChange(db, id)
      return {
        change: id,
        what,
        state: change.state,
        ...(what === 'undo' ? undoOf(change) : { end: endOf(change), approved: approvalOf(change) }),
        failed: failed === true,
      }
    }),
  )
}

/** The way back of a change was approved with it. */
function undoOf(change: Change): Pick<RecoveryState, 'end' | 'approved'> {
  const outcome = change.executions.at(-1)?.outcome
  const by = change.decisions.some(({ type, live }) => type === 'approve' && live) ? 'people' : 'standing'
  if (outcome === undefined) return { end: 'open', approved: by }
  return outcome === 'rolled_back' ? { end: 'kept', approved: by } : { end: 'not_kept', approved: 'no' }
}

export function endOf(change: Change): RecoveryState['end'] {
  if (change.state === 'succeeded') return 'kept'
  if (change.state === 'void' || change.state === 'failed') return 'not_kept'
  if (!ENDS.includes(change.state) && change.state !== 'expired') return 'open'
  return change.executions.at(-1)?.outcome === 'kept' ? 'kept' : 'not_kept'
}

/** Before it was decided, and after it was refused or ended without an effect, it is not approved. */
export function approvalOf(change: Change): RecoveryState['approved'] {
  const { state, standing, decisions } = change
  const begun = state === 'approved' || state === 'scheduled' || change.executions.length > 0
  if (!begun || endOf(change) === 'not_kept') return 'no'
  if (decisions.some(({ type, live }) => type === 'approve' && live)) return 'people'
  return standing === undefined ? 'no' : 'standing'
}

/** Changes of the service that were made since the incident was opened and are not among its recoveries. */
export async function madeSince(
  db: Executor,
  incident: Incident,
): Promise<readonly (Omit<Recovery, 'at'> & { readonly takesBack?: ChangeId })[]> {
  const made = await listChanges(db, { service: incident.service, limit: MOST })
  return made.flatMap(({ change }) => {
    const isNew = change.createdAt >= incident.openedAt && endOf(change) !== 'not_kept'
    if (!isNew || incident.recoveries.some((one) => one.change === change.id)) return []
    if (approvalOf(change) === 'no' || !isForIncident(change, incident)) return []
    const { takesBack } = change
    return [{ change: change.id, what: kindOf(change), ...(takesBack === undefined ? {} : { takesBack }) }]
  })
}

/**
 * What takes a suspect back, a restore or a restart, when it is being done; any other change when it is kept. Health is looked at after it, and
 * says whether it was one.
 */
function isForIncident(change: Change, { suspects }: Incident): boolean {
  const { takesBack } = change
  const isBack = takesBack !== undefined && suspects.some((one) => one.change === takesBack)
  const isMeant = isBack || change.pattern === 'data' || change.wishes.verb === 'restart'
  return change.executions.length > 0 && (isMeant || endOf(change) === 'kept')
}

export function kindOf({ takesBack, pattern, wishes }: Change): Recovery['what'] {
  if (takesBack !== undefined) return 'rollback'
  if (pattern === 'data') return 'restore'
  return wishes.verb === 'restart' ? 'restart' : 'other'
}
