// What the hook leaves for the gate: one small file for each refusal, and for each call a mark for the day. Written by the agent's own
// account, so it is what that account says and never evidence (guard §0). The directory takes files and shows none: 1733.
import { closeSync, constants, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ENTRY_LIMIT, type Entry } from '../guard/spool-entry.ts'

/** Entries of one account that nobody fetched yet; the gate takes away what is beyond 64 MiB of all. */
export const PENDING_LIMIT = 4096

export interface Spool {
  readonly directory: string
  readonly uid: number
  /** A name nobody can guess. */
  readonly name: () => string
  /** `2026-11-25` */
  readonly day: string
}

/** What every entry is opened with: a link or a file that is there already is nobody's entry. */
const FRESH = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
/** Never waits: another account could have put a pipe there. */
const APPEND =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** True when it is there. Never throws: a refusal stands whether it could be written down or not. */
export function leave(spool: Spool, entry: Entry): boolean {
  try {
    if (pendingOf(spool) > PENDING_LIMIT) return false
    const text = lineOf(entry)
    const name = `${spool.uid}-${spool.name()}`
    const temporary = join(spool.directory, `.${name}`)
    write(temporary, FRESH, text)
    renameSync(temporary, join(spool.directory, `${name}.json`))
    return true
  } catch {
    return false
  }
}

function lineOf(entry: Entry): string {
  const line = `${JSON.stringify(entry)}\n`
  if (Buffer.byteLength(line) <= ENTRY_LIMIT) return line
  return lineOf({ ...entry, text: entry.text.slice(0, entry.text.length >> 1), cwd: entry.cwd.slice(0, 200) })
}

/** What cannot be counted is not held against an entry. */
function pendingOf(spool: Spool): number {
  try {
    return mark(spool, 'pending')
  } catch {
    return 0
  }
}

/** One byte a call: the size of the file is the count of the day. */
export function count(spool: Spool): void {
  try {
    mark(spool, `${spool.day}.count`)
  } catch {
    // A count is worth no refusal.
  }
}

/** Whether this account was refused the same before: the mark has the intent's digest as its name, so it is found without looking around. */
export function wasRefused(spool: Spool, intent: string): boolean {
  try {
    write(join(spool.directory, `${spool.uid}-${intent}.intent`), FRESH, '')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
  }
}

/** Adds one byte to a file of this account; its size now. */
const mark = (spool: Spool, name: string) => write(join(spool.directory, `${spool.uid}-${name}`), APPEND, '.')

function write(path: string, flags: number, text: string): number {
  const file = openSync(path, flags, 0o644)
  try {
    // Whatever umask the agent has: the gate reads it under another account.
    if (flags === FRESH) fchmodSync(file, 0o644)
    writeSync(file, text)
    return fstatSync(file).size
  } finally {
    closeSync(file)
  }
}
