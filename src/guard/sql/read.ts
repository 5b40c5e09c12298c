// What a text of SQL would do: each statement by its first words, writes inside of queries, bodies, functions that change things.
// Tolerant: what is no statement does nothing.
import { HOLE } from '../hole.ts'
import { commandOf } from './commands.ts'
import { readAlter, readCreate, readDrop } from './define.ts'
import type { Around, Found, Tell } from './found.ts'
import { callsIn } from './functions.ts'
import { type Engine, partsOf, type Token } from './lex.ts'
import {
  database,
  readCopy,
  readDelete,
  readInsert,
  readLoad,
  readMerge,
  readSelect,
  readSet,
  readUpdate,
  readVacuum,
} from './rows.ts'
import { matching, nameAt, skipWords, stringsOf } from './tokens.ts'

const DEPTH = 8
const STATEMENTS = 2_000

export function readSql(source: string, engine: Engine): readonly Found[] {
  const all: Found[] = []
  readInto(source, engine, (one) => all.length < 512 && all.push(one), 0)
  return all
}

function readInto(source: string, engine: Engine, tell: Tell, depth: number): void {
  if (depth > DEPTH) return
  let count = 0
  for (const part of partsOf(source, engine)) {
    if (++count > STATEMENTS) {
      tell({ found: 'database', verb: 'db.unclear', note: 'length' })
      return
    }
    if (part.part === 'command') commandOf(part.name, part.rest, engine, tell)
    else readStatement(part.tokens, { engine, tell, depth })
  }
}

/** Code in a string: a body, the text of EXECUTE. */
function readText(source: string, around: Around): void {
  readInto(source, around.engine, around.tell, around.depth + 1)
}

/** PL/pgSQL and its relatives: the statements between BEGIN, THEN, ELSE, LOOP. */
function readBody(source: string, around: Around): void {
  if (around.depth > DEPTH) return
  const inner = { ...around, depth: around.depth + 1 }
  for (const part of partsOf(source, around.engine)) {
    if (part.part !== 'statement') continue
    let statement: Token[] = []
    for (const token of [...part.tokens, END]) {
      if (!BLOCK.has(token.upper)) {
        statement.push(token)
        continue
      }
      if (statement.length > 0) readStatement(statement, inner)
      statement = []
    }
  }
}
const END: Token = { kind: 'sign', text: ';', upper: ';' }
const BLOCK = new Set(['BEGIN', 'THEN', 'ELSE', 'LOOP', ';', 'DECLARE'])

