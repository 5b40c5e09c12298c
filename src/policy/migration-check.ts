// What can be wrong with the declared migrations of a database although each value is right: a tool without the command that says how far it is, commands
// without a tool.
import type { ServiceDocument } from './document.ts'
import type { Note } from './note.ts'
import { isKernelPath, isOwnPath } from './places.ts'

const NEEDED = ['directory', 'up', 'down'] as const
const OF_A_TOOL = ['directory', 'up', 'down', 'status', 'address'] as const

export function checkMigrations(
  service: ServiceDocument,
  at: string,
  isWritten: (path: string) => boolean,
  note: Note,
): void {
  for (const [i, { migrations }] of (service.databases ?? []).entries()) {
    if (migrations === undefined) continue
    const here = `${at}.databases[${i}].migrations`
    if (migrations.tool !== 'argv') {
      if (isWritten(`${here}.tool`) && migrations.tool === undefined) continue
      for (const key of OF_A_TOOL)
        if (isWritten(`${here}.${key}`)) note(`${here}.${key}`, 'migrations.tool_needed', { key })
      continue
    }
    for (const key of NEEDED) if (!isWritten(`${here}.${key}`)) note(here, 'key.missing', { key, in: here })
    if (!isWritten(`${here}.status`)) note(here, 'migrations.status_needed')
    if (isWritten(`${here}.dir`)) note(`${here}.dir`, 'migrations.dir_is_sql')
    const { directory } = migrations
    if (directory === undefined) continue
    if (isOwnPath(directory)) note(`${here}.directory`, 'path.own', { value: directory })
    if (isKernelPath(directory)) note(`${here}.directory`, 'path.kernel', { value: directory })
  }
}
