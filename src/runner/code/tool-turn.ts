// Files of a declared migration tool in a commit. Alone they are placed as any other code is. Beside other code the tool runs with it: up with the files of the
// candidate, and of a way back down with those of the tree that is deployed, each from a copy that the stage keeps.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { type ChangeId, changeOf } from '../../base/id.ts'
import { type CodeFile, goesBack } from '../../plans/code.ts'
import { isAtOrBelow } from '../../plans/data-directory.ts'
import { type Migrated, toolMigrationIn } from '../../plans/playbooks/schema.ts'
import type { Service } from '../../plans/policy.ts'
import { readToolFiles } from '../../schema/tool-files.ts'
import { asDeclared } from '../../schema/tool-rehearse.ts'
import type { LaidTurn } from '../../schema/turn-clone.ts'
import { takeFiles } from '../../tree/take-files.ts'
import type { RunnerParts } from '../parts.ts'
import { planAt } from '../plan-at.ts'
import { toolFilesHands } from '../tool-files.ts'
import type { CodeContext } from './context.ts'

/** Below the directory of a stage. */
export const TOOL_FILES = 'tool'

/** Where tools and frameworks keep migrations by habit. */
export const MIGRATION = /(^|\/)(migrations?|alembic\/versions)\/[^/]+\.(sql|py|js|ts|rb)$/

const rootsOf = ({ repo }: NonNullable<Service['code']>): readonly string[] =>
  repo.deploy === 'releases' ? [join(repo.path, 'current'), repo.path] : [repo.path]

/**
 * The database whose declared tool reads this path of the repository from the deployed tree. Where the tool runs at the root of the tree or above it, the
 * code lies there too: only what looks like a migration is the tool's.
 */
export function toolOf({ databases = [], code }: Service, path: string): Migrated | undefined {
  if (code === undefined) return undefined
  const roots = rootsOf(code)
  return databases.find((one): one is Migrated => {
    const directory = one.migrations?.tool?.directory
    if (directory === undefined) return false
    if (roots.some((root) => isAtOrBelow(root, directory))) return MIGRATION.test(path)
    return roots.some((root) => isAtOrBelow(join(root, path), directory))
  })
}

/** Where the directory lies in a tree of the service. Undefined: it is no part of one. */
function placeInTree({ code }: Service, { migrations }: Migrated): string | undefined {
  const root = code === undefined ? undefined : rootsOf(code)[0]
  const directory = migrations.tool?.directory
  if (root === undefined || directory === undefined || !isAtOrBelow(directory, root)) return undefined
  return relative(root, directory)
}

/**
 * The database that a tool changes with this commit. Undefined: it has no files of a tool, or nothing else. Throws deploy.migration_databases,
 * deploy.tool_migrations where the tool runs above the tree.
 */
export function databaseOfTurn(service: Service, files: readonly CodeFile[]): Migrated | undefined {
  const paths = files.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from]))
  const other = paths.find((path) => toolOf(service, path) === undefined)
  const own = paths.find((path) => toolOf(service, path) !== undefined)
  const database = own === undefined ? undefined : toolOf(service, own)
  if (own === undefined || other === undefined || database === undefined) return undefined
  const names = new Set(paths.flatMap((path) => toolOf(service, path)?.name ?? []))
  if (names.size > 1)
    throw new SekishoError('deploy.migration_databases', { databases: [...names].join(', ') })
  if (placeInTree(service, database) === undefined)
    throw new SekishoError('deploy.tool_migrations', {
      path: own,
      other,
      database: database.name,
      service: service.name,
    })
  return database
}

/**
 * INVARIANT: `down` takes back what the tool did last, so only the newest change by it goes back, as the change that it was. Throws deploy.tool_back*.
 */
export async function refuseOtherBack(
  database: Migrated,
  { wish, parts }: Pick<CodeContext, 'wish' | 'parts'>,
): Promise<void> {
  if (!goesBack(wish)) return
  const newest = await newestByTool(database, parts)
  if (newest !== undefined && newest === wish.takesBack) return
  const of = { database: database.name }
  if (newest === undefined) throw new SekishoError('deploy.tool_back_none', of)
  throw new SekishoError('deploy.tool_back', { ...of, newest })
}

/** The kept change whose `up` stands: a later `down` of the same words has taken the one before it away. */
async function newestByTool(
  { port, name }: Pick<Migrated, 'port' | 'name'>,
  { journal, objects }: Pick<RunnerParts, 'journal' | 'objects'>,
): Promise<ChangeId | undefined> {
  const standing: { readonly change: ChangeId; readonly up: string; readonly down: string }[] = []
  for (const [execution, { outcome }] of journal.index.closed) {
    const accepted = outcome === 'kept' ? journal.index.accepted.get(execution) : undefined
    const plan = accepted === undefined ? undefined : await planAt(accepted.plan, objects)
    const action = plan === undefined ? undefined : toolMigrationIn(plan)
    if (action === undefined || action.port !== port || action.database !== name) continue
    const [up, down] = [action.argv.join('\0'), action.back.join('\0')]
    const last = standing.at(-1)
    if (last?.up === down && last.down === up) standing.pop()
    else standing.push({ change: changeOf(execution), up, down })
  }
  return standing.at(-1)?.change
}

/**
 * Takes the files of the tool out of what was built, into a directory of the stage, and keeps what approvers are shown of them. Throws schema.tool_files_*.
 */
export async function layTurn(
  database: Migrated,
  built: { readonly candidate: string; readonly deployed: string },
  /** Where texts are kept by their digests. */
  texts: string,
  { wish, service, parts, directory }: CodeContext,
): Promise<LaidTurn> {
  const place = placeInTree(service, database)
  const declared = database.migrations.tool?.directory
  if (place === undefined || declared === undefined)
    throw new SekishoError('schema.not_by_tool', { database: database.name, service: service.name })
  const isBack = goesBack(wish)
  const source = join(isBack ? built.deployed : built.candidate, place)
  const shown = await toolFilesHands(database.port, database.name, parts)
  const tree = join(directory, TOOL_FILES)
  await mkdir(tree, { mode: 0o700 })
  await takeFiles(source, { to: tree, leave: asDeclared(declared, source, shown).leave })
  // Of the copy itself: what runs is copied of it once more.
  const taken = await takeFiles(tree)
  const read = await readToolFiles(tree, asDeclared(declared, tree, shown))
  for (const [digest, bytes] of read.texts) await writeFile(join(texts, digest), bytes, { mode: 0o600 })
  return {
    tool: isBack ? 'down' : 'up',
    directory: declared,
    files: taken.digest,
    changed: read.changed,
    tree,
    taken,
    counts: read.counts,
    ...(shown.since === undefined ? {} : { since: shown.since }),
  }
}
