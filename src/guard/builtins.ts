// The shell's own commands: they change the shell that reads them, or run text.
import { readArguments } from './arguments.ts'
import { preloads } from './assign.ts'
import { AS_SHELL } from './effect.ts'
import type { Field } from './fields.ts'
import { enable, hash } from './hashed.ts'
import { isMark } from './mark.ts'
import { type Path, showPath } from './path.ts'
import { echo, joined, printfOf, sourceOf } from './printing.ts'
import { environmentOf } from './reveal.ts'
import type { Call, Shell } from './shell.ts'
import { put, type Variable, without } from './state.ts'
import { either, FROM_PROGRAM, known, NO_TEXT, NOTHING, opaque, originsOf, type Stream } from './stream.ts'
import { touch } from './tool.ts'
import {
  after,
  concat,
  distinct,
  isUnknown,
  literal,
  prefix,
  split,
  text,
  trimmed,
  UNKNOWN,
  type Value,
} from './value.ts'

type Builtin = (call: Call) => Stream

const values = (fields: readonly Field[]): readonly Value[] => fields.map(({ value }) => value)

/** Runs a text whose parts may be unknown; wholly unknown text is unknown code. */
export function runText(call: Call, value: Value, stdin: Stream = call.stdin): Stream {
  const { shell } = call
  const origins = originsOf(value)
  judgeOrigins(call, { origins }, { value, span: call.span, open: false })
  if (
    isMark(value) ||
    (value.some((piece) => typeof piece !== 'string') &&
      value.every((piece) => typeof piece !== 'string' || piece.trim() === ''))
  ) {
    // Said already, and better: code from afar.
    if (origins.some(({ from }) => from === 'network' || from === 'decoder')) return FROM_PROGRAM
    shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, call.span)
    shell.world.say('unknown code', call.span)
    return FROM_PROGRAM
  }
  return shell.code(sourceOf(value), call.span, stdin)
}

function changeDirectory(call: Call): Stream {
  const { shell, args } = call
  const { operands } = readArguments(args, { style: 'posix' })
  const to = operands[0]
  const { cwd, before } = shell.state
  let next: readonly Path[]
  if (to === undefined)
    next = shell.paths(
      shell.state.variables.get('HOME')?.values[0] ?? text(call.shell.world.environment['HOME'] ?? '/home'),
    )
  else if (literal(to.value) === '-') next = before ?? [{ segments: ['tree'], loose: true }]
  else next = [...shell.paths(to.value), ...searched(call, to.value)]
  shell.state = { ...shell.state, cwd: next, before: cwd }
  return NOTHING
}

/** `CDPATH`: a name that begins with neither a slash nor a dot is looked for there first; which directories there are is not known. */
function searched({ shell }: Call, to: Value): readonly Path[] {
  const set = shell.state.variables.get('CDPATH')
  if (set === undefined || /^(?:\/|\.\.?(?:\/|$))/.test(prefix(to))) return []
  return set.values
    .flatMap((value) => split(value, ':'))
    .flatMap((directory) => shell.paths(concat(concat(directory, ['/']), to)))
}

function assignWords(call: Call, exported: boolean): Stream {
  const { shell, args } = call
  const { options, operands } = readArguments(args, { style: 'posix' })
  const isReference = options.some(({ name }) => name === 'n')
  for (const { value } of operands) {
    const start = prefix(value)
    const match = /^([A-Za-z_]\w*)(\+?=)?/.exec(start)
    const name = match?.[1]
    if (name === undefined) continue
    const old = shell.state.variables.get(name)
    if (match?.[2] === undefined) {
      if (exported) shell.set(name, { ...(old ?? { values: [UNKNOWN] }), exported: true })
      continue
    }
    const given = after(value, match[0]) ?? []
    preloads(shell, name, [given], call.span)
    const target = literal(given)
    if (isReference && target !== undefined) {
      shell.set(name, { values: [given], reference: target })
      continue
    }
    const all = match[2] === '+=' && old !== undefined ? old.values.map((one) => concat(one, given)) : [given]
    shell.set(name, { values: all, ...(exported || old?.exported === true ? { exported: true } : {}) })
  }
  return NOTHING
}

