// Files of databases, known by their first bytes and never by what they are called: copied as a file they may be of two moments, whatever they parse as.
import { readSync } from 'node:fs'
import { SQLITE_MAGIC, SQLITE_PAGE_MIN } from '../sqlite/sqlite.ts'

export function hasMagic(fd: number, magic: Uint8Array): boolean {
  const head = Buffer.alloc(magic.length)
  return readSync(fd, head, 0, head.length, 0) === head.length && head.equals(magic)
}

/** PostgreSQL's `global/pg_control` begins with the identifier of its system and the version of this file's form, which has had three digits and more since 2000. */
const CONTROL = /(?:^|\/)global\/pg_control$/
const CONTROL_BYTES = 12

/** May this be one, by its path and size? Only then it is opened: most are not. */
export function mayBeDatabase(path: string, size: number): boolean {
  if (CONTROL.test(path)) return size >= CONTROL_BYTES
  return size >= SQLITE_PAGE_MIN && size % SQLITE_PAGE_MIN === 0
}

export function isDatabaseFile(path: string, fd: number): boolean {
  if (!CONTROL.test(path)) return hasMagic(fd, SQLITE_MAGIC)
  const head = Buffer.alloc(CONTROL_BYTES)
  if (readSync(fd, head, 0, head.length, 0) !== head.length) return false
  const version = head.readUInt32LE(8)
  return version >= 700 && version < 100_000
}
