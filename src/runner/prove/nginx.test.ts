import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../../base/hash.ts'
import { parseStat } from '../../host/processes.ts'
import { systemClock } from '../../sys/clock.ts'
import type { ProofContext } from './context.ts'
import { compareFiles, countWorkers, severeFacts, touchedSince } from './nginx.ts'

const child = (pid: number, started: number, title = 'nginx: worker process') => ({ pid, started, title })

test('P2: fresh only when every serving child is newer than the signal', () => {
  expect(countWorkers([child(1, 2000), child(2, 2010)], 1500)).toMatchObject({
    fresh: true,
    workers: 2,
    old: [],
  })
  expect(countWorkers([child(1, 2000), child(2, 1000)], 1500)).toMatchObject({ fresh: false, old: [2] })
  expect(countWorkers([child(3, 1000, 'nginx: cache manager process'), child(1, 2000)], 1500)).toMatchObject({
    fresh: false,
  })
})

test('P2: an old worker that ends its long connections does not count; ending ones alone are not enough', () => {
  const ending = child(2, 1000, 'nginx: worker process is shutting down')
  expect(countWorkers([child(1, 2000), ending], 1500)).toMatchObject({ fresh: true, ending: 1 })
  expect(countWorkers([ending], 1500)).toMatchObject({ fresh: false })
  expect(countWorkers([], 1500)).toMatchObject({ fresh: false })
})

test('P1: one byte, one file more, one file less is different', () => {
  const file = (path: string, text: string) => ({ path, digest: sha256(text) })
  const expected = [file('/a', '1'), file('/b', '2')]
  expect(compareFiles(expected, [...expected].reverse()).different).toEqual([])
  expect(compareFiles(expected, [file('/a', '1'), file('/b', '3')]).different).toEqual(['/b'])
  expect(compareFiles(expected, [file('/a', '1')]).different).toEqual(['/b'])
  expect(compareFiles(expected, [...expected, file('/c', '')]).different).toEqual(['/c'])
})

test.each([
  [
    '[emerg] 5#5: bind() to 0.0.0.0:8443 failed (98: Address already in use)',
    { address: '0.0.0.0:8443', port: 8443 },
  ],
  ['[emerg] 5#5: bind() to [::]:80 failed (98: Address already in use)', { address: '[::]:80', port: 80 }],
  ['[emerg] 5#5: bind() to unix:/run/x.sock failed (98: x)', { address: 'unix:/run/x.sock' }],
])('%s names its address', (line, facts) => {
  expect(severeFacts([line, 'another'])).toEqual({ line, more: 1, ...facts })
})

test('a line without an address is a fact all the same', () => {
  expect(severeFacts(['[alert] 1#1: worker process 7 exited on signal 9'])).toEqual({
    line: '[alert] 1#1: worker process 7 exited on signal 9',
    more: 0,
  })
})

test('a process may call itself anything: fields are counted from the last parenthesis', () => {
  const rest = Array.from({ length: 16 }, (_, i) => String(i)).join(' ')
  expect(parseStat(`12 (a) S 1) b) S 7 ${rest} 0 295018 1`)).toEqual({
    state: 'S',
    parent: 7,
    started: 2_950_180,
  })
  expect(parseStat('')).toBeUndefined()
  expect(parseStat('1 (x) S')).toBeUndefined()
})

test.each([0, -86_400_000, -500, 86_400_000])(
  'a clock that was set by %i ms after the reload makes no file touched',
  (shift) => {
    const directory = mkdtempSync(join(tmpdir(), 'sekisho-touched-'))
    try {
      const file = join(directory, 'site')
      writeFileSync(file, 'x')
      const at = Math.ceil(statSync(file).ctimeMs)
      const uptime = systemClock.uptime()
      const told = (begun: number): Pick<ProofContext, 'signals' | 'before' | 'clock'> => ({
        signals: { 'nginx.service': { uptime, at: begun } },
        before: { uptime } as ProofContext['before'],
        clock: { ...systemClock, now: () => systemClock.now() + shift },
      })
      expect(touchedSince([file], 'nginx.service', told(at))).toEqual([])
      // Positive control: a reload that was begun before the file was written has not read it.
      expect(touchedSince([file], 'nginx.service', told(at - 100))).toEqual([file])
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
)
