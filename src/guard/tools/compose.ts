// Compose: a project of containers, by its services.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { literal } from '../value.ts'
import { copy } from './container-files.ts'
import { emitService, infra, runInside } from './container-run.ts'
import { config } from './container-shows.ts'

const GLOBALS = {
  style: 'posix',
  short: 'fpc',
  long: 'file project-name profile env-file project-directory ansi parallel progress context',
  flags: 'dry-run compatibility verbose version help all-resources',
} as const

export function compose(call: Call): Stream {
  const top = readArguments(call.args, GLOBALS)
  if (top.has('help h version v dry-run')) return FROM_PROGRAM
  for (const field of top.values('f file')) if (literal(field.value) !== '-') touch(call, 'path.read', field)
  const [first, ...rest] = top.operands
  const verb = first === undefined ? '' : (literal(first.value) ?? '')
  const inner = { ...call, args: rest }
  if (verb === 'exec' || verb === 'run') return runInside(inner, 'exec')
  if (verb === 'cp') return copy(inner)
  if (verb === 'config' || verb === 'convert') {
    config(inner, top.values('f file'), top.values('env-file'), top.value('project-directory'))
    return FROM_PROGRAM
  }
  const args = readArguments(rest, {
    short: verb === 'kill' ? 'ts' : 't',
    long: 'timeout signal rmi scale index pull',
    flags:
      'volumes remove-orphans force stop all dry-run help force-recreate renew-anon-volumes detach build wait',
  })
  if (args.has('help h dry-run')) return FROM_PROGRAM
  const each = (act: (field: Field | undefined) => void) => {
    for (const field of args.operands.length === 0 ? [undefined] : args.operands) act(field)
  }
  switch (verb) {
    case 'down':
      if (args.has('v volumes')) infra(call, 'destroy', 'volume')
      if (args.value('rmi') !== undefined) infra(call, 'delete', 'image')
      each((field) => emitService(call, 'compose', 'stop', field))
      break
    case 'stop':
    case 'kill':
    case 'pause':
      each((field) => emitService(call, 'compose', 'stop', field))
      break
    case 'rm':
      if (args.has('v')) infra(call, 'destroy', 'volume')
      if (args.has('f force s stop')) each((field) => emitService(call, 'compose', 'stop', field))
      break
    case 'restart':
      each((field) => emitService(call, 'compose', 'restart', field))
      break
    case 'scale':
      for (const field of args.operands)
        if ((literal(field.value) ?? '').endsWith('=0'))
          emitService(call, 'compose', 'stop', {
            ...field,
            value: [(literal(field.value) ?? '').slice(0, -2)],
          })
      break
    case 'up':
      if (args.has('V renew-anon-volumes')) infra(call, 'delete', 'volume')
      if (args.has('force-recreate')) each((field) => emitService(call, 'compose', 'restart', field))
      for (const field of args.values('scale'))
        if ((literal(field.value) ?? '').endsWith('=0'))
          emitService(call, 'compose', 'stop', {
            ...field,
            value: [(literal(field.value) ?? '').slice(0, -2)],
          })
      break
    default:
      break
  }
  return FROM_PROGRAM
}
