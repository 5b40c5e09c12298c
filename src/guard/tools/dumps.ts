// Dumps and copies of whole databases: what they print leaves with whatever reads it, and what is copied back lies over the data.
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { nameOf, type Tool } from '../tool.ts'

export const DUMPS: readonly Tool[] = [
  {
    names: 'pg_dump pg_dumpall mysqldump mariadb-dump',
    short: 'dfFhjnNtTUpPurS',
    attached: '',
    long: 'dbname file format host port username jobs schema table exclude-table exclude-schema result-file user where databases tab',
    does: [{ do: 'path.write', to: 'option:f file r result-file' }],
    act: (call, args): Stream =>
      args.has('f file r result-file')
        ? FROM_PROGRAM
        : {
            origins: [
              { from: 'database', engine: nameOf(call).startsWith('pg_') ? 'postgresql' : 'mysql' },
              { from: 'program' },
            ],
          },
  },
  {
    // A copy goes to where the data lie.
    names: 'xtrabackup innobackupex mariabackup',
    long: 'target-dir datadir incremental-basedir defaults-file user password host',
    harmless: 'help version',
    platform: 'mysql',
    does: [{ do: 'db.update', to: 'none', when: 'copy-back move-back', note: 'restore' }],
  },
  {
    // The same, where the verb is a word.
    names: 'mysqlbackup meb',
    harmless: 'help version',
    act: (call, args) => {
      if (
        args.operands.some((_, i) =>
          /^(?:copy-back|copy-back-and-apply-log|extract)$/.test(args.word(i) ?? ''),
        )
      )
        call.shell.emit(
          { verb: 'db.update', on: { kind: 'database', engine: 'mysql' }, note: 'restore' },
          call.span,
        )
      return undefined
    },
  },
]
