// What may be taken back of declared commands: a run that is in effect, whose command has a way back and has not run again since.
import { SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import type { Change } from '../change/change.ts'
import { listChanges, loadChange, takenBackBy } from '../change/store.ts'
import { commandIn } from '../plans/playbooks/command.ts'

type Db = Parameters<typeof takenBackBy>[0]

/** Changes of the service that are looked at, the newest. */
const LOOKED_AT = 200

/** The change that took this one back and was not itself taken back. */
export async function undoneBy(db: Db, change: Change): Promise<ChangeId | undefined> {
  const by = await takenBackBy(db, change)
  if (by === undefined) return undefined
  const back = await loadChange(db, by)
  return (await takenBackBy(db, back.change)) === undefined ? by : undefined
}

/** Throws exec.only_restore, exec.ran_later. */
export async function requireLastRun(db: Db, change: Change): Promise<void> {
  const { id, service, plan, wishes } = change
  const command = wishes.command?.name ?? ''
  if (plan !== undefined && commandIn(plan)?.own.back === undefined)
    throw new SekishoError('exec.only_restore', { service, command })
  // A way back is no run of the command: what it took back is not in effect.
  if (change.takesBack !== undefined) return
  const kept = await listChanges(db, {
    service,
    standing: { states: [], outcomes: ['kept'] },
    limit: LOOKED_AT,
  })
  const began = startOf(change)
  for (const { change: other } of kept) {
    const isLater = other.wishes.command?.name === command && startOf(other) > began
    if (!isLater || other.takesBack !== undefined || (await undoneBy(db, other)) !== undefined) continue
    throw new SekishoError('exec.ran_later', { change: id, command, by: other.id })
  }
}

const startOf = ({ executions }: Change): string => executions.at(-1)?.startedAt ?? ''
