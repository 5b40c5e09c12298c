// Loaded into a runner before its own code: its wall clock is off by the milliseconds that stand in a file. Time since the boot stays true, as it
// does on a machine whose clock is set.
import { readFileSync } from 'node:fs'

const path = process.env['SEKISHO_CLOCK_SHIFT'] ?? ''
const real = Date.now

function shift(): number {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return 0 // No file yet.
  }
}

Date.now = () => real() + shift()
