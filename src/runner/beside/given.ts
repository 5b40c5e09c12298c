// What a rehearsal beside the deployed service is given: a clone of its database, and the release that runs without those that lie beside it.
import { readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { hasMigrations } from '../../plans/playbooks/schema.ts'
import type { Service } from '../../plans/policy.ts'
import type { NotCompared } from '../../plans/receipt.ts'
import type { BesideSpec } from '../../rehearsal/beside.ts'
import { type CodeClone, withCodeClone } from '../../schema/pairs.ts'
import { absentDatabases } from '../code/migrations.ts'
import type { RunnerParts } from '../parts.ts'

interface Played {
  readonly receipt: { readonly notCompared: readonly NotCompared[] }
}

/**
 * A database that cannot be cloned stops nothing by itself: whether the service starts without it, its start tells. INVARIANT: the receipt names each declared
 * database that the room did not have, before all else that was not compared.
 */
export async function withDatabase<T extends Played>(
  service: Pick<Service, 'databases'>,
  parts: RunnerParts,
  signal: AbortSignal,
  playWith: (database: Pick<BesideSpec, 'database' | 'tables'> | undefined) => Promise<T>,
): Promise<T> {
  const { databases = [] } = service
  const database = databases.find(hasMigrations) ?? databases[0]
  const play = async (given: Parameters<typeof playWith>[0]): Promise<T> => {
    const played = await playWith(given)
    const absent = absentDatabases(service, given === undefined ? undefined : database)
    const notCompared = [...absent, ...played.receipt.notCompared]
    return { ...played, receipt: { ...played.receipt, notCompared } }
  }
  if (database === undefined) return play(undefined)
  const { name, port } = database
  let isPlayed = false
  const onClone = ({ socket, bytes, content }: CodeClone) => {
    isPlayed = true
    return play({
      database: { port, socket, name: `postgresql:${port}/${name}`, bytes },
      tables: content,
    })
  }
  return withCodeClone(database, [], parts, signal, false, onClone).catch(async (cause: unknown) => {
    if (isPlayed || !(cause instanceof SekishoError) || !/^(backup\.db|schema)/.test(cause.code)) throw cause
    return play(undefined)
  })
}

/** Releases that lie beside the one that runs. */
export function idleReleases({ code }: Service): readonly string[] {
  if (code?.repo.deploy !== 'releases') return []
  const { path } = code.repo
  try {
    const runs = realpathSync(join(path, 'current'))
    const holder = dirname(runs)
    if (holder === path) return []
    return readdirSync(holder)
      .map((name) => join(holder, name))
      .filter((one) => one !== runs)
  } catch {
    return []
  }
}
