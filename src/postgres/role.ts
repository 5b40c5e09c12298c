// The one role that we make in a cluster of somebody else's: it logs in as itself, by the account of its name, and is there only while it is needed.
import { randomBytes } from 'node:crypto'
import { SekishoError } from '../base/error.ts'
import { isObject, type Json } from '../base/json.ts'
import { accountOf } from './cluster.ts'
import { loginOf } from './login.ts'
import { ask, identifier, literal, NO_SLOT, tell, tellUnseen } from './query.ts'
import type { Account, Cluster, Limits } from './types.ts'

const MARKS = { loader: 'sekisho loader', reader: 'sekisho reader', retired: 'sekisho retired' } as const
export type RoleFor = Exclude<keyof typeof MARKS, 'retired'>

/** As SQL: the texts by which a role of ours is known. */
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
  const names = await namesOf(
    cluster,
    `SELECT datname FROM pg_database WHERE datname IN (${databases.map(literal).join(', ')}) AND NOT has_database_privilege(${role}, oid, 'CONNECT')`,
    limits,
  )
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
 * may have been killed. May run twice.
 */
export async function dropRole(cluster: Cluster, account: Account, limits: Limits): Promise<boolean> {
  const name = literal(account.name)
  const ours = `SELECT coalesce(shobj_description(oid, 'pg_authid') IN (${OUR_MARKS}), false) FROM pg_roles WHERE rolname = ${name}`
  const found = await ask(
    cluster,
    'postgres',
    `SELECT json_build_object('ours', (${ours}), 'databases', (${namesIn(letInto(account.name))}))`,
    limits,
  )
  const role = isObject(found) ? found : {}
  if (role['ours'] === null) return true
  if (role['ours'] !== true) return false
  const databases = listOf(role['databases'])
  if (!(await removeRole(cluster, account.name, limits, databases)))
    await retire(cluster, account.name, limits)
  return true
}

const TRIES = 3
/** Somebody may hold what stands in the way for as long as they like. */
const LOCK = { settings: ['lock_timeout=2s'] } as const

/**
 * Where a role is known in the databases of others it cannot be dropped: an owner may have granted it something, or named it in a policy, while it was
 * there. That is forgotten in each of them. False where one cannot be entered, or is held. `seen`: into which databases it is let, where that was just asked.
 */
export async function removeRole(
  cluster: Cluster,
  name: string,
  limits: Limits,
  seen?: readonly string[],
): Promise<boolean> {
  const role = identifier(name)
  let known = seen
  for (let left = TRIES; left > 0; left--) {
    const databases = known ?? (await namesOf(cluster, letInto(name), limits))
    known = undefined
    const revoked = databases.map((one) => `REVOKE ALL ON DATABASE ${identifier(one)} FROM ${role}`)
    try {
      await tell(cluster, 'postgres', [...revoked, `DROP ROLE IF EXISTS ${role}`], limits, LOCK)
      return true
    } catch {
      // A database that it was let into has another name by now, or it is known elsewhere.
      for (const database of await knownIn(cluster, name, limits))
        await tell(cluster, database, [`DROP OWNED BY ${role}`], limits, LOCK).catch(() => {})
    }
  }
  return false
}

const letInto = (name: string) =>
  `SELECT d.datname FROM pg_database d, aclexplode(d.datacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = ${literal(name)}`

function knownIn(cluster: Cluster, name: string, limits: Limits): Promise<readonly string[]> {
  const known = `SELECT d.datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.refobjid
    WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ${literal(name)} AND d.datallowconn`
  return namesOf(cluster, known, limits)
}

/** Nobody keeps us from making one of its name: what cannot be removed logs in no more, may nothing of ours, and has another name until it can be. */
async function retire(cluster: Cluster, name: string, limits: Limits): Promise<void> {
  const [role, retired] = [identifier(name), `sekisho_retired_${randomBytes(6).toString('hex')}`]
  await tell(
    cluster,
    'postgres',
    [
      'BEGIN',
      `ALTER ROLE ${role} NOLOGIN ${NOTHING} NOBYPASSRLS NOINHERIT PASSWORD NULL`,
      `REVOKE pg_read_all_data FROM ${role}`,
      `ALTER ROLE ${role} RENAME TO ${identifier(retired)}`,
      `COMMENT ON ROLE ${identifier(retired)} IS ${literal(MARKS.retired)}`,
      'COMMIT',
    ],
    limits,
  )
}

async function namesOf(cluster: Cluster, select: string, limits: Limits): Promise<readonly string[]> {
  return listOf(await ask(cluster, 'postgres', namesIn(select), limits))
}

const namesIn = (select: string) => `SELECT coalesce(json_agg(DISTINCT n), '[]') FROM (${select}) AS x(n)`
const listOf = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** Logged in as itself, with nothing to go back to; else nothing is done by it. Throws backup.db_no_loader, backup.db_no_slot. */
export async function assertItself(as: Cluster, database: string, limits: Limits): Promise<void> {
  const refused = (why: string, cause?: unknown) =>
    new SekishoError('backup.db_no_loader', { role: as.role, why }, { cause })
  const who = await tell(
    as,
    database,
    ["SELECT session_user || ' ' || current_user || ' ' || current_setting('is_superuser')"],
    limits,
  ).catch((cause: unknown) => {
    const why = cause instanceof SekishoError ? String(cause.detail['why']) : String(cause)
    if (NO_SLOT.test(why))
      throw new SekishoError('backup.db_no_slot', { database, port: as.port, role: as.role, why }, { cause })
    throw refused(why, cause)
  })
  if (who !== `${as.role} ${as.role} off`) throw refused(`it became ${who}`)
}

export function placeName({ socket, port }: Cluster): string {
  return `${socket}:${port}`
}
