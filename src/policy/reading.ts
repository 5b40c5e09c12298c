// Reading a YAML text with the place of everything in it. Fields are read by small readers that note a problem and go on, so that
// one look shows all that is wrong.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLParseError,
} from 'yaml'
import { nearest } from '../base/nearest.ts'
import type { PolicyProblem, PolicyProblemCode, Position } from '../base/policy-problem.ts'

export const MAX_TEXT = 262_144
const MAX_DEPTH = 16

/** A node with its path in the document. `key` is where its key stands, for what has no value to point at. */
export interface Place {
  readonly node: Node | null
  readonly path: string
  readonly key: Position
}

/** Reads one value; undefined after it has noted what is wrong. */
export type Field<T> = (place: Place, reading: Reading) => T | undefined

export class Reading {
  readonly problems: PolicyProblem[] = []
  readonly #lines: LineCounter
  readonly #positions = new Map<string, Position>()

  constructor(lines: LineCounter) {
    this.#lines = lines
  }

  note(at: Position, path: string, code: PolicyProblemCode, detail: PolicyProblem['detail'] = {}): undefined {
    this.problems.push({ line: at.line, column: at.column, path, code, detail })
    return undefined
  }

  /** A problem of this value, at its first character. */
  wrong(place: Place, code: PolicyProblemCode, detail: PolicyProblem['detail'] = {}): undefined {
    return this.note(this.start(place), place.path, code, detail)
  }

  at(offset: number): Position {
    const { line, col } = this.#lines.linePos(Math.max(0, offset))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  /** Scalars at themselves, maps and lists at their key: that is the line people look for. */
  start(place: Place): Position {
    const range = place.node?.range
    return isScalar(place.node) && place.node.value !== null && range ? this.at(range[0]) : place.key
  }

  remember(place: Place): void {
    this.#positions.set(place.path, this.start(place))
  }

  isWritten(path: string): boolean {
    return this.#positions.has(path)
  }

  /** Where a path stands; the nearest thing above it when it was never written. */
  positionOf(path: string): Position {
    for (let current = path; current !== ''; current = parentPath(current)) {
      const found = this.#positions.get(current)
      if (found !== undefined) return found
    }
    return this.#positions.get('') ?? { line: 1, column: 1 }
  }
}

function parentPath(path: string): string {
  const cut = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))
  return cut <= 0 ? '' : path.slice(0, cut)
}

