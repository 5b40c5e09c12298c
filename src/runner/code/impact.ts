// What a staged change of code touches, as the card lists it. Sources are read in a child; of the environment of the service only names are looked at.

import type { DependencyChange } from '../../code/dependencies.ts'
import { type Finding, finding, firstFindings } from '../../code/finding.ts'
import type { Touched } from '../../code/impact.ts'
import type { Imported } from '../../git/import.ts'
import { readSources } from '../../git/sources.ts'
import { dependents } from '../../host/impact.ts'
import { readThroughLinks } from '../../host/walk.ts'
import { type CodeImpact, goesBack } from '../../plans/code.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { environmentOf } from '../../rehearsal/variables.ts'
import { statementsOf } from '../../sql/statements.ts'
import { tablesNamed } from '../../sql/tables.ts'
import { readImpact } from '../impact.ts'
import type { CodeContext } from './context.ts'
import type { CommitMigrations } from './migrations.ts'
import { toolOf } from './tool-turn.ts'

/** More than a person reads; the rest is a number. */
const LISTED = 200
const ENVIRONMENT_BYTES = 1_048_576

export async function impactOfCode(
  context: CodeContext,
  imported: Imported,
  migrations?: CommitMigrations,
): Promise<CodeImpact> {
  const { parts, signal } = context
  const sources = await readSources(imported)
  signal.throwIfAborted()
  const environment = await namesInEnvironment(context)
  // Which tables a tool changes its files do not say.
  const byTool =
    migrations?.turn === undefined ? [] : [`tables (${migrations.database.migrations.tool?.up.join(' ')})`]
  const named = migrations === undefined || byTool.length > 0 ? undefined : tablesOf(migrations)
  const movedUnits = await movedWith(context)
  const read = await readImpact(
    { process: parts.process, command: parts.command, root: parts.root, signal },
    {
      ...sources,
      ...(environment === undefined ? {} : { environment }),
      ...(named === undefined ? {} : { tables: named.tables }),
      ...(byTool.length === 0
        ? {}
        : {
            ofTool: sources.changed.flatMap(({ path }) =>
              toolOf(context.service, path) === undefined ? [] : [path],
            ),
          }),
    },
  )
  signal.throwIfAborted()
  if ('why' in read) return notRead(read.why)
  const { impact } = read
  return {
    routes: listed(impact.routes.map(touched)),
    models: listed(impact.models.map(touched)),
    migrations: listed(impact.migrations),
    environment: listed(impact.environment),
    units: listed(impact.units),
    dependencies: listed(impact.dependencies.map(moved)),
    importers: listed(impact.importers),
    ...(named === undefined ? {} : { tables: listed(named.tables), tableUsers: listed(impact.tableUsers) }),
    ...(movedUnits.length === 0 ? {} : { movedUnits: listed(movedUnits) }),
    findings: firstFindings(impact.findings, LISTED).map((one) => asDeclared(one, context)),
    notRead: listed([...impact.notRead, ...(named?.notRead ?? []), ...byTool]),
  }
}

/** What the SQL says by its words. */
function tablesOf({ pairs }: Pick<CommitMigrations, 'pairs'>) {
  const all = pairs.map(({ up }) => ({ name: up.name, ...tablesNamed(statementsOf(up.sql)) }))
  return {
    tables: [...new Set(all.flatMap(({ tables }) => tables))].toSorted(),
    notRead: all.flatMap(({ name, notRead: lines }) => lines.map((line) => `${name}:${line}`)),
  }
}

/** The service restarts; what depends on its unit goes with it, and says so nowhere in the repository. */
async function movedWith({ parts, service: { unit }, signal }: CodeContext): Promise<readonly string[]> {
  if (unit === undefined) return []
  const moved = await dependents([unit], { systemctl: parts.systemctl, run: parts.process, signal })
  return [...new Set(moved)].toSorted()
}

/** `one_concern: block`. What takes a change back takes all of it back. */
function asDeclared(one: Finding, { rules, wish }: Pick<CodeContext, 'rules' | 'wish'>): Finding {
  if (one.code !== 'impact.concerns' || !rules.oneConcern || goesBack(wish) || wish.takesBack !== undefined)
    return one
  return finding('impact.concerns_block', one.text)
}

function notRead(why: string): CodeImpact {
  return {
    routes: [],
    models: [],
    migrations: [],
    environment: [],
    units: [],
    dependencies: [],
    importers: [],
    findings: [finding('impact.not_read', why)],
    notRead: [`routes, models, environment, dependencies, importers: ${why}`],
  }
}

const touched = ({ sign, name, path }: Touched) => `${sign} ${name}  (${path})`

function moved({ name, before, after }: DependencyChange): string {
  if (before === undefined) return `+ ${name} ${after ?? ''}`
  return after === undefined ? `- ${name} ${before}` : `~ ${name} ${before} → ${after}`
}

function listed(all: readonly string[]): readonly string[] {
  return all.length <= LISTED ? all : [...all.slice(0, LISTED), `… + ${all.length - LISTED}`]
}

/** Undefined where the unit or one of its files cannot be read. */
async function namesInEnvironment({
  parts,
  service,
  signal,
}: CodeContext): Promise<readonly string[] | undefined> {
  if (!parts.systemctl || service.unit === undefined) return undefined
  try {
    const unit = await readRehearsedUnit(service.unit, { run: parts.process, signal })
    const files = new Map<string, Uint8Array>()
    for (const { path } of unit.environmentFiles) {
      const bytes = await readThroughLinks(path, ENVIRONMENT_BYTES)
      if (bytes !== undefined) files.set(path, bytes)
    }
    const { env, missing } = environmentOf(unit, { name: '' }, (path) => files.get(path))
    return missing === undefined ? Object.keys(env) : undefined
  } catch {
    return undefined // It is listed as not read.
  }
}
