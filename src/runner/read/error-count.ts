// How many errors a log tells of since a moment, by the stamps of its lines: not the lines of a file that was touched since (guide, daily
// check 4; E6). Where there is no log, or none that bears a time, there is no number.
import type { FileHandle } from 'node:fs/promises'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { openLog } from './error-log.ts'
import { isErrorLine, stampOf } from './log-line.ts'

export type ErrorCount =
  /** `whole`: false where there was more than is read, so that it is *at least*. `newest`: of the errors, in ms. */
  | { readonly state: 'counted'; readonly errors: number; readonly whole: boolean; readonly newest?: number }
  | { readonly state: 'absent' }
  /** There are lines, and none of them bears a time that we can read. */
  | { readonly state: 'unstamped' }

/** Of one file; the newest are read. */
const READ_LIMIT = 67_108_864
const LINE_LIMIT = 65_536
const ROTATED_AT_MOST = 50

export async function countErrors(path: string, since: number): Promise<ErrorCount> {
  const files = [basename(path), ...(await rotatedOf(path))]
  const seen = { lines: 0, stamped: 0, errors: 0, newest: Number.NEGATIVE_INFINITY }
  let present = false
  let whole = true
  for (const name of files) {
    await using handle = await openLog(join(dirname(path), name))
    if (handle === undefined) continue
    const facts = await handle.stat()
    present = true
    if (facts.mtimeMs < since) continue
    const from = Math.max(0, facts.size - READ_LIMIT)
    if (from > 0) whole = false
    let counts = false
    let before: boolean | undefined
    for await (const line of linesOf(handle, name, from, () => (whole = false))) {
      if (line.trim() === '') continue
      seen.lines++
      const at = stampOf(line, since)
      if (at !== undefined) {
        seen.stamped++
        counts = at >= since
      }
      // What bears no time belongs to the line before: one error with its trace is one.
      if (at === undefined && before !== undefined) continue
      before = counts
      if (!counts || !isErrorLine(line)) continue
      seen.errors++
      if (at !== undefined && at > seen.newest) seen.newest = at
    }
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

/** What logrotate left of it: `error.log.1`, `error.log-20261125`, `error.log.2.gz`. */
async function rotatedOf(path: string): Promise<readonly string[]> {
  const name = basename(path)
  const names = await readdir(dirname(path)).catch(() => [])
  return names
    .filter((one) => one.startsWith(name) && /^[.-]\d+(?:[.-]\d+)*(?:\.gz)?$/.test(one.slice(name.length)))
    .slice(0, ROTATED_AT_MOST)
}

async function* linesOf(
  handle: FileHandle,
  name: string,
  from: number,
  cut: () => void,
): AsyncGenerator<string> {
  const raw = handle.createReadStream({ start: from, autoClose: false, highWaterMark: 262_144 })
  const stream: Readable = name.endsWith('.gz') ? pipeline(raw, createGunzip(), () => {}) : raw
  let rest = ''
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      const parts = (rest + chunk.toString('latin1')).split('\n')
      rest = (parts.pop() ?? '').slice(0, LINE_LIMIT)
      yield* parts
      if (bytes > READ_LIMIT) {
        cut()
        break
      }
    }
    if (rest !== '') yield rest
  } catch {
    cut() // cut off while it was compressed: what could be read of it is counted
  } finally {
    stream.destroy()
    raw.destroy()
  }
}
