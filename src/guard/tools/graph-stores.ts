// Clients that speak Cypher: what a statement does to nodes, and to what serves them.
import { lex, type Syntax } from '../code/lex.ts'
import type { Field } from '../fields.ts'
import { marked } from '../hole.ts'
import type { Call } from '../shell.ts'
import type { DatabaseVerb } from '../sql/found.ts'
import { type Tool, touch } from '../tool.ts'
import type { Value } from '../value.ts'

const SYNTAX: Syntax = { comments: ['//'], block: ['/*', '*/'], ticks: 'string' }

/** `MATCH (n {id: 1})`, `WHERE …`, `LIMIT …`: not all of them. */
function readCypher(call: Call, value: Value, { span }: Field): void {
  const tokens = lex(marked(value), SYNTAX)
  if (!call.shell.world.step(1 + (tokens.length >> 3))) return
  const tell = (verb: DatabaseVerb, bounded?: boolean) =>
    call.shell.emit(
      { verb, on: { kind: 'database', engine: 'neo4j', ...(bounded === undefined ? {} : { bounded }) } },
      span,
    )
  let bounded = false
  for (const [i, { kind, text }] of tokens.entries()) {
    if (text === ';') bounded = false
    if (text === '{' && tokens[i + 1]?.text !== '}') bounded = true
    if (kind !== 'name') continue
    const next = tokens[i + 1]?.text.toUpperCase() ?? ''
    switch (text.toUpperCase()) {
      case 'WHERE':
      case 'LIMIT':
        bounded = true
        break
      case 'DELETE':
        tell('db.delete', bounded)
        break
      case 'DROP':
        if (/^(?:DATABASE|COMPOSITE|ALIAS)$/.test(next)) tell('db.drop')
        else if (/^(?:INDEX|CONSTRAINT)$/.test(next)) tell('db.alter')
        else if (/^(?:USER|ROLE|SERVER)$/.test(next)) tell('db.grant')
        break
      case 'SET':
      case 'REMOVE':
        tell('db.update', bounded)
        break
      case 'STOP':
        if (next === 'DATABASE') tell('db.admin')
        break
      default:
    }
  }
}

export const GRAPH_STORES: readonly Tool[] = [
  {
    names: 'cypher-shell mgconsole',
    short: 'aupdfP',
    long: 'address username password database file param impersonate format',
    harmless: 'help version h v',
    act: (call, args) => {
      for (const field of args.operands) readCypher(call, field.value, field)
      const files = args.values('f file')
      for (const field of files) {
        touch(call, 'path.read', field)
        for (const value of call.shell.contents(call.shell.paths(field.value)).texts ?? [])
          readCypher(call, value, field)
      }
      if (args.operands.length === 0 && files.length === 0)
        for (const value of call.stdin.texts ?? []) readCypher(call, value, call.name)
      return undefined
    },
  },
]
