// SQLite by its own engine and never by copying its file: the online backup is of one moment while somebody writes, with what the log beside holds. It
// runs as the file's owner, who could do all of it anyway, in a program of a few lines that says nothing of a row.
import type { Json } from '../../base/json.ts'
import { parseJson } from '../../base/json.ts'
import { failureOf, launch, readAll } from './launch.ts'
import type { Account, Limits } from './types.ts'

export const SQLITE_MAGIC = Buffer.from('SQLite format 3\0', 'latin1')
/** Each is at least a page, and pages are powers of two from here: what is of another size is none. */
export const SQLITE_PAGE_MIN = 512
/** Beside a database: what is not in its file yet, and is in its online backup. */
export const SQLITE_BESIDE = ['-wal', '-shm', '-journal'] as const

/** One step of all pages: one moment. A writer waits for it, or, with a write-ahead log, does not notice. */
const BACKUP = `
const { DatabaseSync, backup } = process.getBuiltinModule('node:sqlite')
const [from, to] = process.argv.slice(1)
const live = new DatabaseSync(from, { readOnly: true, timeout: 60000 })
try {
  await backup(live, to, { rate: 2147483647 })
  console.log(JSON.stringify({ ok: true }))
} catch (error) {
  console.log(JSON.stringify({ ok: false, why: String(error.errstr ?? error.code) }))
}
live.close()
`
/** The first line of the check, which names pages and indexes and no value. */
const CHECK = `
const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
const [path] = process.argv.slice(1)
try {
  const copy = new DatabaseSync(path, { readOnly: true })
  const said = copy.prepare('PRAGMA integrity_check(1)').get()
  console.log(JSON.stringify({ ok: said?.integrity_check === 'ok', why: 'integrity_check' }))
} catch (error) {
  console.log(JSON.stringify({ ok: false, why: String(error.errstr ?? error.code) }))
}
`

export type SqliteAnswer = { readonly ok: true } | { readonly ok: false; readonly why: string }

/** `into` does not exist yet; its directory is `as`'s own. */
export function backUpSqlite(from: string, into: string, as: Account, limits: Limits): Promise<SqliteAnswer> {
  return told(BACKUP, [from, into], as, limits)
}

/** Reads all of it. Its directory is `as`'s own. */
export function checkSqlite(path: string, as: Account, limits: Limits): Promise<SqliteAnswer> {
  return told(CHECK, [path], as, limits)
}

async function told(
  script: string,
  args: readonly string[],
  as: Account,
  limits: Limits,
): Promise<SqliteAnswer> {
  const quiet = ['--disable-warning=ExperimentalWarning', '--input-type=module']
  const launched = launch([process.execPath, ...quiet, '-e', script, ...args], {
    ...limits,
    as,
    offline: true,
  })
  const { text, ended } = await readAll(launched, 1 << 16)
  const failed = failureOf(ended)
  if (failed !== undefined) return { ok: false, why: failed }
  const answer = parseJson(text.trim()) as { readonly ok?: Json; readonly why?: Json }
  return answer.ok === true
    ? { ok: true }
    : { ok: false, why: String(answer.why ?? 'no answer').slice(0, 200) }
}
