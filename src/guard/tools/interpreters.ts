// Interpreters: where their code comes from (an option, a file, what comes in), and what their options read, write and run.

import type { Arguments, Grammar } from '../arguments.ts'
import { judgeOrigins } from '../builtins.ts'
import type { Language, Line } from '../code/language.ts'
import { readCode } from '../code/run.ts'
import type { Field } from '../fields.ts'
import { marked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { FROM_CODE, FROM_PROGRAM, originsOf, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, prefix, text, type Value } from '../value.ts'

export interface Interpreter extends Grammar {
  readonly names: string
  readonly language: Language
  /** Options whose value is code. */
  readonly code: string
  /** Options whose value is a file or module that is run first. */
  readonly preload?: string
  /** Options after which it reads and runs nothing. */
  readonly harmless: string
  /** What it tries behind the name of a script that has no ending: the directory's own file too. */
  readonly tries?: readonly string[]
  /** Options that only check. */
  readonly checks?: string
  /** The files it is given are read, or changed in place. */
  readonly files?: (call: Call, args: Arguments, operands: readonly Field[]) => void
  /** What else its words do. Answers true where nothing is left to do. */
  readonly also?: (call: Call, args: Arguments) => boolean
}

export function interpreter(one: Interpreter): Tool {
  return {
    ...one,
    style: one.style ?? 'posix',
    act: (call, args): Stream => {
      const { language } = one
      if (one.also?.(call, args) === true) return FROM_PROGRAM
      for (const field of one.preload === undefined ? [] : args.values(one.preload))
        runScriptFile(call, field, language, true)
      const texts = args.values(one.code)
      for (const field of texts) runCode(call, field.value, field, language, wordsOf(args.operands))
      if (texts.length > 0) {
        handed(call, args.operands)
        one.files?.(call, args, args.operands)
        return FROM_CODE
      }
      const [script, ...rest] = args.operands
      if (script !== undefined && literal(script.value) !== '-') {
        if (one.checks === undefined || !args.has(one.checks))
          for (const named of namesOf(script, one.tries)) runScriptFile(call, named, language, false, rest)
        one.files?.(call, args, rest)
      } else {
        runCodeStream(call, call.stdin, script ?? call.name, language, wordsOf(rest))
        handed(call, rest)
      }
      return FROM_PROGRAM
    },
  }
}

/** A script by its name, and by what the interpreter makes of a name without an ending. */
function namesOf(script: Field, tries: readonly string[] = []): readonly Field[] {
  const plain = literal(script.value)
  if (plain === undefined || /[^./]\.\w+$/.test(plain)) return [script]
  return [script, ...tries.map((end) => ({ ...script, value: text(plain.replace(/\/$/, '') + end) }))]
}

const wordsOf = (fields: readonly Field[]): Line => ({
  words: fields.map(({ value }) => value),
  script: false,
})

/** Files that code is given by name: it may read them in a way that nobody follows here. */
function handed(call: Call, operands: readonly Field[]): void {
  for (const field of operands.slice(0, 16))
    if (!field.open && prefix(field.value) !== '') touch(call, 'path.read', field, { certainty: 'unknown' })
}

/** Code that stands in a word. */
export function runCode(call: Call, value: Value, field: Field, language: Language, line?: Line): void {
  const { shell } = call
  const origins = originsOf(value)
  if (origins.length > 0) judgeOrigins(call, { origins }, field)
  if (value.length > 0 && value.every((piece) => typeof piece !== 'string')) {
    if (origins.some(({ from }) => from === 'network' || from === 'decoder')) return
    shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: language.name } }, field.span)
    shell.world.say('unknown code', field.span)
    return
  }
  const source = marked(value)
  const child = shell.fork({ via: [...shell.state.via, language.name] })
  const inner: Call = { ...call, shell: child }
  readCode(source, language, inner, field, line)
  // Somebody took the interpreter for a shell: the words are those of a command line.
  if (/^\s*[a-z][\w.-]*\s+--?[a-zA-Z]/.test(source.slice(0, 200)) && !/[=;({]/.test(source.slice(0, 200)))
    child.code(source, field.span)
  shell.keepFiles(child)
}

function runCodeStream(call: Call, stream: Stream, field: Field, language: Language, line?: Line): void {
  for (const value of stream.texts ?? []) readCode(marked(value), language, call, field, line)
  judgeOrigins(call, stream, field)
}

export function runScriptFile(
  call: Call,
  field: Field,
  language: Language,
  module = false,
  rest: readonly Field[] = [],
): void {
  const { shell } = call
  const plain = literal(field.value)
  if (plain === '-') {
    runCodeStream(call, call.stdin, field, language)
    return
  }
  if (plain === undefined && field.value.every((piece) => typeof piece !== 'string')) {
    shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: language.name } }, field.span)
    shell.world.say('unknown code', field.span)
    return
  }
  // A module by its name is no file of ours.
  if (module && plain !== undefined && !/[./]/.test(plain)) return
  touch(call, 'path.exec', field)
  const line: Line = { ...wordsOf(rest), script: true }
  runCodeStream(call, shell.contents(shell.paths(field.value)), field, language, line)
}
