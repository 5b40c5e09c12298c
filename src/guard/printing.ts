// echo and printf: what they write is known as far as their words are.
import type { Field } from './fields.ts'
import type { Call } from './shell.ts'
import { known, NOTHING, type Stream } from './stream.ts'
import { concat, literal, text, UNKNOWN, UNKNOWN_SOURCE, type Value } from './value.ts'

const values = (fields: readonly Field[]): readonly Value[] => fields.map(({ value }) => value)

/** The words of `eval` and of remote shells are one text. What is unknown in it stays unknown. */
export function joined(fields: readonly Field[]): Value {
  return concat(...fields.map(({ value }, i) => (i === 0 ? value : concat([' '], value))))
}

/** Text of which a part is unknown, as source: the unknown is a variable nobody set. */
export function sourceOf(value: Value): string {
  return value
    .map((piece) =>
      typeof piece === 'string'
        ? piece
        : (HOLE_SOURCE[piece.wild] ?? (piece.wild === 'set' ? `[${piece.set ?? ''}]` : UNKNOWN_SOURCE)),
    )
    .join('')
}
const HOLE_SOURCE: Partial<Record<string, string>> = {
  char: '?',
  name: '*',
  deep: '**',
  component: '"$RANDOM"',
}

export function printfOf(call: Call): Stream {
  const { shell, args } = call
  const isVariable = args[0] !== undefined && literal(args[0].value) === '-v'
  const rest = isVariable
    ? args.slice(2)
    : args[0] !== undefined && literal(args[0].value) === '--'
      ? args.slice(1)
      : args
  const [format, ...more] = rest
  const value: Value = format === undefined ? [] : formatted(format.value, values(more))
  if (!isVariable) return known(value)
  const name = literal(args[1]?.value ?? [])
  if (name !== undefined) shell.set(name, { values: [value] })
  return NOTHING
}

/** %s, %b, %d, %c and escapes; the format repeats for further values. */
function formatted(format: Value, all: readonly Value[]): Value {
  const source = literal(format)
  if (source === undefined) return UNKNOWN
  let out: Value = []
  let at = 0
  do {
    const before = at
    for (const part of source.split(/(%[-+ 0#]*\d*(?:\.\d+)?[a-zA-Z%])/)) {
      if (!/^%[-+ 0#]*\d*(?:\.\d+)?[a-zA-Z%]$/.test(part)) out = concat(out, text(unescaped(part)))
      else if (part.endsWith('%')) out = concat(out, ['%'])
      else {
        const one = all[at++] ?? []
        const plain = literal(one)
        out = concat(
          out,
          part.endsWith('b') && plain !== undefined
            ? text(unescaped(plain, true))
            : part.endsWith('c') && plain !== undefined
              ? text(plain.slice(0, 1))
              : one,
        )
      }
    }
    if (at === before) break
  } while (at < all.length)
  return out
}

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\u001b',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** `zero`: `echo -e` and `%b` take a 0 before the three digits; the format of printf counts it. */
export function unescaped(source: string, zero = false): string {
  return source.replace(
    zero
      ? /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|0?([0-7]{1,3})|(.))/gs
      : /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|(.))/gs,
    (all, hex?: string, unicode?: string, octal?: string, letter?: string) => {
      if (hex !== undefined || unicode !== undefined)
        return String.fromCharCode(Number.parseInt(hex ?? unicode ?? '', 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return SIMPLE[letter ?? ''] ?? all
    },
  )
}

export function echo({ args }: Call): Stream {
  let at = 0
  let escapes = false
  let end = true
  for (; at < args.length; at++) {
    const option = literal((args[at] as Field).value)
    if (option === undefined || !/^-[neE]+$/.test(option)) break
    if (option.includes('e')) escapes = true
    if (option.includes('n')) end = false
  }
  let value = joined(args.slice(at))
  if (escapes) value = value.map((piece) => (typeof piece === 'string' ? unescaped(piece, true) : piece))
  return known(end ? concat(value, ['\n']) : value)
}