function unset({ shell, args }: Call): Stream {
  if (!shell.pay(shell.state.variables) || !shell.pay(shell.state.functions)) return NOTHING
  const variables = new Map(shell.state.variables)
  const functions = new Map(shell.state.functions)
  for (const value of values(args)) {
    const name = literal(value)
    if (name === undefined || name.startsWith('-')) continue
    // Unset is known to be empty; absent would mean "comes from outside".
    variables.set(name, { values: [[]], unset: true })
    functions.delete(name)
  }
  shell.state = { ...shell.state, variables, functions }
  return NOTHING
}

/** `-u 3`, `-u $fd`. */
function descriptorOf(shell: Shell, { value }: Field) {
  const name = literal(value) ?? ''
  return shell.state.descriptors.get(/^\d+$/.test(name) ? Number(name) : name)
}

function readVariable({ shell, args, stdin }: Call): Stream {
  const { operands, options } = readArguments(args, { short: 'adinNptu', style: 'posix' })
  const from = options.find(({ name }) => name === 'u')?.value
  const descriptor = from === undefined ? undefined : descriptorOf(shell, from)
  const input = descriptor?.read ?? stdin
  const { texts } = input
  const lines: readonly Value[] =
    texts === undefined
      ? [opaque(input)]
      : distinct(texts.flatMap((one) => split(one, '\n')).filter((one) => one.length > 0))
  const array = options.find(({ name }) => name === 'a')?.value
  if (array !== undefined) shell.set(literal(array.value) ?? '', { values: [UNKNOWN], elements: [UNKNOWN] })
  for (const { value } of operands) {
    const name = literal(value)
    // Several names share a line; each may hold any part of it.
    if (name !== undefined)
      shell.set(name, {
        values:
          operands.length === 1 && lines.length > 0 ? lines : operands.length === 1 ? [[]] : [opaque(input)],
      })
  }
  if (operands.length === 0) shell.set('REPLY', { values: lines })
  return NOTHING
}

function source(call: Call): Stream {
  const { shell, args } = call
  const { operands } = readArguments(args, { style: 'posix' })
  const file = operands[0]
  if (file === undefined) return NOTHING
  touch(call, 'path.read', file)
  const stream = shell.contents(shell.paths(file.value))
  if (stream.texts === undefined) forget(shell)
  if (stream.texts === undefined) return runStream(call, stream, file)
  const before = shell.state.variables.get(ITSELF)
  shell.set(ITSELF, { values: [file.value], elements: [file.value] })
  const out = runStream(call, stream, file)
  const { variables } = shell.state
  shell.state = {
    ...shell.state,
    variables: before === undefined ? without(variables, ITSELF) : put(variables, ITSELF, before),
  }
  return out
}

/** The file that is run, as its text knows it. */
export const ITSELF = 'BASH_SOURCE'

/** A file that nobody sees may have set any variable anew. */
function forget(shell: Shell): void {
  if (!shell.pay(shell.state.variables)) return
  const variables = new Map(shell.state.variables)
  for (const [name, one] of variables)
    if (one.unset !== true && !one.values.some(isUnknown))
      variables.set(name, { ...one, values: [...one.values, UNKNOWN] })
  shell.state = { ...shell.state, variables }
}

/** Runs what a stream holds: known text is walked, text from afar is what it is, a file of the machine is a program like another. */
export function runStream(call: Call, stream: Stream, field: Field): Stream {
  const { shell } = call
  let out: Stream | undefined
  for (const value of stream.texts ?? []) {
    const child = shell.fork()
    const one = isMark(value) ? undefined : literal(value)
    const result =
      one === undefined
        ? runText({ ...call, shell: child, span: field.span }, value, NOTHING)
        : child.code(one, field.span)
    shell.state = { ...child.state, positional: shell.state.positional }
    out = out === undefined ? result : either(out, result)
  }
  judgeOrigins(call, stream, field, AS_SHELL)
  // What a code of this text prints, and what a filter makes of known words, could be read and was not.
  if (stream.texts === undefined && stream.origins.some(({ from }) => from === 'code'))
    shell.world.say('unknown code', field.span)
  return out ?? FROM_PROGRAM
}

