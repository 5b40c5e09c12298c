// A SQL file as statements, and the parts in which it is run: what may stand in a transaction runs in one, together; what forbids one runs by itself.
import { lineAt, type Token, tokensOf } from './tokens.ts'

export interface Statement {
  /** As it is written, without the semicolon. */
  readonly text: string
  readonly tokens: readonly Token[]
  /** Of its first word, from 1. */
  readonly line: number
}

/** What is sent in one transaction. `alone`: one statement that PostgreSQL runs in none. */
export interface Part {
  readonly statements: readonly Statement[]
  readonly alone: boolean
}

export function statementsOf(sql: string): readonly Statement[] {
  const found: Statement[] = []
  let tokens: Token[] = []
  /** Depth of a body that is written between BEGIN ATOMIC and END: its semicolons end no statement. */
  let atomic = 0
  const end = () => {
    const [first, last] = [tokens[0], tokens.at(-1)]
    if (first !== undefined && last !== undefined)
      found.push({ text: sql.slice(first.from, last.to), tokens, line: lineAt(sql, first.from) })
    tokens = []
    atomic = 0
  }
  for (const token of tokensOf(sql)) {
    if (token.upper === ';' && atomic === 0) {
      end()
      continue
    }
    if (token.upper === 'ATOMIC' && tokens.at(-1)?.upper === 'BEGIN') atomic = 1
    else if (atomic > 0 && token.upper === 'CASE') atomic++
    else if (atomic > 0 && token.upper === 'END') atomic--
    tokens.push(token)
  }
  end()
  return found
}

/** Words that begin it, in upper case; quoted names and signs end them. */
export function head({ tokens }: Pick<Statement, 'tokens'>, count: number): string {
  const words: string[] = []
  for (const token of tokens.slice(0, count)) {
    if (token.kind !== 'word') break
    words.push(token.upper)
  }
  return words.join(' ')
}

export function hasWords({ tokens }: Pick<Statement, 'tokens'>, ...words: readonly string[]): boolean {
  for (let i = 0; i + words.length <= tokens.length; i++)
    if (words.every((word, j) => tokens[i + j]?.upper === word)) return true
  return false
}

/** PostgreSQL refuses it inside of a transaction, or (ADD VALUE) nothing could use it before the end of one. */
export function runsAlone(statement: Statement): boolean {
  const begin = head(statement, 4)
  if (/^(CREATE (UNIQUE )?INDEX|DROP INDEX|REINDEX)\b/.test(begin) && hasWords(statement, 'CONCURRENTLY'))
    return true
  if (/^REFRESH MATERIALIZED VIEW\b/.test(begin)) return false
  if (/^(VACUUM|CLUSTER)\b/.test(begin)) return true
  if (/^ALTER TYPE\b/.test(begin)) return hasWords(statement, 'ADD', 'VALUE')
  if (/^ALTER TABLE\b/.test(begin))
    return hasWords(statement, 'DETACH', 'PARTITION') && hasWords(statement, 'CONCURRENTLY')
  return false
}

export function partsOf(statements: readonly Statement[]): readonly Part[] {
  const parts: { statements: Statement[]; alone: boolean }[] = []
  for (const statement of statements) {
    const alone = runsAlone(statement)
    const last = parts.at(-1)
    if (alone || last === undefined || last.alone) parts.push({ statements: [statement], alone })
    else last.statements.push(statement)
  }
  return parts
}

/** A name with its schema, from this token on, as `schema.name`; undefined where none stands there. */
export function nameAt(tokens: readonly Token[], from: number): string | undefined {
  const isName = (token: Token | undefined) => token?.kind === 'word' || token?.kind === 'name'
  const first = tokens[from]
  if (first === undefined || !isName(first)) return undefined
  const second = tokens[from + 2]
  return tokens[from + 1]?.upper === '.' && second !== undefined && isName(second)
    ? `${first.text}.${second.text}`
    : first.text
}

/** The place behind a name that begins here. */
export function behindName(tokens: readonly Token[], from: number): number {
  return tokens[from + 1]?.upper === '.' ? from + 3 : from + 1
}

/** The place of the first token that is none of these words. */
export function skip(tokens: readonly Token[], from: number, ...words: readonly string[]): number {
  let at = from
  while (tokens[at] !== undefined && words.includes(tokens[at]?.upper ?? '')) at++
  return at
}
