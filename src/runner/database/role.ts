// The one role that we make in a cluster of somebody else's: it logs in as itself, by the account of its name, and is there only while it is needed.
import { SekishoError } from '../../base/error.ts'
import { accountOf } from './cluster.ts'
import { loginOf } from './login.ts'
import { ask, identifier, literal, tell, tellUnseen } from './query.ts'
import type { Account, Cluster, Limits } from './types.ts'

const MARKS = { loader: 'sekisho loader', reader: 'sekisho reader' } as const
export type RoleFor = keyof typeof MARKS

/** As SQL: the texts by which our role is known. */
export const OUR_MARKS = Object.values(MARKS).map(literal).join(', ')

/** An account that owns nothing. Throws backup.db_no_loader. */
export async function powerless(): Promise<Account> {
  const found = (await accountOf('sekisho-loader')) ?? (await accountOf('nobody'))
  if (found === undefined)
    throw new SekishoError('backup.db_no_loader', { role: 'nobody', why: 'no such account' })
  return found
}

const NOTHING = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'
const RIGHTS: Readonly<Record<RoleFor, string>> = {
  loader: `${NOTHING} NOBYPASSRLS NOINHERIT`,
  reader: `${NOTHING} BYPASSRLS INHERIT`,
}

/**
 * A new one each time, so that nothing of an earlier one is in it; to the role `granted`, and into the databases. Throws backup.db_no_loader where a role of
 * that name is somebody else's: it may do more than we know, and is not ours to remove.
 */
export async function makeRole(
  cluster: Cluster,
  account: Account,
  of: { readonly as: RoleFor; readonly granted: string },
  limits: Limits,
): Promise<void> {
  const role = identifier(account.name)
  if (account.uid === 0 || account.uid === cluster.as.uid || !(await dropRole(cluster, account, limits)))
    throw new SekishoError('backup.db_no_loader', {
      role: account.name,
      why: 'a role of that name is in use',
    })
  await tellUnseen(
    cluster,
    'postgres',
    [
      'BEGIN',
      `CREATE ROLE ${role} LOGIN ${RIGHTS[of.as]} PASSWORD ${literal(loginOf(account).verifier)}`,
      `COMMENT ON ROLE ${role} IS ${literal(MARKS[of.as])}`,
      `GRANT ${identifier(of.granted)} TO ${role}`,
      'COMMIT',
    ],
    limits,
  )
}

/** Where a database lets in only whom it names, it names our role too, until the role is gone. */
export async function letIn(
  cluster: Cluster,
  account: Account,
  databases: readonly string[],
  limits: Limits,
): Promise<void> {
  const role = literal(account.name)
  const closed = await ask(
    cluster,
    'postgres',
    `SELECT coalesce(json_agg(datname), '[]') FROM pg_database WHERE datname IN (${databases.map(literal).join(', ')}) AND NOT has_database_privilege(${role}, oid, 'CONNECT')`,
    limits,
  )
  const names = Array.isArray(closed) ? closed.map(String) : []
  if (names.length > 0)
    await tell(
      cluster,
      'postgres',
      names.map((name) => `GRANT CONNECT ON DATABASE ${identifier(name)} TO ${identifier(account.name)}`),
      limits,
    )
}

/**
 * Removes what is ours, with what was granted to it; false where a role of that name is not. To be called also before the first use in a process: another
 * may have been killed. May run twice. Throws backup.db_query_failed where it cannot be removed: something was made in its name.
 */
export async function dropRole(cluster: Cluster, account: Account, limits: Limits): Promise<boolean> {
  for (let left = TRIES; ; left--)
    try {
      return await dropOnce(cluster, account, limits)
    } catch (cause) {
      // A database that it was let into has another name by now.
      if (left === 1) throw cause
    }
}

const TRIES = 3

async function dropOnce(cluster: Cluster, account: Account, limits: Limits): Promise<boolean> {
  const name = literal(account.name)
  const found = await ask(
    cluster,
    'postgres',
    `SELECT json_build_object(
      'ours', (SELECT coalesce(shobj_description(oid, 'pg_authid') IN (${OUR_MARKS}), false) FROM pg_roles WHERE rolname = ${name}),
      'databases', (SELECT coalesce(json_agg(d.datname), '[]') FROM pg_database d WHERE EXISTS
        (SELECT FROM aclexplode(d.datacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = ${name})))`,
    limits,
  )
  const { ours, databases } = found as {
    readonly ours: boolean | null
    readonly databases: readonly string[]
  }
  if (ours === null) return true
  if (!ours) return false
  const role = identifier(account.name)
  await tell(
    cluster,
    'postgres',
    [
      ...databases.map((one) => `REVOKE ALL ON DATABASE ${identifier(one)} FROM ${role}`),
      `DROP ROLE IF EXISTS ${role}`,
    ],
    limits,
  )
  return true
}

/** Logged in as itself, with nothing to go back to; else nothing is done by it. Throws backup.db_no_loader. */
export async function assertItself(as: Cluster, database: string, limits: Limits): Promise<void> {
  const refused = (why: string, cause?: unknown) =>
    new SekishoError('backup.db_no_loader', { role: as.role, why }, { cause })
  const who = await tell(
    as,
    database,
    ["SELECT session_user || ' ' || current_user || ' ' || current_setting('is_superuser')"],
    limits,
  ).catch((cause: unknown) => {
    throw refused(cause instanceof SekishoError ? String(cause.detail['why']) : String(cause), cause)
  })
  if (who !== `${as.role} ${as.role} off`) throw refused(`it became ${who}`)
}

export function placeName({ socket, port }: Cluster): string {
  return `${socket}:${port}`
}
