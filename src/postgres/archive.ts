// The head and the table of contents of a dump in PostgreSQL's custom format, read by us: each entry's statements stand alone here,
// while in the text that pg_restore writes one entry can be made to look like the data of another.
import { Buffer } from 'node:buffer'
import type { DumpEntry, DumpFormat } from './types.ts'

/** What a file is by its first bytes. Total. */
export function dumpFormat(head: Uint8Array): DumpFormat {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (bytes.length === 0) return 'empty'
  const text = bytes.subarray(0, 4096).toString('latin1')
  if (text.startsWith('PGDMP')) return 'custom'
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip'
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd'
  if (text.slice(257, 262) === 'ustar') return 'tar'
  if (/^\s*(--|\/\*|\\restrict|SET |CREATE |INSERT |COPY |BEGIN|DROP |ALTER |SELECT )/i.test(text))
    return 'plain'
  return 'unknown'
}

export interface ArchiveEntry extends DumpEntry {
  readonly defn: string
  readonly dropStmt: string
  readonly copyStmt: string
  readonly hasData: boolean
}

export interface Archive {
  readonly database: string
  readonly server: string
  readonly client: string
  readonly entries: readonly ArchiveEntry[]
}

export type ReadArchive =
  | { readonly ok: true; readonly archive: Archive }
  /** `short`: the bytes end inside the table of contents. */
  | { readonly ok: false; readonly why: 'short' | 'version' | 'malformed' }

const ENTRIES_MAX = 1_000_000
const SECTIONS = ['none', 'none', 'pre-data', 'data', 'post-data'] as const
const OLDEST = 0x010c // 1.12: PostgreSQL 9
const NEWEST = 0x0110 // 1.16: PostgreSQL 17 and 18
const CUSTOM = 1

class Short extends Error {}
class Malformed extends Error {}

interface Reader {
  readonly byte: () => number
  readonly integer: () => number
  readonly text: () => string | undefined
  readonly skip: (bytes: number) => void
}

/** Total: any bytes give an archive or the reason why not. */
export function readArchive(bytes: Uint8Array): ReadArchive {
  try {
    return readHead(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (error) {
    if (error instanceof Short) return { ok: false, why: 'short' }
    if (error instanceof Malformed) return { ok: false, why: 'malformed' }
    throw error
  }
}

function readHead(bytes: Buffer): ReadArchive {
  if (bytes.subarray(0, 5).toString('latin1') !== 'PGDMP'.slice(0, bytes.length))
    return { ok: false, why: 'malformed' }
  if (bytes.length < 11) return { ok: false, why: 'short' }
  const version = ((bytes[5] ?? 0) << 8) | (bytes[6] ?? 0)
  if (version < OLDEST || version > NEWEST) return { ok: false, why: 'version' }
  const [intSize, offsetSize, format] = [bytes[8] ?? 0, bytes[9] ?? 0, bytes[10] ?? 0]
  if (intSize !== 4 || (offsetSize !== 8 && offsetSize !== 4) || format !== CUSTOM)
    return { ok: false, why: 'malformed' }
  const reader = readerOf(bytes, 11)
  if (version >= 0x010f) reader.byte()
  else reader.integer() // compression
  for (let i = 0; i < 7; i++) reader.integer() // when it was made
  const database = reader.text() ?? ''
  const server = reader.text() ?? ''
  const client = reader.text() ?? ''
  const count = reader.integer()
  if (count < 0 || count > ENTRIES_MAX) throw new Malformed()
  const entries: ArchiveEntry[] = []
  for (let i = 0; i < count; i++) entries.push(readEntry(reader, version, offsetSize))
  return {
    ok: true,
    archive: { database, server: plainVersion(server), client: plainVersion(client), entries },
  }
}

function readEntry(reader: Reader, version: number, offsetSize: number): ArchiveEntry {
  const id = reader.integer()
  const hasData = reader.integer() !== 0
  reader.text() // oid of the table of its catalog
  reader.text() // its own oid
  const name = reader.text() ?? ''
  const kind = reader.text() ?? ''
  const section = SECTIONS[reader.integer()]
  if (id <= 0 || section === undefined) throw new Malformed()
  const defn = reader.text() ?? ''
  const dropStmt = reader.text() ?? ''
  const copyStmt = reader.text() ?? ''
  const schema = reader.text() ?? ''
  reader.text() // tablespace
  if (version >= 0x010e) reader.text() // table access method
  if (version >= 0x0110) reader.integer() // kind of relation
  const owner = reader.text() ?? ''
  reader.text() // with oids
  while (reader.text() !== undefined); // what it depends on
  reader.byte() // state of its data
  reader.skip(offsetSize)
  return { id, kind, schema, name, owner, section, defn, dropStmt, copyStmt, hasData }
}

function readerOf(bytes: Buffer, from: number): Reader {
  let at = from
  const need = (size: number) => {
    if (at + size > bytes.length) throw new Short()
  }
  const integer = () => {
    need(5)
    const negative = bytes[at] !== 0
    const value = bytes.readUInt32LE(at + 1)
    at += 5
    return negative ? -value : value
  }
  return {
    integer,
    byte: () => {
      need(1)
      return bytes[at++] ?? 0
    },
    text: () => {
      const length = integer()
      if (length < 0) return undefined
      need(length)
      const text = bytes.subarray(at, at + length).toString('utf8')
      at += length
      return text
    },
    skip: (size) => {
      need(size)
      at += size
    },
  }
}

/** `15.18 (Debian 15.18-0+deb12u1)` → `15.18` */
function plainVersion(text: string): string {
  return (text.split(' ')[0] ?? '').slice(0, 40)
}
