// Stages one change of code: read the repository, take the candidate in, build both trees, run their suites, place what was built beside, look at what
// it touches, play deploy and way back. Nothing of the service is touched.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failureOf, SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import { instant } from '../../base/time.ts'
import type { FileChange } from '../../code/file-change.ts'
import { dirtyRefused, type RepositoryState } from '../../code/repository-state.ts'
import type { TreeEntry } from '../../code/tree-entry.ts'
import { artefactOf } from '../../git/artefact.ts'
import { layTree, readBlobs } from '../../git/blobs.ts'
import type { GitParts } from '../../git/git.ts'
import { type Imported, importBundle } from '../../git/import.ts'
import { readRepository } from '../../git/production.ts'
import { importKnown, importReverted } from '../../git/revert.ts'
import {
  CODE_FILES_MAX,
  type CodeFile,
  type CodeImpact,
  type CodeStaged,
  type CodeTests,
  goesBack,
} from '../../plans/code.ts'
import { isAtOrBelow } from '../../plans/data-directory.ts'
import type { Service } from '../../plans/policy.ts'
import type { Places } from '../../tree/exchange-places.ts'
import { build, emptyDirectory } from './build.ts'
import type { CodeContext } from './context.ts'
import {
  assertDelivered,
  assertRanHere,
  isUndelivered,
  type KeptCode,
  keptCode,
  takenBackBelow,
} from './delivered.ts'
import { gitParts } from './git-parts.ts'
import { finishKept } from './kept.ts'
import { type CommitMigrations, migrationsIn, withDirectory } from './migrations.ts'
import { closeRelease, linkPlace, releasePlace, treePlaces } from './places.ts'
import type { CodeRecord } from './record.ts'
import { refuseRewritten } from './rewritten.ts'
import { sealTree } from './sealed-tree.ts'
import { layTurn, MIGRATION, toolOf } from './tool-turn.ts'

/** What was built of a tree, and where. */
export interface Built {
  readonly deployed: string
  readonly candidate: string
  /** The candidate as git has it: of a work tree these bytes are placed. */
  readonly laid: string
  /** Where both are seen while they run. */
  readonly at: string
}
/** The works that look at what was built: each with its own room. */
export interface Looks {
  readonly tests: (context: CodeContext, imported: Imported, built: Built) => Promise<CodeTests>
  readonly impact: (
    context: CodeContext,
    imported: Imported,
    migrations: CommitMigrations | undefined,
  ) => Promise<CodeImpact>
  readonly rehearsal: (
    context: CodeContext,
    staged: Omit<CodeStaged, 'rehearsal' | 'schema'>,
    built: Built,
    migrations: CommitMigrations | undefined,
  ) => Promise<Pick<CodeStaged, 'rehearsal' | 'schema'>>
}

/** Of a candidate that was made here and not handed in. */
const NO_BUNDLE = sha256('')

