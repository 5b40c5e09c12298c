// The small life `runner content`: reads a task from stdin and bytes from descriptors that it was handed, answers on stdout. It runs as nobody,
// without a network, with a bound on its memory: bytes of a service's data are never parsed by root (backup.md §0).
import { closeSync, fstatSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { EXIT } from '../base/error-codes.ts'
import { type ContentTask, doTask, judgeOne } from '../snapshot/content-task.ts'

const NOW = 3
const THEN = 4
const MENDED = 5

/** Answers the exit code. Of what went wrong no word of the bytes is said, but which bound was met (backup/content.ts asks). */
export function contentLife(): number {
  try {
    return live()
  } catch (error) {
    const why = error instanceof RangeError ? error.message : error instanceof Error ? error.name : 'unknown'
    writeFileSync(2, `${JSON.stringify({ room: 'runner', message: 'the content was not read', why })}\n`)
    return EXIT.bug
  }
}

function live(): number {
  const task = JSON.parse(readFileSync(0, 'utf8')) as ContentTask // The runner wrote it a moment ago.
  if (task.kind === 'judge') {
    const files = task.files.map((one, i) => judgeOne(whole(NOW + i), one))
    writeFileSync(1, JSON.stringify({ kind: 'judge', files }))
    return EXIT.done
  }
  const { answer, bytes } = doTask(
    task,
    task.now ? whole(NOW) : undefined,
    task.then ? whole(THEN) : undefined,
  )
  if (bytes !== undefined) {
    for (let at = 0; at < bytes.length; ) at += writeSync(MENDED, bytes, at)
    closeSync(MENDED)
  }
  writeFileSync(1, JSON.stringify(answer))
  return EXIT.done
}

function whole(fd: number): Buffer {
  const { size } = fstatSync(fd)
  const bytes = Buffer.alloc(size)
  let at = 0
  while (at < size) {
    const read = readSync(fd, bytes, at, size - at, at)
    if (read === 0) break
    at += read
  }
  return bytes.subarray(0, at)
}
