// What a service's copies must not share a fate with: every place that what is copied lies in, and every user that writes there. What cannot be told is
// said to be unknown, and counts as the same disk (backup.md §0).
import { existsSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { showProperties } from '../host/unit-facts.ts'
import type { Service } from '../plans/policy.ts'
import { accountOf, findCluster } from '../postgres/cluster.ts'
import { clusterPlaces } from '../postgres/facts.ts'
import type { SnapshotPorts } from './ports.ts'

export interface User {
  readonly uid: number
  readonly gid: number
}

export interface Sources {
  /** Absolute, and there. */
  readonly paths: readonly string[]
  /** Who may write there: what one of these can erase is no copy. */
  readonly users: readonly User[]
  /** What of it could not be looked at. */
  readonly unknown?: string
}

const CLUSTER_MS = 20_000

export async function sourcesOf(
  service: Service,
  parts: SnapshotPorts,
  signal?: AbortSignal,
): Promise<Sources> {
  const paths = (service.data ?? []).map(({ dir }) => dir).filter((dir) => existsSync(dir))
  const users: User[] = paths.map((path) => statSync(path)).map(({ uid, gid }) => ({ uid, gid }))
  let unknown: string | undefined
  for (const port of new Set((service.databases ?? []).map((one) => one.port)))
    try {
      const limits = { timeoutMs: CLUSTER_MS, ...(signal === undefined ? {} : { signal }) }
      const cluster = await findCluster({ port }, limits)
      users.push(cluster.as)
      const { data, others } = await clusterPlaces(cluster, limits)
      // The log may have been moved to a disk of its own.
      const log = await realpath(join(data, 'pg_wal')).catch(() => data)
      for (const path of [data, log, ...others])
        if (existsSync(path)) paths.push(path)
        else unknown = path
    } catch (cause) {
      if (!(cause instanceof SekishoError) || signal?.aborted === true) throw cause
      unknown = `postgresql:${port}`
    }
  users.push(...(await userOfUnit(service, parts, signal)))
  // Settings alone: with data beside them, that they lie on the system's disk says nothing of the data's copies.
  if (paths.length === 0 && unknown === undefined)
    paths.push(...service.files.map(({ path }) => dirname(path)).filter((path) => existsSync(path)))
  const distinct = users.filter(({ uid }, at) => users.findIndex((one) => one.uid === uid) === at)
  return {
    paths: [...new Set(paths)],
    users: distinct,
    ...(unknown === undefined ? {} : { unknown }),
  }
}

/** A directory of root's may be full of files that the service writes. */
async function userOfUnit(
  { unit }: Service,
  { process, systemctl }: SnapshotPorts,
  signal?: AbortSignal,
): Promise<readonly User[]> {
  if (unit === undefined || !systemctl) return []
  const reader = { run: process, ...(signal === undefined ? {} : { signal }) }
  const shown = await showProperties(unit, ['User'], reader).catch((cause: unknown) => {
    if (cause instanceof SekishoError && signal?.aborted !== true) return undefined
    throw cause
  })
  const name = shown?.get('User') ?? ''
  const account = name === '' ? undefined : await accountOf(name)
  return account === undefined ? [] : [account]
}
