// A shell started by its name: `-c` text, a script, or what comes in.
import { readArguments } from './arguments.ts'
import { ITSELF, runStream, runText } from './builtins.ts'
import { AS_SHELL } from './effect.ts'
import type { Field } from './fields.ts'
import { liesInFetched } from './holdings.ts'
import type { Call } from './shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from './stream.ts'
import { concat, literal, prefix, show, type Value } from './value.ts'

export const SHELLS =
  'bash sh dash zsh ksh mksh ash rbash fish tcsh csh yash posh oksh loksh osh elvish nu xonsh'

/** `+n` is an option of a shell as `-n` is: it takes it back. */
const isPlus = ({ value }: Field) => /^\+[A-Za-z]+$/.test(literal(value) ?? '')

/** What an interactive shell, or one that shows its commands, runs before each of them. */
function promptsOf({ shell }: Call, name: string, isTyped: boolean, shows: boolean): readonly Value[] {
  const valuesOf = (variable: string) => {
    const found = shell.state.variables.get(variable)
    return found?.exported === true ? found.values : []
  }
  const asked = isTyped && /(?:^|\/)bash$/.test(name) ? valuesOf('PROMPT_COMMAND') : []
  const shown = [...(isTyped ? ['PS0', 'PS1', 'PS2'] : []), ...(shows ? ['PS4'] : [])].flatMap(valuesOf)
  return [...asked, ...shown.map((one) => concat([': "'], one, ['"']))]
}

export function runShell(call: Call): Stream {
  const { shell } = call
  const plus = call.args.findIndex((field) => !prefix(field.value).startsWith('-') && !isPlus(field))
  const front = plus === -1 ? call.args : call.args.slice(0, plus)
  const backs = front.filter(isPlus).map(({ value }) => literal(value) ?? '')
  const given = [...front.filter((field) => !isPlus(field)), ...(plus === -1 ? [] : call.args.slice(plus))]
  const args = readArguments(given, { short: 'oOC', long: 'rcfile init-file init-command', style: 'posix' })
  if (args.has('help version')) return NOTHING
  const name = literal(call.name.value) ?? 'sh'
  // `bash -n` reads and runs nothing.
  if (args.has('n') && !backs.some((one) => one.includes('n'))) return NOTHING
  const child = shell.fork({ via: [...shell.state.via, name] })
  const inner: Call = { ...call, shell: child }
  const startup =
    args.has('i') || !/(?:^|\/)(?:bash|sh)$/.test(name) ? undefined : shell.state.variables.get('BASH_ENV')
  for (const value of startup?.values ?? []) {
    const field = { value, span: call.span, open: false }
    if (value.length > 0) runStream(inner, child.contents(child.paths(value)), field)
  }
  // Without a text and without a script it is one that somebody types into.
  const isTyped = args.has('i') || (!args.has('c') && args.operands.length === 0)
  const own =
    isTyped && /(?:^|\/)(?:sh|dash|ash|ksh|mksh)$/.test(name) ? shell.state.variables.get('ENV') : undefined
  for (const value of own?.values ?? [])
    if (value.length > 0)
      runStream(inner, child.contents(child.paths(value)), { value, span: call.span, open: false })
  for (const code of promptsOf(call, name, isTyped, args.has('x'))) runText(inner, code, NOTHING)
  for (const file of args.values('rcfile init-file'))
    if (isTyped) runStream(inner, child.contents(child.paths(file.value)), file)
  let out: Stream
  const [first, ...rest] = args.operands
  if (args.has('c')) {
    if (first === undefined) return NOTHING
    // The name that `$0` stands for comes before the first argument.
    child.state = { ...child.state, positional: rest.slice(1).map(({ value }) => value) }
    if (rest[0] !== undefined) child.set('0', { values: [rest[0].value] })
    out = runText({ ...inner, span: first.span }, first.value)
  } else if (first !== undefined && !args.has('s') && literal(first.value) !== '-') {
    const paths = child.paths(first.value)
    child.state = { ...child.state, positional: rest.map(({ value }) => value) }
    child.set('0', { values: [first.value] })
    child.set(ITSELF, { values: [first.value], elements: [first.value] })
    for (const one of paths) {
      child.emit({ verb: 'path.exec', on: { kind: 'path', path: one }, note: AS_SHELL }, first.span)
      if (liesInFetched(child.state, one))
        child.emit({ verb: 'exec.downloaded', on: { kind: 'program', name } }, first.span)
    }
    const running = shell.state.scripts ?? []
    const stream = child.contents(paths)
    // With what it holds: it may have been written anew.
    const held = (stream.texts ?? []).map(show).join('\0')
    const keys = paths.map((one) => `${child.keyOf(one)}\0${held}`)
    child.state = { ...child.state, scripts: [...running, ...keys] }
    const isItself = keys.length > 0 && keys.every((one) => running.includes(one))
    out = isItself ? FROM_PROGRAM : runStream(inner, stream, first)
  } else {
    child.state = { ...child.state, positional: args.operands.map(({ value }) => value) }
    out = runStream(inner, call.stdin, call.name)
  }
  shell.keepFiles(child)
  return out
}
