// The wait for a deadline where there is no systemd: a small program that becomes the keeper in time, and ends when nothing is armed.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXECUTION } from '../../../tests/runner-fixtures/scene.ts'
import { systemClock } from '../../sys/clock.ts'
import { run, startApart } from '../../sys/process.ts'
import { type Waker, wakeKeeper } from './keeper.ts'

const PATIENCE = { timeout: 20_000 }
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "runner-keeper $(touch x) '"))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** A keeper that only says how it was called. */
const waker = (): Waker => ({
  run,
  startApart: async (argv) => startApart(argv),
  systemctl: false,
  command: ['/bin/sh', '-c', 'echo "$@" >"$0"', join(directory, 'said')],
})
const wake = (uptime: number) =>
  wakeKeeper(EXECUTION, { uptime, inMs: 0, armed: join(directory, 'armed') }, waker())
const said = () => readFileSync(join(directory, 'said'), 'utf8').trim()

/** Processes that wait for this record. */
function waiting(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(directory, 'armed'))
      } catch {
        return false // It has ended.
      }
    })
}

test('part of N09: whoever waits becomes the keeper when the deadline is near, whatever the record’s name', async () => {
  writeFileSync(join(directory, 'armed'), '')
  expect(await wake(systemClock.uptime() + 2000)).toBe('keeper')
  await vi.waitFor(() => expect(said()).toBe(`--execution ${EXECUTION} --by keeper`), PATIENCE)
  expect(readdirSync(directory).sort()).toEqual(['armed', 'said'])
})

test('part of N09: nobody waits on when nothing is armed any more', async () => {
  writeFileSync(join(directory, 'armed'), '')
  await wake(systemClock.uptime() + 3_600_000)
  await vi.waitFor(() => expect(waiting()).toHaveLength(1), PATIENCE)
  rmSync(join(directory, 'armed'))
  await vi.waitFor(() => expect(waiting()).toEqual([]), PATIENCE)
  expect(readdirSync(directory)).toEqual([])
})
