// A window of an error log: from a mark (file and offset) taken before, over a rotation too; or the last minutes by its time stamps.
import { type BigIntStats, constants, type Stats } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { stampOf } from '../checks/log-line.ts'
import { holdDirectory, lookAt, resolveLinks } from './walk.ts'

/** Where a log ended. */
export interface LogMark {
  readonly path: string
  /** As text: an inode number may be larger than what a JSON number holds. Empty where there is no file. */
  readonly device: string
  readonly inode: string
  readonly size: number
}

export interface LogWindow {
  readonly present: boolean
  readonly lines: readonly string[]
  /** Bytes of the window that were not read because it is larger than the limit; the newest are kept. */
  readonly skipped: number
  /** The file of the mark was moved away or cut; `lost` when it was not found any more. */
  readonly rotated: 'no' | 'followed' | 'cut' | 'lost'
}

const WINDOW_LIMIT = 1_048_576
const LINE_LIMIT = 2000

export async function markLog(path: string): Promise<LogMark> {
  const seen = await statOr(path)
  return {
    path,
    device: seen?.dev.toString() ?? '',
    inode: seen?.ino.toString() ?? '',
    size: Number(seen?.size ?? 0n),
  }
}

/** What was written since the mark. */
export async function readSince(mark: LogMark): Promise<LogWindow> {
  const now = await statOr(mark.path)
  if (now !== undefined && isSame(now, mark)) {
    if (now.size < mark.size) return window(await readFrom(mark.path, 0), 'cut')
    return window(await readFrom(mark.path, mark.size), 'no')
  }
  const fresh = now === undefined ? undefined : await readFrom(mark.path, 0)
  if (mark.inode === '') return window(fresh, 'no')
  const moved = await findMoved(mark)
  if (moved === undefined) return window(fresh, 'lost')
  const old = await readFrom(moved, mark.size)
  return window(
    { text: old.text + (fresh?.text ?? ''), skipped: old.skipped + (fresh?.skipped ?? 0) },
    'followed',
  )
}

/** The log after a rotation by renaming: the same inode under another name in the same directory. */
async function findMoved(mark: LogMark): Promise<string | undefined> {
  const names = await readdir(dirname(mark.path)).catch(() => [])
  for (const name of names.filter((one) => one.startsWith(basename(mark.path)))) {
    const path = join(dirname(mark.path), name)
    const seen = await statOr(path)
    if (seen !== undefined && isSame(seen, mark)) return path
  }
  return undefined
}

function isSame(seen: BigIntStats, mark: LogMark): boolean {
  return seen.ino.toString() === mark.inode && seen.dev.toString() === mark.device
}

/** The last `sinceMs` by the lines' own stamps; lines without a stamp belong to the one before. */
export async function readLast(path: string, sinceMs: number, now: number): Promise<LogWindow> {
  const seen = await statOr(path)
  if (seen === undefined) return { present: false, lines: [], skipped: 0, rotated: 'no' }
  const all = window(await readFrom(path, Math.max(0, Number(seen.size) - WINDOW_LIMIT)), 'no')
  return { ...all, lines: linesSince(all.lines, now - sinceMs) }
}

export function linesSince(lines: readonly string[], from: number): readonly string[] {
  let takes = !lines.some((line) => stampOf(line, from) !== undefined)
  return lines.filter((line) => {
    const at = stampOf(line, from)
    if (at !== undefined) takes = at >= from
    return takes
  })
}

/** Lines that say that nginx itself could not do what it was told. */
export function severeLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => /\[(?:emerg|alert)\]/.test(line))
}

interface Part {
  readonly text: string
  readonly skipped: number
}

async function readFrom(path: string, offset: number): Promise<Part> {
  const handle = await openLog(path)
  if (handle === undefined) return { text: '', skipped: 0 }
  try {
    const seen = await handle.stat()
    const from = Math.max(offset, seen.size - WINDOW_LIMIT)
    const bytes = Buffer.alloc(Math.max(0, seen.size - from))
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
    return { text: bytes.subarray(0, bytesRead).toString('utf8'), skipped: from - Math.min(offset, from) }
  } finally {
    await handle.close()
  }
}

/**
 * A log often lies where the service itself may write, and we read as root: what stands there must be a regular file of one name, by
 * no link but root's own on the way, or the service could show us any file of the host. Undefined where it is none.
 */
export async function openLog(path: string, flags = 0): Promise<FileHandle | undefined> {
  try {
    const { real, links } = await resolveLinks(dirname(path))
    for (const link of links) if (!(await isOurLink(link.path))) return undefined
    await using held = await holdDirectory(join(real, basename(path)))
    const handle = await open(
      held.at(held.name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags,
    )
    const seen = await handle.stat()
    if (seen.isFile() && seen.nlink === 1 && mayLieThere(seen, await held.handle.stat())) return handle
    await handle.close()
    return undefined
  } catch {
    return undefined // not there, not ours to read, or a link: there is no log for us
  }
}

/**
 * In a directory of root's that others cannot write to, root has let the file lie there, whoever's it is (nginx's logs are www-data's).
 * In any other one it is root's, ours, or of the user whose directory it is: a third user's file was brought there to be read.
 */
function mayLieThere(file: Stats, directory: Stats): boolean {
  if (directory.uid === 0 && (directory.mode & WRITTEN_BY_OTHERS) === 0) return true
  return [0, process.geteuid?.(), directory.uid].includes(file.uid)
}
const WRITTEN_BY_OTHERS = 0o002

async function isOurLink(path: string): Promise<boolean> {
  const uid = (await lookAt(path))?.uid
  return uid === 0 || uid === process.geteuid?.()
}

function window(part: Part | undefined, rotated: LogWindow['rotated']): LogWindow {
  if (part === undefined) return { present: false, lines: [], skipped: 0, rotated }
  const lines = part.text.split('\n').filter((line) => line !== '')
  return {
    present: true,
    lines: lines.map((line) => plainLine(line)),
    skipped: part.skipped,
    rotated,
  }
}

/** Text of somebody else on our terminal and in our journal: no control characters, no lone surrogates, a limit. */
function plainLine(line: string): string {
  return line
    .slice(0, LINE_LIMIT)
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}

async function statOr(path: string): Promise<BigIntStats | undefined> {
  const handle = await openLog(path)
  try {
    return await handle?.stat({ bigint: true })
  } finally {
    await handle?.close()
  }
}
