// SQLite by its own engine and never by copying its file: the online backup is of one moment while somebody writes, with what the log beside holds. It
// runs as an owner who could do all of it anyway, in a program of a few lines that says nothing of a row.
import { type BigIntStats, closeSync, openSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import type { Json } from '../base/json.ts'
import { parseJson } from '../base/json.ts'
import { type Apart, failureOf, type LaunchOptions, launch, readAll } from '../postgres/launch.ts'
import type { Account, Limits } from '../postgres/types.ts'

export const SQLITE_MAGIC = Buffer.from('SQLite format 3\0', 'latin1')
/** Each is at least a page, and pages are powers of two from here: what is of another size is none. */
export const SQLITE_PAGE_MIN = 512
/** Beside a database: what is not in its file yet, and is in its online backup. */
export const SQLITE_BESIDE = ['-wal', '-shm', '-journal'] as const

/**
 * One step of all pages: one moment. A writer waits for it, or, with a write-ahead log, does not notice. SQLite opens by path, and who owns a directory
 * may lead a path elsewhere meanwhile: what it has open at the end is the file that was meant, and what stands beside that, or it does not count.
 */
const BACKUP = `
const { DatabaseSync, backup } = process.getBuiltinModule('node:sqlite')
const fs = process.getBuiltinModule('node:fs')
const [name, to, meant] = process.argv.slice(1)
const at = (suffix) => Buffer.concat([Buffer.from('/proc/self/fd/3/'), Buffer.from(name, 'base64'), Buffer.from(suffix)])
const inode = (stat) => stat.dev + ':' + stat.ino
const files = () => fs.readdirSync('/proc/self/fd').flatMap((fd) => {
  try {
    const stat = fs.fstatSync(Number(fd), { bigint: true })
    return stat.isFile() ? [inode(stat)] : []
  } catch {
    return []
  }
})
// Nobody waits for it any more.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume()
const say = (answer) => console.log(JSON.stringify(answer))
const before = files()
try {
  const live = new DatabaseSync(at(''), { readOnly: true, timeout: 60000 })
  await backup(live, to, { rate: 2147483647 })
  const beside = ['-wal', '-shm'].flatMap((suffix) => {
    const stat = fs.lstatSync(at(suffix), { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? [] : [inode(stat)]
  })
  const now = files()
  const known = [meant, ...beside, ...before]
  say(now.includes(meant) && now.every((one) => known.includes(one)) ? { ok: true } : { ok: false, why: 'moved' })
  live.close()
} catch (error) {
  say({ ok: false, why: String(error.errstr ?? error.code) })
}
process.exit()
`
/** The first line of the check, which names pages and indexes and no value. */
const CHECK = `
const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
const { pathToFileURL } = process.getBuiltinModule('node:url')
const [path] = process.argv.slice(1)
try {
  const file = pathToFileURL(path)
  file.search = '?immutable=1'
  const copy = new DatabaseSync(file, { readOnly: true })
  const said = copy.prepare('PRAGMA integrity_check(1)').get()
  console.log(JSON.stringify({ ok: said?.integrity_check === 'ok', why: 'integrity_check' }))
} catch (error) {
  console.log(JSON.stringify({ ok: false, why: String(error.errstr ?? error.code) }))
}
`

const FIRST_DESCRIPTOR = 3

export type SqliteAnswer = { readonly ok: true } | { readonly ok: false; readonly why: string }

export interface Live {
  /** The directory that it stands in, open. */
  readonly parent: number
  readonly name: Uint8Array
  /** Of the file that is meant. */
  readonly stat: Pick<BigIntStats, 'dev' | 'ino'>
}

/** `into`: an empty file that the group of `apart` may write, in a directory of it. `moved`: something else was opened, and what was copied is not to be used. */
export function backUpSqlite(
  { parent, name, stat }: Live,
  into: string,
  as: Account,
  options: Limits & { readonly apart: Apart },
): Promise<SqliteAnswer> {
  const args = [Buffer.from(name).toString('base64'), into, `${stat.dev}:${stat.ino}`]
  return told(BACKUP, args, as, { ...options, descriptors: [parent], stdin: 'pipe' })
}

/** Reads all of it: a file that nobody changes, which `as` may read and beside which nothing is made, a log's index neither. */
export function checkSqlite(path: string, as: Account, limits: Limits): Promise<SqliteAnswer> {
  return told(CHECK, [path], as, limits)
}

async function told(
  script: string,
  args: readonly string[],
  as: Account,
  options: Omit<LaunchOptions, 'as' | 'offline'>,
): Promise<SqliteAnswer> {
  const quiet = ['--disable-warning=ExperimentalWarning', '--input-type=module']
  // By a descriptor: node may lie below a directory that the account may not enter.
  const node = openSync(process.execPath, 'r')
  const { descriptors = [] } = options
  const program = `/proc/self/fd/${FIRST_DESCRIPTOR + descriptors.length}`
  const launched = launch([program, ...quiet, '-e', script, ...args], {
    ...options,
    descriptors: [...descriptors, node],
    as,
    offline: true,
  })
  closeSync(node)
  const { text, ended } = await readAll(launched, 1 << 16)
  // What stands before the program, or the program itself, could not be had: that says nothing of the file.
  if (ended.notStarted !== undefined || ended.code === 126 || ended.code === 127)
    throw new SekishoError('backup.reader_failed', { why: failureOf(ended) ?? '' })
  const failed = failureOf(ended)
  if (failed !== undefined) return { ok: false, why: failed }
  const answer = parseJson(text.trim()) as { readonly ok?: Json; readonly why?: Json }
  return answer.ok === true
    ? { ok: true }
    : { ok: false, why: String(answer.why ?? 'no answer').slice(0, 200) }
}
