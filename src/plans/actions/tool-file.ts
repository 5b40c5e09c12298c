// What approvers are shown of the files that a declared program runs: of a migration tool, and of a command.
import { type Decoder, integer, matching, object, optional, text } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'

/** Of a file, or of a whole directory that is told as one. `text`: of what is shown of it, without secrets; absent where only size and digest are told. */
export interface ToolSide {
  readonly mode: string
  readonly digest: Digest
  readonly size: number
  readonly text?: Digest
}

/** A file that is new, other or gone since the last kept change that ran them. Its path begins in the declared directory. */
export interface ToolFile {
  readonly path: string
  readonly before?: ToolSide
  readonly after?: ToolSide
}

const digest = matching(isDigest, 'a digest')
const side: Decoder<ToolSide> = object({
  mode: text({ max: 6, pattern: /^[0-7]{6}$/, what: 'a mode' }),
  digest,
  size: integer(0),
  text: optional(digest),
})
export const toolFile: Decoder<ToolFile> = object({
  path: text({ max: 4096 }),
  before: optional(side),
  after: optional(side),
})
/** As many as one plan lists. */
export const TOOL_FILES_MAX = 1000
