// Counts the errors of a log since a moment by the times of its lines (guide, daily check 4; E6), in the log and in its rotated files,
// compressed or not. A log that is not there, or has no time in it, gives no number.
import type { FileHandle } from 'node:fs/promises'
import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { openLog } from './error-log.ts'
import { isErrorLine, stampOf } from './log-line.ts'

export type ErrorCount =
  /** `whole`: false when lines of the window were not read: the number is *at least*. `newest`: of the errors, in ms. */
  | { readonly state: 'counted'; readonly errors: number; readonly whole: boolean; readonly newest?: number }
  | { readonly state: 'absent' }
  /** There are lines, and none of them bears a time that we can read. */
  | { readonly state: 'unstamped' }

/** Bytes of one plain file, from its end. */
const READ_LIMIT = 67_108_864
/** Bytes that one compressed file may unfold to: its newest lines are the last, so all of it must be read. */
const UNFOLDED_LIMIT = 536_870_912
const LINE_LIMIT = 65_536
const ROTATED_AT_MOST = 50

export async function countErrors(path: string, since: number): Promise<ErrorCount> {
  const rotated = await rotatedOf(path)
  const files = [basename(path), ...rotated.slice(0, ROTATED_AT_MOST)]
  const seen = { lines: 0, stamped: 0, errors: 0, newest: Number.NEGATIVE_INFINITY }
  let present = false
  let whole = true
  const cut = (): void => {
    whole = false
  }
  for (const name of rotated.slice(ROTATED_AT_MOST))
    if (await isTouchedSince(join(dirname(path), name), since)) cut()
  for (const name of files) {
    await using handle = await openLog(join(dirname(path), name))
    if (handle === undefined) {
      if (await isTouchedSince(join(dirname(path), name), since)) cut()
      continue
    }
    const facts = await handle.stat()
    present = true
    if (facts.mtimeMs < since) continue
    let counts = false
    let before: boolean | undefined
    await eachLine(
      handle,
      { compressed: name.endsWith('.gz'), size: facts.size },
      (line) => {
        if (line.trim() === '') return
        seen.lines++
        const at = stampOf(line, since)
        if (at !== undefined) {
          seen.stamped++
          counts = at >= since
        }
        // A line without a time belongs to the line before: one error with its trace is one.
        if (at === undefined && before !== undefined) return
        before = counts
        if (!counts || !isErrorLine(line)) return
        seen.errors++
        if (at !== undefined && at > seen.newest) seen.newest = at
      },
      cut,
    )
  }
  if (!present) return { state: 'absent' }
  if (seen.lines > 0 && seen.stamped === 0) return { state: 'unstamped' }
  return {
    state: 'counted',
    errors: seen.errors,
    whole,
    ...(Number.isFinite(seen.newest) ? { newest: seen.newest } : {}),
  }
}

/** A file that was not opened holds lines of the window only when it was written to since. */
async function isTouchedSince(path: string, since: number): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined)
  return facts !== undefined && facts.mtimeMs >= since
}

/** What logrotate left of it: `error.log.1`, `error.log-20261125`, `error.log.2.gz`. */
async function rotatedOf(path: string): Promise<readonly string[]> {
  const name = basename(path)
  const names = await readdir(dirname(path)).catch(() => [])
  return names.filter(
    (one) => one.startsWith(name) && /^[.-]\d+(?:[.-]\d+)*(?:\.gz)?$/.test(one.slice(name.length)),
  )
}

/**
 * Calls `take` for each line as it is read: lines before the place where a compressed file breaks off are taken, and `cut` says that there
 * was more. Of a plain file the newest bytes are read; a compressed one is read from its beginning.
 */
async function eachLine(
  handle: FileHandle,
  of: { readonly compressed: boolean; readonly size: number },
  take: (line: string) => void,
  cut: () => void,
): Promise<void> {
  const start = of.compressed ? 0 : Math.max(0, of.size - READ_LIMIT)
  if (start > 0) cut()
  const raw = handle.createReadStream({ start, autoClose: false, highWaterMark: 262_144 })
  const stream: Readable = of.compressed ? pipeline(raw, createGunzip(), () => {}) : raw
  const limit = of.compressed ? UNFOLDED_LIMIT : READ_LIMIT
  let rest = ''
  let bytes = 0
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (chunk: Buffer) => {
        if (bytes > limit) return
        bytes += chunk.length
        const parts = (rest + chunk.toString('latin1')).split('\n')
        rest = (parts.pop() ?? '').slice(0, LINE_LIMIT)
        for (const line of parts) take(line)
        if (bytes <= limit) return
        cut()
        resolve()
      })
      stream.once('end', resolve)
      stream.once('error', reject)
    })
    if (rest !== '') take(rest)
  } catch {
    cut()
  } finally {
    stream.destroy()
    raw.destroy()
  }
}
