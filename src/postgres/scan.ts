// What of a dump is code beyond its data. A dump of pg_dump holds definitions and rows; whatever else it holds is refused or shown to a
// person. INVARIANT B1: this is the first of three walls and the only one that reads; the second is a load without any right
// (throw-away cluster, own account, no network), the third that nothing is loaded by a superuser, so what can be hidden from
// reading still reaches nothing.
import type { ArchiveEntry } from './archive.ts'
import { type Statement, splitter } from './statements.ts'
import type { Finding, FindingKind } from './types.ts'

/** What pg_dump writes begins with one of these. */
const HEADS =
  /^(CREATE|ALTER|COMMENT ON|GRANT|REVOKE|SECURITY LABEL|REFRESH MATERIALIZED VIEW|INSERT INTO|COPY|SET|DROP|SELECT)\b/i
const SELECTS =
  /^SELECT pg_catalog \. (set_config|setval|lo_create|lo_open|lowrite|lo_close|lo_put|lo_from_bytea|lo_unlink|pg_extension_config_dump) \(/i
const LANGUAGES = /^(sql|plpgsql|plperl|pltcl|plv8|plcoffee|plls)$/i
/** Installing one of these lets a function be any program. */
const LANGUAGE_EXTENSION = /^(pl\w*u|plsh|plr|pljava|plproxy|pllua|plphp|plruby|plpython3?)$/i
const FILE_FUNCTION =
  /(?<![\w$])(pg_read_file|pg_read_binary_file|pg_ls_\w+|pg_stat_file|pg_file_\w+|pg_logdir_ls|lo_import|lo_export|pg_reload_conf|pg_rotate_logfile|pg_execute_server_program|pg_read_server_files|pg_write_server_files|pg_current_logfile)(?![\w$])/i
const COPY_PROGRAM = /\bCOPY\b[^;]*?\b(FROM|TO)\s+PROGRAM\b/i
const COPY_FILE = /\bCOPY\b[^;]*?\b(FROM|TO)\s+(E?'|\$\w*\$)/i
const COPY_STDIN = /^COPY [^']+? FROM STDIN ?$/i
const LOAD = /(^|[;\s])LOAD\s+E?'/i
const SYSTEM = /^(ALTER SYSTEM|(CREATE|ALTER|DROP) (ROLE|USER|GROUP|DATABASE|TABLESPACE)(?! MAPPING))\b/i
const ROLE_CHANGE = /^(SET (LOCAL |SESSION )?(ROLE|SESSION AUTHORIZATION)|RESET)\b/i
const FOREIGN = /^(CREATE|ALTER) (SERVER|FOREIGN|USER MAPPING)\b/i
const ROUTINE = /^CREATE( OR REPLACE)? (FUNCTION|PROCEDURE|AGGREGATE)\b/i
/** Functions that run the text they are given. Texts of comments, rows and defaults are nobody's code. */
const EXECUTES =
  /\b(\w*query_to_xml\w*|cursor_to_xml\w*|dblink\w*|ts_stat|ts_rewrite|crosstab\w*|connectby)\b/i
const TEXT_MAX = 120

interface Match {
  readonly verdict: Finding['verdict']
  readonly kind: FindingKind
}

/** The first thing that is wrong with a statement; undefined when it is what pg_dump writes. */
export function judgeStatement(statement: Statement): Match | undefined {
  const { code, literals } = statement
  const refuse = (kind: FindingKind): Match => ({ verdict: 'refuse', kind })
  const person = (kind: FindingKind): Match => ({ verdict: 'person', kind })
  if (statement.cut || code.includes('U&')) return refuse('unread')
  if (/^SET standard_conforming_strings\b/i.test(code) && literals[0] !== 'on' && !/= on$/i.test(code))
    return refuse('unread')
  if (COPY_PROGRAM.test(code)) return refuse('copy-program')
  if (/^COPY\b/i.test(code) && !COPY_STDIN.test(code)) return refuse('copy-file')
  if (/^LOAD\b/i.test(code)) return refuse('load')
  if (/^DO\b/i.test(code)) return refuse('block')
  if (/^CREATE EVENT TRIGGER\b|^ALTER EVENT TRIGGER\b/i.test(code)) return person('event-trigger')
  if (SYSTEM.test(code)) return refuse('system')
  if (ROLE_CHANGE.test(code)) return refuse('role-change')
  if (/^CREATE( OR REPLACE)?( TRUSTED)?( PROCEDURAL)? LANGUAGE\b/i.test(code)) return refuse('language')
  const extension = /^CREATE EXTENSION (?:IF NOT EXISTS )?(\S+(?: - \S+)*)/i.exec(code)?.[1]
  if (extension !== undefined && LANGUAGE_EXTENSION.test(extension)) return refuse('language')
  if (ROUTINE.test(code) && !routineLanguages(code, literals).every((language) => LANGUAGES.test(language)))
    return refuse('untrusted-function')
  if (/^(CREATE|ALTER) SUBSCRIPTION\b/i.test(code)) return person('subscription')
  if (FOREIGN.test(code)) return person('foreign')
  if (FILE_FUNCTION.test(code)) return refuse('file-function')
  if (/^(BEGIN|COMMIT)$/i.test(code)) return undefined // Around large objects.
  if (!HEADS.test(code) || (/^SELECT\b/i.test(code) && !SELECTS.test(code))) return refuse('block')
  if (!ROUTINE.test(code) && !EXECUTES.test(code)) return undefined
  return literals.map(judgeBody).find((match) => match !== undefined)
}

/** Bodies of functions, defaults, arguments: words that have no honest use in what a service's own role may do. */
function judgeBody(text: string): Match | undefined {
  if (COPY_PROGRAM.test(text)) return { verdict: 'refuse', kind: 'copy-program' }
  if (COPY_FILE.test(text)) return { verdict: 'refuse', kind: 'copy-file' }
  if (FILE_FUNCTION.test(text)) return { verdict: 'refuse', kind: 'file-function' }
  if (LOAD.test(text)) return { verdict: 'refuse', kind: 'load' }
  if (/\b(ALTER\s+SYSTEM|CREATE\s+EVENT\s+TRIGGER)\b/i.test(text))
    return { verdict: 'refuse', kind: 'system' }
  return undefined
}

function routineLanguages(code: string, literals: readonly string[]): readonly string[] {
  const named = [...code.matchAll(/\bLANGUAGE (\S+)/gi)].map((match) => match[1] ?? '')
  // `LANGUAGE 'plpython3u'`: the name stands among the literals, so all short ones must be harmless too.
  return named.flatMap((name) =>
    name === "'" ? literals.filter((literal) => /^\w{1,63}$/.test(literal)) : [name],
  )
}

/** Reads the text that pg_restore writes, a chunk at a time (latin1). */
export function scanText(entry: string): { push: (text: string) => void; end: () => readonly Finding[] } {
  const findings: Finding[] = []
  const seen = new Set<string>()
  const add = (match: Match, text: string) => {
    const key = `${match.kind} ${text.slice(0, TEXT_MAX)}`
    if (seen.has(key) || findings.length >= 200) return
    seen.add(key)
    findings.push({ ...match, entry, text: shown(text) })
  }
  const parts = splitter({
    statement: (statement) => {
      const match = judgeStatement(statement)
      if (match !== undefined) add(match, statement.code)
    },
    backslash: (line) => {
      if (!/^\\(un)?restrict [A-Za-z0-9]{1,200}\s*$/.test(line))
        add({ verdict: 'refuse', kind: 'backslash' }, line)
    },
  })
  return {
    push: parts.push,
    end: () => {
      parts.end()
      return findings
    },
  }
}

/** Each entry's statements alone: no text of one can hide what another holds. */
export function scanEntries(entries: readonly ArchiveEntry[]): readonly Finding[] {
  // Never run but by `pg_restore --create`, which we do not use: the database is made by us.
  const run = entries.filter(({ kind }) => kind !== 'DATABASE' && kind !== 'DATABASE PROPERTIES')
  return run.flatMap((entry) => {
    const at = `${entry.kind} ${entry.schema === '' ? '' : `${entry.schema}.`}${entry.name}`.slice(
      0,
      TEXT_MAX,
    )
    const texts = [entry.defn, entry.dropStmt].filter((text) => text !== '')
    const found = texts.flatMap((text) => {
      const scan = scanText(at)
      scan.push(Buffer.from(text, 'utf8').toString('latin1'))
      return scan.end()
    })
    return [...found, ...copyFindings(entry, at)]
  })
}

function copyFindings(entry: ArchiveEntry, at: string): readonly Finding[] {
  const refuse = (kind: FindingKind, text: string): Finding => ({
    verdict: 'refuse',
    kind,
    entry: at,
    text: shown(text),
  })
  const copies = statementsOf(`${entry.copyStmt}\n\\.\n`)
  if (copies.some(({ code }) => COPY_PROGRAM.test(code))) return [refuse('copy-program', entry.copyStmt)]
  if (entry.copyStmt !== '' && (copies.length !== 1 || !COPY_STDIN.test(copies[0]?.code ?? '')))
    return [refuse('copy-file', entry.copyStmt)]
  // A definition that begins a COPY would make whoever reads on take the next entries for its data.
  if (statementsOf(entry.defn).some(({ code }) => /^COPY\b/i.test(code)))
    return [refuse('copy-elsewhere', entry.defn)]
  if (entry.kind === 'TABLE DATA' && entry.hasData && entry.copyStmt === '')
    return [refuse('data-as-statements', '')]
  return []
}

function statementsOf(text: string): readonly Statement[] {
  const statements: Statement[] = []
  const parts = splitter({ statement: (one) => statements.push(one), backslash: () => {} })
  parts.push(Buffer.from(text, 'utf8').toString('latin1'))
  parts.end()
  return statements
}

function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, TEXT_MAX)
}
