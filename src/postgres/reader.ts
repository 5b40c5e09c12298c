// Who reads rows in a cluster of somebody else's: a role without power that logs in as itself. Whoever owns a database types its values, and so decides what
// runs when they are looked at; a superuser's session, whatever role it has set, would run it with the power of the machine's own account.
import { loginOf } from './login.ts'
import { assertItself, dropRole, letIn, makeRole, placeName, powerless } from './role.ts'
import { GUARD, serverOf } from './server.ts'
import { together } from './turns.ts'
import type { Cluster, Limits, Reader } from './types.ts'

const END_MS = 60_000

/**
 * Gives the work a login that reads every row of these databases and may do nothing else. Throws backup.db_no_loader, backup.db_no_slot,
 * backup.db_query_failed, and what the work throws.
 */
export async function withReader<T>(
  cluster: Cluster,
  databases: readonly [string, ...string[]],
  limits: Limits,
  work: (reader: Reader) => Promise<T>,
): Promise<T> {
  const account = await powerless()
  const shared = {
    enter: () => makeRole(cluster, account, { as: 'reader', granted: 'pg_read_all_data' }, limits),
    leave: async () => void (await dropRole(cluster, account, { timeoutMs: END_MS })),
  }
  const read = async () => {
    await letIn(cluster, account, databases, limits)
    const reader: Reader = {
      ...cluster,
      as: account,
      role: account.name,
      login: loginOf(account).file,
      reads: 'rows',
      settings: [
        ...(cluster.settings ?? []),
        'default_transaction_read_only=on',
        'row_security=off',
        // Whoever owns a table may hold it for as long as they like; nobody else's backup waits for that.
        'lock_timeout=60s',
        ...(await guards(cluster, limits)),
      ],
    }
    await assertItself(reader, databases[0], limits)
    return await work(reader)
  }
  return together(placeName(cluster), shared, read, limits.signal)
}

/** Where a server does not know it, a view in the place of a table runs as the reader. */
export async function guards(cluster: Cluster, limits: Limits): Promise<readonly string[]> {
  return (await serverOf(cluster, limits)).isGuarded ? [`${GUARD}=view,foreign-table`] : []
}
