// Whether a database holds the schema in which migrations leave their marks: asked when Sekisho is taken away, for it is not removed by itself.
import { SekishoError } from '../base/error.ts'
import { findCluster } from '../postgres/cluster.ts'
import { ask, literal } from '../postgres/query.ts'
import type { Limits } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'

/** `account`: of the server, which may drop it. */
export type MarksLeft =
  | { readonly is: 'there'; readonly account: string }
  | { readonly is: 'none' }
  | { readonly is: 'unknown' }

/** What somebody else owns under our name is not ours. */
const OURS = `SELECT to_json(EXISTS (SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = ${literal(MARKER_SCHEMA)} AND r.rolsuper))`

export async function marksLeft(
  { name, port }: { readonly name: string; readonly port: number },
  limits: Limits,
): Promise<MarksLeft> {
  try {
    const live = await findCluster({ port }, limits)
    const isThere = (await ask(live, name, OURS, limits)) === true
    return isThere ? { is: 'there', account: live.as.name } : { is: 'none' }
  } catch (cause) {
    if (!(cause instanceof SekishoError)) throw cause
    return { is: cause.code === 'backup.db_unknown' ? 'none' : 'unknown' }
  }
}
