// What a commit changes of a database: pairs of SQL files, or a turn of a declared tool, and what the rehearsal of them has answered.
import {
  type Decoder,
  integer,
  jsonObject,
  list,
  literal,
  matching,
  object,
  optional,
  text,
} from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import type { JsonObject } from '../base/json.ts'
import { type SqlFile, sqlFile } from './actions/migrate.ts'
import { TOOL_FILES_MAX, type ToolFile, toolFile } from './actions/tool-file.ts'
import { absolutePath } from './file-state.ts'
import { itemName } from './restore.ts'

/** One pair of SQL files of the commit; of a way back `up` is the file that takes it back. */
export interface StagedPair {
  readonly up: SqlFile
  readonly down: SqlFile
  /** Of the catalogue before this pair: of the first one production's, of the others the clone's. */
  readonly catalogue: Digest
}
/** What the declared tool does of the commit: with the files of the candidate, and of a way back with those of the deployed tree. */
export interface StagedTurn {
  readonly tool: 'up' | 'down'
  /** Where the rules said that its files lie. */
  readonly directory: string
  /** Of the copy that the stage keeps. */
  readonly files: Digest
  /** What is shown of it. */
  readonly changed: readonly ToolFile[]
  /** Of production's catalogue. */
  readonly catalogue: Digest
}
/** One check as the rehearsal of the migrations has answered it. */
export interface StagedCheck {
  readonly check: 'validation' | 'trial' | 'undo'
  readonly verdict: 'green' | 'red' | 'not_tried'
  readonly facts: JsonObject
  readonly problems: readonly StagedProblem[]
}
export interface StagedProblem {
  readonly code: string
  readonly path?: string
  readonly line?: number
  readonly text: string
}
/** What the commit changes of a database, in the order in which it runs. */
export interface CodeSchema {
  readonly database: string
  readonly port: number
  readonly pairs: readonly StagedPair[]
  /** By a declared tool, in the place of pairs. */
  readonly turn?: StagedTurn
  readonly checks: readonly StagedCheck[]
  /** Why the author accepts that the deployed code does not run on the new schema. */
  readonly accepted?: string
}

const digest: Decoder<Digest> = matching(isDigest, 'a digest')
const word = text({ max: 4096 })
const count = integer(0)

/** Total decoder. */
export const codeSchema: Decoder<CodeSchema> = object({
  database: itemName,
  port: integer(1, 65_535),
  pairs: list(object({ up: sqlFile, down: sqlFile, catalogue: digest }), 20),
  turn: optional(
    object({
      tool: literal('up', 'down'),
      directory: absolutePath,
      files: digest,
      changed: list(toolFile, TOOL_FILES_MAX),
      catalogue: digest,
    }),
  ),
  checks: list(
    object({
      check: literal('validation', 'trial', 'undo'),
      verdict: literal('green', 'red', 'not_tried'),
      facts: jsonObject,
      problems: list(
        object({ code: word, path: optional(word), line: optional(count), text: text({ max: 65_536 }) }),
        200,
      ),
    }),
    3,
  ),
  accepted: optional(word),
})
