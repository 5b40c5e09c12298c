// `watch journal`: counts the errors in what journalctl has written as lines of JSON, in a process that has no rights.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { isObject } from '../base/json.ts'
import { isErrorLine } from '../checks/log-line.ts'
import type { JournalAnswer, JournalOrder } from './journal-errors.ts'

/** Priorities of syslog(3): emerg, alert, crit, err. */
const ERROR_PRIORITY = 3

export async function journalLife(): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  // Written by our own parent.
  const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JournalOrder
  const answer = await countEntries(order)
  await new Promise<void>((resolve) => process.stdout.write(JSON.stringify(answer), () => resolve()))
  return 0
}

async function countEntries({ fd }: JournalOrder): Promise<JournalAnswer> {
  const counts = new Map<number, number>()
  let [cursor, entries, whole] = ['', 0, true]
  const lines = createInterface({
    input: createReadStream('', { fd, start: 0, autoClose: false }),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  for await (const line of lines) {
    const entry = entryOf(line)
    if (entry === undefined) {
      whole = false
      continue
    }
    entries++
    cursor = entry.cursor
    if (!entry.isError) continue
    counts.set(entry.second, (counts.get(entry.second) ?? 0) + 1)
  }
  return { v: 1, counts: [...counts], cursor, entries, whole }
}

/** Undefined where the line is no entry: journalctl was cut off in it. */
function entryOf(line: string) {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { __CURSOR: cursor, __REALTIME_TIMESTAMP: at, PRIORITY: priority, MESSAGE: message } = value
  const second = Math.floor(Number(at) / 1_000_000)
  if (typeof cursor !== 'string' || !Number.isSafeInteger(second)) return undefined
  const level = typeof priority === 'string' && /^[0-7]$/.test(priority) ? Number(priority) : undefined
  // What is not text comes as numbers, and what is too long as null: neither says a level of its own.
  const text = typeof message === 'string' ? message : ''
  return {
    cursor,
    second,
    isError: (level !== undefined && level <= ERROR_PRIORITY) || isErrorLine(text) === true,
  }
}
