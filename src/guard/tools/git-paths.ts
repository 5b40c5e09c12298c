// Paths as git takes them: pathspecs with their magic and wildcards, and `REV:path` in the history.
import type { Verb } from '../effect.ts'
import type { Field } from '../fields.ts'
import type { Path } from '../path.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, fromFiles, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { after, concat, literal, prefix, text, type Value } from '../value.ts'
import { globOf } from './globs.ts'

interface Pathspec {
  readonly value: Value
  /** Counted from the root of the repository. */
  readonly top: boolean
}

/** `:(top,glob)x`, `:/x`, `:!x`; undefined where it takes paths away from the others. */
function pathspec(value: Value): Pathspec | undefined {
  const start = prefix(value)
  if (!start.startsWith(':')) return { value: opened(value), top: false }
  const long = /^:\(([^)]*)\)/.exec(start)
  if (long !== null) {
    const words = (long[1] ?? '').split(',')
    if (words.includes('exclude')) return undefined
    const rest = after(value, long[0]) ?? []
    return { value: words.includes('literal') ? rest : opened(rest), top: words.includes('top') }
  }
  const short = /^:[/!^]*:?/.exec(start)?.[0] ?? ':'
  if (/[!^]/.test(short)) return undefined
  return { value: opened(after(value, short) ?? []), top: short.includes('/') }
}

/** Its wildcards are git's own: a star takes slashes too, so that a name behind one may lie at any depth. */
function opened(value: Value): Value {
  const source = literal(value)
  if (source === undefined || !/[*?[]/.test(source)) return value
  const names = source.split('/')
  const at = names.findIndex((one) => /[*?[]/.test(one))
  return concat(
    ...names.slice(0, at).map((one) => text(`${one}/`)),
    ...names
      .slice(at)
      .flatMap((one, i) => [
        ...(i === 0 ? [] : [text('/')]),
        ...(/^\*+$/.test(one) ? [[{ wild: 'deep' } as const]] : [globOf(text(one))]),
      ]),
  )
}

/** The same below any directory, where it has a star of its own. */
function anywhere(value: Value): Value | undefined {
  const at = value.findIndex((piece) => typeof piece !== 'string')
  const first = value[0]
  if (at === -1 || value.some((piece) => typeof piece !== 'string' && piece.wild === 'deep')) return undefined
  const cut = typeof first === 'string' && at > 0 ? first.lastIndexOf('/') + 1 : 0
  if (at > 1) return undefined
  const rest = cut === 0 ? value : [(first as string).slice(cut), ...value.slice(1)]
  return concat(text(cut === 0 ? '' : (first as string).slice(0, cut)), [{ wild: 'deep' }, '/'], rest)
}

/** The repository may begin in any directory above this one. */
function fromTop(call: Call, verb: Verb, field: Field, value: Value): void {
  const { shell } = call
  for (const cwd of shell.state.cwd)
    for (let depth = cwd.segments.length - 1; depth > 0; depth--) {
      const above: Path = { ...cwd, segments: cwd.segments.slice(0, depth) }
      for (const path of shell.fork({ cwd: [above] }).paths(value))
        shell.emit({ verb, on: { kind: 'path', path }, certainty: 'possible' }, field.span)
    }
}

/** An effect on every path that a pathspec means. */
export function touchSpec(call: Call, verb: Verb, field: Field): void {
  const spec = pathspec(field.value)
  // `.` and `*` are the tree itself: nothing in them speaks of a file.
  if (spec === undefined || spec.value.length === 0) return
  touch(call, verb, { ...field, value: spec.value })
  const deep = anywhere(spec.value)
  if (deep !== undefined) touch(call, verb, { ...field, value: deep })
  if (spec.top) fromTop(call, verb, field, spec.value)
}

/** What its words name in the working tree, as they read it. */
export function readSpecs(call: Call, fields: readonly Field[]): Stream {
  for (const field of fields) touchSpec(call, 'path.read', field)
  const specs = fields.flatMap(({ value }) => pathspec(value) ?? [])
  return specs.every(({ value }) => value.length === 0)
    ? FROM_PROGRAM
    : fromFiles(specs.flatMap(({ value }) => call.shell.paths(value)))
}

/** `HEAD:path`, `:path`, `:1:path`: counted from the root of the repository. */
export function inHistory(call: Call, field: Field): Stream {
  const start = prefix(field.value)
  const at = start.indexOf(':')
  const rest = at === -1 ? undefined : after(field.value, start.slice(0, at + 1))
  if (rest === undefined || rest.length === 0) return FROM_PROGRAM
  const stage = at === 0 ? /^[0-3]:/.exec(prefix(rest))?.[0] : undefined
  const name = after(rest, stage ?? './') ?? rest
  touch(call, 'path.read', { ...field, value: name })
  fromTop(call, 'path.read', field, name)
  // As it was committed, which nobody sees here.
  return fromFiles(call.shell.paths(name))
}

/** A word that only names a revision: what is a path as well is read as one. */
export const isRevision = ({ value }: Field): boolean => /\.\.|[~^]|@\{|^@$/.test(literal(value) ?? '')
