// Does a migration take back what this runner itself has run and kept? Only then its losses are counted for whoever approves in the place of rules of the text.
import type { Migrate } from '../plans/actions/migrate.ts'
import type { RunnerParts } from './parts.ts'
import { planAt } from './plan-at.ts'

/** The two files of a kept migration of this database, the other way round. */
export async function isKnownWayBack(
  { database, port, up, down }: Migrate,
  { journal, objects }: Pick<RunnerParts, 'journal' | 'objects'>,
): Promise<boolean> {
  for (const [execution, { outcome }] of [...journal.index.closed].toReversed()) {
    const accepted = outcome === 'kept' ? journal.index.accepted.get(execution) : undefined
    const plan = accepted === undefined ? undefined : await planAt(accepted.plan, objects)
    const isIt = plan?.actions.some(
      ({ action }) =>
        action.kind === 'migrate' &&
        action.database === database &&
        action.port === port &&
        action.up.digest === down?.digest &&
        action.down?.digest === up.digest,
    )
    if (isIt === true) return true
  }
  return false
}
