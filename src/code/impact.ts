// What a change of code touches: routes, columns, variables of the environment, units, dependencies, and the files that import what changed. Of what it could
// not read it says so; nothing of that counts as untouched.
import { type AddedTo, lookAtAdded } from './added-lines.ts'
import { changedLines } from './changed-lines.ts'
import { type DependencyChange, dependencyChanges, isLockFile } from './dependencies.ts'
import { type Finding, finding } from './finding.ts'
import { importersOf, importGraph, unrelatedParts } from './import-graph.ts'
import { type Declared, factsOf, type SourceFacts } from './source-facts.ts'
import { languageOf } from './source-text.ts'
import { type ChangedText, isTestPath } from './test-paths.ts'

export interface ImpactInput {
  /** Text files that differ. */
  readonly changed: readonly ChangedText[]
  /** Source files of the candidate that do not differ. */
  readonly others: readonly { readonly path: string; readonly text: string }[]
  /** Paths that differ and were not handed in: no text, too large, or links. */
  readonly notText: readonly string[]
  /** Sources that do not differ and were not handed in: all together are too large. */
  readonly notReached?: readonly string[]
  /** Tables that the migrations of the change name; absent where it has none. */
  readonly tables?: readonly string[]
  /** Files of a migration tool that come with code: they belong to what needs them, and nothing imports them. */
  readonly ofTool?: readonly string[]
  /** Names that the service has in its environment; absent where nobody looked. */
  readonly environment?: readonly string[]
}

export type Sign = '+' | '~' | '-'
export interface Touched {
  readonly sign: Sign
  readonly name: string
  readonly path: string
}

export interface Impact {
  readonly routes: readonly Touched[]
  readonly models: readonly Touched[]
  readonly migrations: readonly string[]
  /** Variables that are read and were not before. */
  readonly environment: readonly string[]
  /** Units and sites that lie in the repository. */
  readonly units: readonly string[]
  readonly dependencies: readonly DependencyChange[]
  /** Files that import what changed, directly or through others, and are not changed themselves. */
  readonly importers: readonly string[]
  /** Files that name a table of the migrations, and are neither changed themselves nor among the importers. */
  readonly tableUsers: readonly string[]
  readonly lines: { readonly added: number; readonly removed: number }
  readonly findings: readonly Finding[]
  readonly notRead: readonly string[]
}

const MIGRATION = /(?:^|\/)(?:migrations?|alembic\/versions)\/[^/]+$|(?:^|\/)schema\.(?:sql|prisma)$/
const UNIT = /\.(?:service|socket|timer|path|mount)$|(?:^|\/)nginx[^/]*(?:\/|\.conf$)|(?:^|\/)Procfile$/
/** Source of languages that nobody reads here. */
const UNREAD_SOURCE = /\.(?:go|rb|php|java|kt|rs|cs|c|cc|cpp|swift|scala|ex|exs|vue|svelte)$/

export function impactOf(input: ImpactInput): Impact {
  const { changed } = input
  const facts = changed.map((one) => ({ ...one, ...factsOfBoth(one) }))
  const added: readonly AddedTo[] = changed
    .filter(({ path, after }) => after !== undefined && !isLockFile(path))
    .map(({ path, before = '', after = '' }) => ({ path, after, lines: changedLines(before, after) }))
  const removed = changed.reduce(
    (sum, { before, after = '' }) => sum + (before === undefined ? 0 : changedLines(after, before).length),
    0,
  )
  const lines = { added: added.reduce((sum, one) => sum + one.lines.length, 0), removed }
  const graph = importGraph([
    ...changed.flatMap(({ path, after }) => (after === undefined ? [] : [{ path, text: after }])),
    ...input.others,
  ])
  const sources = changed
    .filter(({ path }) => languageOf(path) !== undefined && !isTestPath(path))
    .map(({ path }) => path)
  const paths = new Set(changed.map(({ path }) => path))
  const ofTool = new Set(input.ofTool)
  const importers = importersOf(graph, sources).filter((path) => !paths.has(path))
  const packages = dependencyChanges(changed)
  const environment = environmentOf(facts, input)
  return {
    routes: facts.flatMap(({ path, before, after, was, is }) =>
      compared(path, was?.routes, is?.routes, before, after),
    ),
    models: facts.flatMap(({ path, before, after, was, is }) =>
      compared(path, was?.models, is?.models, before, after),
    ),
    migrations: [...paths].filter((path) => MIGRATION.test(path) || ofTool.has(path)).toSorted(),
    environment: environment.names,
    units: [...paths, ...input.notText].filter((path) => UNIT.test(path)).toSorted(),
    dependencies: packages.changes,
    importers,
    tableUsers: usersOf(input.tables ?? [], input.others).filter((path) => !importers.includes(path)),
    lines,
    findings: [
      ...lookAtAdded(added),
      ...notReadFindings(input.notText),
      ...environment.findings,
      ...packages.findings,
      ...sizeFindings(lines, sources),
      ...concernFindings(
        unrelatedParts(
          graph,
          sources.filter((path) => !ofTool.has(path)),
        ),
      ),
    ],
    notRead: [
      ...new Set([
        ...input.notText,
        ...(input.notReached ?? []),
        ...[...paths].filter((path) => UNREAD_SOURCE.test(path)),
        ...packages.notRead,
        ...(input.environment === undefined && environment.names.length > 0 ? ['environment'] : []),
      ]),
    ].toSorted(),
  }
}

