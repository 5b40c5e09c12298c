// What `find -exec`, `xargs` and `parallel` share: words that come from elsewhere, put into the words of another program.
import type { Field } from '../fields.ts'
import type { Call, Shell } from '../shell.ts'
import { opaque, type Stream } from '../stream.ts'
import { concat, isOpen, type Piece, split, type Value } from '../value.ts'

/** More items than this are not followed one by one. */
export const ITEMS = 64

/** One item. `open`: it may be several words, options among them. */
export interface Item {
  readonly value: Value
  readonly open: boolean
}

/** Splits what a program reads into items: at line ends (`line`), at white space (`blank`), or at one character. */
export function itemsOf(stream: Stream, at: string): readonly Item[] | undefined {
  if (stream.texts === undefined) return undefined
  const items: Item[] = []
  for (const one of stream.texts) {
    const all = at === 'blank' ? words(one) : split(one, at === 'line' ? '\n' : at)
    for (const [i, value] of all.entries()) {
      // What was printed with NUL and is read by lines, and the other way round, is the same list.
      for (const part of split(value, '\0')) {
        const cut = at === 'line' || at === 'blank' ? part : split(part, '\n').flat()
        // Between two NULs nothing is a word too.
        if (cut.length > 0 || (at === '\0' && i < all.length - 1)) items.push({ value: cut, open: false })
        if (items.length >= ITEMS) return [...items, unknownItem(stream)]
      }
    }
  }
  return items
}

export const unknownItem = (stream: Stream): Item => ({ value: opaque(stream), open: true })

/** Words as xargs reads them: quotes and backslashes are taken away. */
export function words(source: Value): readonly Value[] {
  const all: Value[] = []
  let current: Piece[] = []
  let exists = false
  let quote = ''
  const end = () => {
    if (exists) all.push(concat(current))
    current = []
    exists = false
  }
  for (const piece of source) {
    if (typeof piece !== 'string') {
      current.push(piece)
      exists = true
      continue
    }
    let plain = ''
    const flush = () => {
      if (plain !== '') current.push(plain)
      plain = ''
    }
    for (let i = 0; i < piece.length; i++) {
      const character = piece[i] as string
      if (quote !== '') {
        if (character === quote) quote = ''
        else plain += character
      } else if (character === "'" || character === '"') {
        quote = character
        exists = true
      } else if (character === '\\' && i + 1 < piece.length) {
        plain += piece[++i]
        exists = true
      } else if (' \t\n'.includes(character)) {
        flush()
        end()
      } else {
        plain += character
        exists = true
      }
    }
    flush()
  }
  end()
  return all
}

/** Every occurrence of a mark in a word becomes the item. */
export function filledIn(field: Field, mark: string, item: Item): Field {
  if (mark === '' || !field.value.some((piece) => typeof piece === 'string' && piece.includes(mark)))
    return field
  const pieces: Piece[] = []
  let whole = false
  for (const piece of field.value) {
    if (typeof piece !== 'string') {
      pieces.push(piece)
      continue
    }
    whole ||= piece === mark
    for (const [i, part] of piece.split(mark).entries()) {
      if (i > 0) pieces.push(...item.value)
      if (part !== '') pieces.push(part)
    }
  }
  return {
    ...field,
    value: concat(pieces),
    open: field.open || (item.open && whole && field.value.length === 1),
  }
}

/** Starts a program for its effects in a shell of its own. */
export function launch(call: Call, shell: Shell, words: readonly Field[], stdin: Stream): Stream {
  const [name, ...args] = words
  if (name === undefined) return stdin
  const child = shell.fork({ via: [...shell.state.via, viaOf(call)] })
  const out = child.start(name, args, stdin, call.span)
  shell.keepFiles(child)
  return out
}

const viaOf = ({ name }: Call) => {
  const [first] = name.value
  return typeof first === 'string' && !isOpen(name.value) ? first : 'program'
}
