// Commands of the clients themselves, that no server sees: `\!` and `\copy` of psql, `.shell` and `.output` of sqlite3, `source` of mysql.
import { HOLE } from '../hole.ts'
import type { Tell } from './found.ts'
import type { Engine } from './lex.ts'

export function commandOf(name: string, rest: string, engine: Engine, tell: Tell): void {
  if (engine === 'sqlite' || engine === 'duckdb') dotCommand(name, rest, tell)
  else if (engine === 'mysql') mysqlCommand(name, rest, tell)
  else psqlCommand(name, rest, tell)
}

/** `|program` or a file. */
function output(target: string, tell: Tell, access: 'write' | 'append' = 'write'): void {
  const plain = unquoted(target)
  if (plain.startsWith('|')) tell({ found: 'shell', code: plain.slice(1), feeds: true })
  else if (plain !== '' && plain !== 'stdout' && plain !== 'off' && plain !== 'on')
    tell({ found: 'file', access, name: plain })
}

function unquoted(word: string): string {
  const mark = word[0]
  return (mark === "'" || mark === '"') && word.endsWith(mark) && word.length > 1 ? word.slice(1, -1) : word
}

/** The words of a line, quotes kept together. */
function wordsOf(line: string): readonly string[] {
  return (line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? []).map(unquoted)
}

function psqlCommand(name: string, rest: string, tell: Tell): void {
  switch (name) {
    case '!':
      tell({ found: 'shell', code: rest })
      return
    case 'i':
    case 'ir':
    case 'include':
    case 'include_relative':
      tell({ found: 'script', name: unquoted(rest) })
      return
    case 'o':
    case 'out':
    case 'g':
    case 'gx':
    case 'w':
    case 'write':
      if (!rest.startsWith('(')) output(rest, tell)
      return
    case 's':
      output(rest, tell)
      return
    case 'gexec':
      // What the query answers runs as statements.
      tell({ found: 'database', verb: 'db.admin', object: 'gexec', possible: true })
      return
    case 'copy': {
      const words = wordsOf(rest)
      const at = words.findIndex((word) => /^(from|to)$/i.test(word))
      if (at === -1) return
      const target = words[at + 1] ?? ''
      const isTo = /^to$/i.test(words[at] ?? '')
      if (/^program$/i.test(target))
        tell({ found: 'shell', code: words[at + 2] ?? HOLE, ...(isTo ? { feeds: true } : {}) })
      else if (!/^(stdin|stdout|pstdin|pstdout)$/i.test(target))
        tell({ found: 'file', access: isTo ? 'write' : 'read', name: target })
      if (!isTo)
        tell({
          found: 'database',
          verb: 'db.insert',
          ...(words[0] === undefined ? {} : { object: words[0] }),
        })
      return
    }
    case 'lo_unlink':
      tell({ found: 'database', verb: 'db.delete', bounded: true, object: 'large object' })
      return
    case 'lo_import':
      tell({ found: 'file', access: 'read', name: wordsOf(rest)[0] ?? HOLE })
      return
    case 'lo_export':
      tell({ found: 'file', access: 'write', name: wordsOf(rest)[1] ?? HOLE })
      return
    case 'password':
      tell({ found: 'database', verb: 'db.grant' })
      return
    default:
  }
  // `\set x `command`` runs its back quotes.
  const tick = rest.indexOf('`')
  if (tick !== -1) tell({ found: 'shell', code: rest.slice(tick + 1).replace(/`.*$/s, '') })
}

function mysqlCommand(name: string, rest: string, tell: Tell): void {
  switch (name) {
    case '!':
    case 'system':
      tell({ found: 'shell', code: rest })
      return
    case '.':
    case 'source':
      tell({ found: 'script', name: unquoted(rest) })
      return
    case 'T':
    case 'tee':
      output(rest, tell, 'append')
      return
    case 'P':
    case 'pager':
      if (rest !== '') tell({ found: 'shell', code: rest })
      return
    default:
  }
}

function dotCommand(name: string, rest: string, tell: Tell): void {
  const words = wordsOf(rest)
  const last = words.at(-1)
  const is = (full: string, least: number) => name.length >= least && full.startsWith(name.toLowerCase())
  if (is('shell', 2) || is('system', 3)) tell({ found: 'shell', code: rest })
  else if (is('read', 3)) {
    if (rest.startsWith('|')) tell({ found: 'shell', code: rest.slice(1) })
    else if (last !== undefined) tell({ found: 'script', name: last })
  } else if (is('output', 1) || is('once', 2)) {
    const target = words.find((word) => !word.startsWith('-'))
    if (rest.trimStart().startsWith('|'))
      tell({ found: 'shell', code: rest.trimStart().slice(1), feeds: true })
    else if (target !== undefined) output(target, tell)
  } else if (is('import', 2)) {
    const [file, table] = words.filter((word) => !word.startsWith('-'))
    if (file?.startsWith('|') === true) tell({ found: 'shell', code: file.slice(1) })
    else if (file !== undefined) tell({ found: 'file', access: 'read', name: file })
    tell({ found: 'database', verb: 'db.insert', ...(table === undefined ? {} : { object: table }) })
  } else if (is('backup', 1) || is('save', 2) || is('clone', 2) || is('log', 3) || is('dbinfo', 9)) {
    if (last !== undefined && last !== 'off' && last !== 'stdout')
      tell({ found: 'file', access: 'write', name: last })
  } else if (is('restore', 3)) {
    // The database becomes what the file holds.
    if (last !== undefined) tell({ found: 'file', access: 'read', name: last })
    tell({ found: 'database', verb: 'db.truncate', note: 'restore' })
  } else if (is('load', 2)) tell({ found: 'database', verb: 'db.admin', object: 'extension' })
  else if (is('open', 2)) {
    if (last !== undefined && !last.startsWith('-'))
      tell({
        found: 'file',
        access: 'read',
        name: last,
        ...(words.includes('--readonly') ? {} : { opens: true }),
      })
  } else if (is('archive', 2) || name === 'ar') {
    if (/(^|\s)-{0,2}[a-z]*[cuix]/.test(words[0] ?? '') && last !== undefined)
      tell({ found: 'file', access: 'write', name: last })
  }
}
