// A statement typed where no client reads it: `DROP TABLE users;` as a command line. Nothing runs, and the hand that typed it is about to
// say it to a client; what would take rows away is told, and nothing less.
import { readMongo } from './mongo.ts'
import type { Shell } from './shell.ts'
import type { Found } from './sql/found.ts'
import { readSql } from './sql/read.ts'

/** Words that begin a statement and are no program, and how the second word must look for it to be one. */
const SECOND: Readonly<Record<string, RegExp>> = {
  drop: /^(?:table|database|schema|index|view|role|user|keyspace|tablespace|sequence|materialized|function|procedure|trigger|type|extension|collection)$/i,
  delete: /^from$/i,
  truncate: /^(?:table|[a-z_][\w."]*;?)$/i,
  update: /^[`"\w][\w."`]*$/,
  alter: /^(?:table|database|schema|user|role|index|view)$/i,
  begin: /^(?:transaction|work|;)?$/i,
  grant: /^all$|,$/i,
  with: /^[a-z_]\w*$/i,
}
const TOLD = new Set(['db.drop', 'db.truncate', 'db.delete', 'db.update'])

/** What is dropped beside rows, and a grant on everything. */
const isTold = ({ verb, note }: { readonly verb: string; readonly note?: string }): boolean =>
  TOLD.has(verb) || (note !== undefined && (note.startsWith('drop') || note === 'global'))

/** `gateway.customer.delete('x')`: a call of some console, whole and alone, whose last name says that it takes away. */
const CALL =
  /^[A-Za-z_$][\w$]{0,40}(?:\.[A-Za-z_$][\w$]{0,40}){0,6}\.([A-Za-z_$][\w$]{0,40})\([^;]{0,400}\)\s*;?\s*$/
const TAKES_AWAY =
  /^(?:delete|destroy|remove|drop|purge|truncate|terminate|revoke|cancel|void|wipe|erase|deactivate)(?![a-z])/

export function bareStatements(shell: Shell, text: string): void {
  const start = text.slice(0, 200).trimStart()
  const method = text.length < 500 && text.includes('(') ? CALL.exec(text.trimStart())?.[1] : undefined
  if (method !== undefined && TAKES_AWAY.test(method) && !start.startsWith('db.'))
    shell.emit(
      { verb: 'infra.delete', on: { kind: 'infra', platform: start.slice(0, start.indexOf('.')) } },
      [0, text.length],
    )
  const match = /^([A-Za-z]+)(?:[\s;]+([^\s;(]+;?)?|$|\.)/.exec(start)
  const word = match?.[1]?.toLowerCase()
  if (word === undefined) return
  const span = [0, text.length] as const
  if (word === 'flushall' || word === 'flushdb') {
    if (/^flush(?:all|db)(?:\s+(?:async|sync))?\s*;?\s*$/i.test(start) && start.length < 60)
      shell.emit({ verb: 'db.truncate', on: { kind: 'database', engine: 'redis', object: word } }, span)
    return
  }
  if (word === 'db' && start[2] === '.') {
    for (const one of readMongo(text)) tell(shell, one, 'mongodb', span)
    return
  }
  const second = Object.hasOwn(SECOND, word) ? SECOND[word] : undefined
  if (second === undefined || !second.test(match?.[2] ?? '')) return
  // In small letters `truncate x` is the program of that name.
  if (word === 'truncate' && !/^table$/i.test(match?.[2] ?? '') && match?.[1] !== 'TRUNCATE') return
  for (const one of readSql(text, 'sql')) tell(shell, one, 'sql', span)
}

function tell(shell: Shell, one: Found, engine: string, span: readonly [number, number]): void {
  if (one.found !== 'database' || !isTold(one) || one.bounded === true) return
  const { verb, object, bounded, note } = one
  shell.emit(
    {
      verb,
      on: {
        kind: 'database',
        engine,
        ...(object === undefined ? {} : { object }),
        ...(bounded === undefined ? {} : { bounded }),
      },
      ...(note === undefined ? {} : { note }),
    },
    span,
  )
}
