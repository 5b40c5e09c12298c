// Patterns of names as tools take them: globs with alternatives in braces, and expressions that are matched against a name.
import { alternatives } from '../alternatives.ts'
import { COMPONENT, concat, literal, type Piece, text, type Value } from '../value.ts'

/** A pattern of find: its wildcards take a leading dot. */
export function globOf(pattern: Value): Value {
  const pieces: Piece[] = []
  for (const piece of pattern) {
    if (typeof piece !== 'string') {
      pieces.push(piece)
      continue
    }
    const parts = piece.split(/(\*+|\?|\[[^\]/]+\])/).filter((part) => part !== '')
    for (const part of parts)
      if (part.startsWith('*')) pieces.push(COMPONENT)
      else if (part === '?') pieces.push({ wild: 'char' })
      else if (part.length > 2 && part.startsWith('[') && part.endsWith(']'))
        pieces.push({ wild: 'set', set: part.slice(1, -1) })
      else pieces.push(part)
  }
  return concat(pieces)
}

/** More alternatives are not taken apart. */
const MOST = 32

/** `{a,b}` in a glob is one or the other; braces may stand in each other. */
export function globsOf(pattern: Value): readonly Value[] {
  const source = literal(pattern)
  return source === undefined ? [globOf(pattern)] : unbraced(source, 0).map((one) => globOf(text(one)))
}

function unbraced(source: string, depth: number): readonly string[] {
  const start = source.indexOf('{')
  const end = start === -1 || depth > 4 ? -1 : closing(source, start)
  if (end === -1) return [source]
  const all: string[] = []
  for (const one of alternatives(source.slice(start + 1, end), ','))
    for (const rest of unbraced(`${source.slice(0, start)}${one}${source.slice(end + 1)}`, depth + 1)) {
      if (all.length >= MOST) return all
      all.push(rest)
    }
  return all
}

function closing(source: string, start: number): number {
  let depth = 0
  for (let i = start; i < source.length; i++)
    if (source[i] === '{') depth++
    else if (source[i] === '}' && --depth === 0) return i
  return -1
}

/** An expression that is looked for in names: those that it says letter by letter; none where it says them otherwise. */
export function namesOfPattern(source: string): readonly Value[] {
  if (source.length > 512) return []
  const all: Value[] = []
  for (const one of alternatives(source.replace(/^\((?:\?:)?([^()]*)\)(\$?)$/, '$1$2'), '|')) {
    const bare = one.replace(/^(?:\^|\(\^\|\/\)|\/)/, '').replace(/\$$/, '')
    const name = bare.replaceAll(/\\([.+-])/g, '$1')
    // Dots alone are any name.
    if (/^\.*$/.test(bare) || /[^\w.-]/.test(name)) continue
    // A bare dot is any character, and mostly meant as one.
    all.push([
      ...(bare === one.replace(/\$$/, '') ? [COMPONENT] : []),
      name,
      ...(one.endsWith('$') ? [] : [COMPONENT]),
    ])
  }
  return all.slice(0, MOST)
}
