// What may be taken back of declared commands and calls: a run that is in effect, which has a way back, and after which the same was not run again.
import { failureOf, type Refused, refused } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import { canonical } from '../base/json.ts'
import type { Change, Wishes } from '../change/change.ts'
import { listChanges, loadChange, takenBackBy } from '../change/store.ts'
import type { Plan } from '../plans/plan.ts'
import { commandIn } from '../plans/playbooks/command.ts'
import { requestIn } from '../plans/playbooks/request.ts'

type Db = Parameters<typeof takenBackBy>[0]

/** Changes of the service that are looked at, the newest. */
const LOOKED_AT = 200

/** Refuses with what stands against taking this change back: change.taken_back, and of a command or a call what `againstRunBack` says. */
export async function againstTakingBack(db: Db, id: ChangeId): Promise<Refused | undefined> {
  const { change } = await loadChange(db, id)
  const by = await takenBackBy(db, change)
  if (by !== undefined) return refused('change.taken_back', { change: id, by })
  const { command, request } = change.wishes
  return (command ?? request) === undefined ? undefined : againstRunBack(db, change)
}

/** Throws what `againstTakingBack` refuses with. */
export async function requireToTakeBack(db: Db, id: ChangeId): Promise<void> {
  const against = await againstTakingBack(db, id)
  if (against !== undefined) throw failureOf(against)
}

/** Of a command or a call: exec.only_restore, request.only_restore, exec.ran_later, request.sent_later. */
async function againstRunBack(db: Db, change: Change): Promise<Refused | undefined> {
  const { service, plan } = change
  const { command, request } = change.wishes
  if (plan !== undefined && !hasRunBack(plan))
    return request === undefined
      ? refused('exec.only_restore', { service, command: command?.name ?? '' })
      : refused('request.only_restore', { service, call: request.call })
  return laterRun(db, change)
}

/** What is declared to take it back. */
const hasRunBack = (plan: Plan): boolean =>
  commandIn(plan)?.own.back !== undefined || requestIn(plan)?.inverse !== undefined

/** Refuses with exec.ran_later or request.sent_later where the same was run since and is in effect. */
async function laterRun(db: Db, change: Change): Promise<Refused | undefined> {
  const { id, service, wishes } = change
  const { command, request } = wishes
  // Where the way back of a command is taken back the command begins anew. A call would write over what a later one wrote.
  if (command?.turned === true) return undefined
  const kept = await listChanges(db, {
    service,
    standing: { states: [], outcomes: ['kept'] },
    limit: LOOKED_AT,
  })
  const began = startOf(change)
  for (const { change: other } of kept) {
    const isLater = isSame(other.wishes, wishes) && startOf(other) > began
    if (!isLater || (await takenBackBy(db, other)) !== undefined) continue
    // Of what began later nothing is left where this took it back.
    const back = other.takesBack === undefined ? undefined : (await loadChange(db, other.takesBack)).change
    if (back !== undefined && startOf(back) > began) continue
    return request === undefined
      ? refused('exec.ran_later', { change: id, command: command?.name ?? '', by: other.id })
      : refused('request.sent_later', { change: id, call: request.call, by: other.id })
  }
  return undefined
}

/** The same command, or the same call for the same parameters: with others it is about something else. */
function isSame(a: Wishes, b: Wishes): boolean {
  if (a.request === undefined || b.request === undefined)
    return a.command !== undefined && a.command.name === b.command?.name
  return a.request.call === b.request.call && canonical(a.request.params) === canonical(b.request.params)
}

const startOf = ({ executions }: Change): string => executions.at(-1)?.startedAt ?? ''
