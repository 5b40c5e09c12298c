// The one plan that the schema playbook makes of a pair of SQL files. The gate makes it, and the judge makes it again and compares: who runs it, within
// which limits, and how it is taken back is never the gate's choice.
import type { Database } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { byteOrder, type ChangeId, databaseTarget, schemaTarget, type TargetId } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { Migrate, SqlFile } from '../actions/migrate.ts'
import type { MigrateByTool } from '../actions/migrate-by-tool.ts'
import type { ToolFile } from '../actions/tool-file.ts'
import { BACKUP_LEVEL } from '../data-directory.ts'
import type { Assertion, Plan, PlannedAction } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'
import type { Proof } from '../proofs.ts'

export interface SqlPair {
  readonly up: SqlFile
  readonly down?: SqlFile
  /** It takes back a change of before. */
  readonly back?: true
}

/** `down` takes back by the tool what an earlier change of it did. */
export interface ToolTurn {
  readonly tool: 'up' | 'down'
  /** Together with code: the stage that holds its files. */
  readonly stage?: string
  /** Of its directory, as the runner read it. */
  readonly files: Digest
  /** What is shown of it. */
  readonly changed?: readonly ToolFile[]
}

export interface SchemaWork {
  readonly change: ChangeId
  readonly revision: number
  readonly database: string
  /** Files that came with the wish, or what the declared tool does. */
  readonly does: SqlPair | ToolTurn
  /** As the runner read it. */
  readonly catalogue: Digest
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** The catalogue before and after, the login that is made for it, the end of a session that is late. */
const AROUND_MS = 240_000

/** A database whose schema may be changed. */
export type Migrated = Database & { readonly migrations: NonNullable<Database['migrations']> }

export const hasMigrations = (one: Database): one is Migrated => one.migrations !== undefined

export function migratedDatabase({ databases = [] }: Service, name: string): Migrated | undefined {
  return databases.find((one): one is Migrated => one.name === name && one.migrations !== undefined)
}

export function schemaPlan(
  policy: CompiledPolicy,
  service: Service,
  database: Migrated,
  work: SchemaWork,
): Plan {
  const { change, revision, does, catalogue, window } = work
  const action =
    'tool' in does ? toolAction(database, does, catalogue) : migrateAction(database, { ...does, catalogue })
  const hasWayBack = action.kind === 'migrateByTool' || action.down !== undefined
  const backedUp: Assertion = { kind: 'backup', level: BACKUP_LEVEL }
  return {
    v: 1,
    change,
    revision,
    host: service.host,
    service: service.name,
    pattern: 'schema',
    playbook: 'schema/1',
    targets: schemaTargets(service, database),
    actions: underMaintenance(service, {
      action,
      undo: hasWayBack ? [{ kind: 'putBack' }] : [],
      timeoutMs: migrateTimeoutMs(database),
    }),
    // What goes back is no worse for a service that is sick: that may be why.
    pre: [...(service.health === undefined || goesBack(does) ? [] : [{ kind: 'health' } as const]), backedUp],
    proof: proofOf(service, database),
    diagnostics: false,
    keep: { by: 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

const goesBack = (does: SqlPair | ToolTurn) => ('tool' in does ? does.tool === 'down' : does.back === true)

export const migrateTimeoutMs = ({ migrations }: Migrated): number => migrations.withinMs + AROUND_MS

/** Who runs it and within which limits the rules say. */
export function migrateAction(
  { name, port, migrations }: Migrated,
  of: SqlPair & { readonly catalogue: Digest },
): Migrate {
  const { role, lockMs, withinMs } = migrations
  const { up, down, catalogue, back } = of
  return {
    kind: 'migrate',
    database: name,
    port,
    role,
    up,
    ...(down === undefined ? {} : { down }),
    lockMs,
    withinMs,
    catalogue,
    ...(back === undefined ? {} : { back }),
  }
}

/** Throws schema.not_by_tool where the rules declare SQL files. */
export function toolAction(
  { name, port, migrations }: Migrated,
  { tool, stage, files, changed }: ToolTurn,
  catalogue: Digest,
): MigrateByTool {
  const declared = migrations.tool
  if (declared === undefined) throw new SekishoError('schema.not_by_tool', { database: name })
  const { role, lockMs, withinMs } = migrations
  const { directory, up, down, status, address } = declared
  return {
    kind: 'migrateByTool',
    database: name,
    port,
    role,
    directory,
    ...(stage === undefined ? {} : { stage }),
    files,
    ...(changed === undefined ? {} : { changed }),
    argv: tool === 'up' ? up : down,
    back: tool === 'up' ? down : up,
    status,
    ...(address === undefined ? {} : { address }),
    lockMs,
    withinMs,
    catalogue,
  }
}

const TURN_MS = 60_000

/** On, the migration, off. Whatever goes wrong in between is taken back in the other order, and ends with *off*. */
function underMaintenance(service: Service, migration: Omit<PlannedAction, 'id'>): readonly PlannedAction[] {
  const { on, off } = maintenanceTurns(service)
  return [...on, migration, ...off].map((one, i) => ({ id: String(i + 1), ...one }))
}

/** Nothing where the service declares no maintenance. */
export function maintenanceTurns({ maintenance, unit, code }: Service): {
  readonly on: readonly Omit<PlannedAction, 'id'>[]
  readonly off: readonly Omit<PlannedAction, 'id'>[]
} {
  if (maintenance === undefined) return { on: [], off: [] }
  const command = {
    kind: 'maintenance',
    on: maintenance.on,
    off: maintenance.off,
    ...(maintenance.probe === undefined ? {} : { probe: maintenance.probe }),
    directory: code?.repo.path ?? '/',
    ...(unit === undefined ? {} : { unit }),
  } as const
  const turn = (which: 'on' | 'off'): readonly Omit<PlannedAction, 'id'>[] => [
    { action: { ...command, turn: which }, undo: [{ kind: 'putBack' }], timeoutMs: TURN_MS },
  ]
  return { on: turn('on'), off: turn('off') }
}

export function schemaTargets(
  { host }: Pick<Service, 'host'>,
  { port, name }: Migrated,
): readonly TargetId[] {
  return [databaseTarget(host, port, name), schemaTarget(host, port, name)].sort(byteOrder)
}

function proofOf({ health }: Service, { port, name }: Migrated): readonly Proof[] {
  return [
    { kind: 'schema', port, database: name },
    ...(health === undefined ? [] : [{ kind: 'health' } as const]),
  ]
}

export function migrationIn({ actions }: Pick<Plan, 'actions'>): Migrate | undefined {
  return actions.flatMap(({ action }) => (action.kind === 'migrate' ? [action] : []))[0]
}

export function toolMigrationIn({ actions }: Pick<Plan, 'actions'>): MigrateByTool | undefined {
  return actions.flatMap(({ action }) => (action.kind === 'migrateByTool' ? [action] : []))[0]
}

/** Is this exactly the plan that the playbook makes of what it names? */
export function isSchemaPlan(plan: Plan, policy: CompiledPolicy, service: Service): boolean {
  const { change, revision, window } = plan
  const action = migrationIn(plan) ?? toolMigrationIn(plan)
  const database = action === undefined ? undefined : migratedDatabase(service, action.database)
  if (action === undefined || database === undefined) return false
  // A database has files or a tool, never both.
  if ((action.kind === 'migrateByTool') !== (database.migrations.tool !== undefined)) return false
  return doneBy(action).some((does) => {
    const own = schemaPlan(policy, service, database, {
      change,
      revision,
      database: action.database,
      does,
      catalogue: action.catalogue,
      ...(window === undefined ? {} : { window }),
    })
    return canonical(own as unknown as Json) === canonical(plan as unknown as Json)
  })
}

function doneBy(action: Migrate | MigrateByTool): readonly (SqlPair | ToolTurn)[] {
  if (action.kind === 'migrate') {
    const { up, down, back } = action
    return [{ up, ...(down === undefined ? {} : { down }), ...(back === undefined ? {} : { back }) }]
  }
  const { files, changed } = action
  const sealed = { files, ...(changed === undefined ? {} : { changed }) }
  return [
    { tool: 'up', ...sealed },
    { tool: 'down', ...sealed },
  ]
}
