// From the pieces of a word to fields: joined where quotes hold them together, split where the shell splits, wildcards where they come out of a variable.
import type { Span } from './tree.ts'
import { concat, isUnknown, type Piece, type Value } from './value.ts'

export interface Field {
  readonly value: Value
  readonly span: Span
  /** An unquoted unknown stands in it: it may be several words, options among them. */
  readonly open: boolean
}

/** A piece of a word on its way: what it is and whether quotes protect it. */
export interface Chunk {
  readonly value: Value
  readonly quoted: boolean
  /** `"$@"` and arrays: ends a field and begins another after each but the last. */
  readonly more?: readonly Value[]
  /** From an expansion: split at white space when not quoted. */
  readonly split?: boolean
}

/** Where words are split unless IFS says otherwise. */
export const BLANKS = ' \t\n'

export function assemble(
  chunks: readonly Chunk[],
  span: Span,
  splitting: boolean,
  separators: string,
): readonly Field[] {
  const fields: Field[] = []
  let pieces: Piece[] = []
  let exists = false
  let open = false
  const end = () => {
    if (exists) fields.push({ value: concat(pieces), span, open })
    pieces = []
    exists = false
    open = false
  }
  const add = (value: Value) => {
    for (const piece of value) pieces.push(piece)
  }
  for (const chunk of chunks) {
    if (chunk.quoted || chunk.split !== true || !splitting) {
      exists ||= chunk.quoted || chunk.value.length > 0
      add(chunk.value)
    } else {
      open ||= isUnknown(chunk.value)
      for (const [i, part] of splitAt(chunk.value, separators).entries()) {
        if (i > 0) end()
        exists ||= part.length > 0
        add(part)
      }
    }
    for (const next of chunk.more ?? []) {
      end()
      exists = true
      add(next)
    }
  }
  end()
  if (!splitting && fields.length !== 1)
    return [
      {
        value: concat(...fields.map(({ value }, i) => (i === 0 ? value : concat([' '], value)))),
        span,
        open: false,
      },
    ]
  return fields
}

/** At blanks (or what IFS holds) of the literal text; a wildcard that came out of a variable is a wildcard again. */
function splitAt(value: Value, separators: string): readonly Value[] {
  const parts: Piece[][] = [[]]
  for (const piece of value) {
    if (typeof piece !== 'string') {
      parts.at(-1)?.push(piece)
      continue
    }
    let start = 0
    for (let i = 0; i <= piece.length; i++) {
      if (i < piece.length && !separators.includes(piece[i] as string)) continue
      parts.at(-1)?.push(...globbed(piece.slice(start, i)))
      // Several in a row are one.
      if (i < piece.length && (i === 0 || start < i)) parts.push([])
      start = i + 1
    }
  }
  return parts
}

/** The unquoted result of an expansion: its own * ? [ ] work as wildcards. */
function globbed(source: string): readonly Piece[] {
  if (!/[*?[]/.test(source)) return source === '' ? [] : [source]
  const pieces: Piece[] = []
  for (const part of source.split(/(\*+|\?|\[[^\]/]+\])/))
    if (part === '') continue
    else if (part.startsWith('**')) pieces.push({ wild: 'deep' })
    else if (part === '*') pieces.push({ wild: 'name' })
    else if (part === '?') pieces.push({ wild: 'char' })
    else if (part.startsWith('[') && part.endsWith(']')) pieces.push({ wild: 'set', set: part.slice(1, -1) })
    else pieces.push(part)
  return pieces
}
