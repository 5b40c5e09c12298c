// What the runner keeps of a stage of code: the facts that people saw, the places that change with each other, and the directories that are its own.
import { type Decoder, list, matching, object, optional, text } from '../../base/decode.ts'
import { isDigest } from '../../base/hash.ts'
import { type CodeStaged, codeStaged } from '../../plans/code.ts'
import type { Places } from '../../tree/exchange-places.ts'
import type { SealedTree } from './sealed-tree.ts'

export interface CodeRecord {
  readonly staged: CodeStaged
  /** Of `releases` the link alone; of `in-place` every changed path. */
  readonly places: readonly Places[]
  /** The repository in which the candidate was unpacked. */
  readonly quarantine: string
  /** The tree of the candidate in it. */
  readonly tree: string
  /** Directories of this stage alone, removed with it. The release itself is not among them: it stays as long as a link or an undo names it. */
  readonly own: readonly string[]
  /** Of a work tree: what its declared commands run on. */
  readonly sealed?: SealedTree
}

const word = text({ max: 4096 })
export const places: Decoder<Places> = object({
  path: word,
  beside: word,
  staged: optional(word),
  live: optional(word),
})
export const codeRecord: Decoder<CodeRecord> = object({
  staged: codeStaged,
  places: list(places, 10_000),
  quarantine: word,
  tree: word,
  own: list(word, 20),
  sealed: optional(object({ path: word, digest: matching(isDigest, 'a digest'), live: list(word, 1000) })),
})
