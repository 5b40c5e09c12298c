// Tools around servers of databases: they change tables while these are in use, move or throw away what the server has written down, or
// take its commands as lines.
import { readArguments } from '../arguments.ts'
import { sourceOf } from '../printing.ts'
import type { Call } from '../shell.ts'
import { runSql } from '../sql/apply.ts'
import type { DatabaseVerb } from '../sql/found.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { nameOf, type Tool, touch } from '../tool.ts'
import { concat, literal, prefix, text } from '../value.ts'
import { emitService, infra } from './container-run.ts'

const tell = (call: Call, verb: DatabaseVerb, engine: string, object: string): void =>
  call.shell.emit({ verb, on: { kind: 'database', engine, object } }, call.span)

const PERCONA =
  'alter alter-foreign-keys-method ask-pass chunk-size config critical-load database defaults-file host max-load password port recursion-method set-vars socket user source dest file where limit txn-size interval busy-time match-info match-command match-user databases tables replicate table initially-drop-old-table postpone-cut-over-flag-file'

/** `--alter TEXT`: what stands behind ALTER TABLE. It is done with `--execute`, and only tried without. */
const changesTables: NonNullable<Tool['act']> = (call, args) => {
  const alter = args.value('alter')
  if (alter === undefined || !args.has('execute')) return undefined
  const table = literal(args.value('table')?.value ?? []) ?? 't'
  runSql(call, concat(text(`ALTER TABLE ${table} `), alter.value), alter, { engine: 'mysql' })
  tell(call, 'db.alter', 'mysql', table)
  return undefined
}

/** Consoles of servers, whose commands come in as lines, in an option, or as the words of the call. */
interface Console {
  readonly names: string
  readonly engine: string
  /** Options whose value is a command. */
  readonly code?: string
  readonly short?: string
  /** Commands that take data or copies of it away; that interrupt what runs; that put something in the place of the data. */
  readonly deletes: RegExp
  readonly changes: RegExp
  /** Commands of the host's shell. */
  readonly shell?: RegExp
}

