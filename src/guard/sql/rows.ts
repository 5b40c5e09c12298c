// Statements on rows and on what holds them for a while: read, add, change, take away; how far a DELETE or UPDATE goes.
import { HOLE } from '../hole.ts'
import { isAlwaysTrue } from './condition.ts'
import type { Around, Found } from './found.ts'
import type { Token } from './lex.ts'
import { nameAt, skipWords, stringsOf } from './tokens.ts'

export const database = (
  around: Around,
  verb: Extract<Found, { found: 'database' }>['verb'],
  more: object = {},
): void => around.tell({ found: 'database', verb, ...more })

export function readSelect(tokens: readonly Token[], around: Around): void {
  let depth = 0
  for (const [i, { upper }] of tokens.entries()) {
    if (upper === '(') depth++
    else if (upper === ')') depth--
    if (upper !== 'INTO' || depth !== 0) continue
    const next = tokens[i + 1]
    const file = tokens[i + 2]
    if (next?.upper === 'OUTFILE' || next?.upper === 'DUMPFILE') {
      if (file?.kind === 'string') around.tell({ found: 'file', access: 'write', name: file.text })
    } else if (next?.kind === 'word' || next?.kind === 'quoted')
      database(around, 'db.insert', { object: nameAt(tokens, i + 1) })
  }
  if (around.engine === 'duckdb' || around.engine === 'clickhouse')
    for (const [i, { kind, text }] of tokens.entries())
      if (kind === 'string' && (tokens[i - 1]?.upper === 'FROM' || tokens[i - 1]?.upper === 'JOIN'))
        around.tell({ found: 'file', access: 'read', name: text })
}

const AFTER_WHERE = new Set(['RETURNING', 'ORDER', 'LIMIT', 'OPTION', 'SETTINGS', 'GROUP', 'ALLOW'])

/** What bounds a DELETE or UPDATE: a condition that some row can fail, a limit, a cursor. */
function bounds(tokens: readonly Token[]): { readonly bounded: boolean; readonly possible?: true } {
  let depth = 0
  let where = -1
  let end = tokens.length
  let open = false
  for (let i = 1; i < tokens.length; i++) {
    const { upper, kind } = tokens[i] as Token
    if (upper === '(') depth++
    else if (upper === ')') depth--
    if (depth !== 0) continue
    if (upper === 'LIMIT' || (upper === 'TOP' && i < 4) || upper === 'FETCH') return { bounded: true }
    if (upper === 'WHERE' && where === -1) where = i
    else if (where !== -1 && AFTER_WHERE.has(upper) && end === tokens.length) end = i
    if (kind === 'hole' && where === -1 && tokens[i - 1]?.kind !== 'sign' && i > 2) open = true
  }
  if (where === -1) return open ? { bounded: false, possible: true } : { bounded: false }
  return { bounded: !isAlwaysTrue(tokens.slice(where + 1, end)) }
}

export function readDelete(tokens: readonly Token[], around: Around): void {
  const from = tokens.findIndex(({ upper }) => upper === 'FROM')
  const object = nameAt(
    tokens,
    skipWords(tokens, from === -1 ? 1 : from + 1, 'ONLY LOW_PRIORITY QUICK IGNORE'),
  )
  if (object === undefined) return
  database(around, 'db.delete', { object, ...bounds(tokens) })
}

export function readUpdate(tokens: readonly Token[], around: Around): void {
  if (!tokens.some(({ upper, kind }) => upper === 'SET' || kind === 'hole')) return
  const object = nameAt(
    tokens,
    skipWords(tokens, 1, 'ONLY LOW_PRIORITY IGNORE OR REPLACE ROLLBACK ABORT FAIL'),
  )
  database(around, 'db.update', { object, ...bounds(tokens) })
}

export function readInsert(tokens: readonly Token[], around: Around): void {
  const words = new Set(tokens.map(({ upper }) => upper))
  const object = nameAt(
    tokens,
    skipWords(
      tokens,
      1,
      'INTO OVERWRITE TABLE OR REPLACE IGNORE LOW_PRIORITY DELAYED HIGH_PRIORITY ABORT FAIL ROLLBACK',
    ),
  )
  if (tokens[1]?.upper === 'OVERWRITE') database(around, 'db.truncate', { object })
  else if (
    words.has('DUPLICATE') ||
    (words.has('CONFLICT') && words.has('UPDATE')) ||
    (tokens[1]?.upper === 'OR' && words.has('REPLACE'))
  )
    database(around, 'db.update', { object, bounded: true })
  else database(around, 'db.insert', { object })
}

export function readMerge(tokens: readonly Token[], around: Around): void {
  const object = nameAt(tokens, skipWords(tokens, 1, 'INTO'))
  if (tokens.some(({ upper }, i) => upper === 'DELETE' && tokens[i - 1]?.upper === 'THEN'))
    database(around, 'db.delete', { object, bounded: true })
  database(around, 'db.update', { object, bounded: true })
}

export function readCopy(tokens: readonly Token[], around: Around): void {
  let depth = 0
  for (const [i, { upper }] of tokens.entries()) {
    if (upper === '(') depth++
    else if (upper === ')') depth--
    if (depth !== 0 || (upper !== 'FROM' && upper !== 'TO')) continue
    const next = tokens[i + 1]
    if (next?.upper === 'PROGRAM')
      around.tell({
        found: 'shell',
        code: tokens[i + 2]?.text ?? HOLE,
        ...(upper === 'TO' ? { feeds: true } : {}),
      })
    else if (next?.kind === 'string')
      around.tell({ found: 'file', access: upper === 'FROM' ? 'read' : 'write', name: next.text })
    if (upper === 'FROM') database(around, 'db.insert', { object: nameAt(tokens, 1) })
    return
  }
}

export function readLoad(tokens: readonly Token[], around: Around): void {
  const [name] = stringsOf(tokens)
  if (tokens[1]?.upper === 'DATA' || tokens[1]?.upper === 'XML') {
    if (name !== undefined) around.tell({ found: 'file', access: 'read', name })
    const into = tokens.findIndex(({ upper }) => upper === 'INTO')
    const replaces = tokens.some(({ upper }) => upper === 'REPLACE' || upper === 'OVERWRITE')
    database(around, replaces ? 'db.update' : 'db.insert', {
      object: nameAt(tokens, skipWords(tokens, into + 1, 'TABLE')),
    })
  } else database(around, 'db.admin', { object: 'library' })
}

export function readSet(tokens: readonly Token[], around: Around): void {
  const [, second, third] = tokens
  if (second?.upper === 'PASSWORD') database(around, 'db.grant')
  else if (second?.upper === 'GLOBAL' || second?.upper === 'PERSIST' || second?.upper === 'PERSIST_ONLY')
    database(around, 'db.admin', { object: third?.text })
  else if (second?.upper === '@' && third?.upper === '@' && /^(global|persist)$/i.test(tokens[3]?.text ?? ''))
    database(around, 'db.admin', { object: tokens[5]?.text })
}

export function readVacuum(tokens: readonly Token[], around: Around): void {
  const into = tokens.findIndex(({ upper }) => upper === 'INTO')
  const name = tokens[into + 1]
  if (into !== -1 && name !== undefined) around.tell({ found: 'file', access: 'write', name: name.text })
  // It locks the table for as long as it takes.
  if (tokens.some(({ upper }) => upper === 'FULL')) database(around, 'db.admin', { object: 'vacuum full' })
}
