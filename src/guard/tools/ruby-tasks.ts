// Tasks and consoles around web applications: Rake and Rails, WordPress and Drupal.
import type { Arguments } from '../arguments.ts'
import { PHP } from '../code/php.ts'
import { RUBY } from '../code/ruby.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import type { DatabaseVerb } from '../sql/found.ts'
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'
import { runCode, runScriptFile } from './interpreters.ts'
import { judgeName } from './script-names.ts'

/** Rake's tasks for databases, and what a restore of a backup writes over. */
const RUBY_DATABASE: Readonly<Record<string, DatabaseVerb>> = {
  'db:drop': 'db.drop',
  'db:drop:all': 'db.drop',
  'db:reset': 'db.drop',
  'db:purge': 'db.drop',
  'db:migrate:reset': 'db.drop',
  'db:schema:load': 'db.drop',
  'db:structure:load': 'db.drop',
  'db:setup': 'db.drop',
  'db:truncate_all': 'db.truncate',
  'db:seed:replant': 'db.truncate',
  'db:rollback': 'db.alter',
  'db:migrate': 'db.alter',
  'db:migrate:down': 'db.alter',
  'db:migrate:redo': 'db.alter',
  'db:migrate:up': 'db.alter',
  'db:prepare': 'db.alter',
  'db:seed': 'db.insert',
  'db:fixtures:load': 'db.truncate',
  'gitlab:backup:restore': 'db.truncate',
}

function rubyTasks(call: Call, fields: readonly Field[]): void {
  for (const field of fields) {
    const name = literal(field.value)?.replace(/\[.*$/, '')
    if (name === undefined || name.includes('=')) continue
    const verb =
      RUBY_DATABASE[name] ??
      RUBY_DATABASE[name.replace(/:(?:primary|test|development|production|\w+_db)$/, '')]
    if (verb !== undefined)
      call.shell.emit({ verb, on: { kind: 'database', engine: 'sql' }, note: name }, field.span)
    else judgeName(call, field)
  }
}

export const RUBY_TASKS: readonly Tool[] = [
  {
    names: 'rake gitlab-rake',
    short: 'fRIrtEe',
    long: 'rakefile rakelibdir libdir require execute',
    flags: 'tasks dry-run prereqs where version help',
    harmless: 'help version H V T tasks n dry-run P prereqs W where D describe',
    act: (call, args: Arguments) => {
      for (const field of args.values('e E execute')) runCode(call, field.value, field, RUBY)
      rubyTasks(call, args.operands)
      return undefined
    },
  },
  {
    // `wp eval CODE`, `drush php:eval CODE`: in the site, with all that it may.
    names: 'wp drush',
    style: 'gnu',
    long: 'path url user skip-plugins skip-themes root uri',
    act: (call, args) => {
      const word = args.word(0)
      const code = args.operands[1]
      if (code === undefined) return undefined
      if (/^(?:eval|php:eval|php-eval|ev)$/.test(word ?? '')) runCode(call, code.value, code, PHP)
      else if (/^(?:eval-file|php:script|php-script|scr)$/.test(word ?? '')) runScriptFile(call, code, PHP)
      return undefined
    },
  },
  {
    names: 'rails gitlab-rails',
    style: 'posix',
    harmless: 'help version h v',
    act: (call, args) => {
      const word = args.word(0)
      if (word === 'runner' || word === 'r') {
        const code = args.operands
          .slice(1)
          .find(
            (_, i, all) =>
              !(literal(all[i]?.value ?? []) ?? '').startsWith('-') &&
              literal(all[i - 1]?.value ?? []) !== '-e',
          )
        if (code === undefined) return undefined
        if (literal(code.value)?.endsWith('.rb') === true) runScriptFile(call, code, RUBY)
        else runCode(call, code.value, code, RUBY)
      } else if (word === 'destroy' || word === 'd')
        call.shell.emit({ verb: 'exec.script', on: { kind: 'program', name: 'rails destroy' } }, call.span)
      else if (word?.includes(':') === true) rubyTasks(call, args.operands.slice(0, 4))
      return undefined
    },
  },
]
