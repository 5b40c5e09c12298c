// What the hook leaves for the gate: one small file for each refusal, and for each call a mark for the day. Written by the agent's own
// account, so it is what that account says and never evidence (guard §0). The directory takes files and shows none: 1733.
import { closeSync, constants, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** An entry is a few lines; a longer one would be a way to fill the disk. */
export const ENTRY_LIMIT = 8192
/** A directory that grows past this holds some ten thousand entries that nobody fetched: 64 MiB of them. */
const DIRECTORY_LIMIT = 1_048_576

export interface Spool {
  readonly directory: string
  readonly uid: number
  /** A name nobody can guess. */
  readonly name: () => string
  /** `2026-11-25` */
  readonly day: string
}

export interface Entry {
  readonly v: 1
  readonly agent: string
  readonly session: string
  readonly call?: string
  readonly tool: string
  readonly cwd: string
  readonly verdict: 'ask' | 'deny'
  readonly rule: string
  readonly intent: string
  /** What was asked, cut and with secrets masked. */
  readonly text: string
  readonly observed: boolean
}

/** True when it is durable. Never throws: a refusal stands whether it could be written down or not. */
export function leave(spool: Spool, entry: Entry): boolean {
  try {
    if (isFull(spool)) return false
    const text = `${JSON.stringify(entry)}\n`
    if (Buffer.byteLength(text) > ENTRY_LIMIT) return false
    const name = `${spool.uid}-${spool.name()}`
    const temporary = join(spool.directory, `.${name}`)
    const file = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o644,
    )
    try {
      writeSync(file, text)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, join(spool.directory, `${name}.json`))
    return true
  } catch {
    return false
  }
}

/** One byte a call: the size of the file is the count of the day. */
export function count(spool: Spool): void {
  try {
    const path = join(spool.directory, `${spool.uid}-${spool.day}.count`)
    const file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
      0o644,
    )
    try {
      writeSync(file, '.')
    } finally {
      closeSync(file)
    }
  } catch {
    // A count is worth no refusal.
  }
}

/** Whether this account was refused the same before: the mark has the intent's digest as its name, so it is found without looking around. */
export function wasRefused(spool: Spool, intent: string): boolean {
  const path = join(spool.directory, `${spool.uid}-${intent}.intent`)
  try {
    closeSync(
      openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644),
    )
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
  }
}

const isFull = ({ directory }: Spool) => statSync(directory).size > DIRECTORY_LIMIT
