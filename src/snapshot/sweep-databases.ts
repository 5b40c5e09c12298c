// What a runner that was killed has left of databases: throw-away clusters in its data, and roles in the clusters that the rules name. Called before
// the first work of a process: nothing of it is in use then.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findCluster } from '../postgres/cluster.ts'
import { dropLeftRoles } from '../postgres/left-over.ts'
import { sweepScratch } from '../postgres/scratch.ts'
import type { SnapshotPorts } from './ports.ts'

const LIMITS = { timeoutMs: 10_000 }

/** What cannot be removed now is said, and taken away by the next start or by the next use. */
export async function sweepDatabases({ place, policies, journal, log }: SnapshotPorts): Promise<void> {
  const say = (what: string) => (cause: unknown) =>
    log('what was left cannot be taken away', { what, why: String(cause).slice(0, 300) })
  const clusters = join(place.data, 'clusters')
  if (existsSync(clusters)) await sweepScratch({ directory: clusters }, LIMITS).catch(say(clusters))
  // What is under way may be logged in as one of them, and removes it itself.
  if (!policies.loaded || journal.index.open().length > 0) return
  const ports = policies.current.services.flatMap(({ databases = [] }) => databases.map(({ port }) => port))
  for (const port of new Set(ports)) {
    const roles = await findCluster({ port }, LIMITS)
      .then((cluster) => dropLeftRoles(cluster, LIMITS))
      .catch((cause: unknown) => {
        say(`postgresql:${port}`)(cause)
        return []
      })
    if (roles.length > 0) log('a role of a load that was killed is gone', { port, roles: [...roles] })
  }
}
