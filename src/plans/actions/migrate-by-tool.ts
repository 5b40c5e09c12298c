// A declared program of the service's own changes the schema of a declared database, in a room that holds the sealed files of its directory and reaches this
// one database. What its `status` says before and after decides whether it was applied.
import { integer, list, literal, matching, object, optional, text } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { absolutePath } from '../file-state.ts'
import { itemName, stageId } from '../restore.ts'
import type { ActionKind } from './action-kind.ts'
import { shownWord } from './shown-word.ts'
import { TOOL_FILES_MAX, type ToolFile, toolFile } from './tool-file.ts'

export interface MigrateByTool {
  readonly kind: 'migrateByTool'
  readonly database: string
  readonly port: number
  /** The role of the database that it becomes, never a superuser. */
  readonly role: string
  readonly directory: string
  /** Together with code: the files are those that this stage has laid aside. Absent: those that stand in the directory. */
  readonly stage?: string
  /** Of the directory as it was when this was planned: these bytes run, or none. */
  readonly files: Digest
  /** What approvers are shown of them. Absent in a plan of an earlier release. */
  readonly changed?: readonly ToolFile[]
  readonly argv: readonly string[]
  /** What takes it back. */
  readonly back: readonly string[]
  readonly status: readonly string[]
  /** The variable that gets the address of the database. */
  readonly address?: string
  readonly lockMs: number
  readonly withinMs: number
  /** Digest of the catalogue as it was when this was planned; after the way back it must be this again. */
  readonly catalogue: Digest
}

const words = list(text({ max: 4096 }), 100)
const digest = matching(isDigest, 'a digest')

export const migrateByTool: ActionKind<MigrateByTool> = {
  decode: object({
    kind: literal('migrateByTool'),
    database: itemName,
    port: integer(1, 65_535),
    role: itemName,
    directory: absolutePath,
    stage: optional(stageId),
    files: digest,
    changed: optional(list(toolFile, TOOL_FILES_MAX)),
    argv: words,
    back: words,
    status: words,
    address: optional(
      text({ max: 100, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, what: 'the name of a variable' }),
    ),
    lockMs: integer(1, 3_600_000),
    withinMs: integer(1000, 3_300_000),
    catalogue: digest,
  }),
  lines: ({ database, role, argv, directory, stage, files, status, lockMs, withinMs }, words) => [
    words.migrateByTool(database, role, line(argv), directory, files.slice(0, 12)),
    ...(stage === undefined ? [] : [words.migrateStaged]),
    words.migrateStatus(line(status)),
    words.migrateLimits(Math.round(lockMs / 1000), Math.round(withinMs / 1000)),
  ],
  difference: ({ argv, directory, files }) => [`+ ${line(argv)}`, `  ${directory} ${files.slice(0, 12)}`],
  putBackLines: ({ database, role, back }, words) => [words.migrateByToolBack(database, role, line(back))],
  summary: ({ kind, database, argv, directory }) => ({ kind, database, argv: [...argv], directory }),
  places: ({ port, database }) => [`postgresql:${port}/${database}`],
  shown: ({ changed = [] }) =>
    changed.flatMap(({ before, after }) => [before?.text, after?.text].filter((one) => one !== undefined)),
  settings: ({ argv, back }) => [line(argv), line(back)],
}

const line = (argv: readonly string[]) => argv.map(shownWord).join(' ')