export function readStatement(given: readonly Token[], around: Around): void {
  let tokens = given
  while (tokens[0]?.upper === '(') tokens = tokens.slice(1)
  const [first, second] = tokens
  if (first === undefined) return
  if (around.depth > DEPTH + 4) return
  // A statement whose verb is not known can be any of them.
  if (first.kind === 'hole') {
    database(around, 'db.unclear', { possible: true })
    return
  }
  if (first.upper !== 'EXPLAIN') {
    callsIn(tokens, around.engine, around.tell, (source) => readText(source, around))
    if (first.upper !== 'CREATE') writesInside(tokens, around)
  }
  switch (first.upper) {
    case 'EXPLAIN':
    case 'ANALYZE':
      readExplain(tokens, around)
      return
    case 'WITH': {
      const at = mainOf(tokens)
      if (at > 0) readStatement(tokens.slice(at), { ...around, depth: around.depth + 1 })
      return
    }
    case 'SELECT':
    case 'FROM':
    case 'TABLE':
    case 'VALUES':
      readSelect(tokens, around)
      return
    case 'DELETE':
      readDelete(tokens, around)
      return
    case 'UPDATE':
      if (second !== undefined && second.upper !== 'STATISTICS') readUpdate(tokens, around)
      return
    case 'TRUNCATE':
      if (second !== undefined && second.upper !== '(')
        database(around, 'db.truncate', {
          object: nameAt(tokens, skipWords(tokens, 1, 'TABLE IF EXISTS ONLY')),
        })
      return
    case 'DROP':
      readDrop(tokens, around)
      return
    case 'ALTER':
      readAlter(tokens, around)
      return
    case 'CREATE':
      readCreate(tokens, around)
      return
    case 'UNDROP':
    case 'RENAME':
    case 'COMMENT':
      database(around, 'db.alter')
      return
    case 'INSERT':
    case 'UPSERT':
      readInsert(tokens, around)
      return
    case 'REPLACE':
      database(around, 'db.update', {
        bounded: true,
        object: nameAt(tokens, skipWords(tokens, 1, 'INTO LOW_PRIORITY DELAYED')),
      })
      return
    case 'MERGE':
      readMerge(tokens, around)
      return
    case 'COPY':
      readCopy(tokens, around)
      return
    case 'LOAD':
      readLoad(tokens, around)
      return
    case 'UNLOAD':
    case 'EXPORT':
      for (const name of stringsOf(tokens).slice(-1)) around.tell({ found: 'file', access: 'write', name })
      return
    case 'ATTACH': {
      const [name] = stringsOf(tokens)
      if (name !== undefined) around.tell({ found: 'file', access: 'read', name, opens: true })
      return
    }
    // Elsewhere it lets a file go; here a table is there no more.
    case 'DETACH':
      if (around.engine === 'clickhouse') database(around, 'db.alter')
      return
    case 'GRANT': {
      // `ON *.*`: on all that there is.
      const on = tokens.findIndex(({ upper }) => upper === 'ON')
      const global = tokens[on + 1]?.upper === '*' && tokens[on + 3]?.upper === '*'
      database(around, 'db.grant', global ? { note: 'global' } : {})
      return
    }
    case 'REVOKE':
    case 'DENY':
    case 'REASSIGN':
      database(around, 'db.grant')
      return
    case 'SET':
      readSet(tokens, around)
      return
    case 'VACUUM':
      readVacuum(tokens, around)
      return
    case 'RESET':
      // RESET MASTER throws the binary log away; RESET name is a setting of the session.
      if (
        second?.upper === 'MASTER' ||
        second?.upper === 'BINARY' ||
        second?.upper === 'SLAVE' ||
        second?.upper === 'REPLICA'
      )
        database(around, second.upper === 'MASTER' || second.upper === 'BINARY' ? 'db.drop' : 'db.admin', {
          object: 'binary log',
        })
      return
    case 'PURGE':
      database(around, 'db.drop', { object: 'binary log' })
      return
    case 'FLUSH':
      if (tokens.length > 1 && tokens.some(({ upper }) => upper === 'LOCK')) database(around, 'db.admin')
      return
    case 'EXEC':
    case 'EXECUTE':
      readExecute(tokens, around)
      return
    case 'CALL':
      database(around, 'db.unclear', { object: nameAt(tokens, 1) })
      return
    case 'PREPARE': {
      const from = tokens.findIndex(({ upper }) => upper === 'AS' || upper === 'FROM')
      if (from === -1) return
      const text = tokens[from + 1]
      if (text?.kind === 'string') readText(text.text, around)
      else readStatement(tokens.slice(from + 1), { ...around, depth: around.depth + 1 })
      return
    }
    case 'DO':
      for (const source of stringsOf(tokens)) if (source.length > 3) readBody(source, around)
      return
    case 'DECLARE':
    case 'BEGIN':
      if (tokens.length > 2) readBody(sourceOf(tokens.slice(1)), around)
      return
    case 'IF':
    case 'WHILE':
      if (around.engine === 'mssql' || around.engine === 'sql') {
        const at = tokens.findIndex(({ upper }, i) => i > 0 && STARTS.has(upper))
        if (at !== -1) readStatement(tokens.slice(at), { ...around, depth: around.depth + 1 })
      }
      return
    case 'PERFORM':
      return
    default:
      if (ADMIN.has(first.upper) && (tokens.length > 1 || around.depth > 0 || first.upper === 'SHUTDOWN'))
        database(around, 'db.admin', { object: first.text.toLowerCase() })
  }
}

const STARTS = new Set([
  'DELETE',
  'DROP',
  'TRUNCATE',
  'UPDATE',
  'INSERT',
  'EXEC',
  'EXECUTE',
  'ALTER',
  'CREATE',
  'GRANT',
  'MERGE',
])
const ADMIN = new Set(
  'REINDEX CLUSTER OPTIMIZE REPAIR KILL SHUTDOWN CHANGE STOP START INSTALL UNINSTALL LOCK BACKUP RESTORE DBCC IMPORT RECONFIGURE SYSTEM DETACH DISABLE ENABLE SECURITY'
    .split(' ')
    .filter((word) => word !== 'START'),
)

