// CREATE, ALTER, DROP: what makes, changes and takes away what holds rows, and what only serves it.
import type { Around } from './found.ts'
import type { Token } from './lex.ts'
import { has, nameAt, skipWords } from './tokens.ts'

/** Rows go with these. What is not here can be made again from its definition. */
const HOLDS_ROWS = new Set(
  'TABLE DATABASE SCHEMA KEYSPACE TABLESPACE COLUMNFAMILY COLLECTION MEASUREMENT SERIES SHARD BUCKET CATALOG SEQUENCE MATERIALIZED DICTIONARY STREAM STAGE SNAPSHOT VOLUME OWNED FOREIGN PLUGGABLE DIRECTORY'.split(
    ' ',
  ),
)
const KINDS = new Set(
  'INDEX VIEW TRIGGER FUNCTION PROCEDURE ROUTINE AGGREGATE ROLE USER GROUP LOGIN POLICY RULE EXTENSION TYPE DOMAIN EVENT CAST OPERATOR COLLATION CONVERSION SERVER PUBLICATION SUBSCRIPTION LANGUAGE STATISTICS TRANSFORM ACCESS TEXT SYNONYM PACKAGE CONSTRAINT DEFAULT PROFILE WAREHOUSE PIPE TASK CONTINUOUS RETENTION TEMPORARY TEMP PREPARE UNIQUE GLOBAL EXTERNAL SECRET MACRO ASSEMBLY CERTIFICATE CREDENTIAL ENDPOINT'.split(
    ' ',
  ),
)

const ACCOUNT = /^(?:USER|ROLE|GROUP|LOGIN|PROFILE)$/

export function readDrop(tokens: readonly Token[], { tell }: Around): void {
  const kind = tokens[1]
  if (kind === undefined) return
  const isHole = kind.kind === 'hole'
  if (!isHole && !HOLDS_ROWS.has(kind.upper) && !KINDS.has(kind.upper)) return
  const object = nameAt(
    tokens,
    skipWords(tokens, 2, 'TABLE VIEW DATA WRAPPER BY IF EXISTS CONCURRENTLY ONLINE'),
  )
  if (object === undefined && !isHole) return
  // Of this session alone.
  if (
    kind.upper === 'TEMPORARY' ||
    kind.upper === 'TEMP' ||
    kind.upper === 'PREPARE' ||
    /^(?:#|pg_temp\.|temp\.)/i.test(object ?? '')
  )
    return
  const destroys = isHole || HOLDS_ROWS.has(kind.upper) || has(tokens, 'CASCADE')
  if (destroys)
    tell({
      found: 'database',
      verb: 'db.drop',
      ...(object === undefined ? {} : { object }),
      note: kind.text.toLowerCase(),
    })
  else if (ACCOUNT.test(kind.upper))
    tell({ found: 'database', verb: 'db.grant', ...(object === undefined ? {} : { object }), note: 'drop' })
  else
    tell({
      found: 'database',
      verb: 'db.alter',
      ...(object === undefined ? {} : { object }),
      note: `drop ${kind.text.toLowerCase()}`,
    })
}

/** What follows DROP in an ALTER TABLE and holds no rows. */
const KEEPS_ROWS = new Set([
  'CONSTRAINT',
  'INDEX',
  'KEY',
  'PRIMARY',
  'FOREIGN',
  'DEFAULT',
  'NOT',
  'IDENTITY',
  'CHECK',
  'EXPRESSION',
  'PROJECTION',
  'TRIGGER',
])

export function readAlter(tokens: readonly Token[], { tell }: Around): void {
  const kind = tokens[1]
  if (kind === undefined || tokens.length < 3) return
  const object = nameAt(tokens, skipWords(tokens, 2, 'IF EXISTS ONLY TABLE VIEW'))
  const on = object === undefined ? {} : { object }
  if (ACCOUNT.test(kind.upper)) {
    tell({ found: 'database', verb: 'db.grant', ...on })
    return
  }
  if (kind.upper === 'SYSTEM' || kind.upper === 'INSTANCE') {
    tell({ found: 'database', verb: 'db.admin', ...on })
    return
  }
  // A change of the session only.
  if (kind.upper === 'SESSION') return
  let dropped: string | undefined
  for (let i = 3; i < tokens.length; i++) {
    const { upper } = tokens[i] as Token
    const next = tokens[i + 1]
    if (upper === 'DROP' && next !== undefined && !KEEPS_ROWS.has(next.upper))
      tell({
        found: 'database',
        verb: 'db.drop',
        ...on,
        note: next.upper === 'PARTITION' ? 'partition' : 'column',
      })
    else if (
      upper === 'DROP' &&
      /^(?:CONSTRAINT|INDEX|KEY|PRIMARY|FOREIGN|CHECK|TRIGGER)$/.test(next?.upper ?? '')
    )
      dropped ??= next?.text.toLowerCase()
    else if (
      (upper === 'TRUNCATE' && next?.upper === 'PARTITION') ||
      (upper === 'DISCARD' && next?.upper === 'TABLESPACE') ||
      (upper === 'CLEAR' && next?.upper === 'COLUMN')
    )
      tell({ found: 'database', verb: 'db.truncate', ...on })
    else if ((upper === 'DELETE' || upper === 'UPDATE') && tokens[i - 1]?.upper !== 'ON') {
      const bounded = has(tokens.slice(i), 'WHERE')
      tell({ found: 'database', verb: upper === 'DELETE' ? 'db.delete' : 'db.update', ...on, bounded })
    }
  }
  tell({
    found: 'database',
    verb: 'db.alter',
    ...on,
    ...(dropped === undefined ? {} : { note: `drop ${dropped}` }),
  })
}

export function readCreate(tokens: readonly Token[], { tell }: Around): void {
  const words = tokens.slice(1, 7).map(({ upper }) => upper)
  const replaces = words[0] === 'OR' && words[1] === 'REPLACE'
  const kind = words.find((word) => HOLDS_ROWS.has(word) || KINDS.has(word)) ?? ''
  if (kind === '') return
  const at = tokens.findIndex(({ upper }) => upper === kind)
  const object = nameAt(tokens, skipWords(tokens, at + 1, 'TABLE VIEW UNLOGGED IF NOT EXISTS CONCURRENTLY'))
  const on = object === undefined ? {} : { object }
  if (kind === 'TEMPORARY' || kind === 'TEMP' || words.includes('TEMP') || words.includes('TEMPORARY')) return
  if (ACCOUNT.test(kind)) tell({ found: 'database', verb: 'db.grant', ...on, note: 'create' })
  else if (replaces && kind === 'TABLE') tell({ found: 'database', verb: 'db.drop', ...on, note: 'replace' })
  else if (/^(?:EXTENSION|LANGUAGE|SERVER|ASSEMBLY|CREDENTIAL|SUBSCRIPTION)$/.test(kind))
    tell({ found: 'database', verb: 'db.admin', ...on, note: 'create' })
  else if (replaces || /^(?:TRIGGER|RULE|EVENT|POLICY|FUNCTION|PROCEDURE)$/.test(kind))
    tell({ found: 'database', verb: 'db.alter', ...on, note: 'create' })
  else tell({ found: 'database', verb: 'db.insert', ...on, note: 'create' })
}
