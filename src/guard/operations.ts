// `${name:-word}` and its kin: what an operation makes of the values of a parameter.
import type { Around } from './expand.ts'
import type { Variable } from './state.ts'
import type { Operation, Span, Word } from './tree.ts'
import { isUnknown, literal, text, UNKNOWN, type Value } from './value.ts'

export function operated(
  operation: Operation,
  found: Variable,
  name: string,
  span: Span,
  around: Around,
  whole: (word: Word) => readonly Value[],
): readonly Value[] {
  const operand = (at: number): readonly Value[] => {
    const word = operation.operands[at]
    return word === undefined ? [[]] : whole(word)
  }
  const { operator } = operation
  switch (operation.kind) {
    case 'default': {
      if (found.unset === true && operator.endsWith('+')) return [[]]
      const others = operand(0)
      if (found.unset === true && !operator.endsWith('?')) {
        if (operator.endsWith('=')) around.assign(name, others)
        return others
      }
      const isSet = around.state().variables.has(name) || found.values.every((value) => !isUnknown(value))
      const filled = found.values.filter((value) => value.length > 0)
      if (operator.endsWith('+'))
        return isSet && found.maybeUnset !== true
          ? filled.length === 0 && operator === ':+'
            ? [[]]
            : others
          : [...others, []]
      if (operator.endsWith('?')) return found.values
      if (
        isSet &&
        found.maybeUnset !== true &&
        (filled.length === found.values.length || !operator.startsWith(':'))
      )
        return found.values
      if (operator.endsWith('=')) around.assign(name, [...filled, ...others])
      // Never set here: it may still come from outside, so the default is one of two.
      return isSet && filled.length === 0
        ? others
        : found.maybeUnset === true || isSet
          ? [...filled, ...others]
          : others.concat(found.values.filter((value) => !isUnknown(value)))
    }
    case 'remove':
      return found.values.map((value) => removed(value, operand(0)[0] ?? [], operator))
    case 'replace':
      return found.values.map((value) => replaced(value, operand(0)[0] ?? [], operand(1)[0] ?? [], operator))
    case 'slice':
      return found.values.map((value) =>
        sliced(value, operand(0)[0] ?? [], operation.operands.length > 1 ? operand(1)[0] : undefined),
      )
    case 'case':
      return found.values.map((value) => cased(value, operator))
    case 'transform':
      return found.values.flatMap((value) => transformed(value, operation, span, around, whole))
    case 'names':
    case 'unknown':
      return [UNKNOWN]
  }
}

function transformed(
  value: Value,
  operation: Operation,
  span: Span,
  around: Around,
  whole: (word: Word) => readonly Value[],
): readonly Value[] {
  const word = operation.operands[0]
  const letter = word === undefined ? '' : (literal(whole(word)[0] ?? []) ?? '')
  const source = literal(value)
  if (source === undefined) return [UNKNOWN]
  if (letter === 'P') return around.prompt(source, span)
  if (letter === 'U') return [text(source.toUpperCase())]
  if (letter === 'L') return [text(source.toLowerCase())]
  if (letter === 'u') return [text(source.slice(0, 1).toUpperCase() + source.slice(1))]
  if (letter === 'E')
    return [
      text(
        source.replace(/\\x([0-9a-fA-F]{1,2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
      ),
    ]
  return [value]
}

/** A shell pattern to a test on literal text. Undefined where the pattern itself is open. */
function tester(pattern: Value): ((candidate: string) => boolean) | undefined {
  let source = ''
  for (const piece of pattern) {
    if (typeof piece === 'string') source += piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    else if (piece.wild === 'char') source += '.'
    else if (piece.wild === 'name' || piece.wild === 'deep') source += '.*'
    else if (piece.wild === 'set')
      source += `[${(piece.set ?? '').replace(/^!/, '^').replace(/\\/g, '\\\\')}]`
    else return undefined
  }
  try {
    const expression = new RegExp(`^${source}$`, 's')
    return (candidate) => expression.test(candidate)
  } catch {
    return undefined
  }
}

const LONG = 256

function removed(value: Value, pattern: Value, operator: string): Value {
  const source = literal(value)
  const test = tester(pattern)
  if (source === undefined || test === undefined || source.length > LONG) return UNKNOWN
  const fromStart = operator.startsWith('#')
  const longest = operator.length === 2
  const lengths = Array.from({ length: source.length + 1 }, (_, i) => (longest ? source.length - i : i))
  for (const length of lengths) {
    const part = fromStart ? source.slice(0, length) : source.slice(source.length - length)
    if (test(part)) return text(fromStart ? source.slice(length) : source.slice(0, source.length - length))
  }
  return value
}

function replaced(value: Value, pattern: Value, by: Value, operator: string): Value {
  const source = literal(value)
  const other = literal(by)
  const test = tester(pattern)
  if (source === undefined || other === undefined || test === undefined || source.length > LONG)
    return UNKNOWN
  let all = ''
  for (let i = 0; i <= source.length; ) {
    let length = 0
    if (operator !== '/#' || i === 0)
      for (let end = source.length; end > i; end--)
        if (test(source.slice(i, end)) && (operator !== '/%' || end === source.length)) {
          length = end - i
          break
        }
    if (length === 0) {
      all += source[i] ?? ''
      i++
      continue
    }
    all += other
    i += length
    if (operator !== '//') return text(all + source.slice(i))
  }
  return text(all)
}

function sliced(value: Value, offset: Value, length: Value | undefined): Value {
  const source = literal(value)
  const from = Number(literal(offset)?.trim() ?? Number.NaN)
  const count = length === undefined ? undefined : Number(literal(length)?.trim() ?? Number.NaN)
  if (source === undefined || !Number.isInteger(from) || (count !== undefined && !Number.isInteger(count)))
    return UNKNOWN
  const start = from < 0 ? Math.max(0, source.length + from) : from
  const end = count === undefined ? source.length : count < 0 ? source.length + count : start + count
  return text(source.slice(start, end))
}

function cased(value: Value, operator: string): Value {
  const source = literal(value)
  if (source === undefined) return UNKNOWN
  const one = (part: string) => (operator.startsWith('^') ? part.toUpperCase() : part.toLowerCase())
  return text(operator.length === 2 ? one(source) : one(source.slice(0, 1)) + source.slice(1))
}
