// What the shell keeps of the places of programs, and the builtins that are taken away or brought in.
import { readArguments } from './arguments.ts'
import { sourceOf } from './printing.ts'
import type { Call } from './shell.ts'
import { put } from './state.ts'
import { NOTHING, type Stream } from './stream.ts'
import { literal } from './value.ts'

/** Names under which is kept what `hash` says of a builtin, and that a builtin is taken away: no command can be called so. */
const HASHED = '\0hash '
const OFF = '\0off '

/** `hash -p /bin/rm name`: the name is that program from now on; a builtin stands before it until it is taken away. */
export function hash({ shell, args }: Call, isBuiltin: (name: string) => boolean): Stream {
  const { options, operands } = readArguments(args, { short: 'p', style: 'posix' })
  const path = options.find(({ name }) => name === 'p')?.value
  if (path === undefined) return NOTHING
  for (const { value } of operands) {
    const name = literal(value)
    if (name === undefined) continue
    const { aliases } = shell.state
    const key = isBuiltin(name) && !aliases.has(OFF + name) ? HASHED + name : name
    shell.state = { ...shell.state, aliases: put(aliases, key, sourceOf(path.value)) }
  }
  return NOTHING
}

/** `enable -n name` takes a builtin away; `enable -f file name` brings one in out of a file, which is code. */
export function enable({ shell, args }: Call): Stream {
  const { options, operands } = readArguments(args, { short: 'f', style: 'posix' })
  const file = options.find(({ name }) => name === 'f')?.value
  if (file !== undefined) {
    for (const one of shell.paths(file.value))
      shell.emit({ verb: 'path.exec', on: { kind: 'path', path: one } }, file.span)
    shell.emit({ verb: 'exec.option', on: { kind: 'program', name: 'enable' } }, file.span)
  }
  if (!options.some(({ name }) => name === 'n')) return NOTHING
  for (const { value } of operands) {
    const name = literal(value)
    if (name === undefined) continue
    const { aliases } = shell.state
    const hashed = aliases.get(HASHED + name)
    const off = put(aliases, OFF + name, '')
    shell.state = { ...shell.state, aliases: hashed === undefined ? off : put(off, name, hashed) }
  }
  return NOTHING
}
