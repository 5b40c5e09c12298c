// Declared commands of a service: with every default given, and what can be wrong with them although each value is right.
import { byteOrder } from '../base/id.ts'
import type { DeclaredCommand } from '../plans/command-rules.ts'
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { ServiceDocument } from './document.ts'
import type { Note } from './note.ts'
import { isAdminPath, isKernelPath, isOwnPath } from './places.ts'

const WITHIN_MS = 600_000
/** Nobody but root writes there: a program of it is the system's own. */
const SYSTEM = ['/usr', '/bin', '/sbin'] as const

/** By name. */
export function compileCommands({ commands = [] }: ServiceDocument): readonly DeclaredCommand[] {
  return commands
    .map(
      ({ id: name, value: { directory = '/', argv = [], back, writes = [], within } }): DeclaredCommand => ({
        name,
        directory,
        argv,
        ...(back === undefined ? {} : { back }),
        writes: [...new Set(writes)].sort(byteOrder),
        withinMs: within ?? WITHIN_MS,
      }),
    )
    .sort((a, b) => byteOrder(a.name, b.name))
}

export function checkCommands(service: ServiceDocument, at: string, note: Note): void {
  const { commands = [] } = service
  if (commands.length > 0 && service.manager?.systemd === undefined)
    note(`${at}.commands`, 'command.unit_needed')
  for (const { id, value } of commands) {
    const here = `${at}.commands.${id}`
    const { directory, argv = [], back = [], writes = [] } = value
    if (directory === undefined) continue
    if (isOwnPath(directory)) note(`${here}.directory`, 'path.own', { value: directory })
    if (isKernelPath(directory)) note(`${here}.directory`, 'path.kernel', { value: directory })
    for (const [key, [program = '']] of [['argv', argv] as const, ['back', back] as const])
      if (program.startsWith('/') && ![...SYSTEM, directory].some((one) => isAtOrBelow(program, one)))
        note(`${here}.${key}`, 'command.outside', { value: program, directory })
    for (const [i, one] of writes.entries())
      checkWrites(service, directory, one, `${here}.writes[${i}]`, note)
  }
}

/** What a command may write is not what it is, and none of what is changed in another way. */
function checkWrites(
  { data = [], configs = [], repo }: ServiceDocument,
  directory: string,
  path: string,
  at: string,
  note: Note,
): void {
  if (isOwnPath(path)) note(at, 'path.own', { value: path })
  if (isKernelPath(path)) note(at, 'path.kernel', { value: path })
  const others = [
    directory,
    ...SYSTEM,
    '/etc',
    '/boot',
    ...data.map(({ dir }) => dir),
    ...configs.map((one) => one.path),
    repo?.path,
  ]
  const other = others.find((one) => one !== undefined && (isAtOrBelow(path, one) || isAtOrBelow(one, path)))
  if (other !== undefined || isAdminPath(path))
    note(at, 'command.writes', { value: path, other: other ?? path })
}
