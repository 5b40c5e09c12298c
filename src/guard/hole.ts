// A value as a text, for readers that know letters alone: a mark stands where something is not known.
import { ANY, type Piece, UNKNOWN_SOURCE, type Value } from './value.ts'

/** No text that is read holds it: the mark for an object that is not there. */
export const HOLE = '\uFFFC'

/** The text with a mark where something is not known. */
export const marked = (value: Value): string =>
  value.map((piece) => (typeof piece === 'string' ? piece : HOLE)).join('')

/** And back. */
export function unmarked(source: string): Value {
  if (!source.includes(HOLE)) return source === '' ? [] : [source]
  const all: Piece[] = []
  for (const [i, part] of source.split(HOLE).entries()) {
    if (i > 0) all.push(ANY)
    if (part !== '') all.push(part)
  }
  return all
}

/** A marked text for a shell: what is not known is a variable nobody set. */
export const sourceOfMarked = (source: string): string => source.replaceAll(HOLE, UNKNOWN_SOURCE)
