// Reading a dump without running any of it: what it is, what it holds, what of it is code, and whether every byte of its data can be read.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import { fileError } from '../sys/files.ts'
import { type Archive, type ArchiveEntry, dumpFormat, readArchive } from './archive.ts'
import { failureOf, launch, readAll } from './launch.ts'
import { localeInDump } from './locale.ts'
import { scanEntries, scanText } from './scan.ts'
import type { Account, Finding, Limits, Programs, ReadDump } from './types.ts'

/** Who reads: the account of the throw-away cluster, which owns nothing. The file is handed over open. */
export interface Reading {
  readonly programs: Programs
  readonly as: Account
}

const HEAD_BYTES = 1 << 20
const CONTENTS_MAX = 256 << 20
const LISTING_MAX = 256 << 20
/** What is made anew by the one who loads, or belongs to the cluster. */
const NOT_SCHEMA =
  /^(ACL|DEFAULT ACL|COMMENT|DATABASE|DATABASE PROPERTIES|ENCODING|STDSTRINGS|SEARCHPATH|TABLE DATA|SEQUENCE SET|BLOB|BLOBS|BLOB METADATA|SECURITY LABEL)$/

/** Throws backup.db_not_a_dump, backup.db_dump_damaged, backup.db_client_old (a newer pg_dump made it), file.*. */
export async function readDump(path: string, reading: Reading, limits: Limits): Promise<ReadDump> {
  await using file = await openDump(path)
  const { size } = await file.stat()
  const archive = await contents(path, file)
  const major = Number.parseInt(archive.client, 10)
  if (major > reading.programs.major)
    throw new SekishoError('backup.db_client_old', { server: major, client: reading.programs.version })
  const damaged = (why: string) => new SekishoError('backup.db_dump_damaged', { path, why })
  const restore = join(reading.programs.bin, 'pg_restore')
  const listed = await fromStart(file, (stdin) =>
    readAll(launch([restore, '-l'], { ...limits, as: reading.as, stdin, offline: true }), LISTING_MAX),
  )
  const why = listed.over ? 'its table of contents is too long' : failureOf(listed.ended)
  if (why !== undefined) throw damaged(why)
  // Two readers of one table must have seen the same table.
  const count = Number(/^;\s+TOC Entries: (\d+)$/m.exec(listed.text)?.[1])
  if (count !== archive.entries.length)
    throw damaged(`its table of contents is read in two ways: ${count} entries`)

  const whole = await fromStart(file, (stdin) => scanWhole([restore, '-f', '-'], stdin, reading.as, limits))
  if (whole.why !== undefined) throw damaged(whole.why)
  return {
    bytes: size,
    text: whole.text,
    server: archive.server,
    client: archive.client,
    database: archive.database,
    entries: archive.entries.map(({ id, kind, schema, name, owner, section }) => ({
      id,
      kind,
      schema,
      name,
      owner,
      section,
    })),
    extensions: archive.entries.filter(({ kind }) => kind === 'EXTENSION').map(({ name }) => name),
    roles: policyRoles(archive.entries),
    ...localeOf(archive.entries),
    findings: distinct([...scanEntries(archive.entries), ...whole.findings]),
    schema: sha256(
      JSON.stringify(
        archive.entries
          .filter(({ kind }) => !NOT_SCHEMA.test(kind))
          .map(({ kind, schema, name, defn }) => [kind, schema, name, defn]),
      ),
    ),
  }
}

/** By descriptor, no link followed, nothing but a regular file. */
export async function openDump(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    throw fileError(path, cause)
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new SekishoError('file.not_regular', { path, type: 'other' })
}

/** Whoever reads a descriptor moves its place in the file: each program gets one of its own, of the very same file. */
export async function fromStart<T>(file: FileHandle, work: (descriptor: number) => Promise<T>): Promise<T> {
  await using own = await open(`/proc/self/fd/${file.fd}`, constants.O_RDONLY)
  return await work(own.fd)
}

/** Reads every byte of the data by the program that will load it, and scans the text as a person's psql would take it. */
async function scanWhole(
  argv: readonly string[],
  stdin: number,
  as: Account,
  limits: Limits,
): Promise<{
  readonly findings: readonly Finding[]
  readonly text: number
  readonly why: string | undefined
}> {
  const launched = launch(argv, { ...limits, as, stdin, offline: true })
  const scan = scanText('SQL')
  let text = 0
  for await (const chunk of launched.stdout ?? []) {
    const bytes = chunk as Buffer
    text += bytes.length
    scan.push(bytes.toString('latin1'))
  }
  return { findings: scan.end(), text, why: failureOf(await launched.done) }
}

async function contents(path: string, file: FileHandle): Promise<Archive> {
  const { size } = await file.stat()
  for (let want = HEAD_BYTES; ; want *= 4) {
    const bytes = Buffer.alloc(Math.min(want, size))
    let got = 0
    while (got < bytes.length) {
      const { bytesRead } = await file.read(bytes, got, bytes.length - got, got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    const head = bytes.subarray(0, got)
    const format = dumpFormat(head)
    if (format !== 'custom') throw new SekishoError('backup.db_not_a_dump', { path, format })
    const read = readArchive(head)
    if (read.ok) return read.archive
    if (read.why === 'version') throw new SekishoError('backup.db_not_a_dump', { path, format })
    if (read.why === 'malformed' || got >= size || want > CONTENTS_MAX)
      throw new SekishoError('backup.db_dump_damaged', {
        path,
        why:
          read.why === 'short'
            ? 'it ends within its table of contents'
            : 'its table of contents cannot be read',
      })
  }
}

function localeOf(entries: readonly ArchiveEntry[]): Pick<ReadDump, 'locale'> {
  const made = entries.find(({ kind }) => kind === 'DATABASE')
  return made === undefined ? {} : { locale: localeInDump(made.defn) }
}

const POLICY_TO = / TO ((?:"(?:[^"]|"")*"|[\w$]+)(?:, (?:"(?:[^"]|"")*"|[\w$]+))*)(?: USING | WITH CHECK |;)/

/** Roles that row security names: without them a policy cannot be made anew. */
function policyRoles(entries: readonly ArchiveEntry[]): readonly string[] {
  const names = entries
    .filter(({ kind }) => kind === 'POLICY')
    .flatMap(({ defn }) => [...(POLICY_TO.exec(defn)?.[1] ?? '').matchAll(/"((?:[^"]|"")*)"|[\w$]+/g)])
    .map(([word, quoted]) => quoted?.replaceAll('""', '"') ?? word)
  return [...new Set(names)].filter(
    (name) => name !== '' && !/^(public|current_user|session_user)$/i.test(name),
  )
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ kind, text }) => {
    const key = `${kind} ${text}`
    return !seen.has(key) && seen.add(key)
  })
}
