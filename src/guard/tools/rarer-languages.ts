// Interpreters that are rarely given a line of code, and the Lisps, whose lines are read by their own small scanner.
import { readArguments } from '../arguments.ts'
import { ERLANG, JVM, ML, OCTAVE, RAKU, SWIFT } from '../code/rarer.ts'
import { RUBY } from '../code/ruby.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { concat, literal, type Value } from '../value.ts'
import { interpreter, runCode } from './interpreters.ts'

const HARMLESS = 'help version h v V'

/** What a form of a Lisp does by its head: a text for a shell, words of a program, a path. */
const HEADS: Readonly<Record<string, 'text' | 'words' | 'delete' | 'tree' | 'write' | 'read'>> = {
  system: 'text',
  'system*': 'words',
  'shell-command': 'text',
  'shell-command-to-string': 'text',
  'async-shell-command': 'text',
  'run-shell-command': 'text',
  'run-program': 'text',
  'launch-program': 'text',
  shell: 'text',
  sh: 'words',
  process: 'words',
  'process*': 'words',
  'call-process': 'words',
  'start-process': 'words',
  subprocess: 'words',
  'delete-file': 'delete',
  'delete-directory': 'tree',
  'delete-directory-tree': 'tree',
  'delete-directory/files': 'tree',
  'delete-tree': 'tree',
  spit: 'write',
  'write-region': 'write',
  'call-with-output-file': 'write',
  'with-output-to-file': 'write',
  'display-to-file': 'write',
  slurp: 'read',
  'insert-file-contents': 'read',
  'file->string': 'read',
}
const MOST = 64

/** Every form with its head and the texts in it. */
function readForms(call: Call, source: string, field: Field): void {
  const { shell } = call
  if (!shell.world.step(1 + (source.length >> 4))) return
  let count = 0
  for (const match of source.matchAll(
    /\(\s*(?:[\w.]+[:/])?([\w*>/-]+)((?:[^"()]{0,40}"(?:[^"\\]|\\.)*"){1,16})/g,
  )) {
    if (count++ > MOST) return
    const does = Object.hasOwn(HEADS, match[1] ?? '') ? HEADS[match[1] ?? ''] : undefined
    if (does === undefined) continue
    const texts = [...(match[2] ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) =>
      one.replaceAll(/\\(.)/g, '$1'),
    )
    const [first = '', ...rest] = texts
    const word = (one: string): Field => ({ value: [one], span: field.span, open: false })
    if (does === 'text' && rest.length === 0) shell.fork().code(first, field.span)
    else if (does === 'text' || does === 'words')
      shell.fork().start(word(first), rest.map(word), call.stdin, field.span)
    else if (does === 'delete' || does === 'tree')
      touch(call, 'path.delete', word(first), does === 'tree' ? { recursive: true } : {})
    else touch(call, does === 'write' ? 'path.write' : 'path.read', word(first))
  }
}

const lisp = (names: string, options: string, short: string): Tool => ({
  names,
  style: 'posix',
  harmless: HARMLESS,
  act: (call) => {
    const args = readArguments(call.args, {
      style: 'posix',
      short,
      long: `${options} load`,
    })
    const inner = { ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'lisp'] }) }
    for (const field of args.values(options)) {
      const source = literal(field.value)
      if (source === undefined) runCode(call, field.value, field, OCTAVE)
      else readForms(inner, source, field)
    }
    for (const value of args.operands.length === 0 ? (call.stdin.texts ?? []) : []) {
      const source = literal(value)
      if (source !== undefined) readForms(inner, source, call.name)
    }
    return FROM_PROGRAM
  },
})

/** `mod:name(` is `mod.name(`. */
const dotted = (value: Value): Value =>
  concat(
    value.map((piece) =>
      typeof piece === 'string' ? piece.replaceAll(/\b([a-z]\w*):([a-z]\w*)(?=\()/g, '$1.$2') : piece,
    ),
  )

export const RARER_LANGUAGES: readonly Tool[] = [
  interpreter({
    names: 'groovy scala scala3 scala-cli jshell kotlin kotlinc amm',
    language: JVM,
    style: 'gnu',
    short: 'ecdD',
    long: 'script',
    harmless: HARMLESS,
    code: 'e c script',
  }),
  interpreter({ names: 'swift', language: SWIFT, short: 'e', harmless: HARMLESS, code: 'e' }),
  interpreter({ names: 'ocaml ghc ghci runghc', language: ML, short: 'eIl', harmless: HARMLESS, code: 'e' }),
  interpreter({
    names: 'octave octave-cli matlab',
    language: OCTAVE,
    style: 'words',
    long: 'eval batch r',
    harmless: 'help version',
    code: 'eval batch r',
  }),
  interpreter({ names: 'raku perl6 rakudo', language: RAKU, short: 'eMI', harmless: HARMLESS, code: 'e' }),
  {
    names: 'crystal',
    style: 'posix',
    harmless: HARMLESS,
    act: (call, args) => {
      if (args.word(0) === 'eval')
        for (const field of args.operands.slice(1)) runCode(call, field.value, field, RUBY)
      return FROM_PROGRAM
    },
  },
  {
    names: 'erl escript',
    style: 'words',
    long: 'eval s run name sname setcookie pa pz config',
    harmless: 'help version',
    act: (call, args) => {
      for (const field of args.values('eval')) runCode(call, dotted(field.value), field, ERLANG)
      return FROM_PROGRAM
    },
  },
  lisp('sbcl clisp ecl ccl abcl', 'eval x', 'x'),
  lisp('guile racket csi chicken gsi mit-scheme chez scheme', 'c e eval', 'cexl'),
  lisp('clojure clj bb lein boot lumo janet fennel', 'e eval x', 'ex'),
]
