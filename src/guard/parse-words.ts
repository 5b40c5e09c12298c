// Words of the parser as ours: their parts, what stands in them, and what braces spell out.
import type { ArithmeticExpression, Word as BashWord, ParsedScript, WordPart } from 'unbash'
import { alternatives } from './alternatives.ts'
import type { Node, Operation, Parameter, Part, Span, Word } from './tree.ts'

export interface Budget {
  /** Characters that may still be written out. */
  left: number
  statements: number
}

interface Place {
  readonly pos: number
  readonly end: number
}

/** What words ask of the reader of the text that they stand in. */
export interface Inside {
  readonly budget: Budget
  at(node: Place): Span
  nested(script: ParsedScript | undefined, around: Place): Node
  /** A text without separators as a word: a part of a brace list. */
  written(source: string, span: Span): Word
}

/** Ranges longer than this are not written out: `{1..1000000}`. */
const RANGE_LIMIT = 32

/** The commands that stand in a calculation. */
export function commandsIn(expression: ArithmeticExpression | undefined, inside: Inside): Node[] {
  if (expression === undefined) return []
  switch (expression.type) {
    case 'ArithmeticBinary':
      return [...commandsIn(expression.left, inside), ...commandsIn(expression.right, inside)]
    case 'ArithmeticUnary':
      return commandsIn(expression.operand, inside)
    case 'ArithmeticTernary':
      return [expression.test, expression.consequent, expression.alternate].flatMap((one) =>
        commandsIn(one, inside),
      )
    case 'ArithmeticGroup':
      return commandsIn(expression.expression, inside)
    case 'ArithmeticCommandExpansion':
      return [inside.nested(expression.script, expression)]
    case 'ArithmeticWord': {
      const parts = (expression.parts ?? []).flatMap((one) => partsOf(one, false, inside))
      return parts.flatMap((one) => (one.part === 'command' || one.part === 'process' ? [one.body] : []))
    }
  }
}

/** A word as it stands in a command. */
export function wordOf(word: BashWord, inside: Inside): Word {
  const span = inside.at(word)
  if (word.parts === undefined)
    return { parts: [{ part: 'text', text: word.value, quoted: word.text !== word.value }], span }
  return { parts: word.parts.flatMap((part) => partsOf(part, false, inside)), span }
}

/** `quoted`: between quotes or in a here-document, where no glob is one. */
export function partsOf(part: WordPart, quoted: boolean, inside: Inside): Part[] {
  switch (part.type) {
    case 'Literal':
      return [{ part: 'text', text: part.value, quoted: quoted || part.text !== part.value }]
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return [{ part: 'text', text: part.value, quoted: true }]
    case 'DoubleQuoted':
    case 'LocaleString':
      // An empty pair of quotes is a word, not nothing.
      return part.parts.length === 0
        ? [{ part: 'text', text: '', quoted: true }]
        : part.parts.flatMap((one) => partsOf(one, true, inside))
    case 'Glob':
      if (quoted) return [{ part: 'text', text: part.value, quoted }]
      if (part.kind === 'star') return [{ part: 'glob', glob: { wild: 'name' } }]
      if (part.kind === 'question') return [{ part: 'glob', glob: { wild: 'char' } }]
      return [{ part: 'glob', glob: { wild: 'set', set: part.text.slice(1, -1) } }]
    case 'ExtendedGlob':
      return [
        {
          part: 'extglob',
          operator: part.operator,
          alternatives: alternatives(part.pattern, '|').map((one) => inside.written(one, inside.at(part))),
        },
      ]
    case 'SimpleExpansion':
      return [{ part: 'parameter', name: part.text.slice(1), quoted }]
    case 'ParameterExpansion':
      return [parameterOf(part, quoted, inside)]
    case 'CommandExpansion':
      return [{ part: 'command', body: inside.nested(part.script, part), quoted }]
    case 'ArithmeticExpansion':
      return [{ part: 'arithmetic', text: part.text, inner: commandsIn(part.expression, inside), quoted }]
    case 'ProcessSubstitution':
      return [{ part: 'process', direction: part.operator, body: inside.nested(part.script, part) }]
    case 'BraceExpansion':
      return [bracesOf(part.text, inside.at(part), inside)]
  }
}

function parameterOf(
  part: Extract<WordPart, { type: 'ParameterExpansion' }>,
  quoted: boolean,
  inside: Inside,
): Parameter {
  const { operation, index, prefix } = part
  return {
    part: 'parameter',
    name: part.parameter,
    quoted,
    ...(prefix === undefined ? {} : { prefix }),
    ...(index === undefined ? {} : { index: wordOf(index, inside) }),
    ...(operation === undefined ? {} : { operation: operationOf(operation, inside) }),
  }
}

function operationOf(
  operation: NonNullable<Extract<WordPart, { type: 'ParameterExpansion' }>['operation']>,
  inside: Inside,
): Operation {
  const { operator } = operation
  const words = (...all: readonly (BashWord | undefined)[]) =>
    all.flatMap((one) => (one === undefined ? [] : [wordOf(one, inside)]))
  switch (operation.type) {
    case 'Default':
      return { kind: 'default', operator, operands: words(operation.operand) }
    case 'Remove':
      return { kind: 'remove', operator, operands: words(operation.operand) }
    case 'Replace':
      return { kind: 'replace', operator, operands: words(operation.pattern, operation.replacement) }
    case 'Slice':
      return { kind: 'slice', operator, operands: words(operation.offset, operation.length) }
    case 'CaseModification':
      return { kind: 'case', operator, operands: words(operation.operand) }
    case 'Transform':
      return { kind: 'transform', operator, operands: words(operation.operand) }
    case 'Names':
      return { kind: 'names', operator, operands: [] }
    case 'Unknown':
      return { kind: 'unknown', operator, operands: [] }
  }
}

function bracesOf(source: string, span: Span, inside: Inside): Part {
  const inner = source.slice(1, -1)
  const range = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(inner)
  if (range !== null)
    return rangeOf(
      [range[1] ?? '', range[2] ?? '', Math.abs(Number(range[3] ?? 1)) || 1],
      span,
      inside.budget,
    )
  return {
    part: 'braces',
    alternatives: alternatives(inner, ',').map((one) => inside.written(one, span)),
  }
}

function rangeOf([from, to, step]: readonly [string, string, number], span: Span, budget: Budget): Part {
  const numbers = /\d/.test(from)
  const [first, last] = numbers ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)]
  const count = Math.abs(last - first) / step
  budget.left -= count * 8
  if (count > RANGE_LIMIT || budget.left < 0) return { part: 'unknown', quoted: true }
  const all: Word[] = []
  const sign = first <= last ? step : -step
  for (let i = first; first <= last ? i <= last : i >= last; i += sign) {
    const text = numbers ? String(i) : String.fromCharCode(i)
    all.push({ parts: [{ part: 'text', text, quoted: false }], span })
  }
  return { part: 'braces', alternatives: all }
}
