// A shell started by its name: `-c` text, a script, or what comes in.
import { readArguments } from './arguments.ts'
import { runStream, runText } from './builtins.ts'
import type { Call } from './shell.ts'
import { NOTHING, type Stream } from './stream.ts'
import { literal } from './value.ts'

export const SHELLS = 'bash sh dash zsh ksh mksh ash rbash fish tcsh csh'

export function runShell(call: Call): Stream {
  const { shell } = call
  const args = readArguments(call.args, { short: 'oO', long: 'rcfile init-file', style: 'posix' })
  if (args.has('help version')) return NOTHING
  const name = literal(call.name.value) ?? 'sh'
  // `bash -n` reads and runs nothing; `+n` takes it back.
  const checks =
    args.options.filter(({ name: one }) => one === 'n').length > 0 &&
    !args.operands.some(({ value }) => literal(value) === '+n')
  if (checks) return NOTHING
  const child = shell.fork({ via: [...shell.state.via, name] })
  const inner: Call = { ...call, shell: child }
  const startup = shell.state.variables.get('BASH_ENV') ?? shell.state.variables.get('ENV')
  for (const value of startup?.values ?? []) {
    const field = { value, span: call.span, open: false }
    if (value.length > 0) runStream(inner, child.contents(child.paths(value)), field)
  }
  let out: Stream
  const [first, ...rest] = args.operands
  if (args.has('c')) {
    if (first === undefined) return NOTHING
    child.state = { ...child.state, positional: rest.slice(1).map(({ value }) => value) }
    out = runText({ ...inner, span: first.span }, first.value)
  } else if (first !== undefined && !args.has('s') && literal(first.value) !== '-') {
    const paths = child.paths(first.value)
    child.state = { ...child.state, positional: rest.map(({ value }) => value) }
    for (const one of paths) child.emit({ verb: 'path.exec', on: { kind: 'path', path: one } }, first.span)
    out = runStream(inner, child.contents(paths), first)
  } else out = runStream(inner, call.stdin, call.name)
  shell.keepFiles(child)
  return out
}
