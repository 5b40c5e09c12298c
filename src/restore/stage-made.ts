// Records what staging makes before it is made, so that everything can be found and removed after a fault or a kill. It lies on the volume of
// the data, whose space the running service needs.
import { SekishoError } from '../base/error.ts'
import { findCluster } from '../postgres/cluster.ts'
import { dropRole, placeName, powerless } from '../postgres/role.ts'
import { dropStage } from '../postgres/stage-load.ts'
import { alone } from '../postgres/turns.ts'
import { removePlace } from './clear-stage.ts'
import type { LoadedDatabase, Made, StageStore } from './stage-store.ts'

const DATABASE_MS = 60_000

export interface StageMade {
  /** Records a directory that holds this stage alone. Durable when it returns; only then may the directory be made. */
  place(path: string): Promise<void>
  database(one: LoadedDatabase): Promise<void>
  /** Removes everything, or everything but this. May be called again after a failure. */
  clear(but?: string): Promise<void>
}

export function stageMade(stage: string, store: StageStore): StageMade {
  let made: Made = { places: [], databases: [] }
  const note = async (more: Made) => {
    made = more
    await store.begin(stage, made)
  }
  return {
    place: async (path) => {
      if (!made.places.includes(path)) await note({ ...made, places: [...made.places, path] })
    },
    database: async (one) => {
      const isNoted = made.databases.some(
        ({ port, id, database }) => port === one.port && id === one.id && database === one.database,
      )
      if (!isNoted) await note({ ...made, databases: [...made.databases, one] })
    },
    clear: async (but) => {
      await removeMade({ ...made, places: made.places.filter((path) => path !== but) })
      await note({ places: but !== undefined && made.places.includes(but) ? [but] : [], databases: [] })
    },
  }
}

/** For a stage that never became ready: nothing of it was exchanged, so it holds nobody's data. */
export async function removeMade({ places, databases }: Made): Promise<void> {
  let failed: unknown
  for (const path of places)
    try {
      await removePlace(path)
    } catch (cause) {
      failed ??= cause
    }
  for (const { port, database, id } of databases)
    try {
      const limits = { timeoutMs: DATABASE_MS }
      await dropStage(await findCluster({ port }, limits), database, id, limits)
    } catch (cause) {
      // A database of that name that somebody else made is left alone.
      if (!(cause instanceof SekishoError) || cause.code !== 'backup.db_moved') failed ??= cause
    }
  if (failed !== undefined) throw failed
}

/** For a runner that was killed: the loading role was in use until the load ended in the cluster. Its database is gone by now. */
export async function removeRole({ databases }: Made): Promise<void> {
  const limits = { timeoutMs: DATABASE_MS }
  for (const port of new Set(databases.map((one) => one.port))) {
    const cluster = await findCluster({ port }, limits)
    const account = await powerless()
    await alone(placeName(cluster), () => dropRole(cluster, account, limits))
  }
}