/** Code from the network, out of a decoder or of an unknown program is code that nobody has read. */
export function judgeOrigins({ shell }: Call, stream: Stream, field: Field, note?: string): void {
  for (const origin of stream.origins)
    if (origin.from === 'network')
      shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: '' } }, field.span)
    else if (origin.from === 'decoder')
      shell.emit({ verb: 'exec.decoded', on: { kind: 'program', name: '' } }, field.span)
    else if (origin.from === 'program' && stream.texts === undefined)
      shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, field.span)
    else if (origin.from === 'file')
      shell.emit(
        {
          verb: 'path.exec',
          on: { kind: 'path', path: origin.path },
          ...(note === undefined ? {} : { note }),
        },
        field.span,
      )
}

function trap(call: Call): Stream {
  const { operands } = readArguments(call.args, { style: 'posix' })
  const [action] = operands
  if (action !== undefined && operands.length > 1)
    runText({ ...call, shell: call.shell.fork() }, action.value, NOTHING)
  return NOTHING
}

function alias(call: Call): Stream {
  const { shell } = call
  for (const { value } of call.args) {
    const start = prefix(value)
    const name = /^([^=\s]+)=/.exec(start)?.[1]
    const body = name === undefined ? undefined : after(value, `${name}=`)
    if (name !== undefined && body !== undefined && shell.pay(shell.state.aliases))
      shell.state = { ...shell.state, aliases: put(shell.state.aliases, name, sourceOf(body)) }
  }
  return NOTHING
}

function setOptions({ shell, args }: Call): Stream {
  const at = args.findIndex(({ value }) => literal(value) === '--')
  const rest =
    at === -1
      ? args[0] !== undefined && !/^[-+]/.test(prefix(args[0].value))
        ? args
        : undefined
      : args.slice(at + 1)
  if (rest !== undefined) shell.state = { ...shell.state, positional: values(rest) }
  return NOTHING
}

function shift({ shell, args }: Call): Stream {
  const count = Number(literal(args[0]?.value ?? ['1']) ?? 1)
  const { positional } = shell.state
  if (positional !== undefined) shell.state = { ...shell.state, positional: positional.slice(count) }
  return NOTHING
}

function exec(call: Call): Stream {
  const { shell, args } = call
  const { operands } = readArguments(args, { short: 'a', style: 'posix' })
  const [name, ...rest] = operands
  if (name === undefined) {
    // `exec >file`: the redirection of the shell itself.
    return NOTHING
  }
  return shell.start(name, rest, call.stdin, call.span)
}

/** `command -v rm`: where a program lies, as `which` says it. */
function placeOf(operands: readonly Field[]): Stream {
  const names = operands.map(({ value }) => literal(value))
  if (names.length === 0 || names.some((one) => one === undefined || one === '')) return FROM_PROGRAM
  return known(
    names.flatMap((one): Value => [one?.includes('/') === true ? `${one}\n` : `/usr/bin/${one}\n`]),
  )
}

function peel(short: string, describes: string): Builtin {
  return (call) => {
    const { operands, options } = readArguments(call.args, { short, style: 'posix' })
    if (options.some(({ name }) => describes.includes(name)))
      return options.some(({ name }) => name === 'v') ? placeOf(operands) : FROM_PROGRAM
    const [name, ...rest] = operands
    if (name === undefined) return NOTHING
    // A function of that name is passed over.
    const plain = literal(name.value)
    const { functions } = call.shell.state
    const child =
      plain !== undefined && functions.has(plain)
        ? call.shell.fork({ functions: new Map([...functions].filter(([key]) => key !== plain)) })
        : call.shell
    return child.start(name, rest, call.stdin, call.span)
  }
}