export async function stageCode(asked: CodeContext, looks: Looks): Promise<CodeRecord> {
  const { parts, service, rules, stage, expires, directory, step, signal } = asked
  const { repo } = rules
  const git = gitParts(parts)
  step('reading')
  const read = await readRepository(git, { path: repo.path, branch: repo.branch }, parts.place.code)
  if (!read.ok) throw failureOf(read)
  let { state } = read
  const history = await keptCode(service.name, parts)
  const newest = history.at(-1)
  // Whatever kept the commit from its branch may be mended by now.
  if (newest !== undefined && isUndelivered(parts.journal.index.code.get(newest.execution))) {
    await finishKept(newest.execution, parts)
    const again = await readRepository(git, { path: repo.path, branch: repo.branch }, parts.place.code)
    if (!again.ok) throw failureOf(again)
    state = again.state
  }
  assertDelivered(history, state, parts)
  const dirty = dirtyRefused(state, (path) => declaredAt(service, join(repo.path, path)) !== undefined)
  if (dirty !== undefined) throw failureOf(dirty)
  const below = takenBackBelow(asked.wish, history, state.commit)
  if (below === undefined) {
    if (state.commit === asked.wish.commit)
      throw new SekishoError('deploy.nothing', { commit: asked.wish.commit.slice(0, 12) })
    assertRanHere(asked.wish, history)
  }
  step('importing')
  const imported =
    below === undefined ? await take(asked, git, state) : await without(below, asked, git, state)
  // What is left without an older change never ran here: it is a candidate of its own, and its tests are run.
  const context: CodeContext =
    below === undefined
      ? asked
      : { ...asked, wish: { ...asked.wish, commit: imported.candidate.commit, bundle: NO_BUNDLE } }
  const { wish } = context
  const kept = await emptyDirectory(join(directory, KEPT_FILES), context)
  const files = await changedFiles(imported, kept)
  refuseDeclared(service, repo.path, files)
  const found = await migrationsIn(imported, files, context, goesBack(wish))
  signal.throwIfAborted()

  step('building')
  const release = repo.deploy === 'releases' ? await releasePlace(context) : undefined
  const at = release?.path ?? repo.path
  const sources = {
    candidate: await laid('candidate', imported, context),
    deployed: await laid('deployed', imported, context),
  }
  const built: Built = {
    at,
    candidate: release?.path ?? join(directory, 'built'),
    laid: sources.candidate,
    deployed: join(directory, 'built-deployed'),
  }
  await build(sources.candidate, at, built.candidate, context)
  if (release === undefined) await refuseRewritten(files, built.candidate)
  step('building_deployed')
  await build(sources.deployed, at, built.deployed, context)
  const tests = goesBack(wish) ? undefined : await looks.tests(context, imported, built)

  step('placing')
  const { places, artefact } =
    release === undefined ? await inPlace(imported, files, context) : await asRelease(release, context)
  const migrations =
    found?.turn === undefined
      ? found
      : { ...found, turn: await layTurn(found.database, built, kept, context) }
  step('impact')
  const impact = await looks.impact(context, imported, migrations)
  step('rehearsing')
  const staged: Omit<CodeStaged, 'rehearsal' | 'schema'> = {
    kind: 'code',
    stage,
    service: service.name,
    at: instant(parts.clock.now()),
    expires,
    commit: wish.commit,
    subject: await subjectOf(imported, wish.commit),
    ...(goesBack(wish) ? { back: true } : {}),
    ...(wish.takesBack === undefined ? {} : { takesBack: wish.takesBack }),
    before: {
      branch: state.branch,
      commit: state.commit,
      subject: state.subject,
      status: state.changed.slice(0, STATUS_MAX).map(({ status, path }) => `${status} ${path}`),
      ...(state.changed.length > STATUS_MAX ? { changed: state.changed.length } : {}),
    },
    deploy: repo.deploy,
    path: repo.path,
    ...(release === undefined
      ? {}
      : {
          release: {
            path: release.path,
            link: release.link,
            ...(release.leads === undefined ? {} : { leads: release.leads }),
          },
        }),
    artefact,
    files,
    ...(tests === undefined ? {} : { tests }),
    impact,
  }
  const own = [
    directory,
    ...places
      .map(({ beside }) => beside)
      .slice(0, 1)
      .map((one) => (release === undefined ? besideOf(one) : one)),
  ]
  const rest = {
    places,
    quarantine: imported.quarantine.path,
    tree: imported.candidate.tree,
    own,
    ...(release === undefined ? { sealed: await sealTree(built.candidate, repo.path, service) } : {}),
  }
  const rehearsed = await looks.rehearsal(context, staged, built, migrations)
  return { ...rest, staged: { ...staged, ...rehearsed } }
}

/** The directory in which everything of a work tree lies beside. */
function besideOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

async function take(context: CodeContext, git: GitParts, repository: RepositoryState): Promise<Imported> {
  const { parts, wish, directory } = context
  const quarantine = join(directory, 'quarantine')
  await mkdir(quarantine)
  if (goesBack(wish)) {
    const { commit } = wish
    const known = await importKnown(git, {
      repository,
      commit,
      directory: quarantine,
      scratch: parts.place.code,
    })
    if (!known.ok) throw failureOf(known)
    return known.imported
  }
  const bundle = join(directory, 'candidate.bundle')
  if (wish.bundle !== undefined) await parts.bundles.take(wish.bundle, bundle)
  const answer = await importBundle(git, {
    bundle,
    commit: wish.commit,
    repository,
    directory: quarantine,
    scratch: parts.place.code,
  })
  if (!answer.ok) throw failureOf(answer)
  return answer.imported
}

/** The deployed tree without an older change. Throws code.changed_again with the first path that a later one changed again. */
async function without(
  { before, after }: KeptCode,
  { parts, directory }: CodeContext,
  git: GitParts,
  repository: RepositoryState,
): Promise<Imported> {
  const quarantine = join(directory, 'quarantine')
  await mkdir(quarantine)
  const answer = await importReverted(git, {
    repository,
    before,
    after,
    directory: quarantine,
    scratch: parts.place.code,
    atSeconds: Math.floor(parts.clock.now() / 1000),
  })
  if (!answer.ok) throw failureOf(answer)
  return answer.imported
}

async function laid(
  which: 'candidate' | 'deployed',
  imported: Imported,
  context: CodeContext,
): Promise<string> {
  const path = await emptyDirectory(join(context.directory, which), context)
  await layTree(imported.quarantine, imported[which], path)
  return path
}

async function asRelease(release: { readonly path: string; readonly link: string }, context: CodeContext) {
  await closeRelease(release.path, context)
  const answer = await artefactOf(release.path, { signal: context.signal })
  if (!answer.ok) throw failureOf(answer)
  const { digest, entries, bytes } = answer.artefact
  const places: readonly Places[] = [await linkPlace(release, context)]
  return { places, artefact: { digest, entries: entries.length, bytes } }
}

