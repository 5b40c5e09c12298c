// The small life `runner logs`: reads lines of a log from descriptor 3 (packed by gzip or plain) or behind its task on stdin, and answers what they say.
// It runs as nobody, without a network: lines that somebody else has written are never parsed by root.
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { EXIT } from '../base/error-codes.ts'
import { LogCounter, type LogTask } from '../isolate/log-summary.ts'

/** More than that of one file is not looked through. */
const BYTES_MAX = 2_147_483_648
/** What is longer is no line of a log: its rest is dropped. */
const LINE_MAX = 65_536

export async function logsLife(): Promise<number> {
  const stdin = readFileSync(0)
  const end = stdin.indexOf(0x0a)
  const task = JSON.parse(stdin.subarray(0, end === -1 ? stdin.length : end).toString('utf8')) as LogTask // The runner wrote it a moment ago.
  const counter = new LogCounter(task)
  const from =
    task.input === true
      ? Readable.from([stdin.subarray(end + 1)])
      : createReadStream('/proc/self/fd/3', { fd: 3, autoClose: false, start: 0, highWaterMark: 1_048_576 })
  let cut: string | undefined
  let bytes = 0
  let rest = ''
  try {
    for await (const chunk of task.gzip ? from.pipe(createGunzip()) : from) {
      bytes += (chunk as Buffer).length
      const lines = (rest + (chunk as Buffer).toString('latin1')).split('\n')
      rest = (lines.pop() ?? '').slice(0, LINE_MAX)
      for (const line of lines) take(line, counter)
      if (bytes > BYTES_MAX) {
        cut = 'limit'
        break
      }
    }
  } catch (error) {
    cut = (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
  if (rest !== '') take(rest, counter)
  writeFileSync(1, JSON.stringify(counter.summary(cut)))
  return EXIT.done
}

/** Lines are UTF-8; a chunk may end within a character, so they are cut as bytes and read afterwards. */
function take(line: string, counter: LogCounter): void {
  if (line !== '')
    counter.take(Buffer.from(line.slice(0, LINE_MAX), 'latin1').toString('utf8').replace(/\r$/, ''))
}
