// A declared migration tool in production: run once, on the sealed files alone. What was applied is decided by what its `status` says and by the catalogue,
// after any kill and any crash; where the two agree with neither side, nothing is done and a person looks.
import { lstat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { JsonObject } from '../base/json.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import type { Cluster } from '../postgres/types.ts'
import { makeSealedCopy } from '../tree/sealed-copy.ts'
import { takeFiles } from '../tree/take-files.ts'
import { makeMarker } from './marker.ts'
import type { MigrateResult } from './migrate.ts'
import { Names } from './names.ts'
import { beyondSchema, endLeft, limitsOf, type MigrateHands, patiently, QUESTION_MS } from './patient.ts'
import { keepReach, reachOf } from './reach.ts'
import { asRole, type MigrationTarget, roleOf } from './target.ts'
import {
  becomes,
  lineOf,
  liveServer,
  runTool,
  statusOf,
  TOOL_WORDS,
  type Tool,
  type ToolHands,
  type ToolServer,
  textsOf,
} from './tool.ts'

export interface ToolMigration extends MigrationTarget, Tool {
  readonly execution: string
  readonly action: string
  readonly lockMs: number
  readonly withinMs: number
  /** Where its files lie now, where that is not the directory: what a stage has laid aside. */
  readonly from?: () => Promise<string>
  /** Of the directory: these bytes run, or none. */
  readonly files: Digest
  /** As it was before, and is again when it was taken back. */
  readonly catalogue: Digest
  /** Declared secret files, which it does not get. */
  readonly leave: (path: string) => boolean
  /** What `status` said on both sides of the rehearsal. */
  readonly rehearsed: { readonly before: Digest; readonly after: Digest }
}

export interface ToolMigrateHands extends MigrateHands, ToolHands {
  /** Starts our own code. */
  readonly command: readonly string[]
}

/** Which side it is on. `other`: neither, or nobody can tell. */
export interface Standing {
  readonly at: 'before' | 'after' | 'other'
  readonly detail: JsonObject
}

export async function runByTool(of: ToolMigration, hands: ToolMigrateHands): Promise<MigrateResult> {
  const { database, argv, withinMs, status } = of
  await sealedFiles(of)
  const first = await standing(of, hands)
  if (first.at !== 'before')
    return refusal(new SekishoError('schema.status_other', { database, command: lineOf(status) }))
  await patiently(of, hands, async (live) => {
    await makeMarker(live, database, of.role, limitsOf(hands))
    await keepReach(
      live,
      database,
      of,
      await reachOf(live, of, hands.keyed, limitsOf(hands)),
      limitsOf(hands),
    )
  })
  hands.killPoint('migrate.before')
  const ran = await turn(of, argv, withinMs, hands)
  hands.killPoint('migrate.after')
  const now = await standing(of, uncalled(hands))
  const command = lineOf(argv)
  if (now.at === 'other')
    return refusal(new SekishoError('schema.tool_uncertain', { command, database, why: ran.why ?? '' }))
  if (now.at === 'before')
    return refusal(
      ran.isLate
        ? new SekishoError('schema.late', { file: command, database, limit: Math.round(withinMs / 1000) })
        : new SekishoError('schema.tool_failed', { command, database, why: ran.why ?? 'exit 0' }),
    )
  const beyond = await patiently(of, uncalled(hands), (live) => beyondSchema(live, of, hands))
  if (beyond !== undefined)
    return refusal(new SekishoError('schema.reached', { file: command, database, what: beyond }))
  return {
    ok: true,
    detail: {
      command,
      milliseconds: ran.milliseconds,
      status: 'as rehearsed',
      ...(ran.why === undefined ? {} : { because: ran.why }),
    },
  }
}

/** What stands as before is not taken back. May run again after a kill. */
export async function takeBackByTool(of: ToolMigration, hands: ToolMigrateHands): Promise<MigrateResult> {
  const { database, back, withinMs } = of
  if (!(await hasFiles(of))) return { ok: true, detail: { nothing: 'not run' } }
  const now = await standing(of, hands)
  if (now.at === 'before') return { ok: true, detail: { nothing: 'not applied' } }
  const command = lineOf(back)
  if (now.at === 'other')
    return refusal(new SekishoError('schema.tool_uncertain', { command, database, why: '' }))
  await sealedFiles(of)
  const ran = await turn(of, back, withinMs, hands)
  const after = await standing(of, uncalled(hands))
  if (after.at === 'before') return { ok: true, detail: { command, milliseconds: ran.milliseconds } }
  return refusal(
    after.at === 'after'
      ? new SekishoError('schema.tool_failed', { command, database, why: ran.why ?? 'exit 0' })
      : new SekishoError('schema.tool_uncertain', { command, database, why: ran.why ?? '' }),
  )
}

/** When no session of it is left. Its status and the catalogue must both say `before`; `after` is what its status says, and the proof compares the catalogue. */
export async function standing(of: ToolMigration, hands: ToolMigrateHands): Promise<Standing> {
  await sealedFiles(of)
  const now = await patiently(of, hands, async (live) => {
    await endLeft(live, of.database, hands)
    return catalogueDigest(await catalogueOf(live, of.database, { timeoutMs: QUESTION_MS }))
  })
  const said = await withServer(of, hands, (server) => statusOf(of, server, hands))
  const catalogue = now === of.catalogue ? 'as before' : 'other'
  if ('why' in said) return { at: 'other', detail: { catalogue, status: 'no answer' } }
  if (said.digest === of.rehearsed.after)
    return { at: 'after', detail: { catalogue, status: 'as rehearsed' } }
  if (said.digest === of.rehearsed.before && now === of.catalogue)
    return { at: 'before', detail: { catalogue, status: 'as before' } }
  return {
    at: 'other',
    detail: { catalogue, status: said.digest === of.rehearsed.before ? 'as before' : 'other' },
  }
}

const refusal = (error: SekishoError): MigrateResult => ({ ok: false, error })

/** What was begun is looked at, also when it was called off. */
function uncalled(hands: ToolMigrateHands): ToolMigrateHands {
  const { signal: _signal, ...rest } = hands
  return rest
}

interface Turned {
  readonly why?: string
  readonly isLate: boolean
  readonly milliseconds: number
}

async function turn(
  of: ToolMigration,
  argv: readonly string[],
  withinMs: number,
  hands: ToolMigrateHands,
): Promise<Turned> {
  const started = hands.clock.uptime()
  const { why, isLate } = await withServer(of, hands, (server) =>
    runTool(of, argv, server, withinMs, hands),
  ).catch((cause: unknown): { readonly why: string; readonly isLate: boolean } => {
    // The server may have gone away meanwhile: its own state decides, once it is back.
    if (!(cause instanceof SekishoError)) throw cause
    return { why: cause.code, isLate: false }
  })
  const milliseconds = Math.round(hands.clock.uptime() - started)
  if (why === undefined) return { isLate, milliseconds }
  const names = await patiently(of, uncalled(hands), async (live) => {
    const entries = await catalogueOf(live, of.database, { timeoutMs: QUESTION_MS })
    return new Names([...textsOf(of.tree, await takeFiles(of.tree)), ...TOOL_WORDS], entries)
  })
  return { why: names.message(why).slice(0, 1000), isLate, milliseconds }
}

async function withServer<T>(
  of: ToolMigration,
  hands: ToolMigrateHands,
  work: (server: ToolServer) => Promise<T>,
): Promise<T> {
  const limits = { ...limitsOf(hands), timeoutMs: of.withinMs + QUESTION_MS }
  const { live, searchPath } = await patiently(of, hands, async (live: Cluster) => ({
    live,
    searchPath: await roleOf(live, of, limits),
  }))
  return asRole(live, of, limits, async (as) => {
    await becomes(live, of.database, { login: as.role, role: of.role, searchPath, lockMs: of.lockMs }, limits)
    return work(liveServer(as, of.database, hands.command))
  })
}

/** Its copy of the files is there. Without it the tool was not run: it is made before, and stays as long as the execution does. */
export async function hasFiles({ tree }: Pick<ToolMigration, 'tree'>): Promise<boolean> {
  return (await lstat(tree).catch(() => undefined)) !== undefined
}

/** A copy that only we write, made once: files that are not those that were approved are never run. Throws schema.tool_files_moved. */
async function sealedFiles(of: ToolMigration): Promise<void> {
  if (await hasFiles(of)) return
  const { tree, directory, from, files, leave } = of
  const source = (await from?.()) ?? directory
  const declared = (path: string) => leave(join(directory, relative(source, path)))
  if (!(await makeSealedCopy({ tree, directory: source, files, leave: declared })))
    throw new SekishoError('schema.tool_files_moved', { directory })
}
