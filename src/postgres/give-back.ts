// What a dump does not hold and a database had: its rights and its settings, given to the one that takes its place.
import type { DatabaseFacts } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import { databaseSettings } from './facts.ts'
import { ask, identifier, literal, tell } from './query.ts'
import type { Cluster, Limits } from './types.ts'

interface Right {
  readonly role: string | null
  readonly right: string
  readonly grantable: boolean
}

/** Answers what was not given back, each in a line. Throws backup.db_query_failed. */
export async function giveBack(
  cluster: Cluster,
  database: string,
  /** The live database, where there is one. */
  like: string | undefined,
  facts: DatabaseFacts,
  limits: Limits,
): Promise<readonly string[]> {
  return [
    ...(await giveRights(cluster, database, facts, limits)),
    ...(await giveSettings(cluster, database, like, facts, limits)),
  ]
}

async function giveRights(
  cluster: Cluster,
  database: string,
  facts: DatabaseFacts,
  limits: Limits,
): Promise<readonly string[]> {
  const name = identifier(database)
  if (facts.acl.length === 0) {
    // The default: everybody may connect and make temporary tables.
    await tell(cluster, 'postgres', [`GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO PUBLIC`], limits)
    return []
  }
  await tell(cluster, 'postgres', [`REVOKE ALL ON DATABASE ${name} FROM ${identifier(facts.owner)}`], limits)
  const said: string[] = []
  for (const item of facts.acl) {
    const rights = await ask(
      cluster,
      'postgres',
      `SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'right', a.privilege_type, 'grantable', a.is_grantable)), '[]')
       FROM aclexplode(ARRAY[${literal(item)}::aclitem]) a LEFT JOIN pg_roles r ON r.oid = a.grantee`,
      limits,
    ).catch((cause: unknown) => {
      // A role that is gone cannot be given anything.
      if (cause instanceof SekishoError) return undefined
      throw cause
    })
    if (rights === undefined) said.push(item)
    else
      await tell(
        cluster,
        'postgres',
        (rights as unknown as readonly Right[]).map(
          ({ role, right, grantable }) =>
            `GRANT ${right} ON DATABASE ${name} TO ${role === null ? 'PUBLIC' : identifier(role)}${grantable ? ' WITH GRANT OPTION' : ''}`,
        ),
        limits,
      )
  }
  return said
}

/** A setting that any session may make for itself is harmless; any other only if the live database has the very same one. */
async function giveSettings(
  cluster: Cluster,
  database: string,
  like: string | undefined,
  facts: DatabaseFacts,
  limits: Limits,
): Promise<readonly string[]> {
  if (facts.settings.length === 0) return []
  const live = new Set(like === undefined ? [] : await databaseSettings(cluster, like, limits))
  const free = await ask(
    cluster,
    'postgres',
    `SELECT coalesce(json_agg(name), '[]') FROM pg_settings WHERE context = 'user'`,
    limits,
  )
  const said: string[] = []
  for (const setting of facts.settings) {
    const match = /^([\w.]+)(?:@([^=]*))?=(.*)$/s.exec(setting)
    const [, name = '', role, value = ''] = match ?? []
    const may = live.has(setting) || (Array.isArray(free) && free.includes(name))
    const whose = role === undefined ? 'ALTER' : `ALTER ROLE ${identifier(decodeURIComponent(role))} IN`
    if (!may || match === null) said.push(setting)
    else
      await tell(
        cluster,
        'postgres',
        [`${whose} DATABASE ${identifier(database)} SET ${name} TO ${valueOf(name, value)}`],
        limits,
      ).catch(() => said.push(setting))
  }
  return said
}

/** Lists of names are written as lists: quoted as one they would be one name. */
function valueOf(name: string, value: string): string {
  const lists = [
    'search_path',
    'temp_tablespaces',
    'session_preload_libraries',
    'local_preload_libraries',
    'datestyle',
  ]
  if (!lists.includes(name.toLowerCase())) return literal(value)
  const parts = [...value.matchAll(/"((?:[^"]|"")*)"|[^,\s]+/g)]
  return parts.map(([word, quoted]) => literal(quoted?.replaceAll('""', '"') ?? word)).join(', ')
}
