// From what a text of SQL does to effects of the line that it stands in.

import { judgeOrigins, runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { marked, unmarked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { type Origin, originsOf, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import type { Value } from '../value.ts'
import type { Found } from './found.ts'
import type { Engine } from './lex.ts'
import { readSql } from './read.ts'

export interface Database {
  readonly engine: Engine
  readonly name?: string
  /** The file that holds it. */
  readonly file?: Field
  /** It lives in memory, or cannot be written. */
  readonly harmless?: boolean
  /** Files that its statements have opened to write: kept from one text to the next. */
  readonly opened?: Field[]
  /** It starts no programs. */
  readonly safe?: boolean
  /** Files that read each other. */
  readonly depth?: number
}

/** Runs a text of SQL in the given database. */
export function runSql(call: Call, value: Value, field: Field, database: Database): void {
  const { shell } = call
  const source = marked(value)
  if (!shell.world.step(1 + (source.length >> 6))) return
  if (database.harmless !== true && value.length > 0 && value.every((one) => typeof one !== 'string'))
    mayWrite(call, database)
  applyFound(call, readSql(source, database.engine), field, database)
}

const isAfar = ({ from }: Origin) => from === 'network' || from === 'decoder'

const isAnswer = ({ origins }: Stream) =>
  origins.some(({ from }) => from === 'program') && origins.some(({ from }) => from === 'code')

const WRITES = new Set(['db.insert', 'db.update', 'db.delete', 'db.truncate', 'db.drop', 'db.alter'])

function applyFound(call: Call, all: readonly Found[], field: Field, database: Database): void {
  const { shell } = call
  const { engine, name, file } = database
  const opened = database.opened ?? []
  let writes = false
  for (const one of all)
    switch (one.found) {
      case 'database': {
        if (database.harmless === true && opened.length === 0) break
        writes ||= WRITES.has(one.verb)
        shell.emit(
          {
            verb: one.verb,
            on: {
              kind: 'database',
              engine,
              ...(name === undefined ? {} : { database: name }),
              ...(one.object === undefined ? {} : { object: one.object }),
              ...(one.bounded === undefined ? {} : { bounded: one.bounded }),
            },
            certainty: one.possible === true ? 'unknown' : 'exact',
            ...(one.note === undefined ? {} : { note: one.note }),
          },
          field.span,
        )
        break
      }
      case 'file':
        touch(call, `path.${one.access}`, { ...field, value: unmarked(one.name), open: false })
        if (one.opens === true) database.opened?.push({ ...field, value: unmarked(one.name), open: false })
        break
      case 'shell':
        if (database.safe !== true)
          runText(
            { ...call, shell: shell.fork({ via: [...shell.state.via, engine] }), span: field.span },
            unmarked(one.code),
            one.feeds === true ? { origins: [{ from: 'database', engine }] } : call.stdin,
          )
        break
      case 'script':
        runScript(call, { ...field, value: unmarked(one.name), open: false }, database)
    }
  if (!writes) return
  if (file !== undefined && database.harmless !== true) touch(call, 'path.write', file)
  for (const one of opened) touch(call, 'path.write', one)
}

/** Statements that nobody has seen may change the file that they are given. */
function mayWrite(call: Call, { file }: Database): void {
  if (file !== undefined) touch(call, 'path.append', { ...file, open: true })
}

/** A file of SQL: read where this text wrote it, otherwise something nobody has seen. */
export function runScript(call: Call, field: Field, database: Database): void {
  touch(call, 'path.read', field)
  const depth = (database.depth ?? 0) + 1
  if (depth < 8)
    runSqlStream(call, call.shell.contents(call.shell.paths(field.value)), field, { ...database, depth })
}

export function runSqlStream(call: Call, stream: Stream, field: Field, database: Database): void {
  const { shell } = call
  if (!shell.world.step(4)) return
  for (const value of stream.texts ?? []) {
    runSql(call, value, field, database)
    judgeOrigins(call, { texts: [], origins: originsOf(value).filter(isAfar) }, field)
  }
  const unseen =
    stream.origins.length > 0 &&
    (stream.texts === undefined || stream.origins.some(({ from }) => from === 'network'))
  if (!unseen || database.harmless === true) return
  mayWrite(call, database)
  // What one database says of itself, another one becomes.
  if (stream.origins.some(({ from }) => from === 'database'))
    shell.emit(
      {
        verb: 'db.update',
        on: {
          kind: 'database',
          engine: database.engine,
          ...(database.name === undefined ? {} : { database: database.name }),
        },
        note: 'restore',
      },
      field.span,
    )
  // Statements that another query has put together.
  if (isAnswer(stream)) shell.world.say('unknown code', field.span)
  // Statements from afar are code that nobody has read.
  judgeOrigins(call, { origins: stream.origins.filter(isAfar) }, field)
  shell.emit(
    {
      verb: 'db.unclear',
      on: {
        kind: 'database',
        engine: database.engine,
        ...(database.name === undefined ? {} : { database: database.name }),
      },
      certainty: 'unknown',
    },
    field.span,
  )
}
