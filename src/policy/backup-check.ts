// What can be wrong with data and backups although each value is right: a copy inside of what it copies, two claims on one name, a
// secret that no copy may hold.
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { BackupDocument } from './backup-document.ts'
import type { ServiceDocument } from './document.ts'
import type { Note } from './note.ts'
import { isKernelPath, isOwnPath } from './places.ts'

export function checkBackup(service: ServiceDocument, at: string, note: Note): void {
  const directories = (service.data ?? []).map(({ dir }) => dir)
  for (const [index, dir] of directories.entries()) {
    if (dir === undefined) continue
    const here = service.data?.[index]
    const dirAt = `${at}.data[${index}].dir`
    if (isOwnPath(dir)) note(dirAt, 'path.own', { value: dir })
    if (isKernelPath(dir)) note(dirAt, 'path.kernel', { value: dir })
    const other = directories.find((one, i) => i !== index && one !== undefined && isAtOrBelow(dir, one))
    if (other !== undefined) note(dirAt, 'data.nested', { value: dir, other })
    for (const name of here?.invariants ?? [])
      if (here?.format !== 'json')
        note(`${at}.data[${index}].invariants.${name.id}`, 'data.invariants_format', { value: name.id })
  }
  if (service.backup === undefined) return
  checkCopies(service.backup, directories, `${at}.backup`, note)
  const has = directories.length > 0 || (service.databases ?? []).length > 0 || service.configs !== undefined
  if (!has) note(`${at}.backup`, 'backup.nothing')
}

function checkCopies(
  backup: BackupDocument,
  directories: readonly (string | undefined)[],
  at: string,
  note: Note,
): void {
  const { to, copies = [] } = backup
  const names = new Map<string, string>(to === undefined ? [] : [['local', `${at}.to`]])
  const places = new Map<string, string>()
  const all = [
    ...(to === undefined ? [] : [{ at: `${at}.to`, to, kind: 'directory', credential: undefined }]),
    ...copies.map((one, i) => ({
      at: `${at}.copies[${i}]`,
      to: one.to,
      kind: one.kind ?? (one.to?.startsWith('/') ? 'directory' : 'restic'),
      credential: one.credential,
    })),
  ]
  for (const [i, { name }] of copies.entries()) {
    if (name === undefined) continue
    if (names.has(name)) note(`${at}.copies[${i}].name`, 'backup.copy_twice', { value: name })
    names.set(name, `${at}.copies[${i}]`)
  }
  for (const one of all) {
    if (one.to === undefined) continue
    const inside = directories.find((dir) => dir !== undefined && isAtOrBelow(one.to ?? '', dir))
    if (inside !== undefined) note(one.at, 'backup.inside_data', { value: one.to, dir: inside })
    if (isOwnPath(one.to) || isKernelPath(one.to))
      note(one.at, isOwnPath(one.to) ? 'path.own' : 'path.kernel', { value: one.to })
    if (places.has(one.to)) note(one.at, 'backup.copy_twice', { value: one.to })
    places.set(one.to, one.at)
    if (one.kind === 'directory' && !one.to.startsWith('/'))
      note(one.at, 'backup.directory_here', { value: one.to })
    if (one.kind === 'directory' && one.credential !== undefined)
      note(one.at, 'backup.credential_directory', { value: one.credential })
    if (one.kind === 'restic' && one.credential === undefined)
      note(one.at, 'backup.credential_needed', { value: one.to })
  }
  if (!all.some(({ kind }) => kind === 'directory')) note(at, 'backup.no_directory')
}
