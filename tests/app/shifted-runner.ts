// Starts the runner as it is delivered with its clocks ahead by so many milliseconds as a file says: wall clock and time since boot alike.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { RUNNER } from '../bundle.ts'

const read = fs.readFileSync.bind(fs)
const now = Date.now.bind(Date)
const shift = () => Number(read(process.env['SEKISHO_TEST_SHIFT'] ?? '', 'utf8'))

Date.now = () => now() + shift()
fs.readFileSync = ((path: fs.PathOrFileDescriptor, options: 'utf8') => {
  const found = read(path, options)
  if (path !== '/proc/uptime') return found
  return `${Number(String(found).split(' ')[0]) + shift() / 1000} 0.00\n`
}) as typeof fs.readFileSync
syncBuiltinESMExports()
await import(RUNNER)