function factsOfBoth({ path, before, after }: ChangedText): {
  readonly was?: SourceFacts
  readonly is?: SourceFacts
} {
  const language = languageOf(path)
  if (language === undefined || isTestPath(path)) return {}
  return {
    ...(before === undefined ? {} : { was: factsOf(language, before) }),
    ...(after === undefined ? {} : { is: factsOf(language, after) }),
  }
}

function compared(
  path: string,
  was: readonly Declared[] = [],
  is: readonly Declared[] = [],
  before: string | undefined,
  after: string | undefined,
): readonly Touched[] {
  if (before === after) return []
  const [old, now] = [texts(was), texts(is)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): readonly Touched[] => {
    const [one, other] = [old.get(name), now.get(name)]
    if (one === other) return []
    return [{ sign: one === undefined ? '+' : other === undefined ? '-' : '~', name, path }]
  })
}

function texts(declared: readonly Declared[]): ReadonlyMap<string, string> {
  const all = new Map<string, string>()
  for (const { name, text } of declared) all.set(name, `${all.get(name) ?? ''}\0${text}`)
  return all
}

function environmentOf(
  facts: readonly { readonly path: string; readonly was?: SourceFacts; readonly is?: SourceFacts }[],
  { others, environment }: ImpactInput,
): { readonly names: readonly string[]; readonly findings: readonly Finding[] } {
  const known = new Set(facts.flatMap(({ was }) => was?.environment.map(({ name }) => name) ?? []))
  const fresh = facts.flatMap(({ path, is }) =>
    (is?.environment ?? []).filter(({ name }) => !known.has(name)).map((one) => ({ ...one, path })),
  )
  if (fresh.length === 0) return { names: [], findings: [] }
  for (const { path, text } of others) {
    const language = languageOf(path)
    if (language !== undefined && fresh.some(({ name }) => text.includes(name)))
      for (const { name } of factsOf(language, text).environment) known.add(name)
  }
  const names = [...new Set(fresh.map(({ name }) => name))].filter((name) => !known.has(name)).toSorted()
  const unset = environment === undefined ? [] : names.filter((name) => !environment.includes(name))
  return {
    names,
    findings: unset.flatMap((name) => {
      const reads = fresh.filter((one) => one.name === name)
      const needed = reads.find(({ hasDefault }) => !hasDefault)
      return needed === undefined
        ? []
        : [finding('impact.environment_unset', name, { path: needed.path, line: needed.line })]
    }),
  }
}

/** By SQL in a text, or by a table that a model declares: the names of tables stand in no import. */
function usersOf(tables: readonly string[], files: ImpactInput['others']): readonly string[] {
  if (tables.length === 0) return []
  const names = tables
    .map((name) => name.slice(name.lastIndexOf('.') + 1).replace(/[^\p{L}\p{N}_$]/gu, '.'))
    .join('|')
  const inSql = new RegExp(
    String.raw`\b(?:from|join|into|update|table)\s+(?:only\s+)?(?:"?\w+"?\s*\.\s*)?"?(?:${names})"?(?![\w$])`,
    'iu',
  )
  const declared = new RegExp(
    String.raw`(?:Table\s*\(|__tablename__\s*=|db_table\s*=|define\s*\(|@Entity\s*\()\s*["'\x60](?:${names})["'\x60]`,
    'u',
  )
  return files
    .filter(({ text }) => inSql.test(text) || declared.test(text))
    .map(({ path }) => path)
    .toSorted()
}

const NAMED_MAX = 20

/** What came in with a file that was not read is not known: it may hold a secret. */
function notReadFindings(paths: readonly string[]): readonly Finding[] {
  const named = paths.slice(0, NAMED_MAX).map((path) => finding('impact.file_not_read', path))
  return paths.length <= NAMED_MAX
    ? named
    : [...named, finding('impact.file_not_read', `+ ${paths.length - NAMED_MAX}`)]
}

const LINES_LARGE = 400
const FILES_LARGE = 20

function sizeFindings({ added, removed }: Impact['lines'], sources: readonly string[]): readonly Finding[] {
  if (added + removed <= LINES_LARGE && sources.length <= FILES_LARGE) return []
  return [finding('impact.large', `+${added} -${removed}, ${sources.length}`)]
}

function concernFindings(parts: readonly (readonly string[])[]): readonly Finding[] {
  return parts.length < 2 ? [] : [finding('impact.concerns', parts.map(([first = '']) => first).join(', '))]
}