/** Back to text, for a body whose words stood unquoted. */
const sourceOf = (tokens: readonly Token[]): string =>
  tokens
    .map(({ kind, text }) =>
      kind === 'string' ? `'${text.replaceAll("'", "''")}'` : kind === 'quoted' ? `"${text}"` : text,
    )
    .join(' ')

/** A query whose parts write: `WITH x AS (DELETE FROM … RETURNING …)`. Told by its second word, so that a column named delete is none. */
function writesInside(tokens: readonly Token[], around: Around): void {
  for (let i = 1; i + 2 < tokens.length; i++) {
    if (tokens[i - 1]?.upper !== '(') continue
    const verb = tokens[i]?.upper
    const next = tokens[i + 1]?.upper
    const writes =
      (verb === 'DELETE' && next === 'FROM') ||
      ((verb === 'INSERT' || verb === 'MERGE') && next === 'INTO') ||
      (verb === 'UPDATE' && tokens.slice(i + 1, i + 10).some(({ upper }) => upper === 'SET'))
    if (writes)
      readStatement(tokens.slice(i, matching(tokens, i - 1)), { ...around, depth: around.depth + 1 })
  }
}

const MAIN = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE', 'VALUES', 'TABLE', 'FROM'])

/** Where the statement after its WITH list begins. */
function mainOf(tokens: readonly Token[]): number {
  let depth = 0
  for (let i = 1; i < tokens.length; i++) {
    const { upper } = tokens[i] as Token
    if (upper === '(') depth++
    else if (upper === ')') depth--
    else if (depth === 0 && tokens[i - 1]?.upper === ')' && MAIN.has(upper)) return i
  }
  return -1
}

/** EXPLAIN does nothing; with ANALYZE the statement runs. */
function readExplain(tokens: readonly Token[], around: Around): void {
  if (tokens[0]?.upper === 'ANALYZE' && !STARTS.has(tokens[1]?.upper ?? '')) return
  let runs = tokens[0]?.upper === 'ANALYZE'
  let at = 1
  if (tokens[1]?.upper === '(') {
    const end = matching(tokens, 1)
    const options = tokens.slice(2, end)
    const place = options.findIndex(({ upper }) => upper === 'ANALYZE' || upper === 'ANALYSE')
    const value = options[place + 1]
    runs = place !== -1 && !/^(false|off|0)$/i.test(value?.text ?? '')
    at = end + 1
  }
  for (; at < tokens.length; at++) {
    const { upper } = tokens[at] as Token
    if (upper === 'ANALYZE' || upper === 'ANALYSE') runs = true
    else if (STARTS.has(upper) || MAIN.has(upper) || upper === 'WITH') break
  }
  if (runs) readStatement(tokens.slice(at), { ...around, depth: around.depth + 1 })
}

function readExecute(tokens: readonly Token[], around: Around): void {
  const name = tokens.slice(1, 6).map(({ text }) => text.toLowerCase())
  if (name.some((one) => one === 'xp_cmdshell')) {
    around.tell({ found: 'shell', code: stringsOf(tokens)[0] ?? HOLE })
    // Whose shell it is, is not said here.
    database(around, 'db.admin', { object: 'xp_cmdshell' })
    return
  }
  if (
    tokens[1]?.upper === 'IMMEDIATE' ||
    tokens[1]?.kind === 'string' ||
    tokens[1]?.upper === '(' ||
    name.includes('sp_executesql') ||
    name.includes('format')
  ) {
    const texts = stringsOf(tokens)
    for (const source of texts) readText(source, around)
    if (texts.length === 0) database(around, 'db.unclear', { possible: true })
    return
  }
  database(
    around,
    /^(xp|sp)_/.test(name.at(0) ?? '') && !/^sp_(help|who|columns|tables|spaceused|lock)/.test(name[0] ?? '')
      ? 'db.admin'
      : 'db.unclear',
    {
      object: name[0],
    },
  )
}
