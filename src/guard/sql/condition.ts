// Whether a condition holds for every row: `1=1`, `true`, `not false`, `x = x`, and what is joined to it by OR.
import type { Token } from './lex.ts'

type Truth = true | false | undefined

const DEPTH = 32

/** True where no row can fail it; a hole is not known, and so is not always true. */
export function isAlwaysTrue(tokens: readonly Token[]): boolean {
  return tokens.length === 0 || either(tokens, 0) === true
}

/** Cuts at words that stand outside of brackets; the AND of BETWEEN does not cut. */
function cut(
  tokens: readonly Token[],
  at: (token: Token) => boolean,
  between = false,
): readonly (readonly Token[])[] {
  const all: Token[][] = [[]]
  let depth = 0
  let pending = false
  for (const token of tokens) {
    if (token.upper === '(') depth++
    else if (token.upper === ')') depth--
    if (depth === 0 && token.upper === 'BETWEEN') pending = true
    if (depth === 0 && at(token)) {
      if (between && pending) pending = false
      else {
        all.push([])
        continue
      }
    }
    all.at(-1)?.push(token)
  }
  return all
}

function either(tokens: readonly Token[], depth: number): Truth {
  if (depth > DEPTH) return undefined
  let all: Truth = false
  for (const part of cut(tokens, ({ upper }) => upper === 'OR' || upper === '||')) {
    const one = both(part, depth + 1)
    if (one === true) return true
    if (one === undefined) all = undefined
  }
  return all
}

function both(tokens: readonly Token[], depth: number): Truth {
  let all: Truth = true
  for (const part of cut(tokens, ({ upper }) => upper === 'AND', true)) {
    const one = factor(part, depth + 1)
    if (one === false) return false
    if (one === undefined) all = undefined
  }
  return all
}

function factor(tokens: readonly Token[], depth: number): Truth {
  const [first] = tokens
  if (first === undefined || depth > DEPTH) return undefined
  if (first.upper === 'NOT' || first.upper === '!') {
    const inner = factor(tokens.slice(1), depth + 1)
    return inner === undefined ? undefined : !inner
  }
  if (first.upper === '(' && closes(tokens, 0) === tokens.length - 1)
    return either(tokens.slice(1, -1), depth + 1)
  if (first.upper === 'EXISTS') return exists(tokens)
  const at = tokens.findIndex(({ upper }) => COMPARE.has(upper))
  if (at === -1) return constant(tokens)
  return compare(tokens.slice(0, at), tokens[at]?.upper ?? '', tokens.slice(at + 1))
}

const COMPARE = new Set([
  '=',
  '==',
  '<',
  '>',
  '<=',
  '>=',
  '<>',
  '!=',
  'IS',
  'LIKE',
  'ILIKE',
  'IN',
  'BETWEEN',
  '~',
])

/** The place of the bracket that closes the one at `from`. */
function closes(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]?.upper === '(') depth++
    else if (tokens[i]?.upper === ')' && --depth === 0) return i
  }
  return -1
}

/** `EXISTS (SELECT 1)`: a query of constants has a row. */
const exists = (tokens: readonly Token[]): Truth =>
  tokens[2]?.upper === 'SELECT' && !tokens.some(({ upper }) => upper === 'FROM') ? true : undefined

function constant(tokens: readonly Token[]): Truth {
  const [only] = tokens
  if (tokens.length !== 1 || only === undefined) return undefined
  if (only.upper === 'TRUE') return true
  if (only.upper === 'FALSE' || only.upper === 'NULL') return false
  if (only.kind === 'number' || (only.kind === 'string' && /^[\d.]+$/.test(only.text)))
    return Number(only.text) !== 0
  if (only.kind === 'string' && /^(t|true|y|yes|on)$/i.test(only.text)) return true
  return undefined
}

const isConstant = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind === 'number' || token.kind === 'string')

const same = (a: readonly Token[], b: readonly Token[]): boolean =>
  a.length === b.length &&
  a.length > 0 &&
  a.every(
    ({ kind, text, upper }, i) =>
      kind !== 'hole' &&
      (b[i]?.kind === kind ? (upper !== '' ? upper === b[i]?.upper : text === b[i]?.text) : false),
  ) &&
  !a.some(({ upper }) => upper === '(')

function compare(left: readonly Token[], sign: string, given: readonly Token[]): Truth {
  let right = given
  const [a] = left
  if (sign === 'IS') {
    const not = right[0]?.upper === 'NOT'
    const what = right[not ? 1 : 0]?.upper
    if (what === 'NULL' && left.length === 1) {
      if (a?.upper === 'NULL') return !not
      // A key is never empty: `id IS NOT NULL` is all rows.
      if (isConstant(a) || isKey(left)) return not
    }
    if (what === 'TRUE' || what === 'FALSE') {
      const truth = constant(left)
      return truth === undefined ? undefined : (truth === (what === 'TRUE')) !== not
    }
    return undefined
  }
  if (sign === 'LIKE' || sign === 'ILIKE') {
    const negative = left.at(-1)?.upper === 'NOT'
    return !negative && right[0]?.kind === 'string' && /^%+$/.test(right[0].text) ? true : undefined
  }
  if (sign === 'IN') {
    const [one] = left
    if (left.length === 1 && isConstant(one))
      return right.some(({ kind, text }) => kind === one?.kind && text === one.text) ? true : undefined
    return undefined
  }
  if (sign === 'BETWEEN') return undefined
  if (right[0]?.upper === '=') right = right.slice(1)
  const b = right.at(-1)
  if (left.length === 1 && right.length === 1 && isConstant(a) && isConstant(b))
    return folded(a as Token, sign, b as Token)
  if (same(left, right)) return sign === '=' || sign === '>=' || sign === '<=' || sign === '=='
  // `id > 0`: every row has such a key.
  if (isKey(left) && b?.kind === 'number') {
    const value = right[0]?.upper === '-' ? -Number(b.text) : Number(b.text)
    if (
      (sign === '>' && value <= 0) ||
      (sign === '>=' && value <= 1) ||
      ((sign === '<>' || sign === '!=') && value <= 0)
    )
      return true
  }
  return undefined
}

const isKey = (tokens: readonly Token[]): boolean => {
  const last = tokens.at(-1)
  return (last?.kind === 'word' || last?.kind === 'quoted') && /^(?:_?id|rowid|pk|uuid)$/i.test(last.text)
}

function folded(a: Token, sign: string, b: Token): Truth {
  const numeric = a.kind === 'number' || b.kind === 'number'
  const x = numeric ? Number(a.text) : a.text
  const y = numeric ? Number(b.text) : b.text
  switch (sign) {
    case '=':
    case '==':
      return x === y
    case '<>':
    case '!=':
      return x !== y
    case '<':
      return x < y
    case '>':
      return x > y
    case '<=':
      return x <= y
    case '>=':
      return x >= y
    default:
      return undefined
  }
}
