// What every kind of action says of itself: one file a kind, joined in plans/actions.ts. The runner has the twin of each (runner/act/kinds/).
import type { Decoder } from '../../base/decode.ts'
import type { Digest } from '../../base/hash.ts'
import type { JsonObject } from '../../base/json.ts'
import type { PlanWords } from '../../words/plan.ts'
import type { FileChange, PlannedFile } from '../file-state.ts'

/** A secret that an action names: its value never travels. */
export interface NamedSecret {
  readonly reference: string
  readonly version: number
  readonly keyed: string
}

/** A path, and the bytes that an apply writes there: the new file, and the copy of the old one. */
export interface WrittenBytes {
  readonly path: string
  readonly bytes: number
}

/** Bytes that an action needs, by digest: they lie in the runner's own store before anything is accepted. */
export interface NamedBlob {
  readonly path: string
  readonly digest: Digest
  readonly size: number
}

/** What is absent is nothing: no file, no line, no byte. */
export interface ActionKind<Of extends { readonly kind: string }> {
  /** Total. */
  readonly decode: Decoder<Of>
  /** What will be run, as lines. What decides is the same in every language. */
  readonly lines: (action: Of, words: PlanWords) => readonly string[]
  /** In the difference of a change that acts and writes no file: the same in every language. */
  readonly difference?: (action: Of) => readonly string[]
  /** The undo step `putBack`, as lines. */
  readonly putBackLines?: (action: Of, words: PlanWords) => readonly string[]
  /** What the journal's intent says of it. `undo`: how many steps take it back. */
  readonly summary: (action: Of, undo: number) => JsonObject
  /** The declared files that it writes: read again at the start, copied, armed, proven and put back. */
  readonly files?: (action: Of) => readonly PlannedFile[]
  /** Those of them whose new bytes are blobs. */
  readonly replaced?: (action: Of) => readonly FileChange[]
  /** What else it changes, by the name that people read on card and record. */
  readonly places?: (action: Of) => readonly string[]
  /** Variables and commands, as the record names them. */
  readonly settings?: (action: Of) => readonly string[]
  readonly secrets?: (action: Of) => readonly NamedSecret[]
  /** Bytes that it needs beside the files that it replaces. */
  readonly blobs?: (action: Of) => readonly NamedBlob[]
  /** Digests of texts that its difference shows and that it does not write. */
  readonly shown?: (action: Of) => readonly Digest[]
  readonly written?: (action: Of) => readonly WrittenBytes[]
  /** It writes nothing new: what it takes away needs no room. */
  readonly onlyDeletes?: (action: Of) => boolean
  /** Restart and reload: tier 1. */
  readonly isLight?: (action: Of) => boolean
  /** It looks and changes nothing. */
  readonly onlyLooks?: true
}