async function inPlace(
  { quarantine, candidate }: Imported,
  files: readonly CodeFile[],
  context: CodeContext,
) {
  const entries = new Map(candidate.entries.map((entry) => [entry.path, entry]))
  const bytesOf = async (path: string) => {
    const entry = entries.get(path)
    if (entry !== undefined) for await (const { bytes } of readBlobs(quarantine, [entry])) return bytes
    throw new SekishoError('deploy.artefact_other', { path })
  }
  const places = await treePlaces(files, bytesOf, context)
  const bytes = files.reduce((sum, { after }) => sum + (after?.size ?? 0), 0)
  return { places, artefact: { digest: filesDigest(files), entries: places.length, bytes } }
}

/** Of a work tree the artefact is what changes: every path with its mode and bytes. */
export function filesDigest(files: readonly CodeFile[]) {
  return sha256(
    files
      .map(
        ({ path, from, after }) => `${path}\0${from ?? ''}\0${after?.mode ?? ''}\0${after?.digest ?? ''}\0`,
      )
      .join(''),
  )
}

/** With SHA-256 and size of both sides: what people see and what is compared does not rest on the ids of git. */
async function changedFiles(
  { changes, quarantine, candidate, deployed }: Imported,
  kept: string,
): Promise<readonly CodeFile[]> {
  if (changes.length > CODE_FILES_MAX)
    throw new SekishoError('deploy.too_many_files', { count: changes.length, limit: CODE_FILES_MAX })
  const wanted = new Map<string, TreeEntry>()
  const note = (entries: readonly TreeEntry[], paths: ReadonlySet<string>) => {
    for (const entry of entries) if (paths.has(entry.path)) wanted.set(entry.blob, entry)
  }
  note(deployed.entries, new Set(changes.map((one) => (one.kind === 'renamed' ? one.from : one.path))))
  note(candidate.entries, new Set(changes.map(({ path }) => path)))
  const known = new Map<string, { readonly digest: ReturnType<typeof sha256>; readonly size: number }>()
  for await (const { entry, bytes } of readBlobs(quarantine, [...wanted.values()])) {
    const digest = sha256(bytes)
    known.set(entry.blob, { digest, size: bytes.length })
    if (bytes.length <= SHOWN_MAX) await writeFile(join(kept, digest), bytes, { mode: 0o600 })
  }
  const blob = (id: string, mode: string) => {
    const found = known.get(id)
    if (found === undefined) throw new SekishoError('code.object_unreadable', { why: id })
    return { mode, ...found }
  }
  return changes.map((one: FileChange): CodeFile => {
    switch (one.kind) {
      case 'added':
        return { path: one.path, kind: 'added', after: blob(one.blobAfter, one.modeAfter) }
      case 'removed':
        return { path: one.path, kind: 'removed', before: blob(one.blobBefore, one.modeBefore) }
      case 'changed':
      case 'renamed': {
        const sides = {
          before: blob(one.blobBefore, one.modeBefore),
          after: blob(one.blobAfter, one.modeAfter),
        }
        if (one.kind === 'renamed') return { path: one.path, kind: 'renamed', from: one.from, ...sides }
        return { path: one.path, kind: one.blobBefore === one.blobAfter ? 'mode' : 'changed', ...sides }
      }
    }
  })
}

/** Below the directory of a stage: both sides of what changes, by digest, for who reads the difference. */
export const KEPT_FILES = 'files'
export const SHOWN_MAX = 1_048_576
const STATUS_MAX = 200

/** Data, secrets and configuration are none of a change of code, nor is a migration that no database declares. */
function refuseDeclared(service: Service, root: string, files: readonly CodeFile[]): void {
  for (const { path, from, kind } of files) {
    for (const one of from === undefined ? [path] : [path, from])
      if (declaredAt(service, join(root, one)) !== undefined)
        throw new SekishoError('deploy.declared_path', { path: join(root, one) })
    const isDeclared =
      withDirectory(service).some(({ migrations }) => isAtOrBelow(`/${path}`, `/${migrations.dir}`)) ||
      toolOf(service, path) !== undefined
    if (kind === 'added' && MIGRATION.test(path) && !isDeclared)
      throw new SekishoError('deploy.migration', { path })
  }
}

function declaredAt({ data = [], files }: Service, path: string): string | undefined {
  return data.find(({ dir }) => isAtOrBelow(path, dir))?.dir ?? files.find((one) => one.path === path)?.path
}

async function subjectOf({ quarantine }: Imported, commit: string): Promise<string> {
  const said = await quarantine.git(['log', '-1', '--no-decorate', '--format=%s', commit])
  return said.stdout
    .trim()
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .slice(0, 200)
}
