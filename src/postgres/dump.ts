// Dumping one database into one file, with what a dump does not hold, all of one moment. Believed only when the program ended well, said
// nothing, the file has bytes that read as a dump, and they are synced: any swallowed error is a failed backup.
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { DatabaseFacts } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import type { Json } from '../base/json.ts'
import { fileError, syncDirectory } from '../sys/files.ts'
import { dumpFormat } from './archive.ts'
import { databaseProperties, ROWS, readRows } from './facts.ts'
import { failureOf, launch } from './launch.ts'
import { connection, psqlArgv, sessionOf } from './query.ts'
import { guards, withReader } from './reader.ts'
import type { Cluster, Limits, Reader } from './types.ts'

export interface Dumped {
  readonly bytes: number
  readonly facts: DatabaseFacts
}

/**
 * `path` does not exist yet; the file is ours, written through a descriptor, so that the cluster's account needs no right there.
 * Throws backup.db_dump_failed, backup.db_query_failed, file.*; then no file is left.
 */
export async function dumpDatabase(
  cluster: Cluster,
  database: string,
  path: string,
  limits: Limits,
): Promise<Dumped> {
  const properties = await databaseProperties(cluster, database, limits)
  let file: FileHandle
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    file = await open(path, flags, 0o600)
  } catch (cause) {
    throw fileError(path, cause)
  }
  try {
    const tables = await withReader(cluster, [database], limits, (reader) =>
      withSnapshot(reader, database, limits, async (snapshot) => {
        const dumper = await dumperOf(cluster, reader, limits)
        const why = await pgDump(dumper, database, snapshot, file.fd, limits)
        if (why !== undefined) throw new SekishoError('backup.db_dump_failed', { database, why })
      }),
    )
    const bytes = await seal(file, path, database)
    return { bytes, facts: { ...properties, tables } }
  } catch (cause) {
    await file.close().catch(() => {})
    await unlink(path).catch(() => {})
    throw cause instanceof SekishoError ? cause : fileError(path, cause)
  }
}

/**
 * pg_dump asks the system's own tables, and of a table its columns as they are (COPY: output functions, which only a superuser can make), never an expression;
 * an administrator alone sees all definitions. But it takes a table by its name: where a server cannot be told to read no view in its place, the reader dumps.
 */
async function dumperOf(cluster: Cluster, reader: Reader, limits: Limits): Promise<Cluster> {
  const settings = await guards(cluster, limits)
  return settings.length === 0 ? reader : { ...cluster, settings: [...(cluster.settings ?? []), ...settings] }
}

async function pgDump(
  cluster: Cluster,
  database: string,
  snapshot: string,
  stdout: number,
  limits: Limits,
): Promise<string | undefined> {
  const argv = [
    join(cluster.programs.bin, 'pg_dump'),
    '--format=custom',
    '--no-password',
    '--lock-wait-timeout=60s',
  ]
  const launched = launch([...argv, `--snapshot=${snapshot}`, '-d', connection(cluster, database)], {
    ...limits,
    ...sessionOf(cluster),
    stdout,
  })
  return failureOf(await launched.done)
}

async function seal(file: FileHandle, path: string, database: string): Promise<number> {
  await file.chmod(0o400)
  await file.sync()
  const { size } = await file.stat()
  await file.close()
  await using written = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const head = Buffer.alloc(512)
  const { bytesRead } = await written.read(head, 0, head.length, 0)
  if (dumpFormat(head.subarray(0, bytesRead)) !== 'custom')
    throw new SekishoError('backup.db_dump_failed', { database, why: 'what was written is no dump' })
  await syncDirectory(dirname(path))
  return size
}

/** Rows of each table and the dump are of the same moment: one session holds a snapshot open, and the dump reads by it. */
async function withSnapshot(
  reader: Reader,
  database: string,
  limits: Limits,
  work: (snapshot: string) => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const session = launch(psqlArgv(reader, database), {
    ...limits,
    ...sessionOf(reader),
    stdin: 'pipe',
  })
  const failed = async (): Promise<never> => {
    session.stop()
    const why = failureOf(await session.done) ?? 'the session ended early'
    throw new SekishoError('backup.db_dump_failed', { database, why })
  }
  try {
    const lines = linesOf(session.stdout ?? Readable.from([]))
    session.stdin?.write(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT pg_export_snapshot();\n${ROWS.replaceAll('\n', ' ')};\n`,
    )
    const snapshot = (await lines.next()).value
    if (snapshot === undefined || !/^[0-9A-F-]{1,64}$/.test(snapshot)) return await failed()
    const rows = (await lines.next()).value
    if (rows === undefined) return await failed()
    const counts = readRows(database, JSON.parse(rows) as Json)
    await work(snapshot)
    session.stdin?.end('COMMIT;\n')
    for await (const line of lines) void line
    const why = failureOf(await session.done)
    if (why !== undefined) throw new SekishoError('backup.db_dump_failed', { database, why })
    return counts
  } catch (cause) {
    session.stop()
    await session.done
    throw cause
  }
}

async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of chunks) {
    rest += (chunk as Buffer).toString('utf8')
    for (let to = rest.indexOf('\n'); to >= 0; to = rest.indexOf('\n')) {
      yield rest.slice(0, to)
      rest = rest.slice(to + 1)
    }
  }
  return undefined
}
