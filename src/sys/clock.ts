// The real clock and the real randomness; everybody else is handed one.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Random } from '../base/time.ts'

/** No process outlives its boot, and each line of a journal asks. */
let boot: string | undefined

export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000),
  boot: () => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
}

export const systemRandom: Random = { bytes: (size) => randomBytes(size) }
