// Machines inside this one that are spoken to by name: a program started in there, files that go in and come out.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { after, concat, literal, prefix } from '../value.ts'
import { copyAcross } from './container-files.ts'
import { startInside } from './container-run.ts'

/** `NAME/path` as `NAME:/path`, which the others write. */
function placed(field: Field): Field {
  const name = /^(?:[\w.-]+:)?[\w.-]+(?=\/)/.exec(prefix(field.value))?.[0]
  const rest = name === undefined ? undefined : after(field.value, name)
  return name === undefined || rest === undefined
    ? field
    : { ...field, value: concat([`${name.replace(/^.*:/, '')}:`], rest) }
}

const OPTIONS = {
  short: 'Tmcpu',
  long: 'project mode gid uid cwd env user group',
  flags: 'recursive create-dirs force-interactive force-noninteractive disable-stdin quiet',
} as const

function lxc(call: Call): Stream {
  const end = call.args.findIndex(({ value }) => literal(value) === '--')
  const words = readArguments(end === -1 ? call.args : call.args.slice(0, end), OPTIONS).operands
  const [verb, second, ...rest] = words
  const name = literal(verb?.value ?? [])
  if (name === 'exec' && second !== undefined)
    return startInside(
      call,
      `${literal(second.value) ?? '?'}:`,
      end === -1 ? rest : call.args.slice(end + 1),
      {
        within: { platform: 'lxc', name: second.value },
      },
    )
  const way = name === 'file' ? literal(second?.value ?? []) : undefined
  const to = rest.at(-1)
  if (to === undefined || (way !== 'pull' && way !== 'push')) return FROM_PROGRAM
  let out: Stream = NOTHING
  for (const from of rest.slice(0, -1))
    out = way === 'pull' ? copyAcross(call, placed(from), to, true) : copyAcross(call, from, placed(to), true)
  return out
}

/** `copy-from NAME PATH [PATH]`, `copy-to NAME PATH [PATH]`. */
function machinectl(call: Call): Stream {
  const [verb, name, from, to] = readArguments(call.args, {
    short: 'HMnoPps',
    long: 'host machine uid setenv',
  }).operands
  const way = literal(verb?.value ?? [])
  if (name === undefined || from === undefined || (way !== 'copy-from' && way !== 'copy-to'))
    return FROM_PROGRAM
  const inside = (field: Field): Field => ({
    ...field,
    value: concat([`${literal(name.value) ?? '?'}:`], field.value),
  })
  const target = to ?? from
  return way === 'copy-from'
    ? copyAcross(call, inside(from), target, true)
    : copyAcross(call, from, inside(target), true)
}

export const MACHINES: readonly Tool[] = [
  { names: 'lxc incus', style: 'posix', act: lxc },
  { names: 'machinectl', style: 'posix', act: machinectl },
]