/** The root of the document, or undefined when the text is no YAML document that we take. */
export function openText(text: string): { readonly reading: Reading; readonly root?: Place } {
  const lines = new LineCounter()
  const reading = new Reading(lines)
  const first = { line: 1, column: 1 }
  if (text.length > MAX_TEXT) {
    reading.note(first, '', 'yaml.too_large', { limit: MAX_TEXT })
    return { reading }
  }
  let documents: ReturnType<typeof parseAllDocuments>
  try {
    // logLevel error: the library writes nothing itself; what we refuse, we say ourselves.
    documents = parseAllDocuments(text, {
      lineCounter: lines,
      logLevel: 'error',
      schema: 'core',
      version: '1.2',
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    reading.note(first, '', 'yaml.too_deep')
    return { reading }
  }
  const [document, second] = Array.isArray(documents) ? documents : []
  if (document === undefined) {
    reading.note(first, '', 'yaml.no_text')
    return { reading }
  }
  for (const error of ownErrors(document.errors)) noteSyntax(reading, error, document.contents)
  if (second?.range) reading.note(reading.at(second.range[0]), '', 'yaml.many_documents')
  refuseShapes(reading, document.contents)
  // What was guessed past a broken line is not judged: its problems would be the guess's. A key that stands twice breaks nothing.
  if (reading.problems.some((one) => one.code !== 'yaml.duplicate_key')) return { reading }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    reading.note(first, '', 'yaml.no_text')
    return { reading }
  }
  const root: Place = { node: document.contents as Node, path: '', key: first }
  return { reading, root }
}

const SYNTAX: Readonly<Partial<Record<YAMLParseError['code'], PolicyProblemCode>>> = {
  DUPLICATE_KEY: 'yaml.duplicate_key',
  TAB_AS_INDENT: 'yaml.tab',
  BAD_INDENT: 'yaml.indent',
  BLOCK_AS_IMPLICIT_KEY: 'yaml.indent',
  BLOCK_IN_FLOW: 'yaml.indent',
  MULTILINE_IMPLICIT_KEY: 'yaml.indent',
  BAD_DQ_ESCAPE: 'yaml.quote',
  MISSING_CHAR: 'yaml.quote',
  MULTIPLE_DOCS: 'yaml.many_documents',
  BAD_ALIAS: 'yaml.alias',
  RESOURCE_EXHAUSTION: 'yaml.too_deep',
}

/** What follows a line that could not be read is the guess's mistake and not the owner's; a tab or a second key misleads nobody. */
function ownErrors(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const alone = ({ code }: YAMLParseError) => code === 'DUPLICATE_KEY' || code === 'TAB_AS_INDENT'
  const first = errors.findIndex((one) => !alone(one))
  return errors.filter((one, i) => alone(one) || i === first)
}

function noteSyntax(reading: Reading, error: YAMLParseError, contents: unknown): void {
  // An open bracket shows only where the next line is not indented into it.
  const open = error.code === 'BAD_INDENT' && error.message.startsWith('Flow ')
  const code = open ? 'yaml.quote' : (SYNTAX[error.code] ?? 'yaml.syntax')
  const offset = code === 'yaml.quote' ? openedAt(contents, error.pos[0]) : error.pos[0]
  reading.note(reading.at(offset), '', code, {
    near: keyBefore(contents, offset),
    ...(code === 'yaml.syntax' ? { code: error.code.toLowerCase().replaceAll('_', ' ') } : {}),
  })
}

/** Where the innermost thing that is still open at this offset was opened: there it is mended, not where the reader gave up. */
function openedAt(contents: unknown, offset: number): number {
  let at = offset
  eachNode(contents, (node) => {
    const opens = isScalar(node)
      ? node.type?.startsWith('QUOTE_') === true
      : 'flow' in node && node.flow === true
    const [from, , end] = node.range ?? [0, 0, 0]
    if (opens && node.range && from <= offset && offset <= end) at = from
  })
  return at
}

/** The path of the last key that stands before an offset: what people search their file for. */
function keyBefore(contents: unknown, offset: number): string {
  let path = ''
  const below = (node: unknown, above: string): void => {
    if (isSeq(node)) for (const [i, item] of node.items.entries()) below(item, `${above}[${i}]`)
    if (!isMap(node)) return
    for (const { key, value } of node.items) {
      if (!isScalar(key) || (key.range?.[0] ?? offset) >= offset) continue
      const name = String(key.value)
      const here = above === '' ? name : `${above}.${name}`
      path = here
      below(value, here)
    }
  }
  below(contents, '')
  return path.length > 100 ? '' : path
}

function eachNode(node: unknown, see: (node: Node) => void): void {
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return
  see(node)
  if (isMap(node))
    for (const { key, value } of node.items) {
      eachNode(key, see)
      eachNode(value, see)
    }
  if (isSeq(node)) for (const item of node.items) eachNode(item, see)
}

/** Aliases, tags and depth are refused before anything is read: a rule file is read by people and says everything where it stands. */
function refuseShapes(reading: Reading, node: unknown, depth = 0): void {
  if (isAlias(node)) {
    reading.note(reading.at(node.range?.[0] ?? 0), '', 'yaml.alias')
    return
  }
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return
  const at = reading.at(node.range?.[0] ?? 0)
  if (depth > MAX_DEPTH) {
    if (!reading.problems.some((one) => one.code === 'yaml.too_deep')) reading.note(at, '', 'yaml.too_deep')
    return
  }
  if (node.tag !== undefined) reading.note(at, '', 'yaml.tag', { tag: node.tag })
  if (isMap(node))
    for (const pair of node.items) {
      refuseShapes(reading, pair.key, depth + 1)
      refuseShapes(reading, pair.value, depth + 1)
    }
  if (isSeq(node)) for (const item of node.items) refuseShapes(reading, item, depth + 1)
}

// --- readers ----------------------------------------------------------------------------------------------------------

type Fields = { readonly [key: string]: Field<unknown> }
type ValueOf<F> = F extends Field<infer T> ? T : never
/** Every field may be missing: what must be there is named in `required`, and the checks run on what could be read. */
export type Read<F extends Fields> = { readonly [K in keyof F]?: ValueOf<F[K]> }

export interface FieldsOptions {
  readonly required?: readonly string[]
  /** Keys that a later release brings: they get a sentence of their own. */
  readonly later?: readonly string[]
}

export function fields<F extends Fields>(of: F, options: FieldsOptions = {}): Field<Read<F>> {
  const known = Object.keys(of)
  return (place, reading) => {
    const result: Record<string, unknown> = {}
    // What the owner meant by a key that is mistyped or of a later release is not missed a second time.
    const meant = new Set<string>()
    const done = eachPair(place, reading, (name, at, value) => {
      const field = Object.hasOwn(of, name) ? of[name] : undefined
      if (field !== undefined) {
        const read = readValue(field, value, reading)
        if (read !== undefined) result[name] = read
      } else if (options.later?.includes(name)) {
        reading.note(at, value.path, 'key.later', { key: name })
        if (options.required?.length === 1) meant.add(`${options.required[0]}`)
      } else {
        const near = nearest(name, known)
        if (near !== undefined) meant.add(near)
        reading.note(at, value.path, 'key.unknown', {
          key: name,
          in: place.path,
          known,
          ...(near === undefined ? {} : { nearest: near }),
        })
      }
    })
    if (!done) return undefined
    for (const name of options.required ?? [])
      if (!meant.has(name) && (!isMap(place.node) || !place.node.has(name)))
        reading.note(reading.start(place), place.path, 'key.missing', { key: name, in: place.path })
    return result as Read<F>
  }
}

/** A map with free keys; `isName` says whether a key may be one, and `among` lists those that may where they can be listed. Kept in file order. */
export function named<T>(
  item: Field<T>,
  isName: (name: string) => boolean,
  code: PolicyProblemCode = 'value.name',
  among: readonly string[] = [],
): Field<readonly { readonly id: string; readonly value: T }[]> {
  return (place, reading) => {
    const result: { id: string; value: T }[] = []
    const done = eachPair(place, reading, (name, at, value) => {
      if (!isName(name)) {
        const near = nearest(name, among)
        reading.note(at, value.path, code, { value: name, ...(near === undefined ? {} : { nearest: near }) })
      }
      const read = item(value, reading)
      if (read !== undefined) result.push({ id: name, value: read })
    })
    return done ? result : undefined
  }
}

/**
 * A list whose items stay at their numbers: one that could not be read stands as `unread`. Without such a value the whole list
 * counts as not read, so that no later check points at the wrong line.
 */
export function list<T>(item: Field<T>, max = 500, unread?: T): Field<readonly T[]> {
  return (place, reading) => {
    if (!isSeq(place.node))
      return reading.wrong(place, 'value.kind', { expected: 'list', found: kindOf(place.node) })
    if (place.node.items.length > max) return reading.wrong(place, 'value.range', { min: 0, max })
    const result: T[] = []
    for (const [i, node] of place.node.items.entries()) {
      const range = (node as Node | null)?.range
      const key = range ? reading.at(range[0]) : place.key
      const child: Place = { node: node as Node | null, path: `${place.path}[${i}]`, key }
      reading.remember(child)
      const read = readValue(item, child, reading) ?? unread
      if (read !== undefined) result.push(read)
    }
    return result.length === place.node.items.length ? result : undefined
  }
}

/** The long form, or a text that stands for it. */
export function orText<T>(long: Field<T>, short: Field<T>): Field<T> {
  return (place, reading) => (isMap(place.node) ? long : short)(place, reading)
}

function readValue<T>(field: Field<T>, place: Place, reading: Reading): T | undefined {
  const empty = place.node === null || (isScalar(place.node) && place.node.value === null)
  return empty ? reading.wrong(place, 'value.empty', { key: lastKey(place.path) }) : field(place, reading)
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function eachPair(
  place: Place,
  reading: Reading,
  take: (name: string, at: Position, value: Place) => void,
): boolean {
  if (place.node === null || (isScalar(place.node) && place.node.value === null)) return true
  if (!isMap(place.node)) {
    reading.wrong(place, 'value.kind', { expected: 'map', found: kindOf(place.node) })
    return false
  }
  for (const pair of place.node.items as Pair<unknown, unknown>[]) {
    const key = isScalar(pair.key) ? pair.key : undefined
    const at = reading.at((pair.key as Node | null)?.range?.[0] ?? place.node.range?.[0] ?? 0)
    const name = key === undefined ? undefined : (key.source ?? String(key.value))
    if (name === undefined) {
      reading.note(at, place.path, 'yaml.syntax', { code: 'key' })
      continue
    }
    const path = place.path === '' ? name : `${place.path}.${name}`
    const value: Place = { node: (pair.value as Node | null) ?? null, path, key: at }
    reading.remember(value)
    take(name, at, value)
  }
  return true
}

/** What stands there, in a word that words/policy.ts knows. */
export function kindOf(node: unknown): string {
  if (isMap(node)) return 'map'
  if (isSeq(node)) return 'list'
  if (isScalar(node)) {
    const { value } = node
    if (typeof value === 'string') return 'text'
    if (typeof value === 'number' || typeof value === 'bigint') return 'number'
    if (typeof value === 'boolean') return 'boolean'
  }
  return 'nothing'
}
