// Functions that a query calls and that do more than answer: they end sessions, read and write files of the server, run statements.
import { HOLE } from '../hole.ts'
import type { DatabaseVerb, Tell } from './found.ts'
import type { Engine, Token } from './lex.ts'
import { matching } from './tokens.ts'

type Does =
  | { readonly is: 'database'; readonly verb: DatabaseVerb; readonly bounded?: boolean }
  | { readonly is: 'file'; readonly access: 'read' | 'write' | 'delete'; readonly argument: number }
  /** Runs the strings given to it as statements, or as a command line. */
  | { readonly is: 'statement' }
  | { readonly is: 'shell' }

const FUNCTIONS = new Map<string, Does>()
const list = (names: string, does: Does): void => {
  for (const name of names.split(' ')) FUNCTIONS.set(name, does)
}
list(
  'pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_switch_wal pg_switch_xlog pg_promote pg_wal_replay_pause pg_wal_replay_resume pg_create_restore_point pg_stat_reset pg_stat_statements_reset pg_backup_start pg_start_backup pg_replication_origin_drop pg_logical_slot_get_changes load_extension',
  { is: 'database', verb: 'db.admin' },
)
list('pg_drop_replication_slot', { is: 'database', verb: 'db.admin' })
list('lo_unlink drop_chunks', { is: 'database', verb: 'db.delete', bounded: true })
list('setval lo_put lowrite', { is: 'database', verb: 'db.update', bounded: true })
list(
  'pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file load_file readfile lo_import read_text read_blob read_csv read_csv_auto read_json read_json_auto read_ndjson read_parquet parquet_scan file',
  {
    is: 'file',
    access: 'read',
    argument: 0,
  },
)
list('pg_file_write writefile pg_file_sync', { is: 'file', access: 'write', argument: 0 })
list('lo_export', { is: 'file', access: 'write', argument: 1 })
list('pg_file_unlink', { is: 'file', access: 'delete', argument: 0 })
list(
  'dblink dblink_exec query_to_xml query_to_json_rows cron_schedule run_command_on_workers run_command_on_shards',
  { is: 'statement' },
)
list('sys_exec sys_eval xp_cmdshell shellfs', { is: 'shell' })
/** These names are words of their own in other engines. */
const ONLY: Readonly<Record<string, Engine>> = { file: 'clickhouse', readfile: 'sqlite', writefile: 'sqlite' }

export function callsIn(
  tokens: readonly Token[],
  engine: Engine,
  tell: Tell,
  run: (source: string) => void,
): void {
  for (let i = 0; i + 1 < tokens.length; i++) {
    if (tokens[i + 1]?.upper !== '(') continue
    const token = tokens[i] as Token
    if (token.kind !== 'word' && token.kind !== 'quoted') continue
    let name = token.text.toLowerCase()
    // cron.schedule(…) writes a job that runs later.
    if (name === 'schedule' && tokens[i - 2]?.text.toLowerCase() === 'cron') name = 'cron_schedule'
    const does = FUNCTIONS.get(name)
    if (does === undefined) continue
    if (ONLY[name] !== undefined && ONLY[name] !== engine && engine !== 'sql') continue
    const inside = tokens.slice(i + 2, matching(tokens, i + 1))
    switch (does.is) {
      case 'database':
        tell({
          found: 'database',
          verb: does.verb,
          object: name,
          ...(does.bounded === undefined ? {} : { bounded: does.bounded }),
        })
        break
      case 'file': {
        const given = argument(inside, does.argument)
        tell({ found: 'file', access: does.access, name: given ?? HOLE })
        break
      }
      case 'statement':
        for (const { kind, text } of inside) if (kind === 'string' && text.includes(' ')) run(text)
        break
      case 'shell':
        tell({ found: 'shell', code: argument(inside, 0) ?? HOLE })
    }
  }
}

/** The argument at a place where it is one string. */
function argument(tokens: readonly Token[], place: number): string | undefined {
  let at = 0
  let depth = 0
  const all: Token[] = []
  for (const token of tokens) {
    if (token.upper === '(' || token.upper === '[') depth++
    else if (token.upper === ')' || token.upper === ']') depth--
    if (depth === 0 && token.upper === ',') at++
    else if (at === place) all.push(token)
  }
  const strings = all.filter(({ kind }) => kind === 'string')
  return strings.length === 1 ? strings[0]?.text : undefined
}
