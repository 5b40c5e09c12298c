// The shell as the rest of this room sees it: small, closed, free of the parser that made it.
import type { Wild } from './value.ts'

/** Half-open, in UTF-16 units of the text that was asked about. Code inside a word carries the span of that word. */
export type Span = readonly [number, number]

export interface Word {
  readonly parts: readonly Part[]
  readonly span: Span
}

export type Part =
  | { readonly part: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly part: 'glob'; readonly glob: Wild }
  | { readonly part: 'extglob'; readonly operator: string; readonly alternatives: readonly Word[] }
  | Parameter
  | { readonly part: 'command'; readonly body: Node; readonly quoted: boolean }
  | {
      readonly part: 'arithmetic'
      readonly text: string
      readonly inner: readonly Node[]
      readonly quoted: boolean
    }
  | { readonly part: 'process'; readonly direction: '<' | '>'; readonly body: Node }
  | { readonly part: 'braces'; readonly alternatives: readonly Word[] }
  /** More than we take apart: a range that is too long. */
  | { readonly part: 'unknown'; readonly quoted: boolean }

/** A variable that nobody set: it may be any path. */
export const ANYTHING: Part = { part: 'parameter', name: 'SEKISHO_UNKNOWN', quoted: true }

export interface Parameter {
  readonly part: 'parameter'
  readonly name: string
  readonly prefix?: '!' | '#'
  readonly index?: Word
  readonly operation?: Operation
  readonly quoted: boolean
}

export interface Operation {
  readonly kind: 'default' | 'remove' | 'replace' | 'slice' | 'case' | 'transform' | 'names' | 'unknown'
  readonly operator: string
  readonly operands: readonly Word[]
}

export interface Assign {
  readonly name: string
  readonly index?: Word
  readonly append: boolean
  readonly value: Word | readonly Word[]
  readonly span: Span
}

export interface Redirect {
  readonly operator: '>' | '>>' | '<' | '<>' | '<&' | '>&' | '>|' | '&>' | '&>>' | '<<' | '<<<'
  /** `2` in `2>`, or the name in `{fd}>`. */
  readonly descriptor?: number | string
  /** The file, or the text of a here-document or here-string. */
  readonly target?: Word
  readonly span: Span
}

export type Node =
  | Simple
  | { readonly node: 'list'; readonly items: readonly Node[]; readonly span: Span }
  | { readonly node: 'background'; readonly body: Node; readonly span: Span }
  | { readonly node: 'chain'; readonly first: Node; readonly rest: readonly Link[]; readonly span: Span }
  | { readonly node: 'pipe'; readonly commands: readonly Node[]; readonly span: Span }
  | { readonly node: 'group'; readonly body: Node; readonly subshell: boolean; readonly span: Span }
  | {
      readonly node: 'redirected'
      readonly body: Node
      readonly redirects: readonly Redirect[]
      readonly span: Span
    }
  | {
      readonly node: 'if'
      readonly branches: readonly Branch[]
      readonly otherwise?: Node
      readonly span: Span
    }
  | {
      readonly node: 'while'
      readonly until?: true
      readonly clause: Node
      readonly body: Node
      readonly span: Span
    }
  | {
      readonly node: 'for'
      readonly name: string
      readonly words?: readonly Word[]
      readonly body: Node
      readonly span: Span
    }
  | { readonly node: 'case'; readonly word: Word; readonly items: readonly CaseItem[]; readonly span: Span }
  | { readonly node: 'function'; readonly name: string; readonly body: Node; readonly span: Span }
  | { readonly node: 'coproc'; readonly name: string; readonly body: Node; readonly span: Span }
  /** `[[ … ]]` and `(( … ))`: they do nothing but what their expansions do. `always`: a number that is not zero, or nothing at all. */
  | {
      readonly node: 'test'
      readonly always?: true
      readonly words: readonly Word[]
      readonly inner: readonly Node[]
      readonly span: Span
    }

export interface Simple {
  readonly node: 'simple'
  readonly assigns: readonly Assign[]
  readonly words: readonly Word[]
  readonly redirects: readonly Redirect[]
  /** Where an assignment stands among the words (`export A=1`, `env A=1`): it is a word too. */
  readonly span: Span
}
export interface Link {
  readonly operator: '&&' | '||'
  readonly node: Node
}
export interface Branch {
  readonly clause: Node
  readonly then: Node
}
export interface CaseItem {
  readonly patterns: readonly Word[]
  readonly body: Node
}