function mapfile({ shell, args, stdin }: Call): Stream {
  const { operands, options } = readArguments(args, { short: 'dnOsucC', style: 'posix' })
  const name = operands[0] === undefined ? 'MAPFILE' : (literal(operands[0].value) ?? 'MAPFILE')
  const from = options.find((one) => one.name === 'u')?.value
  const descriptor = from === undefined ? undefined : descriptorOf(shell, from)
  const input = descriptor?.read ?? stdin
  const lines = input.texts?.flatMap((one) => split(trimmed(one), '\n')) ?? [opaque(input)]
  const variable: Variable = { values: [lines[0] ?? []], elements: lines.slice(0, 64) }
  shell.set(name, variable)
  return NOTHING
}

const nothing: Builtin = () => NOTHING

/** All of the environment, or of the variables: what services keep in it goes with it. */
const listing =
  (act: Builtin): Builtin =>
  (call) => {
    const lists = call.args.length === 0 || call.args.every(({ value }) => literal(value) === '-p')
    return lists ? environmentOf(call) : act(call)
  }

const BUILTINS: Readonly<Record<string, Builtin>> = {
  cd: changeDirectory,
  pushd: changeDirectory,
  chdir: changeDirectory,
  popd: ({ shell }) => {
    const { before } = shell.state
    shell.state = { ...shell.state, cwd: before ?? [{ segments: ['tree'], loose: true }] }
    return NOTHING
  },
  export: listing((call) => assignWords(call, true)),
  declare: listing((call) =>
    assignWords(
      call,
      call.args.some(({ value }) => /^-\w*x/.test(prefix(value))),
    ),
  ),
  typeset: (call) => assignWords(call, false),
  local: (call) => assignWords(call, false),
  readonly: (call) => assignWords(call, false),
  unset,
  read: readVariable,
  mapfile,
  readarray: mapfile,
  eval: (call) =>
    runText(
      call,
      joined(
        call.args[0] !== undefined && literal(call.args[0].value) === '--' ? call.args.slice(1) : call.args,
      ),
    ),
  source,
  '.': source,
  trap,
  alias,
  unalias: nothing,
  set: listing(setOptions),
  shift,
  printf: printfOf,
  echo,
  exec,
  command: peel('', 'vV'),
  builtin: peel('', ''),
  time: (call) => {
    // The program of that name: `command time -o FILE …`.
    const args = readArguments(call.args, { short: 'fo', long: 'format output', style: 'posix' })
    for (const file of args.values('o output'))
      touch(call, args.has('a append') ? 'path.append' : 'path.write', file)
    return peel('fo', '')(call)
  },
  pwd: ({ shell }) => known(...shell.state.cwd.map((one) => text(`${showPath(one)}\n`))),
  ':': () => NO_TEXT,
  true: () => NO_TEXT,
  false: nothing,
  test: nothing,
  '[': nothing,
  exit: nothing,
  return: nothing,
  break: nothing,
  continue: nothing,
  wait: nothing,
  hash: (call) => hash(call, isBuiltin),
  enable,
  type: ({ args }) => {
    const { operands, options } = readArguments(args, { style: 'posix' })
    return options.some(({ name }) => /^[pP]$/.test(name)) ? placeOf(operands) : NOTHING
  },
  let: nothing,
  getopts: nothing,
  shopt: nothing,
  umask: nothing,
  ulimit: nothing,
  bg: nothing,
  fg: nothing,
  jobs: nothing,
  disown: nothing,
  dirs: nothing,
  complete: nothing,
  bind: nothing,
  times: nothing,
}

const isBuiltin = (name: string): boolean => Object.hasOwn(BUILTINS, name)

export const builtin = (name: string): Builtin | undefined => (isBuiltin(name) ? BUILTINS[name] : undefined)
