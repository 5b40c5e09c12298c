// Databases of every kind.
import type { Effect } from '../effect.ts'
import type { GuardPolicy } from '../policy.ts'
import type { Rule, Rules } from './rule.ts'

export const DATABASE_RULES: Rules = {
  'db.truncate': { rule: 'db.destroy', verdict: 'deny' },
  'db.drop': { rule: 'db.destroy', verdict: 'deny' },
  'db.update': { rule: 'db.change', verdict: 'ask' },
  'db.alter': { rule: 'db.change', verdict: 'ask' },
  'db.grant': { rule: 'db.grant', verdict: 'ask' },
  'db.admin': { rule: 'db.admin', verdict: 'ask' },
}

const DELETE: Rule = { rule: 'db.delete', verdict: 'deny' }
/** Answered by how far they go, and by what is declared. */
export const DATABASE_JUDGED: Rules = {
  'db.delete': DELETE,
  'db.unclear': { rule: 'db.unclear', verdict: 'ask', kind: 'unclear' },
}
const MAYBE_DELETE: Rule = { rule: 'db.delete', verdict: 'ask' }
const CHANGE: Rule = { rule: 'db.change', verdict: 'ask' }
const UNCLEAR: Rule = { rule: 'db.unclear', verdict: 'ask', kind: 'unclear' }

/** What the verb alone does not say: how far a delete goes, and whether the database is one that the policy speaks of. */
export function databaseRule(effect: Effect, policy: GuardPolicy): Rule | undefined {
  const { verb, on, certainty } = effect
  if (on.kind !== 'database') return undefined
  if (verb === 'db.delete') {
    if (on.bounded === true) return CHANGE
    return certainty === 'unknown' ? MAYBE_DELETE : DELETE
  }
  if (verb === 'db.insert') return isDeclared(on, policy) ? CHANGE : undefined
  return verb === 'db.unclear' && isDeclared(on, policy) ? UNCLEAR : undefined
}

const WRITES: ReadonlySet<string> = new Set(['db.update', 'db.insert', 'db.delete'])

/** Rows of a database that is declared by this very name, of a service whose data is changed through its own interface: the service. */
export function behindInterface({ verb, on }: Effect, policy: GuardPolicy): string | undefined {
  if (on.kind !== 'database' || !WRITES.has(verb)) return undefined
  const { engine, database } = on
  const named = policy.databases.find(
    (one) => (engine === 'sql' || nameOf(one.engine) === nameOf(engine)) && database === one.name,
  )
  const isThere = policy.protect.some(
    ({ kind, service, api }) => kind === 'data' && api !== undefined && service === named?.service,
  )
  return isThere ? named?.service : undefined
}

const SAME: Readonly<Record<string, string>> = {
  postgres: 'postgresql',
  pg: 'postgresql',
  mariadb: 'mysql',
  sqlite3: 'sqlite',
  mongo: 'mongodb',
  mssql: 'sqlserver',
}
const nameOf = (engine: string): string => SAME[engine.toLowerCase()] ?? engine.toLowerCase()

/** An engine that is not known may be any of them, and so may a database that the command does not name. */
const isDeclared = (
  { engine, database }: { engine: string; database?: string },
  policy: GuardPolicy,
): boolean =>
  policy.databases.some(
    (one) =>
      (engine === 'sql' || nameOf(one.engine) === nameOf(engine)) &&
      (database === undefined || !isName(database) || database === one.name),
  )

/** And not an address, a service entry or a list of settings, which name it in their own way. */
const isName = (database: string): boolean => /^\w[\w-]*$/.test(database)
