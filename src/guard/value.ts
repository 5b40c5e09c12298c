// What a word may be when the shell has expanded it, without running anything: literal text, wildcards, and holes for what
// cannot be known from the text. A hole is never the empty string (guard §6).
import type { Origin } from './stream.ts'

/** `char` is ?, `name` is *, `deep` is ** or a tree below, `set` is [...]; `component` is unknown without a slash, `any` is unknown. */
export interface Wild {
  readonly wild: 'char' | 'name' | 'deep' | 'set' | 'component' | 'any'
  /** The inside of the brackets of a `set`. */
  readonly set?: string
  /** Where an unknown text came from: what it may carry out of the host, or bring in as code. */
  readonly origins?: readonly Origin[]
}
export type Piece = string | Wild
export type Value = readonly Piece[]

export const ANY: Wild = { wild: 'any' }
export const COMPONENT: Wild = { wild: 'component' }
export const UNKNOWN: Value = [ANY]
export const EMPTY: Value = []

export const text = (value: string): Value => (value === '' ? EMPTY : [value])

/** The one string that this is, or undefined where a piece is open. */
export function literal(value: Value): string | undefined {
  if (value.length === 0) return ''
  if (value.length === 1) return typeof value[0] === 'string' ? value[0] : undefined
  let all = ''
  for (const piece of value) {
    if (typeof piece !== 'string') return undefined
    all += piece
  }
  return all
}

/** The literal text before the first open piece. */
export function prefix(value: Value): string {
  let all = ''
  for (const piece of value) {
    if (typeof piece !== 'string') break
    all += piece
  }
  return all
}

/** The literal text after the last open piece. */
export function suffix(value: Value): string {
  let all = ''
  for (let i = value.length - 1; i >= 0; i--) {
    const piece = value[i]
    if (typeof piece !== 'string') break
    all = piece + all
  }
  return all
}

export const isUnknown = (value: Value): boolean =>
  value.some((piece) => typeof piece !== 'string' && piece.wild === 'any')

export const isOpen = (value: Value): boolean => value.some((piece) => typeof piece !== 'string')

export function concat(...values: readonly Value[]): Value {
  const all: Piece[] = []
  for (const value of values)
    for (const piece of value) {
      const before = all.at(-1)
      if (typeof piece === 'string' && typeof before === 'string') all[all.length - 1] = before + piece
      else if (piece !== '') all.push(piece)
    }
  return all
}

const SIGNS = { char: '?', name: '*', deep: '**', component: '‹…›', any: '‹?›' } as const

/** For people: what is not known stands as ‹?›. */
export function show(value: Value): string {
  let all = ''
  for (const piece of value)
    all +=
      typeof piece === 'string' ? piece : piece.wild === 'set' ? `[${piece.set ?? ''}]` : SIGNS[piece.wild]
  return all
}

/** The value with this many characters of its literal start taken away; undefined where the start is not `start`. */
export function after(value: Value, start: string): Value | undefined {
  const first = value[0]
  if (start === '') return value
  if (typeof first !== 'string' || !first.startsWith(start)) return undefined
  const rest = first.slice(start.length)
  return rest === '' ? value.slice(1) : [rest, ...value.slice(1)]
}

/** Splits at every literal occurrence of one character. */
export function split(value: Value, at: string): readonly Value[] {
  const [only] = value
  if (value.length === 1 && typeof only === 'string')
    return only.split(at).map((part) => (part === '' ? [] : [part]))
  const parts: Piece[][] = [[]]
  for (const piece of value) {
    if (typeof piece !== 'string') {
      parts.at(-1)?.push(piece)
      continue
    }
    for (const [i, part] of piece.split(at).entries()) {
      if (i > 0) parts.push([])
      if (part !== '') parts.at(-1)?.push(part)
    }
  }
  return parts
}

export function sameValue(a: Value, b: Value): boolean {
  return a.length === b.length && a.every((piece, i) => samePiece(piece, b[i]))
}

function samePiece(a: Piece, b: Piece | undefined): boolean {
  if (typeof a === 'string' || typeof b === 'string' || b === undefined) return a === b
  return a.wild === b.wild && a.set === b.set && a.origins === b.origins
}

/** Without doubles; more than `most` become one unknown, so that branches never multiply without end. */
export function distinct(values: readonly Value[], most = 16): readonly Value[] {
  const all: Value[] = []
  for (const value of values) if (!all.some((one) => sameValue(one, value))) all.push(value)
  return all.length > most ? [UNKNOWN] : all
}

/** What is not known, in a text for a shell: a variable that nobody set. */
export const UNKNOWN_SOURCE = '"$SEKISHO_UNKNOWN"'

/** As a word of the shell again. What is unknown stays one unknown word. */
export function quote(value: Value): string {
  return value
    .map((piece) => (typeof piece === 'string' ? `'${piece.replaceAll("'", "'\\''")}'` : UNKNOWN_SOURCE))
    .join('')
}

/** Without its last line ends, as a substitution leaves it. */
export function trimmed(value: Value): Value {
  const last = value.at(-1)
  if (typeof last !== 'string') return value
  const short = last.replace(/\n+$/, '')
  return short === '' ? value.slice(0, -1) : [...value.slice(0, -1), short]
}
