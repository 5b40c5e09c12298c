// Programs that read variables out of a file for another program, or show them.
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { handOver } from '../reveal.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { literal } from '../value.ts'
import { launch } from './items.ts'

/** The file that they read where none is named. */
const here = (call: Call): Field => fieldFor(call, ['.env'])

const filesOf = (call: Call, args: Arguments): readonly Field[] => {
  const given = args.values('f e file env-file env')
  return given.length > 0 ? given : [here(call)]
}

/** Verbs of theirs that show the file, or write it. */
const SHOWS = /^(?:list|get|decrypt|keypair|ls|print|export)$/
const WRITES = /^(?:set|unset|encrypt|rotate)$/

/** `dotenv -e FILE -- PROGRAM`, `dotenv run PROGRAM`, `dotenv get KEY`. */
const carries: NonNullable<Tool['act']> = (call, args): Stream => {
  const verb = args.word(0)
  if (verb !== undefined && (SHOWS.test(verb) || WRITES.test(verb))) {
    for (const field of filesOf(call, args))
      touch(
        call,
        WRITES.test(verb) ? 'path.write' : 'path.read',
        field,
        WRITES.test(verb) ? { note: 'edited' } : {},
      )
    return FROM_PROGRAM
  }
  const rest = verb === 'run' || verb === 'start' ? args.operands.slice(1) : args.operands
  const end = rest.findIndex(({ value }) => literal(value) === '--')
  const words = end === -1 ? rest : rest.slice(end + 1)
  // `-p NAME` prints what it holds.
  if (args.has('p')) for (const field of filesOf(call, args)) touch(call, 'path.read', field)
  if (words.length === 0) return FROM_PROGRAM
  for (const field of filesOf(call, args)) handOver(call, field, words)
  return launch(call, call.shell, words, call.stdin)
}

/** The variables of a project elsewhere, into a file beside the code. */
const pulled =
  (path: string): NonNullable<Tool['act']> =>
  (call, args) => {
    touch(call, 'path.write', args.operands[0] ?? fieldFor(call, [path]))
    return undefined
  }

export const ENVIRONMENTS: readonly Tool[] = [
  {
    names: 'vercel now',
    style: 'posix',
    short: 'AStQ',
    long: 'local-config scope token global-config cwd',
    sub: {
      env: { sub: { pull: { style: 'gnu', long: 'environment git-branch', act: pulled('.env.local') } } },
    },
  },
  {
    names: 'dotenv dotenvx',
    short: 'fevp',
    long: 'file env-file env env-keys-file',
    act: carries,
    style: 'posix',
  },
  {
    names: 'dotenvx',
    style: 'posix',
    sub: { run: { short: 'fe', long: 'env-file env env-keys-file', style: 'posix', act: carries } },
  },
  {
    names: 'env-cmd dotenv-cli dotenv-flow',
    short: 'fer',
    long: 'file environments rc-file',
    style: 'posix',
    act: carries,
  },
  {
    names: 'foreman honcho',
    style: 'posix',
    short: 'efdp',
    long: 'env procfile root port',
    sub: { run: { short: 'efd', long: 'env procfile root', style: 'posix', act: carries }, '*': {} },
  },
]
