// Loaded into a part before its own code: its clocks (wall clock and time since boot) are ahead by the milliseconds that stand in a file, and
// whoever sleeps wakes when that clock says so. A test that writes the file moves the part through a day.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

const POLL_MS = 50
const path = process.env['SEKISHO_TEST_SHIFT'] ?? ''
const read = fs.readFileSync.bind(fs)
const now = Date.now.bind(Date)
const sleep = timers.setTimeout.bind(timers)

let last = 0
function shift(): number {
  const found = Number(read(path, 'utf8'))
  // An empty file is one that is being written.
  if (found > last) last = found
  return last
}

Date.now = () => now() + shift()
fs.readFileSync = ((file: fs.PathOrFileDescriptor, options: 'utf8') => {
  const found = read(file, options)
  if (file !== '/proc/uptime') return found
  return `${Number(String(found).split(' ')[0]) + shift() / 1000} 0.00\n`
}) as typeof fs.readFileSync
timers.setTimeout = (async <T>(ms = 1, value?: T, options?: object) => {
  const until = Date.now() + ms
  for (let left = ms; left > 0; left = until - Date.now())
    await sleep(Math.min(POLL_MS, left), undefined, options)
  return value
}) as typeof timers.setTimeout
syncBuiltinESMExports()