const CONSOLES: readonly Console[] = [
  {
    names: 'rman',
    engine: 'oracle',
    deletes:
      /^(?:delete\b(?!.*\bvalidate\b)|drop\s+(?:database|catalog|pluggable)|change\b.*\b(?:delete|uncatalog)\b|backup\b.*\bdelete\s+(?:all\s+)?input\b|unregister\b)/i,
    changes:
      /^(?:(?:restore|recover|duplicate|flashback)\b(?!.*\b(?:validate|preview|test)\b)|switch\b|shutdown\b|startup\s+force\b|reset\s+database\b|alter\b|configure\b.*\bclear\b|transport\b|change\b.*\bunavailable\b)/i,
    shell: /^host\s*\(?\s*['"](.*)['"]/i,
  },
  {
    names: 'dgmgrl',
    engine: 'oracle',
    deletes: /^remove\b/i,
    changes: /^(?:failover|switchover|disable|shutdown|reinstate|convert|edit|stop)\b/i,
    shell: /^(?:host|!)\s*['"]?([^'"]*)/i,
  },
  {
    names: 'bconsole',
    engine: 'backup',
    deletes: /^(?:purge|delete|prune|truncate)\b/i,
    changes: /^(?:cancel|restore|relabel|disable|unmount|stop|umount)\b/i,
    shell: /^@exec\s+['"]?([^'"]*)/i,
  },
]

const console =
  (one: Console): NonNullable<Tool['act']> =>
  (call, args): Stream => {
    const given = args.values(one.code ?? 'e').map(({ value }) => value)
    // `dgmgrl / "show configuration"`: behind who logs in.
    for (const { value } of args.operands) if (prefix(value).includes(' ')) given.push(value)
    for (const value of [...given, ...(call.stdin.texts ?? [])])
      for (const part of sourceOf(value)
        .split(/[;\n{}]/)
        .slice(0, 200)) {
        const line = part.trim()
        if (one.deletes.test(line)) infra(call, 'delete', line.slice(0, 40), undefined, one.names)
        else if (one.changes.test(line)) infra(call, 'change', line.slice(0, 40), undefined, one.names)
        const code = one.shell?.exec(line)?.[1]
        if (code !== undefined)
          call.shell.fork({ via: [...call.shell.state.via, one.names] }).code(code, call.span)
      }
    return FROM_PROGRAM
  }

export const DATABASE_UPKEEP: readonly Tool[] = [
  ...CONSOLES.map(
    (one): Tool => ({ names: one.names, short: `e${one.short ?? ''}`, style: 'words', act: console(one) }),
  ),
  { names: 'gh-ost', style: 'words', long: PERCONA, act: changesTables },
  {
    names: 'pt-online-schema-change',
    long: PERCONA,
    short: 'DAFhpPSu',
    flags: 'execute dry-run no-drop-old-table no-drop-new-table',
    act: changesTables,
  },
  {
    // What it has copied, or only looked at, it deletes.
    names: 'pt-archiver mariadb-archiver',
    long: PERCONA,
    short: 'AFhpPSu',
    flags: 'purge dry-run no-delete',
    harmless: 'help version dry-run no-delete',
    act: (call, args) => {
      const where = args.value('where')
      if (where !== undefined)
        runSql(call, concat(text('DELETE FROM t WHERE '), where.value), where, { engine: 'mysql' })
      return undefined
    },
  },
  {
    names: 'pt-table-sync pt-kill pt-slave-restart pt-replica-restart pt-slave-delay',
    long: PERCONA,
    short: 'dtDhpPSu',
    flags: 'execute print dry-run kill kill-query sync-to-master sync-to-source replicate',
    harmless: 'help version dry-run',
    act: (call, args) => {
      const name = nameOf(call)
      if (name === 'pt-table-sync' ? args.has('execute') : name !== 'pt-kill' || args.has('kill kill-query'))
        tell(call, name === 'pt-table-sync' ? 'db.update' : 'db.admin', 'mysql', name)
      return undefined
    },
  },
  {
    // Accounts, and a database, are taken off.
    names: 'mysql_secure_installation mariadb-secure-installation mysql_install_db mariadb-install-db',
    act: (call) => {
      tell(call, 'db.admin', 'mysql', nameOf(call))
      return undefined
    },
  },
  {
    // `impdp … table_exists_action=replace`: the tables that are there go.
    names: 'impdp imp',
    act: (call, args) => {
      const words = args.operands.map(({ value }) => (literal(value) ?? '').toLowerCase())
      if (words.includes('help=y') || words.some((word) => word.startsWith('sqlfile='))) return undefined
      const action = words
        .map((word) => /^table_exists_action=(\w+)/.exec(word)?.[1])
        .find((one) => one !== undefined)
      tell(
        call,
        action === 'replace' || action === 'truncate' ? 'db.truncate' : 'db.insert',
        'oracle',
        'import',
      )
      return undefined
    },
  },
  {
    // What a server needs to come back to any moment before a segment.
    names: 'pg_archivecleanup',
    short: 'x',
    long: 'strip-extension',
    harmless: 'help version n dry-run',
    act: (call, args) => {
      for (const field of args.operands.slice(0, 1)) touch(call, 'path.write', field, { note: 'edited' })
      if (args.operands.length > 1) tell(call, 'db.admin', 'postgresql', 'archive')
      return undefined
    },
  },
  {
    // `lsnrctl stop`, `srvctl stop database -d shop`, `crsctl stop crs -f`
    names: 'lsnrctl srvctl crsctl',
    style: 'posix',
    act: (call, args) => {
      const verb = args.word(0) ?? ''
      if (call.args.some(({ value }) => /^-h(?:elp)?$/.test(literal(value) ?? ''))) return undefined
      if (/^(?:stop|disable|relocate)$/.test(verb)) emitService(call, 'process', 'stop', call.name)
      else if (/^(?:remove|delete)$/.test(verb)) infra(call, 'delete', verb, undefined, nameOf(call))
      else if (/^(?:modify|set|convert|unset|replace)$/.test(verb))
        infra(call, 'change', verb, undefined, nameOf(call))
      return undefined
    },
  },
  {
    names: 'asmcmd',
    style: 'posix',
    short: 'p',
    act: (call) => {
      const { operands } = readArguments(call.args, { style: 'posix' })
      if (
        /^(?:rm|dropdg|rmalias|rmtmpl|rmusr|chdg|umount|offline|shutdown|dgdrop)$/.test(
          literal(operands[0]?.value ?? []) ?? '',
        )
      )
        infra(call, 'delete', 'disk group', operands[1], 'asm')
      return undefined
    },
  },
]
