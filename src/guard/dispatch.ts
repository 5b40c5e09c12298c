// From the name of a program to what it does: builtins, wrappers, shells, tools. A name nobody knows is allowed, unless its words say more.
import { builtin } from './builtins.ts'
import type { Call } from './shell.ts'
import { runShell, SHELLS } from './shells.ts'
import { FROM_PROGRAM, type Stream } from './stream.ts'
import { perform } from './tool.ts'
import { TOOLS } from './tools/all.ts'
import { initScript } from './tools/services.ts'
import { isOpen, literal, suffix } from './value.ts'
import { WRAPPERS, wrap } from './wrappers.ts'

type Program = (call: Call) => Stream

const PROGRAMS = new Map<string, Program>()

function register(names: string, program: Program): void {
  for (const name of names.split(' ')) PROGRAMS.set(name, program)
}
for (const wrapper of WRAPPERS) register(wrapper.names, (call) => wrap(wrapper, call))
register(SHELLS, runShell)
// Several fields may know something of one program: all of them speak.
for (const field of TOOLS)
  for (const tool of field)
    for (const name of tool.names.split(' ')) {
      const before = PROGRAMS.get(name)
      register(
        name,
        before === undefined ? (call) => perform(tool, call) : both(before, (call) => perform(tool, call)),
      )
    }

function both(one: Program, two: Program): Program {
  return (call) => {
    const first = one(call)
    const second = two(call)
    return first === FROM_PROGRAM ? second : first
  }
}

/** The program's name without its directory; `rm.exe` is rm. */
export function baseName(source: string): string {
  const name = source.slice(source.lastIndexOf('/') + 1)
  return name.toLowerCase().endsWith('.exe') ? name.slice(0, -4) : name
}

export function dispatch(call: Call): Stream {
  const { shell, name } = call
  const plain = literal(name.value)
  if (plain === undefined) return unknownProgram(call)
  const known = find(plain)
  if (known !== undefined) return known(call)
  if (/^\/etc\/(rc\.d\/)?(init|rc)\.d\//.test(plain)) return initScript(call, plain)
  // A file that this text has written is a script of its own.
  const paths = plain.includes('/') ? shell.paths(name.value) : []
  if (paths.length > 0) {
    const stream = shell.contents(paths)
    if (stream.texts !== undefined || stream.origins.some(({ from }) => from !== 'file'))
      return runShell({ ...call, name: { ...name, value: ['bash'] }, args: [name, ...call.args] })
    for (const one of paths) shell.emit({ verb: 'path.exec', on: { kind: 'path', path: one } }, name.span)
  }
  shell.emit({ verb: 'exec.known', on: { kind: 'program', name: plain } }, name.span)
  return FROM_PROGRAM
}

function find(plain: string): Program | undefined {
  const base = baseName(plain)
  return builtin(plain) ?? PROGRAMS.get(base) ?? PROGRAMS.get(base.toLowerCase())
}

/** The name is open: every program that it can be, and one that we do not know. */
function unknownProgram(call: Call): Stream {
  const { shell, name } = call
  if (isOpen(name.value) && suffix(name.value) === '' && name.value.length === 1) {
    shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, name.span)
    return FROM_PROGRAM
  }
  shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, name.span)
  return FROM_PROGRAM
}
