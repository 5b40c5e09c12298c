// What a language is to the reader of its code: how it writes text, and what its functions do.
import type { Verb } from '../effect.ts'
import type { Value } from '../value.ts'
import type { Syntax } from './lex.ts'
import type { Reader } from './read.ts'
import type { Code } from './value.ts'

export interface Given {
  readonly all: readonly Code[]
  readonly named: ReadonlyMap<string, Code>
  /** What a method is called on. */
  readonly on: Code
}

/** Answers what the call makes. */
export type Action = (reader: Reader, given: Given) => Code | undefined

export interface Language {
  readonly name: string
  readonly syntax: Syntax
  /** Functions by their full name. */
  readonly calls: ReadonlyMap<string, Action>
  /** Methods by their name alone, whatever they are called on. */
  readonly methods: ReadonlyMap<string, Action>
  /** Values that stand under a name. */
  readonly values: ReadonlyMap<string, Code>
  /** Signs that put texts together. */
  readonly join: string
  /** Calls need no brackets. */
  readonly bare?: true
  /** Runs command text with these words as a statement's head, and other statements of its own. Says whether it has read any. */
  readonly statement?: (reader: Reader) => boolean
  /** A name may end with a sign: `rm_rf!`. */
  readonly signed?: true
  /** A pattern between angle brackets is the files that it stands for. */
  readonly globs?: true
  /** First names that say nothing: `globalThis`, `Kernel`. */
  readonly roots?: ReadonlySet<string>
  /** Where the code finds what the line gives it. */
  readonly gets?: Gets
}

export interface Gets {
  /** Names of the list of the line's words. */
  readonly words: readonly string[]
  /** How many words of the interpreter's own stand before them: in a list of inline code, and in that of a script. */
  readonly own: readonly [inline: number, script: number]
  /** A name that is one of them. */
  readonly next?: string
  /** Names whose members are variables. */
  readonly variables: readonly string[]
}

/** The words behind the code, and whether it stands in a script. */
export interface Line {
  readonly words: readonly Value[]
  readonly script: boolean
}

export type PathVerb = Extract<Verb, `path.${string}`>
