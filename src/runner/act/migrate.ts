// The acts of a migration: the declared role runs the SQL once, and its twin takes it back.
import { SekishoError } from '../../base/error.ts'
import type { Migrate } from '../../plans/actions/migrate.ts'
import {
  actionName,
  type MigrateResult,
  type Migration,
  probeBack,
  probeUp,
  runUp,
  takeBack,
} from '../../schema/migrate.ts'
import type { MigrateHands } from '../../schema/patient.ts'
import { type ActContext, type ActResult, applied, failedBy, failedOr, type ProbeResult } from './context.ts'

export async function migrationOf(action: Migrate, c: ActContext): Promise<Migration> {
  const { database, port, role, lockMs, withinMs, catalogue, up, down } = action
  const fileOf = async ({ name, digest }: Migrate['up']) => ({
    name,
    sql: (await c.blob(digest)).toString('utf8'),
  })
  return {
    database,
    port,
    role,
    lockMs,
    withinMs,
    catalogue,
    execution: c.execution,
    action: actionName(database, up.digest),
    up: await fileOf(up),
    ...(down === undefined ? {} : { down: await fileOf(down) }),
  }
}

const handsOf = ({ clock, killPoint, keyed, signal }: ActContext): MigrateHands => ({
  clock,
  killPoint,
  keyed,
  signal,
})

function resultOf(result: MigrateResult): ActResult {
  return result.ok ? applied(result.detail) : failedBy(result.error)
}

async function answered(action: Migrate, work: () => Promise<MigrateResult>): Promise<ActResult> {
  try {
    return resultOf(await work())
  } catch (cause) {
    return failedOr(cause, action.database)
  }
}

export const applyMigration = (action: Migrate, c: ActContext): Promise<ActResult> =>
  answered(action, async () => {
    if (action.back !== true) return runUp(await migrationOf(action, c), handsOf(c))
    const { losses } = c
    // Without numbers there is no bound, and it would lose whatever is there.
    if (losses === undefined)
      throw new SekishoError('schema.losses_unknown', { file: action.up.name, database: action.database })
    return runUp({ ...(await migrationOf(action, c)), losses }, handsOf(c))
  })

/** Undo is never called off. */
export const putMigrationBack = (action: Migrate, c: ActContext): Promise<ActResult> =>
  answered(action, async () =>
    takeBack(await migrationOf(action, c), { clock: c.clock, killPoint: c.killPoint, keyed: c.keyed }),
  )

/** A session that does not end may commit yet: nobody knows, and a person looks. */
async function seen(found: 'unknown' | 'mixed', look: () => Promise<ProbeResult>): Promise<ProbeResult> {
  try {
    return await look()
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'schema.not_ended')
      return { found, detail: { why: cause.code } }
    throw cause
  }
}

export const probeMigration = (action: Migrate, c: ActContext): Promise<ProbeResult> =>
  seen('unknown', async () => probeUp(await migrationOf(action, c), handsOf(c)))

export const probeMigrationBack = (action: Migrate, c: ActContext): Promise<ProbeResult> =>
  seen('mixed', async () => probeBack(await migrationOf(action, c), handsOf(c)))
